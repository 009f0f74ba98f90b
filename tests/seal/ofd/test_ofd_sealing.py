# SPDX-License-Identifier: Apache-2.0
"""Sealed OFD: every kind reopened by the verifier, byte recipes recomputed here, and what is refused."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import SubjectName, make_crl, make_timestamp
from keys import Digest, HashAlgorithm, KeyKind, digest, generate_key
from seal import (
    OfdRefused,
    Placement,
    PlacementRefused,
    PreparedOfd,
    Protection,
    SealError,
    SignatureMismatch,
    SignerMismatch,
    StateMalformed,
    TimestampUnfit,
    complete_ofd,
    prepare_ofd,
    seal_ofd,
)
from verify import Accuracy, Authority, Indication, parse_crl, parse_ses_signature

from ..conftest import _certify
from .conftest import AT, Sealer, foreign

NS = "{http://www.ofdspec.org/2016}"
HERE = (Placement(0, 120, 200, 40, 40),)


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def sm3(data: bytes) -> bytes:
    return digest(HashAlgorithm.SM3, data).value


def described(data: bytes, number: int = 0) -> ElementTree.Element:
    return ElementTree.fromstring(files(data)[f"Doc_0/Signs/Sign_{number}/Signature.xml"])


def protected(data: bytes, number: int = 0) -> dict[str, bytes]:
    """What a signature references: path without slash, and the digest that it states."""
    return {
        one.attrib["FileRef"][1:]: base64.b64decode(one.findtext(f"{NS}CheckValue") or "")
        for one in described(data, number).iter(f"{NS}Reference")
    }


def test_recipe(sealer: Sealer, permit: bytes) -> None:
    """GB/T 33190 section 18 and GB/T 38540 section 7.2, step by step, with nothing of the writer's."""
    sealed = sealer.seal(permit)
    sealer.passes(sealed)
    found, before = files(sealed), files(permit)
    own = "Doc_0/Signs/Sign_0"
    assert next(iter(found)) == "OFD.xml"
    # Every file but the list, the description and the value is protected as it stands.
    open_ones = {f"{own}/Signature.xml", f"{own}/SignedValue.dat", "Doc_0/Signs/Signatures.xml"}
    stated = protected(sealed)
    assert set(stated) == set(found) - open_ones
    assert all(sm3(found[name]) == value for name, value in stated.items())
    # Only OFD.xml differs from what was there, by the path of the list.
    assert {name for name in before if found[name] != before[name]} == {"OFD.xml"}
    added = b"<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>"
    assert found["OFD.xml"].replace(added, b"") == before["OFD.xml"]
    # The value is over the description, and holds the very seal that lies beside it.
    value = parse_ses_signature(found[f"{own}/SignedValue.dat"])
    assert found[f"{own}/Seal.esl"] == sealer.esl == value.seal.der
    assert value.data_hash == sm3(found[f"{own}/Signature.xml"])
    assert value.property_info == f"/{own}/Signature.xml"
    root = described(sealed)
    assert root.findtext(f".//{NS}SignatureDateTime") == "20260801040000Z"
    assert [one.tag.removeprefix(NS) for one in root[0]] == [
        "Provider",
        "SignatureMethod",
        "SignatureDateTime",
        "References",
        "StampAnnot",
        "Seal",
    ]
    assert root.find(f".//{NS}References").attrib["CheckMethod"] == "1.2.156.10197.1.401"  # type: ignore[union-attr]
    stamp = root.find(f".//{NS}StampAnnot")
    assert stamp is not None and stamp.attrib["Boundary"] == "120 200 40 40" and "Clip" not in stamp.attrib
    page = ElementTree.fromstring(found["Doc_0/Document.xml"]).find(f".//{NS}Page")
    assert page is not None and stamp.attrib["PageRef"] == page.attrib["ID"]
    listed = ElementTree.fromstring(found["Doc_0/Signs/Signatures.xml"])
    assert listed.findtext(f"{NS}MaxSignId") == "s002" == stamp.attrib["ID"]
    assert [dict(one.attrib) for one in listed.iter(f"{NS}Signature")] == [
        {"ID": "s001", "Type": "Seal", "BaseLoc": f"/{own}/Signature.xml"}
    ]


