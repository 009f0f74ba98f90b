# SPDX-License-Identifier: Apache-2.0
"""Both hierarchies and the platform's keys: made once, resumed after a crash, good by our own verifier."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.certificates import (
    PLATFORM_SEAL,
    SEAL_MAKER,
    TRUST_LIST_SIGNERS,
    TSA_SIGNERS,
    CertificatePorts,
    CertificateService,
    NoSuchAuthority,
    NotInitialised,
)
from api.ledger import Ledger
from ca import DEFAULT_CEREMONY, parse_ceremony
from keys import KeyKind
from verify import Indication, Purpose, check_certificate, parse_certificate, parse_crl, qr_key_id

PURPOSES = ("persons", "organisations", "seals", "devices", "services")
ISSUING = tuple(f"{purpose}-{family}" for family in ("sm2", "rsa") for purpose in PURPOSES)
AUTHORITIES = ("root-sm2", *ISSUING[:5], "root-rsa", *ISSUING[5:])


class Killed(BaseException):
    """The process ends here."""


def test_two_hierarchies_in_the_name_of_the_authority(identity: Any) -> None:
    trust = identity.certificates.trust()
    assert [one.subject.common_name for one in trust.anchors] == ["Yinxin 演示根 SM2", "Yinxin 演示根 RSA"]
    assert [one.public_key.kind for one in trust.anchors] == [KeyKind.SM2, KeyKind.RSA3072]
    for root in trust.anchors:
        assert (root.issuer, root.uscc) == (root.subject, "11510000DEM9A0017F")
    assert [one.name for one in identity.certificates.authorities()] == sorted(
        AUTHORITIES, key=lambda name: (not name.startswith("root"), AUTHORITIES.index(name))
    )
    for number, issuing in enumerate(trust.intermediates):
        root = trust.anchors[number // 5]
        assert (issuing.issuer, issuing.path_length) == (root.subject, 0)
        assert issuing.crl_urls == (f"https://yinxin.example/crl/root-{'sm2' if number < 5 else 'rsa'}.crl",)
    assert [(one.number, dict(one.entries)) for one in trust.crls] == [(1, {})] * 12
    assert trust.hosts == ("yinxin.example",)


def test_platform_keys_are_certified_and_listed(identity: Any, clock: Any) -> None:
    service = identity.certificates
    trust = service.trust()
    seal = service.platform_sealing()
    assert service.platform_signer().public_key == seal.certificate.public_key
    for one, purpose in (
        (seal.certificate, Purpose.SEAL),
        *((certificate, Purpose.TRUST_LIST) for certificate, _ in service.trust_list_signers()),
    ):
        report = check_certificate(one, trust, clock(), purpose=purpose)
        assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert {one.algorithm for one in trust.qr_keys} == {"SM2", "ES256"}
    for key in trust.qr_keys:
        kid, signer = service.qr_signer(key.algorithm)
        assert key.kid == qr_key_id(key.public_key.spki) == kid
        assert signer.public_key == key.public_key
        assert key.kinds == ("construction_permit", "credit_sheet", "receipt")
        assert (key.sign_from, key.revoked_at) == (clock(), None)


def test_platform_keys_do_not_stand_in_for_each_other(identity: Any, clock: Any) -> None:
    """The seal signs no trust list; the signers of the list neither seal nor log in."""
    service = identity.certificates
    wrong = [(service.platform_sealing().certificate, Purpose.TRUST_LIST)]
    for certificate, _ in service.trust_list_signers():
        wrong += [(certificate, Purpose.SEAL), (certificate, Purpose.LOGIN)]
    for one, purpose in wrong:
        report = check_certificate(one, service.trust(), clock(), purpose=purpose)
        assert report.indication is Indication.INDETERMINATE
        assert [reason.code for reason in report.reasons] == ["EXTENDED_KEY_USAGE"]


def test_making_again_makes_nothing(identity: Any, ledger: Ledger, offline_vault: Any) -> None:
    before, size = identity.certificates.listed(), ledger.size()
    assert (
        identity.certificates.hold_ceremony(parse_ceremony(DEFAULT_CEREMONY), offline_vault, by="test")
        is None
    )
    identity.certificates.create_platform_keys(by="test")
    assert (identity.certificates.listed(), ledger.size()) == (before, size)
    assert len(before) == 12 + 2 + len(TRUST_LIST_SIGNERS) + len(TSA_SIGNERS)


def test_nothing_is_there_before(certificate_ports: CertificatePorts) -> None:
    service = CertificateService(certificate_ports)
    assert service.authorities() == service.trust().anchors == ()
    with pytest.raises(NotInitialised, match="persons-sm2"):
        service.authority_for("person", KeyKind.SM2)
    with pytest.raises(NotInitialised, match=PLATFORM_SEAL):
        service.platform_sealing()
    with pytest.raises(NotInitialised, match="qr-sm2"):
        service.qr_signer("SM2")
    with pytest.raises(NoSuchAuthority):
        service.issuer_file("root-sm2")


@pytest.mark.parametrize("name", ["", "person", PLATFORM_SEAL, "../root-sm2", "ROOT-SM2"])
def test_only_authorities_have_files(identity: Any, name: str) -> None:
    with pytest.raises(NoSuchAuthority):
        identity.certificates.crl_file(name)
    with pytest.raises(NoSuchAuthority):
        identity.certificates.issuer_file(name)


def test_setup_killed_at_every_signature_is_resumed(
    certificate_ports: CertificatePorts, offline_vault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it dies, what is there in the end is the same, and every death is in the log."""
    service = CertificateService(certificate_ports)
    opened = certificate_ports.intents.open_all
    deaths = 0
    finished = False
    while not finished:
        seen = 0

        def open_and_die(kind: str, bodies: Any) -> Any:
            nonlocal seen, deaths
            intent = opened(kind, bodies)
            seen += 1
            if seen == 2:
                deaths += len(bodies)
                raise Killed
            return intent

        monkeypatch.setattr(
            type(certificate_ports.intents), "open_all", lambda _, kind, bodies: open_and_die(kind, bodies)
        )
        try:
            service.hold_ceremony(parse_ceremony(DEFAULT_CEREMONY), offline_vault, by="test")
            service.create_platform_keys(by="test")
            finished = True
        except Killed:
            pass
    monkeypatch.undo()
    assert deaths >= 6
    assert certificate_ports.intents.abandon_open() == deaths
    labels = [one.key_label for one in service.listed()]
    assert sorted(labels) == sorted(
        (*AUTHORITIES, PLATFORM_SEAL, SEAL_MAKER, *TRUST_LIST_SIGNERS, *TSA_SIGNERS)
    )
    assert {crl.number for crl in service.crls()} == {1}


