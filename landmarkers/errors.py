"""The base class of all errors that a user must act on."""

from landmarkers.plain_text import escape


class UserError(Exception):
    """An error that only the user can resolve. Its message is one sentence that names the cause and the remedy.

    Commands print the message without a traceback and end with exit code 2. It may quote a name or a text from outside:
    controls in it are shown escaped.
    """

    def __str__(self) -> str:
        """Return the message on one line."""
        return escape(super().__str__())
