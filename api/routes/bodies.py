# SPDX-License-Identifier: Apache-2.0
"""Parts that request bodies are made of: unknown fields refused, base64 strict, times with zone."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints

LARGEST_BASE64 = 200_000


class RequestBody(BaseModel):
    """A JSON body; a field that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def from_base64(value: object) -> bytes:
    """Bytes from strict base64."""
    if not isinstance(value, str) or len(value) > LARGEST_BASE64:
        raise ValueError("应为 base64 文本 / must be base64 text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("应为 base64 文本 / must be base64 text") from None


def to_base64(content: bytes) -> str:
    """Base64 as answers carry it."""
    return base64.b64encode(content).decode("ascii")


def moment(value: datetime | None) -> str | None:
    """A time as answers carry it: UTC, seconds."""
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")


Base64 = Annotated[bytes, BeforeValidator(from_base64)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
Moment = AwareDatetime
