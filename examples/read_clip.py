"""Prints the words and the utterances of a clip: python examples/read_clip.py CLIP."""

import sys

from ishara import (
    SHIPPED_MODEL,
    Conversation,
    Event,
    SourceOptions,
    UserError,
    Utterance,
    Word,
    open_bundle,
    open_recogniser,
    open_source,
    run_pipeline,
)


class Printer:
    """A sink is any object with `emit` and `close`."""

    def emit(self, event: Event) -> None:
        """Print a word with its confidence, and an utterance."""
        if isinstance(event, Word):
            print(f"{event.confidence:4.0%}  {event.word}  {event.word_en}")
        elif isinstance(event, Utterance):
            print(f"      {event.text}")

    def close(self) -> None:
        """Nothing is open."""


def main(clip: str) -> None:
    """Read the clip as fast as it can be processed."""
    bundle = open_bundle(SHIPPED_MODEL)
    manifest = bundle.manifest
    source = open_source(clip, manifest.parts, manifest.landmarker, SourceOptions(fast=True, endless=False))
    try:
        recogniser = open_recogniser(bundle, fast=True)
        conversation = Conversation([Printer()], recogniser.words)
        run_pipeline(source.camera.frames(), source.landmarker, recogniser, conversation)
    finally:
        source.landmarker.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/read_clip.py CLIP")
    try:
        main(sys.argv[1])
    except UserError as error:  # such as a clip that is not there: its message is one sentence
        sys.exit(f"read_clip: {error}")
