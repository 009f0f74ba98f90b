# SPDX-License-Identifier: Apache-2.0
"""EvidenceRecord as it stands in the bytes: RFC 4998 sections 3.1, 4.1 and 5.1, structure only.

The module has implicit tags.  Stricter than the standard: DER throughout, allowed digests only, every hash of
the length of its algorithm, limits on everything that is listed.  Encrypted archives (``encryptionInfo``) are
refused: what was stamped would not be what is at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from keys import HashAlgorithm, KeysError, parse_hash
from keys.der import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Tlv,
    as_integer,
    as_octets,
    as_oid,
    expect,
    read_only,
)

from ..timestamp import Timestamp, TimestampMalformed, parse_timestamp
from .errors import EvidenceMalformed

LARGEST: Final = 4 * 1024 * 1024
MOST_ALGORITHMS: Final = 16
MOST_CHAINS: Final = 32
MOST_TIMESTAMPS: Final = 128
"""In all chains together."""
DEEPEST_TREE: Final = 64
WIDEST_LIST: Final = 1024
MOST_ATTRIBUTES: Final = 32
_CRYPTO, _ENCRYPTION, _DIGEST, _ATTRIBUTES, _TREE = 0xA0, 0xA1, 0xA0, 0xA1, 0xA2


@dataclass(frozen=True, slots=True)
class ArchiveTimestamp:
    """One time stamp over a hash tree.  ``lists``: the reduced tree, empty when one hash alone was stamped.

    ``token``: the bytes of ``timeStamp``, which a renewal hashes.
    """

    algorithm: HashAlgorithm
    lists: tuple[tuple[bytes, ...], ...]
    timestamp: Timestamp = field(repr=False)
    token: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """Nothing is verified by having one.  ``encoded``: each chain as it stands in the bytes."""

    algorithms: tuple[HashAlgorithm, ...]
    chains: tuple[tuple[ArchiveTimestamp, ...], ...]
    encoded: tuple[bytes, ...] = field(repr=False)


def parse_evidence_record(der: bytes) -> EvidenceRecord:
    """Raises :class:`EvidenceMalformed`."""
    if len(der) > LARGEST:
        raise EvidenceMalformed(field="(all)", rule=f"at most {LARGEST} bytes")
    try:
        return _record(read_only(der))
    except KeysError as error:
        raise EvidenceMalformed(field="(all)", rule=f"not DER of the right shape: {error}") from error


def _record(tlv: Tlv) -> EvidenceRecord:
    parts = list(expect(tlv, SEQUENCE).children())
    if len(parts) < 3 or as_integer(expect(parts.pop(0), INTEGER)) != 1:
        raise EvidenceMalformed(field="version", rule="must be 1")
    algorithms = _listed(expect(parts.pop(0), SEQUENCE), MOST_ALGORITHMS, "digestAlgorithms")
    if parts[0].tag == _CRYPTO:
        for one in _listed(parts.pop(0), MOST_ATTRIBUTES, "cryptoInfos"):
            _require_attribute(one)
    if parts and parts[0].tag == _ENCRYPTION:
        raise EvidenceMalformed(field="encryptionInfo", rule="encrypted archives are not read")
    if len(parts) != 1:
        raise EvidenceMalformed(field="EvidenceRecord", rule="ends with archiveTimeStampSequence")
    chains = _listed(expect(parts[0], SEQUENCE), MOST_CHAINS, "archiveTimeStampSequence")
    stamps = [_listed(expect(one, SEQUENCE), MOST_TIMESTAMPS, "archiveTimeStampChain") for one in chains]
    if sum(len(one) for one in stamps) > MOST_TIMESTAMPS:
        raise EvidenceMalformed(field="archiveTimeStampSequence", rule=f"at most {MOST_TIMESTAMPS} in all")
    return EvidenceRecord(
        algorithms=tuple(_hash(one, "digestAlgorithms") for one in algorithms),
        chains=tuple(tuple(_archive_timestamp(one) for one in chain) for chain in stamps),
        encoded=tuple(one.raw for one in chains),
    )


def _archive_timestamp(tlv: Tlv) -> ArchiveTimestamp:
    parts = list(expect(tlv, SEQUENCE).children())
    if not parts:
        raise EvidenceMalformed(field="ArchiveTimeStamp", rule="has a time stamp")
    stated = None
    if parts[0].tag == _DIGEST:
        # IMPLICIT: the tag stands in place of that of the sequence.
        stated = _hash(read_only(bytes([SEQUENCE]) + parts.pop(0).raw[1:]), "digestAlgorithm")
    if parts and parts[0].tag == _ATTRIBUTES:
        for one in _listed(parts.pop(0), MOST_ATTRIBUTES, "attributes"):
            _require_attribute(one)
    lists: tuple[Tlv, ...] = ()
    if parts and parts[0].tag == _TREE:
        lists = _listed(parts.pop(0), DEEPEST_TREE, "reducedHashtree")
    if len(parts) != 1:
        raise EvidenceMalformed(field="ArchiveTimeStamp", rule="ends with timeStamp")
    token = parts[0].raw
    try:
        timestamp = parse_timestamp(token)
    except TimestampMalformed as error:
        raise EvidenceMalformed(field="timeStamp", rule=str(error)) from error
    if timestamp.token != token:
        raise EvidenceMalformed(field="timeStamp", rule="a token, not a response")
    # Without a stated algorithm it is that of the time stamp (section 4.1).
    algorithm = stated or timestamp.info.digest.algorithm
    return ArchiveTimestamp(algorithm, tuple(_values(one, algorithm) for one in lists), timestamp, token)


def _require_attribute(tlv: Tlv) -> None:
    """Nothing stamps attributes and nothing is read there, but something else must not pass for one."""
    parts = expect(tlv, SEQUENCE).children()
    if len(parts) != 2:
        raise EvidenceMalformed(field="attributes", rule="a type and its values")
    as_oid(expect(parts[0], OID))
    expect(parts[1], SET)


def _values(tlv: Tlv, algorithm: HashAlgorithm) -> tuple[bytes, ...]:
    values = tuple(
        as_octets(expect(one, OCTET_STRING))
        for one in _listed(expect(tlv, SEQUENCE), WIDEST_LIST, "partialHashtree")
    )
    if any(len(one) != algorithm.size for one in values):
        raise EvidenceMalformed(field="partialHashtree", rule=f"hashes of {algorithm.size} bytes")
    return values


def _listed(tlv: Tlv, most: int, name: str) -> tuple[Tlv, ...]:
    found: Sequence[Tlv] = tlv.children()
    if not 1 <= len(found) <= most:
        raise EvidenceMalformed(field=name, rule=f"1 to {most} elements")
    return tuple(found)


def _hash(tlv: Tlv, name: str) -> HashAlgorithm:
    try:
        return parse_hash(expect(tlv, SEQUENCE).raw)
    except KeysError as error:
        raise EvidenceMalformed(field=name, rule=f"an allowed digest: {error}") from error
