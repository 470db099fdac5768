"""Checks whether what is read could be said aloud."""

from edge.config import SpeechConfig
from edge.doctor.finding import Finding, State
from edge.doctor.probe_process import run_probe


def check_speech(config: SpeechConfig | None) -> Finding:
    """Check that the voice speaks and that the loudspeaker plays, without a sound that can be heard."""
    if config is None:
        return Finding("speech", State.SKIPPED, "none is configured, so nothing is said aloud")
    result = run_probe("speech", config.model_dump_json())
    if result.succeeded:
        return Finding("speech", State.OK, result.text)
    remedy = "see that its packages are installed, a loudspeaker is connected, and this user is in the group audio"
    return Finding("speech", State.FAILED, result.text, remedy)
