# SPDX-License-Identifier: Apache-2.0
"""The enabled modules, each with its host: the one way from the core into a module.

A host carries only the capabilities that its module declared in ``needs``.  What comes back is checked as
well: a module may refuse a person's value (``Refusal``), but it may not make the core seal something
malformed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Generic, Protocol, TypeVar

from relying import (
    Body,
    Composition,
    DocumentType,
    Face,
    Form,
    History,
    Host,
    Json,
    Need,
    Order,
    Publicity,
    RecordKind,
    Records,
    Refusal,
    Relying,
    View,
)
from verify import VerifyError, canonical_json

from .errors import FieldProblem, FieldsRefused, ModuleMisbehaved, NoSuchDeclaration
from .fields import check_body

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Calendar days are days of China; it has had no summer time since 1991."""

T = TypeVar("T")

_SERIAL = re.compile(r"[0-9A-Z]{1,32}\Z")
_LARGEST_RECORD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Declared(Generic[T]):
    """Something declared, with the module that declared it."""

    module: Relying
    value: T


class OwnRecords(Records, Protocol):
    """The records of one module, and their numbers in the public histories of enterprises."""

    def history(self, code: str) -> History | None:
        """Of one enterprise; ``None`` for anybody else."""


class EnabledModules:
    """What the enabled modules declare, and how to call them."""

    def __init__(
        self,
        modules: Sequence[Relying],
        *,
        records: Callable[[str], OwnRecords],
        now: Callable[[], datetime],
    ) -> None:
        self.modules = tuple(modules)
        self._now = now
        self._hosts = {module.name: self._host(module, records(module.name), now) for module in modules}
        self._forms = {form.name: Declared(module, form) for module in modules for form in module.forms}
        self._documents = {one.name: Declared(module, one) for module in modules for one in module.documents}
        self._providers = {name: module for module in modules for name in module.provides}

    def _host(self, module: Relying, records: OwnRecords, now: Callable[[], datetime]) -> Host:
        return Host(
            records=records if Need.RECORDS in module.needs else None,
            lookup=self._lookup if Need.LOOKUP in module.needs else None,
            now=now if Need.CLOCK in module.needs else None,
            history=records.history if Need.HISTORY in module.needs else None,
        )

    def _lookup(self, name: str, key: str) -> Body | None:
        module = self._providers.get(name)
        return module.provides[name](self._hosts[module.name], key) if module is not None else None

    @property
    def forms(self) -> tuple[Form, ...]:
        """Every form that may be filed, in the order of the settings."""
        return tuple(one.value for one in self._forms.values())

    @property
    def documents(self) -> tuple[DocumentType, ...]:
        """Every document type, in the order of the settings."""
        return tuple(one.value for one in self._documents.values())

    def form(self, name: str) -> Form:
        """The form of this name; raises :class:`NoSuchDeclaration`."""
        if name not in self._forms:
            raise NoSuchDeclaration("form", name)
        return self._forms[name].value

    def document(self, name: str) -> DocumentType:
        """The document type of this name; raises :class:`NoSuchDeclaration`."""
        if name not in self._documents:
            raise NoSuchDeclaration("document type", name)
        return self._documents[name].value

    def record_kind(self, module: str, kind: str) -> RecordKind:
        """The record kind of this module; raises :class:`NoSuchDeclaration`."""
        for one in self.modules:
            for declared in one.records:
                if (one.name, declared.name) == (module, kind):
                    return declared
        raise NoSuchDeclaration("record kind", f"{module}/{kind}")

    def publicity(self, module: str, kind: str, body: Body) -> Publicity | None:
        """What the public log may say of a checked record; nothing for what no module declares any more."""
        try:
            declared = self.record_kind(module, kind)
        except NoSuchDeclaration:
            return None
        return None if declared.publicity is None else declared.publicity(body)

    def view(self, module: str, name: str) -> View:
        """The public view of this module; raises :class:`NoSuchDeclaration`."""
        for one in self.modules:
            for declared in one.views:
                if (one.name, declared.name) == (module, name):
                    return declared
        raise NoSuchDeclaration("view", f"{module}/{name}")

    def check_form(self, name: str, data: Json) -> Body:
        """The checked data of a form; raises :class:`FieldsRefused`."""
        form = self.form(name)
        body = check_body(form.fields, data, today=self._today())
        _ask(form.check, self._hosts[self._forms[name].module.name], body)
        return body

    def check_record(self, module: str, kind: str, data: Json) -> Body:
        """The checked body of a record; raises :class:`FieldsRefused`."""
        declared = self.record_kind(module, kind)
        body = check_body(declared.fields, data, today=self._today())
        _ask(declared.check, self._hosts[module], body)
        return body

    def check_request(self, document: str, data: Json) -> Body:
        """What a holder chose for a self-service document; raises :class:`FieldsRefused`."""
        return check_body(self.document(document).request, data, today=self._today())

    def compose(self, document: str, order: Order) -> Composition:
        """What a document will state; raises :class:`FieldsRefused` when its module refuses."""
        declared = self._documents.get(document)
        if declared is None:
            raise NoSuchDeclaration("document type", document)
        try:
            made = declared.value.compose(self._hosts[declared.module.name], order)
        except Refusal as refusal:
            raise _refused(refusal) from refusal
        for why in _composition_faults(made):
            raise ModuleMisbehaved(declared.module.name, f"{document}: {why}")
        return made

    def changes(self, document: str, record: Body, at: datetime) -> tuple[str, ...] | None:
        """What changed since ``record`` was issued; ``None`` when no enabled module can say."""
        declared = self._documents.get(document)
        if declared is None or declared.value.changes is None:
            return None
        return declared.value.changes(self._hosts[declared.module.name], record, at)

    def read_view(self, module: str, name: str, parameters: Mapping[str, str]) -> Face | None:
        """A public page; parameters that the view does not declare never reach it."""
        view = self.view(module, name)
        chosen = {key: value for key, value in parameters.items() if key in view.parameters}
        face = view.read(self._hosts[module], chosen)
        if face is not None:
            for why in _face_faults(face):
                raise ModuleMisbehaved(module, f"view {name}: {why}")
        return face

    def name_of(self, holder: str) -> str:
        """The name of an enterprise or person, when an enabled module knows it; otherwise the key itself."""
        known = self._lookup("subject", holder)
        return str(known["name"]) if known is not None and known.get("name") else holder

    def _today(self) -> date:
        return self._now().astimezone(CHINA).date()


def _ask(check: Callable[[Host, Body], None] | None, host: Host, body: Body) -> None:
    if check is None:
        return
    try:
        check(host, body)
    except Refusal as refusal:
        raise _refused(refusal) from refusal


def _refused(refusal: Refusal) -> FieldsRefused:
    return FieldsRefused([FieldProblem(refusal.field, refusal.rule, refusal.todo)])


def _composition_faults(made: Composition) -> list[str]:
    faults = _face_faults(made.face)
    if not _SERIAL.match(made.serial):
        faults.append("serial must be 1-32 of 0-9 A-Z")
    if not made.holder or not made.holder_name:
        faults.append("holder and its name must be given")
    if min(made.good, made.bad) < 0:
        faults.append("counts must not be negative")
    try:
        if len(canonical_json(made.record)) > _LARGEST_RECORD:
            faults.append("record is too large")
    except VerifyError as error:
        faults.append(f"record is not canonical JSON: {error}")
    return faults


def _face_faults(face: Face) -> list[str]:
    return [
        f"table {table.title!r}: a row has {len(row)} cells for {len(table.columns)} columns"
        for table in face.tables
        for row in table.rows
        if len(row) != len(table.columns)
    ]
