"""The invitation on the screen, which makes room for captions while somebody sets the device up."""

from typing import Final

import pytest

from edge.sinks.captions import sink as module
from edge.sinks.captions.message import Invite
from edge.sinks.captions.scene import Scene
from edge.sinks.captions.sink import CaptionSink
from tests.edge.sinks.captions.conftest import OpenSink
from tests.edge.sinks.captions.showing import LAYOUT, wait_for
from tests.edge.sinks.captions.test_sink import caption, word
from tests.edge.sinks.captions.xvfb import Xvfb

INVITE: Final = Invite(
    urls=("https://192.0.2.7:8300/setup",),
    link="https://192.0.2.7:8300/setup#code=K7QM3FXP9",
    code="K7Q-M3F-XP9",
    fingerprint=":".join(["AB"] * 32),
    begins=0.0,
)


def invite(sink: CaptionSink) -> None:
    sink.invite(urls=INVITE.urls, link=INVITE.link, code=INVITE.code, fingerprint=INVITE.fingerprint)


def test_captions_replace_the_invitation_while_somebody_sets_the_device_up_and_for_a_while_after(
    x_server: Xvfb, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ABSENT_S", 4.0)
    monkeypatch.setattr(module, "_POSTPONE_EVERY_S", 1.0)
    sink = open_sink()
    sink.postpone_invitation()  # there is none
    invite(sink)
    invited = Scene(invitation=INVITE)
    wait_for(x_server, invited, LAYOUT.word, "the invitation")
    spoken = word(1)
    sink.emit(spoken)
    sink.postpone_invitation()
    wait_for(x_server, Scene(caption(spoken)), LAYOUT.word, "the word in its place")
    wait_for(x_server, invited, LAYOUT.word, "the invitation again")


def test_invitation_is_not_sent_to_the_screen_with_every_command(
    x_server: Xvfb, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = open_sink()
    invite(sink)
    sent: list[object] = []
    monkeypatch.setattr(sink._worker, "send", sent.append)
    for _ in range(20):
        sink.postpone_invitation()
    assert len(sent) == 1


def test_another_address_does_not_bring_a_postponed_invitation_back(
    x_server: Xvfb, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = open_sink()
    invite(sink)
    sent: list[Invite] = []
    monkeypatch.setattr(sink._worker, "send", sent.append)
    sink.postpone_invitation()
    invite(sink)
    assert len({message.begins for message in sent}) == 1
