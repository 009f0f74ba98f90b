# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema (draft 2020-12) of a report: written from the enumerations, so that it cannot fall behind.

Members may be added to ``facts`` and ``detail`` at any time; the others of ``yinxin-report/1`` keep their
meaning.  A reader ignores what it does not know.
"""

from __future__ import annotations

from .aspects import NAMES, AspectStatus
from .canonical import Json
from .report import FORMAT, Indication, SubIndication

SCHEMA_PATH = "/schemas/report-1.json"
"""Where a service publishes it."""
_TEXT: dict[str, Json] = {"type": "string"}
_OBJECT: dict[str, Json] = {"type": "object"}
_CODES: dict[str, Json] = {"type": "array", "items": {"$ref": "#/$defs/code"}, "uniqueItems": True}
_INDICATIONS: list[Json] = [one.value for one in Indication]
_PASS: dict[str, Json] = {"properties": {"indication": {"const": Indication.TOTAL_PASSED.value}}}
_FAILED: dict[str, Json] = {"properties": {"status": {"const": AspectStatus.FAILED.value}}}


def report_schema() -> dict[str, Json]:
    """A fresh one at each call."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:yinxin:{FORMAT.replace('/', ':')}",
        "title": "Yinxin verification report",
        "description": "Verdict of ETSI EN 319 102-1 section 5.1.3 on one file; aspects of each signature. "
        "A file that cannot be read at all has kind 'unreadable' and no indication.",
        "type": "object",
        "required": ["format", "kind", "indication", "sub_indication", "signatures", "reasons", "facts"],
        "properties": {
            "format": {"const": FORMAT},
            "file": {"type": "string", "description": "the name under which it was handed in"},
            "kind": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
            "indication": {"enum": [*_INDICATIONS, None]},
            "sub_indication": {"$ref": "#/$defs/sub_indication"},
            "signatures": {"type": "array", "items": {"$ref": "#/$defs/signature"}},
            "reasons": {"type": "array", "items": {"$ref": "#/$defs/reason"}},
            "facts": _OBJECT,
            "error": {"type": "string", "description": "why it cannot be read, and what to do"},
        },
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": "unreadable"}}},
                "then": {"properties": {"indication": {"const": None}, "sub_indication": {"const": None}}},
                "else": {"properties": {"indication": {"enum": _INDICATIONS}}},
            },
            _sub_indication_unless_passed(),
            {
                "if": _PASS,
                "then": {"properties": {"signatures": {"items": _PASS}}},
            },
        ],
        "$defs": _definitions(),
    }


def _definitions() -> dict[str, Json]:
    return {
        "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"},
        "sub_indication": {"enum": [*(one.value for one in SubIndication), None]},
        "reason": {
            "type": "object",
            "description": "code for programs, sentences for people: what was found and what to do",
            "required": ["code", "zh", "en"],
            "properties": {"code": {"$ref": "#/$defs/code"}, "zh": _TEXT, "en": _TEXT},
        },
        "aspect": {
            "type": "object",
            "required": ["name", "status", "reasons", "detail"],
            "properties": {
                "name": {"enum": [one.value for one in NAMES]},
                "status": {"enum": [one.value for one in AspectStatus]},
                "reasons": _CODES,
                "detail": {"type": "object", "additionalProperties": _TEXT},
            },
        },
        "signature": {
            "type": "object",
            "required": [
                "format",
                "indication",
                "sub_indication",
                "reasons",
                "aspects",
                "deviations",
                "facts",
            ],
            "properties": {
                "format": _TEXT,
                "indication": {"enum": _INDICATIONS},
                "sub_indication": {"$ref": "#/$defs/sub_indication"},
                "reasons": {"type": "array", "items": {"$ref": "#/$defs/reason"}},
                "aspects": {
                    "type": "array",
                    "description": "each question once, in this order",
                    "prefixItems": [
                        {"$ref": "#/$defs/aspect", "properties": {"name": {"const": one.value}}}
                        for one in NAMES
                    ],
                    "minItems": len(NAMES),
                    "items": False,
                },
                "deviations": {**_CODES, "description": "where it differs from a standard"},
                "facts": _OBJECT,
            },
            "allOf": [
                _sub_indication_unless_passed(),
                {"if": _PASS, "then": {"properties": {"aspects": {"not": {"contains": _FAILED}}}}},
            ],
        },
    }


def _sub_indication_unless_passed() -> Json:
    return {
        "if": _PASS,
        "then": {"properties": {"sub_indication": {"const": None}}},
        "else": {
            "if": {"properties": {"indication": {"const": None}}},
            "else": {"properties": {"sub_indication": {"type": "string"}}},
        },
    }
