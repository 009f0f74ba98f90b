# SPDX-License-Identifier: Apache-2.0
"""What stops a seal or a sealed page from being made.  One base; every room adds its own children."""

from __future__ import annotations


class SealError(Exception):
    """Anything that stops a page, a seal or a sealed file from being made."""
