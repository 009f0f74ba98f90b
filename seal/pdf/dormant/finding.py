# SPDX-License-Identifier: Apache-2.0
"""What was found in a document that is to be sealed: what it is, how bad, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..sheet import Box


class Severity(StrEnum):
    """A document with the first is not sealed; of the second whoever seals is told."""

    REFUSE = "refuse"
    WARN = "warn"


_R, _W = Severity.REFUSE, Severity.WARN

_WORDS: Final = {
    # What runs or is fetched.
    "script": (_R, "脚本", "a script"),
    "starts-program": (_R, "启动程序的动作", "an action that starts a program"),
    "imports-data": (_R, "导入数据的动作", "an action that imports data"),
    "sends-form": (_R, "提交表单的动作", "an action that sends the form"),
    "changes-fields": (_R, "改变表单域的动作", "an action that changes form fields"),
    "hides-content": (_R, "隐藏内容的动作", "an action that hides content"),
    "switches-layers": (_R, "切换图层的动作", "an action that switches layers"),
    "plays-media": (_R, "多媒体或三维内容", "media or a scene that plays or moves"),
    "runs-by-itself": (_R, "自动执行的动作", "actions that run by themselves"),
    "runs-on-opening": (_R, "打开时执行的动作", "an action that runs on opening"),
    "dynamic-form": (_R, "动态表单(XFA)", "a dynamic form (XFA)"),
    "external-stream": (_R, "存放在其他文件中的内容", "a stream kept in another file"),
    "external-page": (_R, "显示其他文件的页面", "a page shown from another file"),
    "external-image": (_R, "存放在别处的图像", "an image kept elsewhere"),
    "alternate-images": (
        _R,
        "屏幕与打印不同的图像",
        "images that change between screen and print",
    ),
    "link-to-file": (_W, "指向其他文件的链接", "a link to another file"),
    # Pages, layers, files.
    "page-not-listed": (_R, "未列入目录的页面", "a page that the document does not list"),
    "layer-changes": (
        _R,
        "显示、打印或导出时状态不同的图层",
        "a layer whose state differs between screen, print and export",
    ),
    "layer-depends-on-viewer": (
        _R,
        "随缩放、语言或用户变化的图层",
        "a layer that depends on zoom, language or user",
    ),
    "layer-off": (_W, "默认不显示的图层", "a layer that is not shown"),
    "portfolio": (_R, "文件包(打开时显示其他文件)", "a portfolio, which shows another file on opening"),
    "embedded-file": (_W, "附件", "an embedded file"),
    # Annotations.
    "annotation-hides-text": (_R, "遮挡文字的批注", "an annotation that hides text"),
    "annotation-hides-picture": (_W, "遮挡页面内容的批注", "an annotation that hides part of the page"),
    "annotations-overlap": (_R, "相互遮挡的批注", "annotations that lie over each other"),
    "annotation-only-printed": (
        _R,
        "只在打印时出现的批注",
        "an annotation that is printed and not shown",
    ),
    "annotation-hidden": (_W, "隐藏的批注", "a hidden annotation"),
    "annotations-unchecked": (
        _R,
        "批注过多,无法逐一检查",
        "more annotations than can be looked at",
    ),
    # Form fields.
    "field-shows-other-value": (
        _R,
        "显示内容与域值不一致的表单域",
        "a form field that shows another value than it has",
    ),
    "field-unreadable": (
        _W,
        "显示内容无法读出、未能与域值核对的表单域",
        "a form field whose look cannot be read and compared with its value",
    ),
    "field-without-look": (
        _W,
        "没有显示外观、由软件自行绘制的表单域",
        "a form field that every viewer draws in its own way",
    ),
    "fields-unchecked": (_R, "表单域过多,无法逐一检查", "more form fields than can be looked at"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """``page`` counts from 0; ``rect_mm`` is left, top, right and bottom on the page as shown.

    ``object`` is the number of the PDF object, ``name`` what the document itself calls the thing.
    """

    code: str
    page: int | None = None
    rect_mm: Box | None = None
    object: int | None = None
    name: str = ""

    @property
    def severity(self) -> Severity:
        return _WORDS[self.code][0]

    @property
    def zh(self) -> str:
        """What and where, in Chinese."""
        place = [] if self.page is None else [f"第 {self.page + 1} 页"]
        if self.rect_mm is not None:
            place.append("距左 {:.0f}、距上 {:.0f}、宽 {:.0f}、高 {:.0f} 毫米".format(*_size(self.rect_mm)))
        if self.object is not None:
            place.append(f"对象 {self.object}")
        return _WORDS[self.code][1] + (f"“{self.name}”" if self.name else "") + _bracket(place, "(", ")", ",")

    @property
    def en(self) -> str:
        """What and where, in English."""
        place = [] if self.page is None else [f"page {self.page + 1}"]
        if self.rect_mm is not None:
            place.append(
                "{:.0f} mm from the left, {:.0f} from the top, {:.0f} x {:.0f}".format(*_size(self.rect_mm))
            )
        if self.object is not None:
            place.append(f"object {self.object}")
        return (
            _WORDS[self.code][2] + (f" {self.name!r}" if self.name else "") + _bracket(place, " (", ")", ", ")
        )


def _size(box: Box) -> Box:
    left, top, right, bottom = box
    return left, top, right - left, bottom - top


def _bracket(parts: Sequence[str], opening: str, closing: str, between: str) -> str:
    return f"{opening}{between.join(parts)}{closing}" if parts else ""
