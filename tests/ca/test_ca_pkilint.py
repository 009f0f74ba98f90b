# SPDX-License-Identifier: Apache-2.0
"""pkilint on everything that it can judge: certificates of every profile, revocation lists, OCSP responses.

Warnings count.  It knows no SM2: those go through our own rules and the readers of test_ca_interop.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ca import (
    PROFILES,
    AlternativeName,
    CertificatePolicy,
    CertificateStatus,
    Finding,
    Identifier,
    IdentifierKind,
    LintRefused,
    ListKind,
    Resumed,
    Revocation,
    RevocationReason,
    SubjectName,
    Usage,
    draft,
    issue,
    lint,
    make_crl,
    make_ocsp_response,
    new_serial,
    profile,
)
from ca.adapters.pkilint_gate import Pkilint, second_lint
from keys import HashAlgorithm, KeyKind, der, generate_key
from verify import OcspStanding, cert_id, parse_certificate

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
UPDATES: dict[str, Any] = {"this_update": AT, "next_update": AT + timedelta(days=7)}
CODE = "91510100DEM001017Y"
KINDS = [KeyKind.RSA2048, KeyKind.RSA3072, KeyKind.P256, KeyKind.P384]
HOLDERS = sorted(set(PROFILES) - {"root", "issuing"})
KEYS = {kind: generate_key(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def judge() -> Pkilint:
    return Pkilint()


@pytest.fixture(scope="module", params=["rsa", "ecdsa"])
def issuing(request: pytest.FixtureRequest, rsa: Any) -> Any:
    """An issuer with an RSA key, and one with an ECDSA key."""
    return rsa if request.param == "rsa" else _elliptic()


def _elliptic() -> Any:
    """Root and issuing authority with P-384: not what a ceremony makes, but the same bytes otherwise."""
    keys = [generate_key(KeyKind.P384) for _ in range(2)]
    start = AT - timedelta(days=400)
    order: dict[str, Any] = {"scheme": keys[0].scheme, "not_before": start}
    top = draft(
        profile("root"),
        subject=SubjectName("示例根CA P384", "示例电子认证中心"),
        public_key=keys[0].public_key,
        issuer=None,
        serial=new_serial(b"e" * 16),
        not_after=profile("root").until(start),
        **order,
    )
    root = parse_certificate(issue(lint(top, second=second_lint()), keys[0]))
    middle = draft(
        profile("issuing"),
        subject=SubjectName("示例签发CA P384", "示例电子认证中心"),
        public_key=keys[1].public_key,
        issuer=root,
        serial=new_serial(b"f" * 16),
        not_after=profile("issuing").until(start, root),
        crl_url="http://ca.example/root.crl",
        **order,
    )
    certificate = parse_certificate(issue(lint(middle, second=second_lint()), keys[0]))
    return _Elliptic(keys, root, certificate)


class _Elliptic:
    def __init__(self, keys: Any, root: Any, certificate: Any) -> None:
        (self.root_key, self.key), self.root, self.certificate = keys, root, certificate

    def certify(self, name: str, subject: SubjectName, **changes: Any) -> Any:
        order: dict[str, Any] = {
            "subject": subject,
            "issuer": self.certificate,
            "scheme": self.key.scheme,
            "serial": new_serial(name.encode().ljust(16, b"-")),
            "not_before": AT,
            "not_after": AT + timedelta(days=90),
            "crl_url": "http://ca.example/issuing.crl",
        }
        return parse_certificate(issue(lint(draft(profile(name), **(order | changes))), self.key))


def subject(name: str) -> SubjectName:
    found = SubjectName("王样二")
    if profile(name).code == "required":
        found = SubjectName("示例公司", "示例公司", CODE, state="示例省") if profile(name).places else (
            SubjectName("示例公司", "示例公司", CODE)
        )  # fmt: skip
    return replace(found, common_name="a.example.cn") if profile(name).common_name_is_host else found


def names(name: str) -> list[AlternativeName]:
    examples = {
        "dns": AlternativeName("dns", "a.example.cn"),
        "wildcard": AlternativeName("dns", "*.xn--fiq228c.example.cn"),
        "ip": AlternativeName("ip", "2001:db8::1"),
        "email": AlternativeName("email", "wang@example.cn"),
    }
    return [examples[kind] for kind in sorted(profile(name).alternative_names)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HOLDERS)
def test_certificates(issuing: Any, judge: Pkilint, name: str, kind: KeyKind) -> None:
    """With everything that the profile allows, and with nothing but what it needs."""
    key = KEYS[kind].public_key
    least = {"alternative_names": names(name)[:1] if profile(name).names_required else ()}
    most: dict[str, Any] = {
        "alternative_names": names(name),
        "identifiers": [
            Identifier(one, CODE)
            for one in profile(name).identifiers
            if one is IdentifierKind.TAXATION_NUMBER
        ],
        "policies": [CertificatePolicy("1.2.156.99999.1.1", "http://ca.example/cps")],
        "ocsp_url": "" if profile(name).no_check else "http://ca.example/ocsp",
        "issuer_url": "http://ca.example/issuing.cer",
    }
    if profile(name).common_name_is_host:
        least["alternative_names"] = [AlternativeName("dns", "a.example.cn")]
    for changes in (least, most):
        certificate = issuing.certify(name, subject(name), public_key=key, **changes)
        assert judge.certificate(certificate.der) == ()


def test_authorities(issuing: Any, judge: Pkilint) -> None:
    for one in (issuing.root, issuing.certificate):
        assert judge.certificate(one.der) == ()


def test_revocation_lists(issuing: Any, judge: Pkilint) -> None:
    """Complete, empty, delta, partitioned; every reason."""
    gone = [
        Revocation(1000 + n, AT - timedelta(hours=n), reason) for n, reason in enumerate(RevocationReason)
    ]
    order: dict[str, Any] = {"issuer": issuing.certificate, "signer": issuing.key, "number": 7, **UPDATES}
    made = [
        make_crl(revoked=gone, **order),
        make_crl(revoked=(), **order),
        make_crl(revoked=gone, kind=ListKind(freshest="http://ca.example/issuing-delta.crl"), **order),
        make_crl(revoked=gone, kind=ListKind(url="http://ca.example/issuing/3.crl"), **order),
        make_crl(revoked=gone[:2], resumed=[Resumed(77, AT)], kind=ListKind(base=5), **order),
    ]
    assert [judge.crl(one) for one in made] == [()] * len(made)


@pytest.mark.parametrize("standing", list(OcspStanding))
def test_ocsp_responses(rsa: Any, judge: Pkilint, standing: OcspStanding) -> None:
    gone = Revocation(5, AT, RevocationReason.KEY_COMPROMISE)
    for algorithm in (None, HashAlgorithm.SHA256):
        status = CertificateStatus(
            cert_id(rsa.certificate, 5, algorithm),
            standing,
            gone if standing is OcspStanding.REVOKED else None,
        )
        response = make_ocsp_response(
            issuer=rsa.certificate,
            responder=rsa.certify("ocsp"),
            signer=rsa.holder_key,
            statuses=[status],
            produced_at=AT,
            nonce=b"n" * 32,
            **UPDATES,
        )
        assert judge.ocsp(response) == ()


def test_it_does_see_faults(rsa: Any, judge: Pkilint) -> None:
    """Otherwise its silence would prove nothing."""
    leaf = rsa.certify().der
    usage = bytes.fromhex("0603551d0f0101ff0404030206c0")
    assert usage in leaf
    for wrong in (
        leaf.replace(usage, bytes.fromhex("0603551d0f0101ff0404030207c0")),  # a trailing zero bit too few
        leaf.replace(b"http://ca", b"gopher\x00ca"),
        leaf[:-1],
        b"",
        b"\x30\x00",
    ):
        found = judge.certificate(wrong)
        assert found
        assert all(one.rule.startswith("pkilint.") and one.zh and one.clause for one in found)
    server = rsa.certify(
        "tls_server",
        alternative_names=[AlternativeName("dns", f"{one}.example.cn") for one in ("portal", "*.b")],
    )
    assert judge.certificate(server.der) == ()
    assert judge.certificate(server.der.replace(b"*.b.example", b"b.*.example"))
    assert judge.certificate(server.der.replace(b"portal.example.cn\x82", b"portal_example.c\x00\x82"))
    assert judge.crl(leaf)
    assert judge.ocsp(leaf)


class Second:
    """Counts, and holds against certificates what it was given."""

    def __init__(self, *against: Finding, knows: bool = True) -> None:
        self.against, self.knows, self.asked = against, knows, 0

    def judges(self, order: Any) -> bool:
        return self.knows

    def certificate(self, encoded: bytes) -> tuple[Finding, ...]:
        parse_certificate(encoded)
        self.asked += 1
        return self.against


def test_when_it_runs(rsa: Any) -> None:
    """Authorities, names, identifiers and policies each time; other holders when their shape is new."""
    second = Second()

    def ask(name: str, **changes: Any) -> int:
        before = second.asked
        lint(rsa.draft(name, **changes), second=second)
        return second.asked - before

    assert [ask("person"), ask("person", serial=1 << 100), ask("person")] == [1, 0, 0]
    assert [ask("person", crl_url="http://ca.example/1.crl"), ask("seal"), ask("seal")] == [1, 1, 0]
    assert [ask("person", public_key=KEYS[KeyKind.P256].public_key)] == [1]
    assert [ask("tls_server"), ask("tls_server")] == [1, 1]
    policy = [CertificatePolicy("1.2.156.99999.1.1")]
    assert [ask("person", policies=policy), ask("person", policies=policy)] == [1, 1]
    top = {"issuer": rsa.root, "scheme": rsa.root_key.scheme, "crl_url": "http://ca.example/root.crl"}
    assert [ask("issuing", subject=SubjectName("示例签发CA二"), **top)] * 2 == [1, 1]


def test_what_it_finds_refuses(rsa: Any, sm2: Any) -> None:
    against = Finding("pkilint.some.rule", "不行", "no")
    for _ in range(2):  # and a refused shape is not remembered
        with pytest.raises(LintRefused) as caught:
            lint(rsa.draft("person"), second=Second(against))
        assert caught.value.findings == (against,)
    lint(rsa.draft("person"), second=Second(against, knows=False))


def test_sm2_is_not_its_business(sm2: Any, rsa: Any, judge: Pkilint) -> None:
    assert judge.judges(rsa.draft())
    assert not judge.judges(sm2.draft())


@pytest.mark.parametrize("name", HOLDERS)
def test_right_drafts_pass_both(authority: Any, judge: Pkilint, name: str) -> None:
    assert lint(authority.draft(name), second=judge).tbs
    if profile(name).usage is not Usage.AUTHORITY:
        assert (
            judge.certificate(lint(authority.draft(name)).certificate.der) == ()
            or authority.key.public_key.family == "SM2"
        )


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service runs without it, and the wiring knows."""
    assert isinstance(second_lint(), Pkilint)
    monkeypatch.setattr("ca.adapters.pkilint_gate.find_spec", lambda name: None)
    assert second_lint() is None


def test_bytes_of_any_kind(judge: Pkilint) -> None:
    for size in range(0, 60, 7):
        assert judge.certificate(der.sequence(bytes(size)))
