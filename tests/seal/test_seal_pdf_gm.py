# SPDX-License-Identifier: Apache-2.0
"""GM profiles: our verifier, and a second reader for SM2 that shares no code with it."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from gmssl.sm2 import CryptSM2
from PIL import Image
from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InvalidSignature

from keys import HashAlgorithm, KeyKind, generate_key
from keys.der import explicit, implicit, integer, null, octets, oid, sequence, set_of
from seal import (
    Appearance,
    CrossPage,
    PdfProfile,
    PreparedPdf,
    ProfileRefused,
    SealError,
    SealFacts,
    SesRefused,
    SignatureMismatch,
    StateMalformed,
    complete_pdf,
    make_seal,
    prepare_pdf,
    seal_pdf,
)
from verify import Authority, Indication, SubIndication, Unreadable

from .tsa import stamped_at, tsa

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
CMS_PROFILES = [PdfProfile.GM_CMS, PdfProfile.GM_CMS_DIGEST]
ALL = [*CMS_PROFILES, PdfProfile.GM_SEAL]
STATEMENT = Authority({"case": "样-2026-001", "approved_by": "officer-1"}).encode()


_CURVE = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)
"""a, b and the base point, as the user id is hashed with them."""


@cache
def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (255, 0, 0, 128)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def own(authority: Any) -> Any:
    """SM2; the verifier knows the issuers and their lists, which a seal signature has no room for."""
    found = authority(KeyKind.SM2)
    trust = replace(found.trust, intermediates=found.sealing.chain, crls=found.sealing.crls)
    return replace(found, trust=trust)


@pytest.fixture(scope="module")
def esl(own: Any) -> bytes:
    """The electronic seal of that certificate, made by the same key."""
    facts = SealFacts(
        code="51010600000003",
        vendor="YINXIN",
        type=1,
        name="蜀州市锦北区住房和城乡建设局(演示)",
        certificates=(own.sealing.certificate,),
        created=AT - timedelta(days=1),
        valid_from=AT - timedelta(days=1),
        valid_until=AT + timedelta(days=200),
        picture_type="PNG",
        picture=_picture(),
        width_mm=40,
        height_mm=40,
    )
    return make_seal(facts, own.key, maker_certificate=own.sealing.certificate)


def sealed(data: bytes, own: Any, profile: PdfProfile, esl: bytes, **options: Any) -> bytes:
    values = {"placement": None, "appearance": None, "reason": "核发", **options}
    return seal_pdf(
        data,
        own.key,
        sealing=own.sealing,
        at=AT,
        profile=profile,
        esl=esl if profile is PdfProfile.GM_SEAL else None,
        **values,
    )


# The second reader: a regular expression for the file, ten lines for DER, Tongsuo for SM2, hashlib for SM3.


def read_apart(data: bytes) -> tuple[bytes, bytes]:
    """The protected bytes and the value of the one signature."""
    (numbers,) = re.findall(rb"/ByteRange \[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", data)
    a, b, c, d = (int(one) for one in numbers)
    value = bytes.fromhex(data[b + 1 : c - 1].decode("ascii"))
    return data[a:b] + data[c : c + d], value


def elements(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """Tag, whole and content of each element."""
    found, at = [], 0
    while at + 1 < len(data):  # what pads the hole may leave one octet over
        length, begin = data[at + 1], at + 2
        if length > 127:
            length, begin = int.from_bytes(data[begin : begin + length - 128]), begin + length - 128
        found.append((data[at], data[at : begin + length], data[begin : begin + length]))
        at = begin + length
    return found


def inside(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """The elements of the first element; zeros may follow it."""
    return elements(elements(data.rstrip(b"\x00") + bytes(64))[0][2])


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def sm2_verifies(certificate: bytes, signature: bytes, message: bytes) -> bool:
    spki = inside(inside(certificate)[0][1])[6][1]
    try:
        serialization.load_der_public_key(spki).verify(signature, message, ec.ECDSA(hashes.SM3()))
    except InvalidSignature:
        return False
    return True


def verifies_apart(data: bytes) -> bool:
    """Read and verified by other code than ours."""
    content, value = read_apart(data)
    parts = inside(value)
    if parts[0][0] == 0x30:
        # SES_Signature: TBS_Sign, certificate, algorithm, signature.
        tbs, certificate, signature = parts[0][1], parts[1][2], parts[3][2][1:]
        return inside(tbs)[3][2][1:] == sm3(content) and sm2_verifies(certificate, signature, tbs)
    assert parts[0][2].hex() == "2a811ccf550601040202"
    body = inside(parts[1][2])
    enclosed = elements(body[2][2])
    assert enclosed[0][2].hex() == "2a811ccf550601040201"
    (info,) = elements(body[-1][2])
    signer = elements(info[2])
    serial = elements(signer[1][2])[1][1]
    (certificate,) = [one for _, one, _ in elements(body[3][2]) if inside(inside(one)[0][1])[1][1] == serial]
    if signer[3][0] == 0xA0:
        signed = b"\x31" + signer[3][1][1:]
        digests = [
            one for _, one, _ in elements(signer[3][2]) if b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04" in one
        ]
        assert len(digests) == 1
        return digests[0].endswith(sm3(content)) and sm2_verifies(certificate, signer[5][2], signed)
    carried = elements(enclosed[1][2])[0][2]
    return carried == sm3(content) and sm2_verifies(certificate, signer[4][2], carried)


@pytest.mark.parametrize("profile", ALL)
def test_two_readers(own: Any, esl: bytes, permit: bytes, profile: PdfProfile) -> None:
    """Both find it good; both find a changed byte."""
    data = sealed(permit, own, profile, esl)
    report = own.passes(data)
    assert report.signatures[0].format == f"PDF {profile.sub_filter}"
    assert verifies_apart(data)
    changed = data.replace(b"/MediaBox", b"/MediaBax", 1)
    assert not verifies_apart(changed)
    assert own.check(changed).indication is Indication.TOTAL_FAILED


@pytest.mark.parametrize("profile", ALL)
def test_dictionary(own: Any, esl: bytes, permit: bytes, profile: PdfProfile) -> None:
    """GM/T 0112-2021: filter and sub-filter; the byte range stands in the seal signature."""
    data = sealed(permit, own, profile, esl, certify=True)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        value = pdf.Root.AcroForm.Fields[0].V
        assert value.Filter == "/Yinxin.GMPkiLite"
        assert value.SubFilter == f"/{profile.sub_filter}"
        numbers = " ".join(str(int(one)) for one in value.ByteRange)
    assert (numbers.encode() in read_apart(data)[1]) == (profile is PdfProfile.GM_SEAL)
    assert own.passes(data).signatures[0].facts["permission"] == 1


@pytest.mark.parametrize("profile", ALL)
def test_two_steps(own: Any, esl: bytes, permit: bytes, profile: PdfProfile) -> None:
    """The key signs elsewhere; what lies between is plain JSON and the file."""
    made = prepare_pdf(
        permit,
        sealing=own.sealing,
        at=AT,
        placement=None,
        appearance=None,
        reason="",
        profile=profile,
        esl=esl if profile is PdfProfile.GM_SEAL else None,
        authority=None if profile is PdfProfile.GM_CMS_DIGEST else STATEMENT,
    )
    again = PreparedPdf.restore(json.loads(json.dumps(made.state())), made.data)
    assert again == made
    signature = own.key.sign(again.attributes)
    data = complete_pdf(again, signature, sealing=own.sealing)
    own.passes(data)
    assert verifies_apart(data)
    with pytest.raises(SignatureMismatch):
        complete_pdf(again, generate_key(KeyKind.SM2).sign(again.attributes), sealing=own.sealing)
    for member, value in (
        ("attributes", "30820000"),
        ("attributes", "00" * 32),
        ("profile", "x"),
        ("digest", "00" * 32),
    ):
        with pytest.raises(StateMalformed):
            kept = PreparedPdf.restore({**made.state(), member: value}, made.data)
            complete_pdf(kept, signature, sealing=own.sealing)


@pytest.mark.parametrize("profile", [PdfProfile.PADES, PdfProfile.GM_CMS, PdfProfile.GM_SEAL])
def test_authority(own: Any, esl: bytes, permit: bytes, profile: PdfProfile) -> None:
    """The statement is inside what is signed, and comes out of the check."""
    report = own.passes(sealed(permit, own, profile, esl, authority=STATEMENT))
    found = report.signatures[0].facts["authority"]
    assert isinstance(found, dict)
    assert found["case"] == "样-2026-001"


def test_refused(own: Any, authority: Any, esl: bytes, permit: bytes) -> None:
    for form in ALL:
        with pytest.raises(ProfileRefused) as refused:
            sealed(permit, authority(KeyKind.P256), form, esl)
        assert refused.value.code == "gm-profile-needs-sm2"
    with pytest.raises(ProfileRefused) as refused:
        sealed(permit, own, PdfProfile.GM_CMS_DIGEST, esl, authority=STATEMENT)
    assert refused.value.code == "authority-has-no-place"
    with pytest.raises(ProfileRefused) as refused:
        seal_pdf(
            permit,
            own.key,
            sealing=own.sealing,
            at=AT,
            placement=None,
            appearance=None,
            reason="",
            profile=PdfProfile.GM_SEAL,
        )
    assert refused.value.code == "gm-profile-needs-seal"
    with pytest.raises(SesRefused):
        sealed(permit, own, PdfProfile.GM_SEAL, esl[:-1])


def test_several_in_order(own: Any, esl: bytes, permit: bytes, place: Any, appearance: Appearance) -> None:
    """A seal signature, a GM signature and a PAdES signature on one file."""
    data = permit
    for number, form in enumerate(
        (PdfProfile.GM_SEAL, PdfProfile.GM_CMS, PdfProfile.PADES, PdfProfile.GM_CMS_DIGEST)
    ):
        visible = {"placement": replace(place, y_mm=20.0 + 45 * number), "appearance": appearance}
        data = sealed(data, own, form, esl, **visible)
    report = own.passes(data, 4)
    assert [one.facts["sub_filter"] for one in report.signatures] == [
        "GM.sm2seal",
        "GM.sm2cms.detached",
        "ETSI.CAdES.detached",
        "GM.sm2cms.detached",
    ]


def test_cross_page(own: Any, esl: bytes, permit: bytes, appearance: Appearance) -> None:
    with pikepdf.open(io.BytesIO(permit)) as pdf:
        for _ in range(3):
            pdf.pages.append(pdf.pages[0])
        out = io.BytesIO()
        pdf.save(out)
    marks = {"placement": CrossPage(40, 40), "appearance": appearance}
    own.passes(sealed(out.getvalue(), own, PdfProfile.GM_SEAL, esl, **marks))


@pytest.mark.parametrize("profile", ALL)
def test_qpdf_agrees(own: Any, esl: bytes, permit: bytes, profile: PdfProfile, tmp_path: Path) -> None:
    tool = shutil.which("qpdf")
    if tool is None:
        pytest.skip("needs qpdf: apt-get install qpdf")
    (tmp_path / "x.pdf").write_bytes(sealed(permit, own, profile, esl))
    done = subprocess.run([tool, "--check", str(tmp_path / "x.pdf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [b"/Adobe.PPKLite /SubFilter /Some.seal", b"/A.GMPkiLite /SubFilter /GM.x"])
def test_seal_under_another_name(own: Any, esl: bytes, permit: bytes, name: bytes) -> None:
    """The content decides: a seal signature under a sub-filter of something else is judged as what it is."""
    data = _renamed(sealed(permit, own, PdfProfile.GM_SEAL, esl), name)
    report = own.check(data)
    assert len(report.signatures) == 1
    # The name is protected, so the digest is another one now; everything before that step was read.
    assert report.indication is Indication.TOTAL_FAILED
    assert report.sub_indication is SubIndication.HASH_FAILURE


def _renamed(data: bytes, name: bytes) -> bytes:
    old = b"/Yinxin.GMPkiLite /SubFilter /GM.sm2seal /ByteRange ["
    new = name + b" /ByteRange ["
    assert len(new) <= len(old)
    return data.replace(old, new[:-1] + b" " * (len(old) - len(new)) + b"[")


@pytest.mark.parametrize("value", [b"", b"\x30\x03\x02\x01\x01", b"\x30\x80", b"\x04\x02ab"])
@pytest.mark.parametrize("profile", ALL)
def test_never_skipped(own: Any, esl: bytes, permit: bytes, profile: PdfProfile, value: bytes) -> None:
    """Whatever stands in Contents, a signature field that has a value is in the report, and does not pass."""
    data = sealed(permit, own, profile, esl)
    (old,) = re.findall(rb"/Contents <([0-9a-f]+)>", data)
    broken = data.replace(old, value.hex().encode().ljust(len(old), b"0"))
    report = own.check(broken)
    assert len(report.signatures) == 1
    assert report.indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize("profile", ALL)
def test_flipped_bytes(own: Any, esl: bytes, permit: bytes, profile: PdfProfile) -> None:
    """Every region of the file, sampled; the value at more places."""
    data = sealed(permit, own, profile, esl)
    (found,) = re.finditer(rb"/Contents (<[0-9a-f]+>)", data)
    start, end = found.span(1)
    inside = range(start, end, max((end - start) // 120, 1))
    outside = [*range(0, start, max(start // 60, 1)), *range(end, len(data), 9)]
    survivors = [at for at in (*inside, *outside) if _passes(own, _flipped(data, at))]
    # What is outside of the signatures, like certificates that the verifier has already, may change.
    assert [at for at in survivors if not start <= at < end] == []
    if profile is PdfProfile.GM_SEAL:
        assert survivors == []


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _passes(own: Any, data: bytes) -> bool:
    try:
        return bool(own.check(data).indication is Indication.TOTAL_PASSED)
    except Unreadable:
        return False


def _bare(
    data: bytes, own: Any, *, enclosed: bytes | None, signature: bytes, algorithm: str = "SM2"
) -> bytes:
    """A GM signature replaced by SignedData without attributes, made by hand."""
    (found,) = re.finditer(rb"/Contents <([0-9a-f]+)>", data)
    certificate = own.sealing.certificate
    signer = sequence(
        integer(1),
        sequence(certificate.issuer.der, integer(certificate.serial)),
        HashAlgorithm.SM3.algorithm_identifier(),
        sequence(oid("1.2.156.10197.1.301.1"), null()) if algorithm == "SM2" else sequence(oid(algorithm)),
        octets(signature),
    )
    content = b"" if enclosed is None else explicit(0, enclosed)
    signed = sequence(
        integer(1),
        set_of(HashAlgorithm.SM3.algorithm_identifier()),
        sequence(oid("1.2.156.10197.6.1.4.2.1"), content),
        implicit(0, set_of(certificate.der)),
        set_of(signer),
    )
    value = sequence(oid("1.2.156.10197.6.1.4.2.2"), explicit(0, signed)).hex().encode()
    return data[: found.start(1)] + value.ljust(len(found.group(1)), b"0") + data[found.end(1) :]


def test_signed_data_without_attributes(own: Any, esl: bytes, permit: bytes) -> None:
    """Neither attributes nor content: signed over the protected bytes. What does not fit is not passed."""
    data = sealed(permit, own, PdfProfile.GM_CMS_DIGEST, esl)
    content, _ = read_apart(data)
    digest = sm3(content)
    good = own.key.sign(content)
    own.passes(_bare(data, own, enclosed=None, signature=good))
    own.passes(_bare(data, own, enclosed=octets(digest), signature=own.key.sign(digest)))
    wrong = {
        SubIndication.SIG_CRYPTO_FAILURE: _bare(data, own, enclosed=None, signature=own.key.sign(digest)),
        SubIndication.HASH_FAILURE: _bare(
            data, own, enclosed=octets(bytes(32)), signature=own.key.sign(bytes(32))
        ),
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE: _bare(
            data, own, enclosed=None, signature=good, algorithm="1.2.840.10045.4.3.2"
        ),
    }
    for sub, broken in wrong.items():
        report = own.check(broken)
        assert report.indication is not Indication.TOTAL_PASSED
        assert report.sub_indication is sub
    for enclosed in (octets(b""), octets(digest) * 2, integer(1), octets(content)):
        assert (
            own.check(_bare(data, own, enclosed=enclosed, signature=good)).indication
            is Indication.TOTAL_FAILED
        )


@pytest.mark.parametrize("user_id", [b"1234567812345678", b"", b"ALICE123@YAHOO.COM", b"1234567812345679"])
def test_another_user_id(own: Any, esl: bytes, permit: bytes, user_id: bytes) -> None:
    """GB/T 32918.2 clause 5.5: the signer's id is a part of what is signed, and no second one is tried."""
    data = sealed(permit, own, PdfProfile.GM_CMS_DIGEST, esl)
    content, _ = read_apart(data)
    numbers = serialization.load_der_private_key(own.key.pkcs8(), None).private_numbers()
    place = numbers.public_numbers
    point = b"".join(one.to_bytes(32) for one in (place.x, place.y))
    e = sm3(sm3((8 * len(user_id)).to_bytes(2) + user_id + _CURVE + point) + content)
    apart = CryptSM2(private_key=f"{numbers.private_value:064x}", public_key=point.hex())
    value = bytes.fromhex(apart.sign(e, "1a" * 31))
    signature = sequence(*(integer(int.from_bytes(one)) for one in (value[:32], value[32:])))
    report = own.check(_bare(data, own, enclosed=None, signature=signature))
    if user_id == b"1234567812345678":
        assert report.indication is Indication.TOTAL_PASSED
        return
    assert report.indication is Indication.TOTAL_FAILED
    assert report.sub_indication is SubIndication.SIG_CRYPTO_FAILURE
    assert report.signatures[0].reasons[0].code == "SIGNATURE_INVALID"


