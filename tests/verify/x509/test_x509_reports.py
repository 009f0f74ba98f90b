# SPDX-License-Identifier: Apache-2.0
"""Reports on a certificate or a revocation list that somebody holds as a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from keys import der
from verify import (
    Indication,
    Report,
    SubIndication,
    Trust,
    canonical_json,
    certificate_report,
    crl_report,
    parse_crl,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE


def outcome(report: Report) -> tuple[Indication, SubIndication | None, str]:
    assert canonical_json(report.to_json())
    return report.indication, report.sub_indication, report.signatures[0].reasons[0].code


def test_certificates(world: Any) -> None:
    """Any certificate of the path, whatever it may be used for."""
    for one in (world.leaf, world.issuing, world.root):
        report = certificate_report(one.certificate, world.trust, AT)
        assert report.kind == "certificate"
        assert outcome(report) == (PASSED, None, "CERTIFICATE_TRUSTED")
    report = certificate_report(world.leaf.certificate, Trust(), AT)
    assert outcome(report) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "CHAIN_UNTRUSTED")
    assert report.reasons == report.signatures[0].reasons
    assert report.facts["signer"] == report.signatures[0].facts["signer"]


def test_good_list(world: Any) -> None:
    """Who signed it, which one it is, how many it names."""
    report = crl_report(world.issuing.crl([1, 2, 3], number=1 << 90), world.trust, AT)
    assert report.kind == "crl"
    assert outcome(report) == (PASSED, None, "CRL_CURRENT")
    assert report.facts["revoked"] == 3
    assert report.facts["number"] == str(1 << 90)
    assert report.facts["next_update"] == "2026-08-07T04:00:00Z"
    signer = report.facts["signer"]
    assert isinstance(signer, dict)
    assert signer["common_name"] == "测试签发"


def test_forged_list(world: Any, making: Any) -> None:
    """The name and key identifier of the authority, the key of another."""
    other = making.key_of(world.leaf.key.public_key.kind, "forger")
    forged = parse_crl(making.crl_der(world.issuing, key=other))
    assert outcome(crl_report(forged, world.trust, AT)) == (
        FAILED,
        SubIndication.SIG_CRYPTO_FAILURE,
        "CRL_SIGNATURE_INVALID",
    )


def test_list_of_a_stranger(world: Any) -> None:
    """Nothing is known about its issuer."""
    report = crl_report(world.issuing.crl(), Trust(), AT)
    assert outcome(report) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "CHAIN_UNTRUSTED")


def test_times_of_a_list(small: Any) -> None:
    """Out of date, without an end, from the future."""
    stale = small.issuing.crl(next_update=AT - timedelta(seconds=1))
    endless = small.issuing.crl(next_update=None)
    early = small.issuing.crl(this_update=AT + DAY, next_update=AT + 2 * DAY)
    for crl, sub, code in (
        (stale, SubIndication.TRY_LATER, "CRL_STALE"),
        (endless, SubIndication.TRY_LATER, "CRL_STALE"),
        (early, SubIndication.NOT_YET_VALID, "CRL_FROM_FUTURE"),
    ):
        assert outcome(crl_report(crl, small.trust, AT)) == (UNSURE, sub, code)


def test_issuer_of_a_list(small: Any) -> None:
    """Revoked, or not allowed to sign lists."""
    revoked = small.root.crl([small.issuing.certificate.serial])
    report = crl_report(small.issuing.crl(), replace(small.trust, crls=(revoked,)), AT)
    assert outcome(report) == (FAILED, SubIndication.REVOKED, "CERTIFICATE_REVOKED")
    issuing = small.root.certify("乙", authority=True, uses=(5,))
    trust = replace(small.trust, intermediates=(issuing.certificate,))
    report = crl_report(issuing.crl(), trust, AT)
    assert outcome(report) == (UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE, "KEY_USAGE")


def test_list_that_is_not_understood(small: Any, making: Any) -> None:
    """An indirect list is genuine, and of no use here."""
    indirect = der.sequence(der.implicit(4, der.boolean(True)))
    crl = small.issuing.crl(extensions=[making.extension("2.5.29.28", indirect, critical=True)])
    report = crl_report(crl, small.trust, AT)
    assert outcome(report) == (UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE, "CRITICAL_EXTENSION_UNKNOWN")
