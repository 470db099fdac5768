from pathlib import Path

import pytest

from edge.sinks.captions.connector import on_desktop, plugged_in


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, None),
        ({"card1-HDMI-A-1": "connected", "card1-HDMI-A-2": "disconnected"}, frozenset({"card1-HDMI-A-1"})),
        ({"card1-HDMI-A-1": "disconnected", "card1-Writeback-1": "unknown"}, frozenset()),
    ],
)
def test_the_kernel_tells_which_screens_are_plugged_in(
    tmp_path: Path, states: dict[str, str], expected: frozenset[str] | None
) -> None:
    (tmp_path / "card1").mkdir()
    (tmp_path / "version").write_text("drm 1.1.0 20060810\n")
    for name, state in states.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "status").write_text(f"{state}\n")
    assert plugged_in(tmp_path) == expected


def test_a_machine_without_connectors_tells_nothing(tmp_path: Path) -> None:
    assert plugged_in(tmp_path / "missing") is None


def test_a_desktop_looks_after_its_screens_itself() -> None:
    assert on_desktop({"DISPLAY": ":0"})
    assert on_desktop({"WAYLAND_DISPLAY": "wayland-1"})
    assert not on_desktop({"DISPLAY": ""})
