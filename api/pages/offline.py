# SPDX-License-Identifier: Apache-2.0
"""The offline page as a folder of static files: the same for our own server, another one, or a USB stick.

``index.html``, the service worker and what they need lie at the top, modules under ``app/``; the modules that
other pages use too are copied beside them, so that relative imports are the same here and in the source.  The
worker knows every file by name and changes with any of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
    "md": "text/plain; charset=utf-8",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""As in the page itself, where another server sets no header; ``frame-ancestors`` works in a header alone."""
INDEX: Final = "index.html"
WORKER: Final = "sw.js"
_TOP = (INDEX, WORKER, "manifest.webmanifest")
_SHARED = ("bytes.js", "der.js", "sm2.js", "sm3.js", "yinxin.css", "icon.svg")
_NOT_IN_THE_PAGE = ("live.js",)


@cache
def offline_files() -> Mapping[str, bytes]:
    """Path inside the folder -> content."""
    static = files("api.pages").joinpath("static")
    found = {name: static.joinpath(name).read_bytes() for name in _SHARED}
    for path, content in _walk(static.joinpath("offline")):
        if path not in _NOT_IN_THE_PAGE:
            found[path if path in _TOP else f"app/{path}"] = content
    found[WORKER] = _worker(found)
    return MappingProxyType(dict(sorted(found.items())))


def media_type(path: str) -> str:
    """What a server must call this file; a licence without an extension is text."""
    return TYPES.get(path.rsplit(".", 1)[-1], "text/plain; charset=utf-8")


def _walk(folder: Traversable, before: str = "") -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _walk(one, f"{before}{one.name}/")
        else:
            yield before + one.name, one.read_bytes()


def _worker(found: Mapping[str, bytes]) -> bytes:
    """The worker with the list of files and a version made from all of them, its own text included."""
    whole = hashlib.sha256()
    for path, content in sorted(found.items()):
        whole.update(hashlib.sha256(path.encode()).digest() + hashlib.sha256(content).digest())
    names = ["./", *(path for path in sorted(found) if path != WORKER)]
    text = found[WORKER].decode()
    text = text.replace("/*VERSION*/", whole.hexdigest()[:16])
    return text.replace("/*FILES*/", ", ".join(json.dumps(name) for name in names)).encode()
