# SPDX-License-Identifier: Apache-2.0
"""Who may use which seal, for which documents, when: a pure decision over the grants that were given.

R-104: the right is given per seal, document type and period.  Nothing is inherited and nothing is implied;
the caller brings every grant of the officer and records the answer, refusals included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .errors import SealRefused

_WORDS: Final = {
    "no-grant": (
        "没有使用该印章的授权;请联系印章管理员授权",
        "no grant for this seal: ask whoever administers it",
    ),
    "wrong-document-type": (
        "授权不含该文书类型;请联系印章管理员扩大授权范围",
        "the grant does not cover this type of document: ask whoever administers the seal",
    ),
    "not-yet-valid": (
        "授权尚未生效;请在生效后再用印",
        "the grant is not valid yet: use the seal once it is",
    ),
    "expired": (
        "授权已过期;请联系印章管理员重新授权",
        "the grant has expired: ask for a new one",
    ),
    "revoked": (
        "授权已被撤销;请联系印章管理员",
        "the grant was revoked: ask whoever administers the seal",
    ),
}


class GrantRefused(SealRefused):
    """This officer may not use this seal for this document now."""

    def __init__(self, code: str) -> None:
        super().__init__(code, *_WORDS[code])


@dataclass(frozen=True, slots=True)
class Grant:
    """The right of one officer to use one seal for some types of documents, from and until (inclusive)."""

    id: str
    seal_id: str
    officer: str
    document_types: frozenset[str]
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None = None

    def refusal(self, at: datetime) -> str:
        """Why this grant does not hold at this time; empty when it does."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return "revoked"
        if at < self.valid_from:
            return "not-yet-valid"
        return "expired" if at > self.valid_until else ""


def authorise(
    grants: Iterable[Grant], *, officer: str, seal_id: str, document_type: str, at: datetime
) -> Grant:
    """The grant that covers this use, of several the longest.  Raises :class:`GrantRefused`."""
    mine = [grant for grant in grants if grant.officer == officer and grant.seal_id == seal_id]
    if not mine:
        raise GrantRefused("no-grant")
    fitting = [grant for grant in mine if document_type in grant.document_types]
    if not fitting:
        raise GrantRefused("wrong-document-type")
    holding = [grant for grant in fitting if not grant.refusal(at)]
    if not holding:
        # Of several that do not hold, the one that lasts longest is the one the officer thinks of.
        last = max(fitting, key=lambda grant: (grant.valid_until, grant.id))
        raise GrantRefused(last.refusal(at))
    return max(holding, key=lambda grant: (grant.valid_until, grant.id))
