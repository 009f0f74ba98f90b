# SPDX-License-Identifier: Apache-2.0
"""Under whose authority a seal was used: a statement carried inside the signature itself.

Canonical JSON (RFC 8785) of format ``yinxin-authority/1``.  It is a signed attribute in CMS and an extension
of TBS_Sign in a seal signature (GB/T 38540 section 7), so whoever checks the signature offline reads who
approved the use, under which mandate and for which case.  It informs; it never turns a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .canonical import Json, JsonMalformed, canonical_json, parse_json
from .errors import VerifyError

AUTHORITY_OID: Final = "2.25.171418763092357346312893749165528347201"
FORMAT: Final = "yinxin-authority/1"
LONGEST: Final = 4096
"""Octets of the whole statement."""


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


def parse_authority(data: bytes) -> Authority:
    """The statement.  Raises :class:`AuthorityMalformed` for anything but its canonical bytes."""
    try:
        value = parse_json(data, max_bytes=LONGEST)
    except JsonMalformed as error:
        raise AuthorityMalformed(error.rule) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise AuthorityMalformed(f"not of format {FORMAT}")
    if canonical_json(value) != data:
        raise AuthorityMalformed("not canonical (RFC 8785)")
    return Authority(value)
