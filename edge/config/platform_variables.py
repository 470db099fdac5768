"""Variables that a platform injects: for a service named `ishara`, they have the prefix of the configuration's.

Kubernetes describes every service of a namespace to every container, and container engines describe linked containers.
https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
https://docs.docker.com/engine/network/links/#environment-variables
"""

import re
from typing import Final

from edge.config.edge_config import EdgeConfig

_ADDRESS: Final = r"(tcp|udp|sctp)://.*"
_ANYTHING: Final = r".*"
_NO_SECTION: Final = rf"(?!({'|'.join(EdgeConfig.model_fields).upper()})_)"  # ISHARA_CAMERA_NAME is a mistake
# Patterns of name and value; services and links may be named ishara, ishara-edge and so on.
_INJECTED: Final = tuple(
    (re.compile(rf"ISHARA_{name}", re.ASCII), re.compile(value, re.DOTALL))
    for name, value in (
        (r"(\w+_)?SERVICE_HOST", _ANYTHING),
        (r"(\w+_)?SERVICE_PORT(_\w+)?", _ANYTHING),
        (r"(\w+_)?PORT", _ADDRESS),
        (r"(\w+_)?PORT_\d+_(TCP|UDP|SCTP)(_(START|END))?", _ADDRESS),
        (r"(\w+_)?PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR|PORT_START|PORT_END)", _ANYTHING),
        (rf"{_NO_SECTION}(\w+_)?NAME", r"/[^/]+/[^/]+"),
        (rf"{_NO_SECTION}(\w+_)?ENV_\w+", _ANYTHING),
    )
)


def is_injected(name: str, value: str) -> bool:
    """Return True if a variable with the configuration's prefix is one that a platform injects."""
    return any(names.fullmatch(name) and values.fullmatch(value) for names, values in _INJECTED)
