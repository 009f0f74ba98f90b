# SPDX-License-Identifier: Apache-2.0
"""Two authorities, one per family of algorithms; drafts written otherwise than was ordered, for the lints;
and the OpenSSL command line as the other opinion."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ca import (
    PROFILES,
    AlternativeName,
    CodeRule,
    Draft,
    LintRefused,
    SubjectName,
    draft,
    issue,
    lint,
    new_serial,
    profile,
)
from ca.templates import seen
from keys import KeyKind, PublicKey, Scheme, Signer, SoftwareKey, der, generate_key
from verify import Certificate, parse_certificate

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
DISTID = "distid:1234567812345678"
BUILDER = SubjectName("示例建工有限公司", "示例建工有限公司", "91510100DEM001017Y")
PERSON = SubjectName("王样二")


HOST = "portal.example.cn"


def subject_for(name: str) -> SubjectName:
    """Somebody whom this profile is for."""
    wanted = profile(name)
    if wanted.common_name_is_host:
        return replace(BUILDER, common_name=HOST)
    return PERSON if wanted.code is CodeRule.FORBIDDEN else BUILDER


@dataclass
class SpySigner:
    """A signer that remembers what it was asked to sign."""

    inner: Signer
    asked: list[bytes] = field(default_factory=list)

    @property
    def public_key(self) -> PublicKey:
        return self.inner.public_key

    @property
    def scheme(self) -> Scheme:
        return self.inner.scheme

    def sign(self, message: bytes) -> bytes:
        self.asked.append(message)
        return self.inner.sign(message)


@dataclass(frozen=True)
class Authority:
    """A root and the authority below it."""

    root_key: SoftwareKey
    root: Certificate
    key: SoftwareKey
    certificate: Certificate
    holder_key: SoftwareKey

    def draft(self, name: str = "enterprise", subject: SubjectName | None = None, **changes: Any) -> Draft:
        """A right draft for the holder's key, but for the changes."""
        names = (AlternativeName("dns", HOST),) if profile(name).names_required else ()
        order: dict[str, Any] = {
            "subject": subject or subject_for(name),
            "alternative_names": names,
            "public_key": self.holder_key.public_key,
            "issuer": self.certificate,
            "scheme": self.key.scheme,
            "serial": new_serial(hashlib.sha256(name.encode()).digest()),
            "not_before": AT,
            "not_after": AT + timedelta(days=365),
            "crl_url": "http://ca.example/issuing.crl",
        }
        return draft(changes.pop("profile", profile(name)), **(order | changes))

    def certify(
        self, name: str = "enterprise", subject: SubjectName | None = None, **changes: Any
    ) -> Certificate:
        return parse_certificate(issue(lint(self.draft(name, subject, **changes)), self.key))


def _authority(kind: KeyKind, salt: bytes) -> Authority:
    root_key, key, holder_key = generate_key(kind), generate_key(kind), generate_key(kind)
    start = AT - timedelta(days=400)
    order: dict[str, Any] = {"scheme": root_key.scheme, "not_before": start}
    body = SubjectName(f"示例根CA {kind.upper()}", "示例电子认证中心")
    top = profile("root")
    root = draft(
        top,
        subject=body,
        public_key=root_key.public_key,
        issuer=None,
        serial=new_serial(hashlib.sha256(salt).digest()),
        not_after=top.until(start),
        **order,
    )
    root_certificate = parse_certificate(issue(lint(root), root_key))
    middle = profile("issuing")
    below = draft(
        middle,
        subject=SubjectName(f"示例签发CA {kind.upper()}", "示例电子认证中心"),
        public_key=key.public_key,
        issuer=root_certificate,
        serial=new_serial(hashlib.sha256(salt + b"2").digest()),
        not_after=middle.until(start, root_certificate),
        crl_url="http://ca.example/root.crl",
        **order,
    )
    certificate = parse_certificate(issue(lint(below), root_key))
    return Authority(root_key, root_certificate, key, certificate, holder_key)


VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)
AKI, SKI, USAGE = "2.5.29.35", "2.5.29.14", "2.5.29.15"
Break = Callable[[Any], Draft]


def with_part(draft: Draft, part: int, der_bytes: bytes) -> Draft:
    """The same order, with one part of the TBSCertificate written otherwise."""
    parts = [one.raw for one in der.read_only(draft.tbs).children()]
    parts[part] = der_bytes
    return replace(draft, tbs=der.sequence(*parts))


def extensions(draft: Draft) -> dict[str, bytes]:
    (listed,) = der.read_only(draft.tbs).children()[EXTENSIONS].children()
    return {der.as_oid(one.children()[0]): one.raw for one in listed.children()}


def with_extensions(draft: Draft, changes: dict[str, bytes], *more: bytes) -> Draft:
    """Extensions replaced (left out when empty) and added."""
    written = b"".join((extensions(draft) | changes).values())
    return with_part(draft, EXTENSIONS, der.explicit(3, der.sequence(written, *more)))


def extension(kind: str, value: bytes, critical: bool | None = None) -> bytes:
    flag = b"" if critical is None else der.boolean(critical)
    return der.sequence(der.oid(kind), flag, der.octets(value))


def issuing(authority: Any, **changes: Any) -> Draft:
    order = {
        "issuer": authority.root,
        "scheme": authority.root_key.scheme,
        "crl_url": "http://ca.example/root.crl",
    }
    made: Draft = authority.draft("issuing", SubjectName("示例签发CA二"), **(order | changes))
    return made


def cases(broken: Mapping[str, Sequence[Break]], rules: set[str]) -> list[tuple[str, int]]:
    """Every way to break one of these rules; none of them may be without."""
    assert set(broken) == rules
    return [(rule, number) for rule, breaks in broken.items() for number in range(len(breaks))]


def findings(order: Draft, **more: Any) -> list[str]:
    """The rules that refuse it, each with words and a clause."""
    with pytest.raises(LintRefused) as caught:
        lint(order, **more)
    assert all(one.zh and one.en and one.clause for one in caught.value.findings)
    return [one.rule for one in caught.value.findings]


def passes_the_short_way(authority: Any, make: Break) -> bool:
    """Would it pass as lint() asks, after a right draft of every profile?"""
    for one in set(PROFILES) - {"root", "issuing"}:
        lint(authority.draft(one))
    return seen(make(authority), (id(PROFILES), None))


@pytest.fixture(scope="session")
def sm2() -> Authority:
    return _authority(KeyKind.SM2, b"sm2")


@pytest.fixture(scope="session")
def rsa() -> Authority:
    return _authority(KeyKind.RSA2048, b"rsa")


@pytest.fixture(scope="session", params=["sm2", "rsa"])
def authority(request: pytest.FixtureRequest) -> Authority:
    found: Authority = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def spy() -> Callable[[Signer], SpySigner]:
    return SpySigner


@pytest.fixture
def openssl(tmp_path: Path) -> Callable[..., str]:
    """Run ``openssl`` in a folder of its own; ``files`` are written there first."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on this machine (Debian: apt install openssl): nothing was cross-checked")

    def run(*arguments: str, files: dict[str, bytes] | None = None, ok: bool = True) -> str:
        for name, content in (files or {}).items():
            (tmp_path / name).write_bytes(content)
        done = subprocess.run(
            [program, *arguments], cwd=tmp_path, capture_output=True, timeout=60, check=False
        )
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert (done.returncode == 0) is ok, said
        return said

    return run
