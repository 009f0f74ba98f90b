# SPDX-License-Identifier: Apache-2.0
"""Who may answer for an issuer: RFC 6960 section 4.2.2.2.

The issuer itself, or a certificate that the very same issuer key signed, with id-kp-OCSPSigning by its own
name.  Without id-pkix-ocsp-nocheck the status of that certificate must be known from a revocation list;
with it, a list that says revoked is still believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from keys import KeysError, PublicKey

from ..errors import VerifyError
from ..report import SubIndication
from ..stated import stated_extensions
from ..x509 import Certificate, Crl, parse_certificate
from ..x509.constraints import called
from ..x509.findings import Finding, failed, unsure
from ..x509.path import keys_agree
from ..x509.revocation import Standing, status_of
from ..x509.signatures import signed_by
from .response import OcspResponse

OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"
_SIGNS: Final = frozenset({"digitalSignature", "nonRepudiation"})


def named_responders(response: OcspResponse, issuer: Certificate) -> tuple[Certificate, ...]:
    """The issuer and the certificates inside the response that the responder id names."""
    known = [issuer]
    for encoded in response.certificates:
        with suppress(VerifyError):
            known.append(parse_certificate(encoded))
    return tuple(one for one in dict.fromkeys(known) if _is(response, one))


def signed_response(response: OcspResponse, key: PublicKey) -> bool:
    """True when the response was signed with this key."""
    try:
        key.verify(response.signature, response.tbs, response.scheme)
    except KeysError:
        return False
    return True


def responder_findings(
    responder: Certificate, issuer: Certificate, crls: Sequence[Crl], at: datetime
) -> Iterator[Finding]:
    """What keeps a responder from answering for the issuer at this time."""
    if not responder.not_before <= at <= responder.not_after:
        yield unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            "OCSP_RESPONDER_OUT_OF_DATE",
            f"OCSP 响应者证书 {called(responder)} 不在有效期内,请重新查询",
            f"the responder's certificate {called(responder)} is not valid at this time; ask again",
        )
    # An authority that answers itself may have a key usage for certificates and lists only.
    if responder != issuer and responder.key_usage is not None and not responder.key_usage & _SIGNS:
        yield _may_not(responder, "keyUsage")
    if responder.critical_unknown:
        yield _may_not(responder, ", ".join(responder.critical_unknown))
    if responder == issuer:
        return
    same = responder.issuer == issuer.subject and keys_agree(responder.authority_key_id, issuer)
    if not same or not issuer.is_ca or not signed_by(responder, issuer.public_key):
        yield _may_not(responder, "issuer")
    if OCSP_SIGNING not in (responder.extended_key_usage or ()):
        yield _may_not(responder, f"extendedKeyUsage {OCSP_SIGNING}")
    yield from _status(responder, issuer, crls, at)


def _status(
    responder: Certificate, issuer: Certificate, crls: Sequence[Crl], at: datetime
) -> Iterator[Finding]:
    standing = status_of(responder, issuer, crls, at).standing
    if standing is Standing.REVOKED:
        yield failed(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "OCSP_RESPONDER_REVOKED",
            f"OCSP 响应者证书 {called(responder)} 已吊销,请勿采信该响应",
            f"the responder's certificate {called(responder)} was revoked: do not rely on the response",
        )
    elif standing is not Standing.GOOD and (
        standing is Standing.ON_HOLD or NO_CHECK not in stated_extensions(responder)
    ):
        yield unsure(
            SubIndication.TRY_LATER,
            "OCSP_RESPONDER_STATUS_UNKNOWN",
            f"OCSP 响应者证书 {called(responder)} 的吊销状态未知,请获取其颁发者的吊销列表后再验",
            f"it is not known whether the responder's certificate {called(responder)} was revoked; "
            "fetch the list of its issuer and try again",
        )


def _is(response: OcspResponse, one: Certificate) -> bool:
    if response.responder_key is not None:
        return one.public_key.key_id == response.responder_key
    return one.subject == response.responder_name


def _may_not(responder: Certificate, what: str) -> Finding:
    return unsure(
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        "OCSP_RESPONDER_NOT_AUTHORISED",
        f"{called(responder)} 无权为该颁发者答复证书状态({what}),请勿采信该响应",
        f"{called(responder)} may not answer for this issuer ({what}): do not rely on the response",
    )
