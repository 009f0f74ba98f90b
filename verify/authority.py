# SPDX-License-Identifier: Apache-2.0
"""Under whose authority a seal was used: a statement carried inside the signature itself.

Canonical JSON (RFC 8785) of format ``yinxin-authority/1``.  It is a signed attribute in CMS and an extension
of TBS_Sign in a seal signature (GB/T 38540 section 7), so whoever checks the signature offline reads who
approved the use, under which mandate and for which case.  It informs; it never turns a verdict: what it says
is what the signer says.  Whoever holds the grant, the approval or the mandate compares its digests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from keys import HashAlgorithm, digest

from .canonical import Json, JsonMalformed, canonical_json, parse_json
from .errors import VerifyError

AUTHORITY_OID: Final = "2.25.171418763092357346312893749165528347201"
FORMAT: Final = "yinxin-authority/1"
LONGEST: Final = 4096
"""Octets of the whole statement."""

_TEXTS: Final = ("officer", "agency", "seal", "document_type", "case", "channel", "purpose")
_HEX: Final = frozenset("0123456789abcdef")
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_WORDS: Final = (
    ("officer", "用印经办人", "Used by"),
    ("agency", "经办人所属单位", "Acting for"),
    ("seal", "印章", "Seal"),
    ("document_type", "文书种类", "Type of document"),
    ("case", "案号", "Case"),
    ("purpose", "用途", "Purpose"),
    ("channel", "用印途径", "Channel"),
)


class AuthorityMalformed(VerifyError):
    """The bytes are not a statement of authority."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"用印依据不合格式 the statement of authority is not well-formed: {rule}")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Authority:
    """The statement as it was signed; ``members`` are those of the JSON object."""

    members: Mapping[str, Json]

    def encode(self) -> bytes:
        """The canonical bytes; raises :class:`AuthorityMalformed` when they are too long."""
        data = canonical_json({**self.members, "format": FORMAT})
        if len(data) > LONGEST:
            raise AuthorityMalformed(f"{len(data)} octets, at most {LONGEST}")
        return data

    def stated(self) -> UseAuthority:
        """The members that this version knows, typed; raises :class:`AuthorityMalformed`."""
        return _stated(self.members)


@dataclass(frozen=True, slots=True)
class Evidenced:
    """Something that the service keeps: its id, and both digests (hex) of its bytes.

    The bytes of a grant or an approval are the canonical JSON of its row as the public log commits to it;
    those of a mandate are the sealed file.
    """

    id: str
    sha256: str
    sm3: str

    @staticmethod
    def of(id: str, content: bytes) -> Evidenced:
        """Over these bytes."""
        return Evidenced(
            id,
            digest(HashAlgorithm.SHA256, content).value.hex(),
            digest(HashAlgorithm.SM3, content).value.hex(),
        )

    def is_over(self, content: bytes) -> bool:
        """Are these the bytes?"""
        return Evidenced.of(self.id, content) == self

    def members(self) -> dict[str, Json]:
        """As it is stated."""
        return {"id": self.id, "digest": {"sha256": self.sha256, "sm3": self.sm3}}


@dataclass(frozen=True, slots=True)
class ApprovedUse:
    """An approval: by whom, and when the last of them agreed."""

    evidence: Evidenced
    approvers: tuple[str, ...]
    time: datetime

    def members(self) -> dict[str, Json]:
        """As it is stated."""
        return {
            **self.evidence.members(),
            "approvers": list[Json](self.approvers),
            "time": self.time.astimezone(UTC).strftime(_TIME),
        }


@dataclass(frozen=True, slots=True)
class UseAuthority:
    """What one use of a seal rests on.  Persons are the ids of accounts that the public log shows."""

    officer: str = ""
    agency: str = ""
    seal: str = ""
    document_type: str = ""
    case: str = ""
    channel: str = ""
    purpose: str = ""
    grant: Evidenced | None = None
    approvals: tuple[ApprovedUse, ...] = ()
    mandate: Evidenced | None = None

    def encode(self) -> bytes:
        """The canonical bytes; what is empty is left out.  Raises :class:`AuthorityMalformed`."""
        members: dict[str, Json] = {name: getattr(self, name) for name in _TEXTS if getattr(self, name)}
        if self.grant is not None:
            members["grant"] = self.grant.members()
        if self.approvals:
            members["approvals"] = [one.members() for one in self.approvals]
        if self.mandate is not None:
            members["mandate"] = self.mandate.members()
        try:
            return Authority(members).encode()
        except JsonMalformed as error:
            raise AuthorityMalformed(error.rule) from error


