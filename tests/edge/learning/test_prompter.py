import pytest

from edge.attempts.rejection import Fault
from edge.learning.prompter import teaching_message
from edge.learning.report import Phase, TeachingState
from edge.sinks.captions.message import StatusMessage, TeachingMessage
from edge.sinks.captions.scene import CaptionState, Scene, scene_at
from edge.sinks.captions.style import CaptionStyle
from tests.consented_takes import KNOWN, OWN
from tests.edge.sinks.captions.golden_scenes import GoldenScene

OPEN = TeachingState(phase=Phase.REST, person="amal", sign=OWN, position=2, takes=3, kept=1)


def test_screen_shows_word_countdown_and_fault() -> None:
    assert teaching_message(TeachingState(), 5.0) == TeachingMessage()
    counting = OPEN.model_copy(update={"phase": Phase.COUNTDOWN, "seconds": 3, "fault": Fault.CUT_OFF})
    shown = teaching_message(counting, 5.0)
    assert (shown.phase, shown.seconds, shown.fault) == ("countdown", 3, "cut off")
    assert (shown.word, shown.progress) == (("قهوة", "Coffee"), (2, 3))


def test_outcome_is_shown_for_some_seconds_and_names_no_single_sign_of_a_calibration() -> None:
    done = teaching_message(OPEN.model_copy(update={"phase": Phase.DONE, "calibration": "letters"}), 5.0)
    assert done.word == ("", "")
    assert done.until is not None
    assert 10.0 < done.until < 20.0


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.IDLE])
@pytest.mark.parametrize("fault", [None, *Fault])
def test_every_phase_and_fault_has_a_picture_of_its_own(phase: Phase, fault: Fault | None) -> None:
    state = OPEN.model_copy(update={"phase": phase, "fault": fault, "seconds": 3, "looks_like": KNOWN})
    shown = [scene_of(one) for one in (state, OPEN.model_copy(update={"phase": Phase.REST}))]
    first, second = (GoldenScene(CaptionStyle(), one, (640, 360)).draw() for one in shown)
    is_same = phase is Phase.REST and fault is None
    assert bool((first == second).all()) is is_same


def scene_of(state: TeachingState) -> Scene:
    shown = CaptionState(status=StatusMessage(keeping=True)).updated(teaching_message(state, 0.0))
    return scene_at(shown, CaptionStyle(), 1.0, 720)
