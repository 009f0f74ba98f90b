# SPDX-License-Identifier: Apache-2.0
"""Why there is no evidence record."""

from __future__ import annotations


class RenewalError(Exception):
    """Anything that stops evidence from being made, renewed or handed out."""


class NoEvidenceYet(RenewalError):
    """The document is on record, and in no batch yet."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"document {document_id} is in no evidence record yet")
        self.document_id = document_id


class EvidenceDidNotVerify(RenewalError):
    """What was made does not pass our own check; nothing was recorded."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__(f"the evidence record did not verify: {', '.join(codes)}")
        self.codes = codes
