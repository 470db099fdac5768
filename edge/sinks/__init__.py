"""The sinks: MQTT, captions, live page and console."""
