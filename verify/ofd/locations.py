# SPDX-License-Identifier: Apache-2.0
"""ST_Loc (GB/T 33190-2016 section 7): which entry a path in an XML file names.

A leading slash is the root of the package; otherwise the folder of the file that says so.  Real files also
leave the slash out and mix cases: such a path is followed, and what was wrong with it is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .container import OfdContainer


class LocationFlaw(StrEnum):
    """What is wrong with a path that still names one entry."""

    WRONG_CASE = "WRONG_CASE"
    MISSING_SLASH = "MISSING_SLASH"
    BACKSLASH = "BACKSLASH"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a path leads.  ``entry`` is ``None`` when nothing stands there; ``wanted`` tells what should."""

    written: str
    wanted: str
    entry: str | None
    flaw: LocationFlaw | None = None


def folder_of(name: str) -> str:
    """The folder of an entry, without slash at the end; empty for the root."""
    return name.rpartition("/")[0]


def joined(folder: str, written: str) -> str | None:
    """``written`` seen from ``folder``, dots resolved; ``None`` when it leaves the package."""
    parts = [] if written.startswith("/") else [part for part in folder.split("/") if part]
    for part in written.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def locate(container: OfdContainer, written: str, *folders: str) -> Location:
    """Follow ``written`` from the first of ``folders`` where it leads to an entry; the root is tried last."""
    text = written.strip()
    # The usual case first: names of entries hold no dots that would have to be resolved.
    first = text[1:] if text[:1] == "/" else f"{folders[0]}/{text}" if folders and folders[0] else text
    if first in container.entries:
        return Location(written, first, first)
    flaw: LocationFlaw | None = None
    if "\\" in text:
        text, flaw = text.replace("\\", "/"), LocationFlaw.BACKSLASH
    places = dict.fromkeys(joined(folder, text) for folder in (*folders, ""))
    names = [name for name in places if name]
    wanted = names[0] if names else text
    for name in names:
        if name in container.entries:
            return Location(written, wanted, name, flaw or _slash(name, wanted))
    for name in names:
        if (entry := container.find(name)) is not None:
            return Location(written, wanted, entry, flaw or LocationFlaw.WRONG_CASE)
    return Location(written, wanted, None, flaw)


def _slash(name: str, wanted: str) -> LocationFlaw | None:
    return None if name == wanted else LocationFlaw.MISSING_SLASH
