"""The name of a source of frames in the configuration."""

from pydantic import Secret

from edge.redaction import redact_source


class SourceName(Secret[str]):
    """The name of a source, which is shown redacted wherever it is printed or written."""

    def _display(self) -> str:
        return redact_source(self.get_secret_value())
