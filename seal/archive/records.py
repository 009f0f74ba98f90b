# SPDX-License-Identifier: Apache-2.0
"""Write evidence records: the first, one more time stamp, one more chain.  RFC 4998 sections 3.1, 4.2, 5.2.

Each token gets certificates and revocation lists into its own SignedData when it is made, and those of the
day before another one is laid over it, so that it can be judged when its authority is gone.  Whatever was
stamped is copied as it stands and never encoded again; what is written is read back with :mod:`verify`.
"""

from __future__ import annotations

from collections.abc import Sequence

from keys import Digest, HashAlgorithm, KeysError, digest
from keys.der import explicit, implicit, integer, octets, read_only, sequence, set_of
from verify import (
    EvidenceMalformed,
    EvidenceRecord,
    TimestampMalformed,
    parse_evidence_record,
    parse_timestamp,
)

from ..long_term.evidence import Evidence
from ..timestamping import Timestamper, token_over
from .errors import ArchiveRefused
from .tree import ArchiveTree

_CERTIFICATES, _LISTS = 0xA0, 0xA1
_DIGEST, _TREE = 0, 2


def stamp_root(tree: ArchiveTree, timestamper: Timestamper, evidence: Evidence) -> bytes:
    """A token over the root, with the evidence inside.

    Raises :class:`TimestampUnfit`, what the authority raises, and :class:`ArchiveRefused` for evidence that
    is too large for a token.
    """
    enriched = _enriched(token_over(tree.root, timestamper), evidence)
    try:
        found = parse_timestamp(enriched)
    except TimestampMalformed as error:
        raise ArchiveRefused(f"evidence that does not fit into a time stamp: {error}") from error
    if found.info.digest != tree.root:
        raise ArchiveRefused("the time stamp changed while evidence was added")
    return enriched


def first_record(tree: ArchiveTree, number: int, token: bytes) -> bytes:
    """The record of document ``number`` of the tree; ``token`` from :func:`stamp_root`."""
    chain = sequence(_archive_timestamp(tree, number, token))
    return _written([tree.algorithm], [chain])


def record_of(algorithm: HashAlgorithm, lists: Sequence[Sequence[bytes]], tokens: Sequence[bytes]) -> bytes:
    """The record of a document, put together: its lists, and the tokens of one chain, oldest first.

    For whoever keeps the tokens of many documents once.
    """
    first, *later = tokens
    stated = implicit(_DIGEST, algorithm.algorithm_identifier())
    chain = sequence(_stamped(stated, lists, first), *(sequence(stated, one) for one in later))
    return _written([algorithm], [chain])


def refreshed_record(record: bytes, evidence: Evidence) -> bytes:
    """The record with evidence of today in its last token: the first step of a renewal (section 5.2).

    Only what no signature covers changes; records that share their last token still share it.
    """
    found = _read(record)
    last = found.chains[-1][-1]
    token = _enriched(last.token, evidence)
    try:
        parse_timestamp(token)
    except TimestampMalformed as error:
        raise ArchiveRefused(f"evidence that does not fit into a time stamp: {error}") from error
    *before, final = read_only(found.encoded[-1]).children()
    kept = [one.raw for one in final.children()[:-1]]
    chain = sequence(*(one.raw for one in before), sequence(*kept, token))
    return _written(found.algorithms, [*found.encoded[:-1], chain])


def renewal_leaf(record: bytes) -> Digest:
    """What a new time stamp must cover to renew the last one: the hash of its token (time-stamp renewal).

    Of a record from :func:`refreshed_record`: what is not inside by then is not covered.
    """
    last = _read(record).chains[-1][-1]
    return digest(last.algorithm, last.token)


def renewed_record(record: bytes, tree: ArchiveTree, number: int, token: bytes) -> bytes:
    """One more time stamp in the last chain.  Raises :class:`ArchiveRefused` for a tree without it."""
    found = _read(record)
    leaf = renewal_leaf(record)
    if tree.algorithm is not leaf.algorithm or tree.leaf(number) != leaf.value:
        raise ArchiveRefused("the tree does not hold the last time stamp of this record")
    last = read_only(found.encoded[-1])
    chain = sequence(*(one.raw for one in last.children()), _archive_timestamp(tree, number, token))
    return _written(found.algorithms, [*found.encoded[:-1], chain])


def rehash_leaf(record: bytes, content: Digest) -> Digest:
    """What starts a new chain (hash-tree renewal): the document in the new digest, and all chains so far.

    ``content``: the document's digest in an algorithm that is still strong.
    """
    older = digest(content.algorithm, sequence(*_read(record).encoded))
    return digest(content.algorithm, content.value + older.value)


def rehashed_record(record: bytes, content: Digest, tree: ArchiveTree, number: int, token: bytes) -> bytes:
    """One more chain.  Raises :class:`ArchiveRefused` unless the leaf is in the tree."""
    found = _read(record)
    if tree.algorithm is not content.algorithm or tree.leaf(number) != rehash_leaf(record, content).value:
        raise ArchiveRefused("the tree does not hold this document with its record")
    chain = sequence(_archive_timestamp(tree, number, token))
    algorithms = tuple(dict.fromkeys((*found.algorithms, tree.algorithm)))
    return _written(algorithms, [*found.encoded, chain])


def _read(record: bytes) -> EvidenceRecord:
    try:
        return parse_evidence_record(record)
    except EvidenceMalformed as error:
        raise ArchiveRefused(str(error)) from error


def _archive_timestamp(tree: ArchiveTree, number: int, token: bytes) -> bytes:
    return _stamped(implicit(_DIGEST, tree.algorithm.algorithm_identifier()), tree.reduced(number), token)


def _stamped(stated: bytes, lists: Sequence[Sequence[bytes]], token: bytes) -> bytes:
    written = [sequence(*(octets(one) for one in values)) for values in lists]
    reduced = implicit(_TREE, sequence(*written)) if written else b""
    return sequence(stated, reduced, token)


def _written(algorithms: Sequence[HashAlgorithm], chains: Sequence[bytes]) -> bytes:
    listed = sequence(*(one.algorithm_identifier() for one in algorithms))
    record = sequence(integer(1), listed, sequence(*chains))
    _read(record)
    return record


def _enriched(token: bytes, evidence: Evidence) -> bytes:
    """The token with more certificates and lists (RFC 5652 section 5.1); what is signed stays as it is."""
    try:
        kind, wrapped = read_only(token).children()
        parts = list(read_only(wrapped.content).children())
    except (KeysError, ValueError) as error:
        raise ArchiveRefused("a token that is no ContentInfo") from error
    head, rest = parts[:3], parts[3:]
    held = {_CERTIFICATES: list[bytes](), _LISTS: list[bytes]()}
    while rest and rest[0].tag in held:
        held[rest[0].tag] += [one.raw for one in rest[0].children()]
        rest = rest[1:]
    certificates = dict.fromkeys((*held[_CERTIFICATES], *(one.der for one in evidence.certificates)))
    lists = dict.fromkeys((*held[_LISTS], *(one.der for one in evidence.crls)))
    written = [one.raw for one in head]
    if certificates:
        written.append(implicit(0, set_of(*certificates)))
    if lists:
        written.append(implicit(1, set_of(*lists)))
    signed = sequence(*written, *(one.raw for one in rest))
    return sequence(kind.raw, explicit(0, signed))
