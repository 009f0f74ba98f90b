# SPDX-License-Identifier: Apache-2.0
"""The form that is there already: its signature fields, and what earlier signatures forbid.

ISO 32000-1 sections 12.7.2 (the interactive form), 12.7.4.5 (signature fields), 12.8.2 (transforms).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from .errors import PdfRefused
from .locks import FieldLock, certified_level, locks_of
from .mark_errors import MarkRefused

MOST_SIGNATURES: Final = 32  # what verify reads
MOST_FIELDS: Final = 5_000
DEEPEST_FIELD: Final = 16
_FIELD_NAME: Final = "Seal"


@dataclass(frozen=True, slots=True)
class Existing:
    """What the form holds, and what may be added to it."""

    names: frozenset[str]  # of top-level fields
    signed: bool
    permission: int | None  # the strictest level that a signature set
    locks: tuple[FieldLock, ...]
    signature_fields: tuple[tuple[str, Any, int], ...]  # full name, field, depth

    def new_name(self) -> str:
        """The name of one more field, which nothing has.  Raises when no field may be added."""
        if self.permission is not None:
            # Even a level that lets fields be filled in has no room for a *new* field (table 254).
            raise PdfRefused("pdf-certified")
        number = 1
        while f"{_FIELD_NAME}{number}" in self.names:
            number += 1
        name = f"{_FIELD_NAME}{number}"
        self.require_open(name)
        return name

    def empty_field(self, name: str) -> Any:
        """The signature field of this name.  Raises :class:`MarkRefused` unless it can be signed."""
        found = [(field, depth) for full, field, depth in self.signature_fields if full == name]
        if not found:
            raise MarkRefused("field-missing", name)
        field, depth = found[0]
        if field.get("/V") is not None:
            raise MarkRefused("field-signed", name)
        if len(found) > 1 or depth > 0 or field.objgen == (0, 0) or field.get("/FT") != "/Sig":
            raise MarkRefused("field-nested", name)
        if self.permission == 1:
            raise PdfRefused("pdf-certified")
        self.require_open(name)
        return field

    def require_open(self, name: str) -> None:
        """No earlier signature locked this field.  Raises :class:`MarkRefused`."""
        if any(lock.holds(name) for lock in self.locks):
            raise MarkRefused("field-locked", name)


def existing_fields(pdf: Any) -> Existing:
    """Raises :class:`PdfRefused` when a reader would refuse one more."""
    import pikepdf

    levels: list[int] = []
    permissions = pdf.Root.get("/Perms")
    if isinstance(permissions, pikepdf.Dictionary):
        levels += _level(permissions.get("/DocMDP"))
    names: set[str] = set()
    locks: list[FieldLock] = []
    found: list[tuple[str, Any, int]] = []
    signed = False
    for count, (field, full, depth, kind) in enumerate(_walk(pdf.Root.get("/AcroForm")), 1):
        if depth == 0 and full:
            names.add(full)
        if kind == "/Sig":
            value = field.get("/V")
            if value is not None or "/T" in field or depth == 0:
                found.append((full, field, depth))
            if value is not None:
                signed = True
                levels += _level(value)
                locks += locks_of(field, value)
        if count >= MOST_FIELDS or depth > DEEPEST_FIELD or len(found) >= MOST_SIGNATURES:
            raise PdfRefused("pdf-too-many-fields")
    levels += [lock.permission.value for lock in locks if lock.permission]
    return Existing(frozenset(names), signed, min(levels, default=None), tuple(locks), tuple(found))


def _walk(form: Any) -> Iterator[tuple[Any, str, int, Any]]:
    """Every field or widget with its full name, its depth and its type, which it may inherit."""
    import pikepdf

    roots = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    if roots is not None and not isinstance(roots, pikepdf.Array):
        raise PdfRefused("pdf-malformed", "form fields that are no array")
    seen: set[tuple[int, int]] = set()
    stack: list[tuple[Any, str, int, Any]] = [
        (field, "", 0, None) for field in (() if roots is None else roots)
    ]
    while stack:
        field, above, depth, inherited = stack.pop()
        if not isinstance(field, pikepdf.Dictionary) or field.objgen in seen:
            continue
        if field.objgen != (0, 0):
            seen.add(field.objgen)
        kind = field.get("/FT", inherited)
        own = _text(field.get("/T"))
        full = ".".join(part for part in (above, own) if part)
        yield field, full, depth, kind
        kids = field.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            stack.extend((kid, full, depth + 1, kind) for kid in kids)


def _level(signature: Any) -> list[int]:
    level = certified_level(signature)
    return [] if level is None else [level]


def _text(value: Any) -> str:
    import pikepdf

    if not isinstance(value, pikepdf.String):
        return ""
    try:
        return str(value)
    except UnicodeDecodeError:
        return bytes(value).decode("latin-1")
