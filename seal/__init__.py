# SPDX-License-Identifier: Apache-2.0
"""What seals: pages, seal images, sealing of PDF and forms, and who may use which seal."""

from __future__ import annotations

# With what: certificate and evidence; who may.
from .certificate import SealingCertificate

# What stops a seal.
from .errors import (
    EvidenceOutgrown,
    SealError,
    SealRefused,
    SignatureMismatch,
    SignerMismatch,
    StateMalformed,
)

# Sealing of forms and PDF.
from .form import FormRefused, PreparedForm, complete_form, prepare_form
from .grants import Grant, GrantRefused, authorise

# Pages and seal images.
from .image import Drawing, SealDesign, SealDesignRefused, draw_seal, drawing_pdf, drawing_svg
from .ofd import OfdRefused, write_ofd
from .pages import (
    Attachment,
    AttachmentRefused,
    BlockTooTall,
    GlyphMissing,
    Layout,
    PageError,
    QrRefused,
    SealPosition,
    SheetContent,
    SheetTable,
    TableTooWide,
    TableUneven,
    lay_out,
    write_pdf,
)
from .pdf import (
    Appearance,
    AtKeyword,
    Corner,
    CrossPage,
    Edge,
    EveryPage,
    FieldLock,
    LockAction,
    Mark,
    MarkRefused,
    OnField,
    PdfProfile,
    PdfRefused,
    Permission,
    Placement,
    PlacementRefused,
    PreparedPdf,
    ProfileRefused,
    complete_pdf,
    prepare_pdf,
    seal_pdf,
)
from .ses import (
    PreparedSes,
    SealFacts,
    SesRefused,
    complete_ses,
    make_seal,
    prepare_ses,
    seal_ses,
    ses_room,
)
from .timestamping import Timestamper, TimestampUnfit

__all__ = [
    "Appearance",
    "AtKeyword",
    "Attachment",
    "AttachmentRefused",
    "BlockTooTall",
    "Corner",
    "CrossPage",
    "Drawing",
    "Edge",
    "EveryPage",
    "EvidenceOutgrown",
    "FieldLock",
    "FormRefused",
    "GlyphMissing",
    "Grant",
    "GrantRefused",
    "Layout",
    "LockAction",
    "Mark",
    "MarkRefused",
    "OfdRefused",
    "OnField",
    "PageError",
    "PdfProfile",
    "PdfRefused",
    "Permission",
    "Placement",
    "PlacementRefused",
    "PreparedForm",
    "PreparedPdf",
    "PreparedSes",
    "ProfileRefused",
    "QrRefused",
    "SealDesign",
    "SealDesignRefused",
    "SealError",
    "SealFacts",
    "SealPosition",
    "SealRefused",
    "SealingCertificate",
    "SesRefused",
    "SheetContent",
    "SheetTable",
    "SignatureMismatch",
    "SignerMismatch",
    "StateMalformed",
    "TableTooWide",
    "TableUneven",
    "TimestampUnfit",
    "Timestamper",
    "authorise",
    "complete_form",
    "complete_pdf",
    "complete_ses",
    "draw_seal",
    "drawing_pdf",
    "drawing_svg",
    "lay_out",
    "make_seal",
    "prepare_form",
    "prepare_pdf",
    "prepare_ses",
    "seal_pdf",
    "seal_ses",
    "ses_room",
    "write_ofd",
    "write_pdf",
]
