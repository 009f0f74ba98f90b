# SPDX-License-Identifier: Apache-2.0
"""Answers for the errors of the service's own rooms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from seal import GrantRefused

from ..accounts import (
    AccountClosed,
    AccountError,
    AccountRefused,
    NoSuchAccount,
    NoSuchMandate,
    NotAllowed,
    SubjectTaken,
)
from ..acme import AcmeError, AcmeKeyRefused, AcmeRefused, AcmeSwitchedOff, NoSuchAcmeKey
from ..approvals import ApprovalError, ApprovalRefused, NoSuchSealMandate, NoSuchUseRequest
from ..batches import (
    BatchEmpty,
    BatchError,
    BatchExpired,
    BatchHasBadRows,
    BatchInAnotherState,
    BatchKeyTaken,
    BatchOrderRefused,
    BatchStopped,
    BatchTooLarge,
    LeaseLost,
    ListSignatureRefused,
    NoSuchBatch,
    NoSuchBatchItem,
    UploadAltered,
)
from ..certificates import (
    CeremonyContradicted,
    CertificateError,
    EnvelopeRefused,
    NoSuchAuthority,
    NoSuchCertificate,
    NotInitialised,
    OrderRefused,
    QrKeyRefused,
    RevocationRefused,
    SelectionRefused,
)
from ..database import DatabaseError, DatabaseUnavailable
from ..desk import AlreadyDecided, DeskError, NothingToIssue, NotServing, ReasonMalformed, SealedFilesRefused
from ..documents import (
    DocumentError,
    DocumentIdMalformed,
    FileAltered,
    IssuedMeanwhile,
    NoSuchDocument,
    NoSuchEdition,
    NotSelfService,
    NotYourDocument,
    SealDidNotVerify,
)
from ..enrolment import (
    AnotherPersonNeeded,
    BundlesUnavailable,
    CodeExpired,
    CodeUnknown,
    CodeUsed,
    EnrolmentDecided,
    EnrolmentError,
    NoSuchEnrolment,
    NothingDelivered,
    NotIssuedYet,
    OfficeNeeded,
    OwnEnrolment,
    SuspendedByAnother,
)
from ..est import (
    EstError,
    EstRefused,
    NoSuchDevice,
    NoSuchFamily,
    NotAuthenticated,
    ServerKeysNotMade,
    TooManyTries,
)
from ..keycentre import KeyCentreError, KeyCentreRefused, KeyCentreUnavailable, NoSuchRecovery
from ..ledger import (
    CosignatureRefused,
    HistoryMoved,
    IntentClosed,
    LedgerError,
    LogDamaged,
    NoSuchEntry,
    NoSuchRange,
    NotPublished,
    RowAltered,
)
from ..login import CsrfMissing, LoginError, LoginRefused, NotLoggedIn
from ..monitor import MonitorError
from ..plugins import (
    FieldsRefused,
    ModuleMisbehaved,
    NoSuchDeclaration,
    NoSuchRecord,
    PluginError,
)
from ..publication import PublicationError
from ..renewals import EvidenceDidNotVerify, FileNotRenewable, NoEvidenceYet, RenewalError
from ..seals import (
    GrantMalformed,
    NoSuchGrant,
    NoSuchSeal,
    NoSuchUse,
    NotAnOfficer,
    SealNotUsable,
    SealRegistryError,
    SealStatusDidNotVerify,
    SealStepRefused,
    SealUseRefused,
)
from ..standings import DocumentStatusDidNotVerify, StandingError, StandingFinal, StandingUnknown
from ..status import NothingKnown, StatusError, StatusRequestRefused
from ..submissions import (
    AttachmentRefused,
    AttachmentsDoubtful,
    IdempotencyConflict,
    IdempotencyKeyMalformed,
    NoSuchItem,
    NoSuchSubmission,
    SealingCertificateRefused,
    SignatureRefused,
    SignaturesIncomplete,
    SlotsWrong,
    SubmissionError,
    SubmissionExpired,
    UnknownAgency,
)
from ..timestamps import TimestampError, TsaUnknown
from .requests import FileMissing, PartMalformed, PicturesTooMany, RequestError
from .value import FieldError, Problem
from .wording import Rows, many_fields, one_field, ours, say, spoken

_REFUSED_LOGINS = {"not-allowed-to-act": 403, "too-many-attempts": 429, "status-unknown": 503}


def _login(error: LoginRefused) -> Problem:
    return spoken(_REFUSED_LOGINS.get(error.code, 401))(error)


def _acme(error: AcmeRefused) -> Problem:
    """Clients of ACME get the RFC's own document from their routes; this is for whoever else meets one."""
    code = "acme-" + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", error.code).lower()
    return Problem(error.status, code, error.zh, f"{error.zh}。 {error.en[:1].upper()}{error.en[1:]}.")


