"""The commands that a device accepts remotely, as requests: what each may say, and how a message is read.

A command without a payload is its bare name, or JSON with `command` and optionally an `id`: a `Request`. A command with
a payload has a model of its own, a subclass of `Request` whose fields all have bounds, in `WITH_PAYLOAD`.
"""

from edge.requests.choices import Activate, ChooseVocabulary
from edge.requests.payloads import (
    MAX_CONSENT_MINUTES,
    MAX_TAKE_NAME,
    MAX_TAKES,
    CalibratedSigns,
    ConsentRequest,
    Correction,
    DoctorRequest,
    LearnedRequest,
    Reply,
    SupportBundleRequest,
    Teach,
    Teaching,
)
from edge.requests.reading import MAX_BYTES, PAGE_ONLY, WITH_PAYLOAD, read_request
from edge.requests.request import Command, Request, RequestRefused
from edge.requests.settings import SettingsRequest
from edge.requests.setup import BrokerAccess, SetupRequest

__all__ = [
    "MAX_BYTES",
    "MAX_CONSENT_MINUTES",
    "MAX_TAKES",
    "MAX_TAKE_NAME",
    "PAGE_ONLY",
    "WITH_PAYLOAD",
    "Activate",
    "BrokerAccess",
    "CalibratedSigns",
    "ChooseVocabulary",
    "Command",
    "ConsentRequest",
    "Correction",
    "DoctorRequest",
    "LearnedRequest",
    "Reply",
    "Request",
    "RequestRefused",
    "SettingsRequest",
    "SetupRequest",
    "SupportBundleRequest",
    "Teach",
    "Teaching",
    "read_request",
]
