"""Checks whether what is read could be said aloud."""

from edge.config import SpeechConfig
from edge.diagnostics.finding import Finding, State
from edge.doctor.probe_process import run_probe
from edge.doctor.running import SPEECH_REMEDY


def check_speech(config: SpeechConfig | None) -> Finding:
    """Check that the voice speaks and that the loudspeaker plays, without a sound that can be heard."""
    if config is None:
        return Finding("speech", State.SKIPPED, "none is configured, so nothing is said aloud")
    result = run_probe("speech", config.model_dump_json())
    if result.succeeded:
        return Finding("speech", State.OK, result.text)
    return Finding("speech", State.FAILED, result.text, SPEECH_REMEDY)
