# SPDX-License-Identifier: Apache-2.0
"""What the service learns from its key centre."""

from __future__ import annotations

from dataclasses import dataclass

from keys import PublicKey

from .history import Head


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """A recovery agent that the centre's settings name."""

    name: str
    public_key: PublicKey


@dataclass(frozen=True, slots=True)
class CentreStatus:
    """``needed`` of ``agents`` approve; the centre saw ``log_size`` entries of the log."""

    needed: int
    agents: tuple[KnownAgent, ...]
    log_size: int
    head: Head
