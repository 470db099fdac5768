"""The retained topics that a device no longer uses."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

from edge.sinks.mqtt.announcements import Announcements
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.waiting import wait_until

RETAINED = {
    "homeassistant/device/ishara-{}/config",
    "ishara/{}/status",
    "ishara/{}/health",
    "ishara/{}/model",
}


def retained_topics(broker: Mosquitto) -> set[str]:
    """Return the topics that a new subscriber gets a message of."""
    with listening(broker, "newcomer") as newcomer:
        newcomer.publish("ishara/end", "", retain=False)
        newcomer.wait_until(lambda: bool(newcomer.on("end")))
        return {message.topic for message in newcomer.received if message.retained}


def topics_of(device: str) -> set[str]:
    return {topic.format(device) for topic in RETAINED}


def test_renamed_device_clears_what_its_old_name_left(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, tmp_path: Path
) -> None:
    old = open_sink(broker.config, device="ishara")
    listener.wait_for_status("online")
    old.close()
    listener.wait_for_status("offline")
    assert retained_topics(broker) == topics_of("ishara")
    open_sink(broker.config, device="entrance")
    listener.wait_for_status("online")
    assert retained_topics(broker) == topics_of("entrance")
    wait_until(lambda: not (tmp_path / "announced-ishara").exists(), "the end of the old name")


def test_switched_off_discovery_is_cleared(broker: Mosquitto, listener: Listener, open_sink: OpenSink) -> None:
    announced = open_sink(broker.config)
    listener.wait_for_status("online")
    announced.close()
    listener.wait_for_status("offline")
    open_sink(broker.config.model_copy(update={"discovery": False}))
    listener.wait_for_status("online")
    assert retained_topics(broker) == topics_of("entrance") - {"homeassistant/device/ishara-entrance/config"}


def stale_after_start(folder: Path, device: str, *topics: str) -> list[str]:
    """Return what a daemon that starts and ends without a broker finds to clear."""
    with closing(Announcements(folder, device, topics)) as announcements:
        return announcements.find_stale()


def test_nothing_is_cleared_twice(tmp_path: Path) -> None:
    stale_after_start(tmp_path, "old", "ishara/old/status")
    with closing(Announcements(tmp_path, "new", ["ishara/new/status"])) as renamed:
        assert renamed.find_stale() == ["ishara/old/status"]
        renamed.forget_stale()
    assert stale_after_start(tmp_path, "new", "ishara/new/status") == []


def test_what_was_not_cleared_is_not_forgotten(tmp_path: Path) -> None:
    stale_after_start(tmp_path, "old", "ishara/old/status", "prefix/device/old/config")
    stale_after_start(tmp_path, "new", "ishara/new/status", "prefix/device/new/config")
    for _ in range(2):
        assert stale_after_start(tmp_path, "new", "ishara/new/status") == [
            "prefix/device/new/config",
            "ishara/old/status",
            "prefix/device/old/config",
        ]


def test_name_of_another_running_daemon_is_left_alone(tmp_path: Path) -> None:
    with closing(Announcements(tmp_path, "other", ["ishara/other/status"])):
        assert stale_after_start(tmp_path, "mine", "ishara/mine/status") == []


def test_name_that_returns_is_not_cleared(tmp_path: Path) -> None:
    stale_after_start(tmp_path, "first", "ishara/first/status")
    stale_after_start(tmp_path, "second", "ishara/second/status")
    assert stale_after_start(tmp_path, "first", "ishara/first/status") == ["ishara/second/status"]


def test_damaged_file_clears_nothing_but_topics(tmp_path: Path) -> None:
    (tmp_path / "announced-old").write_bytes(
        b"ishara/#\n\xff\xfe\n\nishara/+/status\nishara/old/status\na\0b\na\x01b\n" * 3 + b"x" * 70_000
    )
    assert stale_after_start(tmp_path, "new", "ishara/new/status") == ["ishara/old/status"]


def test_folder_that_cannot_be_written_is_no_hindrance(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "file").write_text("no folder")
    assert stale_after_start(tmp_path / "file", "entrance", "ishara/entrance/status") == []
    assert "the topics of this device are not remembered" in caplog.text
