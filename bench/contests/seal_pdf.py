# SPDX-License-Identifier: Apache-2.0
"""Sealing PDF: documents for each second of one core, every output checked by readers that are not ours.

The peers are plain pyHanko (defaults, visible vector stamp; for SM2 through its public extension point) and
EU DSS (defaults, visible picture; it has no SM2).  Ours carries chain and revocation lists inside and checks
its own signature before it writes it; the peers do neither.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable
from typing import Any

from keys import KeyKind
from seal import complete_pdf, prepare_pdf, seal_pdf
from verify import Indication, check_pdf

from ..measure import Contest
from .seal_oracles import require_code, require_right
from .seal_peers import dss, pdf_signer, pyhanko, signer_of
from .seal_world import PLACE, RECORD, certificate_template, certificate_values, document, peak_kilobytes
from .world import AT, Authority, appearance, authority


def seal_pdf_sm2(quick: bool) -> Contest:
    """Any document, SM2 with SM3."""
    return _sealing("seal.pdf.sm2", KeyKind.SM2, quick)


def seal_pdf_p256(quick: bool) -> Contest:
    """Any document, ECDSA P-256."""
    return _sealing("seal.pdf.p256", KeyKind.P256, quick)


def seal_pdf_rsa(quick: bool) -> Contest:
    """Any document, RSA-2048."""
    return _sealing("seal.pdf.rsa", KeyKind.RSA2048, quick)


def seal_pdf_mass(_quick: bool) -> Contest:
    """Personalised certificates, SM2; the peer seals a page that is ready, and draws no code and no text."""
    logging.disable(logging.WARNING)
    own, template, values = authority(KeyKind.SM2), certificate_template(), certificate_values()

    def ours() -> bytes:
        return template.seal(
            values(),
            signer=own.seal_key,
            sealing=own.sealing,
            at=AT,
            attachments={"record.json": RECORD},
        )

    for kind in (KeyKind.SM2, KeyKind.P256):
        other, given = authority(kind), values()
        data = template.seal(
            given,
            signer=other.seal_key,
            sealing=other.sealing,
            at=AT,
            attachments={"record.json": RECORD},
        )
        _require(data, other)
        require_code(data, given["code"])
    return Contest(
        "seal.pdf.mass",
        ours,
        peers={"pyHanko, seal alone": pyhanko(own)},
        note=f"{len(ours()) // 1024} KB: 11 values, own glyphs, QR 9-M, record, seal; {_peak(ours)}",
        processor=True,
    )


def seal_prepare(_quick: bool) -> Contest:
    """The first of two phases: everything but the signature value, SM2."""
    logging.disable(logging.WARNING)
    own = authority(KeyKind.SM2)
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    signer = pdf_signer(own, signer=_absent(own))

    def peer() -> Any:
        writer = IncrementalPdfFileWriter(io.BytesIO(document()))
        return asyncio.run(signer.async_digest_doc_for_signing(writer))

    prepared = _prepared(own)
    _require(complete_pdf(prepared, own.seal_key.sign(prepared.attributes), sealing=own.sealing), own)
    return Contest(
        "seal.prepare",
        lambda: _prepared(own),
        peers={"pyHanko": peer},
        note=f"SM2, file and digest ready to be signed elsewhere; {_peak(lambda: _prepared(own))}",
        processor=True,
    )


def seal_complete(_quick: bool) -> Contest:
    """The second phase: the value is checked and put in its place, SM2."""
    logging.disable(logging.WARNING)
    own = authority(KeyKind.SM2)
    prepared = _prepared(own)
    signature = own.seal_key.sign(prepared.attributes)

    def ours() -> bytes:
        return complete_pdf(prepared, signature, sealing=own.sealing)

    _require(ours(), own)
    return Contest(
        "seal.complete",
        ours,
        peers={"pyHanko, unchecked": _completing(own)},
        note=f"SM2, the signature verified before it is written; {_peak(ours)}",
        processor=True,
    )


def _sealing(name: str, kind: KeyKind, quick: bool) -> Contest:
    logging.disable(logging.WARNING)
    own = authority(kind)

    def ours(inspected: bool = True) -> bytes:
        return seal_pdf(
            document(),
            own.seal_key,
            sealing=own.sealing,
            at=AT,
            placement=PLACE,
            appearance=appearance(),
            reason="基准",
            inspected=inspected,
        )

    _require(ours(), own)
    _require(ours(inspected=False), own)
    peer = pyhanko(own)
    require_right(peer(), own)
    return Contest(
        name,
        ours,
        peers={"pyHanko": peer, "ours, looking for dormant content too": lambda: ours(inspected=False)},
        printed={} if kind is KeyKind.SM2 else dss(own, 0.5 if quick else 4.0),
        note=f"{len(document()) // 1024} KB, 2 pages, visible vector seal, B-B; {_peak(ours)}",
        processor=True,
    )


def _prepared(own: Authority) -> Any:
    return prepare_pdf(
        document(),
        sealing=own.sealing,
        at=AT,
        placement=PLACE,
        appearance=appearance(),
        reason="基准",
        inspected=True,
    )


def _absent(own: Authority) -> Any:
    """pyHanko's signer whose key is elsewhere."""
    from pyhanko.sign.signers import ExternalSigner

    here = signer_of(own)
    return ExternalSigner(
        signing_cert=here.signing_cert,
        cert_registry=here.cert_registry,
        signature_value=72,
        signature_mechanism=here.signature_mechanism,
    )


def _completing(own: Authority) -> Callable[[], bytes]:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers.pdf_signer import PdfTBSDocument

    signer = _absent(own)
    writer = IncrementalPdfFileWriter(io.BytesIO(document()))
    digest, _, output = asyncio.run(pdf_signer(own, signer=signer).async_digest_doc_for_signing(writer))
    attributes = asyncio.run(signer.signed_attrs(digest.document_digest, "sm3", use_pades=True))
    signature = own.seal_key.sign(attributes.dump())

    def peer() -> bytes:
        signer.signature_value = signer._signature_value = signature
        value = asyncio.run(signer.async_sign_prescribed_attributes("sm3", attributes))
        PdfTBSDocument.finish_signing(output, digest, value)
        return bytes(output.getvalue())

    require_right(peer(), own)
    return peer


def _require(data: bytes, own: Authority) -> None:
    require_right(data, own)
    report = check_pdf(data, trust=own.trust, at=AT)
    assert report.indication is Indication.TOTAL_PASSED, report


def _peak(act: Callable[[], object]) -> str:
    return f"peak {peak_kilobytes(act)} KB"
