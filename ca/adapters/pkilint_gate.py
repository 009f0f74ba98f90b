# SPDX-License-Identifier: Apache-2.0
"""pkilint (DigiCert, MIT) as a second lint: RFC 5280, RFC 6960 and their neighbours, by other authors.

It knows RSA and ECDSA, not SM2.  What it calls a warning or worse refuses the certificate; notices are taste.
The package is an extra (``yinxin[lint]``): where it is missing, :func:`second_lint` says so with ``None``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import cached_property
from importlib.util import find_spec
from typing import Any, TypeAlias

from keys import KeyFamily

from ..alternative_names import AlternativeName
from ..drafting import Draft
from ..errors import Finding, NameRefused
from ..second import SecondLint

Judge: TypeAlias = Callable[[bytes], tuple[Finding, ...]]

_WORST = 2  # pkilint: FATAL 0, ERROR 1, WARNING 2
_MOST_FINDINGS = 20
_WILDCARD = re.compile(r'[^"]*"(\*\.[^"]+)"')


def second_lint() -> SecondLint | None:
    """pkilint, if it is installed; it is loaded when it is first asked."""
    return None if find_spec("pkilint") is None else Pkilint()


class Pkilint:
    """One set of validators for each kind of document; they keep no state between documents."""

    @cached_property
    def _certificate(self) -> Judge:
        from pkilint import loader
        from pkilint.pkix import certificate, extension, name

        mappings = (name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS)
        return _judge(
            loader.RFC5280CertificateDocumentLoader(),
            certificate.create_pkix_certificate_validator_container(
                certificate.create_decoding_validators(*mappings),
                [
                    certificate.create_issuer_validator_container([]),
                    certificate.create_validity_validator_container(),
                    certificate.create_subject_validator_container([]),
                    certificate.create_extensions_validator_container([]),
                    certificate.create_spki_validator_container([]),
                ],
            ),
        )

    @cached_property
    def _crl(self) -> Judge:
        from pkilint import loader
        from pkilint.pkix import crl

        return _judge(
            loader.RFC5280CertificateListDocumentLoader(),
            crl.create_pkix_crl_validator_container(
                _decoders(),
                [
                    crl.create_issuer_validator_container([]),
                    crl.create_validity_validator_container([]),
                    crl.create_extensions_validator_container([]),
                ],
            ),
        )

    @cached_property
    def _ocsp(self) -> Judge:
        from pkilint import loader
        from pkilint.pkix import ocsp

        return _judge(
            loader.RFC6960OCSPResponseDocumentLoader(),
            ocsp.create_pkix_ocsp_response_validator_container(
                [ocsp.create_response_decoder(), *_decoders()], []
            ),
        )

    def judges(self, order: Draft) -> bool:
        """Only what both keys of which it knows."""
        return KeyFamily.SM2 not in (order.public_key.family, order.scheme.family)

    def certificate(self, encoded: bytes) -> tuple[Finding, ...]:
        """What it holds against a certificate."""
        return self._certificate(encoded)

    def crl(self, encoded: bytes) -> tuple[Finding, ...]:
        """What it holds against a revocation list."""
        return self._crl(encoded)

    def ocsp(self, encoded: bytes) -> tuple[Finding, ...]:
        """What it holds against an OCSP response."""
        return self._ocsp(encoded)


def _decoders() -> list[Any]:
    from pkilint import pkix
    from pkilint.pkix import extension, name

    return [
        pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
    ]


def _judge(loader: Any, validator: Any) -> Judge:
    # It logs what it also reports.
    logging.getLogger("pkilint").setLevel(logging.CRITICAL)

    def judge(encoded: bytes) -> tuple[Finding, ...]:
        try:
            found = validator.validate(loader.load_der_document(encoded, "document").root)
        except Exception as error:  # foreign code over bytes: whatever it raises is a no
            return (_finding("unreadable", type(error).__name__),)
        told = [
            (described.finding.code, described.message or result.node.path)
            for result in found
            for described in result.finding_descriptions
            if int(described.finding.severity) <= _WORST
            and not _is_wildcard(described.finding.code, described.message or "")
        ]
        return tuple(_finding(code, text) for code, text in told[:_MOST_FINDINGS])

    return judge


def _is_wildcard(code: str, text: str) -> bool:
    """RFC 5280 knows no wildcards and pkilint says so; RFC 9525 section 6.3 does, and so may a profile."""
    named = _WILDCARD.fullmatch(text)
    if code != "pkix.invalid_domain_name_syntax" or named is None:
        return False
    try:
        return AlternativeName("dns", named[1]).wildcard
    except NameRefused:
        return False


def _finding(code: str, text: str) -> Finding:
    return Finding(f"pkilint.{code}", "第二检查器(pkilint)不通过", text[:300], "pkilint")
