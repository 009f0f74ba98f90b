# SPDX-License-Identifier: Apache-2.0
"""A log over HTTP(S), or in a folder with the published files.

No redirect is followed and no proxy of the environment is used: who answers is who was named.  Answers are
bounded, so that a hostile log cannot fill a monitor.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from verify import LARGEST_BUNDLE, TileMissing

from ..errors import LogUnreachable
from ..model import Fetched

PATIENCE_SECONDS = 30.0


@contextmanager
def open_source(where: str) -> Iterator[Fetched]:
    """``http(s)://…/log`` or a folder that holds ``checkpoint`` and ``tile/``."""
    if not where.startswith(("http://", "https://")):
        yield _folder(Path(where))
        return
    with httpx.Client(timeout=PATIENCE_SECONDS, follow_redirects=False, trust_env=False) as client:
        yield _http(client, where.rstrip("/"))


def _folder(root: Path) -> Fetched:
    def fetch(path: str) -> bytes:
        try:
            with (root / path).open("rb") as file:
                content = file.read(LARGEST_BUNDLE + 1)
            _require_bounded(len(content), path)
            return content
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            if not root.is_dir():
                raise LogUnreachable(str(root), "no such folder") from None
            raise TileMissing(path) from None
        except OSError as error:
            raise LogUnreachable(f"{root}/{path}", error.strerror or "unreadable") from error

    return fetch


def _http(client: httpx.Client, base: str) -> Fetched:
    def fetch(path: str) -> bytes:
        address = f"{base}/{path}"
        try:
            with client.stream("GET", address) as answer:
                if answer.status_code == httpx.codes.NOT_FOUND:
                    raise TileMissing(path)
                if answer.status_code != httpx.codes.OK:
                    raise LogUnreachable(address, f"it answered {answer.status_code}")
                content = bytearray()
                for piece in answer.iter_bytes():
                    content += piece
                    _require_bounded(len(content), address)
                return bytes(content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LogUnreachable(address, type(error).__name__) from error

    return fetch


def _require_bounded(size: int, where: str) -> None:
    if size > LARGEST_BUNDLE:
        raise LogUnreachable(where, f"more than {LARGEST_BUNDLE} bytes")
