# SPDX-License-Identifier: Apache-2.0
"""Evidence records (RFC 4998): trees of every size, both renewals, a second reader, and what is no proof."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from asn1crypto import algos, cms, core, tsp
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import Digest, HashAlgorithm, KeyKind, digest
from seal import (
    ArchiveRefused,
    ArchiveTree,
    first_record,
    refreshed_record,
    rehash_leaf,
    rehashed_record,
    renewal_leaf,
    renewed_record,
    stamp_root,
)
from verify import (
    EvidenceMalformed,
    Indication,
    SubIndication,
    check_evidence_record,
    check_file,
    parse_evidence_record,
)

from .conftest import SEALED, World

PASSED, UNSURE, FAILED = Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED
KINDS = [KeyKind.SM2, KeyKind.P256]
HOUR = timedelta(hours=1)


# The second reader: asn1crypto for the structure, hashlib and OpenSSL's SM3 for the hashes; nothing of ours.


class PartialHashtree(core.SequenceOf):
    _child_spec = core.OctetString


class ReducedHashtree(core.SequenceOf):
    _child_spec = PartialHashtree


class Attributes(core.SetOf):
    _child_spec = cms.CMSAttribute


class ArchiveTimeStamp(core.Sequence):
    _fields: ClassVar[Any] = [
        ("digest_algorithm", algos.DigestAlgorithm, {"implicit": 0, "optional": True}),
        ("attributes", Attributes, {"implicit": 1, "optional": True}),
        ("reduced_hashtree", ReducedHashtree, {"implicit": 2, "optional": True}),
        ("time_stamp", cms.ContentInfo),
    ]


class Chain(core.SequenceOf):
    _child_spec = ArchiveTimeStamp


class Chains(core.SequenceOf):
    _child_spec = Chain


class DigestAlgorithms(core.SequenceOf):
    _child_spec = algos.DigestAlgorithm


class Record(core.Sequence):
    _fields: ClassVar[Any] = [
        ("version", core.Integer),
        ("digest_algorithms", DigestAlgorithms),
        ("crypto_infos", core.SequenceOf, {"implicit": 0, "optional": True}),
        ("archive_time_stamp_sequence", Chains),
    ]


def hashed(name: str, data: bytes) -> bytes:
    if name == "1.2.156.10197.1.401":
        state = hashes.Hash(hashes.SM3())
        state.update(data)
        return state.finalize()
    return hashlib.new({"2.16.840.1.101.3.4.2.1": "sha256"}[name], data).digest()


def holds(der: bytes, document: bytes) -> bool:
    """RFC 4998 sections 4.3 and 5.3 without the paths of the time stamps."""
    record = Record.load(der, strict=True)
    older: list[bytes] = []
    for number, chain in enumerate(record["archive_time_stamp_sequence"]):
        name = chain[0]["digest_algorithm"]["algorithm"].dotted
        leaf = hashed(name, document)
        if number:
            leaf = hashed(name, leaf + hashed(name, Chains([Chain.load(one) for one in older]).dump()))
        for place, one in enumerate(chain):
            if place:
                leaf = hashed(name, chain[place - 1]["time_stamp"].dump())
            lists = [[leaf_.native for leaf_ in part] for part in one["reduced_hashtree"] or []]
            node = leaf
            for height, values in enumerate(lists):
                if height == 0 and leaf not in values:
                    return False
                if height:
                    values.append(node)
                node = hashed(name, b"".join(sorted(values)))
            signed = one["time_stamp"]["content"]
            info = tsp.TSTInfo.load(bytes(signed["encap_content_info"]["content"]))
            if info["message_imprint"]["hashed_message"].native != node:
                return False
        older.append(chain.dump())
    return True


def documents(count: int) -> list[bytes]:
    return [f"文书 {number}".encode() for number in range(count)]


def records_of(own: World, contents: Sequence[bytes], at: datetime) -> list[bytes]:
    tree = ArchiveTree(own.algorithm, [digest(own.algorithm, one).value for one in contents])
    token = stamp_root(tree, own.stamper(at), own.evidence(at))
    return [first_record(tree, number, token) for number in range(len(contents))]


def renewed(own: World, records: Sequence[bytes], at: datetime) -> list[bytes]:
    """Time-stamp renewal of many records in one stamp."""
    records = [refreshed_record(one, own.evidence(at)) for one in records]
    leaves = [renewal_leaf(one) for one in records]
    values = list(dict.fromkeys(one.value for one in leaves))
    tree = ArchiveTree(own.algorithm, values)
    token = stamp_root(tree, own.stamper(at), own.evidence(at))
    return [
        renewed_record(one, tree, values.index(leaf.value), token)
        for one, leaf in zip(records, leaves, strict=True)
    ]


def check(own: World, record: bytes, content: bytes, at: datetime) -> Any:
    return check_evidence_record(
        record, lambda algorithm: digest(algorithm, content), trust=own.trust(at), at=at
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 17])
def test_every_document_of_a_tree(world: Any, kind: KeyKind, count: int) -> None:
    own, contents = world(kind), documents(count)
    at = SEALED + HOUR
    for record, content in zip(records_of(own, contents, SEALED), contents, strict=True):
        report = check(own, record, content, at)
        assert report.indication is PASSED, [reason.en for reason in report.reasons]
        assert report.facts["proven_time"] == "2026-08-01T04:00:00Z"
        assert holds(record, content)
        other = check(own, record, content + b" ", at)
        assert (other.indication, other.sub_indication) == (FAILED, SubIndication.HASH_FAILURE)
        assert not holds(record, content + b" ")


@given(count=st.integers(1, 300), chosen=st.integers(0, 299))
@settings(max_examples=60, deadline=None)
def test_root_of_any_tree(count: int, chosen: int) -> None:
    """Whatever the number of leaves, each one's lists lead to the root by another way of computing."""
    leaves = [hashlib.sha256(b"%d" % number).digest() for number in range(count)]
    tree, number = ArchiveTree(HashAlgorithm.SHA256, leaves), chosen % count
    node = leaves[number]
    lists = tree.reduced(number)
    for height, values in enumerate(lists):
        assert list(values) == sorted(values)
        assert all(len(group) > (height == 0) for group in lists[height : height + 1])
        known = list(values) if height == 0 else [*values, node]
        assert height or node in known
        node = hashlib.sha256(b"".join(sorted(known))).digest()
    assert node == tree.root.value


