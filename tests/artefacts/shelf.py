# SPDX-License-Identifier: Apache-2.0
"""The shared artefacts: every kind of file that can be checked, good ones and bad ones, with their verdicts.

Made once for a run from the builders of other tests; the verdicts are data, in ``expected.json``: by the name
of each file its indication and sub-indication, ``null`` for what nobody can read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from keys import Digest, HashAlgorithm, digest
from verify import Report, Trust, Unreadable, check_file

from . import papers, statements
from .world import AT, trusts

EXPECTED: dict[str, list[str | None]] = json.loads(
    (Path(__file__).parent / "expected.json").read_text("utf-8")
)
ABOUT = "-content.txt."
"""In the names of time stamps, records and signatures that are about a file beside them."""


@dataclass(frozen=True)
class Artefact:
    """``trust``: which of :func:`world.trusts` it is checked with; ``content``: the file beside it."""

    name: str
    data: bytes
    trust: str = "usual"
    content: bytes | None = None

    @property
    def expected(self) -> tuple[str | None, str | None]:
        indication, sub_indication = EXPECTED[self.name]
        return indication, sub_indication

    @property
    def known(self) -> Trust:
        return trusts()[self.trust]

    @property
    def content_digest(self) -> Callable[[HashAlgorithm], Digest] | None:
        content = self.content
        return None if content is None else lambda algorithm: digest(algorithm, content)

    def report(self, data: bytes | None = None) -> Report:
        """Raises :class:`verify.Unreadable`."""
        shown = self.data if data is None else data
        return check_file(shown, trust=self.known, at=AT, name=self.name, content=self.content_digest)

    def verdict(self) -> tuple[str | None, str | None]:
        try:
            report = self.report()
        except Unreadable:
            return None, None
        return report.indication.value, report.sub_indication and report.sub_indication.value


@cache
def shelf() -> tuple[Artefact, ...]:
    """All of them, by name."""
    made = [
        *(
            Artefact(name, data, content=papers.CONTENT if ABOUT in name else None)
            for maker in (
                papers.pdfs,
                papers.ofds,
                papers.papers,
                papers.stamps,
                papers.seal_files,
                statements.certificates,
                lambda: statements.codes("usual"),
                statements.pictures,
                statements.proofs,
                statements.receipts,
                statements.packs,
                statements.lists,
            )
            for name, data in maker().items()
        ),
        *(Artefact(name, data, "standing") for name, data in statements.codes("standing").items()),
    ]
    # What is about another file, without that file; and what nobody can read.
    made += [Artefact(f"alone-{one.name.replace(ABOUT, '.')}", one.data) for one in made if one.content]
    made += [
        Artefact(f"elsewhere-{one.name}", one.data, content=b"another content")
        for one in made
        if one.content and one.name.startswith("sm2")
    ]
    made += [
        Artefact("noise.bin", bytes(range(256))),
        Artefact("nothing.json", b'{"format":"something/1"}'),
        Artefact("office.zip", b"PK\x03\x04" + bytes(60)),
        Artefact("words.txt", "不是任何凭证".encode()),
    ]
    return tuple(sorted(made, key=lambda one: one.name))
