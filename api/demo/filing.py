# SPDX-License-Identifier: Apache-2.0
"""Scenes 4 to 6: a submission sealed outside the server, permits issued under a grant, sheets printed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from seal import SheetContent, lay_out, write_pdf
from verify import parse_json, read_attachment

from .client import Client, Refused
from .stage import Stage, now, stamp

SLOTS = {"land_approval": "土地批准文件", "drawing_review": "施工图审查合格书"}
FORM = "permit_application"


def attachment(title: str, project: str) -> bytes:
    """A PDF as an applicant would attach it."""
    at = now()
    content = SheetContent(
        title=title,
        subtitle="Attachment",
        rows=(("工程名称", project), ("说明", "演示附件,内容虚构")),
        paragraphs=("本附件用于演示申请人对附件加盖电子签章。",),
        watermark="样章 SPECIMEN",
        issue_date=f"{at:%Y-%m-%d}",
    )
    return write_pdf(lay_out(content), title=title, at=at)


def file_submission(stage: Stage) -> None:
    """Scene 4: E01 seals form data and two PDFs with its own key; the platform answers with a receipt."""
    facts, step = stage.facts, stage.journal.step

    def submit(project: str, key: str) -> dict[str, Any]:
        client = _applicant(stage, "H01", "E01")
        files = {slot: attachment(zh, facts.projects[project]["name"]) for slot, zh in SLOTS.items()}
        data = facts.permit_application(project)
        answer = client.submit(FORM, data, files, stage.holders["E01"], key=key)
        again = client.submit(FORM, data, files, stage.holders["E01"], key=key)
        if again["submission_id"] != answer["submission_id"]:
            raise AssertionError("the same request twice made two submissions")
        details = client.get(f"/api/v1/submissions/{answer['submission_id']}")
        made: dict[str, Any] = {**answer, **details}
        stage.submissions[project] = made
        return made

    def first() -> str:
        answer = submit("P1", "demo-p1")
        client = _applicant(stage, "H01", "E01")
        for item in answer["items"]:
            suffix = "json" if item["kind"] == "form" else "pdf"
            path = f"/api/v1/submissions/{answer['submission_id']}/items/{item['item_id']}/file"
            stage.keep(f"submission-P1/{item['name']}.{suffix}", client.fetch(path))
        stage.documents["receipt"] = answer["receipt"]
        stage.keep("receipt.pdf", client.fetch(answer["receipt"]["file_url"]))
        return f"{answer['state']}, {len(answer['items'])} sealed items, receipt"

    def second() -> str:
        return str(submit("P8", "demo-p8")["state"])

    def unknown_field() -> str:
        client = _applicant(stage, "H01", "E01")
        data = {**facts.permit_application("P1"), "surprise": "x"}
        files = {slot: attachment(zh, "样例") for slot, zh in SLOTS.items()}
        return refusal(lambda: client.submit(FORM, data, files, stage.holders["E01"], key="demo-bad"))

    step("4.1", "E01签章申报P1 seals a submission", "sealed, 3 sealed items, receipt", first)
    step("4.2", "E01签章申报P8 a second one", "sealed", second)
    step("4.3", "未知字段被拒 unknown field refused", "fields-refused", unknown_field)


def approve(stage: Stage) -> None:
    """Scene 5: grants, approvals with an SM2 and an RSA seal, refusals."""
    facts, step = stage.facts, stage.journal.step
    officer: dict[str, Client] = {}

    def desk() -> Client:
        if "H10" not in officer:
            officer["H10"] = stage.client().login(stage.holders["H10"])
        return officer["H10"]

    def decide(project: str, seal: str) -> dict[str, Any]:
        path = f"/api/v1/desk/{stage.submissions[project]['submission_id']}/approve"
        answer: dict[str, Any] = desk().post(path, {"seal_id": stage.seals[seal]})
        return answer

    def without_grant() -> str:
        return refusal(lambda: decide("P1", "A3-sm2"))

    def issue(project: str, seal: str, name: str) -> str:
        grant(stage, seal, "construction_permit")
        stage.documents[name] = answer = decide(project, seal)
        stage.keep(f"{name}.pdf", desk().fetch(answer["file_url"]))
        return str(answer["ecert_id"]).split(".")[7]

    def twice() -> str:
        return refusal(lambda: decide("P1", "A3-sm2"))

    def outsider() -> str:
        client = stage.client().login(stage.holders["H11"])
        path = f"/api/v1/desk/{stage.submissions['P8']['submission_id']}/approve"
        return refusal(lambda: client.post(path, {"seal_id": stage.seals["A3-sm2"]}))

    permits = {key: facts.projects[key]["permit_no"] for key in ("P1", "P8")}
    step("5.1", "未获授权用印被拒 seal use without a grant", "no-grant", without_grant)
    step("5.2", "A3签发P1许可证(SM2印章) permit", permits["P1"], lambda: issue("P1", "A3-sm2", "permit-sm2"))
    step("5.3", "重复批准无效 approving twice", "already-decided", twice)
    step("5.4", "其他机关的人员被拒 another agency's officer", "no-such-submission", outsider)
    step("5.5", "A3签发P8许可证(RSA印章) permit", permits["P8"], lambda: issue("P8", "A3-rsa", "permit-rsa"))


def grant(stage: Stage, seal: str, document_type: str) -> None:
    """H10 may use this seal of the agency, for documents of this type."""
    stage.run_by().post(
        f"/api/v1/seals/{stage.seals[seal]}/grants",
        {
            "officer": stage.accounts["H10"],
            "document_types": [document_type],
            "valid_from": stamp(now() - timedelta(minutes=1)),
            "valid_until": stamp(now() + timedelta(days=30)),
        },
    )


def print_sheets(stage: Stage) -> None:
    """Scene 6: E01 and E12 print their credit sheets; then E12's record changes."""
    facts, step = stage.facts, stage.journal.step

    def sheet(person: str, enterprise: str) -> str:
        client = _applicant(stage, person, enterprise)
        answer = client.post("/api/v1/sheets/credit_sheet", {"purpose": "参加样例工程投标"})
        name = f"sheet-{enterprise}"
        stage.documents[name] = answer
        stage.keep(f"{name}.pdf", client.fetch(answer["file_url"]))
        attached = read_attachment(stage.artefacts[f"{name}.pdf"], "record.json")
        record: Any = parse_json(attached or b"{}")
        return f"{len(record['record']['good'])} good, {len(record['record']['bad'])} bad"

    step("6.1", f"{facts.name('E01')}诚信记录单 sheet", "2 good, 0 bad", lambda: sheet("H01", "E01"))
    step("6.2", f"{facts.name('E12')}诚信记录单 sheet", "0 good, 1 bad", lambda: sheet("H12", "E12"))


def refusal(act: Callable[[], object]) -> str:
    """The code of the refusal that ``act`` meets."""
    try:
        act()
    except Refused as refused:
        return refused.code
    return "accepted"


def _applicant(stage: Stage, person: str, enterprise: str) -> Client:
    return stage.client().login(stage.holders[person], act_for=stage.facts.uscc(enterprise))
