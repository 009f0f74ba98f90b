# SPDX-License-Identifier: Apache-2.0
"""The sealed form: a record in canonical JSON (RFC 8785) and a detached CMS signature over exactly its bytes.

JSON ``{"format": "yinxin-sealed-form/1", "record": {...}, "signature": base64}``. The file itself must be
canonical too: one form is one file, byte for byte, and its digest can stand in a log.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from keys import Digest, HashAlgorithm, digest

from .canonical import Json, JsonMalformed, canonical_json, parse_json
from .errors import VerifyError
from .long_term import Situation, check_signature
from .report import Indication, Reason, Report, SubIndication, combine
from .trust import Trust
from .x509 import Purpose

FORMAT = "yinxin-sealed-form/1"
LARGEST_FILE = 8 * 1024 * 1024
_MEMBERS = {"format", "record", "signature"}


class FormMalformed(VerifyError):
    """Not a sealed form.  ``field`` is the JSON member, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"sealed form refused: {field}: {rule}")
        self.field, self.rule = field, rule


@dataclass(frozen=True, slots=True)
class SealedForm:
    """Structure only: nothing is verified by having one.  ``signature`` is DER."""

    record: Mapping[str, Json]
    signature: bytes

    def content(self) -> bytes:
        """The bytes that are signed."""
        return canonical_json(self.record)

    def encode(self) -> bytes:
        """The file.  Raises :class:`JsonMalformed` for a record that has no canonical spelling."""
        signature = base64.b64encode(self.signature).decode("ascii")
        return canonical_json({"format": FORMAT, "record": self.record, "signature": signature})


def parse_form(data: bytes) -> SealedForm:
    """Raises :class:`FormMalformed`."""
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
    except JsonMalformed as error:
        raise FormMalformed(field="(file)", rule=str(error)) from error
    if not isinstance(value, dict) or set(value) != _MEMBERS:
        raise FormMalformed(field="(file)", rule=f"an object with exactly {', '.join(sorted(_MEMBERS))}")
    record, signature = value["record"], value["signature"]
    if value["format"] != FORMAT:
        raise FormMalformed(field="format", rule=f"must be {FORMAT}")
    if not isinstance(record, dict):
        raise FormMalformed(field="record", rule="an object")
    if not isinstance(signature, str):
        raise FormMalformed(field="signature", rule="base64 text")
    try:
        form = SealedForm(record, base64.b64decode(signature.encode("ascii"), validate=True))
        encoded = form.encode()
    except (binascii.Error, ValueError):
        raise FormMalformed(field="signature", rule="not base64") from None
    except JsonMalformed as error:
        raise FormMalformed(field="record", rule=str(error)) from error
    if encoded != data:
        raise FormMalformed(field="(file)", rule="not canonical JSON (RFC 8785)")
    return form


def check_form(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """Is this form as it was sealed, and by whom?  Never raises for any bytes."""
    try:
        form = parse_form(data)
    except FormMalformed as error:
        reason = Reason(
            "FORM_MALFORMED",
            f"签章表单格式不符({error.field}):文件被改动或不完整",
            f"not a sealed form, or altered: {error.field}: {error.rule}",
        )
        return Report(
            kind="form",
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            reasons=(reason,),
        )
    content = form.content()

    def content_digest(algorithm: HashAlgorithm) -> Digest:
        return digest(algorithm, content)

    signature = check_signature(
        form.signature, Situation(trust, at), purpose=Purpose.SEAL, content_digest=content_digest
    )
    indication, sub = combine((signature,))
    return Report(
        kind="form",
        indication=indication,
        sub_indication=sub,
        signatures=(signature,),
        facts={"record": dict(form.record), "record_digest": hashlib.sha256(content).hexdigest()},
    )
