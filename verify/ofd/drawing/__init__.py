# SPDX-License-Identifier: Apache-2.0
"""What a page of an OFD looks like: a neutral drawing, SVG, PNG, and its text with positions."""

from __future__ import annotations

from .model import OfdCharacter, OfdTextRun
from .pages import ofd_png, ofd_svg
from .reading import ofd_page_count, ofd_text

__all__ = ["OfdCharacter", "OfdTextRun", "ofd_page_count", "ofd_png", "ofd_svg", "ofd_text"]
