# SPDX-License-Identifier: Apache-2.0
"""Sealed forms: prepared here, signed elsewhere, checked by our verifier; nothing wrong is ever written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import KeyKind, digest
from keys.der import oid
from seal import (
    FormProfile,
    FormRefused,
    PreparedForm,
    ProfileRefused,
    SealError,
    SealingCertificate,
    SignatureMismatch,
    StateMalformed,
    complete_form,
    prepare_form,
)
from verify import Authority, Indication, VerifyError, canonical_json, check_form, parse_form

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384]
RECORD: dict[str, Any] = {
    "format": "yinxin-form/1",
    "form": "permit_application",
    "applicant_name": "四川样例建工集团有限公司",
    "data": {"面积": 86420, "备注": "𠮷 \u2028", "附件": [], "空": None, "是": True},
}


def sealed(own: Any, record: Any = None) -> bytes:
    made = prepare_form(RECORD if record is None else record, sealing=own.sealing, at=AT)
    return complete_form(made, own.key.sign(made.attributes), sealing=own.sealing)


@pytest.mark.parametrize("kind", KINDS)
def test_passes(authority: Any, kind: KeyKind) -> None:
    """The file is canonical, carries the record as it was, and passes with its evidence alone."""
    own = authority(kind)
    data = sealed(own)
    report = check_form(data, trust=own.trust, at=AT)
    assert report.indication is Indication.TOTAL_PASSED, report
    assert parse_form(data).record == RECORD
    assert json.loads(data)["record"] == RECORD


@pytest.mark.parametrize("kind", KINDS)
def test_two_steps(authority: Any, kind: KeyKind) -> None:
    """What lies between survives as JSON and a record."""
    own = authority(kind)
    made = prepare_form(RECORD, sealing=own.sealing, at=AT)
    assert made.content == canonical_json(RECORD)
    assert made.digest == digest(made.digest.algorithm, made.content)
    again = PreparedForm.restore(json.loads(json.dumps(made.state())), made.content)
    assert again == made
    assert made.state()["attributes"] == made.attributes.hex()


@pytest.mark.parametrize("kind", KINDS)
def test_every_flipped_byte(authority: Any, kind: KeyKind) -> None:
    """Sampled over the whole file: the record, the signature, and the evidence that it needs."""
    own = authority(kind)
    data = sealed(own)
    for at in range(0, len(data), 7):
        damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            verdict = check_form(damaged, trust=own.trust, at=AT).indication
        except VerifyError:
            continue
        assert verdict is not Indication.TOTAL_PASSED, data[at - 10 : at + 10]


def test_gm_identifiers(authority: Any) -> None:
    """GB/T 35275: its identifiers and none of RFC 5652; survives as state; no byte may change."""
    own = authority(KeyKind.SM2)
    stated = Authority({"case": "样-2026-001"}).encode()
    made = prepare_form(RECORD, sealing=own.sealing, at=AT, authority=stated, profile=FormProfile.GM_CMS)
    assert PreparedForm.restore(json.loads(json.dumps(made.state())), made.content) == made
    data = complete_form(made, own.key.sign(made.attributes), sealing=own.sealing)
    report = check_form(data, trust=own.trust, at=AT)
    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.signatures[0].facts["authority"] == {"case": "样-2026-001", "format": "yinxin-authority/1"}
    value = parse_form(data).signature
    assert oid("1.2.156.10197.6.1.4.2.2") in value and oid("1.2.156.10197.6.1.4.2.1") in value
    assert oid("1.2.840.113549.1.7.2") not in value and oid("1.2.840.113549.1.7.1") not in value
    for at in range(0, len(data), 7):
        damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert check_form(damaged, trust=own.trust, at=AT).indication is not Indication.TOTAL_PASSED
    with pytest.raises(SignatureMismatch):
        complete_form(made, own.key.sign(made.content), sealing=own.sealing)
    with pytest.raises(StateMalformed):
        PreparedForm.restore({**made.state(), "profile": "xml"}, made.content)
    other = authority(KeyKind.RSA2048)
    with pytest.raises(ProfileRefused):
        prepare_form(RECORD, sealing=other.sealing, at=AT, profile=FormProfile.GM_CMS)
    with pytest.raises(StateMalformed):
        complete_form(made, b"", sealing=other.sealing)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_signature(authority: Any, kind: KeyKind) -> None:
    own = authority(kind)
    made = prepare_form(RECORD, sealing=own.sealing, at=AT)
    for signature in (b"", b"\x00" * 72, own.key.sign(made.content), own.key.sign(made.attributes)[:-1]):
        with pytest.raises(SignatureMismatch):
            complete_form(made, signature, sealing=own.sealing)


def test_another_certificate_or_record(authority: Any) -> None:
    """Record, time and certificate are fixed when the form is prepared."""
    own = authority(KeyKind.SM2)
    made = prepare_form(RECORD, sealing=own.sealing, at=AT)
    signature = own.key.sign(made.attributes)
    for sealing in (SealingCertificate(own.sealing.chain[0]), authority(KeyKind.P256).sealing):
        with pytest.raises(StateMalformed):
            complete_form(made, signature, sealing=sealing)
    with pytest.raises(StateMalformed):
        PreparedForm.restore(made.state(), canonical_json({**RECORD, "form": "other"}))
    later = PreparedForm.restore({**made.state(), "at": "2027-01-01T00:00:00+00:00"}, made.content)
    with pytest.raises(StateMalformed):
        complete_form(later, signature, sealing=own.sealing)


@pytest.mark.parametrize("record", [{"a": 1.5}, {"a": "\ud800"}, {"a": object()}, {1: "a"}, {"a": {1, 2}}])
def test_record_without_a_canonical_spelling(authority: Any, record: Any) -> None:
    """A fraction has two spellings: the form is refused before anybody signs it."""
    with pytest.raises(FormRefused) as refused:
        prepare_form(record, sealing=authority(KeyKind.SM2).sealing, at=AT)
    assert refused.value.code == "form-malformed"


MEMBERS = st.sampled_from(["format", "attributes", "digest_algorithm", "digest", "at"])
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=24), st.lists(st.integers(), max_size=2))


@given(member=MEMBERS, value=VALUES)
def test_damaged_state(authority: Any, member: str, value: Any) -> None:
    """Whatever was kept wrongly, no form comes of it."""
    own = authority(KeyKind.P256)
    made = prepare_form(RECORD, sealing=own.sealing, at=AT)
    with pytest.raises(SealError):
        kept = PreparedForm.restore({**made.state(), member: value}, made.content)
        complete_form(kept, b"", sealing=own.sealing)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(record=st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_any_record(authority: Any, record: Any) -> None:
    """Every record that JSON carries comes back as it was, sealed."""
    own = authority(KeyKind.P256)
    data = sealed(own, record)
    assert parse_form(data).record == record
    assert check_form(data, trust=own.trust, at=AT).indication is Indication.TOTAL_PASSED
