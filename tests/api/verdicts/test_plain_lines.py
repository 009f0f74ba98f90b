# SPDX-License-Identifier: Apache-2.0
"""Plain lines: the same questions for every signature, an answer to each, and no word of experts."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from api.verdicts import signature_lines, who_of
from verify import AspectStatus, Indication, Reason, SignatureReport, SubIndication
from verify.aspects.rows import TABLE, Effect

JARGON = re.compile(
    r"CRL|OCSP|CMS|SES|DER|PKI|INDETERMINATE|TOTAL|ByteRange|摘要算法|密钥用途", re.IGNORECASE
)
SIGNER = {"organization": "锦北区住建局(演示)", "uscc": "11510106DEM9A00331", "issuer": "演示签发机构"}
SEALED: dict[str, Any] = {
    "intact": True,
    "covers": "whole document",
    "signer": {**SIGNER, "not_after": "2029-01-01T00:00:00Z"},
    "chain": [{"revocation": "good"}, {"revocation": "anchor"}],
    "revocation": {"status": "good", "list": {"this_update": "2026-08-01T00:00:00Z"}},
    "signing_time": "2026-08-01T04:00:00Z",
    "seal": {"name": "锦北区住建局业务专用章", "code": "51010600000001", "status": "active"},
    "maker": {"common_name": "演示制章人"},
    "steps": dict.fromkeys(("seal_signature", "seal_maker", "seal_period", "signer_in_seal"), "passed"),
}


def report(indication: Indication, codes: tuple[str, ...], facts: dict[str, Any]) -> SignatureReport:
    sub = None if indication is Indication.TOTAL_PASSED else SubIndication.TRY_LATER
    return SignatureReport("SES V4", indication, sub, tuple(Reason(one, "中", "en") for one in codes), facts)


def test_a_good_seal_in_words() -> None:
    """What it is, whose it is, of when the lists are, and that nobody proves the time."""
    lines = {one.zh: one for one in signature_lines(report(Indication.TOTAL_PASSED, (), SEALED))}
    assert list(lines) == ["完整性", "签章人", "证书", "吊销", "时间", "印章", "授权"]
    assert lines["完整性"].text == "签章后未被改动,签章覆盖整份文件"
    assert lines["签章人"].text == "锦北区住建局(演示)(统一社会信用代码 11510106DEM9A00331)"
    assert lines["吊销"].text == "未被吊销(依据 2026-08-01 08:00:00 的名单)"
    assert (lines["时间"].status, lines["时间"].text) == (
        AspectStatus.INDETERMINATE,
        "签章人自称 2026-08-01 12:00:00,没有时间证明",
    )
    assert lines["印章"].text.endswith("签章时在有效期内;印章状态名单:启用")
    assert lines["授权"].mark == "— 不涉及"
    assert who_of(report(Indication.TOTAL_PASSED, (), SEALED)) == "锦北区住建局业务专用章"


def test_every_reason_leaves_an_answer_to_every_question() -> None:
    """Whatever code and verdict: each line that concerns the signature says something, in plain words."""
    bad = (Indication.TOTAL_FAILED, Indication.INDETERMINATE)
    for (code, row), indication, facts in product(TABLE.items(), bad, ({}, SEALED)):
        lines = signature_lines(report(indication, (code,), facts))
        for line in lines:
            assert line.text or line.status is AspectStatus.NOT_APPLICABLE, (code, line)
            assert JARGON.search(line.text) is None, (code, line)
        if row.effect in (Effect.UNSURE, Effect.FAILED):
            assert any(line.status in (AspectStatus.FAILED, AspectStatus.INDETERMINATE) for line in lines), (
                code
            )


def test_fields_filled_in_are_told_in_a_pass() -> None:
    """A form that passes is not called unchanged."""
    told = report(Indication.TOTAL_PASSED, ("FORM_FILLED",), {**SEALED, "covers": "revision 1 of 2"})
    (line,) = (one for one in signature_lines(told) if one.zh == "完整性")
    assert line.status is AspectStatus.PASSED
    assert "表单域被填写" in line.text


def test_nothing_is_called_good_that_failed() -> None:
    """The words follow the status, not the facts that are printed beside."""
    for code, zh, word in (
        ("CONTENT_ALTERED", "完整性", "不一致"),
        ("MODIFIED_AFTER_SEAL", "完整性", "被改动"),
        ("CERTIFICATE_REVOKED", "吊销", "吊销"),
        ("SEAL_SUSPENDED_AT_SIGNING", "印章", "无效"),
        ("CHAIN_SIGNATURE_INVALID", "证书", "伪造"),
    ):
        lines = {one.zh: one for one in signature_lines(report(Indication.TOTAL_FAILED, (code,), SEALED))}
        assert lines[zh].status is AspectStatus.FAILED
        assert word in lines[zh].text
        assert lines[zh].mark == "× 不通过"
