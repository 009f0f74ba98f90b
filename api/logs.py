# SPDX-License-Identifier: Apache-2.0
"""Logs: one JSON object a line, for machines to read and without anything about a person.

What may stand in a line is listed here; everything else is left out.  An exception is its type and the places
it passed, never its text: that may quote what somebody filed.  Numbers that look like an ID card or a mobile
phone are masked wherever they appear.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

FIELDS = (
    *("path", "method", "status", "code", "ms", "event", "count", "index", "document_id", "submission_id"),
    *("label", "scheme", "digest"),  # of the use of a key; the digest is that of what was signed
)
"""The ``extra`` members that are written; values are numbers or short texts."""

_SPOKEN = ("yinxin", "api", "uvicorn", "alembic")
"""Loggers whose arguments are ours to know; of every other one only the constant words are written."""

_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-9][0-9]{16}[0-9Xx]|[1-9][0-9]{14}|1[3-9][0-9]{9})(?![0-9A-Za-z])"
)
_LONGEST = 500
_MARK = "yinxin-json"


def configure_logs(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send every log of this process to ``stream`` (standard error); calling again changes nothing."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if one.get_name() == _MARK]:
        root.removeHandler(handler)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.set_name(_MARK)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Every request of a client library, with its address: not ours to keep.
    logging.getLogger("httpx").setLevel(logging.WARNING)


class JsonLines(logging.Formatter):
    """Formats one record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object, on one line whatever the record holds."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(_words(record)),
        }
        for name in FIELDS:
            value = record.__dict__.get(name)
            if value is not None:
                line[name] = value if isinstance(value, bool | int | float) else masked(str(value))
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = list(_chain(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False)


def masked(text: str) -> str:
    """The text, bounded, with what looks like a person's number masked."""
    return _PERSONAL.sub(lambda found: found[0][:3] + "*" * (len(found[0]) - 3), text[:_LONGEST])


def _words(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] in _SPOKEN:
        try:
            return record.getMessage()
        except (TypeError, ValueError):
            pass  # wrong arguments: the constant words are better than a lost line
    return str(record.msg)


def _chain(error: BaseException | None) -> Iterator[dict[str, Any]]:
    """The exception and its causes, innermost last; the first eight."""
    for _ in range(8):
        if error is None:
            return
        yield {
            "type": f"{type(error).__module__}.{type(error).__qualname__}",
            "at": _places(error.__traceback__),
        }
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-20:]
    return [f"{'/'.join(PurePath(one.filename).parts[-3:])}:{one.lineno} {one.name}" for one in frames]