def test_kept_entries_are_copied(sealer: Sealer, permit: bytes) -> None:
    """What was packed stays packed as it was, byte for byte, with its time."""
    with (
        zipfile.ZipFile(io.BytesIO(permit)) as before,
        zipfile.ZipFile(io.BytesIO(sealer.seal(permit))) as after,
    ):
        for one in before.infolist()[1:]:
            same = after.getinfo(one.filename)
            assert (same.CRC, same.compress_size, same.date_time) == (
                one.CRC,
                one.compress_size,
                one.date_time,
            )


def test_several_seals(sealer: Sealer, permit: bytes) -> None:
    """Later seals protect earlier ones, change no file of theirs, and go on with the shared counter."""
    first = sealer.seal(permit, *HERE, Placement(0, 20, 200, 40, 40))
    second = sealer.seal(first, at=AT + timedelta(seconds=30))
    third = sealer.seal(second, at=AT + timedelta(seconds=40))
    sealer.passes(third, signatures=3)
    found = files(third)
    for number in (0, 1, 2):
        names = {f"Doc_0/Signs/Sign_{n}/{part}" for n in range(number) for part in
                 ("Signature.xml", "SignedValue.dat", "Seal.esl")}  # fmt: skip
        assert names <= set(protected(third, number))
    listed = ElementTree.fromstring(found["Doc_0/Signs/Signatures.xml"])
    assert [one.attrib["ID"] for one in listed.iter(f"{NS}Signature")] == ["s001", "s004", "s006"]
    assert listed.findtext(f"{NS}MaxSignId") == "s007"
    before = files(first)
    assert {name for name in before if found[name] != before[name]} == {"Doc_0/Signs/Signatures.xml"}


def test_whole_protection(sealer: Sealer, permit: bytes) -> None:
    """The list is protected too; then nothing can be added, and the refusal says what to do."""
    sealed = sealer.seal(permit, protection=Protection.WHOLE)
    sealer.passes(sealed)
    assert "Doc_0/Signs/Signatures.xml" in protected(sealed)
    with pytest.raises(OfdRefused) as refused:
        sealer.seal(sealed)
    assert refused.value.code == "ofd-locked" and "锁定前的版本" in str(refused.value)


@pytest.mark.parametrize("prefix", ["ofd:", "", "x-1:"])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_other_producers(sealer: Sealer, prefix: str, compression: int) -> None:
    """Whatever prefix, relative paths, stored or deflated."""
    sealed = sealer.seal(foreign(prefix=prefix, compression=compression, pages=2))
    sealer.passes(sealed)
    sealer.passes(sealer.seal(sealed, Placement(1, 10, 10, 30, 30)), signatures=2)


def test_a_vendor_prefix_and_data_descriptors(sealer: Sealer) -> None:
    """Octets before the package are left behind, streamed sizes are written in front."""
    out = Unseekable()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files(foreign()).items():
            package.writestr(name, data)
    streamed = bytes(out.data)
    assert streamed[6] & 8
    sealer.passes(sealer.seal(streamed))
    whole = sealer.seal(b"VENDOR\x00" * 3 + foreign())
    assert whole[:4] == b"PK\x03\x04"
    sealer.passes(whole)


