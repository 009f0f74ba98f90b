# SPDX-License-Identifier: Apache-2.0
"""The receipt of a sealed submission (R-096): number, time and digests, sealed by the platform.

The one document type that belongs to the core, because every form of every module is answered by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relying import Body, Composition, Face, Row, Table

from ..plugins import CHINA

RECEIPT = "receipt"
RECEIPT_TITLE = "电子申报回执"
RECEIPT_CODE = "900"
"""Codes from 900 belong to the core; a relying module cannot take one."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One file that the applicant sealed, as it is stored."""

    title: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Filed:
    """What the receipt confirms."""

    submission_id: str
    number: str
    form: str
    form_title: str
    applicant: str
    applicant_name: str
    addressed_to: str
    sealed_at: datetime
    files: Sequence[SealedFile]


def compose_receipt(filed: Filed) -> Composition:
    """The receipt of one submission."""
    at = filed.sealed_at.astimezone(CHINA)
    rows = [
        Row("申报编号", filed.number, "Number"),
        Row("申报事项", filed.form_title, "Form"),
        Row("申请人", filed.applicant_name, "Applicant"),
        Row("收到时间", f"{at:%Y-%m-%d %H:%M:%S}(北京时间)", "Received at"),
    ]
    if filed.addressed_to:
        rows.insert(3, Row("受理机关", filed.addressed_to, "Addressed to"))
    record: Body = {
        "submission_id": filed.submission_id,
        "number": filed.number,
        "form": filed.form,
        "applicant": filed.applicant,
        "sealed_at": filed.sealed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "files": [{"title": one.title, "size": one.size, "sha256": one.sha256} for one in filed.files],
    }
    return Composition(
        on_record=False,
        face=Face(
            title=RECEIPT_TITLE,
            subtitle="Receipt of an electronic submission",
            number=filed.number,
            rows=tuple(rows),
            tables=(
                Table(
                    "已签章的文件",
                    ("文件", "字节", "SHA-256 摘要"),
                    tuple((one.title, str(one.size), one.sha256) for one in filed.files),
                ),
            ),
            paragraphs=(
                "平台已收到上列由申请人签章的文件,并核验其签章有效。本回执只证明收到,不代表审查结论。",
            ),
        ),
        record=record,
        serial=filed.number,
        holder=filed.applicant,
        holder_name=filed.applicant_name,
    )
