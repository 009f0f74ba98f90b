# SPDX-License-Identifier: Apache-2.0
"""Evidence packs: one file with an original and everything that proves it, checked from public material."""

from __future__ import annotations

from .check import check_evidence_pack
from .embedded import carried_certificates, embedded_signatures, signature_timestamps
from .errors import PackMalformed
from .manifest import (
    EvidencePack,
    PackManifest,
    PackPart,
    PackSubject,
    Role,
    is_evidence_pack,
    parse_evidence_pack,
)

__all__ = [
    "EvidencePack",
    "PackMalformed",
    "PackManifest",
    "PackPart",
    "PackSubject",
    "Role",
    "carried_certificates",
    "check_evidence_pack",
    "embedded_signatures",
    "is_evidence_pack",
    "parse_evidence_pack",
    "signature_timestamps",
]
