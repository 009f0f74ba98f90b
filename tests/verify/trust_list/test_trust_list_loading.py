# SPDX-License-Identifier: Apache-2.0
"""Trust loaded from files: lists new, stale and of several publishers, certificates, and what is neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import (
    SubIndication,
    Trust,
    TrustListBody,
    TrustListInvalid,
    check_trust_list,
    load_trust,
)

from .conftest import AT, PASSED, UNSURE, codes, pem, signed, verdict


def test_load(body: TrustListBody, signers: Any) -> None:
    """Everything that a verifier needs comes out of the one file."""
    trust = load_trust([("trust-list.json", signed(body, signers))], AT)
    assert trust.anchors == body.anchors
    assert trust.intermediates == body.intermediates
    assert trust.crls == body.crls
    assert trust.qr_keys == body.qr_keys
    assert trust.log_keys == body.log_keys
    assert trust.hosts == body.hosts
    assert (trust.sequence, trust.issued, trust.next_update) == (7, body.issued, body.next_update)
    assert trust.source == "trust-list.json"
    assert (trust.witnesses, trust.quorum) == (body.witnesses, 1)
    assert trust.document_status_source == body.document_status


def test_stale_list_is_loaded_and_marked(body: TrustListBody, signers: Any) -> None:
    """After next_update it is said; after the end: no verdict on the list, and a trust with which nothing
    passes."""
    long = replace(body, crls=())  # of revocation lists that are late the verdict speaks by itself
    data = signed(long, signers)
    for at, code in (
        (long.next_update, None),
        (long.next_update + timedelta(seconds=1), "TRUST_LIST_STALE"),
        (long.expires, "TRUST_LIST_STALE"),
        (long.expires + timedelta(seconds=1), "TRUST_LIST_EXPIRED"),
    ):
        report = check_trust_list(data, trust=Trust(crls=body.crls), at=at)
        assert {one for one in codes(report) if one.startswith("TRUST_LIST")} == ({code} if code else set())
    assert verdict(report) == (UNSURE, SubIndication.TRY_LATER)
    trust = load_trust([("list", data)], long.expires + timedelta(days=400))
    assert (trust.next_update, trust.expires, trust.ends) == (long.next_update, long.expires, long.expires)


def test_old_day(body: TrustListBody, signers: Any) -> None:
    """A list may be loaded to look from an earlier day; as a file of that day it is from the future."""
    data = signed(body, signers)
    earlier = body.issued - timedelta(days=500)
    assert load_trust([("list", data)], earlier).sequence == 7
    report = check_trust_list(data, trust=None, at=body.issued - timedelta(seconds=1))
    assert verdict(report) == (UNSURE, SubIndication.NOT_YET_VALID)


def test_highest_sequence_counts(body: TrustListBody, signers: Any) -> None:
    """A folder may hold last week's list too; the order of the files does not matter."""
    old = signed(replace(body, sequence=6, hosts=("old.example",)), signers)
    new = signed(body, signers)
    for files in ([("old", old), ("new", new)], [("new", new), ("old", old)]):
        trust = load_trust(files, AT)
        assert (trust.sequence, trust.hosts) == (7, body.hosts)


def test_two_publishers(body: TrustListBody, signers: Any) -> None:
    """Lists of two publishers are joined; the earlier end holds for both."""
    other = replace(
        body, publisher="另一机关", hosts=("b.example",), next_update=AT + timedelta(days=1), sequence=1
    )
    trust = load_trust([("a", signed(body, signers)), ("b", signed(other, signers))], AT)
    assert trust.hosts == ("xinyong.example.gov.cn", "b.example")
    assert trust.anchors == body.anchors
    assert trust.next_update == AT + timedelta(days=1)
    assert trust.sequence is None


def test_certificates_and_lists(sm2_authority: Any) -> None:
    """DER or PEM, one or many, with text between: self-issued are anchors, others are not."""
    root, issuing, crls = sm2_authority.root.der, sm2_authority.issuing.der, sm2_authority.crls()
    files = [
        [("a.cer", root), ("b.cer", issuing), ("c.crl", crls[0]), ("d.crl", crls[1])],
        [("all.pem", b"root:\r\n" + pem("CERTIFICATE", root, issuing) + b"\n" + pem("X509 CRL", *crls))],
        [
            ("crlf.pem", pem("CERTIFICATE", root, issuing).replace(b"\n", b"\r\n")),
            ("c", pem("X509 CRL", *crls)),
        ],
        [("twice", root), ("twice", root), ("b", issuing), ("c", pem("X509 CRL", *crls, *crls))],
    ]
    for found in files:
        trust = load_trust(found, AT)
        assert [one.der for one in trust.anchors] == [root]
        assert [one.der for one in trust.intermediates] == [issuing]
        assert [one.der for one in trust.crls] == list(crls)
        assert (trust.next_update, trust.sequence) == (None, None)
    assert load_trust([], AT) == Trust()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "readme"),
        (b"hello", "readme"),
        (b"{}", "object"),
        (b"{", "JSON"),
        (b"\x30\x00", "readme"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n", "complete"),
        (b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n", "complete"),
        (b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n", "base64"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END X509 CRL-----\n", "complete"),
        (pem("PRIVATE KEY", b"\x30\x00"), "private key"),
        (pem("ENCRYPTED PRIVATE KEY", b"\x30\x00"), "private key"),
        (pem("CERTIFICATE REQUEST", b"\x30\x00"), "REQUEST"),
        (pem("X509 CRL", b"\x30\x00"), "revocation list"),
        (pem("CERTIFICATE", *[b"\x30\x00"] * 600), "more than"),
    ],
)
def test_other_files(data: bytes, says: str) -> None:
    """What is no material of trust is named, with the file."""
    with pytest.raises(TrustListInvalid, match=says):
        load_trust([("readme", data)], AT)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Nothing but TrustListInvalid, and never a pass."""
    for content in (data, b'{"format":"yinxin-trust-list/2","list":' + data + b',"signatures":[]}'):
        assert check_trust_list(content, trust=None, at=AT).indication is not PASSED
        try:
            load_trust([("file", content)], AT)
        except TrustListInvalid:
            continue
