# SPDX-License-Identifier: Apache-2.0
"""Submissions as the rest of the service uses them: prepare, seal, show, expire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select

from ..database.tables_sealing import submissions as table
from ..documents import get_file
from .checking import SealedFiles
from .errors import NoSuchItem, NoSuchSubmission
from .expiring import expire_old
from .model import FILED, FORM_ITEM, Applicant, Filing, State, Submission
from .ports import SubmissionPorts
from .preparing import prepare
from .sealing import seal
from .store import list_submissions, read_row, read_submission

MOST_WAITING = 1000
"""An officer's list ends here; the rest shows as cases are decided."""


class Submissions:
    """What applicants prepare, seal and file.  One applicant never learns of another's."""

    def __init__(self, ports: SubmissionPorts) -> None:
        self._ports = ports

    def prepare(self, filing: Filing, applicant: Applicant) -> Submission:
        """See :func:`.preparing.prepare`."""
        return prepare(self._ports, filing, applicant)

    def seal(self, submission_id: str, signatures: Mapping[str, bytes], applicant: Applicant) -> Submission:
        """See :func:`.sealing.seal`."""
        return seal(self._ports, submission_id, signatures, applicant)

    def visible(
        self, submission_id: str, *, applicant: Applicant | None = None, agency: str = ""
    ) -> Submission:
        """One submission, for its applicant at any time and for the agency addressed once it is filed."""
        with self._ports.database.read() as connection:
            found = read_submission(connection, submission_id)
        mine = applicant is not None and found.applicant == applicant.holder
        addressed = bool(agency) and found.agency == agency and found.state in FILED
        if not mine and not addressed:
            raise NoSuchSubmission(submission_id)
        return found

    def filed(self, submission_id: str) -> Submission:
        """One that was filed, for whoever runs the service.  Raises :class:`NoSuchSubmission`."""
        with self._ports.database.read() as connection:
            found = read_submission(connection, submission_id)
        if found.state not in FILED:
            raise NoSuchSubmission(submission_id)
        return found

    def of(self, applicant: Applicant) -> tuple[Submission, ...]:
        """Everything of this applicant that did not expire, newest first, without items."""
        query = (
            select(table)
            .where(table.c.applicant == applicant.holder, table.c.state != State.EXPIRED.value)
            .order_by(table.c.prepared_at.desc(), table.c.id)
        )
        with self._ports.database.read() as connection:
            return list_submissions(connection, query)

    def waiting_for(self, agency: str) -> tuple[Submission, ...]:
        """What was filed with an agency and is not decided, oldest first, without items."""
        return self._addressed(agency, State.SEALED, order=table.c.sealed_at, most=MOST_WAITING)

    def decided_by(self, agency: str, *, most: int) -> tuple[Submission, ...]:
        """What an agency decided, newest first, without items."""
        order = table.c.decided_at.desc()
        return self._addressed(agency, State.APPROVED, State.RETURNED, order=order, most=most)

    def _addressed(
        self, agency: str, *states: State, order: ColumnElement[Any], most: int
    ) -> tuple[Submission, ...]:
        query = (
            select(table)
            .where(table.c.agency == agency, table.c.state.in_([one.value for one in states]))
            .order_by(order, table.c.id)
            .limit(most)
        )
        with self._ports.database.read() as connection:
            return list_submissions(connection, query)

    def file(self, found: Submission, item_id: str) -> tuple[str, bytes]:
        """Name and content of one sealed file of a submission that the caller may see."""
        for item in found.items:
            if item.item_id == item_id and found.state in FILED:
                with self._ports.database.read() as connection:
                    content = get_file(connection, item.file_id)
                if content is not None:
                    ending = "json" if item.kind == FORM_ITEM else "pdf"
                    return f"{found.number}-{item.name}.{ending}", content
        raise NoSuchItem(found.submission_id, item_id)

    def sealed_files(self, submission_id: str) -> SealedFiles:
        """A filed submission with the bytes that are stored now, read in one moment."""
        with self._ports.database.read() as connection:
            row = read_row(connection, submission_id)
            found = read_submission(connection, submission_id)
            contents = {one.item_id: get_file(connection, one.file_id) for one in found.items}
        return SealedFiles.of(found, row.certificate, contents)

    def expire(self) -> int:
        """See :func:`.expiring.expire_old`."""
        return expire_old(self._ports)
