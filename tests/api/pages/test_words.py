# SPDX-License-Identifier: Apache-2.0
"""Words for people beside the codes that are published."""

from __future__ import annotations

import re

from api.pages.words import _WHY, why


def test_reasons_of_states_have_words() -> None:
    """A code that may be published, in Chinese; one that nobody knows stands by itself."""
    assert why("data-error") == "内容有误"
    assert why("another-reason") == ""
    for code, words in _WHY.items():
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", code)
        assert re.fullmatch(r"[\u4e00-\u9fff]{2,16}", words)