def _unknown_device(error: NotAuthenticated) -> Problem:
    return spoken(403 if error.code == "proxy-not-trusted" else 401)(error)


def _refused_device(error: EstRefused) -> Problem:
    return spoken(403 if error.code == "approval-refused" else 422)(error)


def _fields(error: FieldsRefused) -> Iterator[FieldError]:
    for one in error.errors:
        yield FieldError(one.field, one.rule, one.todo)


def _slots(error: SlotsWrong) -> Iterator[FieldError]:
    for name in error.missing:
        yield FieldError(
            name, "缺少该附件 / this attachment is missing", "请添加 PDF 文件 / add the PDF file"
        )
    for name in error.unknown:
        yield FieldError(name, "没有这个附件位 / there is no such slot", "请移除它 / leave it out")


def _signatures(error: SignaturesIncomplete) -> Iterator[FieldError]:
    for name in error.missing:
        yield FieldError(name, "缺少该文件的签名 / its signature is missing", "请补签 / sign it as well")
    for name in error.unknown:
        yield FieldError(name, "本次申报没有这个文件 / no such item", "请移除它 / leave it out")


def _attachment(error: AttachmentRefused) -> Problem:
    zh_en = _one_sentence(error.why)
    todo = "请更换该附件后重新提交 / replace this attachment and send everything again"
    return Problem(422, error.code, "附件不能签章", zh_en, (FieldError(error.slot, zh_en, todo),))


def _doubtful(error: AttachmentsDoubtful) -> Problem:
    todo = (
        "请核对该处;确认无误后选择继续,或更换附件"
        " / look at that place; continue if it is as it should be (proceed=yes), or replace the attachment"
    )
    return Problem(
        409,
        "attachments-doubtful",
        "附件含有签章前应知晓的内容",
        "尚未签章。请逐项核对后再决定是否继续。 Nothing is sealed yet: look at each before you go on.",
        tuple(FieldError(slot, what, todo) for slot, what in error.findings),
    )


def _certificate(error: SealingCertificateRefused) -> Problem:
    why = _one_sentence(error.why)
    todo = "请换用本申报主体的有效签章证书 / use a valid sealing certificate of the applicant"
    return Problem(
        422,
        error.code.lower().replace("_", "-"),
        "证书不能用于本次签章",
        why,
        (FieldError("certificate", why, todo),),
    )


_SEAL_STEPS = {"not-yours": 403, "another-person": 403, "not-possible-now": 409, "statement-expired": 409}


def _seal_step(error: SealStepRefused) -> Problem:
    return spoken(_SEAL_STEPS.get(error.code, 422))(error)


_APPROVALS = {"not-yours": 403, "own-request": 403, "approved-already": 409, "decided": 409}


def _approval(error: ApprovalRefused) -> Problem:
    return spoken(_APPROVALS.get(error.code, 422))(error)


def _seal_use(error: SealUseRefused) -> Problem:
    try:
        words = GrantRefused(error.code)
    except KeyError:
        return Problem(
            403, error.code, "不能使用该印章", "请联系印章管理员。 Ask whoever administers the seal."
        )
    return Problem(403, error.code, "不能使用该印章", f"{words.zh}。 {words.en}.")


