"""`ishara-edge record`: record takes of words, to teach them to the bundle's network."""

import argparse
import os
import sys
from contextlib import ExitStack

from edge.cameras.source import SourceOptions, open_source
from edge.config import EdgeConfig
from edge.lifecycle.signals import StopSignals
from edge.model_selection.active_bundle import open_active_bundle
from edge.record.prompt import Prompt, format_sign
from edge.record.session import LandmarkStream, LiveSigner, RecordedSigner, record
from edge.record.take_folder import TakeFolder
from edge.record.words import WordsUnclear, find_signs, read_words
from models.bundle import check_landmarker


def record_takes(config: EdgeConfig, options: argparse.Namespace, signals: StopSignals) -> int:
    """Record takes of words, to teach them to the bundle's network."""
    bundle = open_active_bundle(config.model, options.model, os.environ)
    manifest = bundle.manifest
    shelf = TakeFolder(options.to, options.signer, manifest.landmarker)
    asked = [*options.word, *(read_words(options.words) if options.words else ())]
    if not asked:
        raise WordsUnclear("name words to record with --word or --words")
    signs = find_signs(asked, [*bundle.signs, *shelf.signs])
    shelf.label(signs)
    prompt, stopped = Prompt(), False
    name = options.source or config.camera.source
    if shelf.missing(signs, options.takes):
        with ExitStack() as stack:
            source_options = SourceOptions(fast=True, camera=config.camera)
            source = open_source(name, manifest.parts, manifest.landmarker, source_options)
            stack.callback(source.landmarker.close)
            check_landmarker(manifest, source.landmarker.fingerprint)
            view = LandmarkStream(source.camera, source.landmarker)
            stack.callback(view.close)
            stack.callback(prompt.leave)
            signals.on_stop(view.stop)
            prompt.tell("rest your hands before and after each sign, and keep hands and shoulders in view")
            live = LiveSigner(view, manifest.spotter, prompt)
            signer = live if source.is_live else RecordedSigner(view, manifest.spotter)
            record(signer, signs, options.takes, shelf, prompt)
            stopped = view.stopped.is_set()
    missing = shelf.missing(signs, options.takes)
    if missing:
        why = "stopped" if stopped else f"{name} has ended"
        still = ", ".join(f"{count} of {format_sign(sign)}" for sign, count in missing)
        print(f"ishara-edge: {why}; still missing: {still}; the same command goes on from here", file=sys.stderr)
        return 1
    prompt.tell(f"{options.to} is complete: {len(signs) * options.takes} takes of {options.takes} a word")
    return 0
