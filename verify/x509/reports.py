# SPDX-License-Identifier: Apache-2.0
"""Reports on a certificate or a revocation list that somebody holds as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..canonical import Json
from ..report import Indication, Reason, Report, SignatureReport, SubIndication
from .certificate import Certificate
from .check import check_certificate
from .constraints import Purpose
from .crl import Crl
from .facts import list_facts
from .findings import Finding, failed, judged, unsure
from .moments import shown
from .path import TrustedMaterial, keys_agree
from .revocation import may_sign_lists
from .signatures import signed_by

CRL_FORMAT = "X.509 CRL"
_GOOD_LIST = Reason(
    "CRL_CURRENT",
    "吊销列表真实、有效:由受信任的机构签发,在有效期内",
    "the revocation list is genuine and current: a trusted authority signed it",
)


def certificate_report(certificate: Certificate, trust: TrustedMaterial, at: datetime) -> Report:
    """Is this certificate good now, for whatever it may be used?"""
    return _report("certificate", check_certificate(certificate, trust, at, purpose=Purpose.CERTIFICATE))


def crl_report(crl: Crl, trust: TrustedMaterial, at: datetime) -> Report:
    """Is this revocation list genuine and current?"""
    facts: dict[str, Json] = {**list_facts(crl), "revoked": len(crl.entries), "fingerprint": crl.fingerprint}
    named = [
        one
        for one in dict.fromkeys((*trust.anchors, *trust.intermediates))
        if one.subject == crl.issuer and keys_agree(crl.authority_key_id, one)
    ]
    issuer = next((one for one in named if signed_by(crl, one.public_key)), None)
    found = list(_list_findings(crl, at))
    if issuer is not None:
        path = check_certificate(issuer, trust, at, purpose=Purpose.CERTIFICATE)
        facts["signer"], facts["chain"] = path.facts["signer"], path.facts["chain"]
        found = [*_issuer_findings(issuer, path), *found]
    elif named:
        found.insert(
            0,
            failed(
                SubIndication.SIG_CRYPTO_FAILURE,
                "CRL_SIGNATURE_INVALID",
                "吊销列表的签名验证失败:被改动或系伪造,请重新获取",
                "the signature of the list does not verify: it was altered or forged, fetch it again",
            ),
        )
    else:
        found.insert(
            0,
            unsure(
                SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
                "CHAIN_UNTRUSTED",
                "信任列表中没有该吊销列表的签发机构,请核对签发机构",
                "the issuer of the list is not among the trusted authorities; check who issued it",
            ),
        )
    return _report("crl", judged(CRL_FORMAT, found, _GOOD_LIST, facts))


def _issuer_findings(issuer: Certificate, path: SignatureReport) -> Iterator[Finding]:
    if path.sub_indication is not None:
        for reason in path.reasons:
            yield Finding(path.indication, path.sub_indication, reason)
    if not may_sign_lists(issuer):
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "KEY_USAGE",
            "签发机构证书的密钥用途不允许签发吊销列表",
            "the key usage of the issuer does not allow it to sign revocation lists",
        )


def _list_findings(crl: Crl, at: datetime) -> Iterator[Finding]:
    if crl.critical_unknown:
        names = ", ".join(crl.critical_unknown)
        yield unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "CRITICAL_EXTENSION_UNKNOWN",
            f"吊销列表含有本程序不能理解的关键扩展 {names}",
            f"the list has a critical extension that is not understood here: {names}",
        )
    if at < crl.this_update:
        yield unsure(
            SubIndication.NOT_YET_VALID,
            "CRL_FROM_FUTURE",
            f"吊销列表签发于 {shown(crl.this_update)},晚于查验时间,请检查时钟",
            f"the list was issued at {shown(crl.this_update)}, after the time of the check; check the clock",
        )
    if crl.next_update is None or at > crl.next_update:
        due = "—" if crl.next_update is None else shown(crl.next_update)
        yield unsure(
            SubIndication.TRY_LATER,
            "CRL_STALE",
            f"吊销列表已过更新期限({due}),请获取最新列表",
            f"the list was due for renewal at {due}; fetch a fresh one",
        )


def _report(kind: str, verdict: SignatureReport) -> Report:
    return Report(
        kind=kind,
        indication=verdict.indication,
        sub_indication=verdict.sub_indication,
        signatures=(verdict,),
        reasons=verdict.reasons if verdict.indication is not Indication.TOTAL_PASSED else (),
        facts=verdict.facts,
    )
