# SPDX-License-Identifier: Apache-2.0
"""The picture of a seal: its design, its drawing, and the drawing as SVG or PDF operators."""

from __future__ import annotations

from .design import SealCentre, SealDesign, SealShape
from .drawing import Drawing, draw_seal
from .errors import SealDesignRefused
from .pdf import drawing_pdf
from .svg import drawing_svg

__all__ = [
    "Drawing",
    "SealCentre",
    "SealDesign",
    "SealDesignRefused",
    "SealShape",
    "draw_seal",
    "drawing_pdf",
    "drawing_svg",
]
