# SPDX-License-Identifier: Apache-2.0
"""``yinxin seal --level``: the service's own authorities stamp, and the file brings its evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keys import KeyKind


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048])
@pytest.mark.parametrize("level", ["t", "lt", "lta"])
def test_levels(
    yinxin: Any,
    made: Path,
    seals: dict[KeyKind, str],
    plain_pdf: Path,
    tmp_path: Path,
    kind: KeyKind,
    level: str,
) -> None:
    out = tmp_path / "sealed.pdf"
    ran = yinxin(
        "seal", plain_pdf, "--seal", seals[kind], "--out", out, "--level", level, "--data", made, "--json"
    )
    assert ran.code == 0, ran.err
    (report,) = yinxin("verify", out, "--data", made, "--json").json
    assert report["indication"] == "TOTAL-PASSED", report
    assert report["signatures"][0]["facts"]["level"] == f"B-{level.upper()}"
    assert report["signatures"][0]["facts"]["proven_time"]["by"] == "signature-time-stamp"
    assert report["facts"]["time_stamps"] == (level == "lta")


def test_unknown_level(yinxin: Any, made: Path, plain_pdf: Path, tmp_path: Path) -> None:
    out = tmp_path / "sealed.pdf"
    ran = yinxin("seal", plain_pdf, "--seal", "x", "--out", out, "--level", "xl", "--data", made)
    assert ran.code == 64
    assert not out.exists()