def parse_authority(data: bytes) -> Authority:
    """The statement.  Raises :class:`AuthorityMalformed` for anything but its canonical bytes."""
    if len(data) > LONGEST:
        raise AuthorityMalformed(f"{len(data)} octets, at most {LONGEST}")
    try:
        value = parse_json(data, max_bytes=LONGEST)
    except JsonMalformed as error:
        raise AuthorityMalformed(error.rule) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise AuthorityMalformed(f"not of format {FORMAT}")
    if canonical_json(value) != data:
        raise AuthorityMalformed("not canonical (RFC 8785)")
    _stated(value)
    return Authority(value)


def authority_lines(members: Mapping[str, Json]) -> tuple[tuple[str, str, str], ...]:
    """A parsed statement for people: Chinese label, English label, value.  Malformed: no lines."""
    try:
        return tuple(_lines(_stated(members)))
    except AuthorityMalformed:
        return ()


def _lines(stated: UseAuthority) -> Iterator[tuple[str, str, str]]:
    for name, zh, en in _WORDS:
        if value := getattr(stated, name):
            yield zh, en, value
    for one in stated.approvals:
        who = "、".join(one.approvers)
        yield "用印审批", "Approved by", f"{who} · {one.time:%Y-%m-%d %H:%M:%SZ} · {_named(one.evidence)}"
    if stated.grant is not None:
        yield "用印授权", "Grant", _named(stated.grant)
    if stated.mandate is not None:
        yield "授权书", "Mandate", _named(stated.mandate)


def _named(one: Evidenced) -> str:
    return f"{one.id}(SM3 {one.sm3[:16]}…)"


def _stated(members: Mapping[str, Json]) -> UseAuthority:
    texts = {name: _text(members, name) for name in _TEXTS if name in members}
    approvals = members.get("approvals", [])
    if not isinstance(approvals, list):
        raise AuthorityMalformed("approvals: not a list")
    return UseAuthority(
        **texts,
        grant=_evidenced(members["grant"], "grant") if "grant" in members else None,
        approvals=tuple(_approved(one) for one in approvals),
        mandate=_evidenced(members["mandate"], "mandate") if "mandate" in members else None,
    )


def _approved(value: Json) -> ApprovedUse:
    evidence = _evidenced(value, "approvals")
    if not isinstance(value, dict):
        raise AuthorityMalformed("approvals: not an object")
    approvers = value.get("approvers")
    if not isinstance(approvers, list) or not all(isinstance(one, str) and one for one in approvers):
        raise AuthorityMalformed("approvals.approvers: not a list of names")
    try:
        time = datetime.strptime(_text(value, "time"), _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise AuthorityMalformed("approvals.time: not YYYY-MM-DDThh:mm:ssZ") from error
    return ApprovedUse(evidence, tuple(str(one) for one in approvers), time)


def _evidenced(value: Json, field: str) -> Evidenced:
    if not isinstance(value, dict) or not isinstance(value.get("digest"), dict):
        raise AuthorityMalformed(f"{field}: not an object with id and digest")
    found = value["digest"]
    if not isinstance(found, dict):
        raise AuthorityMalformed(f"{field}.digest: not an object")
    hexes = {name: _text(found, name) for name in ("sha256", "sm3")}
    if any(len(one) != 64 or not _HEX.issuperset(one) for one in hexes.values()):
        raise AuthorityMalformed(f"{field}.digest: not 64 lower-case hex digits")
    return Evidenced(_text(value, "id"), **hexes)


def _text(members: Mapping[str, Json], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise AuthorityMalformed(f"{name}: not a text")
    return value
