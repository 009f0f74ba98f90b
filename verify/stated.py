# SPDX-License-Identifier: Apache-2.0
"""Extensions as a certificate states them, criticality included (RFC 5280 section 4.2).

:class:`~verify.x509.Certificate` keeps what a path needs; the rules for OCSP responders and time-stamping
authorities ask for more: whether an extension is critical, or merely there.
"""

from __future__ import annotations

from collections.abc import Mapping

from keys import KeysError
from keys.der import read_only

from .x509 import Certificate
from .x509.extensions import Extension, read_extensions

_EXTENSIONS = 0xA3


def stated_extensions(certificate: Certificate) -> Mapping[str, Extension]:
    """By object identifier.  Nothing is raised: what was parsed once has readable extensions, or none."""
    try:
        for part in read_only(certificate.tbs).children():
            if part.tag == _EXTENSIONS:
                return read_extensions(read_only(part.content))
    except KeysError:
        return {}
    return {}
