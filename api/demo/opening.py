# SPDX-License-Identifier: Apache-2.0
"""Scenes 1 to 3: hierarchies and data; certificates from CSRs; logins, and logins refused."""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from pathlib import Path

from ca import SubjectName, draft, issue, lint, new_serial, profile
from keys import KeyKind, SoftwareKey, generate_key, read_key_file
from verify import load_trust, parse_certificate

from .client import Holder
from .dataset import RSA_HOLDERS
from .filing import refusal
from .stage import Stage, now, stamp

ACTS_FOR = {"H01": "E01", "H02": "E02", "H12": "E12"}
SHORT_LIFE = 4.0


def open_with(stage: Stage, key_file: Path, passphrase: str) -> None:
    """Scene 1: what ``yinxin init`` made, and the operator's login."""

    def hierarchies() -> str:
        trust = load_trust([("trust-list.json", stage.client().fetch("/trust-list.json"))], now())
        counted = [
            (root, sum(one.issuer.der == root.subject.der for one in trust.intermediates))
            for root in trust.anchors
        ]
        return ", ".join(f"{root.public_key.family.value} root → {below} CAs" for root, below in counted)

    def vault() -> str:
        stored = [path for path in (stage.data / "vault").rglob("*") if path.is_file()]
        plain = [path.name for path in stored if b"PRIVATE KEY" in path.read_bytes()]
        encrypted = len(stored) >= 4 and not plain
        return "keys only as ciphertext" if encrypted else f"{len(stored)} files, {plain}"

    def login() -> str:
        signer, certificates = read_key_file(key_file.read_bytes(), passphrase)
        stage.operator = stage.client().login(Holder(signer, certificates[0], ""))
        return str(",".join(stage.operator.get("/api/v1/me")["roles"]))

    step = stage.journal.step
    step("1.1", "两套信任层级 two hierarchies", "SM2 root → 5 CAs, RSA root → 5 CAs", hierarchies)
    step("1.2", "加密密钥库 encrypted vault", "keys only as ciphertext", vault)
    step("1.3", "运营员登录 operator logs in", "operator", login)


def load(stage: Stage) -> None:
    """Scene 2: records, accounts, certificates from CSRs, agency seals."""
    facts, step = stage.facts, stage.journal.step

    def records() -> str:
        client, count = stage.run_by(), 0
        for group, path, body in (
            (facts.enterprises, "registry/records/enterprise", facts.enterprise_record),
            (facts.persons, "registry/records/person", facts.person_record),
            (facts.projects, "project/records/project", facts.project_record),
            (facts.conduct, "credit/records/conduct", facts.conduct_record),
        ):
            for key in group:
                client.post(f"/api/v1/relying/{path}", body(key))
                count += 1
        return f"{count} records"

    def certificates() -> str:
        for key in facts.enterprises:
            _certify(stage, key, "enterprise")
        for key in facts.persons:
            _certify(stage, key, "person")
        families: dict[str, int] = {}
        for holder in stage.holders.values():
            family = parse_certificate(holder.certificate).public_key.family.value
            families[family] = families.get(family, 0) + 1
        return f"{families.get('SM2', 0)} SM2, {families.get('RSA', 0)} RSA"

    def seals() -> str:
        for key, row in facts.agencies.items():
            _make_seal(stage, key, row["division"], KeyKind.SM2)
        _make_seal(stage, "A3", facts.agencies["A3"]["division"], KeyKind.RSA2048)
        return f"{len(stage.seals)} seals"

    total = sum(map(len, (facts.enterprises, facts.persons, facts.projects, facts.conduct)))
    people = len(facts.enterprises) + len(facts.persons)
    step("2.1", "登记企业、人员、项目、信用 records", f"{total} records", records)
    step("2.2", "按CSR签发证书 certificates from CSRs", f"{people - 2} SM2, 2 RSA", certificates)
    step("2.3", "制作机关印章 agency seals", f"{len(facts.agencies) + 1} seals", seals)


def _certify(stage: Stage, key: str, name: str) -> None:
    facts, client = stage.facts, stage.run_by()
    signer = generate_key(KeyKind.RSA2048 if key in RSA_HOLDERS else KeyKind.SM2)
    if name == "enterprise":
        uscc = facts.uscc(key)
        subject = SubjectName(common_name=facts.name(key), organization=facts.name(key), uscc=uscc)
        stage.holders[key] = client.certify(signer, subject, profile=name, holder=uscc)
        return
    person = facts.persons[key]
    officer = person["employer"].startswith("A")
    body = {"name": person["name"], "subject": key, "roles": ["officer" if officer else "applicant"]}
    if officer:
        body["agency"] = facts.uscc(person["employer"])
    account = client.post("/api/v1/accounts", body)["account_id"]
    stage.accounts[key] = account
    if key in ACTS_FOR:
        client.post(f"/api/v1/accounts/{account}/principals", {"uscc": facts.uscc(ACTS_FOR[key])})
    subject = SubjectName(common_name=person["name"])
    stage.holders[key] = client.certify(signer, subject, profile=name, holder=key, account_id=account)


