# SPDX-License-Identifier: Apache-2.0
"""The file: ``{"format": "yinxin-trust-list/2", "list": {…}, "signatures": [{"certificate", "signature"}]}``.

The whole file is canonical JSON (RFC 8785): two lists that differ in a byte differ in what they say.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical import Json, JsonMalformed, parse_json
from .body import FORMAT, TrustListBody, TrustListSignature, as_certificate, parse_body
from .errors import TrustListInvalid
from .members import as_bytes, as_list, as_object

LARGEST_FILE = 32 * 1024 * 1024
MOST_SIGNATURES = 16


@dataclass(frozen=True, slots=True)
class TrustList:
    """Structure only: nothing is verified by having one."""

    body: TrustListBody
    signatures: tuple[TrustListSignature, ...]

    def encode(self) -> bytes:
        return self.body.encode(self.signatures)


def parse_trust_list(data: bytes) -> TrustList:
    """Raises :class:`TrustListInvalid`."""
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
    except JsonMalformed as error:
        raise TrustListInvalid(field="(file)", rule=str(error)) from error
    members = as_object(value, "(file)", {"format", "list", "signatures"})
    if members["format"] != FORMAT:
        raise TrustListInvalid(field="format", rule=f"must be {FORMAT}")
    signatures = as_list(members["signatures"], "signatures", as_signature)
    if not 0 < len(signatures) <= MOST_SIGNATURES:
        raise TrustListInvalid(field="signatures", rule=f"1 to {MOST_SIGNATURES}")
    listed = TrustList(parse_body(members["list"]), signatures)
    if listed.encode() != data:
        raise TrustListInvalid(field="(file)", rule="not canonical JSON (RFC 8785)")
    return listed


def as_signature(value: Json, field: str) -> TrustListSignature:
    """A certificate and a signature; nothing is verified."""
    members = as_object(value, field, {"certificate", "signature"})
    return TrustListSignature(
        certificate=as_certificate(members["certificate"], f"{field}.certificate"),
        signature=as_bytes(members["signature"], f"{field}.signature"),
    )