class Unseekable(io.RawIOBase):
    """A stream that cannot go back, so that sizes follow the data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


@pytest.mark.parametrize(
    ("maximum", "given", "own", "stamp"),
    [
        ("7", "3", "8", "9"),
        ("007", "003", "008", "009"),
        ("s005", "s004", "s006", "s007"),
        ("", "s009", "s010", "s011"),
        ("", "sig-41", "s042", "s043"),
        ("s003", "9", "s010", "s011"),
        ("zz", "", "s002", "s003"),
    ],
)
def test_numbers_go_on(sealer: Sealer, permit: bytes, maximum: str, given: str, own: str, stamp: str) -> None:
    """Identifiers of others are kept and counted on from, in their own style where that is numbers."""
    found = files(sealer.seal(permit))
    counter = f"<MaxSignId>{maximum}</MaxSignId>" if maximum else ""
    found["Doc_0/Signs/Signatures.xml"] = (
        f'<Signatures xmlns="http://www.ofdspec.org/2016">{counter}{counter}'
        f'<Signature ID="{given}" BaseLoc="Sign_0/Signature.xml"/></Signatures>'
    ).encode()
    name = "Doc_0/Signs/Sign_0/Signature.xml"
    found[name] = found[name].replace(b'StampAnnot ID="s002"', b'StampAnnot ID="1"')
    sealed = sealer.seal(zipped(found))
    listed = ElementTree.fromstring(files(sealed)["Doc_0/Signs/Signatures.xml"])
    first, second = listed.iter(f"{NS}Signature")
    assert (first.attrib["ID"], first.attrib["BaseLoc"]) == (given, "Sign_0/Signature.xml")
    assert second.attrib["ID"] == own and listed.findtext(f"{NS}MaxSignId") == stamp
    assert described(sealed, 1).find(f".//{NS}StampAnnot").attrib["ID"] == stamp  # type: ignore[union-attr]


def zipped(found: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in found.items():
            package.writestr(name, data)
    return out.getvalue()


def test_a_list_that_is_named_and_not_there(sealer: Sealer) -> None:
    """OFD.xml need not change then."""
    named = "<ofd:Signatures>Doc_0/Sigs/List.xml</ofd:Signatures>"
    data = foreign(signatures=named)
    sealed = sealer.seal(data)
    sealer.passes(sealed)
    assert files(sealed)["OFD.xml"] == files(data)["OFD.xml"]
    assert "Doc_0/Sigs/Sign_0/SignedValue.dat" in files(sealed)


def test_names_that_are_taken(sealer: Sealer) -> None:
    """Nothing that stands in the package is written over, whatever its case."""
    taken = {"Doc_0/Signs/Signatures.xml": b"<a/>", "Doc_0/Signs/sign_0/Signature.xml": b"<b/>"}
    sealed = sealer.seal(foreign(files=taken))
    found = files(sealed)
    assert {name: found[name] for name in taken} == taken
    assert "Doc_0/Signs/Sign_1/SignedValue.dat" in found


def test_authority_travels(sealer: Sealer, permit: bytes) -> None:
    """The statement of authority is inside what is signed."""
    stated = Authority({"case": "2026-0001", "approved_by": "示例"}).encode()
    sealed = sealer.seal(permit, authority=stated)
    report = sealer.passes(sealed)
    assert report.signatures[0].facts.get("authority")
    assert stated in files(sealed)["Doc_0/Signs/Sign_0/SignedValue.dat"]


def test_two_steps(sealer: Sealer, permit: bytes) -> None:
    """Prepared here, signed elsewhere, completed from plain JSON: the same file as in one call."""
    prepared = prepare_ofd(permit, esl=sealer.esl, certificate=sealer.certificate, at=AT, marks=HERE)
    state = prepared.state()
    again = PreparedOfd.restore(state, prepared.data)
    assert again == prepared
    sealed = complete_ofd(again, sealer.key.sign(again.to_be_signed))
    sealer.passes(sealed)
    assert prepared.data[: len(prepared.data) // 2] == sealed[: len(prepared.data) // 2]
    with pytest.raises(SignatureMismatch):
        complete_ofd(prepared, sealer.key.sign(prepared.to_be_signed + b"\x00"))
    with pytest.raises(SignatureMismatch):
        complete_ofd(prepared, generate_key(KeyKind.SM2).sign(prepared.to_be_signed))


def test_changed_state(sealer: Sealer, permit: bytes) -> None:
    """No member of the state and no octet of the package may change in between."""
    prepared = prepare_ofd(permit, esl=sealer.esl, certificate=sealer.certificate, at=AT, marks=HERE)
    state = prepared.state()
    for name in state:
        for wrong in (None, 7, "x", "", [], {}, {**state}):
            with pytest.raises(StateMalformed):
                PreparedOfd.restore({**state, name: wrong}, prepared.data)
    inner = state["ses"]
    assert isinstance(inner, dict)
    for name in inner:
        for wrong in (7, "x", [], "00" * 32):
            with pytest.raises(SealError):
                PreparedOfd.restore({**state, "ses": {**inner, name: wrong}}, prepared.data)
    for at in range(0, len(prepared.data), 997):
        broken = bytearray(prepared.data)
        broken[at] ^= 1
        with pytest.raises(StateMalformed):
            PreparedOfd.restore(state, bytes(broken))
    for wrong in (None, [], "x", 7):
        with pytest.raises(StateMalformed):
            PreparedOfd.restore(wrong, prepared.data)
    # Another package with the right digest of itself is no way round.
    other = sealer.seal(permit)
    with pytest.raises(StateMalformed):
        PreparedOfd.restore({**state, "package_sha256": digest(HashAlgorithm.SHA256, other).hex}, other)


def test_every_change_is_seen(sealer: Sealer, permit: bytes) -> None:
    """A flipped octet anywhere in a sealed file: never a pass."""
    sealed = sealer.seal(permit)
    for at in range(7, len(sealed), 151):
        broken = bytearray(sealed)
        broken[at] ^= 0x20
        try:
            report = sealer.check(bytes(broken))
        except Exception as error:
            assert type(error).__module__.startswith("verify")
        else:
            assert report.indication is not Indication.TOTAL_PASSED or time_field(sealed, at)


def time_field(sealed: bytes, at: int) -> bool:
    """The time of an entry in the headers, which nobody protects."""
    for record, first in ((b"PK\x03\x04", 10), (b"PK\x01\x02", 12)):
        start = sealed.rfind(record, 0, at + 1)
        if start >= 0 and first <= at - start < first + 4:
            return True
    # version, attributes: what a central record tells about the packer
    start = sealed.rfind(b"PK\x01\x02", 0, at + 1)
    return start >= 0 and (4 <= at - start < 8 or 32 <= at - start < 42)


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"%PDF-1.7\n", b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + bytes(18)]
)
def test_no_ofd(sealer: Sealer, data: bytes) -> None:
    """A sentence that says what to do."""
    with pytest.raises(OfdRefused) as refused:
        sealer.seal(data)
    assert refused.value.code == "ofd-malformed" and "重新导出" in str(refused.value)


def test_hostile_packages(sealer: Sealer) -> None:
    """Duplicate names, paths out of the package, document types, a page without its file."""
    good = files(foreign())
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as package, pytest.warns(UserWarning):
        for name, data in [*good.items(), ("OFD.xml", good["OFD.xml"])]:
            package.writestr(name, data)
    dtd = b'<!DOCTYPE a [<!ENTITY b "c">]>'
    for data in (
        twice.getvalue(),
        zipped({**good, "../a": b""}),
        zipped({**good, "ofd.XML": b""}),
        zipped({**good, "OFD.xml": good["OFD.xml"].replace(b"\n", b"\n" + dtd, 1)}),
        zipped({name: one for name, one in good.items() if "Page_0" not in name}),
        zipped({name: one for name, one in good.items() if name != "Doc_0/Document.xml"}),
        zipped({**good, "OFD.xml": good["OFD.xml"] + b"<!-- </ofd:DocBody> -->"}),
    ):
        with pytest.raises(OfdRefused) as refused:
            sealer.seal(data)
        assert refused.value.code == "ofd-malformed"


def test_several_documents(sealer: Sealer) -> None:
    """One package, one document."""
    good = files(foreign())
    body = good["OFD.xml"].split(b"<ofd:DocBody>")[1].split(b"</ofd:DocBody>")[0]
    doubled = good["OFD.xml"].replace(b"</ofd:OFD>", b"<ofd:DocBody>" + body + b"</ofd:DocBody></ofd:OFD>")
    with pytest.raises(OfdRefused) as refused:
        sealer.seal(zipped({**good, "OFD.xml": doubled}))
    assert refused.value.code == "ofd-several-documents"


def test_broken_earlier_seals(sealer: Sealer, permit: bytes) -> None:
    """Nothing is put on top of a seal that does not hold any more."""
    good = files(sealer.seal(permit))
    page, signature = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Signs/Sign_0/Signature.xml"
    for change in (
        {page: good[page] + b" "},
        {signature: good[signature].replace(b"CheckValue>", b"CheckValue>?", 1)},
        {signature: good[signature].replace(b"References", b"Referenced")},
        {signature: good[signature].replace(b'FileRef="/Doc_0/Document', b'FileRef="/Doc_0/Dokument')},
        {"Doc_0/Signs/Signatures.xml": good["Doc_0/Signs/Signatures.xml"].replace(b"Sign_0", b"Sign_9")},
    ):
        with pytest.raises(OfdRefused) as refused:
            sealer.seal(zipped({**good, **change}))
        assert refused.value.code == "ofd-broken-seal"


def test_who_and_where(sealer: Sealer, permit: bytes, authority: Any) -> None:
    """SM2 only, the right key only, on the page only, somewhere."""
    rsa = authority(KeyKind.RSA2048)
    with pytest.raises(OfdRefused) as refused:
        prepare_ofd(permit, esl=sealer.esl, certificate=rsa.sealing.certificate, at=AT, marks=HERE)
    assert refused.value.code == "ofd-seal-not-sm2"
    with pytest.raises(SignerMismatch):
        seal_ofd(
            permit,
            generate_key(KeyKind.SM2),
            esl=sealer.esl,
            certificate=sealer.certificate,
            at=AT,
            marks=HERE,
        )
    for place in (Placement(1, 0, 0, 10, 10), Placement(0, 180, 0, 40, 40), Placement(0, 0, 280, 40, 40)):
        with pytest.raises(PlacementRefused):
            sealer.seal(permit, place)
    with pytest.raises(OfdRefused) as refused:
        prepare_ofd(permit, esl=sealer.esl, certificate=sealer.certificate, at=AT, marks=())
    assert refused.value.code == "ofd-no-mark"


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_damage_is_an_error_of_ours(sealer: Sealer, data: st.DataObject) -> None:
    """Cut, flipped or doubled packages: sealed and then verified, or refused by name."""
    whole = foreign()
    at = data.draw(st.integers(0, len(whole) - 1))
    kind = data.draw(st.sampled_from(["cut", "flip", "double"]))
    broken = {
        "cut": whole[:at],
        "flip": whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :],
        "double": whole[:at] + whole[at:] * 2,
    }[kind]
    try:
        sealed = sealer.seal(broken)
    except SealError:
        return
    assert sealer.check(sealed).signatures


def stamping(sealer: Sealer) -> tuple[Sealer, Callable[[Digest], bytes]]:
    """A time-stamping authority, and the sealer whose verifier knows it."""
    root_key, tsa_key = generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)
    root = _certify("root", SubjectName("时间根"), root_key, None, root_key)
    tsa = _certify("tsa", SubjectName("测试时间戳机构", organization="测试机构"), tsa_key, root, root_key)
    listed = make_crl(
        issuer=root,
        signer=root_key,
        number=1,
        this_update=AT - timedelta(hours=1),
        next_update=AT + timedelta(days=7),
        revoked=(),
    )

    def stamp(over: Digest) -> bytes:
        return make_timestamp(
            tsa=tsa,
            chain=(),
            signer=tsa_key,
            digest=over,
            policy="1.2.156.10197.1.999.1",
            serial=7,
            at=AT,
            accuracy=Accuracy(seconds=1),
        )

    knowing = replace(
        sealer,
        trust=replace(
            sealer.trust,
            anchors=(*sealer.trust.anchors, root),
            crls=(*sealer.trust.crls, parse_crl(listed)),
        ),
    )
    return knowing, stamp


def test_time_stamp(sealer: Sealer, permit: bytes) -> None:
    """A token over the signature value proves the time; in two steps as in one."""
    knowing, stamp = stamping(sealer)
    report = knowing.passes(sealer.seal(permit, timestamper=stamp))
    assert report.signatures[0].facts["time_proof"] == "proven"
    prepared = prepare_ofd(permit, esl=sealer.esl, certificate=sealer.certificate, at=AT, marks=HERE)
    signature = sealer.key.sign(prepared.to_be_signed)
    token = stamp(digest(HashAlgorithm.SM3, signature))
    knowing.passes(complete_ofd(prepared, signature, timestamp=token))
    with pytest.raises(TimestampUnfit):
        complete_ofd(prepared, signature, timestamp=stamp(digest(HashAlgorithm.SM3, b"other")))
