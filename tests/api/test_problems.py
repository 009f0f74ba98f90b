# SPDX-License-Identifier: Apache-2.0
"""Every error of every face has words and a status; what is unknown tells nothing."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import api
import ca
import keys
import relying
import seal
import verify
from api.documents import NoSuchDocument
from api.login import LOGIN_CODES, LoginRefused
from api.plugins import FieldProblem, FieldsRefused
from api.problems import TABLE, Problem, answer_of, code_of, problem_of
from api.submissions import AttachmentRefused, SlotsWrong
from ca import Finding, LintRefused
from seal import GrantRefused, PdfRefused

OUTSIDE = {
    # Say in words why a command cannot run; no request meets them.
    "api.settings.errors.SettingsError",
    "api.wiring.errors.WiringError",
    "api.cli.files.InputRefused",
    # The witness's own, which runs beside no service; its server answers them with the statuses of C2SP.
    "api.witness.errors.WitnessError",
    "api.witness.errors.WitnessDamaged",
    "api.witness.errors.LogUnknown",
    "api.witness.errors.OldSizeWrong",
    "api.witness.errors.HeadRefused",
    # The demonstration's own, on the client's side.
    "api.demo.client.Refused",
    "api.demo.serving.ServiceDied",
    "api.demo.play.OutputTaken",
    # Caught inside their own file or room.
    "api.routes.limits.TooLarge",
    "api.confined.limits.NotConfined",
    "api.confined.parcels.WireBroken",
    "api.acme.ports.Unproven",
    "api.settings.errors.Wrong",
    "verify.cms.errors.Refused",
    "seal.pdf.plain.NotPlainError",
    "verify.pdf.coverage.CoverageRefused",
    "verify.pdf.revisions.NotComparable",
    "verify.pdf.changes.step.Unexplained",
    "verify.pdf.structure.syntax.Malformed",
}
OUR_FAULT = re.compile(r"Unavailable|DidNotVerify|Misbehaved|NotLinted|Vault|Label|NoSuchKey")


def error_classes() -> Iterator[type[Exception]]:
    """Every exception that the six packages define, whatever file it stands in."""
    seen = set()
    for package in (keys, verify, ca, seal, relying, api):
        names = [one.name for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
        for name in (package.__name__, *names):
            if name.startswith("api.database.migrations") or name.endswith("__main__"):
                continue
            module = importlib.import_module(name)
            for kind in vars(module).values():
                if (
                    isinstance(kind, type)
                    and issubclass(kind, Exception)
                    and kind.__module__ == module.__name__
                ):
                    seen.add(kind)
    return iter(sorted((one for one in seen if not one.__name__.startswith("_")), key=named))


def named(kind: type[Exception]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


ERRORS = [one for one in error_classes() if named(one) not in OUTSIDE]


def example(kind: type[Exception]) -> Exception:
    """One error of this class; its arguments hold a word that no answer may repeat by accident."""
    if kind.__init__ is Exception.__init__:
        return kind("样例 a sample text")
    given: dict[str, Any] = {}
    rest: list[Any] = []
    for name, one in list(inspect.signature(kind.__init__).parameters.items())[1:]:
        if one.default is not inspect.Parameter.empty:
            continue
        if one.kind is inspect.Parameter.VAR_POSITIONAL:
            continue
        value = sample(kind, name, str(one.annotation))
        if one.kind is inspect.Parameter.KEYWORD_ONLY:
            given[name] = value
        else:
            rest.append(value)
    return kind(*rest, **given)


def sample(kind: type[Exception], name: str, annotation: str) -> Any:
    if name == "code":
        words = getattr(inspect.getmodule(kind), "_WORDS", None) or {}
        for table in ("_REFUSALS", "_ORDER", "_REVOCATION", "_QR_KEYS"):
            candidates = vars(inspect.getmodule(kind)).get(table, {})
            for code in candidates:
                try:
                    kind(code)
                except (KeyError, ValueError, TypeError):
                    continue
                return code
        return next(iter(words), "some-code")
    if name == "findings" and "tuple" in annotation:
        return [("slot", "所见 / what and where")]
    if name == "findings":
        return [Finding("rule", "规则", "a rule")]
    if name == "errors":
        return [FieldProblem("field", "规则 / a rule", "改正 / correct it")]
    if annotation.startswith("int"):
        return 7
    if annotation.startswith("float"):
        return 7.0
    if annotation.startswith("Mapping"):
        return {"item": "why"}
    if annotation.startswith(("Sequence", "tuple", "Iterable")):
        return ["one"]
    if annotation.startswith("str | None"):
        return None
    if annotation.startswith("SealError"):
        return PdfRefused("pdf-empty")
    return "样例 / a sample text"


def test_some_were_found() -> None:
    assert len(ERRORS) > 90


@pytest.mark.parametrize("kind", ERRORS, ids=named)
def test_every_error_has_an_answer(kind: type[Exception]) -> None:
    assert answer_of(kind) is not None, "add it to api/problems"
    problem = problem_of(example(kind))
    assert problem.code != "internal", "its answer could not be made"
    assert 400 <= problem.status < 600
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", problem.code)
    assert any("一" <= one <= "鿿" for one in problem.title)
    zh, en = re.search("[一-鿿]", problem.detail), re.search("[A-Za-z]{2,} [A-Za-z]{2,}", problem.detail)
    assert en, problem.detail
    assert zh, problem.detail
    assert all(one.rule and one.todo for one in problem.errors)
    json.dumps(problem.as_json())


def test_codes_of_one_status_are_one_thing() -> None:
    """A code never means two statuses, except where the rule itself says so (login)."""
    seen: dict[str, set[int]] = {}
    for kind in ERRORS:
        problem = problem_of(example(kind))
        if problem.code != "some-code":
            seen.setdefault(problem.code, set()).add(problem.status)
    assert {code: found for code, found in seen.items() if len(found) > 1} == {}


def test_what_a_person_can_correct_is_no_fault_of_ours() -> None:
    for kind in ERRORS:
        if OUR_FAULT.search(kind.__name__):
            assert problem_of(example(kind)).status >= 500, kind


@pytest.mark.parametrize(
    "error", [RuntimeError("李样一 110101199001011237 /var/lib"), KeyError("secret-word"), MemoryError()]
)
def test_the_unknown_tells_nothing(error: Exception) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (500, "internal")
    text = json.dumps(problem.as_json(), ensure_ascii=False)
    assert not any(word in text for word in ("李样一", "110101", "/var", "secret-word", "Error"))


def test_an_error_without_its_data_is_still_answered() -> None:
    broken = SlotsWrong.__new__(SlotsWrong)
    assert problem_of(broken).code == "internal"


def test_a_busy_database_is_later() -> None:
    problem = problem_of(OperationalError("INSERT …", {"name": "李样一"}, Exception("database is locked")))
    assert (problem.status, problem.code) == (503, "try-later")
    assert "INSERT" not in problem.detail


def test_the_document() -> None:
    """RFC 9457 members, and ours: code and errors."""
    found = problem_of(
        FieldsRefused([FieldProblem("price", "应为十进制数 / a decimal", "改正 / correct it")])
    )
    assert found.as_json() == {
        "type": "urn:yinxin:problem:fields-refused",
        "title": "填写的内容不符合要求",
        "status": 422,
        "detail": found.detail,
        "code": "fields-refused",
        "errors": [{"field": "price", "rule": "应为十进制数 / a decimal", "todo": "改正 / correct it"}],
    }


@pytest.mark.parametrize("code", LOGIN_CODES)
def test_each_refused_login_has_its_own_code(code: str) -> None:
    problem = problem_of(LoginRefused(code))
    assert problem.code == code
    assert problem.status in (401, 403, 429, 503)


@pytest.mark.parametrize(
    ("error", "status", "code", "fields"),
    [
        (NoSuchDocument("X"), 404, "no-such-document", []),
        (SlotsWrong(missing=["a"], unknown=["b"]), 422, "slots-wrong", ["a", "b"]),
        (PdfRefused("pdf-encrypted"), 422, "pdf-encrypted", []),
        (GrantRefused("expired"), 403, "expired", []),
        (LintRefused([Finding("serial", "序列号", "serial")]), 422, "lint-refused", ["serial"]),
    ],
)
def test_some_answers(error: Exception, status: int, code: str, fields: Sequence[str]) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (status, code)
    assert [one.field for one in problem.errors] == fields


def test_an_attachment_is_named() -> None:
    parameters: Mapping[str, Any] = inspect.signature(AttachmentRefused.__init__).parameters
    more = {"code": "pdf-empty"} if "code" in parameters else {}
    problem = problem_of(AttachmentRefused("land_approval", why="文件为空 it is empty", **more))
    assert problem.code == "pdf-empty"
    assert problem.errors[0].field == "land_approval"


def test_codes_come_from_names() -> None:
    assert code_of(NoSuchDocument) == "no-such-document"


def test_the_table_holds_no_accident() -> None:
    """Every row is used by at least one class of ours, or by the driver."""
    kinds = set(ERRORS)
    foreign = [kind for kind in TABLE if kind not in kinds and not kind.__module__.startswith("sqlalchemy")]
    assert foreign == []
    assert isinstance(problem_of(ValueError()), Problem)
