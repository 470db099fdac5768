"""Reads the layout in which KArSL is distributed.

    <root>/<signer>/<signer>/<train|test>/<sign>/<clip>     clip: a video or a folder of numbered frames
    <root>/<sign>.mp4                                       one clip a sign, of an unknown signer

The signer may stand there once, the signs may lie in folders of a range such as 0001-0070, and the whole in a further
folder. Sidig, Luqman, Mahmoud, Mohandes, "KArSL: Arabic Sign Language Database", ACM TALLIP 20(1), 2021.
"""

import re
from collections.abc import Sequence

from trainer.data.layouts.content import Entry, Kind
from trainer.data.layouts.reading import Description, Reading, read_each, sign_of, split_of


def read(entries: Sequence[Entry]) -> Reading:
    """Find the clips."""
    return read_each(entries, _describe)


def _describe(entry: Entry) -> Description | None:
    folders = [name for name in entry.folders if not re.fullmatch("[0-9]+-[0-9]+", name)]
    if not folders and entry.kind is Kind.VIDEO:
        sign = sign_of(entry.stem)
        return Description(sign) if isinstance(sign, int) else None
    if len(folders) < 3:
        return None
    signer, split, sign = folders[-3], split_of(folders[-2]), sign_of(folders[-1])
    return Description(sign, signer, split) if split is not None and isinstance(sign, int) else None
