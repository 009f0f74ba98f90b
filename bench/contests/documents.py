# SPDX-License-Identifier: Apache-2.0
"""Sealing and checking one page: ours against pyHanko as it comes out of the box."""

from __future__ import annotations

import io
import logging
from typing import Any

from asn1crypto import algos
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509

from keys import KeyKind
from seal import seal_pdf
from verify import Indication, check_pdf

from ..measure import Contest
from .world import AT, Authority, appearance, authority, page

RESERVED = 16_384


def pdf_seal_sm2(_quick: bool) -> Contest:
    """SM2: the peer is pyHanko with our signer plugged into its public extension point."""
    own = authority(KeyKind.SM2)
    return _contest("pdf.seal.sm2", own, _sm2_signer(own))


def pdf_seal_rsa(_quick: bool) -> Contest:
    """RSA-2048: the peer is plain pyHanko."""
    own = authority(KeyKind.RSA2048)
    return _contest("pdf.seal.rsa", own, _rsa_signer(own))


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


def _contest(name: str, own: Authority, signer: Any) -> Contest:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    data, _ = page()
    family = own.root.public_key.family.value
    digest = "sm3" if family == "SM2" else "sha256"

    def peer() -> bytes:
        metadata = signers.PdfSignatureMetadata(
            field_name="Seal",
            md_algorithm=digest,
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        )
        spec = fields.SigFieldSpec("Seal", box=(380, 120, 500, 240))
        writer = IncrementalPdfFileWriter(io.BytesIO(data))
        out = signers.PdfSigner(metadata, signer, new_field_spec=spec).sign_pdf(writer)
        return bytes(out.getvalue())

    report = check_pdf(_seal(own), trust=own.trust, at=AT)
    if report.indication is not Indication.TOTAL_PASSED:
        raise AssertionError(report)
    if not peer().startswith(b"%PDF-"):
        raise AssertionError("the peer made no PDF")
    return Contest(
        name,
        lambda: _seal(own),
        peers={"pyHanko": peer},
        note="one page, visible vector seal, chain and CRLs inside",
    )


def _store(own: Authority) -> Any:
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    make: Any = SimpleCertificateStore  # it carries no annotations
    store = make()
    store.register(asn1_x509.Certificate.load(own.issuing.der))
    return store


def _rsa_signer(own: Authority) -> Any:
    from pyhanko.sign import signers

    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(own.sealing.certificate.der),
        signing_key=asn1_keys.PrivateKeyInfo.load(own.seal_key.pkcs8()),
        cert_registry=_store(own),
    )


def _sm2_signer(own: Authority) -> Any:
    from pyhanko.sign import signers

    # asn1crypto has to learn three names before it parses anything of SM2.
    for known, oid, name in (
        (algos.DigestAlgorithmId, "1.2.156.10197.1.401", "sm3"),
        (algos.SignedDigestAlgorithmId, "1.2.156.10197.1.501", "sm3_sm2"),
    ):
        known._map[oid] = name
        if known._reverse_map is not None:
            known._reverse_map[name] = oid
    asn1_keys.NamedCurve.register("sm2p256v1", "1.2.156.10197.1.301", 32)

    class Sm2Signer(signers.Signer):
        async def async_sign_raw(self, data: bytes, _digest: str, dry_run: bool = False) -> bytes:
            return bytes(72) if dry_run else own.seal_key.sign(data)

    return Sm2Signer(
        signing_cert=asn1_x509.Certificate.load(own.sealing.certificate.der),
        cert_registry=_store(own),
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sm3_sm2"}),
    )
