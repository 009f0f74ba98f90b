# SPDX-License-Identifier: Apache-2.0
"""What one object shows by itself: scripts, self-running actions, content from elsewhere, unlisted pages.

A link that a person clicks is no danger; the same action on opening is.  Each object is scanned as text
first, and only where a name of the list occurs does anybody look at its structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from .finding import Finding
from .places import Places

_ACTIONS: Final = {
    "/JavaScript": "script",
    "/Launch": "starts-program",
    "/ImportData": "imports-data",
    "/SubmitForm": "sends-form",
    "/ResetForm": "changes-fields",
    "/Hide": "hides-content",
    "/SetOCGState": "switches-layers",
    "/Rendition": "plays-media",
    "/RichMediaExecute": "plays-media",
    "/Movie": "plays-media",
    "/Sound": "plays-media",
    "/GoTo3DView": "plays-media",
    "/GoToR": "link-to-file",
    "/GoToE": "link-to-file",
}
_ANNOTATIONS: Final = {"/RichMedia", "/3D", "/Movie", "/Screen", "/Sound"}
# qpdf writes every name in its one spelling, so no #xx can hide one from this pattern.
_SUSPECT: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|ImportData|SubmitForm|ResetForm|Hide|SetOCGState|Rendition|RichMedia\w*|Movie"
    rb"|Sound|GoTo3DView|GoToR|GoToE|3D|Screen|AA|Ref|OPI|Alternates|Page|Template|Contents)"
    rb"(?![^\s/<>\[\](){}%])"
)
_DEEPEST: Final = 64


def in_objects(pdf: Any, places: Places) -> Iterator[Finding]:
    """Everything that one object shows by itself."""
    for one in pdf.objects:
        for code in dict.fromkeys(_in_object(one, places)):
            page, rect = places.of(one.objgen)
            yield Finding(code, page, rect, one.objgen[0])


def in_catalog(root: Any) -> Iterator[Finding]:
    """What the catalog sets in motion."""
    import pikepdf

    form = root.get("/AcroForm")
    if (isinstance(form, pikepdf.Dictionary) and "/XFA" in form) or (
        "/NeedsRendering" in root and root.get("/NeedsRendering") is not False
    ):
        yield Finding("dynamic-form")
    names = root.get("/Names")
    if isinstance(names, pikepdf.Dictionary) and "/JavaScript" in names:
        yield Finding("script")
    opening = root.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and (opening.get("/S") != "/GoTo" or "/Next" in opening):
        yield Finding("runs-on-opening")


def _in_object(one: Any, places: Places) -> Iterator[str]:
    import pikepdf

    if isinstance(one, pikepdf.Stream):
        if "/F" in one:
            yield "external-stream"
        text = one.stream_dict.unparse(resolved=True)
    elif isinstance(one, pikepdf.Dictionary | pikepdf.Array):
        text = one.unparse(resolved=True)
    else:
        return
    if not _SUSPECT.search(text):
        return
    if one.objgen not in places.listed and _is_page(one):
        yield "page-not-listed"
    for found in _dictionaries(one, 0):
        if code := _in_dictionary(found):
            yield code


def _is_page(one: Any) -> bool:
    """A page by its type, or by having content of its own as only pages have."""
    import pikepdf

    if isinstance(one, pikepdf.Stream) or not isinstance(one, pikepdf.Dictionary):
        return False
    if one.get("/Type") in ("/Page", "/Template"):
        return True
    content = one.get("/Contents")
    drawn = isinstance(content, pikepdf.Stream) or (
        isinstance(content, pikepdf.Array) and any(isinstance(part, pikepdf.Stream) for part in content)
    )
    return drawn and "/Subtype" not in one


def _dictionaries(one: Any, depth: int) -> Iterator[Any]:
    """``one`` and the dictionaries written inside it; what it refers to has its own turn."""
    import pikepdf

    if depth > _DEEPEST:
        raise ValueError("too deeply nested")
    is_array = isinstance(one, pikepdf.Array)
    if not is_array:
        yield one
    for value in list(one) if is_array else [value for _, value in one.items()]:
        if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and value.objgen == (0, 0):
            yield from _dictionaries(value, depth + 1)


def _in_dictionary(one: Any) -> str:
    import pikepdf

    kind = one.get("/S")
    if isinstance(kind, pikepdf.Name) and str(kind) in _ACTIONS:
        return _ACTIONS[str(kind)]
    subtype = one.get("/Subtype")
    if isinstance(subtype, pikepdf.Name) and str(subtype) in _ANNOTATIONS:
        return "plays-media"
    # AA, Ref and the others may also be names of fonts and images in a resource dictionary.
    actions = one.get("/AA")
    if isinstance(actions, pikepdf.Dictionary) and "/Type" not in actions and "/Subtype" not in actions:
        return "runs-by-itself"
    if subtype == "/Form" and isinstance(one.get("/Ref"), pikepdf.Dictionary):
        return "external-page"
    if subtype in ("/Form", "/Image") and "/OPI" in one:
        return "external-image"
    if subtype == "/Image" and "/Alternates" in one:
        return "alternate-images"
    return ""
