# SPDX-License-Identifier: Apache-2.0
"""Electronic seals and seal signatures: GB/T 38540-2020, GM/T 0031-2025, GM/T 0031-2014 and what preceded."""

from __future__ import annotations

from .admission import seal_admits
from .errors import SesMalformed
from .facts import seal_digest
from .model import ElectronicSeal, SealExtension, SealPicture, SesSignature
from .seal import parse_seal
from .seal_check import check_seal
from .signature import is_ses_signature, parse_ses_signature
from .signature_check import check_ses_signature, judge_ses_signature
from .standing import Evidence

__all__ = [
    "ElectronicSeal",
    "Evidence",
    "SealExtension",
    "SealPicture",
    "SesMalformed",
    "SesSignature",
    "check_seal",
    "check_ses_signature",
    "is_ses_signature",
    "judge_ses_signature",
    "parse_seal",
    "parse_ses_signature",
    "seal_admits",
    "seal_digest",
]
