# SPDX-License-Identifier: Apache-2.0
"""Entry points find, settings enable; whatever does not fit stops the start with words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from api.plugins import PluginRefused, found_plugins, load_plugins
from relying import (
    Composition,
    DocumentType,
    Face,
    Field,
    FieldKind,
    Form,
    RecordKind,
    Relying,
    Slot,
)


@dataclass
class Point:
    """An entry point that loads to a given object."""

    value: object

    def load(self) -> object:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def compose(_host: object, _order: object) -> Composition:
    return Composition(face=Face("t"), record={}, serial="1", holder="h", holder_name="n")


AGENCY = Field("agency", "受理机关", "Agency", FieldKind.USCC)
LETTER = DocumentType("letter", "函", "Letter", "007", compose)
NOTARY = Relying(
    name="notary",
    zh="公证",
    documents=(LETTER,),
    forms=(Form("request", "申请", "Request", (AGENCY,), issues="letter"),),
    records=(RecordKind("deed", "契", (Field("deed_no", "编号", "Number"),), key="deed_no"),),
)


def found(**points: object) -> Mapping[str, list[Any]]:
    return {name: [Point(value)] for name, value in points.items()}


def refusal(module: object, name: str = "notary") -> str:
    with pytest.raises(PluginRefused) as refused:
        load_plugins([name], found(**{name: module}))
    assert refused.value.name == name
    return refused.value.why


def test_found_is_not_enabled() -> None:
    """Only listed modules are loaded, in the order of the settings."""
    tail = Relying(name="tail", zh="尾")
    points = found(notary=NOTARY, tail=tail, broken=ImportError("never imported"))
    assert load_plugins(["tail", "notary"], points) == (tail, NOTARY)
    assert load_plugins([], points) == ()


def test_installed_modules_are_found() -> None:
    """The three modules of the first day are installed under the entry-point group, once each."""
    installed = found_plugins()
    assert {"registry", "project", "credit"} <= installed.keys()
    for name in ("registry", "project", "credit"):
        assert [point.load().name for point in installed[name]] == [name]  # type: ignore[attr-defined]


def test_unknown_name() -> None:
    """A name that is not installed says what is."""
    with pytest.raises(PluginRefused, match=r"not installed.*notary"):
        load_plugins(["nobody"], found(notary=NOTARY))


def test_listed_twice_and_claimed_twice() -> None:
    """A name listed twice, or installed by two distributions, is refused."""
    with pytest.raises(PluginRefused, match="listed twice"):
        load_plugins(["notary", "notary"], found(notary=NOTARY))
    with pytest.raises(PluginRefused, match="two distributions"):
        load_plugins(["notary"], {"notary": [Point(NOTARY), Point(NOTARY)]})


@pytest.mark.parametrize("value", [object(), "notary", Relying, {"name": "notary"}])
def test_wrong_type(value: object) -> None:
    """The entry point must name a Relying value."""
    assert "not a relying.Relying" in refusal(value)


def test_wrong_contract_number() -> None:
    """A module of another contract is refused with both numbers."""
    assert "speaks contract 2, this service speaks 1" in refusal(replace(NOTARY, contract=2))


def test_import_failure_is_told() -> None:
    """Whatever happens on import is named, not a traceback."""
    assert "cannot be imported: ImportError: no such library" in refusal(ImportError("no such library"))


def test_other_name() -> None:
    """The entry point and the module agree on the name."""
    assert "calls itself 'notary'" in refusal(NOTARY, "other")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"forms": (*NOTARY.forms, *NOTARY.forms)}, "form 'request' twice"),
        ({"documents": (LETTER, LETTER)}, "document type 'letter' twice"),
        ({"records": (*NOTARY.records, *NOTARY.records)}, "record kind 'deed' twice"),
        ({"documents": (replace(LETTER, code="7"),)}, "three digits"),
        ({"documents": (replace(LETTER, code="900"),)}, "below 900"),
        ({"documents": ()}, "issues 'letter'"),
        ({"documents": (replace(LETTER, self_service=True),)}, "issues 'letter'"),
        ({"forms": (replace(NOTARY.forms[0], fields=()),)}, "'agency'"),
        ({"forms": (replace(NOTARY.forms[0], fields=(AGENCY, AGENCY)),)}, "field 'agency' twice"),
        ({"forms": (replace(NOTARY.forms[0], slots=(Slot("data", "附件", "File"),)),)}, "reserved"),
        ({"records": (replace(NOTARY.records[0], key="other"),)}, "key 'other'"),
        ({"records": (replace(NOTARY.records[0], roles=frozenset()),)}, "nobody"),
        (
            {"records": (RecordKind("deed", "契", (Field("a", "甲", "A", FieldKind.CHOICE),), key="a"),)},
            "choice",
        ),
        ({"records": (RecordKind("deed", "契", (Field("A b", "甲", "A"),), key="A b"),)}, "lower-case word"),
        ({"needs": frozenset({"database"})}, "needs 'database'"),
    ],
)
def test_malformed_declaration(change: dict[str, Any], words: str) -> None:
    """Each fault in a declaration is named before the service starts."""
    assert words in refusal(replace(NOTARY, **change))


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (Relying(name="second", zh="二", documents=(replace(LETTER, code="008"),)), "document type 'letter'"),
        (Relying(name="second", zh="二", documents=(replace(LETTER, name="other"),)), "document code '007'"),
        (
            Relying(name="second", zh="二", forms=(Form("request", "申请", "Request", (AGENCY,)),)),
            "form 'request'",
        ),
        (Relying(name="second", zh="二", records=NOTARY.records), "record kind 'deed'"),
    ],
)
def test_duplicates_between_modules(second: Relying, words: str) -> None:
    """A public name belongs to one module only; the refusal names both."""
    with pytest.raises(PluginRefused) as refused:
        load_plugins(["notary", "second"], found(notary=NOTARY, second=second))
    assert words in refused.value.why and "'notary'" in refused.value.why
