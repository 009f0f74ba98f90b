# SPDX-License-Identifier: Apache-2.0
"""Find what could change the document after it was sealed, without a byte of the file changing.

Scripts, actions that run by themselves, dynamic forms (XFA), moving content, and content that is fetched
from elsewhere.  A link that a person clicks is no danger; the same action on opening is.  Each object is
scanned as text first, and only where a name of the list occurs does anybody look at its structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

_ACTIONS: Final = {
    "/JavaScript": "a script",
    "/Launch": "an action that starts a program",
    "/ImportData": "an action that imports data",
    "/SubmitForm": "an action that sends the form",
    "/ResetForm": "an action that changes form fields",
    "/Hide": "an action that hides content",
    "/SetOCGState": "an action that switches layers",
    "/Rendition": "an action that plays media",
    "/RichMediaExecute": "an action that plays media",
    "/Movie": "an action that plays media",
    "/Sound": "an action that plays media",
    "/GoTo3DView": "an action that changes a scene",
}
_ANNOTATIONS: Final = {"/RichMedia", "/3D", "/Movie", "/Screen", "/Sound"}
# qpdf writes every name in its one spelling, so no #xx can hide one from this pattern.
_SUSPECT: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|ImportData|SubmitForm|ResetForm|Hide|SetOCGState|Rendition|RichMedia\w*|Movie"
    rb"|Sound|GoTo3DView|3D|Screen|AA|Ref|OPI|Alternates)(?![^\s/<>\[\](){}%])"
)
_DEEPEST: Final = 64


def dormant_content(pdf: Any) -> str:
    """The first thing that may not be in a file to be sealed, in English; empty when there is none."""
    return _in_catalog(pdf.Root) or next(filter(None, map(_in_object, pdf.objects)), "")


def _in_catalog(root: Any) -> str:
    import pikepdf

    form = root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/XFA" in form:
        return "a dynamic form (XFA)"
    if "/NeedsRendering" in root and root.get("/NeedsRendering") is not False:
        return "a dynamic form (XFA)"
    names = root.get("/Names")
    if isinstance(names, pikepdf.Dictionary) and "/JavaScript" in names:
        return "a script that runs on opening"
    opening = root.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and (opening.get("/S") != "/GoTo" or "/Next" in opening):
        return "an action that runs on opening"
    return ""


def _in_object(one: Any) -> str:
    import pikepdf

    if isinstance(one, pikepdf.Stream):
        if "/F" in one:
            return "a stream kept in another file"
        if not _SUSPECT.search(one.stream_dict.unparse(resolved=True)):
            return ""
    elif not isinstance(one, pikepdf.Dictionary | pikepdf.Array) or not _SUSPECT.search(
        one.unparse(resolved=True)
    ):
        return ""
    return next(filter(None, (_in_dictionary(found) for found in _dictionaries(one, 0))), "")


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
        return "an annotation that plays or moves"
    # AA, Ref and the others may also be names of fonts and images in a resource dictionary.
    actions = one.get("/AA")
    if isinstance(actions, pikepdf.Dictionary) and "/Type" not in actions and "/Subtype" not in actions:
        return "actions that run by themselves"
    if subtype == "/Form" and isinstance(one.get("/Ref"), pikepdf.Dictionary):
        return "a page shown from another file"
    if subtype in ("/Form", "/Image") and "/OPI" in one:
        return "an image kept elsewhere"
    if subtype == "/Image" and "/Alternates" in one:
        return "images that change between screen and print"
    return ""
