# SPDX-License-Identifier: Apache-2.0
"""An account, its roles, and a mandate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What kind of work an account is for."""

    APPLICANT = "applicant"
    OFFICER = "officer"
    OPERATOR = "operator"
    REGISTRAR = "registrar"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in."""

    account_id: str
    name: str
    subject: str  # an enterprise's credit code, or the key of a person; never an identity number
    roles: frozenset[Role]
    agency: str  # of an officer or registrar; otherwise empty
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mandate:
    """A recorded right of one person to act for one enterprise."""

    mandate_id: str
    account_id: str
    uscc: str
    given_at: datetime
    ended_at: datetime | None = None
