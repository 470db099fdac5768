"""Collects what a support bundle must not hold: the secrets of a configuration, and names and words of its signers."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from edge.config import EdgeConfig
from edge.consent.learning_folder import TAKES, learning_folder
from edge.consent.session import SESSION_FILE, read_session
from edge.diagnostics.anonymiser import HIDDEN
from edge.learned.versions import LearnedVersions
from edge.redaction import redact_source
from edge.sinks.web.setup_code import grouped
from landmarkers.errors import UserError
from models.owner import OwnerUnusable, acting_as_owner

DEVICE: Final = "DEVICE"
"""Stands for the device's name, which may be that of a room or a person."""


def private_texts(config: EdgeConfig, states: Sequence[Path]) -> dict[str, str]:
    """Return each text that must not leave the device, with what is written instead; `states` are its state folders.

    Files that this user may not read are left out: what they hold was not read by this program either. Root has read
    the log, in which it stands: if root may not become the owner of the files, it raises OwnerUnusable.
    """
    texts = dict.fromkeys([*_secrets(config), *_signers(config)], HIDDEN)
    for state in states:
        try:
            with acting_as_owner(learning_folder(state, config.device)) as folder:
                texts |= dict.fromkeys(_kept(folder), HIDDEN)
        except OwnerUnusable:
            if os.geteuid() == 0:
                raise
    source = config.camera.source.get_secret_value()
    if redact_source(source) != source:
        texts[source] = redact_source(source)
    if config.device != EdgeConfig.model_fields["device"].default:
        texts[config.device] = DEVICE
    with suppress(RuntimeError):
        home = str(Path.home())
        if home not in ("/", "/root"):
            texts[home] = "~"
    return texts


def _secrets(config: EdgeConfig) -> Iterator[str]:
    readers: list[Callable[[], str | None]] = [config.camera.read_password]
    names = [config.camera.username]
    if config.mqtt is not None:
        readers.append(config.mqtt.read_password)
        names.append(config.mqtt.username)
    if config.web is not None:
        readers.append(config.web.read_token)
    for read in readers:
        with suppress(UserError):
            secret = read() or ""
            yield from (secret, grouped(secret))  # a one-time code is shown in groups
    yield from (name for name in names if name is not None)
    with suppress(ValueError):
        address = urlsplit(config.camera.source.get_secret_value())
        for part in (address.username, address.password):
            yield from {part, unquote(part)} if part else ()


def _signers(config: EdgeConfig) -> Iterator[str]:
    """Yield what the configuration says about those who ask signers."""
    if config.learning is not None:
        yield config.learning.asked_by
        yield config.learning.words or ""


def _kept(folder: Path) -> Iterator[str]:
    """Yield the names of the signers, and the words that they have taught the device."""
    with suppress(OSError):
        yield from (person.name for person in (folder / TAKES).iterdir() if person.is_dir())
    with suppress(OSError, ValueError):
        yield read_session((folder / SESSION_FILE).read_bytes()).consent.person
    with suppress(UserError, OSError):
        for version in LearnedVersions(folder).history():
            yield version.person or ""
            for sign in version.signs:
                yield from (sign.word, sign.word_en)
