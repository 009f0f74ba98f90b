# SPDX-License-Identifier: Apache-2.0
"""Sealed forms: one record, one signature, one file byte for byte."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import (
    FormMalformed,
    Indication,
    Report,
    SealedForm,
    SubIndication,
    Trust,
    canonical_json,
    check_form,
    parse_form,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
RECORD: dict[str, Any] = {
    "form": "credit_sheet",
    "applicant": {"name": "四川样例建工集团有限公司", "uscc": "91510100MA6EXAMPLE"},
    "items": [1, 2, {"是": True, "否": None}],
}


def sealed(holder: Any, cms: Any, record: dict[str, Any] = RECORD) -> bytes:
    return SealedForm(record, cms(holder, canonical_json(record)).dump()).encode()


def codes(report: Report) -> list[str]:
    return [reason.code for part in (report, *report.signatures) for reason in part.reasons]


@pytest.mark.parametrize("kind", ["sm2", "rsa", "ecdsa"])
def test_passes(authorities: Any, cms: Any, kind: str) -> None:
    """A form that nobody touched, and what its report tells."""
    data = sealed(authorities[kind].holder(), cms)
    report = check_form(data, trust=authorities[kind].trust(), at=AT)
    assert (report.kind, report.indication, report.sub_indication) == ("form", PASSED, None), codes(report)
    assert report.facts["record"] == RECORD
    assert report.facts["record_digest"] == hashlib.sha256(canonical_json(RECORD)).hexdigest()
    assert len(report.signatures) == 1
    assert json.loads(json.dumps(report.to_json()))["kind"] == "form"


def test_parse_and_encode_are_a_pair() -> None:
    """What is read is what was written."""
    form = SealedForm({"b": [1, "二"], "a": {}}, b"\x30\x00")
    data = form.encode()
    assert parse_form(data) == form
    assert parse_form(data).encode() == data
    assert form.content() == '{"a":{},"b":[1,"二"]}'.encode()


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("(file)", b""),
        ("(file)", b"[]"),
        ("(file)", b"{"),
        ("(file)", b'{"format":"yinxin-sealed-form/1"}'),
        ("(file)", b'{"a":1,"format":"yinxin-sealed-form/1","record":{},"signature":""}'),
        ("format", b'{"format":"yinxin-sealed-form/2","record":{},"signature":""}'),
        ("format", b'{"format":1,"record":{},"signature":""}'),
        ("record", b'{"format":"yinxin-sealed-form/1","record":[],"signature":""}'),
        ("signature", b'{"format":"yinxin-sealed-form/1","record":{},"signature":1}'),
        ("signature", b'{"format":"yinxin-sealed-form/1","record":{},"signature":"*"}'),
        ("signature", '{"format":"yinxin-sealed-form/1","record":{},"signature":"中"}'.encode()),
        ("(file)", b'{"format":"yinxin-sealed-form/1","record":{},"signature":"MAB="}'),  # stray bits
        ("(file)", b'{"format":"yinxin-sealed-form/1","record":{},"signature":""} '),
        ("(file)", b'{"record":{},"format":"yinxin-sealed-form/1","signature":""}'),
        ("(file)", b'{"format":"yinxin-sealed-form/1","record":{"a":1.5},"signature":""}'),
        ("(file)", b'{"format":"yinxin-sealed-form/1","record":{"a":1,"a":1},"signature":""}'),
        ("(file)", b'{"format":"yinxin-sealed-form/1","record":{"a":"\\u0041"},"signature":""}'),
    ],
)
def test_malformed(field: str, data: bytes) -> None:
    """Refused by name; the check makes a verdict of it."""
    with pytest.raises(FormMalformed) as refused:
        parse_form(data)
    assert refused.value.field == field
    report = check_form(data, trust=Trust(), at=AT)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.FORMAT_FAILURE)
    assert codes(report) == ["FORM_MALFORMED"]


def test_altered_record(sm2_authority: Any, cms: Any) -> None:
    """The record of one form with the signature of another."""
    form = parse_form(sealed(sm2_authority.holder(), cms))
    other = SealedForm({**form.record, "items": []}, form.signature).encode()
    report = check_form(other, trust=sm2_authority.trust(), at=AT)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.HASH_FAILURE)


def test_signature_that_is_none(sm2_authority: Any) -> None:
    """Well-formed JSON around bytes that are no CMS."""
    report = check_form(SealedForm(RECORD, b"").encode(), trust=sm2_authority.trust(), at=AT)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.FORMAT_FAILURE)


def test_unknown_authority(sm2_authority: Any, rsa_authority: Any, cms: Any) -> None:
    """A stranger's form is no forgery and no pass."""
    report = check_form(sealed(sm2_authority.holder(), cms), trust=rsa_authority.trust(), at=AT)
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_flip_every_byte(sm2_authority: Any, cms: Any, bit: int) -> None:
    """Whatever byte of the file changes, the verdict changes."""
    data, trust = sealed(sm2_authority.holder(), cms), sm2_authority.trust()
    passed = []
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= bit
        if check_form(bytes(broken), trust=trust, at=AT).indication is PASSED:
            passed.append(at)
    assert passed == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(record=st.dictionaries(st.text(max_size=8), json_values, max_size=5), signature=st.binary(max_size=60))
def test_round_trip(record: dict[str, Any], signature: bytes) -> None:
    """Any record of JSON that we write at all is read back as the same file."""
    data = SealedForm(record, signature).encode()
    form = parse_form(data)
    assert (dict(form.record), form.signature) == (record, signature)
    assert form.encode() == data


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "record", "signature"]))
def test_any_bytes(data: bytes, place: str) -> None:
    """Never another exception, never a pass."""
    if place == "record":
        data = b'{"format":"yinxin-sealed-form/1","record":' + data + b',"signature":""}'
    if place == "signature":
        text = base64.b64encode(data)
        data = b'{"format":"yinxin-sealed-form/1","record":{},"signature":"' + text + b'"}'
    assert check_form(data, trust=Trust(), at=AT).indication is not PASSED
