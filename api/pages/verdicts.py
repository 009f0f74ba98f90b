# SPDX-License-Identifier: Apache-2.0
"""The answers of the public pages, each with its shape, its words, a stable code and ONE thing to do.

Codes are printed in reports and read over the telephone, so a code is never given another meaning.  "Genuine
but revoked" is not "invalid": who holds a genuine paper must not be treated as a forger.  The offline page
has the same table in ``static/offline/verdicts.js``; a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from verify import DocumentStanding, Report, SubIndication

from .words import Said


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer: ``tone`` is pass (✔ circle), warn (! triangle), fail (× square) or unsure (? diamond)."""

    code: str
    tone: str
    headline: Said
    action: Said | None


def _verdict(code: str, tone: str, headline: tuple[str, str], action: tuple[str, str] | None) -> Verdict:
    return Verdict(code, tone, Said(*headline), None if action is None else Said(*action))


UNDECIDED: Final = "undecided"
VERDICTS: Final = {
    "valid": _verdict("IR-00", "pass", ("真实有效", "Genuine and valid"), None),
    "expired": _verdict(
        "IR-01",
        "warn",
        ("真实,但已过有效期", "Genuine, but expired"),
        ("请要求对方出示有效期内的文书。", "Ask for a current document."),
    ),
    "superseded": _verdict(
        "IR-02",
        "warn",
        ("真实,但已被替代", "Genuine, but superseded"),
        ("请打开下方链接,以新版文书为准。", "Open the link below and rely on the newer version."),
    ),
    "revoked": _verdict(
        "IR-03",
        "warn",
        ("真实,但已撤销", "Genuine, but revoked"),
        (
            "请勿再据此办理;有疑问的,向签发机关查询。",
            "Do not act on it; ask the issuer if in doubt.",
        ),
    ),
    "withheld": _verdict(
        "IR-04",
        "warn",
        ("真实,但已停止公示", "Genuine, but no longer published"),
        (
            "停止公示的内容不得再作为惩戒依据;需要时请向签发机关查询。",
            "It may no longer be held against anybody; ask the issuer if you need to know more.",
        ),
    ),
    "suspended": _verdict(
        "IR-05",
        "warn",
        ("真实,但已暂停", "Genuine, but suspended"),
        (
            "暂停期间不得使用;请向签发机关核实何时恢复。",
            "Not to be used until resumed; ask the issuer when.",
        ),
    ),
    "forfeited": _verdict(
        "IR-06",
        "warn",
        ("真实,但已吊销", "Genuine, but forfeited"),
        ("请勿再据此办理;向签发机关查询吊销决定。", "Do not act on it; ask the issuer for the decision."),
    ),
    "cancelled": _verdict(
        "IR-07",
        "warn",
        ("真实,但已注销", "Genuine, but cancelled"),
        ("请要求对方出示现行文书。", "Ask for the document that is in force."),
    ),
    "lapsed": _verdict(
        "IR-08",
        "warn",
        ("真实,但已失效", "Genuine, but lapsed"),
        ("请要求对方出示现行文书。", "Ask for the document that is in force."),
    ),
    "transferred": _verdict(
        "IR-09",
        "warn",
        ("真实,但已办理转出", "Genuine, but transferred"),
        ("请以转入地签发的文书为准。", "Rely on the document of the place it was transferred to."),
    ),
    "other": _verdict(
        "IR-18",
        "warn",
        ("真实,但状态不正常", "Genuine, but not in its normal state"),
        ("请向签发机关核实现状。", "Ask the issuer how it stands."),
    ),
    "correcting": _verdict(
        "IR-31",
        "pass",
        ("真实有效,正在更正", "Genuine and valid; a correction is under way"),
        ("请留意更正后的新版。", "Look out for the corrected version."),
    ),
    "disputed": _verdict(
        "IR-32",
        "pass",
        ("真实有效,有异议待处理", "Genuine and valid; an objection is being examined"),
        (
            "作重要决定前,请向签发机关了解异议结果。",
            "Before an important decision, ask the issuer about it.",
        ),
    ),
    UNDECIDED: _verdict(
        "IR-10",
        "unsure",
        ("无法判断", "Cannot be decided now"),
        ("请稍后再查;急需时致电签发机关核实。", "Try again later, or telephone the issuer."),
    ),
    "list-old": _verdict(
        "IR-11",
        "unsure",
        ("无法判断:列表过旧", "Cannot be decided: the lists are too old"),
        ("请联网更新列表后再验。", "Go online, refresh the lists and check again."),
    ),
    "key-unknown": _verdict(
        "IR-12",
        "unsure",
        ("无法判断:列表中没有签发密钥", "Cannot be decided: the key is not in the list"),
        (
            "请更新列表再验;仍然如此的,按不是本机关签发处理。",
            "Refresh the lists; if it stays so, treat it as not issued by this authority.",
        ),
    ),
    "key-limits": _verdict(
        "IR-13",
        "unsure",
        ("无法判断:超出签发密钥的使用范围", "Cannot be decided: outside what the key may sign"),
        ("请致电签发机关核实,并报上本代码。", "Telephone the issuer and quote this code."),
    ),
    "other-host": _verdict(
        "IR-14",
        "unsure",
        ("无法判断:不是公布的官方网址", "Cannot be decided: not a published official host"),
        (
            "请勿打开该网址;从官方入口输入编号再查。",
            "Do not open the address; type the code at the official site.",
        ),
    ),
    "not-signed": _verdict(
        "IR-15",
        "unsure",
        ("无法判断:码中没有签名", "Cannot be decided: nothing signed in this code"),
        (
            "请联网打开官方网址,输入纸面编号查询。",
            "Go online and type the printed code at the official site.",
        ),
    ),
    "clock": _verdict(
        "IR-16",
        "unsure",
        ("无法判断:本机时间不对", "Cannot be decided: the clock of this device is wrong"),
        ("请校准本机日期和时间后再验。", "Set date and time of this device and check again."),
    ),
    "genuine": _verdict(
        "IR-33",
        "warn",
        ("真实、未改动;现状未知", "Genuine and unaltered; how it stands now is not known"),
        (
            "请联网打开码中的官方网址查询现状。",
            "Go online and open the address in the code to see how it stands.",
        ),
    ),
    "not-registered": _verdict(
        "IR-17",
        "unsure",
        ("无法判断:签名有效,但登记簿中没有", "Cannot be decided: signed, but not on record"),
        ("请致电签发机关核实,并报上本代码。", "Telephone the issuer and quote this code."),
    ),
    "cannot-check": _verdict(
        "IR-19",
        "unsure",
        ("无法判断:本机不能核验", "Cannot be decided: this device cannot check"),
        (
            "请换用新版浏览器,或联网打开官方网址查询。",
            "Use a newer browser, or ask the official site online.",
        ),
    ),
    "from-future": _verdict(
        "IR-24",
        "fail",
        ("签发日期晚于今天", "Issued after today"),
        (
            "请先校准本机时间;仍然如此的,请勿采信。",
            "Set the clock of this device; if it stays so, do not rely on it.",
        ),
    ),
    "key-revoked": _verdict(
        "IR-25",
        "fail",
        ("签发密钥此前已停用", "The key was revoked before it was used"),
        (
            "请勿采信;保留原件并向签发机关举报。",
            "Do not rely on it; keep the paper and report it to the issuer.",
        ),
    ),
    "unknown": _verdict(
        "IR-20",
        "fail",
        ("不是本机关签发:查无此号", "Not issued by this authority: no such number"),
        (
            "请核对编号;若是扫码打开本页,请按伪造件处理并向签发机关举报。",
            "Compare the code; if a QR code brought you here, treat the paper as forged and report it.",
        ),
    ),
    "doubtful": _verdict(
        "IR-21",
        "fail",
        ("记录与公开日志不符", "The record does not agree with the public log"),
        (
            "请勿采信;截存本页并向签发机关报告。",
            "Do not rely on it; keep this page and report it to the issuer.",
        ),
    ),
    "forged": _verdict(
        "IR-22",
        "fail",
        ("不是本机关签发,或内容被改动", "Not issued by this authority, or altered"),
        (
            "请勿采信;保留原件并向签发机关举报。",
            "Do not rely on it; keep the paper and report it to the issuer.",
        ),
    ),
    "malformed": _verdict(
        "IR-23",
        "fail",
        ("编号或二维码不合格式", "The code is not in the right form"),
        (
            "请对照纸面重新输入 16 位编号,或重新扫码。",
            "Type the 16 characters again from the paper, or scan again.",
        ),
    ),
}
_QUOTING: Final = Said(
    "请勿再据此办理;有疑问的,持撤销决定文号向签发机关查询。",
    "Do not act on it; quote the decision number when you ask the issuer.",
)


def verdict_on(state: str, decision: str = "") -> Verdict:
    """The answer for a state; a state that this table does not know is not decided.

    ``decision``: number of the decision behind it, where one is stated; lists for offline use have none.
    """
    found = VERDICTS.get(state, VERDICTS[UNDECIDED])
    return replace(found, action=_QUOTING) if found is VERDICTS["revoked"] and decision else found


def verdict_of_file(report: Report) -> Verdict | None:
    """The words of the live page for a genuine file whose document is not in its normal state; ``None``: the
    verdict on the file says it all."""
    named = report.facts.get("document_status")
    state = next((one for one in DocumentStanding if one.value == named), DocumentStanding.NORMAL)
    if state is DocumentStanding.NORMAL:
        return None
    expected = None if state.in_force else SubIndication.DOCUMENT_NOT_IN_FORCE
    return verdict_on(state.value) if report.sub_indication is expected else None