def _already_decided(error: AlreadyDecided) -> Problem:
    """Whoever repeats an approval whose answer got lost finds the document here."""
    again = "请刷新页面查看结果;本次没有重复办理。 It was decided already; nothing was done twice."
    issued = (
        f"已签发文书 {error.document_id}。 Document {error.document_id} was issued."
        if error.document_id
        else ""
    )
    return Problem(
        409,
        "already-decided",
        "此件已办结",
        f"{again} {issued}".strip(),
    )


def _sealed_files(error: SealedFilesRefused) -> Problem:
    todo = "请退回申报,由申请人重新签章提交 / send the case back to be sealed and filed again"
    return Problem(
        409,
        "sealed-files-refused",
        "申报文件未通过复核,不能签发",
        "已存的签章文件现在通不过核验。 The stored files fail the check that they passed when filed.",
        tuple(FieldError(item, _one_sentence(why), todo) for item, why in error.why.items()),
    )


def _one_sentence(why: Any) -> str:
    return str(why)[:500]


ROOMS: Rows = {
    # A request before any room saw it
    RequestError: say(400, "请求内容不符合要求", "请按接口说明修改。 Correct the request."),
    PartMalformed: one_field(422, "请求内容不符合要求"),
    PicturesTooMany: say(
        429,
        "预览过于频繁",
        "请等一分钟再试;已填内容不受影响。 Too many pictures: wait a minute, what you typed is kept.",
    ),
    FileMissing: say(
        422, "没有收到文件", "请选择一个文件后重试。 Choose a file and send it again.", field="file"
    ),
    # Who is asking
    LoginError: spoken(401),
    LoginRefused: _login,
    NotLoggedIn: spoken(401),
    CsrfMissing: spoken(403),
    AccountError: spoken(422),
    NoSuchAccount: spoken(404),
    NoSuchMandate: spoken(404),
    AccountClosed: spoken(409),
    SubjectTaken: spoken(409),
    AccountRefused: spoken(422),
    NotAllowed: spoken(403),
    # Certificates and the trust list
    CertificateError: spoken(422),
    NoSuchCertificate: spoken(404),
    NoSuchAuthority: spoken(404),
    NotInitialised: spoken(503),
    OrderRefused: spoken(422),
    RevocationRefused: spoken(422),
    QrKeyRefused: spoken(422),
    CeremonyContradicted: spoken(409),
    EnvelopeRefused: spoken(502),
    SelectionRefused: spoken(422),
    PublicationError: spoken(503),
    # Time stamps: over HTTP they have their own form of refusal, so these are met inside only
    StatusError: spoken(503),
    StatusRequestRefused: one_field(422, "查询内容不符合要求"),
    NothingKnown: spoken(404),
    TimestampError: spoken(503),
    TsaUnknown: spoken(404),
    # Enrolment
    EnrolmentError: spoken(422),
    NoSuchEnrolment: spoken(404),
    CodeUnknown: spoken(404),
    CodeExpired: spoken(410),
    CodeUsed: spoken(409),
    EnrolmentDecided: spoken(409),
    OwnEnrolment: spoken(403),
    AnotherPersonNeeded: spoken(409),
    OfficeNeeded: spoken(409),
    NotIssuedYet: spoken(409),
    NothingDelivered: spoken(404),
    SuspendedByAnother: spoken(403),
    BundlesUnavailable: spoken(503),
    # ACME
    AcmeError: ours("ACME 请求未能完成"),
    AcmeRefused: _acme,
    AcmeSwitchedOff: spoken(404),
    NoSuchAcmeKey: spoken(404),
    AcmeKeyRefused: one_field(422, "绑定密钥的内容不符合要求"),
    # Devices
    EstError: spoken(422),
    EstRefused: _refused_device,
    NoSuchFamily: spoken(404),
    NoSuchDevice: spoken(404),
    NotAuthenticated: _unknown_device,
    TooManyTries: spoken(429),
    ServerKeysNotMade: spoken(501),
    # Relying modules
    PluginError: ours("业务模块未能完成操作"),
    ModuleMisbehaved: ours("业务模块未能完成操作"),
    NoSuchDeclaration: say(
        404, "没有这项业务", "请核对名称;该业务可能未启用。 Check the name: it may not be switched on here."
    ),
    NoSuchRecord: say(404, "没有这条记录", "请核对编号。 Check the number: nothing was entered under it."),
    FieldsRefused: many_fields("填写的内容不符合要求", _fields),
    # Seals
    SealRegistryError: ours("印章操作未能完成"),
    NoSuchSeal: say(404, "没有这枚印章", "请核对印章编号。 Check the id of the seal."),
    NoSuchGrant: say(404, "没有这项授权", "请核对授权编号。 Check the id of the grant."),
    NotAnOfficer: say(
        422,
        "该账号不是印章所属机关的经办人",
        "只能授权给该机关的经办人。 A seal is granted to an officer of the agency that holds it.",
        field="officer",
    ),
    GrantMalformed: one_field(422, "授权内容不符合要求"),
    SealUseRefused: _seal_use,
    SealNotUsable: spoken(409),
    SealStepRefused: _seal_step,
    SealStatusDidNotVerify: ours("印章状态列表未通过自身核验,没有办理"),
    StandingError: ours("文书状态变更未能完成"),
    StandingUnknown: one_field(422, "状态或原因不符合要求"),
    StandingFinal: say(
        409,
        "文书已是该状态,或已终结",
        "请核对文书的现状;已注销、吊销或转出的不再变动。 Look at how it stands: in that state, or ended.",
    ),
    DocumentStatusDidNotVerify: ours("文书状态列表未通过自身核验,没有办理"),
    NoSuchUse: say(404, "没有这条用印记录", "请刷新页面。 Reload the page."),
    # Approval before use, mandates
    ApprovalError: ours("用印审批未能完成"),
    ApprovalRefused: _approval,
    NoSuchUseRequest: spoken(404),
    NoSuchSealMandate: spoken(404),
    # Batches
    BatchError: spoken(503),
    NoSuchBatch: spoken(404),
    NoSuchBatchItem: spoken(404),
    BatchOrderRefused: spoken(422),
    BatchInAnotherState: spoken(409),
    BatchHasBadRows: spoken(409),
    BatchEmpty: spoken(422),
    BatchTooLarge: spoken(422),
    BatchKeyTaken: spoken(409),
    BatchExpired: spoken(410),
    BatchStopped: spoken(409),
    ListSignatureRefused: spoken(422),
    LeaseLost: spoken(503),
    UploadAltered: spoken(409),
    # Submissions
    SubmissionError: ours("申报未能完成"),
    NoSuchSubmission: say(
        404, "没有这件申报", "请核对编号。 Check the number; it may belong to another login."
    ),
    NoSuchItem: say(
        404,
        "没有这个文件",
        "请核对编号;未签章的文件不提供下载。 Check the id; only sealed files are given out.",
    ),
    UnknownAgency: say(
        422,
        "没有这个受理机关",
        "请从列表中选择受理机关。 Choose an agency that holds a seal on this platform.",
        field="agency",
    ),
    SlotsWrong: many_fields("附件缺失或多余", _slots),
    AttachmentRefused: _attachment,
    AttachmentsDoubtful: _doubtful,
    SealingCertificateRefused: _certificate,
    IdempotencyConflict: say(
        409,
        "同一请求编号已用于另一份内容",
        "请换一个请求编号(idempotency_key)。 This key came before with another content: use a new one.",
        field="idempotency_key",
    ),
    IdempotencyKeyMalformed: say(
        422,
        "请求编号不符合格式",
        "请用 1 到 100 个可打印的 ASCII 字符。 Use 1 to 100 printable ASCII characters.",
        field="idempotency_key",
    ),
    SubmissionExpired: say(
        410, "待签章的申报已过期", "文件已清除,请重新提交。 Its files are gone: send everything again."
    ),
    SignaturesIncomplete: many_fields("签名不齐", _signatures),
    SignatureRefused: lambda error: Problem(
        422,
        "signature-refused",
        "签名验证不通过",
        "没有写入任何文件;请用同一证书的私钥重新签名。"
        " Nothing was embedded: sign again with the certificate's key.",
        (FieldError(error.item_id, _one_sentence(error.why), "请重新签名 / sign it again"),),
    ),
    # The officer's desk
    DeskError: ours("办理未能完成"),
    NotServing: say(403, "该账号不属于任何机关", "请换用经办人账号。 Log in as an officer of an agency."),
    AlreadyDecided: _already_decided,
    NothingToIssue: say(
        409,
        "该事项目前不签发文书",
        "相应业务模块已停用或调整,请联系运营人员。 Its module was switched off or changed: ask the operator.",
    ),
    SealedFilesRefused: _sealed_files,
    ReasonMalformed: one_field(422, "退回理由不符合要求"),
    # Documents
    DocumentError: ours("文书操作未能完成"),
    NoSuchDocument: say(404, "没有这份文书", "请核对文书编号。 Check the number on the document."),
    NoSuchEdition: say(
        404,
        "这份文书没有 OFD 版本",
        "OFD 只用 SM2 电子印章签发;请使用 PDF 版本。 OFD takes SM2 seals only: use the PDF.",
    ),
    DocumentIdMalformed: say(
        404,
        "文书编号有误",
        "编号为 16 位字母和数字,请逐字核对。 Sixteen letters and digits: compare them one by one.",
    ),
    NotYourDocument: say(
        403,
        "无权下载该文件",
        "只有持有人和签发机关可以下载;任何人都可以查验。"
        " The file is for its holder and its issuer; everybody may verify it.",
    ),
    FileAltered: ours("存档文件与登记摘要不符,已停止提供"),
    NotSelfService: say(
        403, "该文书由机关签发", "不能自助打印。 It is issued by an officer, not printed by its holder."
    ),
    SealDidNotVerify: ours("签章结果未通过自身核验,没有发出"),
    # Evidence
    RenewalError: ours("证据记录操作未能完成"),
    NoEvidenceYet: say(
        404,
        "这份文书尚未纳入证据记录",
        "证据记录每天成批制作,请明天再取。 Records are made once a day for all: ask again tomorrow.",
    ),
    EvidenceDidNotVerify: ours("证据记录未通过自身核验,没有记录"),
    FileNotRenewable: spoken(422),
    IssuedMeanwhile: say(
        409, "同一文书刚刚已签发", "请刷新页面查看。 Somebody issued it just now: reload the page."
    ),
    # Key centre
    KeyCentreError: ours("密钥管理中心未能完成操作"),
    KeyCentreUnavailable: spoken(503),
    KeyCentreRefused: lambda error: spoken(error.status)(error),
    NoSuchRecovery: spoken(404),
    # Ledger and database
    LedgerError: ours("公开日志未能写入", code="public-log"),
    LogDamaged: ours("公开日志与已签名的状态不符,已停止写入", status=503),
    NoSuchEntry: say(404, "没有这条日志", "请核对条目号。 Check the number: the log is shorter."),
    NotPublished: say(404, "日志没有这个文件", "请先读取检查点。 Read the checkpoint first."),
    CosignatureRefused: say(
        422,
        "联署未被接受",
        "只接受设置中所列见证方对本日志检查点的联署。 Only listed witnesses, only heads of this log.",
    ),
    NoSuchRange: say(
        404,
        "没有这两个大小之间的证明",
        "须满足 1 ≤ old ≤ new ≤ 日志大小。 Give 1 <= old <= new <= size of the log.",
    ),
    RowAltered: say(
        409,
        "登记内容与公开日志不符",
        "已停止办理,没有写入任何内容;请联系运营人员。"
        " A stored row differs from the public log. Nothing was done: tell the operator.",
    ),
    HistoryMoved: say(
        409,
        "该主体刚有新的公开记录",
        "请重新打印,以载入最新记录。 Something was entered meanwhile: print it again, with all of it.",
    ),
    MonitorError: ours("监测未能进行", status=503),
    IntentClosed: say(409, "该操作已被中止", "请重新发起。 What was announced has ended: start again."),
    DatabaseError: ours("数据库无法使用"),
    DatabaseUnavailable: ours("数据库暂时无法连接", status=503),
}
