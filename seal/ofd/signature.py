# SPDX-License-Identifier: Apache-2.0
"""Signature.xml (GB/T 33190-2016 section 18.2, tables 64 to 67): its digest is signed."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from .markup import box, document, escaped
from .stamps import Stamp

SM3: Final = "1.2.156.10197.1.401"
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
PROVIDER: Final = '<ofd:Provider ProviderName="Yinxin" Version="1" Company="Yinxin"/>'


@dataclass(frozen=True, slots=True)
class Annotation:
    """One ``StampAnnot``: its identifier, the ``ID`` of the page, box and clip."""

    id: str
    page_id: str
    boundary: str
    clip: str = ""

    def written(self) -> str:
        clip = f' Clip="{self.clip}"' if self.clip else ""
        return (
            f'<ofd:StampAnnot ID="{self.id}" PageRef="{escaped(self.page_id)}" '
            f'Boundary="{self.boundary}"{clip}/>'
        )


def annotation_of(stamp: Stamp, identifier: str, page_id: str) -> Annotation:
    """The ``StampAnnot`` of a place."""
    whole = box(stamp.x_mm, stamp.y_mm, stamp.width_mm, stamp.height_mm)
    return Annotation(identifier, page_id, whole, box(*stamp.clip) if stamp.clip is not None else "")


@lru_cache(maxsize=4096)
def _reference_head(name: str) -> str:
    return f'<ofd:Reference FileRef="/{escaped(name)}"><ofd:CheckValue>'


def reference(name: str, value: bytes) -> str:
    """One ``Reference``."""
    return f"{_reference_head(name)}{base64.b64encode(value).decode()}</ofd:CheckValue></ofd:Reference>"


@lru_cache(maxsize=64)
def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H%M%SZ}"


def signature_xml(
    *,
    at: datetime,
    references: Iterable[str],
    annotations: str,
    seal_path: str | None,
    value_path: str,
) -> bytes:
    """The whole file; paths without their leading slash.  The time is the text of the seal signature's."""
    seal = f"<ofd:Seal><ofd:BaseLoc>/{escaped(seal_path)}</ofd:BaseLoc></ofd:Seal>" if seal_path else ""
    return document(
        "Signature",
        "",
        f"<ofd:SignedInfo>{PROVIDER}<ofd:SignatureMethod>{SM2_WITH_SM3}</ofd:SignatureMethod>"
        f"<ofd:SignatureDateTime>{_moment(at)}</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{SM3}">{"".join(references)}</ofd:References>'
        f"{annotations}{seal}</ofd:SignedInfo>"
        f"<ofd:SignedValue>/{escaped(value_path)}</ofd:SignedValue>",
    )
