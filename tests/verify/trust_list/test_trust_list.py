# SPDX-License-Identifier: Apache-2.0
"""The signatures of a trust list: every one right, by those certified for it, below roots that are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from verify import (
    SealedForm,
    SubIndication,
    Trust,
    TrustListBody,
    TrustListInvalid,
    TrustListSignature,
    canonical_json,
    check_form,
    check_trust_list,
    load_trust,
    parse_certificate,
    parse_crl,
    parse_json,
    parse_trust_list,
    sequences_of,
)

from .conftest import AT, FAILED, PASSED, PUBLISHER, UNSURE, codes, signed, verdict


def test_passes(body: TrustListBody, signers: Any) -> None:
    """Two signatures of two families, each chained to its own root."""
    report = check_trust_list(signed(body, signers), trust=None, at=AT)
    assert verdict(report) == (PASSED, None), codes(report)
    assert report.kind == "trust-list"
    assert report.facts["sequence"] == 7
    assert report.facts["anchored_by"] == "itself"
    assert [one.facts["algorithm"] for one in report.signatures] == ["SM2 with SM3", "RSA with SHA-256"]


def test_signed_bytes(body: TrustListBody) -> None:
    """The context, then the canonical list: a signature for another purpose is none for a list."""
    listed = parse_json(body.signed_bytes().removeprefix(b"yinxin/trust-list/v2\n"))
    assert canonical_json(listed) == body.signed_bytes()[len(b"yinxin/trust-list/v2\n") :]
    assert isinstance(listed, dict)
    assert listed["issued"] == "2026-08-01T03:00:00Z"


@pytest.mark.parametrize("number", [0, 1])
def test_one_bad_signature(body: TrustListBody, signers: Any, number: int) -> None:
    """Every signature must verify: one good one does not excuse the other."""
    signatures = [
        TrustListSignature(
            parse_certificate(one.der), one.key.sign(body.signed_bytes() + b"." * (place == number))
        )
        for place, one in enumerate(signers)
    ]
    data = body.encode(signatures)
    assert verdict(check_trust_list(data, trust=None, at=AT)) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)
    with pytest.raises(TrustListInvalid):
        load_trust([("list", data)], AT)


def test_changed_member(body: TrustListBody, signers: Any) -> None:
    """The signatures are over everything in the list."""
    changes: list[dict[str, Any]] = [
        {"sequence": 8},
        {"publisher": "别人"},
        {"hosts": ("evil.example",)},
        {"next_update": body.next_update + timedelta(days=1)},
        {"crls": ()},
        {"qr_keys": ()},
        {"log_keys": body.log_keys[:1]},
    ]
    good = parse_trust_list(signed(body, signers))
    for change in changes:
        data = replace(body, **change).encode(good.signatures)
        report = check_trust_list(data, trust=None, at=AT)
        assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE), change


def test_signature_for_another_purpose(body: TrustListBody, signers: Any) -> None:
    """Without the context it is a signature over some JSON, not over a list."""
    bare = body.signed_bytes().removeprefix(b"yinxin/trust-list/v2\n")
    data = body.encode(
        [TrustListSignature(parse_certificate(one.der), one.key.sign(bare)) for one in signers]
    )
    report = check_trust_list(data, trust=None, at=AT)
    assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)


def test_signer_outside(body: TrustListBody, signers: Any, ecdsa_authority: Any) -> None:
    """A signer that chains to no anchor of the list."""
    stranger = ecdsa_authority.list_signer()
    data = signed(body, [signers[0], stranger])
    report = check_trust_list(data, trust=None, at=AT)
    assert verdict(report) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    with pytest.raises(TrustListInvalid):
        load_trust([("list", data)], AT)


ANY_PURPOSE, CLIENT_AUTH = "2.5.29.37.0", "1.3.6.1.5.5.7.3.2"


SUBSCRIBERS: list[dict[str, Any]] = [
    {"subject": "四川样例建工集团有限公司"},
    {"subject": "王样二"},
    {"subject": "登录", "purposes": (CLIENT_AUTH,)},
    {"subject": "万能", "purposes": (ANY_PURPOSE,)},
]


@pytest.mark.parametrize("options", SUBSCRIBERS, ids=lambda one: one["subject"])
def test_subscribers_sign_no_list(
    body: TrustListBody, sm2_authority: Any, rsa_authority: Any, options: dict[str, Any]
) -> None:
    """Certificates under both roots are not enough: a list of somebody's own would bring keys of theirs."""
    both = (sm2_authority, rsa_authority)
    forged = replace(body, sequence=8, hosts=("evil.example",), log_keys=(), qr_keys=())
    data = signed(forged, [one.holder(**options) for one in both])
    roots = [("a", sm2_authority.root.der), ("b", rsa_authority.root.der)]
    for known in (None, Trust(anchors=body.anchors)):
        report = check_trust_list(data, trust=known, at=AT)
        assert verdict(report) == (UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
        assert codes(report) == {"EXTENDED_KEY_USAGE"}
    for files in ([("list", data)], [("list", data), *roots]):
        with pytest.raises(TrustListInvalid, match=r"0\.4\.0\.2231\.3\.0"):
            load_trust(files, AT)


@pytest.mark.parametrize("number", [0, 1])
def test_one_subscriber_beside_a_right_signer(
    body: TrustListBody, signers: Any, sm2_authority: Any, rsa_authority: Any, number: int
) -> None:
    """Whoever got hold of one of the two keys cannot make up the other with a certificate of their own."""
    mixed = list(signers)
    mixed[number] = (sm2_authority, rsa_authority)[number].holder()
    data = signed(body, mixed)
    report = check_trust_list(data, trust=Trust(anchors=body.anchors), at=AT)
    assert verdict(report) == (UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    with pytest.raises(TrustListInvalid):
        load_trust([("list", data)], AT)


def test_missing_status_does_not_hide_a_subscriber(
    body: TrustListBody, signers: Any, sm2_authority: Any, rsa_authority: Any
) -> None:
    """Without fresh revocation lists a list is loaded, for later checks ask again; but only a right one."""
    bare = replace(body, crls=())
    assert load_trust([("list", signed(bare, signers))], AT).anchors == body.anchors
    subscribers = [one.holder() for one in (sm2_authority, rsa_authority)]
    with pytest.raises(TrustListInvalid, match=r"0\.4\.0\.2231\.3\.0"):
        load_trust([("list", signed(bare, subscribers))], AT)


def test_list_signer_seals_nothing(sm2_authority: Any, cms: Any) -> None:
    """The key that says whom to trust is no seal: not on a form, and so not on any CMS."""
    record: dict[str, Any] = {"a": 1}
    for holder, expected in (
        (sm2_authority.holder(), (PASSED, None)),
        (sm2_authority.list_signer(), (UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE)),
    ):
        form = SealedForm(record, cms(holder, canonical_json(record)).dump())
        report = check_form(form.encode(), trust=sm2_authority.trust(), at=AT)
        assert verdict(report) == expected, codes(report)
    assert "EXTENDED_KEY_USAGE" in codes(report)


def test_revoked_signer(body: TrustListBody, signers: Any, sm2_authority: Any) -> None:
    """The list's own revocation lists count."""
    serial = signers[0].certificate.serial_number
    crls = tuple(parse_crl(one) for one in sm2_authority.crls(serial)) + body.crls[2:]
    data = signed(replace(body, crls=crls), signers)
    assert verdict(check_trust_list(data, trust=None, at=AT)) == (FAILED, SubIndication.REVOKED)
    with pytest.raises(TrustListInvalid):
        load_trust([("list", data)], AT)


def test_known_root_binds(
    body: TrustListBody, signers: Any, sm2_authority: Any, rsa_authority: Any, ecdsa_authority: Any
) -> None:
    """A root that is handed over beside the list must be reached by it; one of each family, if two are."""
    data = signed(body, signers)
    sm2, rsa, ecdsa = (one.root.der for one in (sm2_authority, rsa_authority, ecdsa_authority))
    for roots in ([sm2], [rsa], [sm2, rsa]):
        trust = load_trust([("list", data), *((f"root {n}", der) for n, der in enumerate(roots))], AT)
        assert set(trust.anchors) == set(body.anchors)
        known = Trust(anchors=tuple(parse_certificate(one) for one in roots))
        report = check_trust_list(data, trust=known, at=AT)
        assert verdict(report) == (PASSED, None), codes(report)
        assert report.facts["anchored_by"] == "known anchors"
    for roots in ([ecdsa], [sm2, ecdsa]):
        with pytest.raises(TrustListInvalid, match="root"):
            load_trust([("list", data), *((f"root {n}", der) for n, der in enumerate(roots))], AT)
        known = Trust(anchors=tuple(parse_certificate(one) for one in roots))
        report = check_trust_list(data, trust=known, at=AT)
        assert verdict(report) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
        assert "TRUST_LIST_NOT_ANCHORED" in codes(report)


def test_one_algorithm_is_not_enough_for_two_roots(
    body: TrustListBody, signers: Any, sm2_authority: Any, rsa_authority: Any
) -> None:
    """Who broke one algorithm cannot leave the other signature out."""
    data = signed(body, signers[1:])
    known = Trust(anchors=body.anchors)
    report = check_trust_list(data, trust=known, at=AT)
    assert verdict(report) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    with pytest.raises(TrustListInvalid, match="SM2"):
        load_trust([("list", data), ("a", sm2_authority.root.der), ("b", rsa_authority.root.der)], AT)


def test_two_signers_of_two_families(
    body: TrustListBody, signers: Any, sm2_authority: Any, rsa_authority: Any
) -> None:
    """Two of three: different keys, an SM2 key and one of another family; one signer twice is one."""
    sm2, rsa = signers
    more_sm2, more_rsa = sm2_authority.list_signer("三"), rsa_authority.list_signer("三")
    for some in ([sm2, rsa], [rsa, sm2, more_sm2], [sm2, more_rsa], [sm2, rsa, more_rsa]):
        report = check_trust_list(signed(body, some), trust=None, at=AT)
        assert verdict(report) == (PASSED, None), codes(report)
        assert load_trust([("list", signed(body, some))], AT).sequence == 7
    for some in ([sm2], [rsa], [sm2, sm2], [sm2, more_sm2], [rsa, more_rsa]):
        data = signed(body, some)
        report = check_trust_list(data, trust=None, at=AT)
        assert verdict(report) == (UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE)
        assert codes(report) >= {"LIST_SIGNERS_TOO_FEW"}
        with pytest.raises(TrustListInvalid, match="two of three"):
            load_trust([("list", data)], AT)


def test_rollback(body: TrustListBody, signers: Any) -> None:
    """A sequence below one that was seen is refused, the same one is not; each publisher counts alone."""
    data = signed(body, signers)
    for after, good in ((None, True), (6, True), (7, True), (8, False)):
        report = check_trust_list(data, trust=None, at=AT, after=after)
        assert ("TRUST_LIST_ROLLBACK" in codes(report)) is not good
        assert (verdict(report) == (PASSED, None)) is good
    trust = load_trust([("list", data)], AT)
    seen = sequences_of([("list", data)], trust)
    assert seen == {f"trust-list/{PUBLISHER}": 7}
    assert load_trust([("list", data)], AT, seen={**seen, "trust-list/another": 99}).sequence == 7
    with pytest.raises(TrustListInvalid, match="lower than 8"):
        load_trust([("list", data)], AT, seen={f"trust-list/{PUBLISHER}": 8})
