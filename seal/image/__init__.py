# SPDX-License-Identifier: Apache-2.0
"""The picture of a seal: its design, its drawing, and the drawing as SVG, PNG or PDF operators."""

from __future__ import annotations

from .cutting import INKS, Ink, angle_of, cut_out, with_specimen
from .design import DIAMETERS_MM, HolderRank, SealCentre, SealDesign, SealShape
from .drawing import Drawing, draw_seal
from .emblem import emblem_of_svg
from .errors import SealDesignRefused
from .outline_text import drawing_of_text, outline_text
from .pdf import drawing_pdf
from .png import drawing_png
from .svg import drawing_svg

__all__ = [
    "DIAMETERS_MM",
    "INKS",
    "Drawing",
    "HolderRank",
    "Ink",
    "SealCentre",
    "SealDesign",
    "SealDesignRefused",
    "SealShape",
    "angle_of",
    "cut_out",
    "draw_seal",
    "drawing_of_text",
    "drawing_pdf",
    "drawing_png",
    "drawing_svg",
    "emblem_of_svg",
    "outline_text",
    "with_specimen",
]
