# SPDX-License-Identifier: Apache-2.0
"""``yinxin seal``: every way to say where and how, for PDF and OFD; a wrong option is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from keys import KeyKind
from seal import EmptyField, Placement, SheetContent, add_signature_fields, lay_out, write_ofd, write_pdf


def layout() -> Any:
    """Several pages, with a word that occurs on some."""
    told = tuple(f"第 {one} 条,内容虚构,仅供演示。本条由承办人签字盖章。" * 6 for one in range(1, 40))
    return lay_out(SheetContent(title="样例合同", paragraphs=told, watermark="样章 SPECIMEN"))


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("places") / "contract.pdf"
    path.write_bytes(write_pdf(layout(), title="样例合同", at=datetime.now(UTC)))
    return path


@pytest.fixture(scope="module")
def ofd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("places") / "contract.ofd"
    at = datetime.now(UTC)
    path.write_bytes(write_ofd(layout(), title="样例合同", at=at, document_id="0" * 32))
    return path


@pytest.fixture
def sealing(
    yinxin: Any, made: Path, seals: dict[KeyKind, str], tmp_path: Path
) -> Callable[..., tuple[Any, Path]]:
    """Seal one file with the SM2 seal."""

    def run(source: Path, *options: Any, kind: KeyKind = KeyKind.SM2) -> tuple[Any, Path]:
        out = tmp_path / f"out{source.suffix}"
        out.unlink(missing_ok=True)
        return yinxin("seal", source, "--seal", seals[kind], "--out", out, "--data", made, *options), out

    return run


def widgets(path: Path) -> dict[int, int]:
    """How many looks of seals each page has, from 0; -1: all pages."""
    found: dict[int, int] = {}
    with pikepdf.open(path) as pdf:
        for number, page in enumerate(pdf.pages):
            count = sum(1 for one in page.get("/Annots", []) if one.get("/Subtype") in ("/Widget", "/Stamp"))
            if count:
                found[number] = count
        found[-1] = len(pdf.pages)
    return found


def passed(yinxin: Any, made: Path, path: Path, *, signatures: int = 1) -> Any:
    (report,) = yinxin("verify", path, "--data", made, "--json").json
    assert report["indication"] == "TOTAL-PASSED", report
    assert len(report["signatures"]) == signatures
    return report


def test_places_of_a_pdf(sealing: Any, yinxin: Any, made: Path, pdf: Path) -> None:
    """Several kinds of places are one signature."""
    ran, out = sealing(pdf, "--at", "1,20,30", "--at", "2,100,200.5", "--cross-page", "right")
    assert ran.code == 0, ran.err
    passed(yinxin, made, out)
    seen = widgets(out)
    pages = seen.pop(-1)
    assert pages >= 2
    assert seen == {0: 2, 1: 2} | dict.fromkeys(range(2, pages), 1)

    ran, out = sealing(pdf, "--every-page")
    assert ran.code == 0, ran.err
    passed(yinxin, made, out)
    seen = widgets(out)
    assert seen == dict.fromkeys(range(seen.pop(-1)), 1) | {}

    ran, out = sealing(pdf, "--keyword", "签字盖章", "--occurrence", "last", "--offset", "5,-3.5")
    assert ran.code == 0, ran.err
    passed(yinxin, made, out)
    seen = widgets(out)
    assert len(seen) == 2

    ran, out = sealing(pdf, "--keyword", "第 7 条", "--skip", 1, "--cross-page", "facing", "--most-pages", 2)
    if ran.code:  # facing pages that are skipped may leave too few
        assert "--cross-page" in ran.err or "--most-pages" in ran.err
    else:
        passed(yinxin, made, out)


def test_field_and_certification(sealing: Any, yinxin: Any, made: Path, pdf: Path, tmp_path: Path) -> None:
    """In a field of the document; then certified, which leaves no room for another."""
    field = EmptyField("甲方", Placement(0, 30, 40, 50, 50))
    source = tmp_path / "field.pdf"
    source.write_bytes(add_signature_fields(pdf.read_bytes(), [field]))
    ran, out = sealing(source, "--field", "甲方", "--certify", 1)
    assert ran.code == 0, ran.err
    passed(yinxin, made, out)
    certified = tmp_path / "certified.pdf"
    certified.write_bytes(out.read_bytes())
    ran, _ = sealing(certified)
    assert ran.code == 1


@pytest.mark.parametrize("profile", ["gm-cms", "gm-seal"])
@pytest.mark.parametrize("level", ["b-b", "b-t"])
def test_gm_profiles(sealing: Any, yinxin: Any, made: Path, pdf: Path, profile: str, level: str) -> None:
    ran, out = sealing(pdf, "--profile", profile, "--level", level)
    assert ran.code == 0, ran.err
    assert passed(yinxin, made, out)["signatures"]
    ran, out = sealing(pdf, "--profile", profile, kind=KeyKind.RSA2048)
    assert (ran.code, "--profile" in ran.err, out.exists()) == (1, True, False)


def test_ofd(sealing: Any, yinxin: Any, made: Path, ofd: Path, tmp_path: Path) -> None:
    """Sealed, sealed again, closed; after that nothing more."""
    ran, out = sealing(ofd, "--keyword", "签字盖章", "--cross-page", "left", "--level", "b-t")
    assert ran.code == 0, ran.err
    passed(yinxin, made, out)
    once, twice = tmp_path / "once.ofd", tmp_path / "twice.ofd"
    once.write_bytes(out.read_bytes())
    ran, out = sealing(once, "--at", "2,20,40", "--close")
    assert ran.code == 0, ran.err
    passed(yinxin, made, out, signatures=3)
    twice.write_bytes(out.read_bytes())
    ran, _ = sealing(twice)
    assert ran.code == 1
    # Closing alone shows no seal.
    ran, out = sealing(once, "--close")
    assert ran.code == 0, ran.err
    passed(yinxin, made, out, signatures=2)
    ran, out = sealing(ofd, "--protect", "whole")
    assert ran.code == 0, ran.err
    passed(yinxin, made, out)
    ran, _ = sealing(ofd, "--close")
    assert (ran.code, "--close" in ran.err) == (1, True)
    ran, _ = sealing(ofd, kind=KeyKind.RSA2048)
    assert (ran.code, "SM2" in ran.err) == (1, True)


def test_several_files(
    yinxin: Any, made: Path, seals: dict[KeyKind, str], pdf: Path, ofd: Path, tmp_path: Path
) -> None:
    """Into a folder, under their names; nothing is begun when one of them is there."""
    command = ("seal", pdf, ofd, "--seal", seals[KeyKind.SM2], "--data", made, "--json")
    assert yinxin(*command, "--out", tmp_path / "none").code == 1
    ran = yinxin(*command, "--out", tmp_path)
    assert ran.code == 0, ran.err
    assert [Path(one["file"]).name for one in ran.json] == ["contract.pdf", "contract.ofd"]
    ran = yinxin("verify", *(one["file"] for one in ran.json), "--data", made)
    assert ran.code == 0
    assert yinxin(*command, "--out", tmp_path).code == 1


def test_keyword_that_is_not_there(sealing: Any, pdf: Path, ofd: Path) -> None:
    """Says which pages were looked at, and which option asked."""
    for source in (pdf, ofd):
        ran, out = sealing(source, "--keyword", "没有的字")
        assert (ran.code, out.exists()) == (1, False)
        assert "--keyword" in ran.err
        assert "已查找第 1-" in ran.err
        ran, _ = sealing(source, "--keyword", "盖章", "--occurrence", 9999)
        assert (ran.code, "--occurrence" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--at", "1,2"], "--at"),
        (["--at", "0,2,3"], "--at"),
        (["--at", "1,nan,3"], "--at"),
        (["--occurrence", "2"], "--occurrence"),
        (["--keyword", "a", "--occurrence", "0"], "--occurrence"),
        (["--keyword", "a", "--offset", "1"], "--offset"),
        (["--skip", "1"], "--skip"),
        (["--most-pages", "3"], "--most-pages"),
        (["--cross-page", "top"], "--cross-page"),
        (["--every-page", "--page", "2"], "--page"),
        (["--level", "b-x"], "--level"),
        (["--protect", "whole"], "--protect"),
        (["--close"], "--close"),
        (["--profile", "gm-cms", "--level", "b-lt"], "--level"),
        (["--certify", "4"], "--certify"),
    ],
)
def test_wrong_options(sealing: Any, pdf: Path, options: list[str], named: str) -> None:
    ran, out = sealing(pdf, *options)
    assert (ran.code, out.exists()) == (64, False)
    assert named in ran.err


@pytest.mark.parametrize(
    "options", [["--certify", "1"], ["--profile", "gm-cms"], ["--level", "b-lta"], ["--field", "甲方"]]
)
def test_options_of_the_other_kind(sealing: Any, ofd: Path, options: list[str]) -> None:
    ran, out = sealing(ofd, *options)
    assert (ran.code != 0, out.exists(), options[0] in ran.err) == (True, False, True)
