# SPDX-License-Identifier: Apache-2.0
"""A drawing as PDF operators for a form XObject: paths and colours only, so it needs no resources."""

from __future__ import annotations

from ..pages.model import POINT_MM
from ..pages.operators import Canvas
from .drawing import Drawing


def drawing_pdf(drawing: Drawing) -> tuple[bytes, tuple[float, float, float, float]]:
    """Content stream and bounding box, both in points, origin at the lower left corner of the drawing."""
    canvas = Canvas(drawing.height_mm)
    content = "q\n" + "".join(canvas.path(path) for path in drawing.paths) + "Q\n"
    return content.encode("ascii"), (0.0, 0.0, drawing.width_mm / POINT_MM, drawing.height_mm / POINT_MM)
