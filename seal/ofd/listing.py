# SPDX-License-Identifier: Apache-2.0
"""The list of signatures and the entrance to it (GB/T 33190-2016 section 18.1, table 63).

``MaxSignId`` is one counter for signatures and stamps.  Numbers of another producer are continued in its own
style where they are plain numbers, else as ``s001``, which is what the schema asks for.
"""

from __future__ import annotations

import re
from typing import Final

from .errors import OfdRefused
from .markup import document, escaped
from .subject import Subject

_END_OF_BODY: Final = re.compile(rb"</(?:([A-Za-z_][A-Za-z0-9_.-]*):)?DocBody\s*>")


class SignIds:
    """Gives out identifiers of signatures and stamps, above all that are in use."""

    def __init__(self, stated: tuple[str, ...] = ()) -> None:
        numbers = [int(found[0][-9:]) for one in stated if (found := re.search(r"\d+$", one)) is not None]
        self._last = max(numbers, default=0)
        plain = [one for one in stated if one]
        # Digits alone are no xs:ID; but where all are digits, whoever reads them parses digits.
        self._digits = bool(plain) and all(one.isascii() and one.isdecimal() for one in plain)
        self._width = max((len(one) for one in plain), default=1) if self._zero_filled(plain) else 1

    @staticmethod
    def _zero_filled(plain: list[str]) -> bool:
        return any(one.startswith("0") and len(one) > 1 for one in plain)

    def next(self) -> str:
        """The next identifier."""
        self._last += 1
        return self.last

    @property
    def last(self) -> str:
        """The one that was given out last."""
        return f"{self._last:0{self._width}d}" if self._digits else f"s{self._last:03d}"


def entrance(subject: Subject) -> bytes:
    """OFD.xml with the path of the list, every other byte as it was.  Raises :class:`OfdRefused`."""
    name = subject.package.ofd_xml
    content = subject.package.read(name)
    found = list(_END_OF_BODY.finditer(content))
    if len(found) != 1:
        raise OfdRefused("ofd-malformed", "OFD.xml ends its document in an unusual way")
    prefix = found[0][1] + b":" if found[0][1] else b""
    path = escaped(f"/{subject.list_name}").encode()
    added = b"<" + prefix + b"Signatures>" + path + b"</" + prefix + b"Signatures>"
    place = found[0].start()
    return content[:place] + added + content[place:]


def extended_list(subject: Subject, *, maximum: str, identifier: str, kind: str, path: str) -> bytes:
    """Signatures.xml with one more signature; those before it keep what is written of them."""
    listed = [
        "<ofd:Signature"
        + "".join(f' {name}="{escaped(value)}"' for name, value in one.attributes if " " not in name)
        + "/>"
        for one in subject.listed
    ]
    listed.append(f'<ofd:Signature ID="{identifier}" Type="{kind}" BaseLoc="/{escaped(path)}"/>')
    return document("Signatures", "", f"<ofd:MaxSignId>{maximum}</ofd:MaxSignId>{''.join(listed)}")
