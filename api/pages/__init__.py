# SPDX-License-Identifier: Apache-2.0
"""Templates and how they are filled."""

from __future__ import annotations

from .rendering import render, safe_next

__all__ = ["render", "safe_next"]
