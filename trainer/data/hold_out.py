"""Makes a test share of a data set that has none.

Asked for nothing, of at least three signers the one is held out who signs the most words, with the fewest clips: the
honest question is how a stranger is read. Of fewer, or where a signer is unknown, a fifth of the clips of each word is
held out. A clip is held out only if its word keeps others to be trained on.
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from trainer.data.clip import Clip, DatasetUnreadable

AUTO: Final = "auto"
NONE: Final = "none"
_SHARE: Final = 0.2
_MIN_SIGNERS: Final = 3
_MIN_CLIPS: Final = 3  # of a word, of which one is held out


def hold_out(clips: Sequence[Clip], wanted: str, *, has_split: bool) -> tuple[list[Clip], str | None]:
    """Return the clips with some training clips made test clips, and a sentence that says which.

    `wanted` is `auto` (nothing where the data set has a split of its own), `none`, a share such as `20%` or a signer.
    Raises DatasetUnreadable for a signer whom nobody knows.
    """
    if wanted == NONE or (wanted == AUTO and has_split):
        return list(clips), None
    percent = re.fullmatch("([0-9]{1,2})%", wanted)
    signer = None if percent else _signer_to_hold_out(clips, wanted)
    if signer is None:
        share = int(percent[1]) / 100 if percent else _SHARE
        chosen, of = _share_of_each_word(clips, share), f"{share:.0%} of the clips of each word"
    else:
        chosen, of = _clips_of_signer(clips, signer), f"signer {signer}'s"
    if not chosen:
        return list(clips), "no clip is held out for testing: no word has three clips"
    held_out = [replace(clip, split="test") if clip.name in chosen else clip for clip in clips]
    return held_out, f"{len(chosen)} of {len(clips)} clips, {of}, are held out as test clips (--hold-out)"


def _signer_to_hold_out(clips: Sequence[Clip], wanted: str) -> str | None:
    """Return the signer who is named, or who is held out unasked; None where clips are chosen one by one."""
    counts = Counter(clip.signer for clip in clips)
    known = sorted(signer for signer in counts if signer is not None)
    if wanted != AUTO:
        if wanted not in known:
            raise DatasetUnreadable(
                f"--hold-out {wanted} names no signer of the data set, which knows {', '.join(known) or 'none'}; give "
                "one of them, a share such as 20%, or none"
            )
        return wanted
    if None in counts or len(known) < _MIN_SIGNERS:
        return None
    words = {signer: len({clip.sign_id for clip in clips if clip.signer == signer}) for signer in known}
    return min(known, key=lambda signer: (-words[signer], counts[signer], signer))


def _clips_of_signer(clips: Sequence[Clip], signer: str) -> set[str]:
    """Return the names of a signer's training clips of signs that others sign as well."""
    of_others = {clip.sign_id for clip in clips if clip.signer != signer and clip.split == "train"}
    return {
        clip.name for clip in clips if clip.signer == signer and clip.split == "train" and clip.sign_id in of_others
    }


def _share_of_each_word(clips: Sequence[Clip], share: float) -> set[str]:
    """Return the names of this share of each sign's training clips, by a hash, so that other clips change little."""
    by_sign: dict[int, list[str]] = defaultdict(list)
    for clip in clips:
        if clip.split == "train":
            by_sign[clip.sign_id].append(clip.name)
    chosen: set[str] = set()
    for names in by_sign.values():
        if len(names) >= _MIN_CLIPS:
            names.sort(key=lambda name: (zlib.crc32(name.encode()), name))
            chosen.update(names[: min(max(1, round(share * len(names))), len(names) - 1)])
    return chosen
