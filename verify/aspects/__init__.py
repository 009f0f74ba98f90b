# SPDX-License-Identifier: Apache-2.0
"""What was asked of one signature, aspect by aspect: EN 319 102-1 section 5.1.4, with seal and authority."""

from __future__ import annotations

from .deriving import Subject, aspects_of, deviations_of
from .model import NAMES, Aspect, AspectName, AspectStatus, concluded
from .table import admits_a_pass, row_of

__all__ = [
    "NAMES",
    "Aspect",
    "AspectName",
    "AspectStatus",
    "Subject",
    "admits_a_pass",
    "aspects_of",
    "concluded",
    "deviations_of",
    "row_of",
]
