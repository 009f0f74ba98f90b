# SPDX-License-Identifier: Apache-2.0
"""The ZIP file of an evidence pack (APPNOTE 4.3): one set of parts is one file, octet for octet.

Stored, not deflated; one fixed date; plain names; no comments, no extra fields.  Reading is the strict one of
OFD packages; then the archive is written again and compared: no octet of it lies outside the parts.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Final

from ..errors import Unreadable
from ..ofd.container import open_container
from .errors import PackMalformed

NAME: Final = re.compile(r"(?:[a-z0-9][a-z0-9-]{0,39}/){0,3}[a-z0-9][a-z0-9.-]{0,79}")
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MADE_BY_UNIX: Final = 3
_RIGHTS: Final = 0o100644 << 16


def write_archive(parts: Sequence[tuple[str, bytes]]) -> bytes:
    """The file, with these parts in this order.  Raises :class:`PackMalformed`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, content in parts:
            if not NAME.fullmatch(name) or ".." in name:
                raise PackMalformed(field=name, rule="a plain name: small letters, digits, - . and /")
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system, entry.external_attr = _MADE_BY_UNIX, _RIGHTS
            try:
                archive.writestr(entry, content)
            except (zipfile.LargeZipFile, OverflowError) as error:
                raise PackMalformed(field=name, rule="too large for a ZIP file without ZIP64") from error
    return out.getvalue()


def read_archive(data: bytes) -> Mapping[str, bytes]:
    """The parts in the order of the file.  Raises :class:`PackMalformed`."""
    try:
        container = open_container(data)
        parts = {name: container.read(name) for name in container.entries}
    except Unreadable as error:
        rule = getattr(error, "rule", str(error))
        raise PackMalformed(field=str(getattr(error, "place", "(ZIP)")), rule=str(rule)) from error
    if write_archive(tuple(parts.items())) != data:
        raise PackMalformed(
            field="(ZIP)",
            rule="repacked or altered: it is not the archive that its parts make; fetch it again",
        )
    return parts
