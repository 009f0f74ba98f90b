# SPDX-License-Identifier: Apache-2.0
"""A device as an operator registered it, and what lets it enrol."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

PROFILE = "device"
"""Devices alone.  TLS servers have ACME, persons and bodies the registration office."""


@dataclass(frozen=True, slots=True)
class DeviceOrder:
    """What an operator registers.  ``approval``: an officer decides each first certificate as well."""

    label: str
    holder: str  # credit code of the body that the device belongs to
    holder_name: str = field(repr=False)
    names: tuple[str, ...] = ()  # dns:HOST, ip:ADDRESS
    approval: bool = False
    hours: int = 72  # how long the secret lives


@dataclass(frozen=True, slots=True)
class Device:
    """One registered device.  Everything in its certificate but the key comes from here."""

    device_id: str
    profile: str
    label: str
    holder: str
    holder_name: str = field(repr=False)
    names: tuple[str, ...]
    approval: bool
    registered_at: datetime
    registered_by: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Secret:
    """A one-time secret, shown once: user name and password of HTTP Basic."""

    device_id: str
    secret: str = field(repr=False)
    expires_at: datetime