@pytest.mark.parametrize("kind", KINDS)
def test_renewed_until_2040(world: Any, kind: KeyKind) -> None:
    """Six authorities followed each other; every older token is judged at the time of the next."""
    own, contents = world(kind), documents(3)
    records = records_of(own, contents, SEALED)
    for year in (2028, 2030, 2032, 2034, 2036, 2038):
        records = renewed(own, records, datetime(year, 6, 1, tzinfo=UTC))
    at = datetime(2040, 3, 1, tzinfo=UTC)
    for record, content in zip(records, contents, strict=True):
        report = check(own, record, content, at)
        assert report.indication is PASSED, [reason.en for reason in report.reasons]
        assert len(report.facts["time_stamps"]) == 7
        assert holds(record, content)
        assert check(own, record, content + b" ", at).indication is FAILED


@pytest.mark.parametrize("kind", KINDS)
def test_not_renewed_in_time(world: Any, kind: KeyKind) -> None:
    own, contents = world(kind), documents(2)
    records = records_of(own, contents, SEALED)
    late = datetime(2030, 6, 1, tzinfo=UTC)
    assert check(own, records[0], contents[0], late).indication is UNSURE
    record = renewed(own, records, late)[0]
    assert check(own, record, contents[0], late + HOUR).indication is UNSURE


def test_another_digest(world: Any) -> None:
    """Hash-tree renewal: from SHA-256 to SM3, over the document and the chain before."""
    old, new = world(KeyKind.P256), world(KeyKind.SM2)
    contents = documents(3)
    at = SEALED + timedelta(days=1)
    records = [refreshed_record(one, old.evidence(at)) for one in records_of(old, contents, SEALED)]
    digests = [digest(HashAlgorithm.SM3, one) for one in contents]
    tree = ArchiveTree(
        HashAlgorithm.SM3,
        [rehash_leaf(record, one).value for record, one in zip(records, digests, strict=True)],
    )
    token = stamp_root(tree, new.stamper(at), new.evidence(at))
    from dataclasses import replace

    trust = replace(
        old.trust(),
        anchors=(old.root.certificate, new.root.certificate),
        crls=(*old.lists(at), *new.lists(at)),
    )
    for number, record in enumerate(records):
        made = rehashed_record(record, digests[number], tree, number, token)
        report = check_evidence_record(
            made,
            lambda algorithm, number=number: digest(algorithm, contents[number]),
            trust=trust,
            at=at + HOUR,
        )
        assert report.indication is PASSED, [reason.en for reason in report.reasons]
        assert report.facts["chains"] == 2
        assert holds(made, contents[number])
        # A time stamp more in the new chain, over the token before it.
        again = renewed(new, [made], at + HOUR)[0]
        assert holds(again, contents[number])
    with pytest.raises(ArchiveRefused):
        rehashed_record(records[0], digests[1], tree, 0, token)


