# SPDX-License-Identifier: Apache-2.0
"""What keeps sealed documents provable: levels at sealing, evidence records over all of them, renewal."""

from __future__ import annotations

from .preserving import LEVELS, Preserving, PreservingPorts

__all__ = ["LEVELS", "Preserving", "PreservingPorts"]
