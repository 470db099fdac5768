"""Behaves as PyGObject on a Jetson with gir1.2-gstreamer-1.0 installed."""

required: set[str] = set()


def require_version(namespace: str, version: str) -> None:
    if (namespace, version) != ("Gst", "1.0"):
        raise ValueError(f"Namespace {namespace} not available for version {version}")
    required.add(namespace)
