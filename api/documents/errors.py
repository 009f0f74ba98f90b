# SPDX-License-Identifier: Apache-2.0
"""Why a document is not issued, not shown, or not there."""

from __future__ import annotations


class DocumentError(Exception):
    """Anything about issued documents."""


class NoSuchDocument(DocumentError):
    """Nobody issued a document with this identifier, or this login may not know of it."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"no document {document_id}")
        self.document_id = document_id


class NotSelfService(DocumentError):
    """This document type is issued by an officer, never printed by its holder."""

    def __init__(self, document_type: str) -> None:
        super().__init__(f"{document_type} is not printed by its holder")
        self.document_type = document_type


class SealDidNotVerify(DocumentError):
    """Our own output failed our own verification and was not released."""

    def __init__(self, indication: str, reasons: tuple[str, ...]) -> None:
        super().__init__(f"sealed file is {indication}: {', '.join(reasons)}")
        self.indication, self.reasons = indication, reasons


class IssuedMeanwhile(DocumentError):
    """Another request issued the same version while this one was being sealed; nothing was released twice."""
