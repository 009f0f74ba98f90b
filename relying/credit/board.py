# SPDX-License-Identifier: Apache-2.0
"""The public conduct board: what is public about one subject today."""

from __future__ import annotations

from collections.abc import Mapping

from relying import Face, Host, Row, Table, View

from .conduct import CHINA, KINDS, public_conduct

_COLUMNS = ("类别", "代码", "内容", "认定机关", "决定日期", "公开至")


def read_board(host: Host, parameters: Mapping[str, str]) -> Face | None:
    """Every public entry about ``subject``; ``None`` without one, so that nobody lists the whole market."""
    assert host.records is not None and host.now is not None
    subject = parameters.get("subject", "").strip().upper()
    if not subject:
        return None
    now = host.now()
    entries = public_conduct(host.records.find("conduct", subject=subject), now)
    known = host.lookup("subject", subject) if host.lookup is not None else None
    return Face(
        title="信用信息公开栏",
        subtitle="Public conduct board",
        number=subject,
        rows=(
            Row("主体", str(known["name"]) if known is not None else subject, "Subject"),
            Row("查询时间", f"{now.astimezone(CHINA):%Y-%m-%d %H:%M:%S}(北京时间)", "As of"),
        ),
        tables=(
            Table(
                "公开的信用行为",
                _COLUMNS,
                tuple(
                    (
                        KINDS[str(one.body["kind"])],
                        *(
                            str(one.body[name])
                            for name in ("code", "text", "authority", "decided", "public_until")
                        ),
                    )
                    for one in entries
                ),
                "目前没有公开的信用行为记录。",
            ),
        ),
    )


BOARD = View(name="board", zh="信用信息公开栏", parameters=("subject",), read=read_board)
