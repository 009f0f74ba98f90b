# SPDX-License-Identifier: Apache-2.0
"""The fields of a message, each checked as it is taken; what is left over is refused."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime

from verify import Json

from ..errors import WireMalformed

_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


def to_text(data: bytes) -> str:
    """Bytes as messages carry them."""
    return base64.b64encode(data).decode("ascii")


def from_text(text: str, *, most: int) -> bytes:
    """Canonical base64 of at most ``most`` bytes: one value has one text.  Raises :class:`WireMalformed`."""
    if len(text) > (most + 2) // 3 * 4:
        raise WireMalformed(f"more than {most} bytes")
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise WireMalformed("not base64") from None
    if to_text(data) != text or len(data) > most:
        raise WireMalformed("base64 with stray bits, or too long")
    return data


def moment(at: datetime) -> str:
    """A time as messages carry it: UTC, microseconds."""
    return at.astimezone(UTC).strftime(_TIME)


def to_moment(text: str) -> datetime:
    """The only spelling of a time.  Raises :class:`WireMalformed`."""
    try:
        at = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise WireMalformed("not a time") from None
    if moment(at) != text:
        raise WireMalformed("not a time as messages carry it")
    return at


class Fields:
    """Takes fields out of one JSON object; :meth:`end` refuses what nobody took."""

    def __init__(self, value: Json) -> None:
        if not isinstance(value, dict):
            raise WireMalformed("not an object")
        self._left: dict[str, Json] = dict(value)

    @classmethod
    def exactly(cls, value: Json, names: set[str]) -> Mapping[str, Json]:
        """The object, when it has these members and no others."""
        if not isinstance(value, dict) or set(value) != names:
            raise WireMalformed(f"an object with exactly {', '.join(sorted(names))}")
        return value

    def text(self, name: str, *, most: int = 200, least: int = 1) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise WireMalformed(f"{name}: a text of {least} to {most} characters")
        return value

    def hexadecimal(self, name: str, *, size: int) -> str:
        value = self.text(name, most=2 * size, least=2 * size)
        if any(letter not in "0123456789abcdef" for letter in value):
            raise WireMalformed(f"{name}: {2 * size} lower-case hexadecimal digits")
        return value

    def data(self, name: str, *, most: int) -> bytes:
        value = self._take(name)
        if not isinstance(value, str):
            raise WireMalformed(f"{name}: base64 text")
        return from_text(value, most=most)

    def data_or_none(self, name: str, *, most: int) -> bytes | None:
        if self._left.get(name, "") is None:
            self._take(name)
            return None
        return self.data(name, most=most)

    def time(self, name: str) -> datetime:
        return to_moment(self.text(name, most=40))

    def number(self, name: str, *, most: int = 2**53 - 1) -> int:
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise WireMalformed(f"{name}: a whole number from 0 to {most}")
        return value

    def members(self, name: str) -> Json:
        return self._take(name)

    def items(self, name: str, *, most: int) -> list[Json]:
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise WireMalformed(f"{name}: a list of at most {most}")
        return value

    def end(self) -> None:
        if self._left:
            raise WireMalformed("a field that nobody knows")

    def _take(self, name: str) -> Json:
        if name not in self._left:
            raise WireMalformed(f"{name} is missing")
        return self._left.pop(name)
