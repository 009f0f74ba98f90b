# SPDX-License-Identifier: Apache-2.0
"""Published sets of path validation: NIST PKITS and x509-limbo, with every difference declared.

``tests/vectors/limbo/README.md`` says where they come from. PKITS is read from the package
``cryptography-vectors`` when it is installed; of x509-limbo the part that applies is kept, and the file that
``YINXIN_LIMBO`` names is run instead when it is set.
A declared difference must be real and have its reason: the day it goes, the test says so.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from verify import (
    Certificate,
    Crl,
    Purpose,
    Trust,
    VerifyError,
    check_certificate,
    parse_certificate,
    parse_crl,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PACKAGE = importlib.util.find_spec("cryptography_vectors")
PKITS = Path(PACKAGE.origin or "").parent / "x509" / "PKITS_data" if PACKAGE else None
KEPT = Path(__file__).resolve().parents[2] / "vectors" / "limbo" / "x509-limbo.json"
LIMBO = Path(os.environ.get("YINXIN_LIMBO") or KEPT)

# PKITS: good certificates that do not pass, by the first reason of the verifier and by ours.
STRICTER_THAN_PKITS = {
    (
        "CertificateUnsupported",
        "DSA is not on the allow-list",
    ): "DSAParameterInheritanceTest5 DSASignaturesTest4",
    ("CHAIN_UNTRUSTED", "names are compared as DER (standards.md 5.4)"): """
        NameChainingCapitalizationTest5 NameChainingWhitespaceTest3 NameChainingWhitespaceTest4
        RolloverfromPrintableStringtoUTF8StringTest10 UTF8StringCaseInsensitiveMatchTest11""",
    ("CHAIN_UNTRUSTED", "a chain has at most five certificates"): """
        SelfIssuedinhibitAnyPolicyTest9 SelfIssuedpathLenConstraintTest17 pathLenConstraintTest13
        pathLenConstraintTest14 requireExplicitPolicyTest1 requireExplicitPolicyTest2
        requireExplicitPolicyTest4""",
    ("CRITICAL_EXTENSION_UNKNOWN", "name constraints are refused, not evaluated"): """
        DNSnameConstraintsTest30 DNSnameConstraintsTest32 DNandRFC822nameConstraintsTest27
        DNnameConstraintsTest1 DNnameConstraintsTest4 DNnameConstraintsTest5 DNnameConstraintsTest6
        DNnameConstraintsTest11 DNnameConstraintsTest14 DNnameConstraintsTest18 DNnameConstraintsTest19
        RFC822nameConstraintsTest21 RFC822nameConstraintsTest23 RFC822nameConstraintsTest25
        URInameConstraintsTest34 URInameConstraintsTest36""",
    ("CRITICAL_EXTENSION_UNKNOWN", "policy constraints and mappings are refused, not evaluated"): """
        PolicyMappingTest1 PolicyMappingTest3 PolicyMappingTest5 PolicyMappingTest6 PolicyMappingTest9
        PolicyMappingTest11 PolicyMappingTest12 PolicyMappingTest13 PolicyMappingTest14
        SelfIssuedinhibitAnyPolicyTest7 SelfIssuedinhibitPolicyMappingTest7
        SelfIssuedrequireExplicitPolicyTest6 inhibitAnyPolicyTest2 inhibitPolicyMappingTest2
        inhibitPolicyMappingTest4""",
    ("REVOCATION_UNKNOWN", "the key of a list says nothing about its own certificate"): """
        BasicSelfIssuedCRLSigningKeyTest6 BasicSelfIssuedNewWithOldTest4""",
    ("ISSUER_REVOCATION_UNKNOWN", "as before, one level up"): "BasicSelfIssuedNewWithOldTest3",
    ("REVOCATION_UNKNOWN", "indirect lists are not used"): """
        IDPwithindirectCRLTest22 IDPwithindirectCRLTest24 IDPwithindirectCRLTest25 cRLIssuerTest28
        cRLIssuerTest29 cRLIssuerTest30 cRLIssuerTest33""",
    ("REVOCATION_UNKNOWN", "distribution points are known by their URL only"): """
        distributionPointTest1 distributionPointTest4 distributionPointTest5 distributionPointTest7""",
    ("REVOCATION_UNKNOWN", "lists for some reasons are not used"): """
        onlySomeReasonsTest18 onlySomeReasonsTest19""",
}
KINDER_THAN_PKITS: dict[str, str] = {}
REFUSED = {
    f"Valid{name}EE": code for (code, _), names in STRICTER_THAN_PKITS.items() for name in names.split()
}


def end_entities() -> list[str]:
    """What is neither ``Valid…`` nor ``Invalid…`` has a different outcome for each policy asked for."""
    if PKITS is None:
        return []
    found = sorted(one.stem for one in (PKITS / "certs").glob("*EE.crt"))
    return [name for name in found if name.startswith(("Valid", "Invalid"))]


@cache
def pkits_trust() -> Trust:
    """The anchor, and all authorities and lists at once: the search has to find its way."""
    assert PKITS is not None
    anchor = parse_certificate((PKITS / "certs" / "TrustAnchorRootCertificate.crt").read_bytes())
    names = sorted(one for one in (PKITS / "certs").glob("*.crt") if not one.stem.endswith("EE"))
    authorities: list[Certificate] = readable(names, parse_certificate)
    lists: list[Crl] = readable(sorted((PKITS / "crls").glob("*.crl")), parse_crl)
    return Trust(
        anchors=(anchor,),
        intermediates=tuple(one for one in authorities if one != anchor),
        crls=tuple(lists),
    )


def readable(paths: list[Path], parse: Callable[[bytes], Any]) -> list[Any]:
    found = []
    for path in paths:
        try:
            found.append(parse(path.read_bytes()))
        except VerifyError:
            continue
    return found


@pytest.mark.skipif(PKITS is None, reason="needs NIST PKITS: pip install cryptography-vectors")
@pytest.mark.parametrize("name", end_entities())
def test_pkits(name: str) -> None:
    """NIST PKITS, RSA-2048 with SHA-256."""
    assert PKITS is not None
    try:
        one = parse_certificate((PKITS / "certs" / f"{name}.crt").read_bytes())
        report = check_certificate(one, pkits_trust(), AT, purpose=Purpose.CERTIFICATE)
        code = report.reasons[0].code
    except VerifyError as error:
        code = type(error).__name__
    wanted = name.removeprefix("Invalid").removesuffix("EE")
    good = name.startswith("Valid") or wanted in KINDER_THAN_PKITS
    if name in REFUSED:
        assert code == REFUSED[name]
    else:
        assert (code == "CERTIFICATE_TRUSTED") == good, code


SPACES = ("rfc5280", "pathlen", "crl", "cve", "invalid", "pathological")
"""The others are about the host names of TLS servers."""
STATUS = {"REVOCATION_UNKNOWN", "ISSUER_REVOCATION_UNKNOWN"}
DIFFERENT_FROM_LIMBO = {
    "name constraints are refused, not evaluated": """
        rfc5280::nc::permitted-dns-match rfc5280::nc::permitted-dns-match-more
        rfc5280::nc::permitted-ipv4-match rfc5280::nc::permitted-ipv6-match rfc5280::nc::permitted-dn-match
        rfc5280::nc::permitted-self-issued rfc5280::nc::permitted-different-constraint-type
        rfc5280::nc::excluded-different-constraint-type rfc5280::nc::nc-forbids-alternate-chain-ica
        rfc5280::nc::nc-forbids-same-chain-ica rfc5280::nc::nc-permits-email-exact
        rfc5280::nc::nc-permits-email-domain rfc5280::nc::nc-permits-email-literal-asterisk-exact-match
        rfc5280::nc::nc-permits-email-literal-double-asterisk
        rfc5280::nc::nc-permits-email-literal-mid-asterisk rfc5280::nc::nc-forbids-othername-noop""",
    "ambiguous: notAfter is an instant here, not a whole second": "rfc5280::validity::notafter-fractional",
    "a duty of the issuer; licensed certificates without key identifiers are in circulation": """
        rfc5280::aki::critical-aki rfc5280::aki::leaf-missing-aki rfc5280::aki::intermediate-missing-aki
        rfc5280::aki::cross-signed-root-missing-aki rfc5280::ski::root-missing-ski
        rfc5280::ski::intermediate-missing-ski""",
    "a duty of the issuer that no verification rests on": """
        rfc5280::root-non-critical-basic-constraints rfc5280::serial::zero crl::crlnumber-missing
        crl::crlnumber-critical""",
    "cA decides who may certify; end entities with keyCertSign are in circulation (standards.md 5.3)": """
        rfc5280::leaf-ku-keycertsign""",
    "alternative names are not used for anything": """
        rfc5280::san::malformed rfc5280::san::noncritical-with-empty-subject rfc5280::san::underscore-dns
        rfc5280::san::ip-in-dns rfc5280::ca-as-leaf-wrong-san""",
    "serverAuth of TLS servers": "rfc5280::eku::ee-wrong-eku",
    "the depth is fixed, not asked for": """
        pathlen::max-chain-depth-0-exhausted pathlen::max-chain-depth-1-exhausted""",
}
DECLARED = {name: why for why, names in DIFFERENT_FROM_LIMBO.items() for name in names.split()}


def limbo_cases() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads(LIMBO.read_text("utf-8"))["testcases"]
    return [one for one in cases if one["id"].split("::")[0] in SPACES]


@pytest.mark.parametrize("case", limbo_cases(), ids=lambda case: case["id"])
def test_x509_limbo(case: dict[str, Any]) -> None:
    """Without lists in a case its certificates are not revoked: limbo asks for no status, we always do."""
    moment = case["validation_time"]
    at = datetime.fromisoformat(moment) if moment else AT

    def certificates(member: str) -> tuple[Certificate, ...]:
        return tuple(parse_certificate(one.encode()) for one in case[member])

    try:
        report = check_certificate(
            parse_certificate(case["peer_certificate"].encode()),
            Trust(anchors=certificates("trusted_certs")),
            at,
            purpose=Purpose.CERTIFICATE,
            intermediates=certificates("untrusted_intermediates"),
            crls=[parse_crl(one.encode()) for one in case["crls"]],
        )
        against = {one.code for one in report.reasons} - {"CERTIFICATE_TRUSTED"}
    except VerifyError as error:
        against = {type(error).__name__}
    said = "FAILURE" if against - (set() if case["crls"] else STATUS) else "SUCCESS"
    assert (said != case["expected_result"]) == (case["id"] in DECLARED), against
