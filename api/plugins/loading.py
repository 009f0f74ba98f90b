# SPDX-License-Identifier: Apache-2.0
"""Find relying modules by entry point, enable those that the settings list, refuse what does not fit.

Entry points *find*, settings *enable*: an installed module that is not listed is never imported.  Whatever
is wrong is said in words before the service starts, never discovered by the first request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Protocol

from relying import CONTRACT, DocumentType, Field, FieldKind, Form, Need, RecordKind, Relying

from .errors import PluginRefused

GROUP = "yinxin.relying"
ADDRESSEE = "agency"
"""The field of an issuing form that names the agency addressed (受理机关): the one field the core reads."""

RESERVED_PARTS = frozenset({"form", "data", "certificate", "idempotency_key", "proceed"})
"""Names of a submission's own parts; no attachment slot may take one."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}\Z")


class Loadable(Protocol):
    """An installed entry point."""

    def load(self) -> object:
        """Import and return what it names; may raise anything."""


def found_plugins() -> Mapping[str, Sequence[Loadable]]:
    """Every installed relying module by name; a name that two distributions claim has two entries."""
    found: dict[str, list[Loadable]] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, []).append(point)
    return found


def load_plugins(enabled: Sequence[str], found: Mapping[str, Sequence[Loadable]]) -> tuple[Relying, ...]:
    """The enabled modules in the order of the settings, each checked alone and against the others."""
    for name in enabled:
        if enabled.count(name) > 1:
            raise PluginRefused(name, "listed twice in [relying] enabled; remove one")
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise PluginRefused(name, f"not installed; correct [relying] enabled (installed: {known})")
        if len(found[name]) > 1:
            raise PluginRefused(name, "installed by two distributions; uninstall one")
    modules = tuple(_load(name, found[name][0]) for name in enabled)
    _refuse_duplicates(modules)
    return modules


def _load(name: str, point: Loadable) -> Relying:
    try:
        module = point.load()
    except Exception as error:
        raise PluginRefused(name, f"cannot be imported: {type(error).__name__}: {error}") from error
    if not isinstance(module, Relying):
        raise PluginRefused(name, f"its entry point names a {type(module).__name__}, not a relying.Relying")
    if module.contract != CONTRACT:
        raise PluginRefused(name, f"speaks contract {module.contract}, this service speaks {CONTRACT}")
    if module.name != name:
        raise PluginRefused(name, f"calls itself {module.name!r}; entry point and name must agree")
    for why in _faults(module):
        raise PluginRefused(name, why)
    return module


def _faults(module: Relying) -> Iterator[str]:
    declared = [
        ("form", [form.name for form in module.forms]),
        ("document type", [document.name for document in module.documents]),
        ("record kind", [kind.name for kind in module.records]),
        ("view", [view.name for view in module.views]),
        ("lookup", list(module.provides)),
    ]
    for what, names in (("module", [module.name]), *declared):
        yield from (f"{what} name {n!r} must be a lower-case word" for n in names if not _NAME.match(n))
        yield from (f"declares {what} {n!r} twice" for n in _twice(names))
    yield from (f"needs {need!r}, which no host has" for need in module.needs if need not in set(Need))
    documents = {document.name: document for document in module.documents}
    for form in module.forms:
        yield from _form_faults(form, documents)
    for kind in module.records:
        yield from _record_faults(kind)
    for document in module.documents:
        if not re.fullmatch(r"[0-8][0-9]{2}", document.code):
            yield f"document type {document.name!r}: code must be three digits, below 900"
        yield from _field_faults(f"document type {document.name!r}", document.request)


def _form_faults(form: Form, documents: Mapping[str, DocumentType]) -> Iterator[str]:
    where = f"form {form.name!r}"
    yield from _field_faults(where, form.fields)
    slots = [slot.name for slot in form.slots]
    yield from (f"{where}: declares slot {name!r} twice" for name in _twice(slots))
    for name in slots:
        if name in RESERVED_PARTS or not _NAME.match(name):
            yield f"{where}: slot {name!r} is reserved or no lower-case word"
    if form.issues:
        document = documents.get(form.issues)
        if document is None or document.self_service:
            yield f"{where}: issues {form.issues!r}, which is no officer's document type of this module"
        addressed = [one for one in form.fields if one.name == ADDRESSEE]
        if not addressed or addressed[0].kind is not FieldKind.USCC or not addressed[0].required:
            yield f"{where}: must have a required credit-code field {ADDRESSEE!r}, the agency addressed"


def _record_faults(kind: RecordKind) -> Iterator[str]:
    where = f"record kind {kind.name!r}"
    yield from _field_faults(where, kind.fields)
    keys = [one for one in kind.fields if one.name == kind.key]
    if not keys or not keys[0].required or keys[0].personal:
        yield f"{where}: key {kind.key!r} must be a required field that is not personal data"
    if not kind.roles:
        yield f"{where}: nobody may enter it"


def _field_faults(where: str, fields: Sequence[Field]) -> Iterator[str]:
    names = [one.name for one in fields]
    yield from (f"{where}: declares field {name!r} twice" for name in _twice(names))
    yield from (
        f"{where}: field {name!r} must be a lower-case word" for name in names if not _NAME.match(name)
    )
    for one in fields:
        if (one.kind is FieldKind.CHOICE) != bool(one.choices):
            yield f"{where}: field {one.name!r}: a choice has choices, and nothing else has"


def _refuse_duplicates(modules: Sequence[Relying]) -> None:
    """Names that the outside world uses without the module's name belong to one module only."""
    seen: dict[tuple[str, str], str] = {}
    for module in modules:
        declared: Iterable[tuple[str, str]] = (
            *(("form", form.name) for form in module.forms),
            *(("document type", document.name) for document in module.documents),
            *(("document code", document.code) for document in module.documents),
            *(("record kind", kind.name) for kind in module.records),
            *(("lookup", name) for name in module.provides),
        )
        for what, name in declared:
            if (what, name) in seen:
                raise PluginRefused(module.name, f"{what} {name!r} already belongs to {seen[what, name]!r}")
            seen[what, name] = module.name


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
