# SPDX-License-Identifier: Apache-2.0
"""HTTP: one application for people (pages) and for programs (``/api/v1``), over the same services."""

from __future__ import annotations

from .application import create_app

__all__ = ["create_app"]
