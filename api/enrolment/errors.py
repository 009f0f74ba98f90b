# SPDX-License-Identifier: Apache-2.0
"""Why somebody does not enrol, or an officer does not decide.  No message repeats a holder's name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class EnrolmentError(Exception):
    """Anything about enrolment.  ``zh`` and ``en`` say what is wrong, ``todo`` what to do about it."""

    code = "enrolment-error"
    zh = "证书申请未能完成"
    en = "the enrolment could not be done"
    todo = "请联系登记机构 / ask the registration office"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)


class NoSuchEnrolment(EnrolmentError):
    """No application has this id, or it is none of this login's business."""

    code = "no-such-enrolment"
    zh = "没有这件证书申请"
    en = "no such enrolment"
    todo = "请核对编号;它可能属于另一登录身份 / check the id: it may belong to another login"

    def __init__(self, which: str) -> None:
        super().__init__(f"no enrolment {which}")
        self.which = which


_ORDER: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "profile-not-enrolled": (
            "profile",
            "这类证书不经登记申请",
            "certificates of this profile are not enrolled for",
            "请改用列出的证书类型 / use one of the profiles that GET /api/v1/enrolments lists",
        ),
        "account-needed": (
            "account_id",
            "这类证书须对应一个账号",
            "a certificate of this profile belongs to an account",
            "请先到登记机构开立账号 / have an account opened first",
        ),
        "not-of-the-staff": (
            "profile",
            "操作员证书只发给运营、登记和机关人员的账号",
            "an operator's certificate is for accounts of operators, registrars and officers",
            "请改用个人证书 / ask for a person's certificate",
        ),
        "too-many-applications": (
            "request",
            "一天内提交的申请过多",
            "too many applications within a day",
            "请明天再试,或到登记机构办理 / try again tomorrow, or go to the registration office",
        ),
        "staff-of-another-office": (
            "agency",
            "工作人员账号的证书由平台或其本单位的登记机构受理",
            "certificates of staff are taken by the platform's office or that of their own agency",
            "请改向平台登记机构申请 / apply at the platform's office",
        ),
        "holder-not-a-code": (
            "holder",
            "持有单位须为有效的统一社会信用代码",
            "the holder must be a valid unified social credit code",
            "请照证照核对 / check it against the licence",
        ),
        "holder-differs": (
            "holder",
            "持有人与账号登记的主体不一致",
            "the holder is not the subject of the account",
            "请使用账号登记的主体 / use the subject of the account",
        ),
        "name-differs": (
            "holder_name",
            "名称与账号登记的名称不一致",
            "the name is not the one of the account",
            "请使用登记名称 / use the registered name",
        ),
        "request-names-another": (
            "request",
            "证书请求(CSR)写明的主体与申请不一致",
            "the request names somebody else than the application",
            "请核对是否取错了请求文件,或重新生成 / check the file, or make the request anew",
        ),
        "agency-not-a-code": (
            "agency",
            "受理机关须为有效的统一社会信用代码",
            "the agency must be a valid unified social credit code",
            "请留空,由平台登记机构受理 / leave it out: the platform's own office takes it",
        ),
        "names-not-allowed": (
            "names",
            "这类证书不写入这种名称",
            "a certificate of this profile carries no name of this kind",
            "请留空 / leave it out",
        ),
        "names-malformed": (
            "names",
            "每个名称写作 dns:主机名、ip:地址 或 email:邮箱,最多 20 个",
            "each is dns:HOST, ip:ADDRESS or email:MAILBOX, 20 at most",
            "请改正后重试 / correct it and send it again",
        ),
        "bundle-not-offered": (
            "bundle",
            "这类证书没有配套的加密证书",
            "this profile has no certificate for encryption",
            "请不要申请双证书 / ask for no bundle",
        ),
        "bundle-needs-sm2": (
            "request",
            "双证书的签名密钥须为 SM2",
            "the signing key of a bundle is SM2",
            "请用 SM2 密钥生成请求;RSA 请求放在 rsa_request / an RSA request goes into rsa_request",
        ),
        "rsa-request-not-rsa": (
            "rsa_request",
            "该请求的密钥不是 RSA 或 ECDSA",
            "its key is neither RSA nor ECDSA",
            "请核对两个请求是否放反 / the two requests may have changed places",
        ),
        "rsa-request-alone": (
            "rsa_request",
            "只有双证书申请才带第二个请求",
            "only a bundle takes a second request",
            "请作为 request 单独申请 / send it as request in an application of its own",
        ),
        "reason-malformed": (
            "reason",
            "原因为 1–500 个可见字符",
            "a reason has 1 to 500 visible characters",
            "请写明需要更正的内容 / say what has to be corrected",
        ),
        "lifetime-refused": (
            "hours",
            "有效时间为 1 至 720 小时",
            "1 to 720 hours",
            "请改写 / choose another lifetime",
        ),
    }
)


