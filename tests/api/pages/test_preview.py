# SPDX-License-Identifier: Apache-2.0
"""The picture beside a verdict: drawn where a hostile page harms nobody."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from api.pages import preview
from api.pages.preview import preview_of


def forms_within_forms(depth: int) -> bytes:
    """Each form draws the next one ten times: ten to the power of ``depth``."""
    pdf, out = pikepdf.new(), io.BytesIO()
    page = pdf.add_blank_page(page_size=(600, 800))

    def form(content: bytes, resources: dict[str, Any]) -> Any:
        made: Any = pdf.make_stream(content)
        made.Type, made.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        made.BBox = [0, 0, 600, 800]
        made.Resources = pikepdf.Dictionary(resources)
        return made

    inner = form(b"0 0 1 1 re f\n" * 10, {})
    for _ in range(depth):
        inner = form(b"/X Do\n" * 10, {"/XObject": pikepdf.Dictionary(X=inner)})
    page.obj.Contents = pdf.make_stream(b"/X Do\n")
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
    pdf.save(out)
    return out.getvalue()


def test_the_first_page() -> None:
    """As PNG."""
    picture = preview_of(forms_within_forms(1))
    assert picture is not None
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")


def test_what_cannot_be_drawn_has_no_picture() -> None:
    """No error: the verdict stands without it."""
    assert preview_of(b"%PDF-1.7\n") is None


def test_it_is_drawn_without_network_and_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever takes over the drawing learns no password, reaches nobody and writes nothing."""
    monkeypatch.setenv("YINXIN_TEST_DATABASE_URL", "postgresql://u:secret@h/db")
    (tmp_path / "seized.py").write_text(
        "import os, socket, sys\n"
        "from api.pages import preview\n"
        "def seized(file, dpi):\n"
        "    told = ['secret' in str(dict(os.environ))]\n"
        "    for act in (socket.socket, lambda: open('written', 'wb', buffering=0).write(b'1')):\n"
        "        try: act(); told.append(True)\n"
        "        except OSError: told.append(False)\n"
        "    return repr(told).encode()\n"
        "preview.picture_of_pdf = seized\n"
        "sys.exit(preview.draw())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(preview, "__name__", "seized")
    assert preview_of(b"%PDF-1.7\n") == b"[False, False, False]"


def test_a_page_that_never_ends_is_stopped() -> None:
    """By its memory or its time, in the other process; this one neither waits nor grows."""
    hostile, began = forms_within_forms(12), time.monotonic()
    assert len(hostile) < 10_000
    assert preview_of(hostile) is None
    assert time.monotonic() - began < preview.SECONDS + 2


def test_no_more_at_once_than_there_is_room() -> None:
    """Who comes too many sees the verdict without a picture."""
    assert preview._room.acquire(blocking=False)
    assert preview._room.acquire(blocking=False)
    try:
        assert preview_of(forms_within_forms(1)) is None
    finally:
        preview._room.release()
        preview._room.release()
    assert preview_of(forms_within_forms(1)) is not None


def test_a_page_of_ofd() -> None:
    """The other kind of sealed document is drawn by the same process."""
    files = {
        "OFD.xml": "<OFD><DocBody><DocRoot>Document.xml</DocRoot></DocBody></OFD>",
        "Document.xml": "<Document><Pages><Page ID='1' BaseLoc='Content.xml'/></Pages></Document>",
        "Content.xml": "<Page><Content><Layer ID='2'/></Content></Page>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in files.items():
            package.writestr(name, text)
    picture = preview_of(out.getvalue())
    assert picture is not None
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert preview_of(out.getvalue()[:-1]) is None
