# SPDX-License-Identifier: Apache-2.0
"""``yinxin ca probe``: an outsider's look at published revocation lists, for a monitor on another machine.

Needs no data directory.  It fetches the bytes that everybody fetches and believes nothing but the trust list.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer

from verify import Indication, Json, Trust, VerifyError, crl_report, load_trust, parse_crl

from .files import read_input
from .output import JsonOption, plain, print_json, refuse, say

LARGEST = 64 * 1024 * 1024
TIMEOUT_SECONDS = 20


def probe(
    url: Annotated[list[str], typer.Option("--url", help="address of a list; may stand several times")],
    trust: Annotated[Path, typer.Option(help="a trust list, or certificates, that you have from elsewhere")],
    hours: Annotated[int, typer.Option(help="how long a list must still be good", min=0)] = 24,
    as_json: JsonOption = False,
) -> None:
    """探测 — fetch published revocation lists and check them as a stranger would.

    Exit code 1 when one of them is missing, forged, about something else, or about to run out.
    """
    at = datetime.now(UTC)
    try:
        known = load_trust([(trust.name, read_input(trust, LARGEST))], at)
    except VerifyError as error:
        raise refuse(str(error), "give the trust list that you have from elsewhere") from error
    found = [_probed(address, known, at, timedelta(hours=hours)) for address in url]
    if as_json:
        print_json({"at": at.isoformat(timespec="seconds"), "lists": list(found)})
    else:
        for one in found:
            say(f"{'✓' if one['ok'] else '✗'} {plain(str(one['url']))}: {plain(str(one['said']))}")
    if not all(one["ok"] for one in found):
        raise typer.Exit(1)


def _probed(url: str, trust: Trust, at: datetime, least: timedelta) -> dict[str, Json]:
    def answer(ok: bool, said: str, **more: Json) -> dict[str, Json]:
        return {"url": url, "ok": ok, "said": said, **more}

    try:
        encoded = _fetched(url)
        crl = parse_crl(encoded)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, VerifyError) as error:
        return answer(False, f"无法获取或读取 cannot be fetched or read: {error}")
    facts: dict[str, Json] = {
        "number": None if crl.number is None else str(crl.number),
        "this_update": crl.this_update.isoformat(),
        "next_update": None if crl.next_update is None else crl.next_update.isoformat(),
        "entries": len(crl.entries),
    }
    report = crl_report(crl, trust, at)
    if report.indication is not Indication.TOTAL_PASSED:
        return answer(False, "; ".join(f"{one.zh} {one.en}" for one in report.reasons), **facts)
    if crl.scope.urls and url not in crl.scope.urls:
        return answer(False, f"所载发布点不是此地址 it is about {', '.join(crl.scope.urls)}", **facts)
    if crl.next_update is None or crl.next_update - at < least:
        return answer(False, f"即将到期 it is good until {facts['next_update']} only", **facts)
    said = f"#{facts['number']}, {facts['entries']} entries, until {facts['next_update']}"
    return answer(True, said, **facts)


def _fetched(url: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise ValueError("an address begins with http:// or https://")
    content = bytearray()
    with httpx.stream("GET", url, timeout=TIMEOUT_SECONDS, follow_redirects=True) as answer:
        answer.raise_for_status()
        for part in answer.iter_bytes():
            content += part
            if len(content) > LARGEST:
                raise ValueError(f"larger than {LARGEST} bytes")
    return bytes(content)
