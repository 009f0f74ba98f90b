# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with reading certificates and revocation lists.  A bad one is a verdict, not an error."""

from __future__ import annotations

from ..errors import VerifyError


class X509Error(VerifyError):
    """Anything that stops a certificate or a list from being read.  ``rule`` says what was broken."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class CertificateMalformed(X509Error):
    """Not a certificate that can be understood in only one way."""


class CertificateUnsupported(X509Error):
    """A well-formed certificate with a key or a signature algorithm that is not on the allow-list."""


class CrlMalformed(X509Error):
    """Not a revocation list that can be understood in only one way."""


class CrlUnsupported(X509Error):
    """A well-formed revocation list with a signature algorithm that is not on the allow-list."""
