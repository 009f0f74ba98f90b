# SPDX-License-Identifier: Apache-2.0
"""CSRResponse (GM/T 0092-2020): what an authority answers to a request for a pair of certificates.

``SEQUENCE { signCertificates SET OF Certificate, [0] EXPLICIT SM2EnvelopedKey OPTIONAL, [1] IMPLICIT SET OF
Certificate OPTIONAL }``; that [0] is explicit is practice, not read from the text. Certificates stay bytes:
they are read above us, in ``verify``. A SET is written in DER order and read in any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..der import SEQUENCE, SET, Tlv, expect, explicit, implicit, read_only, sequence, set_of
from ..errors import CipherMalformed, DerMalformed
from .enveloped import SM2EnvelopedKey, parse_enveloped_key

MOST_CERTIFICATES: Final = 16
_LARGEST = 256 * 1024
_KEY, _ENCRYPTION = 0xA0, 0xA1


@dataclass(frozen=True, slots=True)
class CsrResponse:
    """Certificates are DER."""

    signing: Sequence[bytes]
    enveloped: SM2EnvelopedKey | None = None
    encryption: Sequence[bytes] = ()

    def encode(self) -> bytes:
        """DER."""
        return sequence(
            set_of(*self.signing),
            b"" if self.enveloped is None else explicit(0, self.enveloped.encode()),
            implicit(1, set_of(*self.encryption)) if self.encryption else b"",
        )


def parse_csr_response(der: bytes) -> CsrResponse:
    """Raises :class:`CipherMalformed` or :class:`~keys.KeyUnsupported`."""
    if len(der) > _LARGEST:
        raise CipherMalformed(f"a CSR response is at most {_LARGEST} bytes")
    try:
        parts = list(expect(read_only(der), SEQUENCE).children())
        signing = _certificates(expect(parts.pop(0), SET)) if parts else ()
        enveloped = None
        if parts and parts[0].tag == _KEY:
            inside = parts.pop(0).children()
            if len(inside) != 1:
                raise DerMalformed("one enveloped key")
            enveloped = parse_enveloped_key(inside[0].raw)
        encryption = _certificates(parts.pop(0)) if parts and parts[0].tag == _ENCRYPTION else ()
        if parts or not signing:
            raise DerMalformed("signing certificates, an enveloped key, encryption certificates")
    except DerMalformed as error:
        raise CipherMalformed(f"not a CSR response: {error}") from error
    return CsrResponse(signing, enveloped, encryption)


def _certificates(found: Tlv) -> tuple[bytes, ...]:
    children = found.children()
    if not 1 <= len(children) <= MOST_CERTIFICATES:
        raise DerMalformed(f"1 to {MOST_CERTIFICATES} certificates", offset=found.start)
    return tuple(expect(child, SEQUENCE).raw for child in children)
