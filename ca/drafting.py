# SPDX-License-Identifier: Apache-2.0
"""Drafts: the exact TBSCertificate that a key may be asked to sign.

RFC 5280 section 4.1 as profiled by GB/T 20518-2018.  Parts that depend only on issuer, profile and CRL
address are encoded once and kept.  A draft proves nothing: :func:`ca.lint` reads its bytes anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from keys import KeyFamily, KeysError, PublicKey, Scheme, der
from verify import Certificate

from .alternative_names import AlternativeName
from .errors import DraftRefused, SerialRefused
from .identifiers import Identifier
from .policies import CERTIFICATE_POLICIES, CertificatePolicy, policies_value
from .profiles import KEY_USAGE_BITS, Profile
from .subject import SubjectName

SUBJECT_KEY_ID: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
SUBJECT_ALTERNATIVE_NAME: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_NUMBER: Final = "2.5.29.20"
REASON_CODE: Final = "2.5.29.21"
CRL_ADDRESSES: Final = "2.5.29.31"
AUTHORITY_KEY_ID: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
AUTHORITY_INFORMATION: Final = "1.3.6.1.5.5.7.1.1"
ACCESS_OCSP: Final = "1.3.6.1.5.5.7.48.1"
ACCESS_ISSUER: Final = "1.3.6.1.5.5.7.48.2"
OCSP_NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"
ORGANIZATION_CODE: Final = "1.2.156.10260.4.1.4"
"""企业组织机构代码, today the unified social credit code (GB/T 20518-2018)."""

RANDOM_SERIAL = 16
"""Least random bytes of a serial number: 128 bits, twice what the CA/Browser Forum asks."""
LONGEST_SERIAL = 20  # octets, RFC 5280 section 4.1.2.2


@dataclass(frozen=True, slots=True)
class Draft:
    """What was ordered, and the bytes that state it.  Only the bytes are signed."""

    profile: Profile
    subject: SubjectName
    public_key: PublicKey
    issuer: Certificate | None  # None: a root signs itself
    scheme: Scheme
    serial: int
    not_before: datetime
    not_after: datetime
    crl_url: str
    tbs: bytes = field(repr=False)
    ocsp_url: str = ""
    issuer_url: str = ""
    alternative_names: tuple[AlternativeName, ...] = ()
    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    policies: tuple[CertificatePolicy, ...] = ()
    null_parameters: bool = True

    @property
    def issuer_key(self) -> PublicKey:
        """The key that is to sign."""
        return self.public_key if self.issuer is None else self.issuer.public_key

    @property
    def algorithm(self) -> bytes:
        """The AlgorithmIdentifier, the same inside the signed part and beside the signature."""
        return algorithm_of(self.scheme, null_parameters=self.null_parameters)


def new_serial(random: bytes) -> int:
    """A serial number from at least 16 random bytes; a leading 1 keeps it positive and of constant length."""
    if len(random) < RANDOM_SERIAL:
        raise SerialRefused(len(random), RANDOM_SERIAL)
    return int.from_bytes(b"\x01" + random[: LONGEST_SERIAL - 1])


def draft(
    profile: Profile,
    *,
    subject: SubjectName,
    public_key: PublicKey,
    issuer: Certificate | None,
    scheme: Scheme,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    crl_url: str = "",
    ocsp_url: str = "",
    issuer_url: str = "",
    alternative_names: Sequence[AlternativeName] = (),
    identifiers: Sequence[Identifier] = (),
    policies: Sequence[CertificatePolicy] = (),
    null_parameters: bool = True,
) -> Draft:
    """Write the TBSCertificate.  Raises :class:`DraftRefused`.

    ``scheme`` is that of the issuing key.  ``issuer_url``: where the issuer's certificate is fetched.
    ``null_parameters``: whether this issuer writes NULL into the AlgorithmIdentifier of SM2.
    """
    not_before = whole_seconds("not_before", not_before)
    not_after = whole_seconds("not_after", not_after)
    subject_name = subject.encode()
    issuer_name = subject_name if issuer is None else issuer.subject.der
    try:
        tbs = der.sequence(
            _VERSION_3,
            der.integer(serial),
            algorithm_of(scheme, null_parameters=null_parameters),
            issuer_name,
            der.sequence(der.time(not_before), der.time(not_after)),
            subject_name,
            public_key.spki,
            der.explicit(
                3,
                der.sequence(
                    authority_key_id(issuer_key_id(issuer, public_key)),
                    extension(SUBJECT_KEY_ID, der.octets(public_key.key_id)),
                    _fixed_extensions(profile, public_key.family, crl_url, ocsp_url, issuer_url),
                    _own_extensions(subject, alternative_names, identifiers, policies),
                ),
            ),
        )
    except KeysError as error:
        raise DraftRefused(
            field="certificate",
            rule=f"无法编码 / cannot be encoded: {error}",
            todo="请检查CRL地址与序列号 / check CRL address and serial number",
        ) from error
    return Draft(
        profile=profile,
        subject=subject,
        public_key=public_key,
        issuer=issuer,
        scheme=scheme,
        serial=serial,
        not_before=not_before,
        not_after=not_after,
        crl_url=crl_url,
        tbs=tbs,
        ocsp_url=ocsp_url,
        issuer_url=issuer_url,
        alternative_names=tuple(alternative_names),
        identifiers=tuple(identifiers),
        policies=tuple(policies),
        null_parameters=null_parameters,
    )


def algorithm_of(scheme: Scheme, *, null_parameters: bool) -> bytes:
    """AlgorithmIdentifier of a signature; only SM2 is spelt in two ways (standards.md section 4.3)."""
    if scheme.family is KeyFamily.SM2 and not null_parameters:
        return der.sequence(der.oid(scheme.oid))
    return scheme.algorithm_identifier()


def issuer_key_id(issuer: Certificate | None, own_key: PublicKey) -> bytes:
    """What the issuer calls its key; for a root, its own id."""
    if issuer is None:
        return own_key.key_id
    return issuer.subject_key_id or issuer.public_key.key_id


def whole_seconds(field: str, moment: datetime) -> datetime:
    """UTC without a fraction, as certificates state times.  Raises :class:`DraftRefused`."""
    if moment.utcoffset() is None:
        raise DraftRefused(
            field=field, rule="时间须带时区 / a time needs its zone", todo="请用UTC时间 / give it in UTC"
        )
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise DraftRefused(
            field=field,
            rule="时间超出范围 / the time is out of range",
            todo="请用较近的时间 / give a nearer one",
        ) from None


def extension(kind: str, value: bytes, *, critical: bool = False) -> bytes:
    """One Extension; FALSE is the default and therefore never written."""
    return der.sequence(der.oid(kind), der.boolean(True) if critical else b"", der.octets(value))


@lru_cache(maxsize=256)
def authority_key_id(key_id: bytes) -> bytes:
    """AuthorityKeyIdentifier with the key id alone."""
    return extension(AUTHORITY_KEY_ID, der.sequence(der.implicit(0, der.octets(key_id))))


@lru_cache(maxsize=1024)
def _fixed_extensions(
    profile: Profile, family: KeyFamily, crl_url: str, ocsp_url: str, issuer_url: str
) -> bytes:
    """Key usage, what alone the key is for, basic constraints of an authority, and where its status is."""
    bits = [KEY_USAGE_BITS[name] for name in profile.key_usage_of(family) if name in KEY_USAGE_BITS]
    parts = [extension(KEY_USAGE, der.named_bits(bits), critical=True)]
    if profile.extended_key_usage:
        purposes = der.sequence(*map(der.oid, profile.extended_key_usage))
        parts.append(extension(EXTENDED_KEY_USAGE, purposes, critical=profile.critical_purposes))
    if profile.no_check:
        parts.append(extension(OCSP_NO_CHECK, der.null()))
    if profile.ca:
        limit = b"" if profile.path_length is None else der.integer(profile.path_length)
        parts.append(extension(BASIC_CONSTRAINTS, der.sequence(der.boolean(True), limit), critical=True))
    if crl_url:
        parts.append(extension(CRL_ADDRESSES, crl_addresses(crl_url)))
    if ocsp_url or issuer_url:
        parts.append(extension(AUTHORITY_INFORMATION, authority_information(ocsp_url, issuer_url)))
    return b"".join(parts)


def crl_addresses(url: str) -> bytes:
    """CRLDistributionPoints with one address (RFC 5280 section 4.2.1.13)."""
    # fullName [0] IMPLICIT inside distributionPoint [0] EXPLICIT: the name is a CHOICE.
    address = der.implicit(0, der.sequence(der.implicit(6, der.ia5(url))))
    return der.sequence(der.sequence(der.explicit(0, address)))


def authority_information(ocsp_url: str, issuer_url: str) -> bytes:
    """AuthorityInfoAccessSyntax (RFC 5280 section 4.2.2.1): OCSP first."""
    pairs = ((ACCESS_OCSP, ocsp_url), (ACCESS_ISSUER, issuer_url))
    return der.sequence(
        *(der.sequence(der.oid(method), der.implicit(6, der.ia5(url))) for method, url in pairs if url)
    )


def _own_extensions(
    subject: SubjectName,
    names: Sequence[AlternativeName],
    identifiers: Sequence[Identifier],
    policies: Sequence[CertificatePolicy],
) -> bytes:
    """What only this certificate says."""
    code = extension(ORGANIZATION_CODE, der.printable(subject.uscc)) if subject.uscc else b""
    if not (names or identifiers or policies):
        return code
    parts = []
    if names:
        parts.append(extension(SUBJECT_ALTERNATIVE_NAME, der.sequence(*(one.encode() for one in names))))
    if policies:
        parts.append(extension(CERTIFICATE_POLICIES, policies_value(tuple(policies))))
    parts.append(code)
    parts.extend(extension(one.kind.oid, one.encode()) for one in identifiers)
    return b"".join(parts)


_VERSION_3 = der.explicit(0, der.integer(2))
