# SPDX-License-Identifier: Apache-2.0
"""Why a submission is not prepared, not sealed or not shown."""

from __future__ import annotations

from collections.abc import Sequence


class SubmissionError(Exception):
    """Anything about submissions."""


class NoSuchSubmission(SubmissionError):
    """There is none with this id, or this login may not know of it."""

    def __init__(self, submission_id: str) -> None:
        super().__init__(f"no submission {submission_id}")
        self.submission_id = submission_id


class NoSuchItem(SubmissionError):
    """The submission has no sealed file of this name (any more, or yet)."""

    def __init__(self, submission_id: str, item_id: str) -> None:
        super().__init__(f"submission {submission_id} has no sealed file {item_id}")
        self.submission_id, self.item_id = submission_id, item_id


class UnknownAgency(SubmissionError):
    """The form is addressed to an agency that holds no seal on this platform."""

    def __init__(self, agency: str) -> None:
        super().__init__(f"no agency {agency} on this platform")
        self.agency = agency


class SlotsWrong(SubmissionError):
    """Attachments are missing, unknown, or sent twice."""

    def __init__(self, *, missing: Sequence[str] = (), unknown: Sequence[str] = ()) -> None:
        super().__init__(f"missing {list(missing)}, unknown {list(unknown)}")
        self.missing, self.unknown = tuple(missing), tuple(unknown)


class AttachmentRefused(SubmissionError):
    """One attachment cannot be sealed; ``why`` says so in words."""

    def __init__(self, slot: str, *, code: str, why: str) -> None:
        super().__init__(f"attachment {slot}: {why}")
        self.slot, self.code, self.why = slot, code, why


class AttachmentsDoubtful(SubmissionError):
    """Attachments hold what the applicant should know of before sealing them; who has seen it continues.

    ``findings``: slot, and what and where in Chinese and English, for each.
    """

    def __init__(self, findings: Sequence[tuple[str, str]]) -> None:
        super().__init__(f"look before sealing: {'; '.join(f'{slot}: {what}' for slot, what in findings)}")
        self.findings = tuple(findings)


class SealingCertificateRefused(SubmissionError):
    """The certificate may not seal for this applicant now."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


class IdempotencyConflict(SubmissionError):
    """The same idempotency key came before with another content."""

    def __init__(self, key: str) -> None:
        super().__init__(f"idempotency key {key} came before with another content")
        self.key = key


class IdempotencyKeyMalformed(SubmissionError):
    """Not 1 to 100 printable ASCII characters."""

    def __init__(self) -> None:
        super().__init__("an idempotency key is 1 to 100 printable ASCII characters")


class SubmissionExpired(SubmissionError):
    """Prepared too long ago; its files are gone."""

    def __init__(self, submission_id: str) -> None:
        super().__init__(f"submission {submission_id} expired")
        self.submission_id = submission_id


class SignaturesIncomplete(SubmissionError):
    """Not exactly one signature for every item."""

    def __init__(self, *, missing: Sequence[str], unknown: Sequence[str]) -> None:
        super().__init__(f"missing {list(missing)}, unknown {list(unknown)}")
        self.missing, self.unknown = tuple(missing), tuple(unknown)


class SignatureRefused(SubmissionError):
    """A returned signature does not belong to the item and the certificate; nothing was embedded."""

    def __init__(self, item_id: str, why: str) -> None:
        super().__init__(f"item {item_id}: {why}")
        self.item_id, self.why = item_id, why
