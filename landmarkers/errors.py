"""The base of every error that the user must act on."""


class UserError(Exception):
    """An error that only the user can mend. Its message is one sentence that names the cause and the remedy.

    Commands print the message without a traceback and end with exit code 2.
    """
