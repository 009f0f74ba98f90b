# SPDX-License-Identifier: Apache-2.0
"""Scene 8, second part: a seal from application to use; its keeper sees the use and says "not me"."""

from __future__ import annotations

import base64
import json
from typing import Any

from .client import Client, encoded
from .stage import Stage

KEEPER, HOLDER = "H10", "A3"  # an officer of the agency
FOLDER = "seal-life"


def seal_life(stage: Stage) -> None:
    """Apply, approve, make, use, deny, resume."""
    _Life(stage).play()


class _Life:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seal: dict[str, Any] = {}
        self.keeper: Client | None = None

    def play(self) -> None:
        step = self.stage.journal.step
        step("8.14", "申请印章,本人签名 apply for a seal", "applied, own signature", self.apply)
        step("8.15", "他人审批、制章、启用 approve, make", "active, .esl TOTAL-PASSED", self.make)
        step("8.16", "用印,持章单位可见 use, seen by its keeper", "1 use", self.use)
        step("8.17", "否认用印,立即停用 not me", "suspended, list says not-me", self.deny)
        step("8.18", "停用后不能用印 no use after that", "seal-suspended", self.refused)
        step("8.19", "登记机关恢复 the office resumes", "active, .esl TOTAL-PASSED", self.resume)

    def apply(self) -> str:
        stage, holder = self.stage, self.stage.holders[KEEPER]
        self.keeper = client = stage.client().login(holder)
        application = {
            "holder": stage.facts.uscc(HOLDER),
            "holder_name": stage.facts.name(HOLDER),
            "type": "special",
            "design": {"name": stage.facts.name(HOLDER).removesuffix("(演示)"), "line": "审批专用章"},
        }
        prepared = client.post("/api/v1/seal-steps/prepare", {"application": application})
        signature = holder.signer.sign(base64.b64decode(prepared["to_be_signed"]))
        body = {
            **prepared,
            "certificate": encoded(holder.certificate),
            "signature": encoded(signature),
        }
        self.seal = client.post("/api/v1/seal-steps", body)
        again = client.post("/api/v1/seal-steps", body)
        same = again["seal_id"] == self.seal["seal_id"]
        return f"{self.seal['state']}, own signature" if same else "two seals"

    def make(self) -> str:
        path = f"/api/v1/seals/{self.seal['seal_id']}/steps"
        for step in ("approve", "make"):
            self.stage.run_by().post(path, {"step": step})
        self.seal = self._client().post(path, {"step": "activate"})
        return f"{self.seal['state']}, .esl {self._verdict()}"

    def use(self) -> str:
        stage = self.stage
        source = stage.out / "submission-P1" / "land_approval.pdf"
        told = self.stage.told(
            *("seal", source, "--seal", self.seal["seal_id"], "--data", stage.data),
            *("--out", stage.out / FOLDER / "sealed.pdf"),
        )
        found = [one for one in self._uses() if one["seal_id"] == self.seal["seal_id"]]
        return f"{len(found)} use" if told.code == 0 else told.err[-300:]

    def deny(self) -> str:
        seal_id = self.seal["seal_id"]
        use = next(one for one in self._uses() if one["seal_id"] == seal_id)
        self.seal = self._client().post(f"/api/v1/seals/{seal_id}/uses/{use['use_id']}/not-me")
        newest = self.seal["editions"][-1]["history"][-1]
        return f"{self.seal['state']}, list says {newest['reason']}"

    def refused(self) -> str:
        stage = self.stage
        source, out = stage.out / "submission-P1" / "land_approval.pdf", stage.out / FOLDER / "never.pdf"
        told = self.stage.told(
            "seal", source, "--seal", self.seal["seal_id"], "--data", stage.data, "--out", out
        )
        return "seal-suspended" if "suspended" in told.err and not out.exists() else f"exit code {told.code}"

    def resume(self) -> str:
        told = self.stage.told(
            "seal-admin", "resume", self.seal["seal_id"], "--data", self.stage.data, "--json"
        )
        state = json.loads(told.out)["state"] if told.code == 0 else told.err[-300:]
        return f"{state}, .esl {self._verdict()}"

    def _verdict(self) -> str:
        """The made seal, offline: the trust list and the status list beside it."""
        stage, client = self.stage, self.stage.client()
        folder = stage.out / FOLDER
        stage.write(f"{FOLDER}/seal.esl", client.fetch(f"/api/v1/seals/{self.seal['seal_id']}/seal.esl"))
        stage.write(f"{FOLDER}/trust/seal-status.json", client.fetch("/seal-status.json"))
        stage.write(f"{FOLDER}/trust/trust-list.json", client.fetch("/trust-list.json"))
        told = self.stage.told("verify", folder / "seal.esl", "--trust", folder / "trust", "--json")
        return str(json.loads(told.out)[0]["indication"])

    def _uses(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._client().get("/api/v1/seal-uses")["uses"]
        return found

    def _client(self) -> Client:
        assert self.keeper is not None
        return self.keeper
