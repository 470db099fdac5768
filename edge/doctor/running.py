"""The checks of what a running daemon has in use: they open nothing, but say what the daemon itself sees.

A camera can be opened once, a loudspeaker often too, and a second landmarker would take memory and time from the first.
"""

from typing import Final

from edge.cameras.source_help import find_remedy
from edge.config import CameraConfig, MqttConfig, SpeechConfig, WebConfig
from edge.diagnostics.finding import Finding, State
from edge.monitoring.health import Health
from edge.monitoring.status import Component, Obstacle

NO_BROKER: Final = "none is configured, so nothing is published"
BROKER_REMEDY: Final = "check that it runs, and that host, port, certificates, user and password in [mqtt] are right"
SPEECH_REMEDY: Final = (
    "see that its packages are installed, a loudspeaker is connected, and this user is in the group audio"
)
_RESTART: Final = "the log says more; sudo systemctl restart ishara-edge"
_OBSTACLES: Final = {
    Obstacle.TOO_DARK: ("the picture is too dark to read signs", "light the signer from the front"),
    Obstacle.TOO_FAR: ("the signer is too far away to be read", "come closer, or move the camera closer"),
    Obstacle.TOO_BLURRED: ("the picture is too blurred to read signs", "clean the lens, and focus it"),
}


def check_running_bundle(daemon: Health) -> Finding:
    """Say which bundle is in use; it is loaded only if it answers its probe as expected."""
    model = daemon.model or "a bundle"
    if daemon.model_state is not None and daemon.model_state.startswith("rolled back"):
        return Finding("bundle", State.WARNING, f"{model} is in use; {daemon.model_state}", "install another bundle")
    return Finding("bundle", State.OK, f"{model} is in use, and answered its probe when it was loaded")


def check_running_landmarker(daemon: Health) -> Finding:
    """Say how long the landmarker takes."""
    times = daemon.stage_ms.get("landmarks")
    if times is None:
        return Finding("landmarker", State.SKIPPED, "no image has come yet")
    return Finding("landmarker", State.OK, f"it processes an image in {times.p50:.0f} ms")


def check_running_camera(camera: CameraConfig, daemon: Health) -> Finding:
    """Say whether the daemon's camera delivers images, and whether signs can be read in them."""
    fault = daemon.faults.get(Component.CAMERA)
    if fault is not None:
        return Finding("camera", State.FAILED, fault, find_remedy(camera.source.get_secret_value()))
    if daemon.paused:
        return Finding("camera", State.SKIPPED, "the device is paused, so no image is read")
    if daemon.frames == 0:
        return Finding("camera", State.WARNING, f"{camera.source} has delivered no image yet", "wait, and check again")
    if daemon.obstacle is not None:
        return Finding("camera", State.WARNING, *_OBSTACLES[daemon.obstacle])
    return Finding("camera", State.OK, f"{camera.source} delivers {daemon.frames_per_s:.0f} images a second")


def check_running_broker(config: MqttConfig | None, daemon: Health) -> Finding:
    """Say whether the daemon is connected to its broker, and what waits."""
    if config is None:
        return Finding("broker", State.SKIPPED, NO_BROKER)
    fault = daemon.faults.get(Component.BROKER)
    waiting = f"; {daemon.words_waiting} words wait" if daemon.words_waiting else ""
    if fault is not None:
        return Finding("broker", State.FAILED, fault + waiting, BROKER_REMEDY)
    sentence = f"the daemon is connected to {config.host}:{config.port}{waiting}"
    if not daemon.words_dropped:
        return Finding("broker", State.OK, sentence)
    remedy = "keep the broker reachable, or raise outbox_words in [mqtt]"
    return Finding("broker", State.WARNING, f"{sentence}; {daemon.words_dropped} words were lost", remedy)


def check_running_page(config: WebConfig | None, daemon: Health) -> Finding:
    """Say whether the daemon serves its page."""
    if config is None:
        return Finding("live page", State.SKIPPED, "none is configured")
    fault = daemon.faults.get(Component.WEB)
    if fault is None:
        return Finding("live page", State.OK, f"the daemon serves it at {config.url}")
    return Finding("live page", State.FAILED, fault, _RESTART)


def check_running_threads(daemon: Health) -> Finding:
    """Say how long the daemon runs, and whether one of its own parts has failed."""
    fault = daemon.faults.get(Component.DAEMON)
    if fault is not None:
        return Finding("daemon", State.WARNING, fault, _RESTART)
    hours, minutes = divmod(int(daemon.up_s) // 60, 60)
    return Finding("daemon", State.OK, f"it runs for {hours}:{minutes:02} (hours:minutes)")


def check_running_screen(screen: Finding, daemon: Health) -> Finding:
    """Add to what the kernel says of the screen whether the captions are on it."""
    fault = daemon.faults.get(Component.SCREEN)
    if fault is not None:
        return Finding("screen", State.FAILED, fault, screen.remedy or "connect the screen and switch it on")
    if screen.state is State.FAILED:  # one that the kernel's drivers do not know, such as a window
        return Finding("screen", State.OK, "the daemon shows captions")
    return screen


def check_running_speech(config: SpeechConfig | None, daemon: Health) -> Finding:
    """Say whether the daemon's voice and loudspeaker work."""
    if config is None:
        return Finding("speech", State.SKIPPED, "none is configured, so nothing is said aloud")
    fault = daemon.faults.get(Component.SPEECH)
    if fault is not None:
        return Finding("speech", State.FAILED, fault, SPEECH_REMEDY)
    return Finding("speech", State.OK, f"the daemon speaks, and the loudspeaker {config.device} plays")
