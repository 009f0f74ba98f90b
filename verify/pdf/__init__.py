# SPDX-License-Identifier: Apache-2.0
"""Sealed PDF documents: two parsers, exact coverage, later revisions, then the signature values."""

from __future__ import annotations

from .check import check_pdf
from .reading import read_attachment
from .sealed_file import RECORD

__all__ = ["RECORD", "check_pdf", "read_attachment"]
