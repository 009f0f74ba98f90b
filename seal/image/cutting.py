# SPDX-License-Identifier: Apache-2.0
"""Cut a seal or a signature out of a scanned picture: paper becomes nothing, ink outlines in true size.

The result is a drawing like any other, so PDF, OFD and screen show the same.  Its colour is one: what a
scanner made of the ink, shadows and the print below a stamp do not survive.
"""

from __future__ import annotations

import io
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from ..pages.fonts import glyphs_of, width_em
from ..pages.model import Colour, FontName, Path
from ..pages.outlines import Slope, straight_lettering
from .drawing import Drawing
from .errors import SealDesignRefused
from .round import SPECIMEN
from .skew import skew_of
from .tracing import commands_of, outlines

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
LEAST_MM, MOST_MM = 8.0, 80.0
MOST_POINTS: Final = 60_000
FORMATS: Final = ("PNG", "JPEG", "BMP", "TIFF")
_WORKED: Final = 900  # pixels of the longer side while tracing: 42 mm at 540 dpi
_LEAST_DPI: Final = 100
_FAINT, _SOLID = 36, 0.25  # least difference that is ink; share of the ink that is taken as full
_SPECK_MM2: Final = 0.03
_TOLERANCE_MM: Final = 0.015


class Ink(StrEnum):
    """What is looked for on the paper."""

    RED = "red"
    BLUE = "blue"
    BLACK = "black"


INKS: Final[dict[Ink, Colour]] = {Ink.RED: (255, 0, 0), Ink.BLUE: (0, 51, 153), Ink.BLACK: (0, 0, 0)}


def cut_out(
    picture: bytes,
    *,
    width_mm: float,
    title: str,
    ink: Ink = Ink.RED,
    degrees: float | None = None,
    specimen: bool = True,
) -> Drawing:
    """The drawing, ``width_mm`` wide where the ink is; its height follows.

    ``degrees``: how far to turn it clockwise; found from its straight lines when ``None``.  Raises
    :class:`SealDesignRefused` for a file that is no picture, too large, too coarse, or without that ink.
    """
    if not LEAST_MM <= width_mm <= MOST_MM:
        raise SealDesignRefused(
            field="width_mm",
            rule=f"宽度须在 {LEAST_MM:.0f} 至 {MOST_MM:.0f} mm 之间 / between these",
            todo="请量出印迹的实际宽度 / measure the imprint on the paper",
        )
    if degrees is not None and not -180 <= degrees <= 180:
        raise SealDesignRefused(
            field="degrees",
            rule="旋转角度须在 -180 至 180 之间 / between -180 and 180",
            todo="不填则自动校正 / leave it out to have it found",
        )
    level = _ink_level(_opened(picture), ink)
    turned = _turned(level, skew_of(level) if degrees is None else degrees)
    fitted = _cropped(turned, width_mm)
    scale = width_mm / fitted.width
    padded = _padded(fitted)
    loops = outlines(
        padded.tobytes(),
        padded.width,
        tolerance=_TOLERANCE_MM / scale,
        least_area=_SPECK_MM2 / scale**2,
    )
    if not loops or sum(map(len, loops)) > MOST_POINTS:
        raise SealDesignRefused(
            field="picture",
            rule="印迹不清或底纹过多,无法抠图 / the imprint is unclear or the background is busy",
            todo="请在白纸上重新盖印后扫描(300 dpi 以上) / stamp white paper and scan at 300 dpi or more",
        )
    # One pixel of padding on each side is not part of the seal.
    moved = [[(x - 0.5, y - 0.5) for x, y in loop] for loop in loops]
    return _drawing(Path(commands_of(moved, scale=scale), fill=INKS[ink]), fitted, scale, title, specimen)


def angle_of(picture: bytes, ink: Ink) -> float:
    """How far :func:`cut_out` turns it clockwise when nobody says so.  Raises as that does."""
    return skew_of(_ink_level(_opened(picture), ink))


