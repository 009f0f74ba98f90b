# SPDX-License-Identifier: Apache-2.0
"""Enrolment over Secure Transport (RFC 7030): registered devices fetch and renew their certificates."""

from __future__ import annotations

from .errors import (
    EstError,
    EstRefused,
    NoSuchDevice,
    NoSuchFamily,
    NotAuthenticated,
    ServerKeysNotMade,
    TooManyTries,
)
from .messages import LARGEST_BODY, written
from .model import Device, DeviceOrder, Secret
from .ports import EstPorts
from .service import RETRY_SECONDS, Est
from .store import PROTECTED

__all__ = [
    "LARGEST_BODY",
    "PROTECTED",
    "RETRY_SECONDS",
    "Device",
    "DeviceOrder",
    "Est",
    "EstError",
    "EstPorts",
    "EstRefused",
    "NoSuchDevice",
    "NoSuchFamily",
    "NotAuthenticated",
    "Secret",
    "ServerKeysNotMade",
    "TooManyTries",
    "written",
]
