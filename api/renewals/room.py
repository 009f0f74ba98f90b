# SPDX-License-Identifier: Apache-2.0
"""Evidence records over all stored documents: one time stamp for many, renewed before its authority ends.

A file that was issued never changes, for its digest is in the public log; what is renewed stands beside it
(RFC 4998).  Killed anywhere before the last transaction, a time stamp was spent and nothing else happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keys import Digest, HashAlgorithm
from seal import ArchiveTree, Evidence, record_of, refreshed_record, renewal_leaf, stamp_root
from verify import Indication, Trust, check_evidence_record, parse_evidence_record, parse_timestamp

from ..database import Database
from ..ledger import Ledger
from . import store
from .errors import EvidenceDidNotVerify, NoEvidenceYet

LABEL, ALGORITHM = "tsa-sm2", HashAlgorithm.SM3
MOST_TOGETHER: Final = 100_000
"""Documents in one batch, for one transaction writes them."""
GATHERED: Final = timedelta(days=1)
"""How long the oldest document waits for company before a batch is made by itself."""
AHEAD: Final = timedelta(days=90)
"""How long before its authority's certificate ends a time stamp is renewed."""
LOOKED_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RenewalPorts:
    """``authority``: what shows later that the time-stamping authority was good, its certificate first."""

    database: Database
    ledger: Ledger
    stamp: Callable[[str, Digest], bytes]
    authority: Callable[[str], Evidence]
    trust: Callable[[], Trust]
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Due:
    """What there is to do: documents in no batch, and batches whose last time stamp ends soon."""

    documents: int
    oldest: datetime | None
    batches: tuple[tuple[str, datetime], ...]


class Renewals:
    """Makes, renews and hands out evidence records."""

    def __init__(self, ports: RenewalPorts) -> None:
        self._ports = ports
        self._looked: datetime | None = None

    def due(self, *, ahead: timedelta = AHEAD) -> Due:
        """Up to :data:`MOST_TOGETHER` documents, and the batches that end within ``ahead``."""
        with self._ports.database.read() as connection:
            waiting = store.uncovered(connection, most=MOST_TOGETHER)
            ends = store.last_stamps(connection)
        limit = self._ports.clock() + ahead
        return Due(
            documents=len(waiting),
            oldest=waiting[0].issued_at if waiting else None,
            batches=tuple(one for one in ends if one[1] <= limit),
        )

    def cover(self) -> int:
        """One batch over the documents that wait; how many.  Raises what the authority raises."""
        ports = self._ports
        with ports.database.read() as connection:
            waiting = store.uncovered(connection, most=MOST_TOGETHER)
        if not waiting:
            return 0
        # 1. A tree, and one time stamp over all of it.
        tree = ArchiveTree(ALGORITHM, [bytes.fromhex(one.sm3) for one in waiting])
        batch_id, evidence = ports.random(16).hex(), ports.authority(LABEL)
        token = stamp_root(tree, lambda digest: ports.stamp(LABEL, digest), evidence)
        # 2. The reader decides, not the writer.
        self._require(record_of(ALGORITHM, tree.reduced(0), [token]), waiting[0].sm3)
        # 3. All of it in one transaction.
        members = [
            {"document_id": one.id, "batch_id": batch_id, "lists": store.packed(tree.reduced(number))}
            for number, one in enumerate(waiting)
        ]
        values = {
            "id": batch_id,
            "algorithm": ALGORITHM.value,
            "root": tree.root.hex,
            "documents": len(waiting),
            "made_at": ports.clock(),
        }
        with ports.ledger.transaction() as tx:
            store.add_batch(tx, values, self._stamp(batch_id, 1, token, evidence), members)
        return len(waiting)

    def renew(self, batch_id: str) -> None:
        """One more time stamp over the last one of a batch: it renews all of its documents at once."""
        ports = self._ports
        with ports.database.read() as connection:
            stamps = store.stamps_of(connection, batch_id)
            one = store.any_member(connection, batch_id)
        lists, evidence = store.unpacked(one.lists, ALGORITHM), ports.authority(LABEL)
        # 1. Evidence of today goes into the last token, so that the new one covers it.
        before = record_of(ALGORITHM, lists, [each.token for each in stamps])
        fresh = refreshed_record(before, evidence)
        last = parse_evidence_record(fresh).chains[-1][-1].token
        # 2. The new time stamp, and a look at the whole.
        tree = ArchiveTree(ALGORITHM, [renewal_leaf(fresh).value])
        token = stamp_root(tree, lambda digest: ports.stamp(LABEL, digest), evidence)
        tokens = [*(each.token for each in stamps[:-1]), last, token]
        self._require(record_of(ALGORITHM, lists, tokens), one.sm3)
        # 3. Both in one transaction.
        newest = stamps[-1]
        with ports.ledger.transaction() as tx:
            if last != newest.token:
                kept = store.Stamp(batch_id, newest.number, last, newest.stamped_at, newest.good_until)
                store.refresh_stamp(tx, kept)
            store.add_stamp(tx, self._stamp(batch_id, newest.number + 1, token, evidence))

    def record(self, document_id: str) -> bytes:
        """The evidence record of a document, DER (RFC 4998).  Raises :class:`NoEvidenceYet`."""
        with self._ports.database.read() as connection:
            row = store.member(connection, document_id)
            if row is None:
                raise NoEvidenceYet(document_id)
            stamps = store.stamps_of(connection, row.batch_id)
        return record_of(ALGORITHM, store.unpacked(row.lists, ALGORITHM), [one.token for one in stamps])

    def do_chores(self) -> None:
        """Cover what has waited for a day, renew what ends soon; looked at once an hour."""
        at = self._ports.clock()
        if self._looked is not None and at - self._looked < LOOKED_EVERY:
            return
        self._looked = at  # what fails is tried again in an hour, and stops nothing else until then
        found = self.due()
        if found.oldest is not None and found.oldest <= at - GATHERED:
            self.cover()
        for batch_id, _ in found.batches:
            self.renew(batch_id)

    def _stamp(self, batch_id: str, number: int, token: bytes, evidence: Evidence) -> store.Stamp:
        info = parse_timestamp(token).info
        return store.Stamp(batch_id, number, token, info.at, evidence.certificates[0].not_after)

    def _require(self, record: bytes, sm3: str) -> None:
        known = Digest(ALGORITHM, bytes.fromhex(sm3))
        report = check_evidence_record(
            record, lambda _: known, trust=self._ports.trust(), at=self._ports.clock()
        )
        if report.indication is not Indication.TOTAL_PASSED:
            raise EvidenceDidNotVerify(tuple(reason.code for reason in report.reasons))
