"""Words, health and discovery over MQTT, and commands back.

`sink` is what the pipeline knows. A word goes first into the `outbox`, a file; the `courier` carries it from there to
the broker, visit after `visit`, each on a new `connection`. `discovery` is what Home Assistant is told.
"""