def test_other_family_under_a_gm_name(authority: Any, permit: bytes) -> None:
    """An RSA or ECDSA signature under a GM sub-filter, without attributes: not judged good."""
    for kind in (KeyKind.P256, KeyKind.RSA2048):
        other = authority(kind)
        data = seal_pdf(
            permit, other.key, sealing=other.sealing, at=AT, placement=None, appearance=None, reason="x" * 40
        )
        data = data.replace(b"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /GM.sm2cms.detached ")
        assert other.check(data).indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize("profile_", [PdfProfile.GM_CMS, PdfProfile.GM_SEAL])
def test_time_stamped(own: Any, esl: bytes, permit: bytes, profile_: PdfProfile) -> None:
    """A token beside the signature value, asked for while the seal is made."""
    _, (_, issuing, root), lists, _ = tsa()
    trust = replace(
        own.trust,
        anchors=(*own.trust.anchors, root),
        intermediates=(*own.trust.intermediates, issuing),
        crls=(*own.trust.crls, *lists),
    )
    knowing = replace(own, trust=trust)
    report = knowing.passes(sealed(permit, own, profile_, esl, timestamper=stamped_at(AT)))
    told = [reason.code for reason in report.signatures[0].reasons]
    assert "TIMESTAMP_NOT_CHECKED" not in told
    if profile_ is PdfProfile.GM_CMS:
        assert report.signatures[0].facts["level"] == "B-T"


def test_errors_are_ours(own: Any, permit: bytes) -> None:
    """Any bytes for a seal: refused in words."""
    for esl in (b"", b"\x30\x00", b"x" * 1000):
        with pytest.raises(SealError):
            sealed(permit, own, PdfProfile.GM_SEAL, esl)
