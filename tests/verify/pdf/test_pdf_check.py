# SPDX-License-Identifier: Apache-2.0
"""What a sealed PDF must be to pass: whole, unrepaired, explained; and what it then tells."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore

from verify import Indication, Report, SubIndication, Unreadable, check_pdf, read_attachment

from .conftest import check_both_ways

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE


def check(data: bytes, world: Any) -> Report:
    return check_both_ways(data, world)


def codes(report: Report) -> list[str]:
    return [reason.code for part in (report, *report.signatures) for reason in part.reasons]


def assert_passed(report: Report, signatures: int = 1) -> None:
    assert (report.indication, report.sub_indication) == (PASSED, None), codes(report)
    assert [one.indication for one in report.signatures] == [PASSED] * signatures


@pytest.mark.parametrize("who", ["rsa", "ecdsa"])
def test_sealed_by_another_product(world: Any, plain_pdf: bytes, who: str) -> None:
    """A PAdES signature by pyHanko passes, with facts a person can use."""
    report = check(getattr(world, who).seal(plain_pdf, reason="核发"), world)
    assert_passed(report)
    assert report.kind == "pdf"
    assert report.facts["pages"] == 2
    assert report.facts["title"] == "施工许可证"
    assert report.facts["record_digest"] == hashlib.sha256(b'{"a":1}').hexdigest()
    facts = report.signatures[0].facts
    assert facts["covers"] == "whole document"
    assert facts["field"] == "Seal1"
    assert facts["stated_reason"] == "核发"
    assert str(facts["claimed_time"]).endswith("Z")
    assert report.signatures[0].format == "PDF ETSI.CAdES.detached"


def test_written_by_hand(world: Any, draft: Any) -> None:
    """The hand-written file of the negative tests is right as long as nothing is broken."""
    assert_passed(check(draft.sealed(world.rsa), world))
    assert check(draft.sealed(world.rsa), world).signatures[0].facts["claimed_time"] == "2026-08-01T04:00:00Z"


def test_the_second_sub_filter(world: Any, plain_pdf: bytes) -> None:
    """adbe.pkcs7.detached is the older name for the same thing."""
    sealed = world.rsa.seal(plain_pdf, subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    assert_passed(check(sealed, world))


def test_object_and_cross_reference_streams(world: Any, plain_pdf: bytes) -> None:
    """PDF 1.5 streams are read by both parsers."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf)) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert_passed(check(world.rsa.seal(out.getvalue()), world))


def test_linearized_base(world: Any, plain_pdf: bytes) -> None:
    """A file made for the web has two cross-reference sections before any seal."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf)) as pdf:
        pdf.save(out, linearize=True)
    once = world.rsa.seal(out.getvalue())
    assert_passed(check(once, world))
    assert_passed(check(world.ecdsa.seal(once, "Seal2", box=(300, 100, 400, 200)), world), 2)


def test_second_signature_on_top(world: Any, plain_pdf: bytes) -> None:
    """A second legitimate signature leaves both passed; each says what it covers."""
    twice = world.ecdsa.seal(world.rsa.seal(plain_pdf), "Seal2", box=(300, 100, 420, 220))
    report = check(twice, world)
    assert_passed(report, 2)
    assert [one.facts["covers"] for one in report.signatures] == ["revision 1 of 2", "whole document"]
    thrice = world.rsa.seal(twice, "Seal3", box=(300, 400, 420, 520))
    assert_passed(check(thrice, world), 3)


def test_second_signature_of_a_stranger(world: Any, plain_pdf: bytes) -> None:
    """The first signature passes, the stranger's cannot be judged, and the whole is no pass."""
    twice = world.stranger.seal(world.rsa.seal(plain_pdf), "Seal2", box=(300, 100, 420, 220))
    report = check(twice, world)
    assert report.indication is UNSURE
    assert [one.indication for one in report.signatures] == [PASSED, UNSURE]


