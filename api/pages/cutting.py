# SPDX-License-Identifier: Apache-2.0
"""Pictures that somebody uploads become drawings in a process of their own, which can be stopped.

A picture of a few kilobytes can ask for more memory and time than a service has; here it gets its share and
no more, two at a time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relying import Json
from seal import Ink, SealDesignRefused, angle_of, cut_out, emblem_of_svg, outline_text

LARGEST: Final = 10 * 1024 * 1024
SECONDS: Final = 20
"""Of the processor; a busy machine may take three times as long."""
MEMORY: Final = 1536 * 1024 * 1024
MOST_AT_ONCE: Final = 2
WAIT_SECONDS: Final = 10

_room = threading.BoundedSemaphore(MOST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Traced:
    """``outlines`` as :func:`seal.outline_text` writes them; ``degrees``: how far it was turned clockwise."""

    outlines: str
    degrees: float


def scanned(picture: bytes, *, ink: Ink, width_mm: float, degrees: float | None = None) -> Traced:
    """Cut an imprint or a signature out of a scan.  Raises :class:`seal.SealDesignRefused`."""
    order: dict[str, Json] = {
        "kind": "scan",
        "ink": ink.value,
        "width_mm": repr(width_mm),
        "degrees": None if degrees is None else repr(degrees),
    }
    return _apart(order, picture, field="picture")


def emblem(svg: bytes) -> Traced:
    """Read an emblem.  Raises :class:`seal.SealDesignRefused`."""
    return _apart({"kind": "emblem"}, svg, field="emblem")


def _apart(order: Mapping[str, Json], content: bytes, *, field: str) -> Traced:
    if not content or len(content) > LARGEST:
        raise _refused(field, "文件为空或超过 10 MB / the file is empty or larger than 10 MB")
    if not _room.acquire(timeout=WAIT_SECONDS):
        raise _refused(field, "正在处理其他图片 / other pictures are being worked on")
    try:
        ran = subprocess.run(  # noqa: S603 (our own command)
            [sys.executable, "-P", "-m", __name__],
            input=json.dumps(order).encode("ascii") + b"\n" + content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=3 * SECONDS,
            check=False,
        )
        answer: Any = json.loads(ran.stdout) if ran.returncode == 0 else {}
    except (OSError, subprocess.TimeoutExpired, ValueError):
        answer = {}
    finally:
        _room.release()
    if "refused" in answer:
        said = answer["refused"]
        raise SealDesignRefused(field=said["field"], rule=said["rule"], todo=said["todo"])
    if "outlines" not in answer:
        raise _refused(field, "图片过于复杂,未能处理 / the picture is too complex, it was given up")
    return Traced(answer["outlines"], answer["degrees"])


def _refused(field: str, rule: str) -> SealDesignRefused:
    return SealDesignRefused(
        field=field, rule=rule, todo="请稍后再试,或换一张更小的图片 / try later, or with a smaller picture"
    )


def work() -> int:
    """The other process: an order and a picture come in, a drawing or a refusal goes out."""
    _limit()
    order, _, content = sys.stdin.buffer.read().partition(b"\n")
    try:
        answer = _made(json.loads(order), content)
    except SealDesignRefused as error:
        answer = {"refused": {"field": error.field, "rule": error.rule, "todo": error.todo}}
    except MemoryError:
        return 1
    sys.stdout.write(json.dumps(answer))
    return 0


def _made(order: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    if order["kind"] == "emblem":
        return {"outlines": outline_text(emblem_of_svg(content)), "degrees": 0.0}
    ink, width = Ink(order["ink"]), float(order["width_mm"])
    degrees = angle_of(content, ink) if order["degrees"] is None else float(order["degrees"])
    drawing = cut_out(content, width_mm=width, title="-", ink=ink, degrees=degrees, specimen=False)
    return {"outlines": outline_text(drawing), "degrees": round(degrees, 2)}


def _limit() -> None:
    """Where the system can: memory, and time of the processor should the waiting process be gone."""
    try:
        import resource
    except ImportError:  # Windows: only the time of the waiting process
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(work())
