# SPDX-License-Identifier: Apache-2.0
"""PKCS #12 of every family: round trips, changes, limits; OpenSSL and ``cryptography`` as peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import (
    KeyKind,
    KeyMalformed,
    KeysError,
    KeyUnsupported,
    PassphraseWrong,
    SoftwareKey,
    generate_key,
    parse_private_key,
    read_pkcs12,
    write_pkcs12,
)
from keys.der import explicit, integer, null, octets, oid, read_only, sequence
from keys.formats import PRIVATE_KEY, encode_pem, pbes2
from keys.formats import pkcs12 as p12
from keys.formats.pkcs12 import derive_mac_key

Run = Callable[..., bytes]
PASSPHRASE = "口令 passphrase 🔑"
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384]
DATA = "1.2.840.113549.1.7.1"
BAG = "1.2.840.113549.1.12.10.1"


@pytest.fixture(scope="module", params=KINDS)
def key(request: pytest.FixtureRequest) -> SoftwareKey:
    return generate_key(request.param)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Few iterations, except where the number is what is tested."""
    if "slow_on_purpose" not in request.fixturenames:
        monkeypatch.setattr(pbes2, "ITERATIONS", 10)
        monkeypatch.setattr(p12, "MAC_ITERATIONS", 10)


@pytest.fixture
def slow_on_purpose() -> None:
    """As many iterations as in earnest."""


def stand_in(key: SoftwareKey, number: int = 1) -> bytes:
    """DER that holds the key as a certificate does."""
    return sequence(integer(number), key.public_key.spki)


def with_mac(parts: Sequence[bytes], *, passphrase: str = PASSPHRASE) -> bytes:
    """A file with these parts and a right MAC."""
    safe, salt = sequence(*parts), b"salt" * 2
    code = p12._code(safe, passphrase, "sha256", salt, 1)
    algorithm = sequence(oid("2.16.840.1.101.3.4.2.1"), null())
    mac = sequence(sequence(algorithm, octets(code)), octets(salt))
    return sequence(integer(3), plain_part(safe), mac)


def plain_part(content: bytes) -> bytes:
    return sequence(oid(DATA), explicit(0, octets(content)))


def bag(number: int, value: bytes) -> bytes:
    return sequence(oid(f"{BAG}.{number}"), explicit(0, value))


def test_round_trip(key: SoftwareKey) -> None:
    """Key and certificates come back, the key's own certificate first."""
    chain = [stand_in(key), sequence(integer(7)), sequence(integer(8))]
    opened, certificates = read_pkcs12(write_pkcs12(key, chain, PASSPHRASE, "印信"), PASSPHRASE)
    assert (opened.pkcs8(), list(certificates)) == (key.pkcs8(), chain)
    assert read_pkcs12(write_pkcs12(key, [], PASSPHRASE), PASSPHRASE)[1] == ()


def test_earnest(slow_on_purpose: None) -> None:
    """The numbers that protect the file."""
    key = generate_key(KeyKind.SM2)
    data = write_pkcs12(key, [stand_in(key)], PASSPHRASE)
    assert data.count(integer(600_000)) == 3
    assert key.public_key.spki not in data
    assert read_pkcs12(data, PASSPHRASE)[0].public_key == key.public_key


@pytest.mark.parametrize("wrong", ["", "passphrase", PASSPHRASE + " ", "x" * 2000, "\ud800"])
def test_wrong_passphrase(key: SoftwareKey, wrong: str) -> None:
    data = write_pkcs12(key, [stand_in(key)], PASSPHRASE)
    with pytest.raises(PassphraseWrong):
        read_pkcs12(data, wrong)


def test_many_wrong_passphrases() -> None:
    """Padding that comes out right by chance is not taken for the right passphrase."""
    key = generate_key(KeyKind.SM2)
    data = write_pkcs12(key, [stand_in(key)], PASSPHRASE)
    for number in range(800):
        with pytest.raises(PassphraseWrong):
            read_pkcs12(data, f"wrong {number}")


def test_each_flipped_byte() -> None:
    """Changed is not the same as a wrong passphrase, wherever one of the two parts still opens."""
    key = generate_key(KeyKind.SM2)
    data = write_pkcs12(key, [stand_in(key)], PASSPHRASE, "name")
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x01
        with pytest.raises((KeyMalformed, KeyUnsupported)):
            read_pkcs12(bytes(changed), PASSPHRASE)
        with pytest.raises(KeyMalformed):
            read_pkcs12(data[:at], PASSPHRASE)
    with pytest.raises(KeyMalformed):
        read_pkcs12(data + b"\x00", PASSPHRASE)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(KeysError):
        read_pkcs12(data, PASSPHRASE)


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_under_a_right_mac(parts: list[bytes]) -> None:
    """Whoever knows the passphrase cannot make anything else come out than an error of ours."""
    for wrapped in (parts, [plain_part(one) for one in parts], [plain_part(bag(2, b"".join(parts)))]):
        with pytest.raises(KeysError):
            read_pkcs12(with_mac(wrapped), PASSPHRASE)


