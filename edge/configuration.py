"""Finds and loads the configuration for a command: that of a file, of set-up, or of the service on this device."""

import argparse
import logging
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from edge.config import EdgeConfig
from edge.config.loading import load_config
from edge.lifecycle.paths import STATE_VARIABLE
from edge.settings.live import LiveSettings
from edge.settings.location import SERVICE_FILE, SERVICE_STATE, Location, locate_for_daemon, locate_for_operator

log = logging.getLogger(__name__)

DOTENV: Final = Path(".env")


def live_settings(options: argparse.Namespace) -> LiveSettings:
    """Return what loads the configuration of `ishara-edge run`, at its start and at each reload."""
    locate = partial(locate_for_daemon, options.config, os.environ, setup=options.setup)
    return LiveSettings(locate, os.environ, DOTENV, _load_setup)


def locate(options: argparse.Namespace) -> Location:
    """Return the file of the configuration for another command. Raises ConfigInvalid."""
    location = locate_for_operator(options.config, os.environ, setup=options.setup)
    if options.config is None and location.path is not None:
        log.info("the configuration is %s", location.path)
        if (
            _is_of_service(location)
            and STATE_VARIABLE not in os.environ
            and os.access(SERVICE_STATE, os.R_OK | os.X_OK)
        ):
            os.environ[STATE_VARIABLE] = str(SERVICE_STATE)  # what the service keeps, and not what this user would
    return location


def load(location: Location) -> EdgeConfig:
    """Load the configuration for a command. Raises ConfigInvalid."""
    return load_config(location.path, os.environ, DOTENV)


def _is_of_service(location: Location) -> bool:
    return location.path == SERVICE_FILE or location.state == SERVICE_STATE


def _load_setup(state: Path, environment: Mapping[str, str], dotenv: Path | None) -> EdgeConfig:
    from edge.setup.bootstrap import setup_config  # loads what makes certificates

    return setup_config(state, environment, dotenv)
