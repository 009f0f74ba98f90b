# SPDX-License-Identifier: Apache-2.0
"""Seal PDF documents: an own writer that only appends, PAdES and GM profiles, marks, locks."""

from __future__ import annotations

from .appearance import Appearance
from .dormant import DormantContent, Finding, Severity
from .empty_fields import EmptyField, add_signature_fields
from .errors import PdfRefused
from .inspecting import inspect_pdf
from .locks import FieldLock, LockAction, Permission
from .mark_errors import MarkRefused, PlacementRefused
from .marks import AtKeyword, Corner, CrossPage, Edge, EveryPage, Mark, OnField, Placement
from .prepared import PreparedPdf
from .profile_errors import ProfileRefused
from .profiles import PdfProfile
from .sealing import complete_pdf, prepare_pdf, seal_pdf

__all__ = [
    "Appearance",
    "AtKeyword",
    "Corner",
    "CrossPage",
    "DormantContent",
    "Edge",
    "EmptyField",
    "EveryPage",
    "FieldLock",
    "Finding",
    "LockAction",
    "Mark",
    "MarkRefused",
    "OnField",
    "PdfProfile",
    "PdfRefused",
    "Permission",
    "Placement",
    "PlacementRefused",
    "PreparedPdf",
    "ProfileRefused",
    "Severity",
    "add_signature_fields",
    "complete_pdf",
    "inspect_pdf",
    "prepare_pdf",
    "seal_pdf",
]