class EnrolmentRefused(EnrolmentError):
    """An application breaks a rule; each rule has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.field, self.zh, self.en, self.todo = _ORDER[code]
        super().__init__(f"{code}: {self.en}")


class CodeUnknown(EnrolmentError):
    """No enrolment code reads like this."""

    code = "enrolment-code-unknown"
    field = "code"
    zh = "没有这个注册码"
    en = "no such enrolment code"
    todo = "请逐字核对;遗失请到登记机构重领 / compare it letter by letter, or ask for another"


class CodeExpired(EnrolmentError):
    """The code is too old."""

    code = "enrolment-code-expired"
    field = "code"
    zh = "注册码已过期"
    en = "the enrolment code has expired"
    todo = "请到登记机构重领 / ask the registration office for another"


class CodeUsed(EnrolmentError):
    """The code brought an application already, for another key."""

    code = "enrolment-code-used"
    field = "code"
    zh = "注册码已经用过"
    en = "the enrolment code was used already"
    todo = "请用它查看已提交的申请 / it still opens the application that it was used for"


class EnrolmentDecided(EnrolmentError):
    """Somebody decided this application; nothing happened now."""

    code = "enrolment-decided"
    zh = "该申请已办结"
    en = "this enrolment was decided already"
    todo = "请刷新页面查看;本次没有重复办理 / reload: nothing was done twice"

    def __init__(self, enrolment_id: str, state: str) -> None:
        super().__init__(f"enrolment {enrolment_id} is {state}")
        self.enrolment_id, self.state = enrolment_id, state


class OwnEnrolment(EnrolmentError):
    """Nobody approves what was applied for by or for themselves."""

    code = "own-enrolment"
    zh = "不能审批自己提交或自己名下的申请"
    en = "nobody approves an application made by or for themselves"
    todo = "请由另一名登记员审批 / have another officer approve it"


class AnotherPersonNeeded(EnrolmentError):
    """One person's approval counts once."""

    code = "another-person-needed"
    zh = "您已批准过,还需另一人批准"
    en = "you approved it already; another person has to approve it as well"
    todo = "请由另一名登记员审批 / have another officer approve it"


class OfficeNeeded(EnrolmentError):
    """An agency does not vouch for itself alone."""

    code = "office-needed"
    zh = "本机关已有一人批准,另一人须来自登记机构"
    en = "one approval is the agency's own, the other has to be the registration office's"
    todo = "请由登记员或运营人员审批 / have a registrar or operator approve it"


class BundlesUnavailable(EnrolmentError):
    """The key centre, which makes encryption keys, is not there."""

    code = "bundles-unavailable"
    zh = "密钥管理中心未接入,不能申请双证书"
    en = "there is no key centre, so no bundle with an encryption certificate"
    todo = (
        "没有提交;请稍后再试,或明确只申请签名证书(bundle=false)"
        " / nothing was submitted: try later, or ask for a signing certificate alone (bundle=false)"
    )


class NotIssuedYet(EnrolmentError):
    """There is no certificate to fetch."""

    code = "not-issued-yet"
    zh = "证书尚未签发"
    en = "the certificate is not issued yet"
    todo = "请在批准后再来领取 / come back when it was approved"

    def __init__(self, enrolment_id: str, state: str) -> None:
        super().__init__(f"enrolment {enrolment_id} is {state}")
        self.enrolment_id, self.state = enrolment_id, state


class StatusQuestionRefused(EnrolmentError):
    """What was asked about is neither a serial number nor a fingerprint nor a certificate."""

    code = "status-question-refused"
    field = "query"
    zh = "既不是证书序列号、SHA-256 指纹,也不是证书文件"
    en = "neither a serial number, nor a SHA-256 fingerprint, nor a certificate"
    todo = (
        "序列号或指纹请用十六进制,空格和冒号均可;证书文件为 PEM 或 DER"
        " / write hexadecimal, spaces and colons do not matter; a file is PEM or DER"
    )


class NothingDelivered(EnrolmentError):
    """There is no encryption key with this certificate."""

    code = "nothing-delivered"
    zh = "这张证书没有配套的加密密钥"
    en = "no encryption key belongs to this certificate"
    todo = "只有双证书才有密钥信封 / only a bundle has an envelope"

    def __init__(self, certificate_id: str) -> None:
        super().__init__(f"certificate {certificate_id} has no envelope")
        self.certificate_id = certificate_id


_REFUSALS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "renewal-needs-approval": (
            "这类证书到期须重新申请,由两人审批",
            "a certificate of this profile is not renewed: two persons approve it anew",
            "请在申请页重新提交 / apply anew",
        ),
        "rekey-of-body": (
            "单位证书换用新密钥须重新申请,由登记机构审核",
            "new keys for a body are applied for anew: the registration office looks at who asks",
            "请在申请页重新提交 / apply anew",
        ),
        "renewal-of-ended": (
            "已挂失、吊销或过期的证书不能续期",
            "what is suspended, revoked or expired is not renewed",
            "请先恢复,或重新申请 / resume it first, or apply anew",
        ),
        "rekey-over-protocol": (
            "服务器和设备证书经 ACME 或 EST 换发",
            "servers and devices get new keys over ACME or EST, where their names are proven",
            "请使用 ACME 或 EST / use ACME or EST",
        ),
        "rekey-other-keys": (
            "换发须覆盖原有的每一个签名密钥,不多不少",
            "a re-key brings a request for every signing key that is there, and for no other",
            "原证书组含 RSA 或 ECDSA 证书时须提交 rsa_request / send rsa_request exactly for such bundles",
        ),
        "renewal-too-early": (
            "到期前 90 天内才能续期",
            "a certificate is renewed within 90 days of its end",
            "请届时再办 / come back then",
        ),
    }
)


class RenewalRefused(EnrolmentError):
    """A certificate is not renewed; each rule has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.zh, self.en, self.todo = _REFUSALS[code]
        super().__init__(f"{code}: {self.en}")


class SuspendedByAnother(EnrolmentError):
    """Only who suspended a certificate, or the registration office, resumes it."""

    code = "suspended-by-another"
    zh = "这张证书不是您本人挂失的"
    en = "somebody else suspended this certificate"
    todo = "请到登记机构办理恢复 / have the registration office resume it"
