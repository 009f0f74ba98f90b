# SPDX-License-Identifier: Apache-2.0
"""Certification authority authorization (RFC 8659, RFC 8657): whom the owner of a domain lets issue.

Asked only where the settings say by which name domains know us.
"""

from __future__ import annotations

from collections.abc import Sequence

from .model import ChallengeType
from .ports import Authorization, Unproven

_CRITICAL = 0x80
_UNDERSTOOD = frozenset(
    {"issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"}
)


def require_authorized(
    records: Sequence[Authorization], *, us: str, wildcard: bool, account_url: str, method: ChallengeType
) -> None:
    """Raise :class:`Unproven` unless these records, the closest above a name, let us issue."""
    for one in records:
        if one.flags & _CRITICAL and one.tag.lower() not in _UNDERSTOOD:
            raise Unproven("caa", f"a critical CAA record of kind {one.tag[:20]} is not understood")
    by_tag = {tag: [one.value for one in records if one.tag.lower() == tag] for tag in ("issue", "issuewild")}
    stated = by_tag["issuewild"] if wildcard and by_tag["issuewild"] else by_tag["issue"]
    if stated and not any(_lets(one, us, account_url, method) for one in stated):
        raise Unproven("caa", f"the CAA records of the domain do not name {us} for this account and method")


def _lets(value: str, us: str, account_url: str, method: ChallengeType) -> bool:
    issuer, *parameters = (one.strip() for one in value.split(";"))
    if issuer.lower() != us:
        return False
    for one in parameters:
        name, _, said = (part.strip() for part in one.partition("="))
        if name.lower() == "accounturi" and said != account_url:
            return False
        if name.lower() == "validationmethods" and method.value not in said.split(","):
            return False
    return True