def test_crls_are_refreshed_half_way_and_numbers_rise(identity: Any, clock: Any) -> None:
    service = identity.certificates
    assert service.refresh_crls() == ()
    numbers = []
    for _ in range(3):
        clock.advance(timedelta(days=3, hours=11))
        assert service.stale_crls() == service.refresh_crls() == ()
        clock.advance(timedelta(hours=1))
        assert service.stale_crls() == ISSUING
        assert service.refresh_crls() == ISSUING
        numbers.append([crl.number for crl in service.crls()])
        for name in ISSUING:
            crl = parse_crl(service.crl_file(name))
            assert (crl.this_update, crl.next_update) == (clock(), clock() + timedelta(days=7))
    assert numbers == [[1, 1, *[number] * 10] for number in (2, 3, 4)]


def test_clock_that_goes_back_lets_no_older_list_look_newer(identity: Any, clock: Any) -> None:
    service = identity.certificates
    clock.advance(timedelta(days=4))
    service.refresh_crls()
    before = {name: parse_crl(service.crl_file(name)) for name in AUTHORITIES}
    clock.advance(-timedelta(days=2))
    held = identity.person()
    service.revoke(held.certificate.certificate_id, "superseded", by="test")
    after = parse_crl(service.crl_file("persons-sm2"))
    assert (after.number, after.this_update) == (
        before["persons-sm2"].number + 1,
        before["persons-sm2"].this_update,
    )


def test_openssl_reads_certificates_and_lists(identity: Any, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed (Debian: openssl)")
    service = identity.certificates
    for name in AUTHORITIES:
        (tmp_path / f"{name}.cer").write_bytes(service.issuer_file(name))
        (tmp_path / f"{name}.crl").write_bytes(service.crl_file(name))
    for hierarchy in ("sm2", "rsa"):
        for kind in ("root", *PURPOSES):
            name = f"{kind}-{hierarchy}"
            more = ["-vfyopt", "distid:1234567812345678"] if hierarchy == "sm2" else []
            pem = tmp_path / f"{name}.pem"
            subprocess.run(
                [openssl, "x509", "-inform", "DER", "-in", tmp_path / f"{name}.cer", "-out", pem], check=True
            )
            verified = subprocess.run(
                [openssl, "verify", *more, "-CAfile", tmp_path / f"root-{hierarchy}.pem", pem],
                capture_output=True,
                text=True,
            )
            assert verified.returncode == 0, verified.stderr
            listed = subprocess.run(
                [openssl, "crl", "-inform", "DER", "-in", tmp_path / f"{name}.crl", "-noout", "-crlnumber"],
                capture_output=True,
                text=True,
            )
            assert "0x01" in listed.stdout, listed.stderr


def test_chain_ends_at_the_root(identity: Any) -> None:
    service = identity.certificates
    held = identity.person("H02", KeyKind.RSA2048)
    chain = [parse_certificate(one) for one in service.chain(held.certificate.certificate_id)]
    assert [one.der for one in chain] == [service.issuer_file("persons-rsa"), service.issuer_file("root-rsa")]
    root = next(one for one in service.listed() if one.key_label == "root-rsa")
    assert service.chain(root.certificate_id) == ()
