# SPDX-License-Identifier: Apache-2.0
"""The file of a trust list: one spelling, every member of one type, and no byte that does not count."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from verify import (
    LogKey,
    SubIndication,
    TrustListBody,
    TrustListInvalid,
    canonical_json,
    check_trust_list,
    parse_json,
    parse_trust_list,
)

from .conftest import AT, FAILED, PASSED, codes, pem, signed, verdict


def edited(data: bytes, edit: Any) -> bytes:
    value: Any = parse_json(data)
    edit(value)
    return canonical_json(value)


EDITS: dict[str, Any] = {
    "format": lambda v: v.update(format="yinxin-trust-list/1"),
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
    "qr key names nobody": lambda v: v["list"]["qr_keys"][0].update(authorities=None),
    "qr key reason": lambda v: v["list"]["qr_keys"][0].update(revocation_reason="a\nb"),
    "qr key alone until": lambda v: v["list"]["qr_keys"][0].update(dual_from=False),
    "ends before it is due": lambda v: v["list"].update(expires="2026-08-02T00:00:00Z"),
    "no end": lambda v: v["list"].pop("expires"),
    "witness": lambda v: v["list"]["witnesses"][0].update(key="MAA="),
    "quorum beyond the witnesses": lambda v: v["list"].update(quorum=2),
    "quorum negative": lambda v: v["list"].update(quorum=-1),
    "document status": lambda v: v["list"].update(document_status={}),
    "address of the document status": lambda v: v["list"]["document_status"].update(address="file:///etc"),
    "age of the document status": lambda v: v["list"]["document_status"].update(max_age=0),
    "seal makers missing": lambda v: v["list"].pop("seal_makers"),
    "log key": lambda v: v["list"]["log_keys"][1].update(key="MAA="),
}


def test_parse_and_encode_are_a_pair(body: TrustListBody, signers: Any) -> None:
    """What is read is what was written."""
    data = signed(body, signers)
    listed = parse_trust_list(data)
    assert listed.body == body
    assert listed.encode() == data


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
        {"expires": body.issued},
        {"quorum": 2},
        {"qr_keys": (replace(body.qr_keys[0], authorities=None),)},
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
    for at in range(bit % 5, len(data), 29 if bit == 0x01 else 31):
        broken = bytearray(data)
        broken[at] ^= bit
        if check_trust_list(bytes(broken), trust=None, at=AT).indication is PASSED:
            passed.append(at)
    assert passed == []
