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
from edge.settings.location import SERVICE_FILE, Location, locate_for_daemon, locate_for_operator, service_state

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
    if location.path == SERVICE_FILE or location.state is not None:
        # The command looks at what the service keeps, and not at what this user would keep.
        os.environ[STATE_VARIABLE] = str(service_state(location, os.environ))
    return location


def load(location: Location) -> EdgeConfig:
    """Load the configuration for a command. Raises ConfigInvalid."""
    return load_config(location.path, os.environ, DOTENV)


def _load_setup(state: Path, environment: Mapping[str, str], dotenv: Path | None) -> EdgeConfig:
    from edge.setup.bootstrap import setup_config  # loads what makes certificates

    return setup_config(state, environment, dotenv)