def _make_seal(stage: Stage, key: str, division: str, kind: KeyKind) -> None:
    number = int(key[1:]) + (100 if kind is KeyKind.RSA2048 else 0)
    answer = stage.run_by().post(
        "/api/v1/seals",
        {
            "holder": stage.facts.uscc(key),
            "holder_name": stage.facts.name(key),
            "name": stage.facts.name(key).removesuffix("(演示)"),
            "line": "电子证照专用章" if key == "A3" else "业务专用章",
            "code": f"{division}{number:08d}",
            "kind": kind.value,
        },
    )
    stage.seals[f"{key}-{'rsa' if kind is KeyKind.RSA2048 else 'sm2'}"] = answer["seal_id"]


def logins(stage: Stage) -> None:
    """Scene 3: two logins that succeed and four that must not."""
    facts, step = stage.facts, stage.journal.step

    def sm2() -> str:
        me = stage.client().login(stage.holders["H01"], act_for=facts.uscc("E01")).get("/api/v1/me")
        return f"{me['name']} for {me['acts_for_name']}"

    def rsa() -> str:
        return str(stage.client().login(stage.holders["H02"]).get("/api/v1/me")["name"])

    def replayed() -> str:
        client = stage.client()
        challenge = client.challenge()
        client.answer(challenge, stage.holders["H01"])
        return refusal(lambda: client.answer(challenge, stage.holders["H01"]))

    def expired() -> str:
        holder = _another(stage, "H07", valid_until=stamp(now() + timedelta(seconds=SHORT_LIFE)))
        time.sleep(SHORT_LIFE + 1.2)
        return refusal(lambda: stage.client().answer(stage.client().challenge(), holder))

    def revoked() -> str:
        holder = _another(stage, "H07")
        path = f"/api/v1/certificates/{holder.certificate_id}/revoke"
        stage.run_by().post(path, {"reason": "keyCompromise"})
        return refusal(lambda: stage.client().answer(stage.client().challenge(), holder))

    def foreign() -> str:
        holder = foreign_holder(facts.persons["H01"]["name"])
        return refusal(lambda: stage.client().answer(stage.client().challenge(), holder))

    step("3.1", "李样一代表E01登录(SM2) login", f"{facts.name('H01')} for {facts.name('E01')}", sm2)
    step("3.2", "王样二登录(RSA) login", facts.name("H02"), rsa)
    step("3.3", "重放 replayed login", "challenge-used", replayed)
    step("3.4", "证书过期 expired certificate", "certificate-expired", expired)
    step("3.5", "证书吊销 revoked certificate", "certificate-revoked", revoked)
    step("3.6", "外来CA foreign CA", "issuer-not-trusted", foreign)


def _another(stage: Stage, key: str, *, valid_until: str = "") -> Holder:
    """A further certificate for a person who has an account."""
    return stage.run_by().certify(
        generate_key(KeyKind.SM2),
        SubjectName(common_name=stage.facts.name(key)),
        profile="person",
        holder=key,
        account_id=stage.accounts[key],
        valid_until=valid_until,
    )


def foreign_holder(name: str) -> Holder:
    """The same name, certified by an authority that nobody here trusts."""
    root_key, key = generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)
    root = _issue("root", SubjectName("Foreign Root", "虚构外省电子认证中心"), root_key, None, root_key)
    return Holder(key, _issue("person", SubjectName(name), key, root, root_key), "")


def _issue(
    name: str, subject: SubjectName, key: SoftwareKey, issuer: bytes | None, issuer_key: SoftwareKey
) -> bytes:
    made = draft(
        profile(name),
        subject=subject,
        public_key=key.public_key,
        issuer=parse_certificate(issuer) if issuer else None,
        scheme=issuer_key.scheme,
        serial=new_serial(secrets.token_bytes(16)),
        not_before=now() - timedelta(minutes=5),
        # Nested in the issuer's, also when a second ends between the two.
        not_after=now() + timedelta(days=31 if issuer is None else 30),
        crl_url="" if issuer is None else "http://ca.example/foreign.crl",
    )
    return issue(lint(made), issuer_key)
