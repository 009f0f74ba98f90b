# SPDX-License-Identifier: Apache-2.0
"""Every reason that the source can give has a row in the table: the source is walked, not a list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from verify.aspects.model import INFORMING
from verify.aspects.rows import TABLE, Effect
from verify.aspects.table import row_of

HERE = Path(__file__).parents[3]
CODE_AT = {"Reason": 0, "CoverageRefused": 0, "_limit": 0, "failed": 1, "unsure": 1, "Refused": 2}
"""Whatever makes a reason, and which argument is the code."""
PREFIXES = ("", "SEAL_", "MAKER_")
STATES = ("NOT_ACTIVATED", "SUSPENDED", "REPLACED", "CANCELLED")


def document_states() -> list[str]:
    """The names of the states of documents, as their file has them."""
    text = (HERE / "verify" / "document_states.py").read_text(encoding="utf-8")
    return re.findall(r"^    ([A-Z]+) = \"", text, re.MULTILINE)


def codes(argument: ast.expr) -> Iterator[str]:
    """What the argument may be: a text, one of two, or a text with a name of a seal state or prefix in it."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from codes(argument.body)
        yield from codes(argument.orelse)
    elif isinstance(argument, ast.JoinedStr):
        texts = [part.value if isinstance(part, ast.Constant) else None for part in argument.values]
        inner = ast.unparse(argument)
        if texts[-1] is None and "_NAMES" not in inner:
            return  # of another code, which is walked where it stands
        if "state" in inner or "_NAMES" in inner:
            states = document_states() if texts[0] == "DOCUMENT_" else STATES
            yield from ("".join(one or state for one in texts) for state in states)
        else:
            yield from ("".join(one or prefix for one in texts) for prefix in PREFIXES)


def source() -> Iterator[tuple[str, str]]:
    """Each code with its place."""
    for package in ("verify", "api", "seal", "ca", "relying"):
        for path in sorted((HERE / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if not any(f"{name}(" in text for name in CODE_AT):
                continue
            for node in ast.walk(ast.parse(text)):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", None)
                place = CODE_AT.get(name) if isinstance(name, str) else None
                if place is None:
                    continue
                named = [one.value for one in node.keywords if one.arg == "code"]
                for argument in (*node.args[place : place + 1], *named):
                    for code in codes(argument):
                        yield code, f"{path.relative_to(HERE)}:{node.lineno}"


@cache
def walked() -> list[tuple[str, str]]:
    """Not while tests are collected: each process of a run collects all of them."""
    return sorted({(code, place) for code, place in source() if code.isupper() or "_" in code})


def test_the_walk_finds_them() -> None:
    """As many as there are, of every form in which a code is written."""
    found = {code for code, _ in walked()}
    assert len(found) > 180
    assert {
        "CONTENT_ALTERED",
        "SEAL_SUSPENDED_SINCE",
        "ISSUER_REVOKED",
        "MAKER_SIGNED_OUTSIDE_VALIDITY",
    } < found


def test_every_code_has_a_row() -> None:
    """A code that is missing here gets a row in verify/aspects/rows.py: which question does it answer?"""
    missing = [f"{code} ({place})" for code, place in walked() if row_of(code) is None]
    assert not missing, "no row in verify/aspects/rows.py: " + ", ".join(missing)


def test_rows_that_keep_from_passing_touch_what_matters() -> None:
    """Otherwise the aspects would pass where the verdict does not."""
    for code, row in TABLE.items():
        if row.effect in (Effect.UNSURE, Effect.EITHER):
            assert set(row.aspects) - INFORMING, code
        if row.effect is not Effect.GOOD:
            assert row.aspects, code


def test_made_codes_speak_of_the_thing() -> None:
    """Of the seal's maker and time stamp, and of the time stamp at a signature."""
    for code, aspect in (
        ("MAKER_CERTIFICATE_REVOKED", "seal"),
        ("SEAL_TIMESTAMP_OTHER_CONTENT", "seal"),
        ("SEAL_SIGNATURE_INVALID", "seal"),
        ("TIMESTAMP_CERTIFICATE_REVOKED", "timestamp"),
    ):
        row = row_of(code)
        assert row is not None
        assert (row.aspects[0].value, row.effect) == (aspect, Effect.FAILED)
    assert row_of("MAKER_NOBODY_WROTE_THIS") is None
