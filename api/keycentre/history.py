# SPDX-License-Identifier: Apache-2.0
"""The centre's history of recoveries: a hash chain, and a signed head of it.

Each link is canonical JSON that names the SHA-256 of the link before it.  Whoever has all links and the
signed head knows every recovery that there was, and that there was no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import KeysError, PublicKey, Signer
from verify import Json, JsonMalformed, canonical_json, parse_json

from .errors import KeyCentreDamaged, WireMalformed
from .requests import Purpose
from .wire import Fields, from_text, moment, to_text

FORMAT: Final = "yinxin-key-recoveries/1"
EMPTY: Final = "0" * 64
"""What the first link names as the one before it."""
_LINK_CONTEXT = b"yinxin/key-recoveries/link/v1\n"
_HEAD_CONTEXT = b"yinxin/key-recoveries/head/v1\n"
_LARGEST_LINK = 8 * 1024
_LARGEST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """How many recoveries there were, and the hash of the newest link."""

    size: int = 0
    sha256: str = EMPTY


@dataclass(frozen=True, slots=True)
class Link:
    """One recovery."""

    index: int
    previous: str
    at: datetime
    purpose: Purpose
    key_id: str
    request_sha256: str
    recipient_sha256: str
    agents: tuple[str, ...]

    def encode(self) -> bytes:
        return canonical_json(
            {
                "index": self.index,
                "previous": self.previous,
                "at": moment(self.at),
                "purpose": self.purpose.value,
                "key_id": self.key_id,
                "request_sha256": self.request_sha256,
                "recipient_sha256": self.recipient_sha256,
                "agents": list(self.agents),
            }
        )


def parse_link(data: bytes) -> Link:
    """Raises :class:`WireMalformed`."""
    try:
        fields = Fields(parse_json(data, max_bytes=_LARGEST_LINK))
        made = Link(
            index=fields.number("index"),
            previous=fields.hexadecimal("previous", size=32),
            at=fields.time("at"),
            purpose=Purpose(fields.text("purpose", most=8)),
            key_id=fields.hexadecimal("key_id", size=16),
            request_sha256=fields.hexadecimal("request_sha256", size=32),
            recipient_sha256=fields.hexadecimal("recipient_sha256", size=32),
            agents=tuple(
                Fields({"agent": agent}).text("agent", most=64) for agent in fields.items("agents", most=64)
            ),
        )
        fields.end()
    except (JsonMalformed, ValueError) as error:
        raise WireMalformed("not a link of a history") from error
    if made.encode() != data:
        raise WireMalformed("a link in another spelling")
    return made


def link_sha256(data: bytes) -> str:
    return hashlib.sha256(_LINK_CONTEXT + data).hexdigest()


def require_chain(links: Iterable[bytes]) -> tuple[Head, tuple[Link, ...]]:
    """The head of these links, and what they say.  Raises :class:`KeyCentreDamaged`."""
    head, found = Head(), []
    for data in links:
        try:
            link = parse_link(data)
        except WireMalformed as error:
            raise KeyCentreDamaged(f"link {head.size} of the history cannot be read") from error
        if (link.index, link.previous) != (head.size, head.sha256):
            raise KeyCentreDamaged(f"link {head.size} of the history does not follow the one before it")
        head = Head(head.size + 1, link_sha256(data))
        found.append(link)
    return head, tuple(found)


def head_statement(head: Head) -> bytes:
    """What the centre signs."""
    return _HEAD_CONTEXT + canonical_json({"size": head.size, "sha256": head.sha256})


def encode_history(links: Sequence[bytes], head: Head, signer: Signer) -> bytes:
    """A file for holders and auditors."""
    return canonical_json(
        {
            "format": FORMAT,
            "links": [to_text(link) for link in links],
            "head": {"size": head.size, "sha256": head.sha256},
            "signature": to_text(signer.sign(head_statement(head))),
        }
    )


def check_history(data: bytes, centre: PublicKey, *, at_least: Head | None = None) -> tuple[Link, ...]:
    """Every recovery that there was, when the file is whole and signed by the centre.

    ``at_least``: a head that the public log shows; a file that does not extend it is refused.
    Raises :class:`WireMalformed` or :class:`KeyCentreDamaged`.
    """
    try:
        members = Fields.exactly(
            parse_json(data, max_bytes=_LARGEST_FILE), {"format", "links", "head", "signature"}
        )
    except JsonMalformed as error:
        raise WireMalformed("not JSON") from error
    fields = Fields(dict(members))
    if fields.text("format", most=40) != FORMAT:
        raise WireMalformed(f"the format must be {FORMAT}")
    links = [_link(one) for one in fields.items("links", most=10**6)]
    stated = Fields(fields.members("head"))
    head = Head(stated.number("size"), stated.hexadecimal("sha256", size=32))
    stated.end()
    try:
        centre.verify(fields.data("signature", most=1024), head_statement(head))
    except KeysError:
        raise KeyCentreDamaged("the head of the history is not signed by the centre") from None
    reached, found = require_chain(links)
    if reached != head:
        raise KeyCentreDamaged("the history is not the one that was signed")
    if at_least is not None and not extends(links, at_least):
        raise KeyCentreDamaged("the history does not extend the one that the public log shows")
    return found


def extends(links: Sequence[bytes], head: Head) -> bool:
    """Do these links begin with the ones that ``head`` stands for?"""
    if head.size == 0:
        return head.sha256 == EMPTY
    return len(links) >= head.size and link_sha256(links[head.size - 1]) == head.sha256


def _link(value: Json) -> bytes:
    if not isinstance(value, str):
        raise WireMalformed("links: base64 texts")
    return from_text(value, most=_LARGEST_LINK)
