# SPDX-License-Identifier: Apache-2.0
"""CMS signatures in files of their own: with the content beside them, inside them, and nowhere."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from keys import digest
from verify import Indication, Trust, Unreadable, check_file

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
CONTENT = "测试内容 content".encode()


def about(content: bytes) -> Any:
    return lambda algorithm: digest(algorithm, content)


@pytest.mark.parametrize("gbt", [False, True])
def test_detached(sm2_authority: Any, cms: Any, gbt: bool) -> None:
    """A yes with its content, a no with another, undecided with none."""
    der = cms(sm2_authority.holder(), CONTENT, gbt=gbt).dump()
    trust = sm2_authority.trust()
    report = check_file(der, trust=trust, at=AT, content=about(CONTENT), name="a.tsr")
    assert (report.kind, report.indication) == ("cms", PASSED), report.signatures
    assert check_file(der, trust=trust, at=AT, content=about(b"?")).indication is FAILED
    alone = check_file(der, trust=trust, at=AT)
    assert (alone.indication, alone.reasons[0].code) == (UNSURE, "SIGNED_CONTENT_NOT_GIVEN")
    assert check_file(der, trust=Trust(), at=AT, content=about(CONTENT)).indication is UNSURE


@pytest.mark.parametrize("gbt", [False, True])
def test_enclosed(ecdsa_authority: Any, sm2_authority: Any, cms: Any, gbt: bool) -> None:
    """The content inside is what is checked; another one, or a file beside it, changes nothing of that."""
    authority = sm2_authority if gbt else ecdsa_authority
    made, trust = cms(authority.holder(), CONTENT, gbt=gbt), authority.trust()
    report = check_file(made.but(enclosed=CONTENT).dump(), trust=trust, at=AT)
    assert (report.kind, report.indication) == ("cms", PASSED), report.signatures
    enclosed: Any = report.facts["enclosed"]
    assert enclosed["size"] == len(CONTENT)
    other = check_file(made.but(enclosed=b"other").dump(), trust=trust, at=AT, content=about(CONTENT))
    assert other.indication is FAILED


def test_pem(ecdsa_authority: Any, cms: Any) -> None:
    """As OpenSSL writes it, and with RFC 7468's label."""
    der, trust = cms(ecdsa_authority.holder(), CONTENT).dump(), ecdsa_authority.trust()
    for label in ("PKCS7", "CMS"):
        text = f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n".encode()
        assert check_file(text, trust=trust, at=AT, content=about(CONTENT)).indication is PASSED
    with pytest.raises(Unreadable):
        check_file(b"-----BEGIN CMS-----\nA\n-----END CMS-----\n", trust=trust, at=AT)


def test_every_octet_counts(ecdsa_authority: Any, cms: Any) -> None:
    """Of a signature with its content inside: none may be another, but where certificates only help."""
    holder = ecdsa_authority.holder()
    der = cms(holder, b"x", enclosed=b"x", certificates=(holder.der,)).dump()
    trust = ecdsa_authority.trust()
    assert check_file(der, trust=trust, at=AT).indication is not FAILED
    for place in range(0, len(der), 7):
        other = bytearray(der)
        other[place] ^= 1
        try:
            assert check_file(bytes(other), trust=trust, at=AT).indication is not PASSED, place
        except Unreadable:
            continue


def test_the_wrapping_is_what_it_must_be(ecdsa_authority: Any, cms: Any) -> None:
    """Content is taken out of a SignedData that is one, tag by tag: another tag is another structure."""
    holder = ecdsa_authority.holder()
    der = cms(holder, CONTENT, enclosed=CONTENT).dump()
    trust = ecdsa_authority.trust()
    signed = der.index(b"\xa0\x82")  # [0] SignedData
    encapsulated = der.index(bytes.fromhex("06092a864886f70d010701")) - 2
    explicit = encapsulated + 2 + 11
    assert check_file(der, trust=trust, at=AT).indication is PASSED
    for place, tag in ((signed, 0xA0), (signed + 4, 0x30), (encapsulated, 0x30), (explicit, 0xA0)):
        assert der[place] == tag
        for bit in range(8):
            other = der[:place] + bytes([tag ^ 1 << bit]) + der[place + 1 :]
            try:
                assert check_file(other, trust=trust, at=AT).indication is not PASSED, (place, bit)
            except Unreadable:
                continue
