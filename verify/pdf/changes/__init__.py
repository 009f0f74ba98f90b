# SPDX-License-Identifier: Apache-2.0
"""What later revisions changed: each is compared with the one before it, once, whatever was signed."""

from __future__ import annotations

from .explaining import explain
from .step import FieldChange, Step, Unexplained

__all__ = ["FieldChange", "Step", "Unexplained", "explain"]
