# SPDX-License-Identifier: Apache-2.0
"""Documents that this service issues: made once, sealed, recorded, looked up by everybody.

:class:`Issuing` is the one way in; :class:`Library` answers the public and hands files to their owners.
"""

from __future__ import annotations

from .answering import DocumentState, Line, LineState, PublicAnswer
from .committed import committed as committed_document
from .committed import committed_documents
from .composing import REHEARSAL, compose_numbered, rehearse, require_printable
from .editions import OFD_MIME, can_seal_ofd, committed_editions
from .errors import (
    DocumentError,
    DocumentIdMalformed,
    FileAltered,
    IssuedMeanwhile,
    NoSuchDocument,
    NoSuchEdition,
    NotSelfService,
    NotYourDocument,
    SealDidNotVerify,
)
from .files import drop_file, file_sha256, get_file, put_file, recorded_file, stored_file
from .histories import with_claims
from .issuing import ISSUE, Issued, IssueOrder, Issuing, Means, Within, intended
from .library import Library, StoredDocument
from .making import Draft, Made
from .numbering import next_number
from .ports import QrSigner, Site
from .receipt import RECEIPT, RECEIPT_CODE, RECEIPT_TITLE, Filed, SealedFile, compose_receipt
from .sheets import Sheets

__all__ = [
    "ISSUE",
    "OFD_MIME",
    "RECEIPT",
    "RECEIPT_CODE",
    "RECEIPT_TITLE",
    "REHEARSAL",
    "DocumentError",
    "DocumentIdMalformed",
    "DocumentState",
    "Draft",
    "FileAltered",
    "Filed",
    "IssueOrder",
    "Issued",
    "IssuedMeanwhile",
    "Issuing",
    "Library",
    "Line",
    "LineState",
    "Made",
    "Means",
    "NoSuchDocument",
    "NoSuchEdition",
    "NotSelfService",
    "NotYourDocument",
    "PublicAnswer",
    "QrSigner",
    "SealDidNotVerify",
    "SealedFile",
    "Sheets",
    "Site",
    "StoredDocument",
    "Within",
    "can_seal_ofd",
    "committed_document",
    "committed_documents",
    "committed_editions",
    "compose_numbered",
    "compose_receipt",
    "drop_file",
    "file_sha256",
    "get_file",
    "intended",
    "next_number",
    "put_file",
    "recorded_file",
    "rehearse",
    "require_printable",
    "stored_file",
    "with_claims",
]
