import logging
import stat
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from edge.monitoring.status import Component, DeviceStatus
from edge.monitoring.thermal import ThermalMonitor, ThermalState, read_thermal_state
from tests.edge.waiting import PATIENCE_S, wait_until

ESCALATION = DeviceStatus().escalation(Component.DAEMON)
PI_FIRMWARE = "devices/platform/soc/soc:firmware/get_throttled"


def write(sysfs: Path, path: str, content: str) -> None:
    (sysfs / path).parent.mkdir(parents=True, exist_ok=True)
    (sysfs / path).write_text(f"{content}\n")


def add_zone(sysfs: Path, number: int, kind: str, temperature: str) -> None:
    write(sysfs, f"class/thermal/thermal_zone{number}/type", kind)
    write(sysfs, f"class/thermal/thermal_zone{number}/temp", temperature)


def add_cooling(sysfs: Path, number: int, kind: str, state: int) -> None:
    write(sysfs, f"class/thermal/cooling_device{number}/type", kind)
    write(sysfs, f"class/thermal/cooling_device{number}/cur_state", str(state))


@pytest.fixture(autouse=True)
def vcgencmd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that writes a `vcgencmd`; before that there is none, even on a Raspberry Pi."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))

    def write_program(script: str) -> None:
        program = programs / "vcgencmd"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return write_program


def test_machine_without_sensors_has_no_thermal_state(tmp_path: Path) -> None:
    assert read_thermal_state(tmp_path) == ThermalState(celsius=None, throttled=None)


def test_raspberry_pi_reports_through_its_kernel(tmp_path: Path) -> None:
    add_zone(tmp_path, 0, "cpu-thermal", "61332")
    write(tmp_path, PI_FIRMWARE, "80008")
    assert read_thermal_state(tmp_path) == ThermalState(celsius=61.3, throttled=True)


@pytest.mark.parametrize(("bits", "throttled"), [("0", False), ("50000", False), ("1", False), ("50005", True)])
def test_past_throttling_and_low_voltage_are_not_throttling(tmp_path: Path, bits: str, throttled: bool) -> None:
    write(tmp_path, PI_FIRMWARE, bits)
    assert read_thermal_state(tmp_path).throttled is throttled


def test_jetson_reports_the_hottest_sensor_of_its_processors(tmp_path: Path) -> None:
    add_zone(tmp_path, 0, "CPU-therm", "54500")
    add_zone(tmp_path, 1, "GPU-therm", "57250")
    add_zone(tmp_path, 2, "PMIC-Die", "100000")
    add_cooling(tmp_path, 0, "pwm-fan", 2)
    assert read_thermal_state(tmp_path) == ThermalState(celsius=57.2, throttled=None)


@pytest.mark.parametrize(("state", "throttled"), [(0, False), (3, True)])
def test_frequency_lowered_by_the_kernel_is_throttling(tmp_path: Path, state: int, throttled: bool) -> None:
    add_cooling(tmp_path, 0, "pwm-fan", 2)
    add_cooling(tmp_path, 1, "cpufreq-cpu0", state)
    assert read_thermal_state(tmp_path).throttled is throttled


@pytest.mark.parametrize("content", ["", "warm", "-1x"])
def test_sensor_without_a_number_is_skipped(tmp_path: Path, content: str) -> None:
    add_zone(tmp_path, 0, "cpu-thermal", content)
    add_zone(tmp_path, 1, "gpu-thermal", "48000")
    assert read_thermal_state(tmp_path).celsius == 48.0


def test_vcgencmd_reports_what_the_kernel_does_not(tmp_path: Path, vcgencmd: Callable[[str], None]) -> None:
    vcgencmd("""case "$1" in measure_temp) echo "temp=79.4'C";; get_throttled) echo throttled=0xe0006;; esac""")
    assert read_thermal_state(tmp_path) == ThermalState(celsius=79.4, throttled=True)


@pytest.mark.parametrize(
    "script",
    [
        "echo VCHI initialization failed; exit 1",
        "echo 'error=1 error_msg=\"Command not registered\"'",
        "printf '\\377'",
    ],
)
def test_failing_vcgencmd_is_ignored(tmp_path: Path, vcgencmd: Callable[[str], None], script: str) -> None:
    vcgencmd(script)
    assert read_thermal_state(tmp_path) == ThermalState()


def test_hanging_vcgencmd_is_given_up(
    tmp_path: Path, vcgencmd: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.monitoring.thermal._VCGENCMD_S", 0.1)
    vcgencmd("while :; do :; done")
    assert read_thermal_state(tmp_path) == ThermalState()


def test_monitor_reports_at_once_and_regularly_until_closed(tmp_path: Path) -> None:
    add_zone(tmp_path, 0, "cpu-thermal", "50000")
    states: list[tuple[ThermalState, float]] = []
    monitor = ThermalMonitor(0.01, lambda state, now: states.append((state, now)), ESCALATION, tmp_path)
    try:
        wait_until(lambda: len(states) > 0, "the first measurement")
        assert states[0][0] == ThermalState(celsius=50.0)
        write(tmp_path, "class/thermal/thermal_zone0/temp", "81000")
        wait_until(lambda: states[-1][0].celsius == 81.0, "the new temperature")
    finally:
        monitor.close()
    assert all(earlier <= later for (_, earlier), (_, later) in pairwise(states))


def test_closed_monitor_stops_measuring(tmp_path: Path) -> None:
    reported = threading.Event()
    monitor = ThermalMonitor(3600.0, lambda _state, _now: reported.set(), ESCALATION, tmp_path)
    assert reported.wait(PATIENCE_S)
    monitor.close()
    wait_until(
        lambda: "the thermal monitor" not in {thread.name for thread in threading.enumerate()}, "the thread's end"
    )


def test_missing_sensor_is_logged_once_for_debugging(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    states: list[ThermalState] = []
    monitor = ThermalMonitor(0.001, lambda state, _now: states.append(state), ESCALATION, tmp_path)
    wait_until(lambda: len(states) > 3, "measurements")
    monitor.close()
    assert caplog.messages == ["this machine reports no temperature of its processor"]


@pytest.mark.parametrize("content", ["9" * 5000, "٣٠٠٠٠", "\0", "[[[[", "-", "nan", "0x", "f" * 5000])
def test_sensor_that_reports_no_number_counts_as_missing(tmp_path: Path, content: str) -> None:
    add_zone(tmp_path, 0, "cpu-thermal", content)
    write(tmp_path, PI_FIRMWARE, content)
    write(tmp_path, "class/thermal/cooling_device0/type", "cpufreq-cpu0")
    write(tmp_path, "class/thermal/cooling_device0/cur_state", content)
    assert read_thermal_state(tmp_path) == ThermalState()


def test_monitor_measures_again_after_something_unforeseen(tmp_path: Path) -> None:
    add_zone(tmp_path, 0, "cpu-thermal", "50000")
    status, states = DeviceStatus(), list[ThermalState]()

    def report(state: ThermalState, _now: float) -> None:
        states.append(state)
        if len(states) == 1:
            raise ValueError("an unforeseen state")

    monitor = ThermalMonitor(0.01, report, status.escalation(Component.DAEMON), tmp_path)
    wait_until(lambda: len(states) > 3, "more measurements")
    monitor.close()
    sentence = "the thermal monitor failed unexpectedly: ValueError: an unforeseen state; it is started again"
    assert status.faults == {Component.DAEMON: sentence}
