# SPDX-License-Identifier: Apache-2.0
"""The signed trust list, and trust loaded from files."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import KeyKind, generate_key
from verify import (
    Indication,
    LogKey,
    QrKey,
    Report,
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
    qr_key_id,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
PUBLISHER = "蜀州市住房和城乡建设局(演示)"


@pytest.fixture(scope="module")
def signers(sm2_authority: Any, rsa_authority: Any) -> tuple[Any, ...]:
    """One list signer under each root."""
    return tuple(one.list_signer() for one in (sm2_authority, rsa_authority))


@pytest.fixture(scope="module")
def body(sm2_authority: Any, rsa_authority: Any) -> TrustListBody:
    both = (sm2_authority, rsa_authority)
    qr = generate_key(KeyKind.SM2).public_key
    return TrustListBody(
        sequence=7,
        issued=AT - timedelta(hours=1),
        next_update=AT + timedelta(days=7),
        publisher=PUBLISHER,
        hosts=("xinyong.example.gov.cn",),
        anchors=tuple(parse_certificate(one.root.der) for one in both),
        intermediates=tuple(parse_certificate(one.issuing.der) for one in both),
        crls=tuple(parse_crl(der) for one in both for der in one.crls()),
        qr_keys=(
            QrKey(
                kid=qr_key_id(qr.spki),
                algorithm="SM2",
                public_key=qr,
                authority=PUBLISHER,
                kinds=("credit_sheet",),
                sign_from=AT - timedelta(days=100),
                sign_until=AT + timedelta(days=100),
                revoked_at=AT,
            ),
        ),
        log_keys=(
            LogKey("log.example.gov.cn", "ed25519", bytes(range(32))),
            LogKey("log.example.gov.cn", "sm2", qr.spki),
        ),
    )


def signed(body: TrustListBody, signers: Sequence[Any]) -> bytes:
    return body.encode(
        [TrustListSignature(parse_certificate(one.der), one.key.sign(body.signed_bytes())) for one in signers]
    )


def codes(report: Report) -> set[str]:
    return {reason.code for part in (report, *report.signatures) for reason in part.reasons}


def verdict(report: Report) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


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
    listed = parse_json(body.signed_bytes().removeprefix(b"yinxin/trust-list/v1\n"))
    assert canonical_json(listed) == body.signed_bytes()[len(b"yinxin/trust-list/v1\n") :]
    assert isinstance(listed, dict)
    assert listed["issued"] == "2026-08-01T03:00:00Z"


def test_parse_and_encode_are_a_pair(body: TrustListBody, signers: Any) -> None:
    """What is read is what was written."""
    data = signed(body, signers)
    listed = parse_trust_list(data)
    assert listed.body == body
    assert listed.encode() == data


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
    bare = body.signed_bytes().removeprefix(b"yinxin/trust-list/v1\n")
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


def test_stale_list_is_loaded_and_marked(body: TrustListBody, signers: Any, sm2_authority: Any) -> None:
    """After next_update: no verdict on the list, and a trust with which nothing passes."""
    late = body.next_update + timedelta(days=400)
    data = signed(body, signers)
    report = check_trust_list(data, trust=None, at=body.next_update + timedelta(seconds=1))
    assert verdict(report) == (UNSURE, SubIndication.TRY_LATER)
    assert "TRUST_LIST_STALE" in codes(report)
    trust = load_trust([("list", data)], late)
    assert trust.next_update == body.next_update
    # At the very moment it is not stale.
    exact = check_trust_list(data, trust=None, at=body.next_update)
    assert "TRUST_LIST_STALE" not in codes(exact)


def test_old_day(body: TrustListBody, signers: Any) -> None:
    """A list may be loaded to look from an earlier day; as a file of that day it is from the future."""
    data = signed(body, signers)
    earlier = body.issued - timedelta(days=500)
    assert load_trust([("list", data)], earlier).sequence == 7
    report = check_trust_list(data, trust=None, at=body.issued - timedelta(seconds=1))
    assert verdict(report) == (UNSURE, SubIndication.NOT_YET_VALID)


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


def pem(label: str, *ders: bytes) -> bytes:
    return b"".join(
        f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) + f"-----END {label}-----\n".encode()
        for der in ders
    )


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


def edited(data: bytes, edit: Any) -> bytes:
    value: Any = parse_json(data)
    edit(value)
    return canonical_json(value)


EDITS: dict[str, Any] = {
    "format": lambda v: v.update(format="yinxin-trust-list/2"),
    "extra member": lambda v: v.update(more=1),
    "list member missing": lambda v: v["list"].pop("crls"),
    "list member added": lambda v: v["list"].update(more=1),
    "no signature": lambda v: v.update(signatures=[]),
    "too many signatures": lambda v: v.update(signatures=v["signatures"] * 20),
    "signature member": lambda v: v["signatures"][0].update(more=1),
    "signature text": lambda v: v["signatures"][0].update(signature=1),
    "signature base64": lambda v: v["signatures"][0].update(signature="?"),
    "certificate of signature": lambda v: v["signatures"][0].update(certificate="MAA="),
    "sequence text": lambda v: v["list"].update(sequence="7"),
    "sequence true": lambda v: v["list"].update(sequence=True),
    "sequence negative": lambda v: v["list"].update(sequence=-1),
    "issued": lambda v: v["list"].update(issued="2026-08-01"),
    "issued with offset": lambda v: v["list"].update(issued="2026-08-01T12:00:00+08:00"),
    "issued no day": lambda v: v["list"].update(issued="2026-02-30T00:00:00Z"),
    "times in disorder": lambda v: v["list"].update(next_update="2020-01-01T00:00:00Z"),
    "publisher empty": lambda v: v["list"].update(publisher=""),
    "publisher of two lines": lambda v: v["list"].update(publisher="a\nb"),
    "hosts": lambda v: v["list"].update(hosts="a"),
    "host": lambda v: v["list"].update(hosts=[1]),
    "no anchors": lambda v: v["list"].update(anchors=[]),
    "anchor": lambda v: v["list"].update(anchors=["MAA="]),
    "anchor in PEM": lambda v: v["list"].update(
        anchors=[base64.b64encode(pem("CERTIFICATE", base64.b64decode(v["list"]["anchors"][0]))).decode()]
    ),
    "crl": lambda v: v["list"].update(crls=["MAA="]),
    "qr key of another kind": lambda v: v["list"]["qr_keys"][0].update(algorithm="ES256"),
    "qr key algorithm": lambda v: v["list"]["qr_keys"][0].update(algorithm="RSA"),
    "qr key": lambda v: v["list"]["qr_keys"][0].update(spki="MAA="),
    "qr key time": lambda v: v["list"]["qr_keys"][0].update(revoked_at=""),
    "qr key kinds": lambda v: v["list"]["qr_keys"][0].update(kinds=None),
    "log key algorithm": lambda v: v["list"]["log_keys"][0].update(algorithm="rsa"),
    "log key size": lambda v: v["list"]["log_keys"][0].update(key="MAA="),
    "log key": lambda v: v["list"]["log_keys"][1].update(key="MAA="),
}


@pytest.mark.parametrize("name", EDITS)
def test_malformed(body: TrustListBody, signers: Any, name: str) -> None:
    """Every member is of exactly one type, spelled in exactly one way."""
    data = edited(signed(body, signers), EDITS[name])
    with pytest.raises(TrustListInvalid):
        parse_trust_list(data)
    report = check_trust_list(data, trust=None, at=AT)
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)
    assert codes(report) == {"TRUST_LIST_MALFORMED"}


def test_only_the_canonical_spelling(body: TrustListBody, signers: Any) -> None:
    """White space or another order of members is another file."""
    data = signed(body, signers)
    for other in (data + b"\n", b" " + data, data.replace(b'":', b'": ', 1)):
        assert verdict(check_trust_list(other, trust=None, at=AT)) == (FAILED, SubIndication.FORMAT_FAILURE)


def test_writer_is_as_strict(body: TrustListBody) -> None:
    """A list that could not be read is not written."""
    changes: list[dict[str, Any]] = [
        {"anchors": ()},
        {"sequence": -1},
        {"publisher": ""},
        {"next_update": body.issued},
        {"log_keys": (LogKey("a", "ed25519", b""),)},
    ]
    for change in changes:
        with pytest.raises(TrustListInvalid):
            replace(body, **change)
    odd = replace(body, issued=body.issued.replace(microsecond=5))
    with pytest.raises(TrustListInvalid):
        odd.signed_bytes()


@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_flip_bytes(body: TrustListBody, signers: Any, bit: int) -> None:
    """Whatever byte changes, the verdict changes."""
    data = signed(body, signers)
    passed = []
    for at in range(0, len(data), 3 if bit == 0x01 else 7):
        broken = bytearray(data)
        broken[at] ^= bit
        if check_trust_list(bytes(broken), trust=None, at=AT).indication is PASSED:
            passed.append(at)
    assert passed == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Nothing but TrustListInvalid, and never a pass."""
    for content in (data, b'{"format":"yinxin-trust-list/1","list":' + data + b',"signatures":[]}'):
        assert check_trust_list(content, trust=None, at=AT).indication is not PASSED
        try:
            load_trust([("file", content)], AT)
        except TrustListInvalid:
            continue
