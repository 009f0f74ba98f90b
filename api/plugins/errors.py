# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between the core and its relying modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class PluginError(Exception):
    """Anything about relying modules that stops the service or a request."""


class PluginRefused(PluginError):
    """The service refuses to start with this module; ``why`` says what to change."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"relying module {name!r}: {why}")
        self.name, self.why = name, why


class ModuleMisbehaved(PluginError):
    """A module handed the core something that its contract does not allow: our fault, not the person's."""

    def __init__(self, module: str, why: str) -> None:
        super().__init__(f"relying module {module!r}: {why}")
        self.module, self.why = module, why


class NoSuchDeclaration(PluginError):
    """No enabled module declares this form, record kind, document type or view."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"no enabled module declares {what} {name!r}")
        self.what, self.name = what, name


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One refused field: which, by what rule, and what to do.  Never holds the value itself."""

    field: str
    rule: str
    todo: str


class FieldsRefused(PluginError):
    """Values that a form, a record or a request may not hold."""

    def __init__(self, errors: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.rule}" for one in errors))
        self.errors = tuple(errors)


class NoSuchRecord(PluginError):
    """Nothing was entered under this key."""

    def __init__(self, module: str, kind: str) -> None:
        super().__init__(f"no such record of {module}/{kind}")
        self.module, self.kind = module, kind
