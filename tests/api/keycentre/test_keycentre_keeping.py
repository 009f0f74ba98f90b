# SPDX-License-Identifier: Apache-2.0
"""Keys are made, kept and delivered; nothing that opens them is seen, and an edited row does not open."""

from __future__ import annotations

import base64
import logging
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select

from api.keycentre import KeyCentreRefused
from api.keycentre.centre import listed, tables
from api.keycentre.centre.keeping import _context
from keys import (
    DecryptionFailed,
    KeyKind,
    SoftwareKey,
    generate_key,
    open_enveloped_key,
    parse_enveloped_key,
    parse_private_key,
    parse_sm2_cipher,
)
from keys.der import SEQUENCE, as_octets, expect, read_only

from .conftest import refused

OPENSSL = shutil.which("openssl")


def test_the_same_reference_is_the_same_key(stand: Any, holder: SoftwareKey) -> None:
    first = stand.remote.make_key("bundle-1", holder.public_key)
    stand.start()
    assert stand.remote.make_key("bundle-1", holder.public_key) == first
    assert stand.remote.make_key("bundle-1") == first
    assert stand.remote.make_key("bundle-2", holder.public_key) != first
    assert listed(stand.means.database, most=10).total == 2


def test_a_reference_belongs_to_one_holder(stand: Any, holder: SoftwareKey) -> None:
    stand.remote.make_key("bundle-1", holder.public_key)
    with refused("holder-differs"):
        stand.remote.make_key("bundle-1", generate_key(KeyKind.SM2).public_key)


@pytest.mark.parametrize("reference", ["样例", "a\nb", "\x7f"])
def test_a_reference_is_printable_ascii(stand: Any, reference: str) -> None:
    with refused("reference-malformed"):
        stand.remote.make_key(reference)


@pytest.mark.parametrize("reference", ["", "a" * 201])
def test_a_reference_has_a_length(stand: Any, reference: str) -> None:
    with refused("request-malformed"):
        stand.remote.make_key(reference)


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA2048])
def test_only_sm2_keys_receive(stand: Any, kind: KeyKind) -> None:
    other = generate_key(kind).public_key
    with refused("recipient-unsuitable"):
        stand.remote.make_key("bundle-1", other)
    made = stand.remote.make_key("bundle-1")
    with refused("recipient-unsuitable"):
        stand.remote.deliver(made.key_id, other)


@pytest.mark.parametrize("named", [True, False])
def test_delivered_to_one_signing_key(stand: Any, holder: SoftwareKey, named: bool) -> None:
    """The same bytes whenever asked again; anybody else needs a recovery."""
    made = stand.remote.make_key("bundle-1", holder.public_key if named else None)
    envelope = stand.remote.deliver(made.key_id, holder.public_key)
    opened = open_enveloped_key(parse_enveloped_key(envelope), holder)
    assert opened.public_key.spki == made.spki
    stand.start()
    assert stand.remote.deliver(made.key_id, holder.public_key) == envelope
    other = generate_key(KeyKind.SM2)
    with refused("delivery-needs-recovery"):
        stand.remote.deliver(made.key_id, other.public_key)
    with pytest.raises(DecryptionFailed):
        open_enveloped_key(parse_enveloped_key(envelope), other)


def test_a_named_signing_key_is_the_first_to_receive(stand: Any, holder: SoftwareKey) -> None:
    made = stand.remote.make_key("bundle-1", holder.public_key)
    with refused("delivery-needs-recovery"):
        stand.remote.deliver(made.key_id, generate_key(KeyKind.SM2).public_key)


