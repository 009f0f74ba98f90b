# SPDX-License-Identifier: Apache-2.0
"""A submission: its states, its items, and the record that the applicant seals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relying import Body, Json
from verify import IdentifierInvalid, parse_uscc

FORM_ITEM = "form"
"""Kind and name of the item that is the form itself; no slot may be called so."""


class State(StrEnum):
    """Where a submission stands.  ``prepared`` may expire; the others are for ever."""

    PREPARED = "prepared"
    EXPIRED = "expired"
    SEALED = "sealed"
    APPROVED = "approved"
    RETURNED = "returned"


FILED = frozenset({State.SEALED, State.APPROVED, State.RETURNED})
"""What the agency addressed may see."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who files, and for whom."""

    account_id: str
    holder: str  # the enterprise acted for, otherwise the person's own subject
    name: str

    @property
    def enterprise(self) -> bool:
        """Is it an enterprise that files?  Its credit code says so; no key of a person has that form."""
        try:
            return parse_uscc(self.holder) == self.holder
        except IdentifierInvalid:
            return False


@dataclass(frozen=True, slots=True)
class Filing:
    """What an applicant sends to have prepared; every part still unchecked."""

    form: str
    data: Json
    certificate: bytes
    files: Mapping[str, bytes]
    idempotency_key: str | None = None
    proceed: bool = False
    """The applicant was shown what the attachments hold, and goes on."""


@dataclass(frozen=True, slots=True)
class Item:
    """The form or one attachment."""

    item_id: str
    kind: str  # "form" or "pdf"
    name: str  # "form" or the slot
    title: str
    digest_algorithm: str
    digest: str
    to_be_signed: bytes | None  # while prepared
    file_id: str | None


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as its applicant and its agency see it."""

    submission_id: str
    account_id: str
    applicant: str
    applicant_name: str
    form: str
    agency: str | None
    data: Body
    state: State
    prepared_at: datetime
    expires_at: datetime
    number: str | None
    sealed_at: datetime | None
    receipt_id: str | None
    ledger_index: int | None
    document_id: str | None
    decided_at: datetime | None
    reason: str | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """What the sealed form says about one attachment: the file as it was uploaded."""

    slot: str
    size: int
    sha256: str


def form_record(
    submission_id: str,
    form: str,
    applicant: Applicant,
    *,
    data: Body,
    attached: tuple[Attached, ...],
    at: datetime,
) -> Body:
    """The record that the applicant seals.

    Each attachment is named with size and digest of the uploaded file.  Sealing a PDF only appends, so the
    first ``size`` bytes of the sealed file are that upload: swapping one attachment shows (R-098).
    """
    return {
        "format": "yinxin-form/1",
        "submission_id": submission_id,
        "form": form,
        "applicant": applicant.holder,
        "applicant_name": applicant.name,
        "prepared_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": data,
        "attachments": [{"slot": one.slot, "size": one.size, "sha256": one.sha256} for one in attached],
    }
