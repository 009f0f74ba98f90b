# SPDX-License-Identifier: Apache-2.0
"""Seal PDF documents: an own writer that only appends, PAdES B-B, DocMDP."""

from __future__ import annotations

from .appearance import Appearance, Placement
from .errors import PdfRefused, PlacementRefused
from .sealing import PreparedPdf, complete_pdf, prepare_pdf, seal_pdf

__all__ = [
    "Appearance",
    "PdfRefused",
    "Placement",
    "PlacementRefused",
    "PreparedPdf",
    "complete_pdf",
    "prepare_pdf",
    "seal_pdf",
]
