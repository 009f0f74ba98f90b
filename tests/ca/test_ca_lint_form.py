# SPDX-License-Identifier: Apache-2.0
"""Every rule of form has drafts that break exactly this one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ca import Draft
from ca.rules import FORM
from keys import RSA_SHA384, RSA_SHA512, der

from .conftest import (
    AKI,
    ALGORITHM,
    EXTENSIONS,
    KEY,
    PERSON,
    SERIAL,
    SKI,
    SUBJECT,
    VALIDITY,
    VERSION,
    Break,
    cases,
    extension,
    extensions,
    findings,
    passes_the_short_way,
    with_extensions,
    with_part,
)

RULES = {one.name for one in FORM} | {"structure"}
C, CN = "2.5.4.6", "2.5.4.3"
CHINA = (C, der.printable("CN"))
WANG = (CN, der.utf8("王样二"))


def name(*pairs: tuple[str, bytes]) -> bytes:
    return der.sequence(*(der.set_of(der.sequence(der.oid(kind), text)) for kind, text in pairs))


def person_named(authority: Any, subject: bytes) -> Draft:
    return with_part(authority.draft("person", PERSON), SUBJECT, subject)


BROKEN: dict[str, list[Break]] = {
    "structure": [
        lambda a: replace(a.draft(), tbs=a.draft().tbs[:-1]),
        lambda a: replace(a.draft(), tbs=a.draft().tbs + b"\x00"),
        lambda a: replace(a.draft(), tbs=b""),
        lambda a: with_part(a.draft(), VERSION, b""),
        lambda a: with_part(a.draft(), EXTENSIONS, b""),
        lambda a: with_part(a.draft(), KEY, a.draft().public_key.spki + b"\x81\x02\x00\x01"),  # unique id
        lambda a: with_part(a.draft(), SERIAL, b"\x02\x02\x00\x01"),
        lambda a: with_part(a.draft(), VALIDITY, der.sequence(der.time(a.draft().not_before))),
        lambda a: with_extensions(a.draft(), {}, der.sequence(der.oid(AKI))),
    ],
    "version": [
        lambda a: with_part(a.draft(), VERSION, der.explicit(0, der.integer(1))),
        lambda a: with_part(a.draft(), VERSION, der.explicit(0, der.integer(3))),
    ],
    "serial": [
        lambda a: a.draft(serial=0),
        lambda a: a.draft(serial=-(1 << 100)),
        lambda a: a.draft(serial=(1 << 63) - 1),
        lambda a: a.draft(serial=1 << 159),
    ],
    "algorithm": [
        lambda a: with_part(a.draft(), ALGORITHM, der.sequence(der.oid(a.key.scheme.oid))),  # NULL absent
        lambda a: with_part(a.draft(), ALGORITHM, RSA_SHA384.algorithm_identifier()),
        # The authority leaves NULL out, and the draft has it.
        lambda a: (
            replace(a.draft(), null_parameters=False)
            if a.key.public_key.family == "SM2"
            else with_part(a.draft(), ALGORITHM, RSA_SHA512.algorithm_identifier())
        ),
    ],
    "time_form": [
        lambda a: with_part(
            a.draft(),
            VALIDITY,
            der.sequence(der.generalized(a.draft().not_before), der.time(a.draft().not_after)),
        ),
        lambda a: with_part(
            a.draft(), VALIDITY, der.sequence(der.time(a.draft().not_before), b"\x17\x0b2708010400Z")
        ),
        lambda a: with_part(a.draft(), VALIDITY, der.sequence(der.integer(1), der.integer(2))),
    ],
    "name_text": [
        lambda a: person_named(a, name(CHINA, ("2.5.4.5", der.utf8("350658")), WANG)),
        lambda a: person_named(a, name(CHINA)),
        lambda a: person_named(a, name(CHINA, (CN, der.utf8("王样二11010519491231002X")))),
        lambda a: person_named(a, name(CHINA, (CN, der.utf8("王\u200b样二")))),
        lambda a: person_named(a, name(CHINA, (CN, der.utf8("王" * 65)))),
        lambda a: person_named(a, name((C, der.printable("China")), WANG)),
    ],
    "name_form": [
        lambda a: person_named(a, name(WANG, CHINA)),
        lambda a: person_named(a, name((C, der.utf8("CN")), WANG)),
        lambda a: person_named(a, name(CHINA, (CN, der.printable("Wang")))),
        lambda a: person_named(a, name(WANG)),
    ],
    "extension_form": [
        lambda a: with_extensions(a.draft(), {}, extensions(a.draft())[SKI]),
        lambda a: with_extensions(
            a.draft(), {SKI: extension(SKI, der.octets(a.draft().public_key.key_id), critical=False)}
        ),
    ],
    "extension_known": [
        lambda a: with_extensions(a.draft(), {}, extension("1.3.6.1.4.1.99999.1", der.null(), critical=True)),
        lambda a: with_extensions(a.draft(), {}, extension("1.3.6.1.4.1.99999.1", der.null())),
        lambda a: with_extensions(
            a.draft(), {SKI: extension(SKI, der.octets(a.draft().public_key.key_id), critical=True)}
        ),
    ],
}


@pytest.mark.parametrize(("rule", "number"), cases(BROKEN, RULES), ids=lambda value: str(value))
def test_breaks_exactly_one_rule_of_form(authority: Any, rule: str, number: int) -> None:
    assert findings(BROKEN[rule][number](authority)) == [rule]


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_the_short_way_accepts_nothing_that_breaks_form(authority: Any, rule: str) -> None:
    assert not any(passes_the_short_way(authority, make) for make in BROKEN[rule])
