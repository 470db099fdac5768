"""`ishara-edge record`: records takes of words, to fine-tune the bundle's network with them."""

import argparse
import os
import sys
from contextlib import ExitStack

from edge.attempts.prompt import Prompt
from edge.attempts.signer import LandmarkStream, LiveSigner, RecordedSigner
from edge.cameras.source import SourceOptions, open_source
from edge.config import EdgeConfig
from edge.lifecycle.signals import StopSignals
from edge.model_selection.active_bundle import open_active_bundle
from edge.record.session import record
from edge.record.words import read_words
from edge.redaction import redact_source
from models.bundle import check_landmarker
from models.take_folder import TakeFolder
from models.words import WordsUnclear, find_signs


def record_takes(config: EdgeConfig, options: argparse.Namespace, signals: StopSignals) -> int:
    """Record takes of words until all are there; return 1 if some are still missing at the end, else 0."""
    bundle = open_active_bundle(config.model, options.model, os.environ)
    manifest = bundle.manifest
    folder = TakeFolder(options.to, options.signer, manifest.landmarker)
    words = [*options.word, *(read_words(options.words) if options.words else ())]
    if not words:
        raise WordsUnclear("name words to record with --word or --words")
    known = [*bundle.signs, *folder.signs]
    signs = find_signs(words, known)
    folder.add_labels(signs)
    prompt, was_stopped = Prompt(), False
    known_ids = {sign.sign_id for sign in known}
    for sign in signs:
        if sign.sign_id not in known_ids:
            prompt.print_line(f"{sign.full_word} is new, and gets the number {sign.sign_id}")
    name = options.source or config.camera.source.get_secret_value()
    if folder.missing(signs, options.takes):
        with ExitStack() as stack:
            source_options = SourceOptions(fast=True, camera=config.camera)
            source = open_source(name, manifest.parts, manifest.landmarker, source_options)
            stack.callback(source.landmarker.close)
            check_landmarker(manifest, source.landmarker.fingerprint)
            stream = LandmarkStream(source.camera, source.landmarker)
            stack.callback(stream.close)
            stack.callback(prompt.end_line)
            signals.on_stop(stream.stop)
            prompt.print_line("rest your hands before and after each sign, and keep hands and shoulders in view")
            live = LiveSigner(stream, manifest.spotter, prompt)
            signer = live if source.is_live else RecordedSigner(stream, manifest.spotter)
            record(signer, signs, options.takes, folder, prompt)
            was_stopped = stream.stopped.is_set()
    missing = folder.missing(signs, options.takes)
    if missing:
        why = "stopped" if was_stopped else f"{redact_source(name)} has ended"
        takes = ", ".join(f"{count} of {sign.full_word}" for sign, count in missing)
        print(f"ishara-edge: {why}; still missing: {takes}; the same command resumes from here", file=sys.stderr)
        return 1
    prompt.print_line(f"{options.to} is complete: {len(signs) * options.takes} takes, {options.takes} of each word")
    return 0
