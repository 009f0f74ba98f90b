# SPDX-License-Identifier: Apache-2.0
"""A problem document (RFC 9457): what went wrong, in words for people and with a stable code for programs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from verify import Json


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: which, by what rule, and what to do.  Never the value itself."""

    field: str
    rule: str
    todo: str


@dataclass(frozen=True, slots=True)
class Problem:
    """``title`` in Chinese, ``detail`` in Chinese and then English; nothing in it is internal or personal.

    ``retry_after``: seconds after which the same request may be answered (RFC 9110 section 10.2.3).
    """

    status: int
    code: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    retry_after: int | None = None

    def as_json(self) -> dict[str, Json]:
        """The members of ``application/problem+json``."""
        return {
            "type": f"urn:yinxin:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": [{"field": one.field, "rule": one.rule, "todo": one.todo} for one in self.errors],
        }


def code_of(kind: type[Exception]) -> str:
    """The code that belongs to a class: ``NoSuchDocument`` is ``no-such-document``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind.__name__).lower()
