# SPDX-License-Identifier: Apache-2.0
"""Signature fields that are there already, and the objects that one more needs.

ISO 32000-1 sections 12.5.6.19 (widgets), 12.7.2 (the interactive form), 12.7.4.5 (signature fields), 12.8.1
and 12.8.2.2 (signature dictionaries, DocMDP).  Objects that exist are written again with one entry changed
and every other entry as it was; what is kept in an object of its own stays there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from .errors import PdfRefused
from .update import Changed

MOST_SIGNATURES: Final = 32  # what verify reads
MOST_FIELDS: Final = 5_000
DEEPEST_FIELD: Final = 16
_PRINT_LOCKED: Final = 132
_FIELD_NAME: Final = "Seal"


@dataclass(frozen=True, slots=True)
class Existing:
    """What the form holds: names of top-level fields, number of fields and whether any is signed."""

    names: frozenset[str]
    signed: bool

    def free_name(self) -> str:
        """A name that no field has."""
        number = 1
        while f"{_FIELD_NAME}{number}" in self.names:
            number += 1
        return f"{_FIELD_NAME}{number}"


def existing_fields(pdf: Any) -> Existing:
    """Raises :class:`PdfRefused` when no seal may be added, or when a reader would refuse that many."""
    import pikepdf

    permissions = pdf.Root.get("/Perms")
    if isinstance(permissions, pikepdf.Dictionary) and _certifies(permissions.get("/DocMDP")):
        raise PdfRefused("pdf-certified")
    names: set[str] = set()
    signatures = 0
    signed = False
    for count, (field, depth, kind) in enumerate(_walk(pdf.Root.get("/AcroForm")), 1):
        if depth == 0 and isinstance(field.get("/T"), pikepdf.String):
            names.add(_text(field.get("/T")))
        if kind == "/Sig":
            signatures += 1
            value = field.get("/V")
            signed = signed or value is not None
            if _certifies(value) or (value is not None and _locks(field.get("/Lock"))):
                raise PdfRefused("pdf-certified")
        if count >= MOST_FIELDS or depth > DEEPEST_FIELD or signatures >= MOST_SIGNATURES:
            raise PdfRefused("pdf-too-many-fields")
    return Existing(frozenset(names), signed)


def _walk(form: Any) -> Iterator[tuple[Any, int, Any]]:
    """Every field or widget with its depth and its type, which it may inherit."""
    import pikepdf

    roots = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    if roots is not None and not isinstance(roots, pikepdf.Array):
        raise PdfRefused("pdf-malformed", "form fields that are no array")
    seen: set[tuple[int, int]] = set()
    stack: list[tuple[Any, int, Any]] = [(field, 0, None) for field in (() if roots is None else roots)]
    while stack:
        field, depth, inherited = stack.pop()
        if not isinstance(field, pikepdf.Dictionary) or field.objgen in seen:
            continue
        if field.objgen != (0, 0):
            seen.add(field.objgen)
        kind = field.get("/FT", inherited)
        yield field, depth, kind
        kids = field.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            stack.extend((kid, depth + 1, kind) for kid in kids)


def _certifies(signature: Any) -> bool:
    """Does this signature certify the document?

    Even level 2, which lets fields be filled in and signed, has no room for a *new* field: our seal on top
    would break the first signature (ISO 32000-1 table 254, and how strict verifiers read it).
    """
    import pikepdf

    references = signature.get("/Reference") if isinstance(signature, pikepdf.Dictionary) else None
    for reference in references if isinstance(references, pikepdf.Array) else ():
        if isinstance(reference, pikepdf.Dictionary) and reference.get("/TransformMethod") == "/DocMDP":
            return True
    return False


def _locks(lock: Any) -> bool:
    """A field lock that forbids every later change (ISO 32000-2 table 236)."""
    import pikepdf

    return isinstance(lock, pikepdf.Dictionary) and lock.get("/P") == 1


def _text(value: Any) -> str:
    try:
        return str(value)
    except UnicodeDecodeError:
        return bytes(value).decode("latin-1")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Object numbers of one new signature field."""

    value: int
    widget: int
    appearance: int | None
    form: int | None
    after: int

    @classmethod
    def from_first(cls, first: int, *, visible: bool, new_form: bool) -> Numbers:
        """Consecutive numbers, none left out."""
        appearance = first + 2 if visible else None
        form = first + 2 + visible if new_form else None
        return cls(first, first + 1, appearance, form, first + 2 + visible + new_form)


