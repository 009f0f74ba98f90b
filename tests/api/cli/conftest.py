# SPDX-License-Identifier: Apache-2.0
"""One initialised data directory for all commands, and ``yinxin`` as a person at a shell would run it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.seals import SealOrder
from api.wiring import open_service
from keys import KeyKind
from seal import SheetContent, lay_out, write_pdf

from ..founding import data_directory

A1, A3 = "11510000DEM9A0017F", "11510106DEM9A00331"
A3_NAME = "蜀州市锦北区住房和城乡建设局(演示)"


@dataclass(frozen=True)
class Ran:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: object) -> Ran:
    """One command; whatever would reach a person as a traceback fails the test here."""
    result = CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "80", "TERM": "dumb"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


UNTOUCHED = "untouched"


@pytest.fixture(scope="session")
def yinxin() -> Callable[..., Ran]:
    return run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one SM2 and one RSA seal.  Commands may add to it; nobody damages it."""
    data: Path = tmp_path_factory.mktemp("cli") / "data"
    data_directory(data)
    service = open_service(data)
    for number, kind in enumerate((KeyKind.SM2, KeyKind.RSA2048), 1):
        name = A3_NAME.removesuffix("(演示)")
        order = SealOrder(A3, A3_NAME, name, "业务专用章", f"5101060000000{number}", kind)
        service.seals.make(order, by="test")
    service.close()
    shutil.copytree(data, data.with_name(UNTOUCHED))
    return data


@pytest.fixture
def untouched(made: Path, tmp_path: Path) -> Path:
    """The same as it was made: no command of another test has added to it."""
    return Path(shutil.copytree(made.with_name(UNTOUCHED), tmp_path / "data"))


@pytest.fixture(scope="session")
def seals(made: Path) -> dict[KeyKind, str]:
    service = open_service(made)
    found = {one.kind: one.seal_id for one in service.seals.listed()}
    service.close()
    return found


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """A data directory of this test alone, to damage."""
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture(scope="session")
def entries(made: Path) -> Callable[[], list[dict[str, Any]]]:
    """The entries of the log, newest last."""

    def read() -> list[dict[str, Any]]:
        service = open_service(made)
        try:
            return [json.loads(service.ledger.entry(one)) for one in range(service.ledger.size())]
        finally:
            service.close()

    return read


@pytest.fixture(scope="session")
def plain_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PDF that nobody has sealed."""
    content = SheetContent(title="样例通知", rows=(("说明", "内容虚构"),), watermark="样章 SPECIMEN")
    path: Path = tmp_path_factory.mktemp("pdf") / "notice.pdf"
    path.write_bytes(write_pdf(lay_out(content), title="样例通知", at=datetime.now(UTC)))
    return path


@pytest.fixture(scope="session")
def sealed_pdf(
    made: Path, seals: dict[KeyKind, str], plain_pdf: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same, sealed by ``yinxin seal`` with SM2."""
    out: Path = tmp_path_factory.mktemp("sealed") / "notice.pdf"
    ran = run("seal", plain_pdf, "--seal", seals[KeyKind.SM2], "--out", out, "--data", made)
    assert ran.code == 0, ran.err
    return out
