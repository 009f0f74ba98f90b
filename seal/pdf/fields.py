# SPDX-License-Identifier: Apache-2.0
"""The objects of one more signature: field, widgets, further marks, and the lists that name them.

ISO 32000-1 sections 12.5.6.12 (stamps), 12.5.6.19 (widgets), 12.7.2 and 12.7.4.5 (form, signature fields).
Objects that exist are written again with one entry changed and every other entry as it was; what is kept in
an object of its own stays there.  Why further marks are stamps or widgets: decision 0021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..pages.operators import number
from ..pages.pdf_objects import text_string
from .errors import PdfRefused
from .mark_errors import MarkRefused
from .plain import PlainDictionary, plain_list
from .sheet import Box
from .update import Changed

_PRINT_LOCKED: Final = 4 + 128
_STAMP: Final = _PRINT_LOCKED + 64 + 512  # read only, contents locked
_HIDDEN: Final = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """One mark: page dictionary, rectangle in user space, and the number of its appearance stream."""

    page: Any
    rect: Box
    look: int | None

    def entries(self, flags: int) -> str:
        """What every annotation of ours has."""
        rect = " ".join(number(one) for one in self.rect)
        look = f" /AP << /N {self.look} 0 R >>" if self.look else ""
        return f"/Type /Annot /Rect [{rect}] /F {flags} /P {reference(self.page)}{look}"


def hidden(page: Any) -> Shown:
    """A mark without an area, for a seal that is not visible."""
    return Shown(page, _HIDDEN, None)


class Draft:
    """The objects of a revision as they come together; each is written once."""

    def __init__(self, root: Any, first: int) -> None:
        self._root, self._next = root, first
        self._bodies: dict[tuple[int, int], bytes] = {}
        self._annotations: dict[tuple[int, int], tuple[Any, list[int]]] = {}
        self._catalog: dict[str, bytes] = {}
        self._after_a_seal = False

    @property
    def next_number(self) -> int:
        """The first number that nothing uses."""
        return self._next

    def reserve(self) -> int:
        """A number for an object whose body comes later."""
        self._next += 1
        return self._next - 1

    def add(self, body: bytes) -> int:
        """A new object; its number."""
        found = self.reserve()
        self._bodies[found, 0] = body
        return found

    def fill(self, reserved: int, body: bytes) -> None:
        """The body of a reserved number."""
        self._bodies[reserved, 0] = body

    def field(self, name: str, marks: Sequence[Shown], entries: str, *, as_widgets: bool) -> int:
        """A new signature field with its marks; further marks are widgets or stamps.  Its number.

        They are widgets in a document that is sealed already.
        """
        self._after_a_seal = as_widgets
        title = f"({name})" if name.isascii() and name.isalnum() else text_string(name)
        kind = f"/FT /Sig /T {title} {entries}"
        first, further = marks[0], marks[1:]
        if further and as_widgets:
            # Without Parent: with it poppler takes each widget for an unsigned field of its own.
            number_of_field = self.reserve()
            kids = []
            for one in marks:
                body = f"<< {one.entries(_PRINT_LOCKED)} /Subtype /Widget >>"
                kids.append(self.add(body.encode("ascii")))
                self._annotate(one.page, kids[-1])
            listed = " ".join(f"{kid} 0 R" for kid in kids)
            self.fill(number_of_field, f"<< {kind} /Kids [{listed}] >>".encode("ascii"))
            return number_of_field
        number_of_field = self.add(
            f"<< {first.entries(_PRINT_LOCKED)} /Subtype /Widget {kind} >>".encode("ascii")
        )
        self._annotate(first.page, number_of_field)
        self.stamps(name, further)
        return number_of_field

    def stamps(self, name: str, marks: Sequence[Shown]) -> None:
        """Further marks of the seal in field ``name``, as annotations that print and cannot be moved."""
        for count, one in enumerate(marks, 2):
            body = f"<< {one.entries(_STAMP)} /Subtype /Stamp /NM {text_string(f'{name}.{count}')} >>"
            self._annotate(one.page, self.add(body.encode("ascii")))

    def rewrite(self, owner: Any, entries: dict[str, bytes]) -> None:
        """An object that is there, with these entries in place of its own."""
        if owner.objgen == (0, 0):
            raise PdfRefused("pdf-malformed", "a page, field or catalog that is no object of its own")
        self._bodies[owner.objgen] = _dictionary(owner, entries)

    def certify(self, value: int) -> None:
        """The catalog names the signature that certifies (section 12.8.4)."""
        import pikepdf

        existing = self._root.get("/Perms")
        owner = existing if isinstance(existing, pikepdf.Dictionary) else pikepdf.Dictionary()
        self._catalog["/Perms"] = _dictionary(owner, {"/DocMDP": b"%d 0 R" % value})

    def catalog(self, key: str, value: bytes) -> None:
        """An entry of the catalog, in place of the one that is there."""
        self._catalog[key] = value

    def list_fields(self, fields: Sequence[int], *, signed: bool = True) -> None:
        """The form with new fields; whatever can stay as it is is not written.

        A signed form says that it is, and that it may only be appended to (table 219).
        """
        import pikepdf

        flags = 3 if signed else 1
        form = self._root.get("/AcroForm")
        if not isinstance(form, pikepdf.Dictionary):
            made = self.add(b"<< /Fields [" + _references(fields) + b"] /SigFlags %d >>" % flags)
            self._catalog["/AcroForm"] = b"%d 0 R" % made
            return
        entries: dict[str, bytes] = {}
        listed = form.get("/Fields")
        if fields and isinstance(listed, pikepdf.Array) and listed.objgen != (0, 0):
            self._bodies[listed.objgen] = _list_with(listed, fields)
        elif fields:
            entries["/Fields"] = _list_with(listed, fields)
        if form.get("/SigFlags") not in (flags, 3):
            entries["/SigFlags"] = b"%d" % flags
        if entries and form.objgen != (0, 0):
            self.rewrite(form, entries)
        elif entries:
            self._catalog["/AcroForm"] = _dictionary(form, entries)

    def objects(self) -> list[Changed]:
        """Everything, in the order in which it came; call once."""
        import pikepdf

        for page, numbers in self._annotations.values():
            listed = page.get("/Annots")
            if isinstance(listed, pikepdf.Array) and listed.objgen != (0, 0):
                if listed.objgen in self._bodies:
                    raise PdfRefused("pdf-malformed", "pages that share a list of annotations")
                self._bodies[listed.objgen] = self._annotations_with(listed, numbers)
            else:
                self.rewrite(page, {"/Annots": self._annotations_with(listed, numbers)})
        if self._catalog:
            self.rewrite(self._root, self._catalog)
        return [Changed(held, generation, body) for (held, generation), body in self._bodies.items()]

    def _annotations_with(self, listed: Any, numbers: Sequence[int]) -> bytes:
        """The list with more annotations, and an object of its own for each that is written inside it.

        Strict verifiers compare lists of references only: without this, the next seal on the page would break
        the one that is put now.  After a seal it is too late for that.
        """
        import pikepdf

        items = list(listed) if isinstance(listed, pikepdf.Array) else []
        inside = [isinstance(one, pikepdf.Dictionary) and one.objgen == (0, 0) for one in items]
        if not any(inside):
            return _list_with(listed, numbers)
        if self._after_a_seal:
            raise MarkRefused("page-takes-no-more", str(sum(inside)))
        kept = []
        for one, here in zip(items, inside, strict=True):
            if here:
                kept.append(b"%d 0 R" % self.add(one.unparse(resolved=True)))
            elif isinstance(one, pikepdf.Dictionary):  # anything else is no annotation, and nobody shows it
                kept.append(one.unparse())
        return b"[ " + b" ".join((*kept, _references(numbers))) + b" ]"

    def _annotate(self, page: Any, annotation: int) -> None:
        self._annotations.setdefault(page.objgen, (page, []))[1].append(annotation)


def reference(value: Any) -> str:
    """A reference to an object that is there."""
    held, generation = value.objgen
    if held == 0:
        raise PdfRefused("pdf-malformed", "a page or catalog that is no object of its own")
    return f"{held} {generation} R"


def _references(numbers: Sequence[int]) -> bytes:
    return b" ".join(b"%d 0 R" % one for one in numbers)


def _list_with(array: Any, numbers: Sequence[int]) -> bytes:
    import pikepdf

    if array is None:
        return b"[ " + _references(numbers) + b" ]"
    if isinstance(array, list):
        return plain_list(array) + _references(numbers) + b" ]"
    if not isinstance(array, pikepdf.Array):
        raise PdfRefused("pdf-malformed", "a list that is no array")
    text: bytes = array.unparse(resolved=True)
    return text.rstrip().removesuffix(b"]") + _references(numbers) + b" ]"


def _dictionary(owner: Any, entries: dict[str, bytes]) -> bytes:
    """The dictionary with these entries in place of its own; references in it stay references."""
    if isinstance(owner, PlainDictionary):
        return owner.with_entries(entries)
    copied = owner.copy()
    for key in entries:
        if key in copied:
            del copied[key]
    text: bytes = copied.unparse(resolved=True)
    added = b"".join(key.encode("ascii") + b" " + value + b" " for key, value in entries.items())
    return text.rstrip().removesuffix(b">>") + added + b">>"
