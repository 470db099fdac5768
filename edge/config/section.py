"""The base of all sections, and the files of secrets that they name."""

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, ValidationInfo

from edge.config.text_file import read_text_file
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from models.strict_model import StrictModel

CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"


class ConfigInvalid(UserError):
    """The configuration cannot be used; the message names the key and the reason."""


class Section(StrictModel):
    """A section of the configuration; the text below each key is its description in the reference."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _find_credential(path: Path, info: ValidationInfo) -> Path:
    """Look for a relative path first where systemd puts the unit's credentials (LoadCredential=).

    https://systemd.io/CREDENTIALS/
    """
    folder = (info.context or {}).get(CREDENTIALS_VARIABLE)
    credential = Path(folder) / path if folder else path
    return credential if credential.is_file() else path


CredentialFile = Annotated[Path, AfterValidator(_find_credential)]


def split_at_commas(value: Any) -> Any:
    """Split a list that a variable gives as one text with commas."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def read_secret(key: str, path: Path) -> str:
    """Return the content of the file that a key names, without line ends. Raises ConfigInvalid."""
    try:
        return read_text_file(path).strip()
    except OSError as error:
        raise ConfigInvalid(f"{key} {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigInvalid(f"{key} {path} cannot be read: {describe(error)}") from error
