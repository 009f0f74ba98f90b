# SPDX-License-Identifier: Apache-2.0
"""The signature values that stand inside an original, as octets: what a pack shows must be these."""

from __future__ import annotations

from collections.abc import Iterator

from ..cms import CmsMalformed, parse_signed_data
from ..errors import VerifyError
from ..form import parse_form
from ..ofd import is_ofd, read_ofd, read_ofd_signature, read_ofd_signatures
from ..pdf.reading import read_with_qpdf
from ..ses import SesMalformed, is_ses_signature, parse_ses_signature


def embedded_signatures(original: bytes) -> tuple[bytes, ...]:
    """Every signature and document time stamp in a sealed PDF, OFD or form; none when it cannot be read."""
    try:
        return tuple(_found(original))
    except VerifyError:
        return ()


def signature_timestamps(signature: bytes) -> tuple[bytes, ...]:
    """The time stamps that a signature carries over its own value."""
    try:
        if is_ses_signature(signature):
            token = parse_ses_signature(signature).timestamp
            return () if token is None else (token,)
        return parse_signed_data(signature).signer.timestamps
    except (CmsMalformed, SesMalformed):
        return ()


def carried_certificates(signature: bytes) -> tuple[bytes, ...]:
    """The certificates inside a signature, DER: its signer's, and what helps to judge it."""
    try:
        if is_ses_signature(signature):
            found = parse_ses_signature(signature)
            return (found.signed.certificate,)
        return parse_signed_data(signature).certificates
    except (CmsMalformed, SesMalformed):
        return ()


def _found(original: bytes) -> Iterator[bytes]:
    if original.startswith(b"%PDF-"):
        for field in read_with_qpdf(original).signed:
            if field.contents:
                yield _trimmed(field.contents)
    elif is_ofd(original):
        package = read_ofd(original)
        for body in package.bodies:
            listed = read_ofd_signatures(package, body)
            for line in listed.listed if listed is not None else ():
                entry = read_ofd_signature(package, line).value.entry
                if entry is not None:
                    yield package.read(entry)
    else:
        yield parse_form(original).signature


def _trimmed(contents: bytes) -> bytes:
    """/Contents is padded with zeros behind the DER value (ISO 32000-1 section 12.8.1)."""
    if len(contents) < 2 or not contents[1] & 0x80:
        return contents[: 2 + (contents[1] if len(contents) > 1 else 0)]
    count = contents[1] & 0x7F
    return contents[: 2 + count + int.from_bytes(contents[2 : 2 + count])]
