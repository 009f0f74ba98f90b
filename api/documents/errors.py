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


class NoSuchEdition(DocumentError):
    """The document was issued as PDF alone: its seal is not SM2, or is none that OFD knows."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"{document_id} was not issued as OFD")
        self.document_id = document_id


class DocumentIdMalformed(NoSuchDocument):
    """What was typed cannot be the identifier of any document; ``rule`` says why."""

    def __init__(self, typed: str, rule: str) -> None:
        super().__init__(typed[:40])
        self.rule = rule


class NotYourDocument(DocumentError):
    """Everybody may ask about it; its file is for its holder, its applicant and the agency that issued it."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"the file of {document_id} is not for this login")
        self.document_id = document_id


class FileAltered(DocumentError):
    """The stored file is no longer the one that was released; it is not handed out."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"the stored file of {document_id} does not have the digest on record")
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
