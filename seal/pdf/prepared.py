# SPDX-License-Identifier: Apache-2.0
"""What is kept between preparing and completing: a file, and typed plain JSON beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from keys import Digest, hasher
from verify import Json

from ..errors import StateMalformed
from ..kept import kept_bytes, kept_digest
from .profiles import PdfProfile

FORMAT: Final = "yinxin-prepared-pdf/1"


@dataclass(frozen=True, slots=True)
class PreparedPdf:
    """A file that lacks nothing but its signature value, and what the key has to sign for it.

    ``data[:gap]`` and ``data[resume:]`` are protected; ``attributes`` is exactly what the key signs: signed
    attributes of CMS, TBS_Sign of a seal signature, or a digest, as the profile has it.
    """

    data: bytes
    digest: Digest
    attributes: bytes
    gap: int
    resume: int
    profile: PdfProfile = PdfProfile.PADES
    authority: bytes | None = None

    @property
    def byte_range(self) -> str:
        """The protected bytes as decimal numbers: how a seal signature names them."""
        return f"0 {self.gap} {self.resume} {len(self.data) - self.resume}"

    def state(self) -> dict[str, Json]:
        """Everything but the file, as JSON."""
        kept: dict[str, Json] = {
            "format": FORMAT,
            "attributes": self.attributes.hex(),
            "digest_algorithm": self.digest.algorithm.value,
            "digest": self.digest.value.hex(),
            "gap": self.gap,
            "resume": self.resume,
        }
        if self.profile is not PdfProfile.PADES:
            kept["profile"] = self.profile.value
        if self.authority is not None:
            kept["authority"] = self.authority.hex()
        return kept

    @staticmethod
    def restore(state: Json, data: bytes) -> PreparedPdf:
        """The reverse of :meth:`state`; raises :class:`StateMalformed` unless ``data`` is that file."""
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise StateMalformed("format")
        gap, resume = state.get("gap"), state.get("resume")
        if not isinstance(gap, int) or not isinstance(resume, int) or not 0 < gap < resume < len(data):
            raise StateMalformed("offsets")
        hole = data[gap:resume]
        if hole != b"<" + b"0" * (len(hole) - 2) + b">":
            raise StateMalformed("no room for a signature at this place")
        stored = kept_digest(state)
        view = memoryview(data)
        found = hasher(stored.algorithm)
        found.update(view[:gap])
        found.update(view[resume:])
        if found.finish() != stored:
            raise StateMalformed("digest")
        try:
            profile = PdfProfile(str(state.get("profile", PdfProfile.PADES.value)))
        except ValueError as error:
            raise StateMalformed("profile") from error
        authority = kept_bytes(state, "authority") if "authority" in state else None
        return PreparedPdf(data, stored, kept_bytes(state, "attributes"), gap, resume, profile, authority)
