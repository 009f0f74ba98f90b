# SPDX-License-Identifier: Apache-2.0
"""Every rule about an item, asked before the start.

Of a row: its fields, what its module says, whether it prints; of a file: whether it can be sealed at the
place that was ordered.  Nothing is stored or signed here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from relying import Body, Field, FieldKind, Form, Json, Order
from seal import (
    Appearance,
    Drawing,
    OfdRefused,
    Placement,
    SealError,
    SealingCertificate,
    SealRefused,
    prepare_ofd,
    prepare_pdf,
)
from verify import canonical_json

from ..documents import REHEARSAL, rehearse
from ..plugins import ADDRESSEE, EnabledModules, FieldProblem, FieldsRefused, ModuleMisbehaved
from .model import Place, Problem, RawRow, Upload

HOLDER, KEY = "holder", "key"
"""Columns that belong to the batch; every other one is a field of the form."""

LONGEST_KEY = 100
_LONGEST_HOLDER = 64
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})\Z")
_FIX = "请改正后重新提交这一行 / correct this line and send it again"
_OTHER_AGENCY = FieldProblem(
    ADDRESSEE,
    "不是所用印章的机关 / not the agency that holds the seal",
    "请留空,或填写印章所属机关 / leave it out, or name that agency",
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One item as it will be stored; with problems, it is bad and stays so until it is sent again."""

    line: int
    key: str
    name: str
    digest: str
    body: str | None = None
    content: bytes | None = None
    prepared: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RowRules:
    """What rows of one document type have to obey."""

    modules: EnabledModules
    document_type: str
    issuer: str
    at: datetime

    def fields(self) -> tuple[Field, ...]:
        """The fields of a row beside :data:`HOLDER` and :data:`KEY`."""
        form = self._form()
        return form.fields if form else self.modules.document(self.document_type).request

    def check(self, row: RawRow) -> Checked:
        """One row; never raises for what a row may hold."""
        if row.problems:
            return _bad(row.line, row.problems)
        values = dict(row.values)
        key, holder = values.pop(KEY, ""), values.pop(HOLDER, "")
        problems = [*key_problems(key), *_holder_problems(holder)]
        try:
            data = self._data(values)
            if not problems:
                order = Order(str(holder).strip(), self.issuer, data, REHEARSAL, self.at)
                rehearse(self.modules, self.document_type, order)
        except FieldsRefused as refused:
            return _bad(row.line, (*problems, *(_problem(one) for one in refused.errors)))
        except ModuleMisbehaved:
            problems.append(
                Problem(
                    "row",
                    "业务模块无法处理这一行 / the module cannot work on this row",
                    "请联系运营人员 / ask the operator",
                )
            )
        if problems:
            return _bad(row.line, problems)
        body = canonical_json({"holder": str(holder).strip(), "data": data})
        digest = hashlib.sha256(body).hexdigest()
        return Checked(
            row.line, str(key) or derived_key(digest), str(holder).strip(), digest, body=body.decode()
        )

    def _form(self) -> Form | None:
        return next((one for one in self.modules.forms if one.issues == self.document_type), None)

    def _data(self, values: Mapping[str, Json]) -> Body:
        typed: dict[str, Json] = dict(values)
        for one in self.fields():
            value = typed.get(one.name)
            # A sheet has no numbers, only texts of them.
            if one.kind is FieldKind.INTEGER and isinstance(value, str) and _INTEGER.match(value.strip()):
                typed[one.name] = int(value)
        form = self._form()
        if form is None:
            return self.modules.check_request(self.document_type, typed)
        addressed = any(one.name == ADDRESSEE for one in form.fields)
        if addressed and typed.setdefault(ADDRESSEE, self.issuer) != self.issuer:
            raise FieldsRefused([_OTHER_AGENCY])
        return self.modules.check_form(form.name, typed)


