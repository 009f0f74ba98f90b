# SPDX-License-Identifier: Apache-2.0
"""Seals and seal signatures that we write, by readers that share no code: asn1crypto, gmssl, OpenSSL."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from gmssl.sm2 import CryptSM2
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import RSA_PSS_SHA256, RSA_SHA384, HashAlgorithm, KeyKind, digest, generate_key
from keys.der import read_only, sequence
from seal import (
    PreparedSes,
    SealFacts,
    SesRefused,
    SignatureMismatch,
    SignerMismatch,
    StateMalformed,
    TimestampUnfit,
    complete_ses,
    make_seal,
    prepare_ses,
    seal_ses,
    ses_room,
)
from seal.timestamping import TOKEN_ROOM
from verify import (
    AUTHORITY_OID,
    Authority,
    Indication,
    SignatureReport,
    check_seal,
    check_ses_signature,
    parse_seal,
    parse_ses_signature,
    parse_timestamp,
)

from .ses_peer import (
    Seal,
    Signature,
)
from .tsa import stamped_at, tsa

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
USED = AT + timedelta(hours=1)
CONTENT = "施工许可证(样例)".encode()
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384]
STATEMENT = Authority({"case": "样例-2026-001"}).encode()


@dataclass(frozen=True)
class World:
    """A maker of one family, a signer of another, and who trusts both."""

    maker: Any
    signer: Any

    @property
    def certificate(self) -> Any:
        return self.signer.sealing.certificate

    def facts(self, **changes: Any) -> SealFacts:
        order: dict[str, Any] = {
            "code": "51010600000003",
            "vendor": "YINXIN",
            "type": 1,
            "name": "蜀州市锦北区住房和城乡建设局(样章)",
            "certificates": (self.certificate,),
            "created": AT,
            "valid_from": AT,
            "valid_until": AT + timedelta(days=90),
            "picture_type": "PNG",
            "picture": PNG,
            "width_mm": 42,
            "height_mm": 42,
            **changes,
        }
        return SealFacts(**order)

    def seal(self, *, version: int = 4, timestamper: Any = None, **changes: Any) -> bytes:
        return make_seal(
            self.facts(**changes),
            self.maker.key,
            maker_certificate=self.maker.sealing.certificate,
            version=version,
            timestamper=timestamper,
        )

    def order(self, **changes: Any) -> dict[str, Any]:
        algorithm = self.signer.key.scheme.hash
        return {
            "content": digest(algorithm, CONTENT),
            "property_info": PATH,
            "at": USED,
            "certificate": self.certificate,
            **changes,
        }

    def sign(self, esl: bytes, **changes: Any) -> bytes:
        return seal_ses(esl, self.signer.key, **self.order(**changes))

    def trust(self) -> Any:
        both = (self.maker, self.signer)
        return replace(
            self.maker.trust,
            anchors=tuple(dict.fromkeys(one.root for one in both)),
            intermediates=tuple(dict.fromkeys(link for one in both for link in one.sealing.chain)),
            crls=tuple(dict.fromkeys(known for one in both for known in one.sealing.crls)),
        )

    def check(self, made: bytes, **more: Any) -> SignatureReport:
        return check_ses_signature(
            made,
            trust=self.trust(),
            at=USED + timedelta(minutes=1),
            content_digest=lambda algorithm: digest(algorithm, CONTENT),
            property_info=PATH,
            **more,
        )


@pytest.fixture
def world(authority: Callable[[KeyKind], Any]) -> World:
    """SM2 throughout."""
    return World(authority(KeyKind.SM2), authority(KeyKind.SM2))


@cache
def _other_key() -> Any:
    return generate_key(KeyKind.SM2)


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_our_verifier(authority: Any, kind: KeyKind, version: int) -> None:
    world = World(authority(KeyKind.SM2), authority(kind))
    esl = world.seal(version=version)
    made = world.sign(esl, authority=STATEMENT)
    report = world.check(made)
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert report.facts["deviations"] == []
    assert report.facts["authority"] == json.loads(STATEMENT)
    assert report.format == f"SES V{version}"
    seal = check_seal(esl, trust=world.trust(), at=USED)
    assert seal.indication is Indication.TOTAL_PASSED, seal.reasons
    assert len(made) <= ses_room(esl, world.certificate, property_info=len(PATH), authority=STATEMENT)
    assert parse_ses_signature(made).seal.der == esl


def test_structure_by_asn1crypto(world: World) -> None:
    """Every member of both structures; the same octets when asn1crypto writes them from what it read."""
    esl = world.seal()
    made = world.sign(esl, authority=STATEMENT)
    seal = Seal.load(esl, strict=True)
    assert seal.native["info"]["header"] == {"id": "ES", "version": 4, "vid": "YINXIN"}
    own = seal.native["info"]["property"]
    assert (own["type"], own["list_type"], own["list"]) == (1, 1, [world.certificate.der])
    assert (own["created"], own["start"], own["end"]) == (AT, AT, AT + timedelta(days=90))
    assert seal.native["info"]["picture"] == {"type": "PNG", "data": PNG, "width": 42, "height": 42}
    assert seal["cert"].native == world.maker.sealing.certificate.der
    assert seal["algorithm"].dotted == "1.2.156.10197.1.501"
    assert seal["stamp"].native is None
    assert seal.dump(force=True) == esl
    signature = Signature.load(made, strict=True)
    tbs = signature["tbs"]
    assert tbs["version"].native == 4
    assert tbs["seal"].dump() == esl
    assert tbs["time"].contents == b"20260801050000Z"
    assert tbs["hash"].native == digest(HashAlgorithm.SM3, CONTENT).value
    assert tbs["property"].native == PATH
    (extension,) = tbs["extensions"]
    assert extension["id"].dotted == AUTHORITY_OID
    assert extension["value"].native == STATEMENT
    assert signature["cert"].native == world.certificate.der
    assert signature["algorithm"].dotted == "1.2.156.10197.1.501"
    assert signature.dump(force=True) == made
    # FALSE is written, as ofdrw demands.
    assert bytes.fromhex("010100") + extension["value"].dump() in made


def public_point(certificate: bytes) -> bytes:
    return bytes(x509.Certificate.load(certificate).public_key["public_key"].native)


def gmssl_verifies(certificate: bytes, value: bytes, message: bytes) -> bool:
    key = CryptSM2(private_key="", public_key="", asn1=True)
    # Its constructor takes zeros and fours off the beginning.
    key.public_key = public_point(certificate)[1:].hex()
    return bool(key.verify_with_sm3(value.hex(), message))


def test_signatures_by_gmssl(world: World) -> None:
    """Over SES_SealInfo and over TBS_Sign, and over nothing else."""
    esl = world.seal()
    signature = Signature.load(world.sign(esl))
    seal = Seal.load(esl)
    info, tbs = seal["info"].dump(), signature["tbs"].dump()
    assert gmssl_verifies(seal["cert"].native, seal["value"].native, info)
    assert gmssl_verifies(signature["cert"].native, signature["value"].native, tbs)
    assert not gmssl_verifies(signature["cert"].native, signature["value"].native, tbs + b"\x00")


def test_signatures_by_openssl(world: World, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs the command openssl (package openssl)")
    esl = world.seal()
    signature = Signature.load(world.sign(esl))
    seal = Seal.load(esl)
    for name, certificate, value, message in (
        ("seal", seal["cert"].native, seal["value"].native, seal["info"].dump()),
        ("tbs", signature["cert"].native, signature["value"].native, signature["tbs"].dump()),
    ):
        paths = [tmp_path / f"{name}.{end}" for end in ("spki", "sig", "bin")]
        spki = x509.Certificate.load(certificate).public_key.dump()
        for path, data in zip(paths, (spki, value, message), strict=True):
            path.write_bytes(data)
        key, signed, content = map(str, paths)
        order = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key, "-rawin"]
        order += ["-digest", "sm3", "-in", content, "-sigfile", signed]
        told = subprocess.run(
            [*order, "-pkeyopt", "distid:1234567812345678"], capture_output=True, text=True, check=False
        )
        assert "Verified Successfully" in told.stdout, (told.stdout, told.stderr)
        empty = subprocess.run([*order, "-pkeyopt", "distid:"], capture_output=True, text=True, check=False)
        assert empty.returncode != 0


def test_header_recipe(world: World) -> None:
    """standards.md section 1.1: the header with Vid "GOMAIN"."""
    assert bytes.fromhex("300f1602455302010416 06474f4d41494e".replace(" ", "")) in world.seal(
        vendor="GOMAIN"
    )
    assert bytes.fromhex("300f1602455302010516 06474f4d41494e".replace(" ", "")) in world.seal(
        vendor="GOMAIN", version=5
    )


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40),
    vendor=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40),
    code=st.text("0123456789", min_size=14, max_size=14),
    type=st.integers(0, 99),
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    picture=st.binary(max_size=300),
    days=st.integers(1, 5000),
    zone=st.integers(-12, 14),
)
def test_round_trip(authority: Any, **drawn: Any) -> None:
    world = World(authority(KeyKind.SM2), authority(KeyKind.SM2))
    created = AT.astimezone(timezone(timedelta(hours=drawn["zone"])))
    facts = world.facts(
        name=drawn["name"],
        vendor=drawn["vendor"],
        code=drawn["code"],
        type=drawn["type"],
        width_mm=drawn["size"][0],
        height_mm=drawn["size"][1],
        picture=b"\x89PNG\r\n\x1a\n" + drawn["picture"],
        created=created,
        valid_until=AT + timedelta(days=drawn["days"]),
    )
    esl = make_seal(facts, world.maker.key, maker_certificate=world.maker.sealing.certificate)
    seal = parse_seal(esl)
    assert (seal.code, seal.vendor, seal.type, seal.name) == (
        facts.code,
        facts.vendor,
        facts.type,
        facts.name,
    )
    assert (seal.created, seal.valid_until) == (AT, facts.valid_until)
    assert seal.picture.data == facts.picture
    assert (seal.picture.width, seal.picture.height) == drawn["size"]
    assert seal.deviations == ()
    assert Seal.load(esl, strict=True).dump(force=True) == esl


# In two steps.


@pytest.mark.parametrize("kind", KINDS)
def test_two_steps(authority: Any, kind: KeyKind) -> None:
    world = World(authority(KeyKind.SM2), authority(kind))
    esl = world.seal()
    prepared = prepare_ses(esl, **world.order(authority=STATEMENT))
    state = json.loads(json.dumps(prepared.state()))
    restored = PreparedSes.restore(state, esl)
    assert restored == prepared
    made = complete_ses(restored, world.signer.key.sign(restored.to_be_signed))
    assert world.check(made).indication is Indication.TOTAL_PASSED
    assert parse_ses_signature(made).signed.content == prepared.to_be_signed


def test_state_is_not_to_be_bent(world: World) -> None:
    esl, other = world.seal(), world.seal(type=4)
    state = prepare_ses(esl, **world.order(authority=STATEMENT)).state()
    changes: list[dict[str, Any]] = [
        {"format": "yinxin-prepared-ses/2"},
        {"digest": "00" * 32},
        {"digest": "00"},
        {"digest_algorithm": "md5"},
        {"property_info": "/Other"},
        {"property_info": 5},
        {"at": "2026-08-01T05:00:01+00:00"},
        {"at": "2026-08-01T05:00:00"},
        {"at": "soon"},
        {"authority": None},
        {"authority": 7},
        {"certificate": "00"},
        {"certificate": "xx"},
        {"to_be_signed_digest": "00"},
        {"more": 1},
    ]
    for change in changes:
        with pytest.raises(StateMalformed):
            PreparedSes.restore({**state, **change}, esl)
    for odd in (None, [], "x", {}):
        with pytest.raises(StateMalformed):
            PreparedSes.restore(odd, esl)
    with pytest.raises(StateMalformed):
        PreparedSes.restore(state, other)
    with pytest.raises(SesRefused):
        PreparedSes.restore(state, esl[:-1])


def test_wrong_signatures_are_not_embedded(world: World) -> None:
    prepared = prepare_ses(world.seal(), **world.order())
    good = world.signer.key.sign(prepared.to_be_signed)
    for bad in (b"", good[:-1], good[:-1] + bytes([good[-1] ^ 1]), _other_key().sign(prepared.to_be_signed)):
        with pytest.raises(SignatureMismatch):
            complete_ses(prepared, bad)
    with pytest.raises(SignatureMismatch):
        complete_ses(prepared, world.signer.key.sign(prepared.to_be_signed + b"\x00"))
    with pytest.raises(SignerMismatch):
        seal_ses(world.seal(), _other_key(), **world.order())


class OtherScheme:
    """The key with another scheme than its first."""

    def __init__(self, key: Any, scheme: Any) -> None:
        self.key, self.scheme, self.public_key = key, scheme, key.public_key

    def sign(self, message: bytes) -> bytes:
        raise AssertionError("nothing is signed")


def test_schemes(authority: Any) -> None:
    """A bare OID has no room for the parameters of RSA-PSS."""
    world = World(authority(KeyKind.SM2), authority(KeyKind.RSA2048))
    esl = world.seal()
    with pytest.raises(SignerMismatch):
        seal_ses(esl, OtherScheme(world.signer.key, RSA_PSS_SHA256), **world.order())
    with pytest.raises(SesRefused, match="digest of the content"):
        seal_ses(esl, OtherScheme(world.signer.key, RSA_SHA384), **world.order())


# Time stamps.


def with_tsa(world: World) -> Any:
    _, (_, _, root), lists, _ = tsa()
    trust = world.trust()
    return replace(trust, anchors=(*trust.anchors, root), crls=(*trust.crls, *lists))


def test_time_stamps(world: World) -> None:
    """Over the octets of the signature value; on a seal of version 5 as well."""
    esl = world.seal(version=5, timestamper=stamped_at(AT))
    made = world.sign(esl, timestamper=stamped_at(USED))
    signature = Signature.load(made, strict=True)
    for stamp, value in (
        (signature["stamp"], signature["value"]),
        (signature["tbs"]["seal"]["stamp"], signature["tbs"]["seal"]["value"]),
    ):
        imprint = parse_timestamp(stamp.native).info.digest
        assert imprint == digest(HashAlgorithm.SM3, value.native)
    assert signature.dump(force=True) == made
    report: Any = check_ses_signature(
        made,
        trust=with_tsa(world),
        at=USED + timedelta(minutes=1),
        content_digest=lambda algorithm: digest(algorithm, CONTENT),
    )
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert report.facts["time_proof"] == "proven"
    assert report.facts["steps"]["seal_timestamp"] == report.facts["steps"]["timestamp"] == "passed"
    room = ses_room(esl, world.certificate, property_info=len(PATH), timestamp=TOKEN_ROOM)
    assert len(made) <= room
    # Explicit tags: A0, length, 03, length, no unused bits.
    tagged = made[made.rindex(signature["stamp"].native) - 9 :][:9]
    assert (tagged[0], tagged[4], tagged[-1]) == (0xA0, 0x03, 0x00)


def test_time_stamps_in_two_steps(world: World) -> None:
    prepared = prepare_ses(world.seal(), **world.order())
    value = world.signer.key.sign(prepared.to_be_signed)
    token = stamped_at(USED)(digest(HashAlgorithm.SM3, value))
    made = complete_ses(prepared, value, timestamp=token)
    assert parse_ses_signature(made).timestamp == token
    other = stamped_at(USED)(digest(HashAlgorithm.SM3, b"other"))
    for bad in (other, b"", token[:-1]):
        with pytest.raises(TimestampUnfit):
            complete_ses(prepared, value, timestamp=bad)


# Refusals.


def refused(code: str, act: Callable[[], object]) -> None:
    with pytest.raises(SesRefused) as caught:
        act()
    assert caught.value.code == code
    assert caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("seal-facts-malformed", {"code": ""}),
        ("seal-facts-malformed", {"code": "印章"}),
        ("seal-facts-malformed", {"code": "51\x00"}),
        ("seal-facts-malformed", {"vendor": "x" * 201}),
        ("seal-facts-malformed", {"vendor": "a\nb"}),
        ("seal-facts-malformed", {"name": " "}),
        ("seal-facts-malformed", {"name": "样\x00章"}),
        ("seal-facts-malformed", {"type": -1}),
        ("seal-facts-malformed", {"type": 2**31}),
        ("seal-facts-malformed", {"certificates": ()}),
        ("seal-facts-malformed", {"valid_until": AT}),
        ("seal-facts-malformed", {"created": AT.replace(tzinfo=None)}),
        ("seal-facts-malformed", {"created": AT + timedelta(days=91)}),
        ("seal-picture-refused", {"picture_type": "png"}),
        ("seal-picture-refused", {"picture_type": "TIFF"}),
        ("seal-picture-refused", {"picture": b"GIF89a"}),
        ("seal-picture-refused", {"width_mm": 0}),
        ("seal-picture-refused", {"height_mm": 301}),
        ("seal-too-large", {"picture": PNG + bytes(1_900_000)}),
        ("seal-maker-unfit", {"created": AT - timedelta(days=10)}),
    ],
)
def test_facts_are_refused(world: World, code: str, changes: dict[str, Any]) -> None:
    refused(code, lambda: world.seal(**changes))


def test_makers_are_refused(world: World, authority: Any) -> None:
    facts = world.facts()
    certificate = world.maker.sealing.certificate
    refused(
        "seal-facts-malformed",
        lambda: make_seal(facts, world.maker.key, maker_certificate=certificate, version=3),
    )
    with pytest.raises(SignerMismatch):
        make_seal(facts, _other_key(), maker_certificate=certificate)
    (issuing,) = world.maker.sealing.chain
    refused("seal-maker-unfit", lambda: make_seal(facts, world.maker.key, maker_certificate=issuing))
    refused(
        "seal-facts-malformed",
        lambda: make_seal(facts, world.maker.key, maker_certificate=certificate, timestamper=lambda _: b""),
    )
    refused("seal-facts-malformed", lambda: replace(facts, certificates=(world.certificate,) * 2))


def test_use_is_refused(world: World, authority: Any) -> None:
    """Clause 7.2: the seal, its maker, its list, its period and the certificate are looked at first."""
    esl = world.seal()

    def prepare(seal: bytes = esl, **changes: Any) -> object:
        return prepare_ses(seal, **world.order(**changes))

    assert prepare()
    other = authority(KeyKind.P256).sealing.certificate
    refused("certificate-not-in-seal", lambda: prepare(certificate=other))
    (issuing,) = world.signer.sealing.chain
    refused("certificate-unfit", lambda: prepare(certificate=issuing))
    refused("seal-outside-period", lambda: prepare(at=AT - timedelta(seconds=1)))
    refused("seal-outside-period", lambda: prepare(at=AT + timedelta(days=91)))
    refused("seal-outside-period", lambda: prepare(at=USED.replace(tzinfo=None)))
    long_lived = world.seal(valid_until=AT + timedelta(days=9000))
    refused("certificate-outside-period", lambda: prepare(long_lived, at=AT + timedelta(days=8000)))
    refused("seal-malformed", lambda: prepare(esl[:-1]))
    refused("seal-malformed", lambda: prepare(b"\x04\x84" + len(esl).to_bytes(4) + esl))
    forged = bytearray(esl)
    forged[-1] ^= 1
    refused("seal-maker-signature-wrong", lambda: prepare(bytes(forged)))
    altered = esl.replace(PNG, PNG[:-1] + b"x")
    refused("seal-maker-signature-wrong", lambda: prepare(altered))
    refused("property-malformed", lambda: prepare(property_info="印章"))
    refused("property-malformed", lambda: prepare(property_info="a\x00"))
    refused("property-malformed", lambda: prepare(property_info="x" * 1025))
    refused("authority-malformed", lambda: prepare(authority=b"{}"))
    refused("content-digest-wrong", lambda: prepare(content=digest(HashAlgorithm.SHA256, CONTENT)))


def test_seals_of_version_1_are_not_used(world: World) -> None:
    info, certificate, algorithm, value = (one.raw for one in read_only(world.seal()).children())
    old = sequence(info, sequence(certificate, algorithm, value))
    assert parse_seal(old).version == 1
    refused("seal-version-unsupported", lambda: prepare_ses(old, **world.order()))


def test_large_seals(world: World) -> None:
    esl = world.seal(picture=PNG + bytes(1_800_000))
    made = world.sign(esl)
    assert len(made) <= ses_room(esl, world.certificate)
    assert world.check(made).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("kind", KINDS)
def test_room(authority: Any, kind: KeyKind) -> None:
    """Never too small, and not by much too large."""
    world = World(authority(KeyKind.SM2), authority(kind))
    esl = world.seal()
    for text, statement in (("", None), (PATH, None), ("x" * 1024, STATEMENT)):
        room = ses_room(esl, world.certificate, property_info=len(text), authority=statement)
        sizes = [len(world.sign(esl, property_info=text, authority=statement)) for _ in range(5)]
        assert max(sizes) <= room <= min(sizes) + 16
    assert ses_room(esl, world.certificate, timestamp=8192) > ses_room(esl, world.certificate) + 8192
