"""Other clients of a broker without an access control list, who forge words."""

import json

from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.word_publisher import word


def test_forged_words_take_none_of_the_devices_words_away(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config.model_copy(update={"hold_after_reconnect_s": 0.5}))
    listener.wait_for_status("online")
    for seq in range(1, 9):  # the words that wait, and those to come
        sink.emit(word(seq))
        for forged in range(1, 12):
            listener.publish(
                "ishara/entrance/word", json.dumps({"event_type": "word", "seq": forged, "word": "forged"})
            )
    listener.wait_until(lambda: len({one.payload for one in listener.on("word") if '"forged"' not in one.payload}) == 8)
    own = [json.loads(one.payload) for one in listener.on("word") if '"forged"' not in one.payload]
    assert [event["seq"] for event in own] == list(range(1, 9))
