# SPDX-License-Identifier: Apache-2.0
"""Cases of one agency: looked at, approved and sealed, or sent back — each once.

The order of an approval is the order of docs/architecture.md: who, which seal, what for, now (a refusal is in
the ledger); the filed files once more; the document composed; intent, seal, check; and in one transaction the
document, its ledger entry and the decision.  A second click finds the decision, before that transaction or
inside it, and issues nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from relying import DocumentType, Order
from verify import Indication, Report

from ..documents import REHEARSAL, Issued, IssueOrder, compose_numbered
from ..ledger import Transaction
from ..plugins import NoSuchDeclaration
from ..seals import Use
from ..submissions import (
    NoSuchSubmission,
    SealedFiles,
    State,
    Submission,
    change,
    check_sealed,
    read_row,
    require_submission_in_log,
    words_of,
)
from .errors import AlreadyDecided, NothingToIssue, SealedFilesRefused
from .model import Officer, parse_reason
from .ports import DeskPorts

LATELY = 50
"""How many decided cases are listed."""


class Desk:
    """What officers do."""

    def __init__(self, ports: DeskPorts) -> None:
        self._ports = ports

    def waiting(self, agency: str) -> tuple[Submission, ...]:
        """What waits for a decision, oldest first, without items."""
        return self._ports.submissions.waiting_for(agency)

    def decided(self, agency: str, *, most: int = LATELY) -> tuple[Submission, ...]:
        """What was decided, newest first, without items."""
        return self._ports.submissions.decided_by(agency, most=most)

    def case(self, submission_id: str, agency: str) -> Submission:
        """One case; what is addressed elsewhere does not exist here (:class:`NoSuchSubmission`)."""
        return self._ports.submissions.visible(submission_id, agency=agency)

    def verdicts(self, found: Submission) -> dict[str, Report]:
        """The verdict on each file of a case as it is stored now, by item id."""
        return self._check(self._ports.submissions.sealed_files(found.submission_id), self._ports.clock())

    def approve(self, submission_id: str, seal_id: str, officer: Officer) -> Issued:
        """Approve a case and issue its document under ``seal_id``.

        Raises :class:`AlreadyDecided`, with the document of the first decision, when it is not the first.
        """
        ports, at = self._ports, self._ports.clock()
        found = self._open(submission_id, officer)
        document = self._document(found)
        # 1. May this officer use this seal for this, now?  A refusal leaves its trace.
        seal = ports.seals.get(seal_id)
        use = Use(
            officer=officer.account_id,
            agency=officer.agency,
            seal_id=seal_id,
            holder=seal.holder,
            document_type=document.name,
            case=found.number or submission_id,
            purpose=document.zh,
            act=submission_id,
        )
        warrant = ports.warrants.authorise(use)
        # 2. What was filed must still be what the applicant sealed.
        files = ports.submissions.sealed_files(submission_id)
        self._require_passed(files, at)
        # 3. The document, once, from what was just checked.
        checked = files.submission
        order = Order(
            holder=checked.applicant, issuer=seal.holder, data=checked.data, sequence=REHEARSAL, at=at
        )
        made = compose_numbered(ports.modules, ports.ledger, document.name, order)

        def within(tx: Transaction, document_id: str) -> None:
            _require_open(tx, submission_id)
            decision = {**_decided(State.APPROVED, officer, at), "document_id": document_id}
            change(
                tx,
                submission_id,
                decision,
                kind="submission.approved",
                body={"form": found.form, "document_id": document_id},
            )

        return ports.issuing.issue(
            IssueOrder(
                type=document.name,
                title=document.zh,
                code=document.code,
                made=made,
                seal=ports.seals.open(seal_id),
                at=at,
                submission_id=submission_id,
                officer=officer.account_id,
                warrant=warrant,
            ),
            within=within,
        )

    def send_back(self, submission_id: str, reason: str, officer: Officer) -> Submission:
        """Return a case to its applicant, who reads the reason.  Raises :class:`AlreadyDecided`."""
        words = parse_reason(reason)
        found = self._open(submission_id, officer)
        with self._ports.ledger.transaction() as tx:
            _require_open(tx, submission_id)
            decision = {**_decided(State.RETURNED, officer, self._ports.clock()), "reason": words}
            change(tx, submission_id, decision, kind="submission.returned", body={"form": found.form})
        return self.case(submission_id, officer.agency)

    def _open(self, submission_id: str, officer: Officer) -> Submission:
        found = self.case(submission_id, officer.agency)
        if found.state is not State.SEALED:
            raise AlreadyDecided(submission_id, state=found.state.value, document_id=found.document_id)
        return found

    def _document(self, found: Submission) -> DocumentType:
        try:
            issues = self._ports.modules.form(found.form).issues
            if issues:
                return self._ports.modules.document(issues)
        except NoSuchDeclaration as error:
            raise NothingToIssue(found.form) from error
        raise NothingToIssue(found.form)

    def _check(self, files: SealedFiles, at: datetime) -> dict[str, Report]:
        return check_sealed(files, trust=self._ports.trust(), at=at)

    def _require_passed(self, files: SealedFiles, at: datetime) -> None:
        names = {item.item_id: item.title for item in files.submission.items}
        why = {
            names[item_id]: words_of(report)
            for item_id, report in self._check(files, at).items()
            if report.indication is not Indication.TOTAL_PASSED
        }
        if why or not names:
            raise SealedFilesRefused(files.submission.submission_id, why)


def _decided(state: State, officer: Officer, at: datetime) -> Mapping[str, object]:
    return {"state": state.value, "decided_at": at, "decided_by": officer.account_id}


def _require_open(tx: Transaction, submission_id: str) -> None:
    row = read_row(tx.connection, submission_id)
    if row.state == State.SEALED.value:
        # What is decided now is committed to anew: an edit made before must not slip in with it.
        require_submission_in_log(tx.connection, submission_id)
        return
    if row.state in (State.APPROVED.value, State.RETURNED.value):
        raise AlreadyDecided(submission_id, state=row.state, document_id=row.document_id)
    raise NoSuchSubmission(submission_id)
