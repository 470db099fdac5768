"""The base of all sections, and the files of secrets that they name."""

import os
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, ValidationInfo

from edge.config.text_file import read_text_file
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from models.strict_model import StrictModel

CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"
_CREDENTIAL_STORE: Final = Path("/etc/credstore")
"""From where `deploy/ishara-edge.service` takes its credentials, under names that begin with `ishara.`."""


class ConfigInvalid(UserError):
    """The configuration cannot be used; the message names the key and the reason."""


class Section(StrictModel):
    """A section of the configuration; the text below each key is its description in the reference."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _find_credential(path: Path, info: ValidationInfo) -> Path:
    """Look for a relative path first where systemd puts the unit's credentials (LoadCredential=).

    A command that root runs beside the service finds them where systemd takes them from.
    https://systemd.io/CREDENTIALS/
    """
    folder = (info.context or {}).get(CREDENTIALS_VARIABLE)
    credential = Path(folder) / path if folder else path
    if credential.is_file():
        return credential
    stored = _CREDENTIAL_STORE / f"ishara.{path}"
    return stored if len(path.parts) == 1 and not path.exists() and os.access(stored, os.R_OK) else path


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
