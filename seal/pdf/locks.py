# SPDX-License-Identifier: Apache-2.0
"""What a signature forbids for later: DocMDP, FieldMDP and the locks of signature fields.

ISO 32000-1 sections 12.8.2.2 (DocMDP), 12.8.2.4 (FieldMDP) and 12.7.4.5 (tables 232 and 233); ISO 32000-2
table 236 adds the level ``P`` of a lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from ..pages.pdf_objects import text_string
from .errors import PdfRefused
from .mark_errors import PlacementRefused


class Permission(IntEnum):
    """What a certifying signature leaves open (table 254)."""

    NO_CHANGES = 1
    FILL_FORMS = 2
    ANNOTATE = 3


class LockAction(StrEnum):
    """Which fields a lock means (table 233)."""

    ALL = "All"
    INCLUDE = "Include"
    EXCLUDE = "Exclude"


@dataclass(frozen=True, slots=True)
class FieldLock:
    """Fields that may not change after the signature, and how far the document as a whole may."""

    action: LockAction
    names: tuple[str, ...] = ()
    permission: Permission | None = None

    def __post_init__(self) -> None:
        if (self.action is LockAction.ALL) == bool(self.names):
            raise PlacementRefused("a lock of all fields names none, every other lock names some")

    def holds(self, name: str) -> bool:
        """Is the field of this full name locked?  Readers differ about names of groups: both are locked."""
        if self.action is LockAction.ALL:
            return True
        if self.action is LockAction.INCLUDE:
            return any(name.startswith(one) for one in self.names)
        return not any(name == one or name.startswith(f"{one}.") for one in self.names)

    def entries(self) -> str:
        """The entries that the lock of the field and the parameters of the transform have in common."""
        names = " ".join(text_string(one) for one in self.names)
        return f"/Action /{self.action.value}" + (f" /Fields [{names}]" if names else "")

    def dictionary(self) -> bytes:
        """The lock of a signature field."""
        level = f" /P {self.permission.value}" if self.permission else ""
        return f"<< /Type /SigFieldLock {self.entries()}{level} >>".encode("ascii")


def references(permission: int, lock: FieldLock | None, catalog: str) -> bytes:
    """The signature reference dictionaries (table 252); empty when nothing is forbidden."""
    parts = []
    if permission:
        parts.append(
            "<< /Type /SigRef /TransformMethod /DocMDP"
            f" /TransformParams << /Type /TransformParams /P {permission} /V /1.2 >> >>"
        )
    if lock is not None:
        parts.append(
            f"<< /Type /SigRef /TransformMethod /FieldMDP /Data {catalog}"
            f" /TransformParams << /Type /TransformParams {lock.entries()} /V /1.2 >> >>"
        )
    return f" /Reference [{' '.join(parts)}]".encode("ascii") if parts else b""


def certified_level(signature: Any) -> int | None:
    """The DocMDP level that a signature dictionary sets; what cannot be read allows nothing."""
    for reference in _references(signature):
        if reference.get("/TransformMethod") == "/DocMDP":
            import pikepdf

            parameters = reference.get("/TransformParams")
            level = parameters.get("/P", 2) if isinstance(parameters, pikepdf.Dictionary) else 2
            return level if isinstance(level, int) and level in (1, 2, 3) else 1
    return None


def locks_of(field: Any, signature: Any) -> Iterator[FieldLock]:
    """The locks of a field: its own, and those that its signature states."""
    lock = lock_of(field)
    if lock is not None:
        yield lock
    for reference in _references(signature):
        if reference.get("/TransformMethod") == "/FieldMDP":
            yield _lock(reference.get("/TransformParams"))


def lock_of(field: Any) -> FieldLock | None:
    """The lock that a field brings with it."""
    lock = field.get("/Lock")
    return None if lock is None else _lock(lock)


def _lock(value: Any) -> FieldLock:
    """A lock that cannot be read locks everything."""
    import pikepdf

    if not isinstance(value, pikepdf.Dictionary):
        raise PdfRefused("pdf-malformed", "a field lock that is no dictionary")
    level = value.get("/P")
    permission = Permission(level) if isinstance(level, int) and level in (1, 2, 3) else None
    names = value.get("/Fields")
    listed = tuple(
        str(one)
        for one in (names if isinstance(names, pikepdf.Array) else ())
        if isinstance(one, pikepdf.String)
    )
    action = value.get("/Action")
    if action in ("/Include", "/Exclude") and listed:
        return FieldLock(LockAction(str(action).removeprefix("/")), listed, permission)
    if action == "/Include":
        return FieldLock(LockAction.INCLUDE, ("\x00",), permission)  # names none
    return FieldLock(LockAction.ALL, (), permission)


def _references(signature: Any) -> Iterator[Any]:
    import pikepdf

    listed = signature.get("/Reference") if isinstance(signature, pikepdf.Dictionary) else None
    for reference in listed if isinstance(listed, pikepdf.Array) else ():
        if isinstance(reference, pikepdf.Dictionary):
            yield reference
