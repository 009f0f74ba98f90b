# SPDX-License-Identifier: Apache-2.0
"""Evidence packs as files: one spelling, limits, and no bytes that end in anything but a verdict."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import (
    EvidencePack,
    Indication,
    PackMalformed,
    PackManifest,
    PackPart,
    PackRole,
    PackSubject,
    Trust,
    Unreadable,
    canonical_json,
    check_evidence_pack,
    check_file,
    parse_evidence_pack,
)
from verify.pack.archive import write_archive
from verify.pack.embedded import embedded_signatures
from verify.pack.manifest import MANIFEST, SIGNATURE, is_evidence_pack

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PARTS = (
    PackPart("index.html", PackRole.INDEX, b"<!DOCTYPE html>"),
    PackPart("original/a.pdf", PackRole.ORIGINAL, b"%PDF-1.7 nothing"),
    PackPart("signatures/1.p7s", PackRole.SIGNATURE, b"\x30\x00", ("original/a.pdf",)),
    PackPart("timestamps/1.tst", PackRole.TIMESTAMP, b"\x30\x00", ("signatures/1.p7s",)),
    PackPart("status/1.json", PackRole.STATUS, b"{}", ("signatures/1.p7s",)),
    PackPart("certificates/1.cer", PackRole.CERTIFICATE, b"\x30"),
    PackPart("revocation/1.crl", PackRole.REVOCATION, b""),
    PackPart("log/entry.json", PackRole.LOG_PROOF, b"{}", ("original/a.pdf",)),
    PackPart("statement/qr.txt", PackRole.STATEMENT, b"\xff"),
    PackPart("statement/record.json", PackRole.RECORD, b"{}", ("statement/qr.txt",)),
    PackPart("lists/trust-list.json", PackRole.TRUST_LIST, b"[]"),
    PackPart("lists/seal-status.json", PackRole.SEAL_STATUS, b"[]"),
    PackPart("lists/document-status.json", PackRole.DOCUMENT_STATUS, b"[]"),
)
PACK = EvidencePack(
    PackManifest(PackSubject("document", "04HMASW9NF6YY093", "样例"), "样例机关(演示)", AT, AT, PARTS),
    b"\x30\x00",
)


def with_manifest(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The pack, with a manifest that somebody wrote by hand."""
    value = json.loads(PACK.manifest.encode())
    changed = change(value)
    files = {one.name: one.content for one in PARTS}
    manifest = (
        changed if isinstance(changed, bytes) else canonical_json(value if changed is None else changed)
    )
    return write_archive([(MANIFEST, manifest), (SIGNATURE, PACK.signature), *files.items()])


def test_round_trip() -> None:
    """One pack is one file, and back."""
    data = PACK.encode()
    assert parse_evidence_pack(data) == PACK
    assert parse_evidence_pack(data).encode() == data
    assert is_evidence_pack(data)
    stamped = replace(PACK, timestamp=b"\x30\x01")
    assert parse_evidence_pack(stamped.encode()) == stamped


def test_every_part_may_be_rubbish() -> None:
    """A verdict all the same, for each role."""
    report = check_file(PACK.encode(), trust=Trust(), at=AT)
    assert (report.kind, report.indication) == ("evidence-pack", Indication.TOTAL_FAILED)
    for one in PARTS:
        alone = replace(PACK, manifest=replace(PACK.manifest, parts=(replace(one, about=()),)))
        assert (
            check_evidence_pack(alone.encode(), trust=Trust(), at=AT).indication
            is not Indication.TOTAL_PASSED
        )


BAD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another format": lambda m: m.update(format="yinxin-evidence-pack/2"),
    "a member more": lambda m: m.update(more=1),
    "no subject": lambda m: m.pop("subject"),
    "an empty title": lambda m: m["subject"].update(title=""),
    "a time of another zone": lambda m: m.update(made="2026-08-01T12:00:00+08:00"),
    "no time": lambda m: m.update(as_of=7),
    "no parts": lambda m: m.update(parts=[]),
    "parts that are none": lambda m: m.update(parts={}),
    "a part twice": lambda m: m["parts"].append(m["parts"][0]),
    "a part that is not there": lambda m: m["parts"].append({**m["parts"][0], "name": "other.txt"}),
    "a part that is not listed": lambda m: m["parts"].pop(),
    "another order": lambda m: m["parts"].reverse(),
    "another digest": lambda m: m["parts"][0].update(sm3="0" * 64),
    "another size": lambda m: m["parts"][0].update(size=1),
    "an unknown role": lambda m: m["parts"][0].update(role="witness"),
    "a role that is no text": lambda m: m["parts"][0].update(role=["index"]),
    "about nothing": lambda m: m["parts"][0].update(about=["nothing"]),
    "about itself": lambda m: m["parts"][0].update(about=["index.html"]),
    "about that is no list": lambda m: m["parts"][0].update(about="index.html"),
    "the manifest as a part": lambda m: m["parts"][0].update(name=MANIFEST),
    "a name that climbs": lambda m: m["parts"][0].update(name="../index.html"),
    "not canonical": lambda m: json.dumps(m).encode(),
    "no JSON": lambda _: b"{",
    "a list": lambda m: [m],
}


@pytest.mark.parametrize("name", BAD)
def test_manifests_that_are_refused(name: str) -> None:
    data = with_manifest(BAD[name])
    with pytest.raises(PackMalformed):
        parse_evidence_pack(data)
    report = check_file(data, trust=Trust(), at=AT)
    assert [one.code for one in report.reasons] == ["PACK_MALFORMED"]


def test_limits() -> None:
    """A thousand entries and two hundred megabytes, as of an OFD; what deflates is not unpacked at all."""
    many = [(f"a{number}.txt", b"") for number in range(1001)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, b"{}")
        archive.writestr("bomb", bytes(8 * 1024 * 1024))
    for data in (write_archive([(MANIFEST, b"{}"), *many]), out.getvalue()):
        assert is_evidence_pack(data)
        with pytest.raises(PackMalformed):
            parse_evidence_pack(data)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PACK.encode()) - 1), st.binary(min_size=1, max_size=8), st.booleans())
def test_any_edit(place: int, octets: bytes, insert: bool) -> None:
    """Octets exchanged or put in anywhere: refused, never another error."""
    data = PACK.encode()
    other = data[:place] + octets + data[place if insert else place + len(octets) :]
    try:
        report = check_file(other, trust=Trust(), at=AT)
        assert other == data or report.indication is Indication.TOTAL_FAILED
    except Unreadable:
        assert place < 64 or insert


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"", b"%PDF-1.7\n", b"PK\x03\x04", b'{"format":"yinxin-sealed-form/1",']),
    st.binary(max_size=200),
)
def test_signatures_of_any_original(start: bytes, tail: bytes) -> None:
    """An original that nobody can read has none."""
    assert embedded_signatures(start + tail) == ()
