# SPDX-License-Identifier: Apache-2.0
"""Why a batch is not ordered, started or shown.  What is wrong with single items are ``Problem`` values."""

from __future__ import annotations


class BatchError(Exception):
    """Anything about batches.  ``zh`` and ``en`` say what is wrong, ``todo`` what to do about it."""

    code = "batch-error"
    zh = "批量办理未能完成"
    en = "the batch could not be worked on"
    todo = "请稍后重试,或联系运营人员 / try again later, or ask the operator"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)


class NoSuchBatch(BatchError):
    """There is none with this id, or this login may not know of it."""

    code = "no-such-batch"
    zh = "没有这个批次"
    en = "there is no batch with this id"
    todo = "请核对批次编号 / check its id"

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"no batch {batch_id}")
        self.batch_id = batch_id


class NoSuchBatchItem(BatchError):
    """The batch has no item of this number, or none with a file."""

    code = "no-such-batch-item"
    zh = "批次中没有这个文件"
    en = "the batch has no such file"
    todo = "请核对序号;只有已完成的条目有文件 / check the number: only what is done has a file"

    def __init__(self, batch_id: str, number: int) -> None:
        super().__init__(f"batch {batch_id} has no file {number}")
        self.batch_id, self.number = batch_id, number


class BatchOrderRefused(BatchError):
    """One field of an order breaks a rule."""

    code = "batch-order-refused"
    zh = "批量办理的要求不符合规则"
    en = "the order of a batch breaks a rule"

    def __init__(self, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule} ({todo})")
        self.field, self.rule, self.todo = field, rule, todo


class BatchInAnotherState(BatchError):
    """What is asked is not possible in the state of the batch."""

    code = "batch-in-another-state"
    todo = "请刷新页面查看批次现状 / look at the batch again"

    def __init__(self, state: str) -> None:
        self.zh = f"批次当前状态为 {state},不能这样办理"
        self.en = f"the batch is {state}, so this cannot be done"
        super().__init__(self.en)
        self.state = state


class BatchHasBadRows(BatchError):
    """Rows break rules, and nobody said that the good ones may go on without them."""

    code = "batch-has-bad-rows"
    todo = (
        "请改正后重新提交这些行,或确认只办理无误的行"
        " / correct and send these rows again, or say that the good ones go on alone"
    )

    def __init__(self, bad: int) -> None:
        self.zh, self.en = f"有 {bad} 行不符合要求", f"{bad} rows break rules"
        super().__init__(self.en)
        self.bad = bad


class BatchEmpty(BatchError):
    """Nothing to do."""

    code = "batch-empty"
    zh = "批次中没有可办理的条目"
    en = "the batch has no good item"
    todo = "请先提交数据行或文件 / send rows or files first"


class BatchTooLarge(BatchError):
    """More than one order takes."""

    code = "batch-too-large"

    def __init__(self, most: int) -> None:
        self.zh, self.en = f"一个批次最多 {most} 个条目", f"a batch has at most {most} items"
        self.todo = "请分成几个批次 / make several batches"
        super().__init__(self.en)
        self.most = most


class BatchKeyTaken(BatchError):
    """The same idempotency key came before with another order."""

    code = "batch-key-taken"
    zh = "同一请求编号已用于另一个批次"
    en = "this idempotency key came before with another order"
    todo = "请换一个请求编号 / use a new key"
    field = "idempotency_key"


class BatchExpired(BatchError):
    """Prepared for the applicant's key too long ago."""

    code = "batch-expired"
    zh = "待签名的批次已过期"
    en = "the batch was prepared too long ago"
    todo = "请重新提交文件 / send the files again"


class ListSignatureRefused(BatchError):
    """The signed list, or a signature of it, does not belong to the files and the certificate."""

    code = "list-signature-refused"
    zh = "签名与清单不符,没有签署任何文件"
    en = "a signature does not fit the list; nothing was sealed"

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: {self.en}")
        self.field = field
        self.rule = "须用该证书的密钥对收到的原始字节签名 / sign exactly the bytes received, with that key"
        self.todo = "请重新签名后提交全部签名 / sign again and send all signatures"


class LeaseLost(BatchError):
    """Somebody else has taken these items meanwhile; what was made of them here is thrown away."""

    code = "lease-lost"
    en = "these items were taken by another worker"


class UploadAltered(BatchError):
    """What is stored of an item is not what was ordered."""

    code = "upload-altered"
    zh = "存储的文件与提交时不一致,没有签署"
    en = "the stored file is not the one that was sent; nothing was sealed"
    todo = "请联系运营人员 / ask the operator"

    def __init__(self, number: int) -> None:
        super().__init__(f"item {number}: {self.en}")
        self.number = number


class BatchStopped(BatchError):
    """The whole batch cannot go on now; :attr:`field`, :attr:`rule` and :attr:`todo` say why."""

    code = "batch-stopped"
    zh = "批次已暂停"
    en = "the batch was stopped"

    def __init__(self, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule, self.todo = field, rule, todo
