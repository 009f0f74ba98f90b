# SPDX-License-Identifier: Apache-2.0
"""One file of each kind that the service writes, the public lists, and the verdicts of this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keys import HashAlgorithm, digest
from verify import PackRole, check_file, load_trust, parse_evidence_pack, picture_of_pdf

from ..packs.conftest import AGENCY, packs_of

LISTS = {PackRole.TRUST_LIST, PackRole.SEAL_STATUS}
ALONE = {
    PackRole.ORIGINAL,
    PackRole.CERTIFICATE,
    PackRole.STATUS,
    PackRole.LOG_PROOF,
    PackRole.STATEMENT,
    *LISTS,
}
"""Roles whose parts are files that mean something by themselves."""


@pytest.fixture
def artefacts(rooms: Any, applicant: Any, officer: Any, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    filed, seal = rooms.filed(applicant), rooms.seal_of()
    rooms.granted(seal, officer)
    issued = rooms.desk.approve(filed.submission_id, seal.seal_id, officer).document_id
    packs = packs_of(rooms)
    found = rooms.submissions.visible(filed.submission_id, agency=AGENCY)
    made = {"document.zip": packs.of_document(issued), "submission.zip": packs.of_submission(found)}
    trust_files = {}
    for pack in tuple(made):
        for one in parse_evidence_pack(made[pack]).manifest.parts:
            name = f"{pack.removesuffix('.zip')}-{one.name.replace('/', '-')}"
            if one.role in ALONE:
                made[name] = one.content
            if one.role in LISTS:
                trust_files[one.name.rpartition("/")[2]] = one.content
    made["page.png"] = picture_of_pdf(rooms.library.file(issued), dpi=150)
    made["note.txt.tsr"] = packs._ports.stamp(digest(HashAlgorithm.SM3, b"note"))
    trust = load_trust(list(trust_files.items()), rooms.clock())
    expected = {
        name: check_file(
            content,
            trust=trust,
            at=rooms.clock(),
            name=name,
            content=(lambda algorithm: digest(algorithm, b"note")) if name.endswith(".tsr") else None,
        ).to_json()
        for name, content in made.items()
    }
    for folder, files in (("trust", trust_files), ("files", made)):
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
    (tmp_path / "files" / "note.txt").write_bytes(b"note")
    return tmp_path, expected
