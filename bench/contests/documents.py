# SPDX-License-Identifier: Apache-2.0
"""Checking one sealed page: ours against pyHanko as it comes out of the box."""

from __future__ import annotations

import io
import logging

from asn1crypto import x509 as asn1_x509

from keys import KeyKind
from seal import seal_pdf
from verify import Indication, check_pdf

from ..measure import Contest
from .world import AT, Authority, appearance, authority, page


def pdf_verify_rsa(_quick: bool) -> Contest:
    """The whole verdict of ours (two parsers, coverage, chain, CRLs) against pyHanko's validation."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    logging.disable(logging.WARNING)
    own = authority(KeyKind.RSA2048)
    sealed = _seal(own)
    root = asn1_x509.Certificate.load(own.root.der)

    def ours() -> Indication:
        return check_pdf(sealed, trust=own.trust, at=AT).indication

    def peer() -> bool:
        context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=AT)
        (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
        return bool(validate_pdf_signature(signature, context).bottom_line)

    if ours() is not Indication.TOTAL_PASSED or not peer():
        raise AssertionError("the sealed file does not pass")
    damaged = sealed.replace(b"stream\n", b"stream\n\x01", 1)
    if check_pdf(damaged, trust=own.trust, at=AT).indication is Indication.TOTAL_PASSED:
        raise AssertionError("a changed file passes")
    return Contest(
        "pdf.verify.rsa", ours, peers={"pyHanko": peer}, note="ours reads with two parsers and checks CRLs"
    )


def _seal(own: Authority) -> bytes:
    data, place = page()
    return seal_pdf(
        data,
        own.seal_key,
        sealing=own.sealing,
        at=AT,
        placement=place,
        appearance=appearance(),
        reason="基准",
        certify=True,
    )
