# SPDX-License-Identifier: Apache-2.0
"""PAdES B-LTA: sealed, stamped, evidence kept, and a document time stamp over all of it.

Both sides ask the same authority, inside this process; its signatures are part of both times.
"""

from __future__ import annotations

import io
import logging
import secrets
from functools import cache
from typing import Any

from asn1crypto import cms, tsp
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509

from ca import SubjectName, make_timestamp
from keys import Digest, HashAlgorithm, KeyKind, SoftwareKey, generate_key
from seal import Evidence, Level, extend_pdf, seal_pdf
from verify import Accuracy, Certificate, Indication, check_pdf, parse_certificate

from ..measure import Contest
from .seal_peers import pdf_signer
from .seal_world import PLACE, document, peak_kilobytes
from .world import AT, Authority, appearance, authority, certify

_POLICY = "1.2.156.10197.1.999.1"


def seal_pdf_lta(_quick: bool) -> Contest:
    """ECDSA P-256, because the peer has no SM2 for time stamps."""
    logging.disable(logging.WARNING)
    own = authority(KeyKind.P256)
    evidence = Evidence((own.sealing.certificate, own.issuing, _tsa()[0]), own.sealing.crls)

    def ours() -> bytes:
        sealed = seal_pdf(
            document(),
            own.seal_key,
            sealing=own.sealing,
            at=AT,
            placement=PLACE,
            appearance=appearance(),
            reason="基准",
            timestamper=_stamp,
            inspected=True,
        )
        return extend_pdf(
            sealed,
            evidence=evidence,
            timestamper=_stamp,
            algorithm=HashAlgorithm.SHA256,
            at=AT,
            level=Level.B_LTA,
        )

    peer = _pyhanko(own)
    for data in (ours(), peer()):
        _require_archived(data, own)
    report = check_pdf(ours(), trust=own.trust, at=AT)
    assert report.indication is Indication.TOTAL_PASSED, report
    return Contest(
        "seal.pdf.lta",
        ours,
        peers={"pyHanko": peer},
        note=f"P-256, two time stamps of the same authority included; peak {peak_kilobytes(ours)} KB",
        processor=True,
    )


@cache
def _tsa() -> tuple[Certificate, SoftwareKey]:
    own, key = authority(KeyKind.P256), generate_key(KeyKind.P256)
    made = certify("tsa", SubjectName("基准时间戳"), key, own.issuing, own.issuing_key)
    return parse_certificate(made), key


def _stamp(digest: Digest) -> bytes:
    certificate, key = _tsa()
    return make_timestamp(
        tsa=certificate,
        chain=(authority(KeyKind.P256).issuing,),
        signer=key,
        digest=digest,
        policy=_POLICY,
        serial=secrets.randbits(63),
        at=AT,
        accuracy=Accuracy(seconds=1),
    )


def _pyhanko(own: Authority) -> Any:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.timestamps import TimeStamper

    class SameAuthority(TimeStamper):
        async def async_request_tsa_response(self, req: Any) -> Any:
            digest = Digest(HashAlgorithm.SHA256, req["message_imprint"]["hashed_message"].native)
            token = cms.ContentInfo.load(_stamp(digest))
            return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
            del md_algorithm
            return cms.ContentInfo.load(_stamp(Digest(HashAlgorithm.SHA256, message_digest)))

    make: Any = SameAuthority  # its base carries no annotations
    metadata = signers.PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=True,
        validation_context=_context(own),
    )
    plain = pdf_signer(own)
    signer = signers.PdfSigner(
        metadata,
        plain.signer,
        timestamper=make(),
        stamp_style=plain.stamp_style,
        new_field_spec=fields.SigFieldSpec("Seal", box=(380, 123, 499, 242)),
    )

    def peer() -> bytes:
        return bytes(signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(document()))).getvalue())

    return peer


def _context(own: Authority) -> Any:
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(own.root.der)],
        other_certs=[asn1_x509.Certificate.load(one.der) for one in (own.issuing, _tsa()[0])],
        crls=[asn1_crl.CertificateList.load(one.der) for one in own.sealing.crls],
        allow_fetching=False,
        moment=AT,
    )


def _require_archived(data: bytes, own: Authority) -> None:
    """pyHanko's validator: the seal, its time stamp, and the document time stamp after it."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp

    reader = PdfFileReader(io.BytesIO(data))
    (signature,) = reader.embedded_regular_signatures
    (archive,) = reader.embedded_timestamp_signatures
    assert reader.root["/DSS"] is not None
    assert validate_pdf_signature(signature, _context(own)).bottom_line
    archived = validate_pdf_timestamp(archive, _context(own))
    assert archived.intact and archived.valid and archived.trusted, archived.summary()