def test_no_key_no_delivery(stand: Any, holder: SoftwareKey) -> None:
    with refused("key-unknown"):
        stand.remote.deliver("0" * 32, holder.public_key)


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_encrypts_for_the_delivered_key(stand: Any, holder: SoftwareKey, tmp_path: Path) -> None:
    """A message that OpenSSL encrypts to the certified public key opens with what the holder got."""
    made = stand.remote.make_key("bundle-1", holder.public_key)
    key = open_enveloped_key(
        parse_enveloped_key(stand.remote.deliver(made.key_id, holder.public_key)), holder
    )
    pem = base64.encodebytes(made.spki).decode()
    (tmp_path / "key.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n")
    (tmp_path / "message").write_bytes("密文 a message".encode())
    done = subprocess.run(
        [
            str(OPENSSL),
            "pkeyutl",
            "-encrypt",
            "-pubin",
            "-inkey",
            "key.pem",
            "-in",
            "message",
            "-out",
            "sealed",
        ],
        cwd=tmp_path,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    sealed = parse_sm2_cipher((tmp_path / "sealed").read_bytes())
    assert key.decrypt(sealed) == "密文 a message".encode()


# Edited rows


def test_wrapped_keys_swapped_between_rows(stand: Any, holder: SoftwareKey) -> None:
    one, two = (stand.remote.make_key(f"bundle-{number}", holder.public_key) for number in (1, 2))
    with stand.means.database.read() as connection:
        wrapped = dict(connection.execute(select(tables.keys.c.key_id, tables.keys.c.wrapped)).all())
    for to, of in ((one, two), (two, one)):
        stand.edit("UPDATE escrowed_keys SET wrapped = ? WHERE key_id = ?", wrapped[of.key_id], to.key_id)
    for key in (one, two):
        with refused("centre-damaged"):
            stand.remote.deliver(key.key_id, holder.public_key)
    with refused("centre-damaged"):
        stand.remote.make_key("bundle-1", holder.public_key)


@pytest.mark.parametrize("column", ["wrapped", "spki", "bound", "reference", "key_id"])
def test_whole_rows_in_parts(stand: Any, holder: SoftwareKey, column: str) -> None:
    """Every column that stands beside a wrapped key is bound to it: a thief's key is not put in its place."""
    thief = generate_key(KeyKind.SM2)
    made = stand.remote.make_key("bundle-1", holder.public_key)
    other = stand.remote.make_key("bundle-2", thief.public_key)
    with stand.means.database.read() as connection:
        row = connection.execute(select(tables.keys).where(tables.keys.c.key_id == other.key_id)).one()
    value = row._mapping[column]
    key_id = value if column == "key_id" else made.key_id
    stand.edit("DELETE FROM escrowed_keys WHERE key_id = ?", other.key_id)
    assert stand.edit(f"UPDATE escrowed_keys SET {column} = ? WHERE key_id = ?", value, made.key_id) == 1
    recipient = thief if column == "bound" else holder
    with refused("centre-damaged"):
        stand.remote.deliver(key_id, recipient.public_key)


def test_a_column_of_another_kind(stand: Any, holder: SoftwareKey) -> None:
    if stand.means.database.dialect != "sqlite":
        pytest.skip("about SQLite: PostgreSQL keeps the kinds of its columns")
    made = stand.remote.make_key("bundle-1", holder.public_key)
    stand.edit("UPDATE escrowed_keys SET wrapped = 'text'")
    with refused("centre-damaged"):
        stand.remote.deliver(made.key_id, holder.public_key)


def test_a_delivery_that_was_taken_back(stand: Any, holder: SoftwareKey) -> None:
    """Who erases the trace of a first delivery does not make room for another one."""
    made = stand.remote.make_key("bundle-1")
    stand.remote.deliver(made.key_id, holder.public_key)
    stand.edit("UPDATE escrowed_keys SET bound = NULL, envelope = NULL, delivered_at = NULL")
    with refused("centre-damaged"):
        stand.remote.deliver(made.key_id, generate_key(KeyKind.SM2).public_key)


# Secrets


def test_no_secret_is_seen(
    stand: Any,
    holder: SoftwareKey,
    fresh_key: Callable[[], SoftwareKey],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Scalar and PKCS#8 of an escrowed key, in any spelling, in no file, message or log."""
    caplog.set_level(logging.DEBUG)
    key_id = stand.escrowed("bundle-1", holder)
    stand.remote.deliver(key_id, holder.public_key)
    asked = stand.requested(key_id, fresh_key())
    stand.approve(asked, "li", "wang")
    stand.recoveries.complete(asked.recovery_id, by="operator-1")
    stand.recoveries.history()
    with pytest.raises(KeyCentreRefused):
        stand.remote.deliver(key_id, fresh_key().public_key)
    secret = _scalar(stand, key_id)
    assert len(secret) == 32
    found = [path for path in stand.folder.rglob("*") if path.is_file()]
    assert any(path.name == "head.json" for path in found)
    texts = [path.read_bytes() for path in found] + stand.link.sent + stand.link.got + [caplog.text.encode()]
    texts += _stored(stand)
    forms = _spellings(secret)
    assert [form for form in forms for text in texts if form in text] == []
    assert any(stand.remote.make_key("bundle-1").spki in text for text in texts)


def _stored(stand: Any) -> list[bytes]:
    """Every value of the centre's database, as it is."""
    with stand.means.database.read() as connection:
        rows = [row for table in tables.metadata.sorted_tables for row in connection.execute(select(table))]
    values = [value for row in rows for value in row]
    return [bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in values]


def _scalar(stand: Any, key_id: str) -> bytes:
    """With the vault's storage key, as only the centre can."""
    with stand.means.database.read() as connection:
        row = connection.execute(select(tables.keys).where(tables.keys.c.key_id == key_id)).one()
    context = _context(row.key_id, row.reference, row.spki, row.bound)
    plain = AESGCM(stand.means.storage_key).decrypt(row.wrapped[:12], row.wrapped[12:], context)
    assert parse_private_key(plain).public_key.spki == row.spki
    inner = as_octets(expect(read_only(plain), SEQUENCE).children()[2])
    return as_octets(expect(read_only(inner), SEQUENCE).children()[1])


def _spellings(secret: bytes) -> list[bytes]:
    """Raw, hexadecimal, and base64 at each of the three places where it can begin."""
    number = str(int.from_bytes(secret)).encode()
    encoded = [base64.b64encode(b"\0" * shift + secret)[4 if shift else 0 : -4] for shift in range(3)]
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), number, *encoded]
