# SPDX-License-Identifier: Apache-2.0
"""Lists that a verifier was given: loaded, and never older than what was seen before.

``--seen FILE`` keeps the highest sequence of each list between calls; ``--after N`` says one by hand.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from verify import JsonMalformed, Trust, VerifyError, canonical_json, load_trust, parse_json, sequences_of

from .files import InputRefused, read_bounded
from .output import refuse

UNREADABLE = 3
_MOST_BYTES = 1024 * 1024
_TRUST_LIST = "trust-list/"

DocumentStatusOption = Annotated[
    Path | None,
    typer.Option(
        help="signed list of how documents stand (document-status.json); beside --trust. "
        "Without --trust: that of the data directory"
    ),
]
SEEN = typer.Option(
    "--seen",
    envvar="YINXIN_SEEN",
    metavar="FILE",
    help="file that remembers the highest sequence of each list: an older list is refused from then on",
)
AfterOption = Annotated[
    int | None,
    typer.Option("--after", min=0, metavar="SEQUENCE", help="refuse a trust list with a lower sequence"),
]


def load_lists(
    found: Sequence[tuple[str, bytes]], at: datetime, *, seen: Path | None, after: int | None
) -> Trust:
    """The trust in these files.  Ends the command for what cannot be believed, and for a list that is older
    than one that was seen."""
    before = {} if seen is None else _remembered(seen)
    try:
        trust = load_trust(found, at, seen=before)
        now = sequences_of(found, trust)
    except VerifyError as error:
        raise refuse(
            f"信任材料不可用 unusable trust: {error}",
            "fetch the trust list again from its publisher, or leave that file out",
            code=UNREADABLE,
        ) from error
    for name, sequence in now.items():
        if after is not None and name.startswith(_TRUST_LIST) and sequence < after:
            raise refuse(
                f"信任列表序号 {sequence} 低于 {after} the trust list has sequence {sequence}, below {after}",
                "fetch the newest trust list from its publisher",
                code=UNREADABLE,
            )
    if seen is not None and any(before.get(name) != sequence for name, sequence in now.items()):
        _remember(seen, {**before, **now})
    return trust


def _remembered(path: Path) -> dict[str, int]:
    if not path.exists():
        return {}
    try:
        value = parse_json(read_bounded(path, _MOST_BYTES))
    except (InputRefused, JsonMalformed) as error:
        raise refuse(f"{path}: {error}", "check --seen, or remove that file", code=UNREADABLE) from error
    if not isinstance(value, dict):
        raise refuse(
            f"{path}: 不是序号记录 not a record of sequences",
            "check --seen, or remove that file",
            code=UNREADABLE,
        )
    return {name: number for name, number in value.items() if isinstance(number, int)}


def _remember(path: Path, now: dict[str, int]) -> None:
    """Whole or not at all: two commands at once leave one of the two records."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(canonical_json(now) + b"\n")
        Path(name).replace(path)
    except OSError as error:
        raise refuse(f"{path}: {error}", "check --seen", code=UNREADABLE) from error