def test_plain_key_bag_and_crl() -> None:
    """A key that the file protects only by its MAC, and a CRL that is passed over."""
    key = generate_key(KeyKind.SM2)
    data = with_mac([plain_part(sequence(bag(1, key.pkcs8()), bag(4, sequence())))])
    assert read_pkcs12(data, PASSPHRASE)[0].pkcs8() == key.pkcs8()


def test_refused() -> None:
    """What may not be in a file, and how much."""
    key = generate_key(KeyKind.SM2)
    one = bag(1, key.pkcs8())
    shrouded = bag(2, key.encrypted("another"))
    for parts, error in (
        ([plain_part(sequence(one, one))], KeyUnsupported),
        ([plain_part(sequence())], KeyMalformed),
        ([plain_part(sequence(one))] * 5, KeyMalformed),
        ([plain_part(sequence(one, *[bag(4, null())] * 64))], KeyMalformed),
        ([plain_part(sequence(one, bag(6, sequence())))], KeyUnsupported),
        ([plain_part(sequence(one, bag(5, sequence())))], KeyUnsupported),
        ([plain_part(sequence(shrouded))], KeyUnsupported),
        ([sequence(oid("1.2.840.113549.1.7.3"), explicit(0, sequence()))], KeyUnsupported),
        ([], KeyMalformed),
    ):
        with pytest.raises(error):
            read_pkcs12(with_mac(parts), PASSPHRASE)
    whole = read_only(with_mac([plain_part(sequence(one))])).children()
    version, content, mac = (part.raw for part in whole)
    info, salt = read_only(mac).children()
    with pytest.raises(KeyUnsupported, match="without a MAC"):
        read_pkcs12(sequence(version, content), PASSPHRASE)
    with pytest.raises(KeyUnsupported, match="iterations"):
        read_pkcs12(sequence(version, content, sequence(info.raw, salt.raw, integer(10**9))), PASSPHRASE)
    pbmac1 = sequence(sequence(oid("1.2.840.113549.1.5.14"), sequence()), octets(b""))
    with pytest.raises(KeyUnsupported, match="MAC"):
        read_pkcs12(sequence(version, content, sequence(pbmac1, salt.raw)), PASSPHRASE)
    with pytest.raises(KeyMalformed, match="at most"):
        read_pkcs12(bytes(p12.LARGEST + 1), PASSPHRASE)
    with pytest.raises(KeyMalformed, match="version"):
        read_pkcs12(sequence(integer(4), content, mac), PASSPHRASE)