def test_certified_with_no_changes(world: Any, plain_pdf: bytes) -> None:
    """DocMDP P=1: passes alone; a further signature by a product that ignores it is a change."""
    certified = world.rsa.seal(plain_pdf, certify=fields.MDPPerm.NO_CHANGES)
    report = check(certified, world)
    assert_passed(report)
    assert report.signatures[0].facts["permission"] == 1
    careless = certified.replace(
        b"/DocMDP", b"/DocMDQ"
    )  # hides the rule from the product, then shows it again
    further = world.ecdsa.seal(careless, "Seal2", box=(300, 100, 420, 220))
    report = check(
        further[: len(certified)].replace(b"/DocMDQ", b"/DocMDP") + further[len(certified) :], world
    )
    assert report.indication is FAILED
    assert report.signatures[0].indication is FAILED
    assert "MODIFIED_AFTER_SEAL" in codes(report)


def test_validation_data_may_follow(world: Any, plain_pdf: bytes) -> None:
    """A document security store (ETSI EN 319 142-1 section 5.4.2) changes nothing that was sealed."""
    sealed = world.rsa.seal(plain_pdf)
    out = io.BytesIO(sealed)
    DocumentSecurityStore.add_dss(out, None, certs=[world.rsa.signer.signing_cert])
    assert len(out.getvalue()) > len(sealed)
    report = check(out.getvalue(), world)
    assert_passed(report)
    assert report.signatures[0].facts["covers"] == "revision 1 of 2"


@pytest.mark.parametrize("tail", [b"\n", b"\r\n", b" \n\x00"])
def test_trailing_white_space(world: Any, draft: Any, tail: bytes) -> None:
    """White space after the end of file marker carries nothing."""
    assert_passed(check(draft.sealed(world.rsa) + tail, world))


def test_no_signature(world: Any, plain_pdf: bytes) -> None:
    """An unsealed PDF is not bad; there is nothing to say about it."""
    report = check(plain_pdf, world)
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.SIGNED_DATA_NOT_FOUND)
    assert codes(report) == ["NOT_SEALED"]
    assert report.signatures == ()


def test_unknown_authority_is_not_a_forgery(world: Any, plain_pdf: bytes) -> None:
    """The stranger's own seal is intact; whether to trust it cannot be decided."""
    report = check(world.stranger.seal(plain_pdf), world)
    assert report.indication is UNSURE


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-", b"%PDF-1.7\n", b"hello", b"\n%PDF-1.7", b"PK\x03\x04", b"%PDF-1.7" * 50]
)
def test_not_a_pdf(world: Any, data: bytes) -> None:
    """What cannot be read is refused with a sentence, not judged."""
    with pytest.raises(Unreadable):
        check(data, world)


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted(world: Any, plain_pdf: bytes, password: str) -> None:
    """An encrypted file, even with an empty password, is refused by name."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=password))
    with pytest.raises(Unreadable, match="encrypted"):
        check(out.getvalue(), world)


def test_attachment(world: Any, plain_pdf: bytes) -> None:
    """The embedded record is readable; a missing name is None; a bomb is refused."""
    sealed = world.rsa.seal(plain_pdf)
    assert read_attachment(sealed, "record.json") == b'{"a":1}'
    assert read_attachment(sealed, "other.json") is None
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.attachments["bomb"] = pikepdf.AttachedFileSpec(pdf, bytes(40 * 1024 * 1024), filename="bomb")
    out = io.BytesIO()
    pdf.save(out, compress_streams=True, recompress_flate=True)
    assert len(out.getvalue()) < 1_000_000
    with pytest.raises(Unreadable):
        read_attachment(out.getvalue(), "bomb")


def test_agrees_with_pyhanko(world: Any, plain_pdf: bytes) -> None:
    """Oracle: pyHanko finds the same signatures intact and covering the same."""
    twice = world.ecdsa.seal(world.rsa.seal(plain_pdf), "Seal2", box=(300, 100, 420, 220))
    assert_passed(check(twice, world), 2)
    for signature in PdfFileReader(io.BytesIO(twice)).embedded_signatures:
        status = validate_pdf_signature(signature)
        assert status.intact
        assert status.valid


def test_agrees_with_pdfsig(world: Any, plain_pdf: bytes, tmp_path: Path) -> None:
    """Oracle: poppler's pdfsig finds the signature valid and the document totally signed."""
    if shutil.which("pdfsig") is None:
        pytest.skip("needs pdfsig: apt-get install poppler-utils")
    path = tmp_path / "sealed.pdf"
    path.write_bytes(world.rsa.seal(plain_pdf))
    told = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told


