# SPDX-License-Identifier: Apache-2.0
"""The contract between the trust core and a domain module (a *relying* module).

A module is one frozen :class:`Relying` value, found by the entry-point group ``yinxin.relying`` and
switched on by the settings.  It declares what it takes in (forms, records), what it has issued
(document types) and what it shows (views).  It is handed a :class:`Host` with only the capabilities that it
declared in ``needs`` — never a signer, a database session or the application.

The core does not know what a permit is; a module does not know how a seal is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

CONTRACT = 1
"""The contract number this core speaks; a module with another number is refused at start."""

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
"""JSON without fractions: amounts and areas are decimal strings, so that canonical bytes never differ."""

Body: TypeAlias = "dict[str, Json]"


class Need(StrEnum):
    """A capability that a module asks for; whatever it did not ask for is ``None`` in its host."""

    RECORDS = "records"
    LOOKUP = "lookup"
    CLOCK = "clock"
    HISTORY = "history"


class FieldKind(StrEnum):
    """What a form field holds; the core checks the value before the module sees it."""

    TEXT = "text"
    DATE = "date"  # ISO 8601 calendar date, Asia/Shanghai
    DECIMAL = "decimal"  # decimal string, no exponent
    INTEGER = "integer"
    CHOICE = "choice"
    USCC = "uscc"  # GB 32100-2015 unified social credit code
    RESIDENT_ID = "resident_id"  # GB 11643-1999


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form or record.  ``max_length`` counts characters."""

    name: str
    zh: str
    en: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    max_length: int = 200
    choices: Mapping[str, str] = field(default_factory=dict)  # value -> Chinese label
    personal: bool = False  # personal data: masked in public views, never in logs or the ledger
    hint: str = ""  # shown under the field, Chinese


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one attached PDF on a form."""

    name: str
    zh: str
    en: str
    required: bool = True


class Refusal(Exception):
    """A module refuses a value.  Names the field, the rule and what to do (all shown to the person)."""

    def __init__(self, *, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule} ({todo})")
        self.field, self.rule, self.todo = field, rule, todo


@dataclass(frozen=True, slots=True)
class Record:
    """One entered record of the module: never changed, only followed by a higher version."""

    kind: str
    key: str
    version: int
    body: Body
    entered_at: datetime


class Records(Protocol):
    """The module's own entered records.  Reading only: what enters is entered by the core."""

    def get(self, kind: str, key: str) -> Record | None:
        """Newest version of one record, or ``None``."""

    def find(self, kind: str, /, **equal: str) -> tuple[Record, ...]:
        """Newest versions whose body has every given field equal to the value, oldest entry first."""


Lookup: TypeAlias = Callable[[str, str], "Body | None"]
"""``lookup(name, key)``: what another enabled module provides under ``name`` (for example ``subject``), or
``None`` when no enabled module provides it or it knows no such key."""


