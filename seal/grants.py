# SPDX-License-Identifier: Apache-2.0
"""Who may use which seal, for which documents, when: a pure decision over the grants that were given.

R-104: the right is given per seal, document type, period, count and channel.  Nothing is inherited and
nothing is implied; the caller brings every grant of the officer, with how often each was used, and records
the answer, refusals included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .errors import SealRefused


class Channel(StrEnum):
    """On which way a seal is used."""

    DESK = "desk"
    BATCH = "batch"
    CONSOLE = "console"
    API = "api"


EVERY_CHANNEL: Final = frozenset(Channel)

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
    "wrong-channel": (
        "授权不含这种用印途径;请联系印章管理员扩大授权范围",
        "the grant does not cover this way of using the seal: ask whoever administers the seal",
    ),
    "used-up": (
        "授权的用印次数已用完;请联系印章管理员重新授权",
        "the grant was used as often as it allows: ask for a new one",
    ),
    "approval-missing": (
        "该印章须经用印审批,没有适用的已批准申请;请先申请用印",
        "uses of this seal are approved first, and no approved request fits: ask for the use",
    ),
    "approval-not-valid": (
        "用印审批已过期或已收回;请重新申请用印",
        "the approval has expired or was withdrawn: ask for the use again",
    ),
    "approval-used-up": (
        "批准的用印份数已用完;请重新申请用印",
        "the approved number of copies was used: ask for the use again",
    ),
    "mandate-invalid": (
        "授权书未通过核验;请由持章单位重新签署授权书",
        "the sealed mandate does not verify: have the holder seal a new one",
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
    most_uses: int | None = None
    channels: frozenset[Channel] = EVERY_CHANNEL
    used: int = 0

    def left(self) -> int | None:
        """How many more uses it allows; ``None``: no limit."""
        return None if self.most_uses is None else max(0, self.most_uses - self.used)

    def refusal(self, at: datetime) -> str:
        """Why this grant does not hold at this time; empty when it does."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return "revoked"
        if at < self.valid_from:
            return "not-yet-valid"
        if at > self.valid_until:
            return "expired"
        return "used-up" if self.left() == 0 else ""


def authorise(
    grants: Iterable[Grant],
    *,
    officer: str,
    seal_id: str,
    document_type: str,
    at: datetime,
    channel: Channel = Channel.DESK,
) -> Grant:
    """The grant that covers this use, of several the longest.  Raises :class:`GrantRefused`."""
    mine = [grant for grant in grants if grant.officer == officer and grant.seal_id == seal_id]
    if not mine:
        raise GrantRefused("no-grant")
    fitting = [grant for grant in mine if document_type in grant.document_types]
    if not fitting:
        raise GrantRefused("wrong-document-type")
    fitting = [grant for grant in fitting if channel in grant.channels]
    if not fitting:
        raise GrantRefused("wrong-channel")
    holding = [grant for grant in fitting if not grant.refusal(at)]
    if not holding:
        # Of several that do not hold, the one that lasts longest is the one the officer thinks of.
        last = max(fitting, key=lambda grant: (grant.valid_until, grant.id))
        raise GrantRefused(last.refusal(at))
    return max(holding, key=lambda grant: (grant.valid_until, grant.id))
