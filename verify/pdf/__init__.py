# SPDX-License-Identifier: Apache-2.0
"""Sealed PDF documents: two parsers, exact coverage, later revisions, then the signature values."""

from __future__ import annotations

from ..attached_record import RECORD
from .check import check_pdf
from .pdfium import PDFIUM
from .reading import read_attachment

__all__ = ["PDFIUM", "RECORD", "check_pdf", "read_attachment"]
