# SPDX-License-Identifier: Apache-2.0
"""``yinxin inspect``: what is found has a page and a place, and the exit code says how bad it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pikepdf


def linked(plain: Path, out: Path) -> Path:
    with pikepdf.open(plain) as pdf:
        action = pikepdf.Dictionary(S=pikepdf.Name.GoToR, F="other.pdf", D=[0, pikepdf.Name.Fit])
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[72, 72, 144, 108], A=action
        )
        pdf.pages[0].Annots = pdf.make_indirect([pdf.make_indirect(link)])
        pdf.save(out)
    return out


def scripted(plain: Path, out: Path) -> Path:
    with pikepdf.open(plain) as pdf:
        pdf.pages[0].AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="alert()"))
        pdf.save(out)
    return out


def test_found_with_page_and_place(yinxin: Any, plain_pdf: Path, tmp_path: Path) -> None:
    ran = yinxin("inspect", plain_pdf)
    assert (ran.code, "未发现" in ran.out) == (0, True)
    warned, refused = linked(plain_pdf, tmp_path / "link.pdf"), scripted(plain_pdf, tmp_path / "script.pdf")
    ran = yinxin("inspect", warned)
    assert ran.code == 2
    assert "第 1 页" in ran.out and "毫米" in ran.out and "mm from the left" in ran.out
    assert yinxin("inspect", refused).code == 1
    ran = yinxin("inspect", plain_pdf, warned, refused, tmp_path / "none.pdf", "--json")
    assert ran.code == 1
    assert [one["verdict"] for one in ran.json] == ["clean", "warn", "refuse", "unreadable"]
    (finding,) = ran.json[1]["findings"]
    assert (finding["page"], finding["severity"]) == (1, "warn")
    left, _, right, _ = finding["rect_mm"]
    assert (left, right) == (25.4, 50.8)


def test_unreadable(yinxin: Any, tmp_path: Path) -> None:
    (tmp_path / "no.pdf").write_bytes(b"no PDF")
    ran = yinxin("inspect", tmp_path / "no.pdf", "--json")
    assert (ran.code, ran.json[0]["verdict"]) == (3, "unreadable")
    assert "not a PDF" in ran.json[0]["error"]
