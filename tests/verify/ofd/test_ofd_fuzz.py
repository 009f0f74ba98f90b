# SPDX-License-Identifier: Apache-2.0
"""Whatever the bytes: a report, a picture, or an ``Unreadable``; never another error, never for long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verify import (
    Trust,
    Unreadable,
    check_file,
    check_ofd,
    ofd_page_count,
    ofd_png,
    ofd_svg,
    ofd_text,
    read_ofd,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLOCKS = st.lists(
    st.sampled_from(
        [
            b"PK\x03\x04",
            b"PK\x01\x02",
            b"PK\x05\x06",
            b"PK\x07\x08",
            b"OFD.xml",
            b"\x00\x00",
            b"\x08\x00",
            b"\xff\xff\xff\xff",
            bytes(22),
            b"<ofd:OFD/>",
        ]
    )
    | st.binary(max_size=40),
    max_size=30,
).map(b"".join)


def words(text: str) -> list[str]:
    return text.split()


def only_unreadable(read: Callable[[], object]) -> None:
    with suppress(Unreadable):
        read()


@QUICK
@given(BLOCKS)
def test_anything(data: bytes) -> None:
    only_unreadable(lambda: check_ofd(data, trust=Trust(), at=AT))
    only_unreadable(lambda: check_file(b"PK\x03\x04" + data + b"ofd.xml", trust=Trust(), at=AT))
    only_unreadable(lambda: ofd_page_count(data))


@QUICK
@given(data=st.data())
def test_a_package_with_holes(workshop: Any, data: st.DataObject) -> None:
    """Octets changed, left out and put in anywhere in a sealed file."""
    whole = workshop.pack(workshop.sealed())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, 2**20)) % len(whole)
        until = at + data.draw(st.sampled_from([0, 1, 1, 2, 4, 100]))
        whole = whole[:at] + data.draw(st.binary(max_size=4)) + whole[until:]
    only_unreadable(lambda: workshop.check(whole))
    only_unreadable(lambda: ofd_svg(whole, 0))


NAMES = st.sampled_from(
    [
        "OFD",
        "DocBody",
        "DocInfo",
        "DocRoot",
        "Signatures",
        "Signature",
        "SignedInfo",
        "References",
        "Reference",
        "CheckValue",
        "StampAnnot",
        "Seal",
        "BaseLoc",
        "SignedValue",
        "Document",
        "CommonData",
        "PageArea",
        "PhysicalBox",
        "PublicRes",
        "TemplatePage",
        "Pages",
        "Page",
        "Content",
        "Layer",
        "Template",
        "Annotations",
        "Attachments",
        "Versions",
        "Version",
        "MaxSignId",
        "x:y",
    ]
)
VALUES = st.sampled_from(
    [
        "",
        "0",
        "1",
        "/OFD.xml",
        "OFD.xml",
        "../..",
        "Doc_0/Document.xml",
        "SM3",
        "Seal",
        "Sign",
        "0 0 10 10",
        "-1",
    ]
) | st.text("0123456789 /.\\%a&<", max_size=12)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["ID", "BaseLoc", "Type", "FileRef", "CheckMethod", "PageRef", "Boundary", "TemplateID"]),
    VALUES,
    max_size=4,
)


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def written(name: str, attributes: dict[str, str], inner: list[str], text: str) -> str:
        plain = {key: value.replace("&", "&amp;").replace("<", "&lt;") for key, value in attributes.items()}
        listed = "".join(f' {key}="{value}"' for key, value in plain.items())
        return f"<ofd:{name}{listed}>{text.replace('&', '').replace('<', '')}{''.join(inner)}</ofd:{name}>"

    return st.builds(written, NAMES, ATTRIBUTES, st.lists(children, max_size=4), VALUES)


TREES = st.recursive(_element(st.just("")), _element, max_leaves=12)


@QUICK
@given(name=st.sampled_from(["OFD.xml", "Doc_0/Document.xml", "Doc_0/Signs/Signatures.xml"]), tree=TREES)
def test_structures_of_any_shape(workshop: Any, name: str, tree: str) -> None:
    root = {"OFD.xml": "OFD", "Doc_0/Document.xml": "Document"}.get(name, "Signatures")
    files = workshop.sealed()
    files[name] = workshop.xml(root, tree)
    only_unreadable(lambda: workshop.check(files))
    only_unreadable(lambda: ofd_text(workshop.pack(files), 0))


@QUICK
@given(tree=TREES)
def test_descriptions_of_any_shape(workshop: Any, tree: str) -> None:
    files = workshop.sealed()
    files["Doc_0/Signs/Sign_0/Signature.xml"] = workshop.xml("Signature", tree)
    only_unreadable(lambda: workshop.check(files))
    only_unreadable(lambda: ofd_svg(workshop.pack(files), 0))


@QUICK
@given(value=st.binary(max_size=60) | st.binary(max_size=30).map(lambda rest: b"\x30\x80" + rest))
def test_values_of_any_kind(workshop: Any, value: bytes) -> None:
    files = workshop.sealed()
    files["Doc_0/Signs/Sign_0/SignedValue.dat"] = value
    only_unreadable(lambda: workshop.check(files))
    plain = workshop.sealed(kind="Sign", value=lambda _: value)
    only_unreadable(lambda: workshop.check(plain))


@QUICK
@given(data=st.data())
def test_plain_values_with_holes(workshop: Any, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["form_a", "form_b"]))

    def bent(content: bytes) -> bytes:
        whole = bytes(getattr(workshop, form)(content))
        at = data.draw(st.integers(0, 2**20)) % len(whole)
        return whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + data.draw(st.integers(0, 3)) :]

    only_unreadable(lambda: workshop.check(workshop.sealed(kind="Sign", value=bent)))


NUMBERS = st.sampled_from(
    [
        "0",
        "1",
        "10",
        "-5",
        "0.353",
        "1e308",
        "nan",
        "inf",
        "99999999",
        "g 3 5",
        "g 999999999 1",
        "",
        "x",
        "255",
    ]
)
LISTS = st.lists(NUMBERS | st.sampled_from("SMLQBAC"), max_size=14).map(" ".join)
GRAPHIC = st.sampled_from(
    ["TextObject", "PathObject", "ImageObject", "CompositeObject", "PageBlock", "Layer"]
)
PARTS = st.sampled_from(
    [
        "TextCode",
        "CGTransform",
        "Glyphs",
        "AbbreviatedData",
        "FillColor",
        "StrokeColor",
        "Clips",
        "Clip",
        "Area",
        "Path",
    ]
)
LOOKS = st.dictionaries(
    st.sampled_from(
        [
            "Boundary",
            "CTM",
            "Size",
            "Font",
            "HScale",
            "DeltaX",
            "DeltaY",
            "X",
            "Y",
            "Value",
            "Alpha",
            "LineWidth",
            "DashPattern",
            "DrawParam",
            "ResourceID",
            "CodePosition",
            "CodeCount",
            "GlyphCount",
            "CharDirection",
            "ReadDirection",
            "Rule",
            "Fill",
            "Stroke",
        ]
    ),
    LISTS,
    max_size=6,
)


def _drawn(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def written(name: str, looks: dict[str, str], inner: list[str], text: str) -> str:
        listed = "".join(f' {key}="{value}"' for key, value in looks.items())
        return f"<ofd:{name}{listed}>{text}{''.join(inner)}</ofd:{name}>"

    return st.builds(written, GRAPHIC | PARTS, LOOKS, st.lists(children, max_size=4), LISTS)


@QUICK
@given(tree=st.recursive(_drawn(st.just("")), _drawn, max_leaves=12))
def test_pages_of_any_shape(workshop: Any, tree: str) -> None:
    files = workshop.plain(1)
    files["Doc_0/Pages/Page_0/Content.xml"] = workshop.page(tree)
    package = read_ofd(workshop.pack(files))
    only_unreadable(lambda: ofd_text(package, 0))
    only_unreadable(lambda: ofd_svg(package, 0))
    only_unreadable(lambda: ofd_png(package, 0, 20))
