# SPDX-License-Identifier: Apache-2.0
"""An application read and checked: possession of every key, and facts that agree with what is registered.

What is kept are the facts, never the words of the request: those only must not contradict.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field

from ca import AlternativeName, Request, SubjectName, parse_request
from keys import KeyFamily
from verify import IdentifierInvalid, canonical_json, parse_uscc

from ..accounts import Account, AccountBook, AccountClosed
from . import rules
from .errors import EnrolmentRefused
from .model import CodeOrder, EnrolmentOrder, Shape

LONGEST_REASON = 500
MOST_NAMES = 20
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Facts:
    """A checked application, ready to be kept."""

    profile: str
    shape: Shape
    account_id: str | None
    holder: str
    holder_name: str = field(repr=False)
    agency: str
    names: tuple[str, ...]
    request: bytes = field(repr=False)
    rsa_request: bytes | None = field(repr=False)
    key_id: str
    digest: str  # what makes two applications the same one


def checked(order: EnrolmentOrder, *, accounts: AccountBook, office: str) -> Facts:
    """The facts of an application.  Raises :class:`EnrolmentRefused`, and what requests and names refuse."""
    found = rules.enrolled(order.profile)
    holder, subject, account = _holder(order, accounts)
    account_id = None if account is None else account.account_id
    request = parse_request(order.request)
    _require_agreement(request, subject)
    rsa = None if order.rsa_request is None else parse_request(order.rsa_request)
    if rsa is not None:
        _require_agreement(rsa, subject)
    sm2 = request.public_key.kind.family is KeyFamily.SM2
    bundle = order.bundle if order.bundle is not None else sm2 and rules.has_pair(found)
    if bundle and not rules.has_pair(found):
        raise EnrolmentRefused("bundle-not-offered")
    if bundle and not sm2:
        raise EnrolmentRefused("bundle-needs-sm2")
    if rsa is not None and not bundle:
        raise EnrolmentRefused("rsa-request-alone")
    if rsa is not None and rsa.public_key.kind.family is KeyFamily.SM2:
        raise EnrolmentRefused("rsa-request-not-rsa")
    # Which of a bundle's certificates would carry them is nobody's guess.
    names = _names(order.names, frozenset() if bundle else found.alternative_names)
    values = {
        "profile": found.name,
        "shape": (Shape.BUNDLE if bundle else Shape.SINGLE).value,
        "account_id": account_id,
        "holder": holder,
        "holder_name": order.holder_name,
        "agency": _agency(order.agency, office, account),
        "names": list(names),
        "request": hashlib.sha256(request.der).hexdigest(),
        "rsa_request": None if rsa is None else hashlib.sha256(rsa.der).hexdigest(),
    }
    return Facts(
        profile=found.name,
        shape=Shape.BUNDLE if bundle else Shape.SINGLE,
        account_id=account_id,
        holder=holder,
        holder_name=order.holder_name,
        agency=str(values["agency"]),
        names=names,
        request=request.der,
        rsa_request=None if rsa is None else rsa.der,
        key_id=request.public_key.key_id.hex(),
        digest=hashlib.sha256(canonical_json(values)).hexdigest(),
    )


def checked_code(order: CodeOrder, *, accounts: AccountBook, office: str) -> CodeOrder:
    """The facts for which a code is made, as an application with it will have them."""
    found = rules.enrolled(order.profile)
    plain = EnrolmentOrder(
        profile=found.name,
        request=b"",
        holder=order.holder,
        holder_name=order.holder_name,
        account_id=order.account_id,
    )
    holder, _, account = _holder(plain, accounts)
    if not 1 <= order.hours <= 720:
        raise EnrolmentRefused("lifetime-refused")
    return CodeOrder(
        profile=found.name,
        holder=holder,
        holder_name=order.holder_name,
        account_id=None if account is None else account.account_id,
        agency=_agency(order.agency, office, account),
        hours=order.hours,
    )


def checked_reason(text: str) -> str:
    """A reason that the applicant can read; line breaks stay."""
    reason = text.replace("\r\n", "\n").strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise EnrolmentRefused("reason-malformed")
    if any(unicodedata.category(one) in _FORBIDDEN for one in reason if one != "\n"):
        raise EnrolmentRefused("reason-malformed")
    return unicodedata.normalize("NFC", reason)


def _holder(order: EnrolmentOrder, accounts: AccountBook) -> tuple[str, SubjectName, Account | None]:
    """Who will hold it, and the name in the certificate as far as it is known before it is issued."""
    personal = order.profile in rules.FOR_ACCOUNTS
    holder = order.holder if personal else _code("holder-not-a-code", order.holder)
    account: Account | None = None
    if order.account_id is None:
        if personal:
            raise EnrolmentRefused("account-needed")
    else:
        account = accounts.get(order.account_id)
        if account.closed_at is not None:
            raise AccountClosed(account.account_id)
        if account.subject != holder:
            raise EnrolmentRefused("holder-differs")
        if account.name != order.holder_name:
            raise EnrolmentRefused("name-differs")
        if order.profile == "operator" and not rules.is_staff(account):
            raise EnrolmentRefused("not-of-the-staff")
    if personal:
        return holder, SubjectName(order.holder_name), account
    return holder, SubjectName(order.holder_name, order.holder_name, holder), account


def _require_agreement(request: Request, granted: SubjectName) -> None:
    if request.subject is None:
        return
    for name in ("common_name", "organization", "uscc", "country"):
        word = getattr(request.subject, name)
        if word and word != getattr(granted, name):
            raise EnrolmentRefused("request-names-another")


def _agency(wanted: str, office: str, account: Account | None) -> str:
    """The office that takes it: the wanted one, otherwise the platform's own.

    Whoever gets a certificate of an account can do all that the account may, so no agency's office vouches
    for the staff of others.
    """
    found = _code("agency-not-a-code", wanted) if wanted else office
    if account is not None and rules.is_staff(account) and found not in (office, account.agency):
        raise EnrolmentRefused("staff-of-another-office")
    return found


def _code(code: str, text: str) -> str:
    try:
        return str(parse_uscc(text))
    except IdentifierInvalid as error:
        raise EnrolmentRefused(code) from error


def _names(names: tuple[str, ...], allowed: frozenset[str]) -> tuple[str, ...]:
    """Each name in its one spelling.  Raises :class:`ca.NameRefused` for what no certificate may carry."""
    if len(names) > MOST_NAMES:
        raise EnrolmentRefused("names-malformed")
    found = {_name(name) for name in names}
    if any(("wildcard" if one.wildcard else one.kind) not in allowed for one in found):
        raise EnrolmentRefused("names-not-allowed")
    return tuple(sorted(f"{one.kind}:{one.value}" for one in found))


def _name(text: str) -> AlternativeName:
    kind, _, value = text.strip().partition(":")
    if kind == "dns":
        return AlternativeName("dns", value.lower())
    if kind == "ip":
        return AlternativeName("ip", value)
    if kind == "email":
        return AlternativeName("email", value)
    raise EnrolmentRefused("names-malformed")
