# SPDX-License-Identifier: Apache-2.0
"""The command line ``yinxin``.  Every command that prints results also prints them as ``--json``."""

from __future__ import annotations

from .main import app, main

__all__ = ["app", "main"]
