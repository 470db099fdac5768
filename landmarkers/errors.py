"""The base class of all errors that a user must act on."""


class UserError(Exception):
    """An error that only the user can resolve. Its message is one sentence that names the cause and the remedy.

    Commands print the message without a traceback and end with exit code 2.
    """
