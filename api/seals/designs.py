# SPDX-License-Identifier: Apache-2.0
"""A seal's design as canonical JSON: what differs from the usual, numbers as text."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from enum import StrEnum
from typing import Any

from relying import Json
from seal import SealDesign, SealDesignRefused
from verify import canonical_json

from .drawings import DrawnDesign

_ALWAYS = ("name", "line", "code")


def design_text(design: SealDesign) -> str:
    """Canonical JSON."""
    return canonical_json(design_json(design)).decode()


def design_json(design: SealDesign) -> dict[str, Json]:
    """Members that differ from the defaults; ``name``, ``line`` and ``code`` always."""
    found: dict[str, Json] = {}
    for one in fields(design):
        value = getattr(design, one.name)
        if one.name in _ALWAYS or value != one.default:
            found[one.name] = _plain(value)
    return found


def read_design(text: str) -> SealDesign:
    """The design that :func:`design_text` wrote.  Raises :class:`seal.SealDesignRefused`."""
    return design_of(json.loads(text))


def design_of(given: dict[str, Any]) -> SealDesign:
    """A design from JSON members; every rule of the design is checked: :class:`seal.SealDesignRefused`."""
    kind = DrawnDesign if "drawing" in given else SealDesign
    known = {one.name: one.default for one in fields(kind)}
    if "name" not in given:
        raise _refused("name")
    found = {}
    for name, value in given.items():
        try:
            found[name] = _typed(value, known[name])
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise _refused(name) from error
    return kind(**found)


def _refused(field: str) -> SealDesignRefused:
    return SealDesignRefused(
        field=field[:50],
        rule="章面没有该项,或其值不可用 / no such member of a design, or not a value of it",
        todo="请按接口说明填写章面 / give the members of a design",
    )


def _plain(value: Any) -> Json:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return format(value, "g")
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    known: Json = value
    return known


def _typed(value: Any, default: Any) -> Any:
    """In the type of the default; a member without one is text."""
    if default is MISSING or default is None:
        if not isinstance(value, str):
            raise TypeError
        return value
    if isinstance(value, type(default)):
        return value
    if isinstance(default, tuple):
        whole = isinstance(value, list) and len(value) == len(default)
        if not whole or any(type(one) is not int for one in value):
            raise TypeError
        return tuple(value)
    return type(default)(value)