def _opened(picture: bytes) -> Image:
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(picture) > LARGEST_FILE:
        raise _unreadable("图片超过 10 MB / the picture is larger than 10 MB")
    try:
        image = Image.open(io.BytesIO(picture), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise _unreadable("图片像素过多 / the picture has too many pixels")
        clear = ImageOps.exif_transpose(image).convert("RGBA")
    except SealDesignRefused:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise _unreadable("不是 PNG、JPEG、BMP 或 TIFF 图片 / not a PNG, JPEG, BMP or TIFF picture") from None
    except Exception as error:
        # Decoders of pictures raise many kinds for hostile files; for us they all mean one thing.
        raise _unreadable("图片已损坏 / the picture is damaged") from error
    paper = Image.new("RGBA", clear.size, (255, 255, 255, 255))
    paper.alpha_composite(clear)
    return paper.convert("RGB")


def _unreadable(rule: str) -> SealDesignRefused:
    return SealDesignRefused(
        field="picture", rule=rule, todo="请提交 10 MB 以内的扫描图 / hand in a scan of at most 10 MB"
    )


def _ink_level(image: Image, ink: Ink) -> Image:
    """How much of the ink each pixel has, stretched so that solid ink is 255 and paper 0."""
    from PIL import ImageChops

    red, green, blue = image.split()
    match ink:
        case Ink.RED:
            level = ImageChops.subtract(red, ImageChops.add(green, blue, scale=2))
        case Ink.BLUE:
            level = ImageChops.subtract(blue, ImageChops.add(red, green, scale=2))
        case Ink.BLACK:
            level = ImageChops.invert(ImageChops.lighter(ImageChops.lighter(red, green), blue))
    counts = level.histogram()
    inked = sum(counts[_FAINT:])
    if inked < 200:
        raise SealDesignRefused(
            field="ink",
            rule="图片中没有找到这种颜色的印迹 / no ink of this colour in the picture",
            todo="请选择印迹的实际颜色 / choose the colour of the imprint",
        )
    solid, seen = 255, 0
    while seen < inked * _SOLID:
        seen += counts[solid]
        solid -= 1
    span = max(solid + 1 - _FAINT, 1)
    return level.point([max(0, min(255, (one - _FAINT) * 255 // span)) for one in range(256)])


def _turned(level: Image, degrees: float) -> Image:
    from PIL import Image

    if not degrees:
        return level
    return level.rotate(-degrees, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=0)


def _cropped(level: Image, width_mm: float) -> Image:
    """The box of the ink, at a size that is traced quickly and still finer than print."""
    from PIL import Image

    box = level.point([255 if one >= 128 else 0 for one in range(256)]).getbbox()
    if box is None or min(box[2] - box[0], box[3] - box[1]) < 2:
        raise SealDesignRefused(
            field="ink",
            rule="图片中没有找到这种颜色的印迹 / no ink of this colour in the picture",
            todo="请选择印迹的实际颜色 / choose the colour of the imprint",
        )
    cut = level.crop(box)
    if cut.width / width_mm * 25.4 < _LEAST_DPI:
        raise SealDesignRefused(
            field="picture",
            rule=f"印迹低于 {_LEAST_DPI} dpi,放大后会模糊 / the imprint has fewer than {_LEAST_DPI} dpi",
            todo="请以 300 dpi 以上重新扫描 / scan again at 300 dpi or more",
        )
    share = _WORKED / max(cut.size)
    size = (max(2, round(cut.width * share)), max(2, round(cut.height * share)))
    return cut.resize(size, Image.Resampling.LANCZOS if share < 1 else Image.Resampling.BICUBIC)


def _padded(level: Image) -> Any:
    from PIL import ImageOps

    return ImageOps.expand(level, border=1, fill=0)


def _drawing(path: Path, level: Image, scale: float, title: str, specimen: bool) -> Drawing:
    drawing = Drawing(level.width * scale, level.height * scale, (path,), title)
    return with_specimen(drawing) if specimen else drawing


def with_specimen(drawing: Drawing) -> Drawing:
    """The same with 样章 SPECIMEN below it: the words hide nothing of it, and it hides nothing of them."""
    width, height = drawing.width_mm, drawing.height_mm
    size = min(2.8, 0.95 * width / width_em(glyphs_of(SPECIMEN, FontName.SANS)))
    slope = Slope(width / 2, height + 0.8 * size, size_mm=size)
    words = Path(straight_lettering(SPECIMEN, FontName.SANS, slope), fill=drawing.paths[0].fill)
    title = f"{drawing.title} {SPECIMEN}"
    return Drawing(width, height + 1.5 * size, (*drawing.paths, words), title)
