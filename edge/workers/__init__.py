"""Programs that the daemon keeps running beside itself, fed through pipes without ever waiting for them.

What may hang, crash or be attacked is in one of these: the screen's drivers, the live page's server. The daemon reads
signs on whatever becomes of them, and starts them again.
"""
