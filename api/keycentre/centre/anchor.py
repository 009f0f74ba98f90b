# SPDX-License-Identifier: Apache-2.0
"""What is kept beside the database: head of the history and head of the log, under a MAC of the vault.

Written after the database's commit, so it may be one act behind and never ahead: a database that is behind
it lost its end, or was put back.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from verify import Checkpoint, JsonMalformed, canonical_json, parse_json

from ..errors import KeyCentreDamaged, WireMalformed
from ..history import Head, extends, require_chain
from ..wire import Fields
from . import tables
from .log import LogWatch
from .ports import HeadKeeper
from .stored import stored_bytes

SECRET_SIZE: Final = 32
_CONTEXT = b"yinxin/kmc/anchor/v1\n"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Reads and writes the kept heads."""

    keeper: HeadKeeper
    secret: bytes = field(repr=False)
    log: LogWatch

    def require(self, connection: Connection) -> Head:
        """The head of the stored history.  Raises :class:`KeyCentreDamaged` when something is missing."""
        links = stored_links(connection)
        head, _ = require_chain(links)
        kept = self._read()
        if kept is None:  # there is one since the centre was founded
            raise KeyCentreDamaged("the file with the head of the history is missing")
        if not extends(links, kept[0]):
            raise KeyCentreDamaged("the history in the database lost its end")
        seen, before = self.log.seen(connection), kept[1]
        if before is not None and (
            seen is None or seen.size < before.size or (seen.size == before.size and seen.root != before.root)
        ):
            raise KeyCentreDamaged("the head of the public log in the database went back")
        return head

    def keep(self, head: Head, seen: Checkpoint | None) -> None:
        """Durable once it returns."""
        content = canonical_json(
            {
                "size": head.size,
                "sha256": head.sha256,
                "log": None if seen is None else {"size": seen.size, "root": seen.root.hex()},
            }
        )
        mac = hmac.digest(self.secret, _CONTEXT + content, hashlib.sha256)
        self.keeper.write(
            canonical_json({"content": base64.b64encode(content).decode("ascii"), "mac": mac.hex()})
        )

    def _read(self) -> tuple[Head, Checkpoint | None] | None:
        data = self.keeper.read()
        if data is None:
            return None
        try:
            outer = Fields.exactly(parse_json(data, max_bytes=4096), {"content", "mac"})
            content = base64.b64decode(str(outer["content"]), validate=True)
            mac = hmac.digest(self.secret, _CONTEXT + content, hashlib.sha256).hex()
            if not hmac.compare_digest(mac.encode(), str(outer["mac"]).encode()):
                raise WireMalformed("another mac")
            fields = Fields(parse_json(content))
            head = Head(fields.number("size"), fields.hexadecimal("sha256", size=32))
            log = fields.members("log")
            if log is None:
                return head, None
            seen = Fields(log)
            root = bytes.fromhex(seen.hexadecimal("root", size=32))
            return head, Checkpoint(self.log.origin, seen.number("size"), root)
        except (WireMalformed, JsonMalformed, binascii.Error, ValueError) as error:
            raise KeyCentreDamaged("the file with the head of the history was changed") from error


def stored_links(connection: Connection, start: int = 0, count: int | None = None) -> list[bytes]:
    """Links from ``start``, oldest first."""
    query = (
        select(tables.recoveries.c.link)
        .where(tables.recoveries.c.link_index >= start)
        .order_by(tables.recoveries.c.link_index)
    )
    if count is not None:
        query = query.limit(count)
    return [stored_bytes(one) for one in connection.execute(query).scalars()]
