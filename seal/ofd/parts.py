# SPDX-License-Identifier: Apache-2.0
"""Files that every OFD of ours has: the entrance with its metadata, resources, attachments.

The metadata profile is our own and says so (``yinxin-ecert-ofd/1``): the text of GB/T 36905-2018 was not at
hand, its item names are not claimed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from ..pages.errors import AttachmentRefused
from ..pages.model import Attachment, FontName
from .markup import document, element, escaped
from .truetype import FAMILY

CREATOR: Final = "Yinxin"
PROFILE: Final = "yinxin-ecert-ofd/1"
ROOT: Final = "Doc_0"
_CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class File:
    """One file of a package before it is packed."""

    name: str
    data: bytes


def entrance_xml(
    title: str, at: datetime, document_id: str, metadata: Mapping[str, str], *, signatures: str = ""
) -> bytes:
    """OFD.xml (section 7.4, table 3).  The identifier of 32 characters is derived from ours."""
    identifier = hashlib.sha256(f"yinxin/ofd/v1\0{document_id}".encode("utf-8", "replace")).hexdigest()[:32]
    custom = {"metadata-profile": PROFILE, "document-id": document_id, **metadata}
    named = "".join(
        f'<ofd:CustomData Name="{escaped(name)}">{escaped(value)}</ofd:CustomData>'
        for name, value in custom.items()
        if name and value
    )
    day = _moment(at)[:10]
    listed = f"<ofd:Signatures>/{signatures}</ofd:Signatures>" if signatures else ""
    return document(
        "OFD",
        ' Version="1.0" DocType="OFD"',
        f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{identifier}</ofd:DocID>{element('Title', title)}"
        f"<ofd:CreationDate>{day}</ofd:CreationDate><ofd:ModDate>{day}</ofd:ModDate>"
        f"<ofd:Creator>{CREATOR}</ofd:Creator><ofd:CreatorVersion>1</ofd:CreatorVersion>"
        f"<ofd:CustomDatas>{named}</ofd:CustomDatas></ofd:DocInfo>"
        f"<ofd:DocRoot>/{ROOT}/Document.xml</ofd:DocRoot>{listed}</ofd:DocBody>",
    )


@lru_cache(maxsize=64)
def _moment(at: datetime) -> str:
    return f"{at.astimezone(_CHINA):%Y-%m-%dT%H:%M:%S}"


def font_xml(face: FontName, number: int, file: str) -> str:
    """A ``Font`` whose file stands in the folder of resources: readers take such paths from ``BaseLoc``."""
    serif = ' Serif="true"' if face is FontName.SERIF else ""
    return (
        f'<ofd:Font ID="{number}" FontName="{FAMILY[face]}" FamilyName="{FAMILY[face]}"{serif}>'
        f"<ofd:FontFile>{file}</ofd:FontFile></ofd:Font>"
    )


def resources_xml(fonts: Iterable[str] = (), media: Iterable[str] = ()) -> bytes:
    """PublicRes.xml or DocumentRes.xml (section 7.9)."""
    parts = (("Fonts", "".join(fonts)), ("MultiMedias", "".join(media)))
    content = "".join(f"<ofd:{name}>{part}</ofd:{name}>" for name, part in parts if part)
    return document("Res", ' BaseLoc="Res"', content)


def attached(attachments: Sequence[Attachment], at: datetime) -> list[File]:
    """Attachments.xml (section 20) and the attached files, under names that every ZIP reader takes."""
    files: list[File] = []
    listed: list[str] = []
    taken: set[str] = set()
    made = _moment(at)
    for count, one in enumerate(attachments, 1):
        _check(one, taken)
        taken.add(one.name)
        suffix = one.name.rpartition(".")[2].lower()
        suffix = suffix if suffix.isascii() and suffix.isalnum() and len(suffix) <= 8 else "bin"
        stored = f"{ROOT}/Attachs/attachment_{count}.{suffix}"
        files.append(File(stored, one.data))
        listed.append(
            f'<ofd:Attachment ID="a{count}" Name="{escaped(one.name)}" Format="{suffix}" '
            f'CreationDate="{made}" Size="{len(one.data) / 1024:.4f}" Visible="true">'
            f"<ofd:FileLoc>/{stored}</ofd:FileLoc></ofd:Attachment>"
        )
    if not files:
        return []
    return [File(f"{ROOT}/Attachs/Attachments.xml", document("Attachments", "", "".join(listed))), *files]


def _check(one: Attachment, taken: set[str]) -> None:
    if not one.name or not one.name.isprintable() or set(one.name) & set('/\\:*?"<>|'):
        rule = "名称须可打印且不含路径符号 / a printable name without path characters"
        raise AttachmentRefused(name=one.name, rule=rule)
    if one.name in taken:
        raise AttachmentRefused(name=one.name, rule="名称重复 / the name is taken")
