# SPDX-License-Identifier: Apache-2.0
"""Why a case is not decided."""

from __future__ import annotations

from collections.abc import Mapping


class DeskError(Exception):
    """Anything that stops an officer from deciding a case."""


class NotServing(DeskError):
    """This account serves no agency, so nothing is addressed to it."""

    def __init__(self, account_id: str) -> None:
        super().__init__(f"{account_id} serves no agency")
        self.account_id = account_id


class AlreadyDecided(DeskError):
    """Somebody decided this case; with ``document_id`` when a document was issued.  Nothing happened now."""

    def __init__(self, submission_id: str, *, state: str, document_id: str | None) -> None:
        super().__init__(f"submission {submission_id} is already {state}")
        self.submission_id, self.state, self.document_id = submission_id, state, document_id


class NothingToIssue(DeskError):
    """The form of this case issues nothing any more: its module was switched off or changed."""

    def __init__(self, form: str) -> None:
        super().__init__(f"form {form} issues no document")
        self.form = form


class SealedFilesRefused(DeskError):
    """The stored files no longer pass the check that they passed when they were filed; ``why`` by item."""

    def __init__(self, submission_id: str, why: Mapping[str, str]) -> None:
        super().__init__(f"submission {submission_id}: {'; '.join(f'{k}: {v}' for k, v in why.items())}")
        self.submission_id, self.why = submission_id, dict(why)


class ReasonMalformed(DeskError):
    """The reason for sending back cannot be shown to the applicant.  Names the rule and what to do."""

    def __init__(self, rule: str, todo: str) -> None:
        super().__init__(f"reason: {rule} ({todo})")
        self.field, self.rule, self.todo = "reason", rule, todo