def test_one_revision_never_loads_the_comparison(world: Any, plain_pdf: bytes, tmp_path: Path) -> None:
    """Speed: a file whose signature covers all of it is judged without pyHanko."""
    path = tmp_path / "sealed.pdf"
    path.write_bytes(world.rsa.seal(plain_pdf))
    script = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from verify import Trust, check_pdf\n"
        "trust = Trust(anchors=(), intermediates=(), crls=(), qr_keys=(), log_keys=(), hosts=(), issued=None,"
        " next_update=None, sequence=None, source='')\n"
        f"check_pdf(Path({str(path)!r}).read_bytes(), trust=trust, at=datetime.now(UTC))\n"
        "print([name for name in sys.modules if name.startswith('pyhanko')])"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"


def test_many_threads(world: Any, plain_pdf: bytes) -> None:
    """PDFium is not safe to share: the lock keeps parallel checks right."""
    good = world.rsa.seal(plain_pdf)
    bad = good.replace(b"/MediaBox", b"/MediaBax", 1)
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda data: check(data, world).indication, [good, bad] * 60))
    assert verdicts == [PASSED, FAILED] * 60 or set(verdicts[1::2]) <= {FAILED, UNSURE}
    assert set(verdicts[::2]) == {PASSED}


def test_revoked_signer(world: Any, plain_pdf: bytes, revoking_trust: Any) -> None:
    """A revoked certificate is named as such, not called a forgery."""
    report = check_pdf(world.rsa.seal(plain_pdf), trust=revoking_trust, at=AT)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.REVOKED)


def test_without_revocation_lists(world: Any, plain_pdf: bytes) -> None:
    """Unknown revocation status is no pass."""
    report = check_pdf(world.rsa.seal(plain_pdf), trust=replace(world.trust, crls=()), at=AT)
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.TRY_LATER)


def test_pades_names_its_certificate(world: Any, draft: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """EN 319 142-1: with ETSI.CAdES.detached the attributes name the certificate; the older name is free."""
    from asn1crypto import cms

    def without(self: Any, *parts: bytes, pades: bool = True) -> bytes:
        """The same signature without signing-certificate-v2, signed again with the sealer's own key."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.serialization import load_der_private_key

        info = cms.ContentInfo.load(original(self, *parts, pades=pades))
        signer = info["content"]["signer_infos"][0]
        kept = [one for one in signer["signed_attrs"] if one["type"].native != "signing_certificate_v2"]
        signer["signed_attrs"] = cms.CMSAttributes(kept)
        key: Any = load_der_private_key(self.signer.signing_key.dump(), None)
        message = signer["signed_attrs"].untag().dump()
        signer["signature"] = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return bytes(info.dump(force=True))

    original = type(world.rsa).cms
    monkeypatch.setattr(type(world.rsa), "cms", without)
    report = check(draft.sealed(world.rsa), world)
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert "CERTIFICATE_NOT_NAMED" in codes(report)
    draft.entries = draft.entries.replace("ETSI.CAdES.detached", "adbe.pkcs7.detached")
    older = check(draft.sealed(world.rsa), world)
    assert_passed(older)
    assert "CERTIFICATE_NOT_NAMED" in codes(older)
