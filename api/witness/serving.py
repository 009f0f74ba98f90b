# SPDX-License-Identifier: Apache-2.0
"""A witness over HTTP: C2SP tlog-witness ``add-checkpoint``, and the newest head of each log to read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from verify import Fetch, NoteMalformed, parse_witness_submission

from .errors import HeadRefused, LogUnknown, OldSizeWrong
from .folder import WitnessFolder
from .witness import Witness

LARGEST = 256 * 1024
_HASH = re.compile(r"[0-9a-f]{64}")


def create_witness_app(
    witness: Witness, folder: WitnessFolder, *, sources: Mapping[str, Fetch] | None = None
) -> FastAPI:
    """The application.  ``sources`` reads the SM3 tiles of a log by its origin, where they are known."""
    app = FastAPI(title="印信见证 Yinxin witness", openapi_url=None, docs_url=None, redoc_url=None)
    known = dict(sources or {})

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LARGEST:
                return _text("too large", 413)
        return await run_in_threadpool(_answer, bytes(body))

    @app.get("/{origin_hash}/checkpoint")
    def checkpoint(origin_hash: str) -> Response:
        path = folder.folder / "heads" / origin_hash
        if not _HASH.fullmatch(origin_hash) or not path.is_file():
            return _text("no head of this log was cosigned here", 404)
        return _text(path.read_text("utf-8"), 200)

    def _answer(body: bytes) -> Response:
        try:
            sent = parse_witness_submission(body)
            fetch = known.get(sent.note.split("\n", 1)[0])
            with folder.alone():
                seen = witness.answer(sent, fetch)
        except NoteMalformed as error:
            return _text(str(error), 400)
        except LogUnknown as error:
            return _text(str(error), 403 if error.watched else 404)
        except OldSizeWrong as error:
            return Response(f"{error.kept}\n", 409, headers={"Content-Type": "text/x.tlog.size"})
        except HeadRefused as error:
            return _text(str(error), 422 if error.evidence else 400)
        return _text("".join(line.line() for line in seen.lines), 200)

    return app


def _text(text: str, status: int) -> Response:
    return Response(text, status, media_type="text/plain; charset=utf-8")
