"""Records takes one after another, word by word, in the order of the words."""

from collections.abc import Sequence

from edge.attempts.prompt import Prompt
from edge.attempts.signer import MAX_ATTEMPTS, Signer, StreamEnded
from landmarkers.errors import UserError
from landmarkers.take import Take
from models.labels import Sign
from models.take_folder import TakeFolder


class AttemptsExhausted(UserError):
    """Too many takes of a word in a row were not good enough; the message names the word and the reason."""


def record(signer: Signer, signs: Sequence[Sign], takes: int, folder: TakeFolder, prompt: Prompt) -> None:
    """Record until the folder has so many takes of each sign or the stream ends.

    Raises AttemptsExhausted, TakeFolderUnusable and what the camera raises.
    """
    for sign in signs:
        rejected = 0
        while (recorded := folder.count(sign)) < takes:
            prompt.announce(sign, recorded + 1, takes)
            try:
                attempt = signer.next_take()
            except StreamEnded:
                return
            if isinstance(attempt, Take):
                folder.add(attempt, sign)
                prompt.accept(attempt)
                rejected = 0
                continue
            rejected += 1
            prompt.reject(attempt.reason)
            if rejected == MAX_ATTEMPTS:
                raise AttemptsExhausted(
                    f"{MAX_ATTEMPTS} takes in a row of {sign.full_word} were not good enough, the last one because "
                    f"{attempt.reason}; correct this and run the same command again, which continues after the takes "
                    "that were kept"
                )
