# SPDX-License-Identifier: Apache-2.0
"""How an error becomes words.  Each function makes an answer: a function from one error to its problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from .value import FieldError, Problem, code_of

Answer: TypeAlias = Callable[[Any], Problem]
Rows: TypeAlias = dict[type[Exception], Answer]
"""One answer for each class; a class that is not listed is answered like its parent."""

OURS_TITLE = "服务内部出错"
OURS_DETAIL = (
    "本次操作没有完成,也没有留下半成品;问题已记录,请稍后重试或联系运营人员。"
    " Nothing was done and nothing was left half-done. It was recorded: try later, or tell the operator."
)
CORRECT = "请改正后重试 / correct it and send it again"


def say(status: int, title: str, detail: str, *, field: str = "") -> Answer:
    """The same words for every error of a class; ``field`` when it is about one field."""

    def answer(error: Any) -> Problem:
        errors = (FieldError(field, title, CORRECT),) if field else ()
        return Problem(status, code_of(type(error)), title, detail, errors)

    return answer


def spoken(status: int) -> Answer:
    """The words of the error itself: ``code``, ``zh``, ``en``, ``todo``, and ``field`` when it has one."""

    def answer(error: Any) -> Problem:
        todo_zh, _, todo_en = error.todo.partition(" / ")
        detail = f"{_zh(todo_zh)} {_en(error.en)}" + (f" {_en(todo_en)}" if todo_en else "")
        field = getattr(error, "field", "")
        rule = getattr(error, "rule", f"{error.zh} / {error.en}")
        errors = (FieldError(field, rule, error.todo),) if field else ()
        return Problem(status, error.code, error.zh, detail, errors)

    return answer


def refused(status: int, title: str) -> Answer:
    """Refusals that say what is wrong and what to do in one sentence: ``code``, ``zh``, ``en``."""
    return lambda error: Problem(status, error.code, title, f"{_zh(error.zh)} {_en(error.en)}")


def one_field(status: int, title: str, *, field: str = "") -> Answer:
    """Errors about one field: ``field`` (or the given one), ``rule``, and ``todo`` when the error has it."""

    def answer(error: Any) -> Problem:
        one = FieldError(
            field or getattr(error, "field", ""),
            _bounded(getattr(error, "rule", title)),
            getattr(error, "todo", CORRECT),
        )
        detail = "请按下列说明改正后重试。 Correct what is named below and send it again."
        return Problem(status, code_of(type(error)), title, detail, (one,))

    return answer


def many_fields(title: str, errors_of: Callable[[Any], Iterable[FieldError]]) -> Answer:
    """Errors about several fields at once."""
    detail = "请按下列说明逐项改正后重试;已填内容不会丢失。 Correct what is named below; nothing is lost."
    return lambda error: Problem(422, code_of(type(error)), title, detail, tuple(errors_of(error)))


def ours(title: str = OURS_TITLE, *, status: int = 500, code: str = "") -> Answer:
    """Our fault: nothing about its inside, and that nothing was half-done."""
    return lambda error: Problem(status, code or code_of(type(error)), title, OURS_DETAIL)


def later(title: str = "服务暂时繁忙") -> Answer:
    """Something that is expected to work again soon."""
    detail = "请稍后重试;已填内容不会丢失。 Try again in a moment; nothing you typed is lost."
    return lambda _error: Problem(503, "try-later", title, detail)


def _zh(sentence: str) -> str:
    return sentence if sentence.endswith(("。", "?", "!")) else f"{sentence}。"


def _en(sentence: str) -> str:
    begun = sentence[:1].upper() + sentence[1:]
    return begun if begun.endswith((".", "?", "!")) else f"{begun}."


def _bounded(rule: str) -> str:
    return rule if len(rule) <= 300 else f"{rule[:300]}…"
