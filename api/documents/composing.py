# SPDX-License-Identifier: Apache-2.0
"""Compose a document under its running number, and spend no number on what is refused.

A rehearsal composes and lays out what would be issued, and throws it away: what cannot be composed or printed
is refused in the words of the person who filled it in, before anything is signed.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from relying import Body, Composition, Face, Order
from seal import GlyphMissing, PageError, SheetContent, SheetTable, lay_out

from ..database.tables_sealing import documents as table
from ..ledger import Ledger
from ..plugins import EnabledModules, FieldProblem, FieldsRefused
from .numbering import next_number

REHEARSAL = 1
"""The running number of a composition that is thrown away."""


def compose_numbered(
    modules: EnabledModules, ledger: Ledger, document_type: str, order: Order
) -> Composition:
    """What the document states, under the next number of its type; ``order.sequence`` is not looked at."""
    # Refuse before a number is taken; what is refused later leaves a gap, never a number used twice.
    rehearse(modules, document_type, order)
    while True:
        with ledger.transaction() as tx:
            sequence = next_number(tx.connection, f"document/{document_type}")
        made = modules.compose(document_type, replace(order, sequence=sequence))
        with ledger.transaction() as tx:
            known = _is_known(tx.connection, document_type, order.issuer, made.serial)
        # A known serial is a new version of it, unless the running number made it: then it is another's.
        if (
            not known
            or modules.compose(document_type, replace(order, sequence=sequence + 1)).serial == made.serial
        ):
            return made


def _is_known(connection: Connection, document_type: str, issuer: str, serial: str) -> bool:
    query = select(table.c.id).where(
        table.c.type == document_type, table.c.issuer == issuer, table.c.serial == serial
    )
    return connection.execute(query).first() is not None


def rehearse(modules: EnabledModules, document_type: str, order: Order) -> None:
    """Raises :class:`FieldsRefused` for what can be neither composed nor printed today."""
    made = modules.compose(document_type, replace(order, sequence=REHEARSAL))
    require_printable(made.face, order.data)


def require_printable(face: Face, data: Body) -> None:
    """Lay ``face`` out; raises :class:`FieldsRefused` naming the fields of ``data`` that do not print."""
    try:
        lay_out(sheet_of(face))
    except GlyphMissing as error:
        guilty = [name for name, value in data.items() if set(error.characters) & set(str(value))]
        raise FieldsRefused(
            [
                FieldProblem(
                    name,
                    "含有字库没有的字,无法印出 / has characters that no typeface here draws",
                    "请改用字库内的字,不用表情符号 / use other characters, no emoji",
                )
                for name in guilty or ["data"]
            ]
        ) from error
    except PageError as error:
        raise FieldsRefused([FieldProblem("data", str(error), "请缩短内容 / shorten it")]) from error


def sheet_of(face: Face) -> SheetContent:
    """A face as the page model takes it, without seal, code and identifiers."""
    return SheetContent(
        title=face.title,
        subtitle=face.subtitle,
        number=face.number,
        rows=tuple((row.zh, row.value) for row in face.rows),
        tables=tuple(SheetTable(one.title, one.columns, one.rows, one.empty) for one in face.tables),
        paragraphs=face.paragraphs,
    )
