"""Words, health and discovery over MQTT, and commands back.

`sink` is what the pipeline uses. It puts a word into the `outbox`, a file; the `publisher` connects to the broker, and
each `session` publishes the words on a new `connection`. `discovery` builds the message for Home Assistant.
"""
