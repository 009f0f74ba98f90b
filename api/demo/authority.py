# SPDX-License-Identifier: Apache-2.0
"""Scene 8: the authority at work — a bundle, its suspension and end as OCSP and receipts tell them, the key
centre, time stamps, the ceremony."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ca import DEFAULT_CEREMONY, SubjectName, make_request
from keys import (
    CsrResponse,
    KeyKind,
    SoftwareKey,
    der,
    generate_key,
    open_enveloped_key,
    parse_csr_response,
    parse_enveloped_key,
)
from verify import Certificate, cert_id, load_trust, parse_certificate, parse_ocsp_response

from .client import Holder, encoded
from .filing import refusal
from .stage import Stage, now

APPLICANT = "H01"
AGENTS = ("INSECURE-agent-li", "INSECURE-agent-wang")
PASSPHRASE = "yinxin-demo"  # noqa: S105  # of key files that say INSECURE in their names
VISIBLE_SECONDS = 2.0


def name_agents(stage: Stage) -> None:
    """Two recovery agents of the key centre, before it starts: what its operator does on the first day."""
    folder, keys = stage.data / "kmc", stage.out / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    for name in AGENTS:
        key = generate_key(KeyKind.SM2)
        (folder / f"{name}.spki").write_bytes(key.public_key.spki)
        (keys / f"{name}.p8").write_bytes(key.encrypted(PASSPHRASE))
    (keys / "passphrase").write_text(PASSPHRASE, "ascii")
    settings = folder / "kmc.toml"
    listed = json.dumps([f"{name}.spki" for name in AGENTS])
    settings.write_text(settings.read_text("utf-8").replace("agents = []", f"agents = {listed}"), "utf-8")


def run_authority(stage: Stage) -> None:
    """One identity, one bundle; everything that an authority does with it in public."""
    _Authority(stage).play()


class _Authority:
    """Remembers the bundle between the steps."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.key = generate_key(KeyKind.SM2)
        self.name = stage.facts.name(APPLICANT)
        self.enrolment: dict[str, Any] = {}
        self.held: Holder | None = None
        self.response = CsrResponse(())

    def play(self) -> None:
        step = self.stage.journal.step
        step("8.1", "申请双证 apply for a bundle", "waiting, 1 approval needed", self.apply)
        step("8.2", "运营员审核签发 approved, issued", "2 certificates and an enveloped key", self.approve)
        step("8.3", "持有人取出加密私钥 the key opens", "the key of the certificate", self.open_key)
        step("8.4", "OCSP 查询 SM2", "good", self.ocsp)
        step("8.5", "挂失:整套证书 suspend", "OCSP revoked, login certificate-suspended", self.suspend)
        step("8.6", "恢复使用 resume", f"OCSP good, login {self.name}", self.resume)
        step("8.7", "托管密钥恢复:一人 recovery by one", "refused", self.recover_alone)
        step("8.8", "托管密钥恢复:二人 recovery by two", "the same key", self.recover)
        step("8.9", "吊销后OCSP revoked", f"in OCSP within {VISIBLE_SECONDS:.0f} s", self.revoke)
        step("8.10", "重做同一仪式 ceremony again", "nothing new", self.ceremony)
        step("8.11", "批量换发演练 rehearse re-issue", "nothing issued", self.rehearse)
        step("8.12", "状态回执 status receipt, offline", "TOTAL-PASSED, exit code 0", self.receipt)
        step("8.13", "时间戳 time stamps SM2, RSA", "TOTAL-PASSED, exit code 0", self.stamps)

    def apply(self) -> str:
        self.applicant = self.stage.client().login(self.stage.holders[APPLICANT])
        self.enrolment = self.applicant.post(
            "/api/v1/enrolments",
            {
                "profile": "person",
                "request": encoded(make_request(self.key, SubjectName(common_name=self.name))),
                "account_id": self.stage.accounts[APPLICANT],
                "holder": APPLICANT,
                "holder_name": self.name,
                "bundle": True,
            },
        )
        needed = self.enrolment["approvals"]["needed"]
        return f"{self.enrolment['state']}, {needed} approval needed"

    def approve(self) -> str:
        path = f"/api/v1/enrolments/{self.enrolment['enrolment_id']}"
        self.enrolment = self.stage.run_by().post(f"{path}/approve")
        certificate_id = self.enrolment["certificate_id"]
        self.response = parse_csr_response(
            self.applicant.fetch(f"/api/v1/certificates/{certificate_id}/response")
        )
        self.held = Holder(self.key, self.response.signing[0], certificate_id)
        count = len(self.response.signing) + len(self.response.encryption)
        enveloped = "an enveloped key" if self.response.enveloped else "no key"
        return f"{count} certificates and {enveloped}"

    def open_key(self) -> str:
        assert self.response.enveloped is not None
        return self._same(open_enveloped_key(self.response.enveloped, self.key))

    def _same(self, opened: SoftwareKey) -> str:
        certified = parse_certificate(self.response.encryption[0]).public_key
        return "the key of the certificate" if opened.public_key == certified else "another key"

    def ocsp(self) -> str:
        certificate = parse_certificate(self._held().certificate)
        asked = cert_id(self._issuer(), certificate.serial).encode()
        request = der.sequence(der.sequence(der.sequence(der.sequence(asked))))
        answer = self.stage.client().http.post(
            "/ocsp", content=request, headers={"Content-Type": "application/ocsp-request"}
        )
        return parse_ocsp_response(answer.content).singles[0].standing.value

    def _held(self) -> Holder:
        assert self.held is not None
        return self.held

    def _issuer(self) -> Certificate:
        issuer = self.stage.client().fetch("/certificates/persons-sm2.cer")
        return parse_certificate(issuer)

    def _login(self) -> str:
        client = self.stage.client()
        return refusal(lambda: client.answer(client.challenge(), self._held()))

    def suspend(self) -> str:
        self.applicant.post(f"/api/v1/certificates/{self._held().certificate_id}/suspend")
        return f"OCSP {self.ocsp()}, login {self._login()}"

    def resume(self) -> str:
        self.applicant.post(f"/api/v1/certificates/{self._held().certificate_id}/resume")
        name = self.stage.client().login(self._held()).get("/api/v1/me")["name"]
        return f"OCSP {self.ocsp()}, login {name}"

    def _request_recovery(self) -> tuple[str, SoftwareKey]:
        recipient = generate_key(KeyKind.SM2)
        path = self.stage.out / "recipient.spki"
        path.write_bytes(recipient.public_key.spki)
        made = json.loads(
            self._kmc(
                "request",
                self.enrolment["bundle_id"],
                "--recipient",
                path,
                "--reason",
                "演示:密钥遗失 key lost",
            )
        )
        return made["recovery_id"], recipient

    def _kmc(self, *arguments: str | Path) -> str:
        told = self.stage.told("kmc", "recover", *arguments, "--data", self.stage.data, "--json")
        if told.code:
            raise RuntimeError(told.err[-300:])
        return told.out

    def _approve(self, recovery: str, name: str) -> None:
        keys = self.stage.out / "keys"
        agent = ("--agent", keys / f"{name}.p8", "--passphrase-file", keys / "passphrase")
        self._kmc("approve", recovery, *agent)

    def recover_alone(self) -> str:
        recovery, _ = self._request_recovery()
        self._approve(recovery, AGENTS[0])
        out = self.stage.out / "alone.der"
        told = self.stage.told(
            "kmc", "recover", "complete", recovery, "--out", out, "--data", self.stage.data
        )
        return "refused" if told.code and not out.exists() else "recovered by one agent"

    def recover(self) -> str:
        recovery, recipient = self._request_recovery()
        for name in AGENTS:
            self._approve(recovery, name)
        out = self.stage.out / "recovered-key.der"
        self._kmc("complete", recovery, "--out", out)
        opened = open_enveloped_key(parse_enveloped_key(out.read_bytes()), recipient)
        return "the same key" if self._same(opened).startswith("the key") else "another key"

    def revoke(self) -> str:
        path = f"/api/v1/certificates/{self._held().certificate_id}/revoke"
        self.stage.run_by().post(path, {"reason": "keyCompromise"})
        began = time.monotonic()
        while self.ocsp() != "revoked":
            if time.monotonic() - began > VISIBLE_SECONDS:
                return f"not in OCSP after {VISIBLE_SECONDS:.0f} s"
            time.sleep(0.05)
        return f"in OCSP within {VISIBLE_SECONDS:.0f} s"

    def receipt(self) -> str:
        content = self.stage.client().fetch(f"/status/{self._held().certificate_id}")
        self.stage.write("status-receipt.json", content)
        return self._verified("status-receipt.json")

    def _verified(self, *names: str) -> str:
        trust = self.stage.client().fetch("/trust-list.json")
        load_trust([("trust-list.json", trust)], now())
        self.stage.write("trust-list.json", trust)
        told = self.stage.told(
            "verify",
            *(self.stage.out / name for name in names),
            "--trust",
            self.stage.out / "trust-list.json",
            "--json",
        )
        seen = {one["indication"] for one in json.loads(told.out)}
        return f"{', '.join(sorted(seen))}, exit code {told.code}"

    def stamps(self) -> str:
        names = []
        for family in ("sm2", "rsa"):
            document = f"stamped-{family}.txt"
            self.stage.write(document, f"演示文件 {family}\n".encode())
            told = self.stage.told(
                "timestamp", self.stage.out / document, "--url", f"{self.stage.url}/tsa/{family}"
            )
            if told.code:
                raise RuntimeError(told.err[-300:])
            names.append(f"{document}.tsr")
        return self._verified(*names)

    def ceremony(self) -> str:
        before = self._log_size()
        self.stage.write("ceremony.yaml", DEFAULT_CEREMONY)
        told = self.stage.told("ca", "ceremony", self.stage.out / "ceremony.yaml", "--data", self.stage.data)
        if told.code:
            raise RuntimeError(told.err[-300:])
        return "nothing new" if self._log_size() == before else "something was made"

    def _log_size(self) -> str:
        """Nothing that counts happens outside the log."""
        return self.stage.client().fetch("/log/checkpoint").decode("utf-8").split("\n")[1]

    def rehearse(self) -> str:
        before = self._log_size()
        where = "authority=persons-sm2"
        told = self.stage.told("ca", "reissue", "--where", where, "--dry-run", "--data", self.stage.data)
        if told.code:
            raise RuntimeError(told.err[-300:])
        return "nothing issued" if self._log_size() == before else "something was issued"
