# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with the text of a QR code."""

from __future__ import annotations

from ..errors import VerifyError


class QrError(VerifyError):
    """Anything that stops a QR text from being made or read."""


class QrMalformed(QrError):
    """The text, or a value to be put into it, breaks the format.  Names the field and the rule."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"QR {field}: {rule}")
        self.field, self.rule = field, rule


class QrNotOurs(QrError):
    """Readable text, but not the address of a document: nothing in it is signed."""
