# SPDX-License-Identifier: Apache-2.0
"""DNS names as identifiers (RFC 8555 section 7.1.4, RFC 5280 section 4.2.1.6): A-labels in lower case.

Stricter than DNS: at least two labels, letters, digits and hyphens only, no number as the last label (that
would be an address), and what claims to be an A-label must decode to a valid U-label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import idna

from verify import Json

from .errors import AcmeRefused

WILDCARD = "*."
LONGEST = 253
LONGEST_COMMON_NAME = 64
"""A certificate names its first host in the subject too, where RFC 5280 leaves so much room."""
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Name:
    """One ordered name; ``base`` is what has to be proven."""

    base: str
    wildcard: bool = False

    def __str__(self) -> str:
        return f"{WILDCARD}{self.base}" if self.wildcard else self.base


def why_no_name(text: str) -> str:
    """What is wrong with a host name, or nothing."""
    if not text.isascii():
        return "write an internationalised name as A-labels (xn--…)"
    if len(text) > LONGEST:
        return f"a name has at most {LONGEST} characters"
    labels = text.split(".")
    if len(labels) < 2:
        return "a name has at least two labels"
    for label in labels:
        if not _LABEL.match(label):
            return "each label has 1 to 63 letters, digits and hyphens, lower case, no hyphen at either end"
        if label[2:4] == "--" and not _is_a_label(label):
            return "a label with '--' in its third place must be a valid A-label"
    if labels[-1].isdigit() or re.fullmatch(r"0x[0-9a-f]*", labels[-1]):
        return "an address is no name"
    return ""


def parse_name(text: str) -> Name:
    """One identifier of type dns.  Raises :class:`AcmeRefused`."""
    lower = text.lower() if text.isascii() else text
    wildcard = lower.startswith(WILDCARD)
    base = lower[len(WILDCARD) :] if wildcard else lower
    why = why_no_name(base)
    if not why and wildcard and len(base) + len(WILDCARD) > LONGEST:
        why = f"a name has at most {LONGEST} characters"
    if why:
        raise AcmeRefused("rejectedIdentifier", why, name=text[:LONGEST] if text.isprintable() else "")
    return Name(base, wildcard)


def parse_identifiers(given: Json, *, most: int) -> tuple[Name, ...]:
    """The identifiers of a new order, each once, in order.  Raises :class:`AcmeRefused` with every fault."""
    if not isinstance(given, list) or not given:
        raise AcmeRefused("malformed", "identifiers must be a list with at least one entry")
    if len(given) > most:
        raise AcmeRefused("malformed", f"an order has at most {most} identifiers")
    names: dict[Name, None] = {}
    faults: list[AcmeRefused] = []
    for one in given:
        if not isinstance(one, dict) or set(one) != {"type", "value"}:
            raise AcmeRefused("malformed", "an identifier has a type and a value")
        kind, value = one["type"], one["value"]
        if not isinstance(kind, str) or not isinstance(value, str):
            raise AcmeRefused("malformed", "type and value of an identifier are text")
        if kind != "dns":
            raise AcmeRefused("unsupportedIdentifier")
        try:
            names[parse_name(value)] = None
        except AcmeRefused as error:
            faults.append(error)
    raise_together(faults)
    if all(len(str(one)) > LONGEST_COMMON_NAME for one in names):
        why = f"one of the names has at most {LONGEST_COMMON_NAME} characters"
        raise AcmeRefused("rejectedIdentifier", why)
    return tuple(names)


def raise_together(faults: Sequence[AcmeRefused]) -> None:
    """One fault as it is; several as subproblems of one (RFC 8555 section 6.7.1)."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise AcmeRefused(faults[0].code, "some of the identifiers were refused", parts=faults)


def is_below(name: str, domains: Sequence[str]) -> bool:
    """Is this name one of the domains, or under one?"""
    return any(name == one or name.endswith(f".{one}") for one in domains)


def _is_a_label(label: str) -> bool:
    if not label.startswith("xn--"):
        return False
    try:
        return idna.encode(idna.decode(label)).decode("ascii") == label
    except (idna.IDNAError, UnicodeError):
        return False