def widget(numbers: Numbers, *, name: str, page: Any, rect: bytes) -> Changed:
    """Field and widget in one dictionary, printed and locked."""
    appearance = f" /AP << /N {numbers.appearance} 0 R >>" if numbers.appearance else ""
    body = (
        f"<< /Type /Annot /Subtype /Widget /FT /Sig /T ({name}) /F {_PRINT_LOCKED} "
        f"/Rect {rect.decode('ascii')} /P {_reference(page)} /V {numbers.value} 0 R{appearance} >>"
    )
    return Changed(numbers.widget, 0, body.encode("ascii"))


def page_with(page: Any, numbers: Numbers) -> Changed:
    """The page, or its list of annotations where that is an object of its own, with the new widget."""
    return _appended(page, "/Annots", numbers.widget) or _rewritten(
        page, {"/Annots": _list_with(page.get("/Annots"), numbers.widget)}
    )


def has_form(root: Any) -> bool:
    """Is there an interactive form to which a field can be added?"""
    import pikepdf

    return isinstance(root.get("/AcroForm"), pikepdf.Dictionary)


def form_with(root: Any, numbers: Numbers, *, certify: bool) -> list[Changed]:
    """Form and catalog with the new field; whatever can stay as it is is not written."""
    form = root.get("/AcroForm")
    catalog: dict[str, bytes] = {}
    changed: list[Changed] = []
    if certify:
        catalog["/Perms"] = _permissions(root.get("/Perms"), numbers.value)
    if numbers.form is not None:
        catalog["/AcroForm"] = b"%d 0 R" % numbers.form
        body = b"<< /Fields [%d 0 R] /SigFlags 3 >>" % numbers.widget
        changed.append(Changed(numbers.form, 0, body))
    else:
        entries: dict[str, bytes] = {}
        fields = _appended(form, "/Fields", numbers.widget)
        if fields is not None:
            changed.append(fields)
        else:
            entries["/Fields"] = _list_with(form.get("/Fields"), numbers.widget)
        if form.get("/SigFlags") != 3:
            entries["/SigFlags"] = b"3"
        if entries and form.objgen != (0, 0):
            changed.append(_rewritten(form, entries))
        elif entries:
            catalog["/AcroForm"] = _dictionary(form, entries)
    if catalog:
        changed.append(_rewritten(root, catalog))
    return changed


def _permissions(existing: Any, value: int) -> bytes:
    import pikepdf

    entry = {"/DocMDP": b"%d 0 R" % value}
    return _dictionary(existing if isinstance(existing, pikepdf.Dictionary) else pikepdf.Dictionary(), entry)


def _appended(owner: Any, key: str, number: int) -> Changed | None:
    """The array under ``key`` with one more reference, if it is an object of its own."""
    import pikepdf

    array = owner.get(key)
    if not isinstance(array, pikepdf.Array) or array.objgen == (0, 0):
        return None
    held, generation = array.objgen
    return Changed(held, generation, _list_with(array, number))


def _list_with(array: Any, number: int) -> bytes:
    import pikepdf

    if array is None:
        return b"[ %d 0 R ]" % number
    if not isinstance(array, pikepdf.Array):
        raise PdfRefused("pdf-malformed", "a list that is no array")
    text: bytes = array.unparse(resolved=True)
    return text.rstrip().removesuffix(b"]") + b"%d 0 R ]" % number


def _rewritten(owner: Any, entries: dict[str, bytes]) -> Changed:
    if owner.objgen == (0, 0):
        raise PdfRefused("pdf-malformed", "a page or catalog that is no object of its own")
    number, generation = owner.objgen
    return Changed(number, generation, _dictionary(owner, entries))


def _dictionary(owner: Any, entries: dict[str, bytes]) -> bytes:
    """The dictionary with these entries in place of its own; references in it stay references."""
    copied = owner.copy()
    for key in entries:
        if key in copied:
            del copied[key]
    text: bytes = copied.unparse(resolved=True)
    added = b"".join(key.encode("ascii") + b" " + value + b" " for key, value in entries.items())
    return text.rstrip().removesuffix(b">>") + added + b">>"


def _reference(value: Any) -> str:
    number, generation = value.objgen
    if number == 0:
        raise PdfRefused("pdf-malformed", "a page that is no object of its own")
    return f"{number} {generation} R"
