# SPDX-License-Identifier: Apache-2.0
"""``yinxin verify`` says under whose authority a file was sealed, Chinese first, beside the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keys import KeyKind


def test_shown(yinxin: Any, made: Path, seals: dict[KeyKind, str], plain_pdf: Path, tmp_path: Path) -> None:
    out, seal_id = tmp_path / "sealed.pdf", seals[KeyKind.SM2]
    sealed = yinxin("seal", plain_pdf, "--seal", seal_id, "--out", out, "--case", "样例-7", "--data", made)
    assert sealed.code == 0, sealed.err
    told = yinxin("verify", out, "--data", made)
    assert told.code == 0
    plain = " ".join(told.out.split())
    for line in (
        "用印依据 用印经办人 Used by: console",
        "用印依据 案号 Case: 样例-7",
        "用印依据 用印授权 Grant: ",
    ):
        assert line in plain, plain
