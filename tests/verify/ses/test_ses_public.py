# SPDX-License-Identifier: Apache-2.0
"""Public files of another implementation, and byte recipes of the standards (standards.md 1.1, 1.2, 9.1)."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gmssl import sm3

from keys import Digest, HashAlgorithm
from verify import (
    Indication,
    check_seal,
    check_ses_signature,
    is_ses_signature,
    parse_seal,
    parse_ses_signature,
)
from verify.ses.extensions import seal_extensions, signed_extensions
from verify.ses.reading import Reading

CHECKOUT = Path(os.environ.get("YINXIN_OFDRW") or "no-checkout-of-ofdrw")
VECTORS = CHECKOUT / "ofdrw-gm" / "src" / "test" / "resources"
AT = datetime(2021, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 8, 1, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


def vector(name: str) -> bytes:
    """A file of ``github.com/ofdrw/ofdrw`` (Apache-2.0), of which ``YINXIN_OFDRW`` names a checkout."""
    if not VECTORS.is_dir():
        pytest.skip("YINXIN_OFDRW does not name a checkout of github.com/ofdrw/ofdrw")
    return (VECTORS / name).read_bytes()


def zeros(algorithm: HashAlgorithm) -> Digest:
    return Digest(algorithm, bytes(algorithm.size))


@pytest.mark.parametrize(
    ("name", "version", "code", "at"),
    [
        ("UserV1.esl", 1, "40C8CDD24DEF43388B86E62CCE1D6832", AT),
        ("UserV4.esl", 4, "51f044b76510434e9bc67a1185c2fba5", AT),
        ("UserV5.esl", 5, "09aaf39291e049e4b3d716414590937e", NOW),
        ("UserV5_ts.esl", 5, "55a4a957189a48f596706fb431e962c5", NOW),
    ],
)
def test_seals(bench: Any, name: str, version: int, code: str, at: datetime) -> None:
    data = vector(name)
    seal = parse_seal(data)
    assert (seal.version, seal.stated_version, seal.code) == (version, version, code)
    assert seal.der == data
    assert seal.deviations == ()
    assert seal.picture.type == "PNG"
    assert seal.picture.data.startswith(PNG)
    assert (seal.picture.width, seal.picture.height) == (40, 40)
    assert len(seal.signers) == 1
    assert (seal.timestamp is None) == (name != "UserV5_ts.esl")
    report: Any = check_seal(data, trust=bench.trust(), at=at)
    assert report.facts["steps"]["seal_signature"] == "passed"
    assert (
        report.facts["seal"]["rule"]
        == {
            1: "GM/T 0031-2014",
            4: "GB/T 38540-2020",
            5: "GM/T 0031-2025",
        }[version]
    )
    codes = {one.code for one in report.reasons}
    assert "MAKER_CHAIN_UNTRUSTED" in codes
    assert ("MAKER_SIGNED_OUTSIDE_VALIDITY" in codes) == (version == 5)
    if name == "UserV5_ts.esl":
        assert seal.timestamp is not None
        assert len(seal.timestamp) == 3
        assert report.reasons[0].code == "SEAL_TIMESTAMP_MALFORMED"
    if version == 4:
        assert report.indication is Indication.INDETERMINATE


def test_digest_of_the_version_4_seal() -> None:
    """standards.md section 9.1 names it by its SM3."""
    assert sm3.sm3_hash(list(vector("UserV4.esl"))).startswith("a2690aeb")


@pytest.mark.parametrize(("name", "version"), [("SignedValueV4.dat", 4), ("SignedValueV5.dat", 5)])
def test_signatures(bench: Any, name: str, version: int) -> None:
    data = vector(name)
    signature = parse_ses_signature(data)
    assert is_ses_signature(data)
    assert signature.version == signature.seal.version == version
    assert signature.property_info == "/Doc_0/Signs/Sign_0/Signature.xml"
    assert signature.data_hash == bytes(32)
    assert (signature.deviations, signature.seal.deviations) == ((), ())
    assert signature.der == data
    report: Any = check_ses_signature(
        data,
        trust=bench.trust(),
        at=AT,
        content_digest=zeros,
        property_info="/Doc_0/Signs/Sign_0/Signature.xml",
    )
    steps = report.facts["steps"]
    for step in ("format", "signature", "signer_in_seal", "seal_signature", "content"):
        assert steps[step] == "passed"
    assert report.facts["intact"] is True
    assert report.indication is not Indication.TOTAL_PASSED
    altered = check_ses_signature(
        data,
        trust=bench.trust(),
        at=AT,
        content_digest=lambda algorithm: Digest(algorithm, b"\x01" * algorithm.size),
    )
    assert "CONTENT_ALTERED" in {one.code for one in altered.reasons}


def test_seals_are_no_signatures() -> None:
    for name in ("UserV1.esl", "UserV4.esl", "UserV5.esl"):
        assert not is_ses_signature(vector(name))
    assert not is_ses_signature(b"")
    assert not is_ses_signature(bytes.fromhex("3080"))


def test_header_recipe(bench: Any) -> None:
    """The header with Vid "GOMAIN" is exactly these bytes."""
    made = bench.seal(vendor=b"\x16\x06GOMAIN").dump()
    assert bytes.fromhex("300f1602455302010416 06474f4d41494e".replace(" ", "")) in made
    assert parse_seal(made).vendor == "GOMAIN"


def test_extension_recipe() -> None:
    """A real extension: FALSE is written; value "2.1"."""
    reading = Reading()
    raw = bytes.fromhex("30163014060a2a811ccf5506070202010101000403322e31")
    (found,) = seal_extensions(reading, reading.root(raw, "extDatas"))
    assert (found.oid, found.critical, found.value) == ("1.2.156.10197.6.7.2.2.1", False, b"2.1")
    assert reading.odd == []


def test_tagging_recipe() -> None:
    """TBS_Sign.extDatas of a real seal: [0] EXPLICIT around a SEQUENCE OF."""
    reading = Reading()
    raw = bytes.fromhex("a05b3059305706082b060105050701040101ff0448") + bytes(72)
    (found,) = signed_extensions(reading, reading.root(raw, "extDatas"))
    assert (found.oid, found.critical, found.value) == ("1.3.6.1.5.5.7.1.4", True, bytes(72))
    assert reading.odd == []


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("UserV1.esl", "305df82d", "ef46f8f3"),
        ("UserV4.esl", "b73dd33e", "6c3e05fd"),
        ("UserV5.esl", "675d471a", "4d637968"),
        ("UserV5_ts.esl", "152c7a1c", "9f1e388c"),
        ("SignedValueV4.dat", "cab69f8e", "338b2f46"),
        ("SignedValueV5.dat", "917eeeea", "69f5da4b"),
    ],
)
def test_the_files_are_the_ones_that_were_looked_at(name: str, start: str, end: str) -> None:
    found = hashlib.sha256(vector(name)).hexdigest()
    assert found.startswith(start) and found.endswith(end)
