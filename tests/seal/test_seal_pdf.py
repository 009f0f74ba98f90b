# SPDX-License-Identifier: Apache-2.0
"""Sealed PDFs against independent readers: our verifier, pyHanko, poppler and NSS, qpdf."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.registry import SimpleCertificateStore

from keys import KeyKind, digest, generate_key
from seal import (
    EvidenceOutgrown,
    PdfRefused,
    PreparedPdf,
    SealError,
    SealingCertificate,
    SignatureMismatch,
    SignerMismatch,
    StateMalformed,
    complete_pdf,
    prepare_pdf,
    seal_pdf,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256]
WESTERN = [KeyKind.RSA2048, KeyKind.P256]
STREAMS = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}


def tool(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}: apt-get install {package}")
    return found


def prepared(data: bytes, own: Any, **options: Any) -> PreparedPdf:
    values = {"at": AT, "placement": None, "appearance": None, "reason": "申请", **options}
    return prepare_pdf(data, sealing=own.sealing, **values)


@pytest.mark.parametrize("kind", [*KINDS, KeyKind.P384, KeyKind.RSA3072])
def test_certified_by_every_family(
    authority: Any, permit: bytes, place: Any, sealed_by: Any, kind: KeyKind
) -> None:
    """A certifying seal passes our verifier, covers everything and says so."""
    own = authority(kind)
    sealed = sealed_by(permit, own, place=place, certify=True, reason="核发施工许可证")
    report = own.passes(sealed)
    facts = report.signatures[0].facts
    assert report.signatures[0].format == "PDF ETSI.CAdES.detached"
    assert facts["covers"] == "whole document"
    assert facts["permission"] == 1
    assert facts["field"] == "Seal1"
    assert facts["stated_reason"] == "核发施工许可证"
    assert facts["claimed_time"] == "2026-08-01T04:00:00Z"
    assert report.facts["title"] == "建筑工程施工许可证"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("saved", [{}, STREAMS, {"linearize": True}], ids=["table", "streams", "web"])
def test_only_appends(
    authority: Any, permit: bytes, place: Any, sealed_by: Any, resaved: Any, kind: KeyKind, saved: Any
) -> None:
    """Whatever the style of the file, its bytes stay, and the new section has the same style."""
    own = authority(kind)
    data = resaved(permit, **saved) if saved else permit
    sealed = sealed_by(data, own, place=place)
    assert sealed.startswith(data)
    tail = sealed[len(data) :]
    assert (b"/Type /XRef" in tail) == (saved is STREAMS)
    assert (b"\nxref\n" in tail) == (saved is not STREAMS)
    own.passes(sealed)


@pytest.mark.parametrize("saved", [{}, STREAMS, {"linearize": True}], ids=["table", "streams", "web"])
@pytest.mark.parametrize("kind", KINDS)
def test_second_and_third_seal(
    authority: Any, permit: bytes, place: Any, sealed_by: Any, resaved: Any, kind: KeyKind, saved: Any
) -> None:
    """A seal on top leaves the first one passed; names never collide."""
    own = authority(kind)
    once = sealed_by(resaved(permit, **saved), own, place=place)
    twice = sealed_by(once, own)
    assert twice.startswith(once)
    report = own.passes(twice, 2)
    assert [one.facts["covers"] for one in report.signatures] == ["revision 1 of 2", "whole document"]
    thrice = sealed_by(twice, own, place=replace(place, y_mm=20.0))
    report = own.passes(thrice, 3)
    assert [one.facts["field"] for one in report.signatures] == ["Seal1", "Seal2", "Seal3"]


@pytest.mark.parametrize("kind", WESTERN)
@pytest.mark.parametrize("saved", [{}, STREAMS], ids=["table", "streams"])
def test_agrees_with_pyhanko(
    authority: Any, permit: bytes, place: Any, sealed_by: Any, resaved: Any, kind: KeyKind, saved: Any
) -> None:
    """Oracle: valid, trusted, the entire file, DocMDP kept."""
    own = authority(kind)
    data = resaved(permit, **saved)
    (status,) = own.statuses(sealed_by(data, own, place=place, certify=True))
    assert status.bottom_line
    assert status.docmdp_ok
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level is ModificationLevel.NONE
    first, second = own.statuses(sealed_by(sealed_by(data, own, place=place), own, place=place))
    assert first.bottom_line and second.bottom_line
    assert first.coverage is SignatureCoverageLevel.ENTIRE_REVISION
    assert first.modification_level is ModificationLevel.FORM_FILLING
    assert second.coverage is SignatureCoverageLevel.ENTIRE_FILE


@pytest.mark.parametrize("kind", WESTERN)
def test_agrees_with_pdfsig(
    authority: Any, permit: bytes, place: Any, sealed_by: Any, tmp_path: Path, kind: KeyKind
) -> None:
    """Oracle: poppler with NSS finds seal and chain valid, the root being in its database."""
    pdfsig, certutil = tool("pdfsig", "poppler-utils"), tool("certutil", "libnss3-tools")
    own = authority(kind)
    store = f"sql:{tmp_path}"
    (tmp_path / "root.der").write_bytes(own.root.der)
    subprocess.run([certutil, "-N", "-d", store, "--empty-password"], check=True, capture_output=True)
    add = ["-A", "-d", store, "-n", "root", "-t", "CT,CT,CT", "-i", str(tmp_path / "root.der")]
    subprocess.run([certutil, *add], check=True, capture_output=True)
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed_by(permit, own, place=place, certify=True))
    told = subprocess.run(
        [pdfsig, "-nssdir", store, "-no-ocsp", str(path)], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    # NSS judges the chain by the clock of the machine, so only its trust in the issuer is asked for.
    assert "Certificate issuer isn't Trusted" not in told
    assert "Certificate issuer is unknown" not in told


@pytest.mark.parametrize("saved", [{}, STREAMS], ids=["table", "streams"])
def test_agrees_with_qpdf(
    authority: Any, permit: bytes, place: Any, sealed_by: Any, resaved: Any, tmp_path: Path, saved: Any
) -> None:
    """Oracle: qpdf finds nothing to repair after two seals."""
    qpdf, own = tool("qpdf", "qpdf"), authority(KeyKind.SM2)
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed_by(sealed_by(resaved(permit, **saved), own, place=place), own))
    done = subprocess.run([qpdf, "--check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "No syntax or stream encoding errors found" in done.stdout


def test_invisible(authority: Any, permit: bytes, sealed_by: Any) -> None:
    """Without a place the widget has no area, is printed and locked, and draws nothing."""
    sealed = sealed_by(permit, authority(KeyKind.SM2))
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert list(field.Rect) == [0, 0, 0, 0]
        assert field.F == 132
        assert "/AP" not in field
        assert pdf.Root.AcroForm.SigFlags == 3
        assert [one.objgen for one in pdf.pages[0].Annots] == [field.objgen]
        assert field.P.objgen == pdf.pages[0].objgen
        assert "/Perms" not in pdf.Root
        assert "/Reference" not in field.V


def test_certifying_dictionary(authority: Any, permit: bytes, place: Any, sealed_by: Any) -> None:
    """ISO 32000-1 sections 12.8.2.2 and 12.8.4: permission 1, named by the catalog."""
    with pikepdf.open(
        io.BytesIO(sealed_by(permit, authority(KeyKind.SM2), place=place, certify=True))
    ) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert pdf.Root.Perms.DocMDP.objgen == field.V.objgen
        (reference,) = field.V.Reference
        assert reference.TransformMethod == "/DocMDP"
        assert reference.TransformParams.P == 1
        assert str(field.V.M) == "D:20260801040000Z"
        assert bytes(field.V.Reason).startswith(b"\xfe\xff")


@pytest.mark.parametrize("kind", [KeyKind.RSA2048, KeyKind.RSA3072])
def test_room_is_exact(authority: Any, permit: bytes, sealed_by: Any, kind: KeyKind) -> None:
    """In one call nothing is reserved that is not used; an RSA signature always has its full length."""
    sealed = sealed_by(permit, authority(kind))
    (value,) = re.findall(rb"/Contents <([0-9a-f]+)>", sealed)
    der = bytes.fromhex(value.decode())
    assert int.from_bytes(der[2:4]) + 4 == len(der)


def test_nothing_after_certification(authority: Any, permit: bytes, place: Any, sealed_by: Any) -> None:
    """P 1 is kept by ourselves too; and a document with seals cannot be certified any more."""
    own = authority(KeyKind.SM2)
    with pytest.raises(PdfRefused) as refused:
        sealed_by(sealed_by(permit, own, place=place, certify=True), own)
    assert refused.value.code == "pdf-certified"
    with pytest.raises(PdfRefused) as refused:
        sealed_by(sealed_by(permit, own), own, certify=True)
    assert refused.value.code == "pdf-sealed"


@pytest.mark.parametrize("kind", KINDS)
def test_two_steps(authority: Any, permit: bytes, kind: KeyKind) -> None:
    """The key signs elsewhere; what lies between survives as JSON and a file."""
    own = authority(kind)
    made = prepared(permit, own)
    kept = json.loads(json.dumps(made.state()))
    assert all(isinstance(value, str | int) for value in kept.values())
    again = PreparedPdf.restore(kept, made.data)
    assert again == made
    assert made.attributes[0] == 0x31
    assert made.digest == digest(made.digest.algorithm, made.data[: made.gap] + made.data[made.resume :])
    assert made.digest.value in made.attributes
    sealed = complete_pdf(again, own.key.sign(again.attributes), sealing=own.sealing)
    assert len(sealed) == len(made.data)
    assert (sealed[: made.gap], sealed[made.resume :]) == (made.data[: made.gap], made.data[made.resume :])
    own.passes(sealed)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_signature_is_never_embedded(authority: Any, permit: bytes, kind: KeyKind) -> None:
    """By another key, over other bytes, damaged, or none: refused in words."""
    own = authority(kind)
    made = prepared(permit, own)
    right = own.key.sign(made.attributes)
    wrong = [
        b"",
        bytes(len(right)),
        right[:-1],
        right + b"\x00",
        right[:-1] + bytes([right[-1] ^ 1]),
        generate_key(kind).sign(made.attributes),
        own.key.sign(made.attributes[1:]),
        own.key.sign(made.digest.value),
        authority(KeyKind.P384).key.sign(made.attributes),
    ]
    for signature in wrong:
        with pytest.raises(SignatureMismatch) as refused:
            complete_pdf(made, signature, sealing=own.sealing)
        assert refused.value.code == "signature-mismatch"
        assert "签名值" in str(refused.value)


def test_prepared_for_another_certificate(authority: Any, permit: bytes) -> None:
    """The certificate is part of what is signed: it cannot be changed between the steps."""
    own = authority(KeyKind.SM2)
    made = prepared(permit, own)
    signature = own.key.sign(made.attributes)
    issuing = SealingCertificate(own.sealing.chain[0])
    for sealing in (issuing, authority(KeyKind.P256).sealing):
        with pytest.raises(StateMalformed):
            complete_pdf(made, signature, sealing=sealing)


def test_signer_without_the_key(authority: Any, permit: bytes) -> None:
    """The signer is asked for nothing when it holds another key than the certificate names."""
    own = authority(KeyKind.SM2)
    with pytest.raises(SignerMismatch):
        seal_pdf(
            permit,
            generate_key(KeyKind.SM2),
            sealing=own.sealing,
            at=AT,
            placement=None,
            appearance=None,
            reason="",
        )


def test_evidence_may_grow(authority: Any, permit: bytes) -> None:
    """Fresh revocation lists go in while they fit; when they do not, nothing is cut off."""
    own, other = authority(KeyKind.SM2), authority(KeyKind.P256)
    made = prepared(permit, own)
    signature = own.key.sign(made.attributes)
    grown = replace(own.sealing, crls=(*own.sealing.crls, other.sealing.crls[0]))
    own.passes(complete_pdf(made, signature, sealing=grown))
    overgrown = replace(
        own.sealing,
        chain=(
            own.root,
            *own.sealing.chain,
            *authority(KeyKind.RSA3072).sealing.chain * 1,
            authority(KeyKind.RSA3072).root,
        ),
    )
    with pytest.raises(EvidenceOutgrown) as refused:
        complete_pdf(made, signature, sealing=overgrown)
    assert refused.value.needed > refused.value.room


KEPT = st.sampled_from(["format", "attributes", "digest_algorithm", "digest", "gap", "resume"])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
)


@given(member=KEPT, value=VALUES)
def test_damaged_state(authority: Any, permit: bytes, member: str, value: Any) -> None:
    """A kept state that is not what was prepared is refused, never executed and never half used."""
    made = prepared(permit, authority(KeyKind.P256))
    state = {**made.state(), member: value}
    if member == "attributes" and isinstance(value, str) and re.fullmatch(r"\s*([0-9A-Fa-f]{2}\s*)*", value):
        with pytest.raises(SealError):
            complete_pdf(PreparedPdf.restore(state, made.data), b"", sealing=authority(KeyKind.P256).sealing)
        return
    with pytest.raises(StateMalformed):
        PreparedPdf.restore(state, made.data)


def test_state_of_another_file(authority: Any, permit: bytes) -> None:
    """The file that was kept must be the file that was prepared, with its room still empty."""
    own = authority(KeyKind.SM2)
    made = prepared(permit, own)
    sealed = complete_pdf(made, own.key.sign(made.attributes), sealing=own.sealing)
    changed = made.data.replace(b"/MediaBox", b"/MediaBax", 1)
    for data in (sealed, permit, changed, made.data + b"\n", b""):
        with pytest.raises(StateMalformed):
            PreparedPdf.restore(made.state(), data)
    for state in (None, [], "x", {}, {"format": "yinxin-prepared-form/1"}):
        with pytest.raises(StateMalformed):
            PreparedPdf.restore(state, made.data)


@pytest.mark.parametrize("reason", ["", "核发", "x" * 500, "(\\)", "𠮷 emoji 🟥", "\ud800"])
def test_any_reason(authority: Any, permit: bytes, sealed_by: Any, reason: str) -> None:
    """The reason is data, whatever it contains."""
    authority(KeyKind.P256).passes(sealed_by(permit, authority(KeyKind.P256), reason=reason))


def test_same_input_same_bytes(authority: Any, permit: bytes, place: Any, appearance: Any) -> None:
    """Preparing is deterministic: what the applicant signed can be made again."""
    own = authority(KeyKind.SM2)
    make: Callable[[], PreparedPdf] = lambda: prepared(permit, own, placement=place, appearance=appearance)  # noqa: E731
    assert make() == make()


@pytest.mark.parametrize("kind", WESTERN)
def test_beside_seals_of_another_product(
    authority: Any, permit: bytes, place: Any, sealed_by: Any, kind: KeyKind
) -> None:
    """Ours on top of pyHanko's, and pyHanko's on top of ours; a certified file stays as it is."""
    own = authority(kind)
    # pyHanko puts no revocation lists into the file: this verifier has them already.
    own = replace(own, trust=replace(own.trust, crls=own.sealing.crls))
    theirs = _by_pyhanko(permit, own, certify=None)
    own.passes(theirs)
    own.passes(sealed_by(theirs, own, place=place), 2)
    own.passes(_by_pyhanko(sealed_by(permit, own, place=place), own, certify=None), 2)
    for permission in MDPPerm:
        certified = _by_pyhanko(permit, own, certify=permission)
        own.passes(certified)
        with pytest.raises(PdfRefused) as refused:
            sealed_by(certified, own)
        assert refused.value.code == "pdf-certified"


def _by_pyhanko(data: bytes, own: Any, *, certify: MDPPerm | None) -> bytes:
    store = SimpleCertificateStore()
    store.register_multiple(asn1_x509.Certificate.load(one.der) for one in own.sealing.chain)
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(own.sealing.certificate.der),
        signing_key=asn1_keys.PrivateKeyInfo.load(own.key.pkcs8()),
        cert_registry=store,
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="Other",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=certify is not None,
        docmdp_permissions=certify or MDPPerm.FILL_FORMS,
    )
    spec = fields.SigFieldSpec("Other", box=(20, 20, 120, 120))
    out = signers.PdfSigner(metadata, signer, new_field_spec=spec).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data))
    )
    return bytes(out.getvalue())
