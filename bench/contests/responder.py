# SPDX-License-Identifier: Apache-2.0
"""OCSP over HTTP on this machine: the application, a bare one under the same server, and who asks, each in a
process of its own.

The server has one processor and who asks has another, where there are two.  The figures of the row are of the
wall clock; the note says how many answers the server gave in one second of its own processor time.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import IO
from urllib.parse import quote

from api.wiring import initialise, open_service
from keys import der
from verify import Certificate, Indication, cert_id, check_ocsp_response, parse_certificate

from ..measure import Contest

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS, EACH, COUNTED = 16, 1_000, 10_000


class _Child:
    """A module of the benchmark in a process of its own, which ends when its input does."""

    def __init__(self, module: str, *arguments: str, processor: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"bench.{module}", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.move(processor)

    def move(self, processor: int) -> None:
        """To another processor, where the system lets us."""
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, {processor})

    def tell(self, line: str) -> None:
        pipe = _pipe(self._process.stdin)
        pipe.write(f"{line}\n")
        pipe.flush()

    def said(self) -> str:
        line = _pipe(self._process.stdout).readline()
        if not line:
            raise AssertionError("a process of the benchmark ended")
        return line.strip()

    def seconds(self) -> float:
        """Of processor time, of the whole process; 0 where the system does not tell."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pipe(found: IO[str] | None) -> IO[str]:
    if found is None:
        raise AssertionError("no pipe")
    return found


def ca_ocsp_http(quick: bool) -> Contest:
    """POST of the same question; every answer is compared with the bytes that were verified at first."""
    first, second = _processors()
    ours = _Child("ocsp_site", "data", processor=first)  # loads while the folder is made
    folder = tempfile.TemporaryDirectory(prefix="yinxin-bench-", ignore_cleanup_errors=True)
    data = Path(folder.name) / "data"
    initialise(data, url="http://127.0.0.1:9", uscc="11510000DEM9A0017F", name="基准机构(演示)")
    with closing(open_service(data)) as service:
        one = next(found for found in service.certificates.listed() if found.profile == "person")
        issuer = parse_certificate(service.certificates.issuer_file(one.issuer))
        certificate = parse_certificate(one.der)
    asked = der.sequence(
        der.sequence(der.sequence(der.sequence(cert_id(issuer, certificate.serial).encode())))
    )
    path = f"/ocsp/{quote(base64.b64encode(asked).decode('ascii'), safe='')}"
    ours.move(second)
    ours.tell(str(data))
    port = int(ours.said())
    answers = [_checked(port, "POST", "/ocsp", asked, certificate, issuer)]
    answers.append(_checked(port, "GET", path, b"", certificate, issuer))
    post = (
        f"POST /ocsp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/ocsp-request\r\n"
        f"Content-Length: {len(asked)}\r\n\r\n"
    ).encode("ascii") + asked
    get = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode("ascii")
    bare = _Child("ocsp_site", "bare", processor=second)
    bare.tell(answers[0].hex())
    asking = _load(port, [(post, answers[0]), (get, answers[1])], first)
    asking_bare = _load(int(bare.said()), [(post, answers[0])], first)
    measured = {"POST": (asking, 0, ours), "GET": (asking, 1, ours), "bare": (asking_bare, 0, bare)}
    note = _per_second(measured, EACH if quick else COUNTED, 1 if quick else 3)

    def act(name: str) -> Callable[[], object]:
        load, which, _ = measured[name]

        def ask() -> object:
            load.tell(f"{which} {EACH}")
            return folder, load.said()  # the folder stays as long as the contest

        return ask

    return Contest(
        "ca.ocsp.http",
        act("POST"),
        peers={"ours, by GET": act("GET"), "bare ASGI app, constant bytes (ceiling)": act("bare")},
        note=f"{note}; server on one core, client on another; {CONNECTIONS} kept connections, no pipelining",
        each=EACH,
    )


def _processors() -> tuple[int, int]:
    """One for who asks, another for the server; the benchmark itself is on one only."""
    if not hasattr(os, "sched_setaffinity"):
        return 0, 0
    own = max(os.sched_getaffinity(0))
    try:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        return min(os.sched_getaffinity(0)), own
    except OSError:
        return own, own
    finally:
        os.sched_setaffinity(0, {own})


def _load(port: int, pairs: list[tuple[bytes, bytes]], processor: int) -> _Child:
    child = _Child("ocsp_load", str(port), str(CONNECTIONS), processor=processor)
    child.tell(json.dumps([[asked.hex(), body.hex()] for asked, body in pairs]))
    return child


def _checked(
    port: int, method: str, path: str, body: bytes, certificate: Certificate, issuer: Certificate
) -> bytes:
    """The first answer, which is then kept: signature, term and standing are verified."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, body or None, {"Content-Type": "application/ocsp-request"})
        answer = connection.getresponse().read()
    report = check_ocsp_response(answer, certificate, issuer, datetime.now(UTC))
    if report.indication is not Indication.TOTAL_PASSED:
        raise AssertionError(f"{method}: {report.reasons}")
    return answer


def _per_second(measured: dict[str, tuple[_Child, int, _Child]], count: int, rounds: int) -> str:
    """Answers in a second of the server's processor time, medians of alternating rounds."""
    rates: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, (load, which, site) in measured.items():
            begun = site.seconds()
            load.tell(f"{which} {count}")
            load.said()
            if took := site.seconds() - begun:
                rates[name].append(count / took)
    told = [f"{name} {statistics.median(found):,.0f}" for name, found in rates.items() if found]
    return f"per CPU second of the server: {', '.join(told) or 'not told here'}"
