"""Prints the words of a clip: python examples/read_clip.py CLIP."""

import sys

from ishara import SHIPPED_MODEL, SourceOptions, Word, open_bundle, open_recogniser, open_source, run_pipeline


class Printer:
    """A sink is any object with `emit` and `close`."""

    def emit(self, word: Word) -> None:
        """Print the word with its confidence."""
        print(f"{word.confidence:4.0%}  {word.word}  {word.word_en}")

    def close(self) -> None:
        """Nothing is open."""


def main(clip: str) -> None:
    """Read the clip as fast as it can be processed."""
    bundle = open_bundle(SHIPPED_MODEL)
    manifest = bundle.manifest
    source = open_source(clip, manifest.parts, manifest.landmarker, SourceOptions(fast=True, endless=False))
    try:
        run_pipeline(source.camera.frames(), source.landmarker, open_recogniser(bundle, fast=True), [Printer()])
    finally:
        source.landmarker.close()


if __name__ == "__main__":
    main(sys.argv[1])
