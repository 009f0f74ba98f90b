# SPDX-License-Identifier: Apache-2.0
"""Extensions of seals and signatures: what we know of them, and what must be understood and is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ..authority import AUTHORITY_OID, AuthorityMalformed, parse_authority
from ..canonical import Json
from ..report import Reason, SubIndication
from ..x509.findings import Finding, unsure
from .model import SealExtension

INFORMATIVE: Final[Mapping[str, str]] = MappingProxyType(
    {
        AUTHORITY_OID: "statement of authority",
        "1.2.156.10197.6.7.2.2.1": "version of the seal's data",
        "1.3.6.1.5.5.7.1.4": "audit identity",
        "1.2.156.112600.7.1": "code and name of the holder",
        "1.2.156.112600.7.2": "name of the holder in another script",
        "1.2.156.112600.7.3": "name of the holder in pinyin",
    }
)
"""Seen in licensed seals, some of them critical; they tell something and restrict nothing."""


def critical_findings(extensions: Iterable[SealExtension], prefix: str) -> Iterator[Finding]:
    """As everywhere else: what is critical and not understood keeps the verdict from being a pass."""
    unknown = [one.oid for one in extensions if one.critical and one.oid not in INFORMATIVE]
    if unknown:
        names = ", ".join(unknown)
        yield unsure(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            f"{prefix}CRITICAL_EXTENSION_UNKNOWN",
            f"含有本程序不能理解的关键扩展 {names},请更新程序",
            f"a critical extension is not understood here: {names}; update this program",
        )


def extension_facts(extensions: Iterable[SealExtension]) -> list[Json]:
    return [{"oid": one.oid, "critical": one.critical, "size": len(one.value)} for one in extensions]


def authority_of(extensions: Iterable[SealExtension]) -> tuple[Json, Reason | None]:
    """The statement under whose authority the seal was used; it informs and never turns a verdict."""
    stated = [one.value for one in extensions if one.oid == AUTHORITY_OID]
    if not stated:
        return None, None
    try:
        if len(stated) > 1:
            raise AuthorityMalformed("stated twice")
        return dict(parse_authority(stated[0]).members), None
    except AuthorityMalformed as error:
        return None, Reason(
            "AUTHORITY_MALFORMED",
            "签章所附的用印依据不合格式",
            f"the statement of authority in the signature is not well-formed: {error.rule}",
        )
