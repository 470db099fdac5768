"""A real Home Assistant beside a broker and the daemon's MQTT sink; `make test-homeassistant` runs it."""
