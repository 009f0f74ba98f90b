# SPDX-License-Identifier: Apache-2.0
"""Papers of every shape, a flag that shows how it stands, and pictures of both."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from seal import (
    Appearance,
    seal_pdf,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
MM = 72 / 25.4
PIXELS = 4  # per millimetre
# Red at the top left, blue at the top right, green below: it shows how it stands and where it is cut.
FLAG = Appearance(
    b"1 0 0 rg 0 20 20 20 re f 0 0 1 rg 20 20 20 20 re f 0 0.502 0 rg 0 0 40 20 re f\n",
    (0.0, 0.0, 40.0, 40.0),
)
RED, BLUE, GREEN, WHITE = (255, 0, 0), (0, 0, 255), (0, 128, 0), (255, 255, 255)
SHAPES: list[dict[str, Any]] = [
    {},
    {"Rotate": 90},
    {"Rotate": 180},
    {"Rotate": 270},
    {"MediaBox": [-100, 50, 320, 645]},
    {"MediaBox": [0, 0, 700, 900], "CropBox": [60, 100, 480, 695]},
    {"MediaBox": [0, 0, 700, 900], "CropBox": [60, 100, 480, 695], "Rotate": 270},
    {"MediaBox": [0, 0, 500, 700]},
]


def paper(shapes: Sequence[dict[str, Any]]) -> bytes:
    """Empty pages of these shapes."""
    pdf = pikepdf.new()
    for shape in shapes:
        pdf.add_blank_page(page_size=(420, 595))
        for key, value in shape.items():
            pdf.pages[-1][f"/{key}"] = pikepdf.Array(value) if isinstance(value, list) else value
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


def sealed(
    data: bytes, own: Any, placement: Any, appearance: Appearance | None = FLAG, **options: Any
) -> bytes:
    return seal_pdf(
        data,
        own.key,
        sealing=own.sealing,
        at=AT,
        placement=placement,
        appearance=appearance,
        reason="",
        **options,
    )


def pictures(data: bytes) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(data)
    try:
        document.init_forms()
        return [page.render(scale=PIXELS / MM).to_pil().convert("RGB") for page in document]
    finally:
        document.close()


def by_poppler(data: bytes, tmp_path: Path) -> list[Image.Image]:
    tool = shutil.which("pdftoppm")
    if tool is None:
        pytest.skip("needs pdftoppm: apt-get install poppler-utils")
    (tmp_path / "x.pdf").write_bytes(data)
    dpi = str(PIXELS * 25.4)
    subprocess.run(
        [tool, "-r", dpi, "-cropbox", "-png", str(tmp_path / "x.pdf"), str(tmp_path / "p")], check=True
    )
    return [Image.open(one).convert("RGB") for one in sorted(tmp_path.glob("p-*.png"))]


def colour(shown: Image.Image, x_mm: float, y_mm: float) -> tuple[int, ...]:
    x = min(max(int(x_mm * PIXELS), 0), shown.width - 1)
    pixel = shown.getpixel((x, int(y_mm * PIXELS)))
    assert isinstance(pixel, tuple)
    return pixel


def flag_at(shown: Image.Image, x: float, y: float, size: float) -> list[tuple[int, ...]]:
    """The colours in the three parts of the flag."""
    return [
        colour(shown, x + dx * size, y + dy * size) for dx, dy in ((0.25, 0.25), (0.75, 0.25), (0.5, 0.75))
    ]
