"""The entities and device triggers of words and utterances."""

from hashlib import sha256
from typing import Any, Final

from edge.sinks.mqtt.discovery.features import Features, TriggerWord
from edge.sinks.mqtt.topics import Topics

Component = dict[str, Any]
"""One component of the message, in Home Assistant's terms."""

# Events may be repeated after a broken connection, and are not to fire twice. Far smaller numbers are of a new outbox,
# which begins at a random number.
_NEW: Final = "{{ '' if -1000 < value_json.seq - this.attributes.get('seq', -1) <= 0 else value }}"
# Home Assistant's states have 255 characters at most; the attributes have the whole text.
_TEXT: Final = "{{ value_json.text | truncate(255, leeway=0) }}"
_FIRES: Final = "fires"


def word_entities(topics: Topics) -> dict[str, Component]:
    """Return the entities of words and utterances."""
    word, utterance = {"state_topic": topics.word}, {"state_topic": topics.utterance}
    return {
        "word": {
            "platform": "event",
            "name": "Word",
            "icon": "mdi:hand-wave",
            "event_types": ["word"],
            "value_template": _NEW,
            **word,
        },
        "last_word": {
            "platform": "sensor",
            "name": "Last word",
            "icon": "mdi:comment-text",
            "value_template": "{{ value_json.word }}",
            "json_attributes_topic": topics.word,
            **word,
        },
        "confidence": {
            "platform": "sensor",
            "name": "Confidence",
            "icon": "mdi:percent",
            "state_class": "measurement",
            "unit_of_measurement": "%",
            "value_template": "{{ (value_json.confidence * 100) | round(1) }}",
            **word,
        },
        "utterance": {
            "platform": "event",
            "name": "Utterance",
            "icon": "mdi:message-text",
            "event_types": ["utterance"],
            "value_template": _NEW,
            **utterance,
        },
        "last_utterance": {
            "platform": "sensor",
            "name": "Last utterance",
            "icon": "mdi:message-text",
            "value_template": _TEXT,
            "json_attributes_topic": topics.utterance,
            **utterance,
        },
    }


def trigger_key(word: TriggerWord) -> str:
    """Return the key of a word's trigger: Home Assistant does not rename triggers, so each word has one of its own."""
    return f"trigger_{sha256(word.text.encode()).hexdigest()[:12]}"


def triggers(topics: Topics, features: Features) -> dict[str, Component]:
    """Return the device triggers: any word, the end of an utterance, and the words that have one of their own."""
    removed = {key: {"platform": "device_automation"} for key in sorted(features.former_triggers)}
    return {
        **removed,
        "trigger_any_word": _trigger(topics.word, "signed", "A word", "true"),
        "trigger_utterance": _trigger(topics.utterance, "ended", "An utterance", "true"),
        **{
            trigger_key(word): _trigger(topics.word, "signed", word.text, f"value_json.sign_id in {[*word.sign_ids]}")
            for word in features.words
        },
    }


def _trigger(topic: str, kind: str, subject: str, condition: str) -> Component:
    """Return a trigger that Home Assistant shows as “subject” kind; a correction of an earlier event fires none."""
    return {
        "platform": "device_automation",
        "automation_type": "trigger",
        "type": kind,
        "subtype": subject,
        "topic": topic,
        "payload": _FIRES,
        "value_template": f"{{{{ '{_FIRES}' if value_json.corrects is not defined and {condition} else '' }}}}",
    }
