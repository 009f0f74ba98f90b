# SPDX-License-Identifier: Apache-2.0
"""The key-management centre (密钥管理中心, docs/decisions/0012) and how the service uses it.

``centre`` is its own side, in a process of its own; ``remote`` and ``recoveries`` are the service's side;
``wire`` is what travels between them.
"""

from __future__ import annotations

from .errors import (
    REFUSALS,
    CentreMisconfigured,
    ConnectionBroken,
    KeyCentreDamaged,
    KeyCentreError,
    KeyCentreRefused,
    KeyCentreUnavailable,
    NoSuchRecovery,
    WireMalformed,
)
from .history import Head, Link, check_history
from .model import CentreStatus, KnownAgent
from .remote import CentreAccess, RemoteKeyCentre
from .requests import Approval, Purpose, RecoveryRequest, parse_recovery_request, to_be_signed

CLIENT_KEY = "kmc-client"
"""Label of the service's key that signs requests, in the service's vault."""

__all__ = [
    "CLIENT_KEY",
    "REFUSALS",
    "Approval",
    "CentreAccess",
    "CentreMisconfigured",
    "CentreStatus",
    "ConnectionBroken",
    "Head",
    "KeyCentreDamaged",
    "KeyCentreError",
    "KeyCentreRefused",
    "KeyCentreUnavailable",
    "KnownAgent",
    "Link",
    "NoSuchRecovery",
    "Purpose",
    "RecoveryRequest",
    "RemoteKeyCentre",
    "WireMalformed",
    "check_history",
    "parse_recovery_request",
    "to_be_signed",
]
