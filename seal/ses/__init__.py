# SPDX-License-Identifier: Apache-2.0
"""Electronic seals and seal signatures (SES): GB/T 38540-2020, and GM/T 0031-2025 on demand."""

from __future__ import annotations

from .errors import SesRefused
from .facts import SealFacts
from .making import make_seal
from .sealing import PreparedSes, complete_ses, prepare_ses, seal_ses, ses_room

__all__ = [
    "PreparedSes",
    "SealFacts",
    "SesRefused",
    "complete_ses",
    "make_seal",
    "prepare_ses",
    "seal_ses",
    "ses_room",
]
