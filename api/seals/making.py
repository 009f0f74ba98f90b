# SPDX-License-Identifier: Apache-2.0
"""Make a seal (制章): key in the vault, certificate of the holder, drawing, and the ``.esl`` that the seal
maker signs.

The label of the key follows from seal and edition: killed after the key or after the certificate, the next
attempt finds both.  What was made is read back by :mod:`verify` before it is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from ca import SubjectName, make_request
from keys import HashAlgorithm, LabelTaken, digest
from seal import (
    Drawing,
    SealDesign,
    SealDesignRefused,
    SealFacts,
    drawing_png,
    drawing_svg,
    make_seal,
)
from verify import Certificate, SealChange, SealStanding

from . import store
from .designs import design_text
from .drawings import drawing_of
from .model import TYPES, SealLife
from .ports import SealPorts
from .refusals import SealStepRefused

VENDOR = "YINXIN"


def key_label(seal_id: str, edition: int) -> str:
    """Where the key of a made seal is."""
    return f"seal-{seal_id}-{edition}"


def make_edition(
    ports: SealPorts, life: SealLife, design: SealDesign, *, number: int, at: datetime, by: str
) -> dict[str, Any]:
    """The row of the next made seal of this life; key and certificate are there when it returns."""
    drawing, svg, picture = _drawn(design)
    label = key_label(life.seal_id, number)
    with contextlib.suppress(LabelTaken):
        ports.vault.create_key(label, life.kind)
    signer = ports.vault.signer(label)
    subject = SubjectName(common_name=life.code, organization=life.holder_name, uscc=life.holder)
    certificate_id = ports.certificates.certify_seal(
        make_request(signer, subject), holder=life.holder, holder_name=life.holder_name, by=by
    )
    own = ports.certificates.sealing(certificate_id).certificate
    until = own.not_after if life.valid_until is None else min(life.valid_until, own.not_after)
    if until <= at:
        raise SealStepRefused("certificate-unfit", "the period is over", field="valid_until")
    maker_certificate, maker = ports.certificates.seal_maker()
    esl = make_seal(
        SealFacts(
            code=life.code,
            vendor=VENDOR,
            type=TYPES[life.type].number,
            name=f"{design.name}{design.line}",
            certificates=(own, *_further(ports, life)),
            created=at,
            valid_from=at,
            valid_until=until,
            picture_type="PNG",
            picture=picture,
            width_mm=round(drawing.width_mm),
            height_mm=round(drawing.height_mm),
        ),
        maker,
        maker_certificate=maker_certificate,
    )
    return {
        "id": f"{life.seal_id}-{number}",
        "seal_id": life.seal_id,
        "edition": number,
        "key_label": label,
        "certificate_id": certificate_id,
        "design": design_text(design),
        "svg": svg,
        "esl": esl,
        "esl_sha256": hashlib.sha256(esl).hexdigest(),
        "esl_sm3": digest(HashAlgorithm.SM3, esl).value.hex(),
        "valid_from": at,
        "valid_until": until,
        "made_at": at,
        "history": store.history_text([SealChange(SealStanding.MADE, at, "made")]),
        "closing": "",
    }


@lru_cache(maxsize=32)
def _drawn(design: SealDesign) -> tuple[Drawing, str, bytes]:
    """The drawing, as SVG and as PNG in true size: the last takes a third of a second."""
    drawing = drawing_of(design)
    return drawing, drawing_svg(drawing), drawing_png(drawing)


def with_code(design: SealDesign, code: str) -> SealDesign:
    """The code along the lower arc, where the design has room for one."""
    try:
        return replace(design, code=code)
    except SealDesignRefused:
        return design


def _further(ports: SealPorts, life: SealLife) -> list[Certificate]:
    """The holder's own certificates that may use the seal as well."""
    found = []
    for certificate_id in life.certificates:
        one = ports.certificates.certificate_of(certificate_id, holder=life.holder)
        if one is None:
            raise SealStepRefused("certificate-unfit", certificate_id, field="certificates")
        found.append(one)
    return found
