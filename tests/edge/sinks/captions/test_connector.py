from pathlib import Path

import pytest

from edge.sinks.captions.connector import connected_screens, is_on_desktop


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, None),
        ({"card1-HDMI-A-1": "connected", "card1-HDMI-A-2": "disconnected"}, frozenset({"card1-HDMI-A-1"})),
        ({"card1-HDMI-A-1": "disconnected", "card1-Writeback-1": "unknown"}, frozenset()),
    ],
)
def test_connected_screens_are_read_from_sysfs(
    tmp_path: Path, states: dict[str, str], expected: frozenset[str] | None
) -> None:
    (tmp_path / "card1").mkdir()
    (tmp_path / "version").write_text("drm 1.1.0 20060810\n")
    for name, state in states.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "status").write_text(f"{state}\n")
    assert connected_screens(tmp_path) == expected


def test_machine_without_connectors_reports_nothing(tmp_path: Path) -> None:
    assert connected_screens(tmp_path / "missing") is None


def test_desktop_is_recognised_by_its_variables() -> None:
    assert is_on_desktop({"DISPLAY": ":0"})
    assert is_on_desktop({"WAYLAND_DISPLAY": "wayland-1"})
    assert not is_on_desktop({"DISPLAY": ""})
