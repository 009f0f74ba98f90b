# SPDX-License-Identifier: Apache-2.0
"""A ceremony file: which authorities are founded, in which order, under which names.

Everything that certificates will depend on for decades stands in one file that auditors compare with the
certificates (``sha256`` names exactly its bytes).  The file holds no secret and no address; the organisation
is that of the installation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Final

from keys import KeyKind

from .documents import Fields, parse_document
from .errors import CeremonyRefused, NameRefused
from .law import PURPOSES, profile
from .subject import SubjectName

FORMAT: Final = "yinxin-ceremony/1"
ROOT, ISSUING = "root", "issuing"
KINDS: Final = {
    "sm2": (KeyKind.SM2,),
    # ECDSA keys of holders are certified under RSA.  Less than 3072 bits does not last as long as a root.
    "rsa": (KeyKind.RSA3072, KeyKind.RSA4096),
}
MOST_AUTHORITIES, MOST_PARTITIONS, MOST_WITNESSES = 64, 1024, 32
_NAME = r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?"
_AGAIN = "请改正仪式文件 / correct the ceremony file"


@dataclass(frozen=True, slots=True)
class CeremonyAuthority:
    """One authority that is to be; ``issuer`` is its own name for a root."""

    name: str
    family: str  # sm2 or rsa
    role: str  # root or issuing: also the name of its profile
    purpose: str  # empty for a root
    key: KeyKind
    issuer: str
    subject: str  # common name
    years: int
    partitions: int
    null_parameters: bool

    @property
    def days(self) -> int:
        """The term, with a day for every fourth year."""
        return self.years * 365 + self.years // 4

    def until(self, not_before: datetime) -> datetime:
        """When it ends."""
        return not_before + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A checked ceremony; authorities stand after their issuers."""

    sha256: str
    name: str
    date: date
    witnesses: tuple[str, ...]
    authorities: tuple[CeremonyAuthority, ...]


def parse_ceremony(data: bytes) -> Ceremony:
    """Read and check a ceremony file.  Raises :class:`CeremonyRefused`."""
    top = parse_document(data, refused=CeremonyRefused)
    top.only("format", "name", "date", "witnesses", "authorities")
    top.one_of("format", (FORMAT,))
    found: list[CeremonyAuthority] = []
    for fields in top.each("authorities", most=MOST_AUTHORITIES):
        found.append(_authority(fields, found))
    return Ceremony(
        sha256=hashlib.sha256(data).hexdigest(),
        name=top.text("name", pattern=_NAME),
        date=_day(top),
        witnesses=_witnesses(top),
        authorities=tuple(found),
    )


def _authority(fields: Fields, before: Sequence[CeremonyAuthority]) -> CeremonyAuthority:
    fields.only(
        "name",
        "role",
        "family",
        "purpose",
        "issuer",
        "key",
        "subject",
        "years",
        "partitions",
        "null_parameters",
    )
    role = fields.one_of("role", (ROOT, ISSUING))
    name, family = fields.text("name", pattern=_NAME), fields.one_of("family", tuple(KINDS))
    if role == ROOT:
        for unfit in ("issuer", "purpose", "partitions"):
            if unfit in fields.values:
                raise fields.error(unfit, "根证书没有此项 / a root has none", _AGAIN)
    key = KeyKind(fields.one_of("key", KINDS[family]))
    longest = profile(role).days // 365
    found = CeremonyAuthority(
        name=name,
        family=family,
        role=role,
        purpose="" if role == ROOT else fields.one_of("purpose", PURPOSES),
        key=key,
        issuer=name if role == ROOT else fields.text("issuer", pattern=_NAME),
        subject=_subject(fields),
        years=fields.whole("years", least=1, most=longest),
        partitions=1 if role == ROOT else fields.whole("partitions", 1, least=1, most=MOST_PARTITIONS),
        null_parameters=fields.flag("null_parameters", True),
    )
    if family != "sm2" and not found.null_parameters:
        raise fields.error("null_parameters", "只有SM2可省略 / only SM2 may leave it out", _AGAIN)
    _require_place(fields, found, before)
    return found


def _require_place(fields: Fields, one: CeremonyAuthority, before: Sequence[CeremonyAuthority]) -> None:
    """Names are not given twice, and each authority stands after an issuer that can carry it."""
    if one.name in {other.name for other in before}:
        raise fields.error("name", "名称已用 / the name is taken", _AGAIN)
    if one.subject in {other.subject for other in before}:
        raise fields.error("subject", "主体名称已用 / the subject is taken", _AGAIN)
    if (one.family, one.purpose) in {(other.family, other.purpose) for other in before}:
        raise fields.error(
            "purpose" if one.purpose else "role",
            "每种算法每种用途只有一个机构 / one authority for each family and purpose",
            _AGAIN,
        )
    if one.role == ROOT:
        return
    issuer = next((other for other in before if other.name == one.issuer), None)
    if issuer is None or issuer.role != ROOT:
        raise fields.error("issuer", "前面没有这个根 / no such root before it", _AGAIN)
    if issuer.family != one.family:
        raise fields.error("family", "与上级算法不同 / another family of algorithms than its issuer", _AGAIN)
    if one.years > issuer.years:
        raise fields.error("years", "不得长于上级 / not longer than its issuer", _AGAIN)


def _subject(fields: Fields) -> str:
    found = fields.text("subject")
    try:
        SubjectName(found)
    except NameRefused as error:
        raise fields.error("subject", error.rule, error.todo) from error
    return found


def _day(top: Fields) -> date:
    text = top.text("date", pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise top.error("date", "没有这一天 / no such day", "请写 年-月-日 / write YYYY-MM-DD") from None


def _witnesses(top: Fields) -> tuple[str, ...]:
    found = top.texts("witnesses", most=MOST_WITNESSES)
    if any(len(one) > 200 or not one.isprintable() for one in found):
        raise top.error("witnesses", "每项一行,最多200字 / one line of 200 characters each", _AGAIN)
    return found


DEFAULT_CEREMONY: Final[bytes] = files(__package__).joinpath("ceremonies/default.yaml").read_bytes()
"""Two roots and ten issuing authorities: what ``yinxin init`` founds when it is given no other file."""
