# SPDX-License-Identifier: Apache-2.0
"""Sealed files that outlive their certificates: evidence, and time stamps renewed before the last end."""

from __future__ import annotations

from .errors import LongTermRefused
from .evidence import Evidence
from .extending import Level, extend_pdf, renew_pdf

__all__ = ["Evidence", "Level", "LongTermRefused", "extend_pdf", "renew_pdf"]
