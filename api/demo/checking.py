# SPDX-License-Identifier: Apache-2.0
"""Scene 7: what the public can check — live page, QR statement, files by upload and by command line."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from verify import Indication, check_qr, load_trust, picture_of_pdf, read_codes

from .serving import command
from .stage import Stage, now

TITLES = {
    "receipt": "回执",
    "permit-sm2": "许可证(SM2)",
    "permit-rsa": "许可证(RSA)",
    "sheet-E01": "E01记录单",
    "sheet-E12": "E12记录单",
}


def public_material(stage: Stage) -> None:
    """Fetch what anybody may fetch, and make the pictures."""
    client = stage.client()
    stage.keep("trust-list.json", client.fetch("/trust-list.json"))
    for path, pdf in list(stage.artefacts.items()):
        if not path.endswith(".pdf"):
            continue
        name = path.removesuffix(".pdf")
        stage.keep(f"{name}.png", picture_of_pdf(pdf, dpi=150))
        texts = [text for text in read_codes(stage.artefacts[f"{name}.png"]) if "/R/" in text.upper()]
        if texts and name in TITLES:
            stage.texts[name] = texts[0]
            stage.keep(f"{name}.qr.txt", texts[0].encode("ascii"))
    stage.keep("organisations-sm2.cer", client.fetch("/certificates/organisations-sm2.cer"))
    stage.keep("organisations-rsa.crl", client.fetch("/crl/organisations-rsa.crl"))
    stage.keep("E01.cer", stage.holders["E01"].certificate)
    index = client.get(f"/api/v1/documents/{stage.documents['permit-sm2']['document_id']}")["ledger_index"]
    stage.keep("permit-sm2.log-proof.json", client.fetch(f"/log/proof/{index}"))


def check(stage: Stage) -> None:
    """Everything genuine is found genuine, by every way."""
    step = stage.journal.step

    def material() -> str:
        public_material(stage)
        return f"{len(stage.texts)} QR codes read back from the pictures"

    step("7.0", "取公开材料并出图 pictures", f"{len(TITLES)} QR codes read back from the pictures", material)
    for number, (name, title) in enumerate(TITLES.items(), 1):
        page, statement = partial(live_page, stage, name), partial(offline, stage, name)
        step(f"7.{number}a", f"{title}:二维码网址 live page", "genuine", page)
        step(f"7.{number}b", f"{title}:二维码离线 QR offline", "TOTAL-PASSED", statement)
    files = [name for name in stage.artefacts if name.endswith((".pdf", ".json", ".txt", ".cer", ".crl"))]
    passed = f"{len(files)} of {len(files)} TOTAL-PASSED"
    step("7.6", "逐一上传查验 by upload", passed, lambda: by_upload(stage, files))
    step("7.7", "命令行离线查验 yinxin verify", f"{passed}, exit code 0", lambda: by_command(stage, files))
    step("7.8", "打印后新增不良记录 changed since printing", "+1 条不良行为记录", lambda: changed(stage))


def live_page(stage: Stage, name: str) -> str:
    """The page that any camera opens, as HTML for people."""
    address = stage.texts[name].split("#")[0].lower()
    path = address.split("://", 1)[1].split("/", 1)[1]
    page = stage.client().page("/" + path)
    answer = stage.client().get(f"/api/v1/documents/{stage.documents[name]['document_id']}")
    yes = sum(line["state"] == "yes" for line in answer["lines"])
    genuine = 'class="headline pass"' in page and yes == len(answer["lines"]) == 5
    return "genuine" if genuine else f"{yes} of 5"


def offline(stage: Stage, name: str) -> str:
    """The signed part of the QR code against the trust list, no network."""
    trust = load_trust([("trust-list.json", stage.artefacts["trust-list.json"])], now())
    return check_qr(stage.texts[name], trust=trust, at=now()).indication.value


def by_upload(stage: Stage, files: list[str]) -> str:
    """Each file through the public page's own check."""
    client = stage.client()
    seen = [client.verify(name.rsplit("/", 1)[-1], stage.artefacts[name])["indication"] for name in files]
    return f"{seen.count('TOTAL-PASSED')} of {len(files)} TOTAL-PASSED"


def by_command(stage: Stage, files: list[str]) -> str:
    """Each file through ``yinxin verify`` with nothing but the trust list."""
    paths, trust = [stage.out / name for name in files], stage.out / "trust-list.json"
    told = command("verify", *paths, "--trust", trust, "--json")
    results: list[dict[str, Any]] = json.loads(told.out)
    passed = sum(result["indication"] == Indication.TOTAL_PASSED.value for result in results)
    return f"{passed} of {len(files)} TOTAL-PASSED, exit code {told.code}"


def changed(stage: Stage) -> str:
    """A sheet stays genuine when the facts move on; its page says what moved."""
    body = {
        "key": "B9",
        "subject": stage.facts.uscc("E12"),
        "kind": "bad",
        "code": "D1-3-01",
        "text": "转包工程(演示)",
        "authority": stage.facts.name("A1"),
        "decision_no": "演示罚决字〔2026〕B9号",
        "decided": "2026-11-20",
        "public_until": "2027-11-20",
    }
    stage.run_by().post("/api/v1/relying/credit/records/conduct", body)
    answer = stage.client().get(f"/api/v1/documents/{stage.documents['sheet-E12']['document_id']}")
    return "; ".join(str(one).split("(")[0] for one in answer["changes"])
