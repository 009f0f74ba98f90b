# SPDX-License-Identifier: Apache-2.0
"""Files of rules that people write: YAML, read as narrowly as it can be.

Text in quotes or without them, whole numbers, true and false, lists and mappings; nothing else of YAML 1.1.
``no`` is a word and not a falsehood, a date is text, and there are no anchors, aliases, tags, null values or
keys that stand twice: whoever signs such a file must read in it what the program reads.  Values are then
taken out by name and type, and a key that nobody asked for is an error that names the nearest right one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

import yaml

from .errors import DocumentRefused

LARGEST_DOCUMENT = 64 * 1024
DEEPEST, MOST_EVENTS = 8, 20_000

Value: TypeAlias = "bool | int | str | list[Any] | dict[str, Any]"
Refused: TypeAlias = type[DocumentRefused]

_WHOLE = re.compile(r"(0|-?[1-9][0-9]{0,11})\Z", re.ASCII)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_ABSENT: Any = object()


def parse_document(data: bytes, *, refused: Refused) -> Fields:
    """The mapping that the file holds.  Raises ``refused`` and nothing else."""
    if len(data) > LARGEST_DOCUMENT:
        raise _no(refused, f"不超过{LARGEST_DOCUMENT}字节 / {LARGEST_DOCUMENT} bytes at most")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _no(refused, "不是UTF-8编码 / not UTF-8") from None
    try:
        value = _build(yaml.parse(text, Loader=yaml.SafeLoader), refused)
    except yaml.YAMLError as error:
        raise _no(refused, f"不是YAML / not YAML: {' '.join(str(error).split())[:200]}") from None
    except (ValueError, OverflowError, IndexError):
        # Escapes such as "\U00110000" are turned into characters without a look at their range.
        raise _no(refused, "不是YAML / not YAML: an escape that is no character") from None
    if not isinstance(value, dict):
        raise _no(refused, "最外层须是键值 / a mapping at the top")
    return Fields(value, "", refused)


def _no(refused: Refused, rule: str, where: str = "file") -> DocumentRefused:
    return refused(field=where, rule=rule, todo="请改正该处后重试 / correct it there and try again")


def _build(events: Iterator[Any], refused: Refused) -> Value:
    """The one document of the stream; a stack instead of recursion, so that depth is a number."""
    result: list[Value] = []
    open_: list[tuple[Value, str | None]] = []  # containers, and the key that waits for its value
    for count, event in enumerate(events):
        where = f"line {event.start_mark.line + 1}"
        if count > MOST_EVENTS:
            raise _no(refused, "文件过于复杂 / too many items", where)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _no(refused, "不许用锚点与别名 / no anchors, no aliases", where)
        if getattr(event, "tag", None) is not None:
            raise _no(refused, "不许用类型标记 / no tags", where)
        if isinstance(event, yaml.DocumentStartEvent) and (result or event.version or event.tags):
            raise _no(refused, "只许一个文档,不带指令 / one document, no directives", where)
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            value, _ = open_.pop()
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(open_) >= DEEPEST:
                raise _no(refused, f"最多{DEEPEST}层 / {DEEPEST} levels at most", where)
            if open_ and isinstance(open_[-1][0], dict) and open_[-1][1] is None:
                raise _no(refused, "键须为文字 / a key is text", where)
            open_.append(([] if isinstance(event, yaml.SequenceStartEvent) else {}, None))
            continue
        elif isinstance(event, yaml.ScalarEvent):
            holder, key = open_[-1] if open_ else (None, None)
            if isinstance(holder, dict) and key is None:
                if event.value in holder:
                    raise _no(refused, f"键 {event.value!r} 重复 / a key twice", where)
                open_[-1] = (holder, event.value)
                continue
            value = _scalar(event, refused, where)
        else:
            continue
        _put(value, open_, result)
    if not result:
        raise _no(refused, "文件为空 / the file is empty")
    return result[0]


def _put(value: Value, open_: list[tuple[Value, str | None]], result: list[Value]) -> None:
    holder, key = open_[-1] if open_ else (result, None)
    if isinstance(holder, dict) and key is not None:
        holder[key] = value
        open_[-1] = (holder, None)
    elif isinstance(holder, list):
        holder.append(value)


def _scalar(event: Any, refused: Refused, where: str) -> Value:
    text: str = event.value
    if not event.implicit[0]:  # quoted, or a block: text whatever it looks like
        return text
    if text in _NULLS:
        raise _no(refused, "此处须有值 / a value is missing", where)
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _WHOLE.match(text) else text


@dataclass(frozen=True, slots=True)
class Fields:
    """One mapping of a file; ``path`` says where it stands."""

    values: Mapping[str, Any]
    path: str
    refused: Refused

    def error(self, name: str, rule: str, todo: str) -> DocumentRefused:
        """What is wrong with one value of this mapping."""
        return self.refused(field=self._at(name), rule=rule, todo=todo)

    def only(self, *known: str) -> None:
        """Every other key is an error: it would say something that nobody obeys."""
        for name in self.values:
            if name not in known:
                near = get_close_matches(name, known, 1) or sorted(known)
                raise self.error(
                    name[:64],
                    "没有这个键 / no such key",
                    f"是否想写 / perhaps {', '.join(near)}",
                )

    def text(self, name: str, default: Any = _ABSENT, *, pattern: str = r".{1,200}") -> str:
        """Text of one line."""
        found = self._get(name, str, "文字 / text", default)
        if found is not default and not re.fullmatch(pattern, found):
            raise self.error(
                name, f"不合格式 / not of the form {pattern}", "请按格式填写 / write it in that form"
            )
        return str(found)

    def whole(self, name: str, default: Any = _ABSENT, *, least: int, most: int) -> int:
        """A whole number."""
        found = self._get(name, int, "整数 / a whole number", default)
        if not least <= found <= most:
            raise self.error(
                name, f"{least}至{most} / {least} to {most}", "请填该范围内的数 / a number in that range"
            )
        return int(found)

    def flag(self, name: str, default: Any = _ABSENT) -> bool:
        """``true`` or ``false``."""
        return bool(self._get(name, bool, "true或false / true or false", default))

    def one_of(self, name: str, known: Sequence[str], default: Any = _ABSENT) -> str:
        """One word of a list."""
        found = self._get(name, str, "文字 / text", default)
        return found if found is default else self._known(name, found, known)

    def texts(self, name: str, known: Sequence[str] | None = None, *, most: int = 32) -> tuple[str, ...]:
        """A list of different texts; empty when absent."""
        found = self._get(name, list, "列表 / a list", [])
        if len(found) > most or not all(isinstance(one, str) and one for one in found):
            raise self.error(
                name,
                f"最多{most}项文字 / a list of {most} texts at most",
                "请改为文字列表 / write such a list",
            )
        if len(set(found)) != len(found):
            raise self.error(name, "有重复项 / an item stands twice", "请只写一次 / write it once")
        return tuple(found if known is None else [self._known(name, one, known) for one in found])

    def within(self, name: str) -> Fields:
        """A mapping inside."""
        return Fields(self._get(name, dict, "键值 / a mapping", _ABSENT), self._at(name), self.refused)

    def each(self, name: str, *, most: int) -> tuple[Fields, ...]:
        """A list of mappings, not empty."""
        found = self._get(name, list, "列表 / a list", _ABSENT)
        if not 0 < len(found) <= most or not all(isinstance(one, dict) for one in found):
            raise self.error(
                name, f"1至{most}项键值 / 1 to {most} mappings", "请改为键值列表 / write such a list"
            )
        return tuple(
            Fields(one, f"{self._at(name)}[{number}]", self.refused) for number, one in enumerate(found)
        )

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _known(self, name: str, found: str, known: Sequence[str]) -> str:
        if found not in known:
            near = get_close_matches(found, known, 1) or sorted(known)
            raise self.error(
                name, f"没有 {found[:64]!r} / no such value", f"是否想写 / perhaps {', '.join(near)}"
            )
        return found

    def _get(self, name: str, kind: type, what: str, default: Any) -> Any:
        found = self.values.get(name, default)
        if found is _ABSENT:
            raise self.error(name, "缺少此项 / missing", f"请填写:{what} / give it")
        if found is not default and type(found) is not kind:
            raise self.error(name, f"须为{what}", "请改正类型 / correct its type")
        return found
