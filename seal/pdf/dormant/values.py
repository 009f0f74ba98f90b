# SPDX-License-Identifier: Apache-2.0
"""Form fields that show something else than their value (ISO 32000-1 sections 12.7.3.3 and 12.7.4).

A viewer may draw the value anew at any time; what was sealed would then be another text.  The appearance of
each text field is put on a page of a document in memory, and PDFium reads what it says.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from verify import PDFIUM

from ..errors import PdfRefused
from .finding import Finding
from .places import HIDDEN, Annotation, Places

MOST_VALUES: Final = 2_000
_DEEPEST: Final = 32
_LONGEST: Final = 20_000
_PASSWORD, _PUSH_BUTTON, _COMBO = 1 << 13, 1 << 16, 1 << 17  # table 228, 226, 230


@dataclass(frozen=True, slots=True)
class _Widget:
    """A widget with what it inherits from its field."""

    annotation: Annotation
    kind: str
    value: Any
    flags: int
    options: Any


def in_fields(places: Places) -> Iterator[Finding]:
    """Widgets in the order of their pages."""
    import pikepdf

    texts: list[tuple[_Widget, str]] = []
    for annotation in places.annotations:
        if annotation.subtype != "/Widget" or annotation.flags & HIDDEN:
            continue
        widget = _widget(annotation)
        if widget.kind == "/Btn" and not widget.flags & _PUSH_BUTTON:
            if not _button_agrees(widget):
                yield _finding("field-shows-other-value", annotation)
        elif widget.kind in ("/Tx", "/Ch") and not widget.flags & _PASSWORD:
            value = _shown_value(widget)
            look = annotation.look
            if look is not None and (value or isinstance(widget.value, pikepdf.String | None)):
                texts.append((widget, value))
            elif value and annotation.area:
                yield _finding("field-without-look", annotation)
    if len(texts) > MOST_VALUES:
        yield Finding("fields-unchecked")
        return
    for (widget, value), shown in zip(texts, _read([one.annotation.look for one, _ in texts]), strict=True):
        code = _judged(widget, value, shown)
        if code:
            yield _finding(code, widget.annotation)


def _judged(widget: _Widget, value: str, shown: str) -> str:
    wanted, seen = _plain(value), _plain(shown)
    if wanted == seen:
        return ""
    if widget.kind == "/Ch" and not widget.flags & _COMBO and wanted in seen:
        return ""  # a list shows all its options
    if not seen or any(unicodedata.category(one) in ("Co", "Cn", "Cc") or one == "\ufffd" for one in seen):
        return "field-unreadable"
    return "field-shows-other-value"


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _read(looks: Sequence[Any]) -> list[str]:
    """What each appearance says."""
    import pikepdf
    import pypdfium2

    if not looks:
        return []
    made = pikepdf.new()
    for look in looks:
        page = made.add_blank_page(page_size=(2_000, 2_000))
        copied = made.copy_foreign(look)
        if "/Type" in copied and copied.get("/Type") != "/XObject":
            del copied["/Type"]
        copied["/Subtype"] = pikepdf.Name.Form
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(L=copied))
        page.Contents = made.make_stream(b"q 1 0 0 1 500 500 cm /L Do Q")
    out = io.BytesIO()
    made.save(out, static_id=True)
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(out.getvalue())
        except pypdfium2.PdfiumError as error:
            raise PdfRefused("pdf-malformed", "form fields that cannot be read") from error
        try:
            return [page.get_textpage().get_text_bounded()[:_LONGEST] for page in document]
        except pypdfium2.PdfiumError as error:
            raise PdfRefused("pdf-malformed", "form fields that cannot be read") from error
        finally:
            document.close()


def _shown_value(widget: _Widget) -> str:
    """What the field ought to show: its text, or what its option is called."""
    import pikepdf

    values = list(widget.value) if isinstance(widget.value, pikepdf.Array) else [widget.value]
    names = []
    for value in values[:100]:
        text = _text(value)
        for option in list(widget.options)[:5_000] if isinstance(widget.options, pikepdf.Array) else ():
            if isinstance(option, pikepdf.Array) and len(option) == 2 and _text(option[0]) == text:
                text = _text(option[1])
                break
        names.append(text)
    return "".join(names)


def _button_agrees(widget: _Widget) -> bool:
    """Is it on exactly when the value says so?"""
    import pikepdf

    body = widget.annotation.body
    looks = body.get("/AP")
    states = looks.get("/N") if isinstance(looks, pikepdf.Dictionary) else None
    if not isinstance(states, pikepdf.Dictionary) or isinstance(states, pikepdf.Stream):
        return True
    value = str(widget.value) if isinstance(widget.value, pikepdf.Name) else "/Off"
    state = body.get("/AS")
    shown = str(state) if isinstance(state, pikepdf.Name) else "/Off"
    wanted = value if value in states else "/Off"
    return shown == wanted or (shown not in states and wanted == "/Off")


def _widget(annotation: Annotation) -> _Widget:
    import pikepdf

    found: dict[str, Any] = {}
    node, depth = annotation.body, 0
    while isinstance(node, pikepdf.Dictionary) and depth < _DEEPEST:
        for key in ("/FT", "/V", "/Ff", "/Opt"):
            if key not in found and key in node:
                found[key] = node.get(key)
        node, depth = node.get("/Parent"), depth + 1
    flags = found.get("/Ff", 0)
    return _Widget(
        annotation,
        str(found.get("/FT", "")),
        found.get("/V"),
        flags if isinstance(flags, int) else 0,
        found.get("/Opt"),
    )


def _text(value: Any) -> str:
    import pikepdf

    if isinstance(value, pikepdf.Stream):
        return bytes(value.read_bytes())[:_LONGEST].decode("utf-8", "replace")
    if not isinstance(value, pikepdf.String | pikepdf.Name):
        return ""
    try:
        return str(value)[:_LONGEST]
    except UnicodeDecodeError:
        return bytes(value)[:_LONGEST].decode("latin-1")


def _finding(code: str, annotation: Annotation) -> Finding:
    name = _text(annotation.body.get("/T"))
    return Finding(code, annotation.page, annotation.rect_mm, annotation.object, name[:100])
