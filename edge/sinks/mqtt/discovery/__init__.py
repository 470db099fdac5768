"""The discovery message, from which Home Assistant creates the device, its entities and its triggers.

`message` puts it together from the entities of `words`, `health` and `controls`, for the `features` that a device has.
"""

from edge.sinks.mqtt.discovery.features import Features, Offers, TriggerWord, find_trigger_words
from edge.sinks.mqtt.discovery.message import Discovery

__all__ = ["Discovery", "Features", "Offers", "TriggerWord", "find_trigger_words"]
