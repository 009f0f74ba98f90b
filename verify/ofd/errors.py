# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a package of which nothing can be said."""

from __future__ import annotations

from ..errors import Unreadable


class OfdMalformed(Unreadable):
    """Not an OFD package that can be read without guessing.

    ``place``: the entry or structure; ``rule``: what it breaks, in English; ``zh``: the same in Chinese.
    """

    def __init__(self, place: str, zh: str, rule: str) -> None:
        super().__init__(
            f"OFD 文件不合格式({place[:200]}):{zh},请重新获取文件"
            f" not a well-formed OFD ({place[:200]}): {rule}: fetch the file again"
        )
        self.place, self.zh, self.rule = place, zh, rule


class OfdNotDrawn(Unreadable):
    """A page that does not exist, or a picture of it that would be too large.  ``rule`` says which."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"OFD 页面无法绘制 the page of the OFD cannot be drawn: {rule}")
        self.rule = rule
