"""Worker processes that a parent keeps running, fed through pipes without ever blocking on them.

What may hang, crash or be attacked runs in one of these: the screen's drivers, the live page's server, the recognition
of what visitors send. The parent continues whatever happens to them, and starts them again.
"""