@dataclass(frozen=True, slots=True)
class History:
    """How much the public log holds about one enterprise: entries 1 to ``size``.

    ``head`` is the SHA-256 leaf hash of the last one in hexadecimal, empty without entries.  ``numbers`` has
    the number of each record of the asking module, by its kind, key and version.
    """

    subject: str
    size: int
    head: str
    numbers: Mapping[tuple[str, str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Host:
    """What a module may use.  A capability that was not declared is ``None``."""

    records: Records | None = None
    lookup: Lookup | None = None
    now: Callable[[], datetime] | None = None
    history: Callable[[str], History | None] | None = None
    """By credit code; ``None`` for whoever is no enterprise: persons have no public history."""


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled value on the face of a document or page."""

    zh: str
    value: str
    en: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table on the face; every row has as many cells as ``columns``."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""  # the sentence shown when there are no rows
    en: str = ""  # the title in English


@dataclass(frozen=True, slots=True)
class Face:
    """What a document or public view states; the core decides how it looks (page, PDF, OFD, JSON)."""

    title: str
    subtitle: str = ""
    number: str = ""  # the holder-facing number, such as a permit number
    rows: tuple[Row, ...] = ()
    tables: tuple[Table, ...] = ()
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """One document to be issued: its face, and the record that its seal and QR statement vouch for."""

    face: Face
    record: Body  # canonical facts: embedded in the file, digested into the QR statement
    serial: str  # issuer's running number inside the e-certificate identifier, A-Z 0-9
    holder: str  # credit code or subject key of the holder
    holder_name: str
    valid_until: date | None = None
    good: int = 0  # counts carried by the QR statement of a sheet
    bad: int = 0
    on_record: bool = True  # its issue belongs to the public history of its holder, an enterprise
    complete: History | None = None
    """The history that it claims to show whole: it is not released once anything was added to that."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a document type is asked to compose.  ``data`` is the sealed form, or the holder's request."""

    holder: str
    issuer: str  # credit code of the issuing authority
    data: Body
    sequence: int  # platform-wide running number of this document type, from 1
    at: datetime


@dataclass(frozen=True, slots=True)
class DocumentType:
    """Something that an authority issues."""

    name: str
    zh: str
    en: str
    code: str  # three digits after the defining authority's credit code, GB/T 36904-2018
    compose: Callable[[Host, Order], Composition]
    self_service: bool = False  # the holder may print it; sealed by the platform, no officer
    request: tuple[Field, ...] = ()  # what the holder chooses when printing (purpose, for example)
    changes: Callable[[Host, Body, datetime], tuple[str, ...]] | None = None
    """Sentences on what changed since ``record`` was printed; an empty tuple says nothing changed."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that an applicant seals.  Approving it issues ``issues`` (a document type of this module)."""

    name: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    slots: tuple[Slot, ...] = ()
    check: Callable[[Host, Body], None] | None = None  # raises Refusal
    issues: str = ""


@dataclass(frozen=True, slots=True)
class Publicity:
    """What the public log says in clear of a record about one enterprise; the rest is behind a commitment."""

    subject: str  # credit code; for anybody else the log names nobody
    public_from: date | None = None  # first and last day on which it is posted
    public_until: date | None = None
    since: date | None = None  # from when its term counts, when that is not its first public day
    decision: str = ""  # number of the decision behind this version; the log has a salted digest of it


@dataclass(frozen=True, slots=True)
class LogRule:
    """What each public entry of a kind must show: whoever watches the log alarms on one that does not."""

    posted: bool = False  # has its first and last public day
    shortest_days: int = 0  # of its term, in the first version
    change_by_decision: bool = False  # a later version rests on a decision


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record that an operator or officer enters for this module."""

    name: str
    zh: str
    fields: tuple[Field, ...]
    key: str  # the field that identifies the record
    roles: frozenset[str] = frozenset({"operator"})  # who may enter it
    check: Callable[[Host, Body], None] | None = None  # raises Refusal
    publicity: Callable[[Body], Publicity | None] | None = None  # of a checked record
    rule: LogRule = LogRule()


@dataclass(frozen=True, slots=True)
class View:
    """A public read-only page, ``/relying/<module>/<name>?…``; returns ``None`` for "no such thing"."""

    name: str
    zh: str
    parameters: tuple[str, ...]
    read: Callable[[Host, Mapping[str, str]], Face | None]


@dataclass(frozen=True, slots=True)
class Relying:
    """One domain module, whole.  Importing it does nothing."""

    name: str
    zh: str
    contract: int = CONTRACT
    needs: frozenset[Need] = frozenset()
    forms: tuple[Form, ...] = ()
    documents: tuple[DocumentType, ...] = ()
    records: tuple[RecordKind, ...] = ()
    views: tuple[View, ...] = ()
    provides: Mapping[str, Callable[[Host, str], Body | None]] = field(default_factory=dict)


__all__ = [
    "CONTRACT",
    "Body",
    "Composition",
    "DocumentType",
    "Face",
    "Field",
    "FieldKind",
    "Form",
    "History",
    "Host",
    "Json",
    "LogRule",
    "Lookup",
    "Need",
    "Order",
    "Publicity",
    "Record",
    "RecordKind",
    "Records",
    "Refusal",
    "Relying",
    "Row",
    "Slot",
    "Table",
    "View",
]