def test_iterations_of_the_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of a file is below that of a single key."""
    monkeypatch.setattr(p12, "MOST_ITERATIONS", 20)
    key = generate_key(KeyKind.SM2)
    read_pkcs12(write_pkcs12(key, [stand_in(key)], PASSPHRASE), PASSPHRASE)
    monkeypatch.setattr(pbes2, "ITERATIONS", 21)
    for certificates in ([], [stand_in(key)]):
        with pytest.raises(KeyUnsupported, match="1 to 20 iterations"):
            read_pkcs12(write_pkcs12(key, certificates, PASSPHRASE), PASSPHRASE)


def test_certificate_of_another() -> None:
    key, other = generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)
    with pytest.raises(KeyMalformed):
        write_pkcs12(key, [stand_in(other)], PASSPHRASE)
    alien = p12.encode_pkcs12(
        p12.Pkcs12(key.pkcs8(), (stand_in(other),)), PASSPHRASE, name="", key_id=b"", random=bytes
    )
    with pytest.raises(KeyMalformed, match="one of its key"):
        read_pkcs12(alien, PASSPHRASE)
    turned = p12.encode_pkcs12(
        p12.Pkcs12(key.pkcs8(), (stand_in(other), stand_in(key))),
        PASSPHRASE,
        name="",
        key_id=b"",
        random=bytes,
    )
    assert read_pkcs12(turned, PASSPHRASE)[1] == (stand_in(key), stand_in(other))


@pytest.mark.parametrize("name", ["x" * 129, "🔑", "a\x00b", "\ud800"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(KeyMalformed):
        write_pkcs12(generate_key(KeyKind.SM2), [], PASSPHRASE, name)


def test_no_passphrase_is_no_protection() -> None:
    with pytest.raises(PassphraseWrong):
        write_pkcs12(generate_key(KeyKind.SM2), [], "")


def test_derivation_of_rfc_7292() -> None:
    """Against the derivation of Bouncy Castle's and OpenSSL's test data (SHA-1, 20 bytes, "smeg")."""
    secret = bytes.fromhex("0073006d006500670000")
    found = derive_mac_key(secret, bytes.fromhex("3d83c0e4546ac140"), 1, "sha1")
    assert found.hex() == "8d967d88f6caa9d714800ab3d48051d63f73a312"


def real_certificate(openssl: Run, folder: Path, key: SoftwareKey) -> bytes:
    (folder / "key.pem").write_bytes(encode_pem([(PRIVATE_KEY, key.pkcs8())]))
    digest = ("-sm3", "-sigopt", "distid:1234567812345678") if key.public_key.kind is KeyKind.SM2 else ()
    arguments = ("-x509", "-new", "-key", "key.pem", "-subj", "/CN=Test", "-days", "9", "-outform", "DER")
    return openssl("req", *arguments, *digest)


def test_openssl_reads_ours(openssl: Run, tmp_path: Path, key: SoftwareKey) -> None:
    """The command line opens the file, checks its MAC and gives out the same key and certificate."""
    certificate = real_certificate(openssl, tmp_path, key)
    (tmp_path / "ours.p12").write_bytes(write_pkcs12(key, [certificate], PASSPHRASE, "印信 test"))
    said = openssl("pkcs12", "-info", "-in", "ours.p12", "-passin", f"pass:{PASSPHRASE}", "-nodes")
    assert parse_private_key(said).public_key == key.public_key
    assert b"BEGIN CERTIFICATE" in said
    assert b"friendlyName" in said


@pytest.mark.parametrize("options", [(), ("-macalg", "sha1"), ("-macalg", "sha512"), ("-certpbe", "NONE")])
def test_we_read_openssl(openssl: Run, tmp_path: Path, key: SoftwareKey, options: tuple[str, ...]) -> None:
    """As the command line writes it unasked (PBES2, AES-256-CBC, SHA-256), and with other MACs."""
    certificate = real_certificate(openssl, tmp_path, key)
    (tmp_path / "c.pem").write_bytes(encode_pem([("CERTIFICATE", certificate)]))
    arguments = ("-export", "-inkey", "key.pem", "-in", "c.pem", "-passout", f"pass:{PASSPHRASE}")
    made = openssl("pkcs12", *arguments, *options)
    opened, certificates = read_pkcs12(made, PASSPHRASE)
    assert (opened.public_key, certificates) == (key.public_key, (certificate,))
    with pytest.raises(PassphraseWrong):
        read_pkcs12(made, "wrong")


def test_older_encryption_is_named(openssl: Run, tmp_path: Path) -> None:
    """3DES is refused with words, not taken for a wrong passphrase."""
    certificate = real_certificate(openssl, tmp_path, generate_key(KeyKind.P256))
    (tmp_path / "c.pem").write_bytes(encode_pem([("CERTIFICATE", certificate)]))
    older = ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES")
    arguments = ("-export", "-inkey", "key.pem", "-in", "c.pem", "-passout", "pass:x", *older)
    with pytest.raises(KeyUnsupported, match="PBES2"):
        read_pkcs12(openssl("pkcs12", *arguments), "x")


@pytest.mark.parametrize("kind", [KeyKind.RSA2048, KeyKind.P256])
def test_cryptography(openssl: Run, tmp_path: Path, kind: KeyKind) -> None:
    """Another library in both directions."""
    key = generate_key(kind)
    certificate = real_certificate(openssl, tmp_path, key)
    ours = pkcs12.load_pkcs12(write_pkcs12(key, [certificate], PASSPHRASE, "n"), PASSPHRASE.encode())
    assert ours.key is not None and ours.cert is not None
    assert ours.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) == key.pkcs8()
    assert ours.cert.friendly_name == b"n"
    native = load_der_private_key(key.pkcs8(), None)
    theirs = pkcs12.serialize_key_and_certificates(
        b"n",
        native,  # type: ignore[arg-type]
        load_der_x509_certificate(certificate),
        None,
        BestAvailableEncryption(PASSPHRASE.encode()),
    )
    opened, certificates = read_pkcs12(theirs, PASSPHRASE)
    assert (opened.pkcs8(), certificates) == (key.pkcs8(), (certificate,))
