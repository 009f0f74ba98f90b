# SPDX-License-Identifier: Apache-2.0
"""A picture of the first page of a PDF or OFD that anybody uploaded, drawn in a process of its own.

A page of two thousand bytes can ask for more drawing than a machine has memory and hours for (forms within
forms), and PDFium cannot be told to stop; in this process it would hold the lock that every check of a PDF
needs.  So it is drawn where it can be stopped and reaches nothing, as files are checked; without a picture
the verdict is shown all the same.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Final

from verify import PictureRefused, Unreadable, ofd_png, picture_of_pdf

from ..confined import CheckLimits, bare_environment, confine

DPI: Final = 60
SECONDS: Final = 5
MEMORY_MB: Final = 768
MOST_AT_ONCE: Final = 2

_room = threading.BoundedSemaphore(MOST_AT_ONCE)


def preview_of(file: bytes) -> bytes | None:
    """PNG of the first page; ``None`` when it cannot be drawn in time, or others are being drawn."""
    if not _room.acquire(blocking=False):
        return None
    try:
        ran = subprocess.run(  # noqa: S603 (our own command)
            [sys.executable, "-P", "-m", __name__],
            input=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            env=bare_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    finally:
        _room.release()
    return ran.stdout if ran.returncode == 0 and ran.stdout else None


def draw() -> int:
    """The other process: a PDF or OFD comes in, a picture goes out."""
    file = sys.stdin.buffer.read()
    confine(CheckLimits(SECONDS, MEMORY_MB))
    try:
        picture = picture_of_pdf(file, dpi=DPI) if file.startswith(b"%PDF-") else ofd_png(file, 0, DPI)
    except (PictureRefused, Unreadable, MemoryError):
        return 1
    sys.stdout.buffer.write(picture)
    return 0


if __name__ == "__main__":
    sys.exit(draw())
