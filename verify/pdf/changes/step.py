# SPDX-License-Identifier: Apache-2.0
"""One revision after another: what may be between them, and how to say that more is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..structure import Entry, Ref, Value, View


class Unexplained(Exception):
    """The revision changed something that no rule allows.  Stays inside this room."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A signature field that came or was filled in.  ``silent``: a document time stamp that nobody sees."""

    name: str
    created: bool
    signed: bool
    visible: bool
    silent: bool
    widgets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What one revision did, all of it explained: ``fields``, and validation data and the like."""

    fields: tuple[FieldChange, ...] = ()
    resources_grew: bool = False
    places: tuple[tuple[int, Value], ...] = ()  # pages, and boxes on them, where something new may be seen
    filled: tuple[str, ...] = ()  # names of ordinary fields that have another value
    filled_places: tuple[tuple[int, Value], ...] = ()

    @property
    def silent(self) -> bool:
        """Validation data, time stamps that nobody sees and nothing else, but for fields filled in."""
        return not self.resources_grew and all(one.silent for one in self.fields)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in an indirect object where a value stands: what may refer to the value's own object."""

    number: int
    path: tuple[str | int, ...] = ()

    def at(self, key: str | int) -> Spot:
        return Spot(self.number, (*self.path, key))


@dataclass(slots=True)
class Update:
    """One update, with the revision before it and the one that it makes."""

    before: View
    after: View
    referrers: dict[int, set[int]]  # of the revision before, and sometimes more
    titles: dict[int, str]  # of fields of the revision before, as far as they were asked for
    new: dict[int, Entry] = field(default_factory=dict)
    replaced: dict[int, Entry] = field(default_factory=dict)
    explained: set[int] = field(default_factory=set)

    def uses(self, number: int) -> Iterable[Spot]:
        """Everywhere that the revision before refers to this object, but for its trailer."""
        for referrer in self.referrers.get(number, ()):
            for path in self.before.paths_to(number, referrer):
                yield Spot(referrer, path)

    def explain(self, number: int, allowed: Iterable[Spot]) -> None:
        """A replaced object whose change was looked at: good when nothing else has it for another use."""
        if number in self.replaced:
            other = set(self.uses(number)) - set(allowed)
            if other:
                raise Unexplained(
                    f"object {number} was replaced and is also used by object "
                    f"{min(one.number for one in other)}"
                )
            self.explained.add(number)

    def entry(
        self, key: str, old: dict[str, Value], new: dict[str, Value], spot: Spot
    ) -> tuple[Value, Value, Spot]:
        """The value under ``key`` before and after, and where what it held before stands.

        ``spot`` is where ``old`` stands.  An object of its own that was replaced is explained, provided that
        nothing but this entry refers to it.  Raises :class:`Unexplained`.
        """
        was, now = old.get(key), new.get(key)
        if was is not None and now is None:
            raise Unexplained(f"{key} was removed")
        if isinstance(now, Ref):
            if was == now:
                self.explain(now.number, (spot.at(key),))
            elif now.number not in self.new:
                raise Unexplained(f"{key} is now an object that had another use")
        inner = Spot(was.number) if isinstance(was, Ref) else spot.at(key)
        return self.before.resolved(was), self.after.resolved(now), inner


def dictionary(value: Value, what: str) -> dict[str, Value]:
    """An absent one is empty.  Raises :class:`Unexplained` for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unexplained(f"{what} is no dictionary")
    return value


def array(value: Value, what: str) -> list[Value]:
    """An absent one is empty.  Raises :class:`Unexplained` for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unexplained(f"{what} is no array")
    return value


def named(value: Value) -> Iterator[int]:
    """The objects that a value names itself."""
    if isinstance(value, Ref):
        yield value.number
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from named(inner)
