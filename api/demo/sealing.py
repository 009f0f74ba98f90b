# SPDX-License-Identifier: Apache-2.0
"""Scene 8, third part: an OFD edition, an approved use, a cross-page seal with evidence inside, a batch, and
evidence records that outlive the algorithms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ca import SubjectName
from keys import KeyKind, generate_key
from seal import SheetContent, lay_out, write_pdf
from verify import ofd_png

from .client import Client
from .filing import attachment, refusal
from .stage import Stage, now

BATCH = 20
FOLDER = "sealing"
SEAL = "A2-sm2"  # nobody else in the play uses it
APPROVED_SEAL, ASKER, APPROVER = "A3-rsa", "H10", "钱样批"
CLAUSE = "本条款用于演示骑缝章:各页边缘合起来是一枚完整的印章,换掉一页就对不上。"
CASE = "演示字〔2026〕1号"


def sealing(stage: Stage) -> None:
    """What an office seals in a day."""
    _Sealing(stage).play()


def contract() -> bytes:
    """Some pages that belong together."""
    at = now()
    content = SheetContent(
        title="样例工程合同",
        subtitle="Contract",
        paragraphs=tuple(f"第{number}条 {CLAUSE}" for number in range(1, 61)),
        watermark="样章 SPECIMEN",
    )
    return write_pdf(lay_out(content), title="样例工程合同", at=at)


class _Sealing:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.folder = stage.out / FOLDER
        self.trust = stage.out / "trust-list.json"

    def play(self) -> None:
        step = self.stage.journal.step
        step("8.20", "许可证OFD版式 OFD edition", "TOTAL-PASSED, drawn", self.edition)
        step("8.21", "批量盖章 a batch of files", f"{BATCH} sealed, {BATCH} TOTAL-PASSED", self.batch)
        step("8.22", "用印审批 use approved by another", "own-request, then approved", self.ask_first)
        step("8.23", "骑缝章、LT级 cross-page, evidence inside", "TOTAL-PASSED B-LT", self.cross_page)
        step("8.24", "证据记录 evidence record", "TOTAL-PASSED", self.evidence)
        step("8.25", "证据包 evidence pack", "TOTAL-PASSED", self.pack)

    def edition(self) -> str:
        document = self.stage.documents["permit-sm2"]["document_id"]
        content = self._officer().fetch(f"/documents/{document}/document.ofd")
        self.stage.write("permit-sm2.ofd", content)
        picture = ofd_png(content, 0)
        self.stage.write("permit-sm2.ofd.png", picture)
        return f"{self._verified(self.stage.out / 'permit-sm2.ofd')}, drawn"

    def batch(self) -> str:
        ready, out = self.folder / "ready", self.folder / "batch"
        for number in range(1, BATCH + 1):
            content = attachment(f"通知书第{number}号", "样例花园一期")
            self.stage.write(f"{FOLDER}/ready/{number:02d}.pdf", content)
        told = self._told("batch", "seal", ready, "--seal", self.stage.seals[SEAL], "--out", out)
        seen = [self._indication(one) for one in self._reports(*sorted(out.iterdir()))]
        return f"{told['done']} sealed, {seen.count('TOTAL-PASSED')} TOTAL-PASSED"

    def ask_first(self) -> str:
        """Whoever may use the seal still waits for another person's yes; her own does not count."""
        stage, seal = self.stage, self.stage.seals[APPROVED_SEAL]
        stage.run_by().put(f"/api/v1/seals/{seal}/use-policy", {"approvers": 1, "roles": ["officer"]})
        officer = self._officer()
        words = {"document_type": "construction_permit", "case": CASE, "reason": "演示:补发许可证"}
        asked = officer.post("/api/v1/seal-use-requests", {"seal_id": seal, **words})
        path, yes = f"/api/v1/seal-use-requests/{asked['request_id']}/steps", {"step": "approve-use"}
        own = refusal(lambda: officer.post(path, yes))
        answer = self._another_officer().post(path, yes)
        return f"{own}, then {answer['state']}"

    def cross_page(self) -> str:
        self.stage.write(f"{FOLDER}/contract.pdf", contract())
        sealed = self.folder / "contract-sealed.pdf"
        self._told(
            *("seal", self.folder / "contract.pdf", "--seal", self.stage.seals[SEAL], "--out", sealed),
            *("--cross-page", "right", "--level", "b-lt"),
        )
        (report,) = self._reports(sealed)
        return f"{self._indication(report)} {report['signatures'][0]['facts']['level']}"

    def _officer(self) -> Client:
        return self.stage.client().login(self.stage.holders[ASKER])

    def _another_officer(self) -> Client:
        """Of the same agency: nobody approves what she asked for herself."""
        office, subject = self.stage.run_by(), "H-approver"
        body = {
            "name": APPROVER,
            "subject": subject,
            "roles": ["officer"],
            "agency": self.stage.facts.uscc("A3"),
        }
        account = office.post("/api/v1/accounts", body)["account_id"]
        name = SubjectName(common_name=APPROVER)
        key = generate_key(KeyKind.SM2)
        holder = office.certify(key, name, profile="person", holder=subject, account_id=account)
        return self.stage.client().login(holder)

    def evidence(self) -> str:
        data = self.stage.data
        self._told("evidence", "renew")
        permit = self.stage.out / "permit-sm2.pdf"
        record = Path(f"{permit}.ers")
        document = self.stage.documents["permit-sm2"]["document_id"]
        told = self.stage.told("evidence", "export", document, "--out", record, "--data", data)
        return self._verified(record) if told.code == 0 else told.err[-300:]

    def pack(self) -> str:
        made = self.stage.out / "permit-sm2.evidence.zip"
        document = self.stage.documents["permit-sm2"]["document_id"]
        told = self.stage.told("evidence", "pack", document, "--out", made, "--data", self.stage.data)
        return self._verified(made) if told.code == 0 else told.err[-300:]

    def _told(self, *arguments: str | Path) -> Any:
        told = self.stage.told(*arguments, "--data", self.stage.data, "--json")
        if told.code:
            raise RuntimeError(f"exit code {told.code}: {told.err[-300:]}")
        return json.loads(told.out)

    def _reports(self, *files: Path) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.stage.told("verify", *files, "--trust", self.trust, "--json").out
        )
        return found

    def _verified(self, file: Path) -> str:
        return self._indication(self._reports(file)[0])

    def _indication(self, report: dict[str, Any]) -> str:
        return str(report["indication"])
