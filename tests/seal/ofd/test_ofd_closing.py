# SPDX-License-Identifier: Apache-2.0
"""The closing signature: nothing can be added or taken off unnoticed after it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from keys import HashAlgorithm, KeyKind, digest, generate_key
from seal import (
    OfdRefused,
    PreparedClosing,
    SignatureMismatch,
    SignerMismatch,
    StateMalformed,
    close_ofd,
    complete_closing,
    prepare_closing,
)
from verify import Indication

from .conftest import AT, Sealer, foreign


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def zipped(found: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in found.items():
            package.writestr(name, data)
    return out.getvalue()


@pytest.fixture(scope="module")
def closed(sealer: Sealer, permit: bytes) -> bytes:
    return close_ofd(sealer.seal(sealer.seal(permit)), sealer.key, sealing=sealer.sealing, at=AT)


def test_closed(sealer: Sealer, closed: bytes) -> None:
    """A third signature, of type Sign, over the list; its value is SM2 over the digest of its description."""
    sealer.passes(closed, signatures=3)
    found = files(closed)
    assert b'Type="Sign"' in found["Doc_0/Signs/Signatures.xml"]
    signed = found["Doc_0/Signs/Sign_2/Signature.xml"]
    assert b'FileRef="/Doc_0/Signs/Signatures.xml"' in signed and b"StampAnnot" not in signed
    assert "Doc_0/Signs/Sign_2/Seal.esl" not in found
    value = found["Doc_0/Signs/Sign_2/SignedValue.dat"]
    content = digest(HashAlgorithm.SM3, signed).value
    assert value.count(b"\x04\x20" + content) == 1
    # The signature is the octet string at the very end.
    (size,) = [size for size in range(66, 73) if value[-size - 2 : -size] == bytes([4, size])]
    sealer.certificate.public_key.verify(value[-size:], content)


def test_nothing_can_follow(sealer: Sealer, closed: bytes) -> None:
    """Neither a seal nor a second closing."""
    for add in (
        lambda: sealer.seal(closed),
        lambda: close_ofd(closed, sealer.key, sealing=sealer.sealing, at=AT),
    ):
        with pytest.raises(OfdRefused) as refused:
            add()
        assert refused.value.code == "ofd-locked"


def test_a_seal_taken_off(sealer: Sealer, closed: bytes) -> None:
    """Without the closing that would go unnoticed; with it, it does not."""
    found = files(closed)
    name = "Doc_0/Signs/Signatures.xml"
    parts = found[name].split(b"<ofd:Signature ")
    found[name] = b"<ofd:Signature ".join([parts[0], parts[2], parts[3]])
    report = sealer.check(zipped(found))
    assert report.indication is not Indication.TOTAL_PASSED


def test_two_steps(sealer: Sealer, permit: bytes) -> None:
    """Typed state between preparing and completing; a change of any member is refused."""
    prepared = prepare_closing(sealer.seal(permit), sealing=sealer.sealing, at=AT)
    state = prepared.state()
    again = PreparedClosing.restore(state, prepared.data)
    assert again == prepared
    sealer.passes(
        complete_closing(again, sealer.key.sign(again.to_be_signed), sealing=sealer.sealing), signatures=2
    )
    with pytest.raises(SignatureMismatch):
        complete_closing(again, sealer.key.sign(b"other"), sealing=sealer.sealing)
    for name in state:
        for wrong in (None, 7, "x", "2026-01-01T00:00:00", []):
            if (name, wrong) == ("at", "2026-01-01T00:00:00+00:00"):
                continue
            with pytest.raises(StateMalformed):
                PreparedClosing.restore({**state, name: wrong}, prepared.data)
    for wrong in (None, [], "x"):
        with pytest.raises(StateMalformed):
            PreparedClosing.restore(wrong, prepared.data)
    with pytest.raises(StateMalformed):
        PreparedClosing.restore(state, prepared.data + b"\x00")


def test_refusals(sealer: Sealer, permit: bytes, authority: Any) -> None:
    """Nothing to close, another key, another algorithm."""
    with pytest.raises(OfdRefused) as refused:
        close_ofd(foreign(), sealer.key, sealing=sealer.sealing, at=AT)
    assert refused.value.code == "ofd-nothing-to-close"
    sealed = sealer.seal(permit)
    with pytest.raises(SignerMismatch):
        close_ofd(sealed, generate_key(KeyKind.SM2), sealing=sealer.sealing, at=AT)
    rsa = authority(KeyKind.RSA2048)
    with pytest.raises(OfdRefused) as refused:
        close_ofd(sealed, rsa.key, sealing=rsa.sealing, at=AT)
    assert refused.value.code == "ofd-seal-not-sm2"
