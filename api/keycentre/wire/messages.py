# SPDX-License-Identifier: Apache-2.0
"""Requests signed by the service, answers signed by the centre: canonical JSON, nothing unsigned in it.

An answer names the SHA-256 of the payload that it answers, so none can be shown for another request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import KeysError, PublicKey, Signer
from verify import Json, JsonMalformed, canonical_json, parse_json

from ..errors import KeyCentreRefused, KeyCentreUnavailable, WireMalformed
from .fields import Fields, from_text, moment, to_text
from .framing import LARGEST_ANSWER, LARGEST_REQUEST

REQUEST_FORMAT: Final = "yinxin-kmc-request/1"
ANSWER_FORMAT: Final = "yinxin-kmc-answer/1"
_REQUEST_CONTEXT = b"yinxin/kmc/request/v1\n"
_ANSWER_CONTEXT = b"yinxin/kmc/answer/v1\n"
_SIGNATURE = 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One verb of the service."""

    id: str  # 32 hexadecimal digits, never used before
    at: datetime
    verb: str
    body: Mapping[str, Json]

    def content(self) -> dict[str, Json]:
        return {"id": self.id, "at": moment(self.at), "verb": self.verb, "body": dict(self.body)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the centre says: a result, or the code of its refusal; and the head of its history."""

    request_sha256: str
    result: Mapping[str, Json] | None
    refused: str | None
    head_size: int
    head_sha256: str

    def content(self) -> dict[str, Json]:
        return {
            "request_sha256": self.request_sha256,
            "result": None if self.result is None else dict(self.result),
            "refused": self.refused,
            "head": {"size": self.head_size, "sha256": self.head_sha256},
        }


def seal_request(request: Request, signer: Signer) -> bytes:
    """The payload.  Raises :class:`WireMalformed` when the body has no canonical form or is too large."""
    return _sealed(REQUEST_FORMAT, "request", request.content(), _REQUEST_CONTEXT, signer, LARGEST_REQUEST)


def open_request(payload: bytes, client: PublicKey) -> Request:
    """Signature first, then structure.

    Raises :class:`WireMalformed`, or :class:`KeyCentreRefused` with ``request-forged``.
    """
    content, signed, signature = _opened(payload, REQUEST_FORMAT, "request", LARGEST_REQUEST)
    try:
        client.verify(signature, _REQUEST_CONTEXT + signed)
    except KeysError:
        raise KeyCentreRefused("request-forged") from None
    fields = Fields(content)
    made = Request(
        id=fields.hexadecimal("id", size=16),
        at=fields.time("at"),
        verb=fields.text("verb", most=30),
        body=_object(fields.members("body")),
    )
    fields.end()
    return made


def seal_answer(answer: Answer, signer: Signer) -> bytes:
    """The payload.  Raises :class:`WireMalformed` when the result is too large."""
    return _sealed(ANSWER_FORMAT, "answer", answer.content(), _ANSWER_CONTEXT, signer, LARGEST_ANSWER)


def open_answer(payload: bytes, centre: PublicKey, *, request: bytes) -> Answer:
    """The answer to exactly this request payload, signed by the centre.

    Raises :class:`WireMalformed`, or :class:`KeyCentreUnavailable` when somebody else answered.
    """
    content, signed, signature = _opened(payload, ANSWER_FORMAT, "answer", LARGEST_ANSWER)
    try:
        centre.verify(signature, _ANSWER_CONTEXT + signed)
    except KeysError:
        raise KeyCentreUnavailable("the answer is not signed by our key centre") from None
    fields = Fields(content)
    result, refused = fields.members("result"), fields.members("refused")
    head = Fields(fields.members("head"))
    made = Answer(
        request_sha256=fields.hexadecimal("request_sha256", size=32),
        result=None if result is None else _object(result),
        refused=None if refused is None else Fields({"refused": refused}).text("refused", most=40),
        head_size=head.number("size"),
        head_sha256=head.hexadecimal("sha256", size=32),
    )
    fields.end()
    head.end()
    if (made.result is None) == (made.refused is None):
        raise WireMalformed("an answer has a result or a refusal")
    if made.request_sha256 != hashlib.sha256(request).hexdigest():
        raise KeyCentreUnavailable("the answer is to another request")
    return made


def _sealed(
    form: str, name: str, content: dict[str, Json], context: bytes, signer: Signer, most: int
) -> bytes:
    try:
        signature = signer.sign(context + canonical_json(content))
        payload = canonical_json({"format": form, name: content, "signature": to_text(signature)})
    except JsonMalformed as error:
        raise WireMalformed("a message without canonical form") from error
    if len(payload) > most:
        raise WireMalformed(f"a message has at most {most} bytes")
    return payload


def _opened(payload: bytes, form: str, name: str, most: int) -> tuple[Json, bytes, bytes]:
    """Content, the bytes that were signed, signature.  The payload is refused unless it is canonical."""
    try:
        value = parse_json(payload, max_bytes=most)
        if canonical_json(value) != payload:
            raise WireMalformed("not canonical JSON")
        members = Fields.exactly(value, {"format", name, "signature"})
        signed = canonical_json(members[name])
    except JsonMalformed as error:
        raise WireMalformed("not JSON") from error
    if members["format"] != form:
        raise WireMalformed(f"the format must be {form}")
    signature = members["signature"]
    if not isinstance(signature, str):
        raise WireMalformed("signature: base64 text")
    return members[name], signed, from_text(signature, most=_SIGNATURE)


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise WireMalformed("body and result are objects")
    return value
