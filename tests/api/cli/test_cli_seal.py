# SPDX-License-Identifier: Apache-2.0
"""``yinxin seal``: a sealed file that passes, or no file at all; either way a trace in the log."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from api.cli import sealing
from keys import KeyKind


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048])
def test_sealed_file_passes(
    yinxin: Any,
    made: Path,
    seals: dict[KeyKind, str],
    plain_pdf: Path,
    tmp_path: Path,
    entries: Callable[[], list[dict[str, Any]]],
    kind: KeyKind,
) -> None:
    """The original bytes come first, our own verifier and qpdf agree, and the log holds the digest."""
    out = tmp_path / "sealed.pdf"
    ran = yinxin("seal", plain_pdf, "--seal", seals[kind], "--out", out, "--data", made, "--json")
    assert ran.code == 0, ran.err
    sealed = out.read_bytes()
    assert sealed.startswith(plain_pdf.read_bytes())
    assert ran.json == {
        "file": str(out),
        "seal_id": seals[kind],
        "sha256": hashlib.sha256(sealed).hexdigest(),
        "ledger_index": ran.json["ledger_index"],
    }
    entry = entries()[ran.json["ledger_index"]]
    assert entry["kind"] == "file.sealed"
    assert entry["body"] == {"seal_id": seals[kind], "sha256": ran.json["sha256"]}
    (report,) = yinxin("verify", out, "--data", made, "--json").json
    assert report["indication"] == "TOTAL-PASSED"
    assert report["signatures"][0]["facts"]["covers"] == "whole document"
    if shutil.which("qpdf"):
        subprocess.run(["qpdf", "--check", str(out)], check=True, capture_output=True)


def test_trace(
    yinxin: Any,
    made: Path,
    seals: dict[KeyKind, str],
    plain_pdf: Path,
    tmp_path: Path,
    entries: Callable[[], list[dict[str, Any]]],
) -> None:
    """A grant of a moment to the console, the intent before the signature, the digest after it."""
    before = len(entries())
    command = ("seal", plain_pdf, "--seal", seals[KeyKind.SM2], "--data", made)
    assert yinxin(*command, "--out", tmp_path / "a.pdf").code == 0
    kinds = [one["kind"] for one in entries()[before:]]
    assert kinds.index("grant.given") < kinds.index("intent.opened") < kinds.index("file.sealed")
    assert kinds[-1] == "intent.closed"
    opened = next(one["body"] for one in entries()[before:] if one["kind"] == "intent.opened")
    assert opened["facts"]["sha256"] == hashlib.sha256(plain_pdf.read_bytes()).hexdigest()
    assert yinxin("log", "check", "--data", made).code == 0


def test_seal_on_seal(
    yinxin: Any, made: Path, seals: dict[KeyKind, str], sealed_pdf: Path, tmp_path: Path
) -> None:
    """A second seal leaves the first one whole."""
    out = tmp_path / "twice.pdf"
    command = ("seal", sealed_pdf, "--seal", seals[KeyKind.RSA2048], "--x", 20, "--y", 40)
    assert yinxin(*command, "--out", out, "--data", made).code == 0
    (report,) = yinxin("verify", out, "--data", made, "--json").json
    assert [one["indication"] for one in report["signatures"]] == ["TOTAL-PASSED"] * 2


def encrypted(plain: Path, out: Path) -> None:
    with pikepdf.open(plain) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=""))


def scripted(plain: Path, out: Path) -> None:
    with pikepdf.open(plain) as pdf:
        pdf.Root.OpenAction = pdf.make_indirect(
            pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert()")
        )
        pdf.save(out)


BAD_FILES: dict[str, tuple[Callable[[Path, Path], Any], str]] = {
    "empty": (lambda _, out: out.write_bytes(b""), "empty"),
    "no PDF": (lambda _, out: out.write_bytes(b"no PDF at all"), "not a PDF"),
    "encrypted": (encrypted, "encrypted"),
    "truncated": (lambda plain, out: out.write_bytes(plain.read_bytes()[:-200]), "incomplete"),
    "scripted": (scripted, "scripts"),
    "folder": (lambda _, out: out.mkdir(), "folder"),
    "missing": (lambda _, out: None, "no such file"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_refused_file(
    yinxin: Any, made: Path, seals: dict[KeyKind, str], plain_pdf: Path, tmp_path: Path, name: str
) -> None:
    """In words, in both languages, and nothing is written."""
    make, said = BAD_FILES[name]
    make(plain_pdf, tmp_path / "in.pdf")
    out = tmp_path / "out.pdf"
    command = ("seal", tmp_path / "in.pdf", "--seal", seals[KeyKind.SM2], "--out", out, "--data", made)
    ran = yinxin(*command)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert not out.exists()
    assert yinxin("log", "check", "--data", made).code == 0


def test_too_large_file(
    yinxin: Any,
    made: Path,
    seals: dict[KeyKind, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    entries: Callable[[], list[dict[str, Any]]],
) -> None:
    """Refused before the seal is touched."""
    assert sealing.MOST_BYTES == 50 * 1024 * 1024
    monkeypatch.setattr(sealing, "MOST_BYTES", 1024 * 1024)
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(1024 * 1024 + 1)
    before = len(entries())
    command = ("seal", large, "--seal", seals[KeyKind.SM2], "--out", tmp_path / "out.pdf", "--data", made)
    ran = yinxin(*command)
    assert (ran.code, "larger than 1 MB" in ran.err) == (1, True)
    assert len(entries()) == before


def test_unknown_seal(
    yinxin: Any,
    made: Path,
    plain_pdf: Path,
    tmp_path: Path,
    entries: Callable[[], list[dict[str, Any]]],
) -> None:
    before = len(entries())
    out = tmp_path / "out.pdf"
    ran = yinxin("seal", plain_pdf, "--seal", "0" * 32, "--out", out, "--data", made)
    assert ran.code == 1
    assert "no seal 00000000" in ran.err
    assert "→" in ran.err
    assert not out.exists()
    assert len(entries()) == before


@pytest.mark.parametrize(
    "place",
    [["--page", 9], ["--x", 400], ["--y", -40], ["--x", "nan"], ["--y", "inf"], ["--x", "1e308"]],
)
def test_place_outside_the_page(
    yinxin: Any, made: Path, seals: dict[KeyKind, str], plain_pdf: Path, tmp_path: Path, place: list[Any]
) -> None:
    out = tmp_path / "out.pdf"
    command = ("seal", plain_pdf, "--seal", seals[KeyKind.SM2], "--out", out, "--data", made)
    ran = yinxin(*command, *place)
    assert (ran.code, "not on the page" in ran.err, out.exists()) == (1, True, False)


def test_output_is_never_overwritten(
    yinxin: Any,
    made: Path,
    seals: dict[KeyKind, str],
    plain_pdf: Path,
    tmp_path: Path,
    entries: Callable[[], list[dict[str, Any]]],
) -> None:
    """Refused before the seal is used: a file, the input itself, a folder, a link to nowhere, no folder."""
    mine, link = tmp_path / "mine.pdf", tmp_path / "link.pdf"
    mine.write_bytes(b"mine")
    link.symlink_to(tmp_path / "nowhere.pdf")
    before = len(entries())
    for out in (mine, plain_pdf, tmp_path, link, tmp_path / "none" / "out.pdf", mine / "out.pdf"):
        ran = yinxin("seal", plain_pdf, "--seal", seals[KeyKind.SM2], "--out", out, "--data", made)
        assert ran.code == 1
        assert "→" in ran.err
    assert mine.read_bytes() == b"mine"
    assert not (tmp_path / "nowhere.pdf").exists()
    assert len(entries()) == before
