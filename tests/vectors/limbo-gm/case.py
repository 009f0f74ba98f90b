# SPDX-License-Identifier: Apache-2.0
"""What a case consists of: one deviation from ``root -> CA -> EE`` with two fresh lists, and the verdict."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from authority import Holder, certify, crl

AT = "2026-08-01T04:00:00Z"
USCC = "91510100DEM001017Y"  # fictional
ROOT = certify("国密根", ca=True)
CA = certify("国密签发", ROOT, ca=True, length=0)
LEAF = certify("川建签章", CA)
ROOT_LIST, CA_LIST = crl(ROOT), crl(CA)
BOTH = (ROOT_LIST, CA_LIST)
Case = dict[str, Any]
Verdict = tuple[str, str | None, str]

GOOD: Verdict = ("TOTAL-PASSED", None, "CERTIFICATE_TRUSTED")
FORGED: Verdict = ("TOTAL-FAILED", "CERTIFICATE_CHAIN_GENERAL_FAILURE", "CHAIN_SIGNATURE_INVALID")
NO_CHAIN: Verdict = ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "CHAIN_UNTRUSTED")
MALFORMED: Verdict = ("UNREADABLE", None, "CERTIFICATE_MALFORMED")
UNSUPPORTED: Verdict = ("UNREADABLE", None, "CERTIFICATE_UNSUPPORTED")
LIST_MALFORMED: Verdict = ("UNREADABLE", None, "CRL_MALFORMED")
NOT_KNOWN: Verdict = ("INDETERMINATE", "TRY_LATER", "REVOCATION_UNKNOWN")
REVOKED: Verdict = ("TOTAL-FAILED", "REVOKED", "CERTIFICATE_REVOKED")


def limits(code: str) -> Verdict:
    return "INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE", code


def period(code: str) -> Verdict:
    return "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE", code


def text_of(der: bytes) -> str:
    return base64.b64encode(der).decode()


def case(
    identifier: str,
    description: str,
    expected: Verdict = GOOD,
    *,
    leaf: Holder | bytes = LEAF,
    chain: Sequence[Holder] = (CA,),
    anchors: Sequence[Holder] = (ROOT,),
    crls: Sequence[bytes] = BOTH,
    time: str = AT,
    purpose: str = "seal",
    **more: Any,
) -> Case:
    indication, sub_indication, code = expected
    return {
        "id": identifier,
        "description": description,
        "anchors": [text_of(one.der) for one in anchors],
        "intermediates": [text_of(one.der) for one in chain],
        "leaf": text_of(leaf if isinstance(leaf, bytes) else leaf.der),
        "crls": [text_of(one) for one in crls],
        "time": time,
        "purpose": purpose,
        "expected": {"indication": indication, "sub_indication": sub_indication, "code": code},
        **more,
    }


def leaf_case(identifier: str, description: str, expected: Verdict = GOOD, **options: Any) -> Case:
    """Everything is right but the leaf, which is made with these options."""
    return case(identifier, description, expected, leaf=certify("川建签章", CA, **options))


def ca_case(identifier: str, description: str, expected: Verdict, **options: Any) -> Case:
    """Everything is right but the issuing authority."""
    chain = (certify("国密签发", ROOT, **{"ca": True, "length": 0, **options}),)
    return case(identifier, description, expected, chain=chain)


def list_case(identifier: str, description: str, expected: Verdict, *crls: bytes, **options: Any) -> Case:
    """Everything is right but the lists of the issuing authority."""
    return case(identifier, description, expected, crls=(ROOT_LIST, *crls), **options)


def chain_of(depth: int, identifier: str, description: str, expected: Verdict) -> Case:
    """``depth`` certificates below the anchor."""
    upper, chain = ROOT, []
    for place in range(depth - 1):
        upper = certify(f"第{place + 1}级", upper, ca=True)
        chain.append(upper)
    lists = [ROOT_LIST, *(crl(one) for one in chain)]
    made = certify("川建签章", upper)
    return case(identifier, description, expected, leaf=made, chain=chain, crls=lists)