@dataclass(frozen=True, slots=True)
class FileRules:
    """What ready files have to obey."""

    sealing: SealingCertificate
    place: Place
    drawing: Drawing
    appearance: Appearance
    at: datetime
    esl: bytes | None = None
    """The electronic seal: what an OFD needs beside the certificate."""

    def check(self, line: int, upload: Upload) -> Checked:
        """One file; never raises for what a file may hold."""
        digest = hashlib.sha256(upload.content).hexdigest()
        name = shown_name(upload.name)
        problems = [*key_problems(upload.key)]
        try:
            self._try(upload.content)
        except SealRefused as refused:
            problems.append(refusal(refused))
        except SealError as error:
            problems.append(Problem("file", f"文件不能签章 / the file cannot be sealed: {error}", _FIX))
        return Checked(
            line,
            # A file that is refused is known by its content too when it comes again.
            f"!{digest}" if problems else upload.key or derived_key(digest),
            name,
            digest,
            content=upload.content,
            problems=tuple(problems),
        )

    def _try(self, content: bytes) -> None:
        """Everything but the signature."""
        place = placement_of(self.place, self.drawing)
        if is_ofd(content):
            esl = require_esl(self.esl)
            certificate = self.sealing.certificate
            prepare_ofd(content, esl=esl, certificate=certificate, at=self.at, marks=(place,))
            return
        prepare_pdf(
            content,
            sealing=self.sealing,
            at=self.at,
            placement=place,
            appearance=self.appearance,
            reason="-",
        )


def is_ofd(content: bytes) -> bool:
    """An OFD is a ZIP package (GB/T 33190); whether it is a good one, its reader says."""
    return content.startswith(b"PK\x03\x04")


def require_esl(esl: bytes | None) -> bytes:
    """The electronic seal; raises :class:`OfdRefused` for one that cannot seal an OFD."""
    if esl is None:
        raise OfdRefused("ofd-seal-not-sm2", "no electronic seal")
    return esl


def placement_of(place: Place, drawing: Drawing) -> Placement:
    """Where the seal stands, in true size."""
    width, height = drawing.width_mm, drawing.height_mm
    return Placement(page=place.page, x_mm=place.x_mm, y_mm=place.y_mm, width_mm=width, height_mm=height)


def refusal(error: SealRefused) -> Problem:
    """A refused file in words: these refusals say in one sentence what is wrong and what to do."""
    zh, _, todo_zh = error.zh.partition(";")
    en, _, todo_en = error.en.partition(": ")
    fix_zh, _, fix_en = _FIX.partition(" / ")
    return Problem("file", f"{zh} / {en}", f"{todo_zh or fix_zh} / {todo_en or fix_en}")


def derived_key(digest: str) -> str:
    """The key of an item that brought none: the same content is the same item."""
    return f"sha256:{digest}"


def key_problems(key: Json) -> Sequence[Problem]:
    """A key that came with an item; an empty one is none."""
    fits = isinstance(key, str) and len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()
    if fits and not str(key).startswith(("!", "sha256:")):
        return ()
    return (
        Problem(
            KEY,
            f"应为最多 {LONGEST_KEY} 个可打印的 ASCII 字符,不以 ! 或 sha256: 开头"
            f" / at most {LONGEST_KEY} printable ASCII characters, not beginning with ! or sha256:",
            "请改用业务编号,或留空 / use a number of your own, or leave it out",
        ),
    )


def shown_name(name: str) -> str:
    """The last part of a file's name, without anything that a page or terminal would obey."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(one if one.isprintable() else "_" for one in last)[-200:] or "file"


def _holder_problems(holder: Json) -> Sequence[Problem]:
    text = holder.strip() if isinstance(holder, str) else ""
    if text and len(text) <= _LONGEST_HOLDER and text.isprintable():
        return ()
    return (
        Problem(
            HOLDER,
            "必填,为持有人的统一社会信用代码或人员标识 / required: the holder's credit code or subject",
            "请填写持有人 / fill in the holder",
        ),
    )


def _problem(one: FieldProblem) -> Problem:
    return Problem(one.field, one.rule, one.todo)


def _bad(line: int, problems: Sequence[Problem]) -> Checked:
    return Checked(line, "", "", "", problems=tuple(problems))