@pytest.mark.parametrize("kind", KINDS)
def test_dropped_from_file(world: Any, kind: KeyKind) -> None:
    """``check_file`` knows a record by its content, and says no without the document beside it."""
    own, contents = world(kind), documents(4)
    record, at = records_of(own, contents, SEALED)[2], SEALED + HOUR
    report = check_file(
        record, trust=own.trust(at), at=at, content=lambda algorithm: digest(algorithm, contents[2])
    )
    assert (report.kind, report.indication) == ("evidence-record", PASSED)
    alone = check_file(record, trust=own.trust(at), at=at)
    assert (alone.indication, alone.sub_indication) == (UNSURE, SubIndication.SIGNED_DATA_NOT_FOUND)


def test_what_is_refused(world: Any) -> None:
    own = world(KeyKind.P256)
    with pytest.raises(ArchiveRefused):
        ArchiveTree(HashAlgorithm.SM3, [])
    with pytest.raises(ArchiveRefused):
        ArchiveTree(HashAlgorithm.SM3, [b"short"])
    tree = ArchiveTree(own.algorithm, [bytes(32)])
    with pytest.raises(ArchiveRefused):
        tree.reduced(1)
    record = records_of(own, documents(2), SEALED)[0]
    with pytest.raises(ArchiveRefused):
        renewed_record(record, tree, 0, b"")
    with pytest.raises(ArchiveRefused):
        renewal_leaf(b"no record")


def test_token_of_another_tree(world: Any) -> None:
    """A genuine token of the same authority, over another root."""
    own, contents = world(KeyKind.SM2), documents(2)
    tree = ArchiveTree(own.algorithm, [digest(own.algorithm, one).value for one in contents])
    other = ArchiveTree(own.algorithm, [digest(own.algorithm, b"x").value])
    token = stamp_root(other, own.stamper(SEALED), own.evidence(SEALED))
    report = check(own, first_record(tree, 0, token), contents[0], SEALED + HOUR)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.HASH_FAILURE)


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bytes(world: Any, kind: KeyKind) -> None:
    """One bit anywhere: no pass but in certificates and lists of the last token, and never an exception."""
    own, contents = world(kind), documents(5)
    record = records_of(own, contents, SEALED)[1]
    tsa, at = own.tsa(SEALED), SEALED + HOUR
    loose = []
    for der in (
        own.root.certificate.der,
        own.seal.certificate.der,
        own.issuing.certificate.der,
        tsa.certificate.der,
        *(one.der for one in own.lists(SEALED)),
    ):
        found = record.find(der)
        loose.append(range(found, found + len(der)))
    for place in range(0, len(record), 11):
        changed = bytearray(record)
        changed[place] ^= 0x01
        report = check(own, bytes(changed), contents[1], at)
        if report.indication is PASSED:
            assert any(place in one for one in loose), place


@given(data=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes(data: bytes) -> None:
    for one in (data, b"\x30" + bytes([len(data) % 128]) + data, b"\x30\x05\x02\x01\x01\x30\x00" + data):
        try:
            parse_evidence_record(one)
        except EvidenceMalformed:
            continue
        raise AssertionError("that was no record")


def test_limits(world: Any) -> None:
    """More lists, chains or bytes than anybody needs are refused before any work."""
    own = world(KeyKind.P256)
    record = records_of(own, [b"x"], SEALED)[0]
    with pytest.raises(EvidenceMalformed):
        parse_evidence_record(record + bytes(4 * 1024 * 1024))
    loaded = Record.load(record)
    chain = loaded["archive_time_stamp_sequence"][0]
    many = Record(
        {
            "version": 1,
            "digest_algorithms": loaded["digest_algorithms"],
            "archive_time_stamp_sequence": [chain] * 33,
        }
    ).dump()
    with pytest.raises(EvidenceMalformed):
        parse_evidence_record(many)
    assert isinstance(Digest(HashAlgorithm.SM3, bytes(32)), Digest)


def test_a_digest_under_the_tag_of_attributes(world: Any) -> None:
    """[0] made [1]: the digest would be that of the time stamp, silently, and the octets no attributes."""
    record = records_of(world(KeyKind.SM2), [b"x"], SEALED)[0]
    at = record.index(b"\xa0\x0c\x06\x08")
    with pytest.raises(EvidenceMalformed):
        parse_evidence_record(record[:at] + b"\xa1" + record[at + 1 :])


@pytest.mark.slow
def test_a_hundred_thousand(world: Any) -> None:
    own = world(KeyKind.SM2)
    leaves = [number.to_bytes(32) for number in range(100_000)]
    tree = ArchiveTree(own.algorithm, leaves)
    token = stamp_root(tree, own.stamper(SEALED), own.evidence(SEALED))
    record = parse_evidence_record(first_record(tree, 77_777, token))
    assert len(record.chains[0][0].lists) == 17 - 1
