# SPDX-License-Identifier: Apache-2.0
"""Checking an SM2 path of three certificates with the lists of both authorities, the leaf read from bytes.

Ours remembers what it has verified, so there are two rows: in the first everything is forgotten before each
check, and all four signatures (two certificates, two lists) are verified; in the second only the leaf is new,
as it is when holders change and their authority stays.

The peer is what one writes with asn1crypto, with the same SM2 arithmetic: names, signatures, periods, basic
constraints, serial numbers in the lists.  ``openssl verify`` is the oracle: a process for each question, and
without lists, for it takes no user id for them.
"""

from __future__ import annotations

import base64
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import x509

from ca import Revocation, SubjectName, make_crl
from keys import SM2_SM3, KeyKind, KeysError, PublicKey, generate_key, parse_public_key
from verify import Certificate, Indication, Purpose, Trust, check_certificate, parse_certificate, parse_crl
from verify.x509 import certificate as certificate_room
from verify.x509 import signatures

from ..measure import Contest
from .world import AT, NAME, USCC, authority, certify

LEAVES = 16
PEER = "asn1crypto, same SM2"


def verify_path_sm2(_quick: bool) -> Contest:
    """Nothing is known of the path."""
    return _contest(
        "verify.path.sm2", lambda _: signatures.forget(), "all four signatures are verified each time"
    )


def verify_path_sm2_known(_quick: bool) -> Contest:
    """The authority is known, the leaf is new."""
    return _contest(
        "verify.path.sm2.known",
        signatures.forget,
        "the authority was met before, the leaf was not; peer: all",
    )


def _contest(name: str, forget: Callable[[Certificate], None], note: str) -> Contest:
    own = authority(KeyKind.SM2)
    lists = own.sealing.crls
    trust = Trust(anchors=(own.root,), intermediates=(own.issuing,), crls=lists)
    at = AT + timedelta(minutes=2)
    leaves = [_leaf() for _ in range(LEAVES)]
    peer = UsualCheck((own.issuing.der, own.root.der), [one.der for one in lists])
    require_openssl(leaves[0], own.issuing.der, own.root.der)
    for leaf in leaves:
        if not _passes(leaf, trust, at) or not peer(leaf, at):
            raise AssertionError("a good path does not pass")
    _require_refusals(leaves[0], trust, at)
    parsed = certificate_room._parse.__wrapped__  # no holder was met before
    mine, theirs = cycle(leaves), cycle(leaves)

    def ours() -> object:
        leaf = parsed(next(mine))
        forget(leaf)
        return check_certificate(leaf, trust, at, purpose=Purpose.SEAL)

    return Contest(name, ours, peers={PEER: lambda: peer(next(theirs), at)}, note=note, processor=True)


class UsualCheck:
    """A verifier that holds the authority's certificates and lists, parsed once."""

    def __init__(self, authorities: Sequence[bytes], lists: Sequence[bytes]) -> None:
        self._authorities = [x509.Certificate.load(one) for one in authorities]
        self._lists = [asn1_crl.CertificateList.load(one) for one in lists]

    def __call__(self, leaf: bytes, at: datetime) -> bool:
        path = [x509.Certificate.load(leaf), *self._authorities]
        for one, issuer in pairwise(path):
            if one.issuer.dump() != issuer.subject.dump() or not issuer.ca:
                return False
            if not one.not_valid_before <= at <= one.not_valid_after:
                return False
            key = parse_public_key(issuer.public_key.dump())
            if not _signed(key, one["tbs_certificate"].dump(), one["signature_value"]):
                return False
            if not self._good(one, issuer, key, at):
                return False
        return True

    def _good(self, one: x509.Certificate, issuer: x509.Certificate, key: PublicKey, at: datetime) -> bool:
        for each in self._lists:
            body = each["tbs_cert_list"]
            if body["issuer"].dump() != issuer.subject.dump():
                continue
            if not body["this_update"].native <= at <= body["next_update"].native:
                continue
            if _signed(key, body.dump(), each["signature"]):
                revoked = body["revoked_certificates"].native or ()
                return all(entry["user_certificate"] != one.serial_number for entry in revoked)
        return False


def _signed(key: PublicKey, message: bytes, value: Any) -> bool:
    try:
        key.verify(value.native if isinstance(value.native, bytes) else bytes(value), message, SM2_SM3)
    except KeysError:
        return False
    return True


def _leaf() -> bytes:
    own = authority(KeyKind.SM2)
    subject = SubjectName("51010600000003", organization=NAME, uscc=USCC)
    return certify("seal", subject, generate_key(KeyKind.SM2), own.issuing, own.issuing_key)


def _passes(leaf: bytes, trust: Trust, at: datetime) -> bool:
    report = check_certificate(parse_certificate(leaf), trust, at, purpose=Purpose.SEAL)
    return report.indication is Indication.TOTAL_PASSED


def _require_refusals(leaf: bytes, trust: Trust, at: datetime) -> None:
    """Revoked, out of date, without lists, with another signature: none of them passes."""
    own = authority(KeyKind.SM2)
    revoked = parse_crl(
        make_crl(
            issuer=own.issuing,
            signer=own.issuing_key,
            number=2,
            this_update=AT,
            next_update=AT + timedelta(days=7),
            revoked=(Revocation(parse_certificate(leaf).serial, AT),),
        )
    )
    forged = leaf[:-1] + bytes([leaf[-1] ^ 1])
    wrong = {
        "revoked": _passes(leaf, replace(trust, crls=(*trust.crls, revoked)), at),
        "out of date": _passes(leaf, trust, at + timedelta(days=8)),
        "without lists": _passes(leaf, replace(trust, crls=()), at),
        "forged": _passes(forged, trust, at),
    }
    if any(wrong.values()):
        raise AssertionError(f"a bad path passes: {wrong}")


def require_openssl(leaf: bytes, issuing: bytes, root: bytes) -> None:
    """Raises :class:`AssertionError` when ``openssl verify`` says no.

    It takes a user id for the first certificate alone, so each step is a question of its own.
    """
    with tempfile.TemporaryDirectory() as name:
        for each, der in {"leaf": leaf, "issuing": issuing, "root": root}.items():
            text = base64.encodebytes(der).decode()
            Path(name, each).write_text(f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n")
        for one, issuer in (("leaf", "issuing"), ("issuing", "root")):
            user = ("-vfyopt", "distid:1234567812345678")
            told = subprocess.run(
                ["openssl", "verify", *user, "-partial_chain", "-trusted", issuer, one],
                cwd=name,
                capture_output=True,
                text=True,
                check=False,
            )
            assert told.stdout.strip() == f"{one}: OK", told.stdout + told.stderr
