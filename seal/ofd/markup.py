# SPDX-License-Identifier: Apache-2.0
"""XML of OFD (GB/T 33190-2016 section 7.3): one namespace, qualified elements, plain attributes, UTF-8."""

from __future__ import annotations

import re
from typing import Final

NAMESPACE: Final = "http://www.ofdspec.org/2016"
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

# What XML 1.0 section 2.2 has no place for, even as a reference.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL: Final = re.compile('[&<>"\t\n\r]')
_ESCAPES: Final = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;",
}  # fmt: skip


def escaped(text: str) -> str:
    """Text for an element or an attribute; what XML cannot carry becomes U+FFFD."""
    if _NOT_XML.search(text):
        text = _NOT_XML.sub("\ufffd", text)
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text) if _SPECIAL.search(text) else text


def carries(text: str) -> bool:
    """XML can carry this text as it is."""
    return _NOT_XML.search(text) is None


def document(root: str, attributes: str, content: str) -> bytes:
    """A whole XML file."""
    return (f'{DECLARATION}<ofd:{root} xmlns:ofd="{NAMESPACE}"{attributes}>{content}</ofd:{root}>').encode()


def element(name: str, text: str) -> str:
    """An element that holds text; none when there is no text."""
    return f"<ofd:{name}>{escaped(text)}</ofd:{name}>" if text else ""


def number(value: float) -> str:
    """A number with at most three decimals: a thousandth of a millimetre."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def box(x: float, y: float, width: float, height: float) -> str:
    """``ST_Box``."""
    return f"{number(x)} {number(y)} {number(width)} {number(height)}"
