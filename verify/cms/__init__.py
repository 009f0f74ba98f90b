# SPDX-License-Identifier: Apache-2.0
"""Detached CMS signatures (RFC 5652, GB/T 35275): read them, and check them over content held elsewhere."""

from __future__ import annotations

from .check import check_signed_data
from .errors import CmsMalformed
from .signed_data import SignedData, parse_signed_data

__all__ = ["CmsMalformed", "SignedData", "check_signed_data", "parse_signed_data"]
