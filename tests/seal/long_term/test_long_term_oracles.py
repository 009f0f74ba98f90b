# SPDX-License-Identifier: Apache-2.0
"""Others read what we extend: pyHanko's AdES engine with proofs of existence, pdfsig, OpenSSL, qpdf."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv import ades_past, poe
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from keys import KeyKind
from seal import Level
from verify import Indication

from .conftest import SEALED, World
from .test_long_term_levels import HOUR, extended, renewed

RULE = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED


def frozen(at: datetime) -> Any:
    """The engine asks the clock where it judges the past; these modules ask this one."""

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return at.astimezone(tz)

    patches = pytest.MonkeyPatch()
    for module in (ades, ades_past, poe):
        patches.setattr(module, "datetime", Frozen)
    return patches


def lta_by_pyhanko(world: World, data: bytes, at: datetime) -> Any:
    patches = frozen(at)
    try:
        return _lta_by_pyhanko(world, data, at)
    finally:
        patches.undo()


def _lta_by_pyhanko(world: World, data: bytes, at: datetime) -> Any:
    roots = [asn1_x509.Certificate.load(world.root.certificate.der)]
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(RULE, RULE)),
        time_tolerance=timedelta(seconds=1),
    )
    known = [CRLContainer(asn1_crl.CertificateList.load(one.der)) for one in world.lists(at)]
    spec = SignatureValidationSpec(
        cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
        local_knowledge=LocalKnowledge(known_crls=known),
    )
    reader = PdfFileReader(io.BytesIO(data))
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)
    return asyncio.run(
        ades.ades_lta_validation(
            reader.embedded_regular_signatures[0], PdfSignatureValidationSpec(spec), timing_info=timing
        )
    )


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA2048])
def test_pyhanko_says_the_same(world: Any, permit: bytes, kind: KeyKind) -> None:
    own = world(kind)
    fresh = extended(own, own.sealed(permit, certify=True), SEALED + HOUR)
    assert lta_by_pyhanko(own, fresh, SEALED + 2 * HOUR).ades_subindic is AdESPassed.OK
    at = SEALED + timedelta(days=70)
    old = renewed(own, fresh, SEALED + timedelta(days=60))
    assert lta_by_pyhanko(own, old, at).ades_subindic is AdESPassed.OK
    # Revoked three days after the seal was used: proven for the archived file, for the plain one not.  (Its
    # engine slides to the revocation and needs lists of that day; of an expired certificate it has no word
    # when a newer list of the issuer is at hand.)
    later = own.revoking(own.seal.certificate, SEALED + timedelta(days=3))
    at = SEALED + timedelta(days=30)
    assert lta_by_pyhanko(later, fresh, at).ades_subindic is AdESPassed.OK
    assert later.check(fresh, at).indication is Indication.TOTAL_PASSED
    plain = own.sealed(permit, stamped=False)
    assert lta_by_pyhanko(later, plain, at).ades_subindic is not AdESPassed.OK
    assert later.check(plain, at).indication is Indication.TOTAL_FAILED


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA2048])
@pytest.mark.parametrize("level", list(Level))
def test_pdfsig_and_qpdf(world: Any, permit: bytes, tmp_path: Path, kind: KeyKind, level: Level) -> None:
    if shutil.which("pdfsig") is None or shutil.which("qpdf") is None:
        pytest.skip("pdfsig or qpdf is missing: install poppler-utils and qpdf")
    own = world(kind)
    path = tmp_path / "sealed.pdf"
    path.write_bytes(extended(own, own.sealed(permit, certify=True), SEALED + HOUR, level))
    said = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout
    # poppler names the kind of a document time stamp "unknown", and does not verify it.
    assert said.count("Signature is Valid.") == 1, said
    assert ("Field Name: TimeStamp1" in said) is (level is not Level.B_LT)
    assert said.count("- Total document signed") == (level is not Level.B_LT)
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA2048])
def test_openssl_verifies_the_token(world: Any, permit: bytes, tmp_path: Path, kind: KeyKind) -> None:
    """The document time stamp over the bytes that it covers, by a program that has never seen a PDF."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is missing: install openssl")
    own = world(kind)
    data = extended(own, own.sealed(permit), SEALED + HOUR)
    start, gap, resume, rest = (
        int(one) for one in re.findall(rb"/ByteRange \[([0-9 ]+)\]", data)[-1].split()
    )
    assert (start, resume + rest) == (0, len(data))
    token = bytes.fromhex(data[gap + 1 : resume - 1].decode())
    (tmp_path / "token").write_bytes(token[: 4 + int.from_bytes(token[2:4])])
    (tmp_path / "data").write_bytes(data[:gap] + data[resume:])
    _pem(tmp_path / "root", own.root.certificate.der)
    _pem(tmp_path / "issuing", own.issuing.certificate.der)
    command = [openssl, "ts", "-verify", "-token_in", "-in", "token", "-data", "data", "-CAfile", "root"]
    command += ["-untrusted", "issuing", "-attime", str(int((SEALED + HOUR).timestamp()))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr, done.stdout + done.stderr
    (tmp_path / "data").write_bytes(data[:gap] + data[resume:-1] + b" ")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" not in done.stdout


def _pem(path: Path, der: bytes) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
