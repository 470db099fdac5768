"""The words to record, from a file."""

from pathlib import Path

from edge.config.text_file import read_entries
from models.words import WordsUnclear


def read_words(path: Path) -> list[str]:
    """Read the words of a file, one a line, without empty lines and those that begin with #. Raises WordsUnclear."""
    try:
        words = read_entries(path)
    except OSError as error:
        raise WordsUnclear(f"the words {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise WordsUnclear(f"the words {path} cannot be read: {error}") from error
    if not words:
        raise WordsUnclear(f"{path} holds no words; write one a line, as عربي or عربي=English")
    return words
