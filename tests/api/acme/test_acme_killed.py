# SPDX-License-Identifier: Apache-2.0
"""Killed (SIGKILL) between finalize and certificate: the next start finishes the order, and once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.acme.proofs import conclude
from api.database.tables_acme import acme_challenges
from api.wiring import open_service

from ..founding import data_directory

FINALISE = """
import os, signal, sys
from pathlib import Path

from api.acme import finalising
from api.wiring import open_service

data, body, url, step = sys.argv[1:]

def killed(*_arguments, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

service = open_service(Path(data))
acme = service.acme
begin, tie = finalising._begin, finalising._tie
if step == "begun":
    finalising._issue = killed
elif step == "issued":
    finalising._tie = killed
elif step == "tied":
    finalising._tie = lambda *arguments: (tie(*arguments), killed())
acme.finalize(url.split("/")[-2], Path(body).read_bytes(), url)
"""


@pytest.fixture(scope="module")
def filed(
    tmp_path_factory: pytest.TempPathFactory, client_of: Any, make_request: Any
) -> tuple[Path, Path, str, str]:
    """A data directory with a ready order, the signed request that finalises it, and the two addresses."""
    folder = tmp_path_factory.mktemp("killed")
    data = folder / "data"
    data_directory(data, url="https://yinxin.example")
    service = open_service(data)
    client = client_of(service.acme)
    client.register(service.acme.make_key(domains=["corp.test"], by="test"))
    url, order = client.order("corp.test")
    challenge = client.post(order["authorizations"][0]).body["challenges"][0]["url"].rsplit("/", 1)[1]
    with service.database.write() as connection:
        one = update(acme_challenges).where(acme_challenges.c.id == challenge)
        connection.execute(one.values(status="processing"))
    conclude(service.acme._ports, challenge, None)
    body = folder / "body"
    body.write_bytes(client.body(order["finalize"], {"csr": make_request("corp.test")}))
    assert client.post(url).body["status"] == "ready"
    service.close()
    return data, body, order["finalize"], client.kid


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "left"), [("begun", "processing"), ("issued", "processing"), ("tied", "valid")]
)
def test_killed(filed: Any, tmp_path: Path, client_of: Any, step: str, left: str) -> None:
    data, body, url, kid = filed
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    ran = subprocess.run(
        [sys.executable, "-c", FINALISE, str(copy), str(body), url, step], capture_output=True, text=True
    )
    assert ran.returncode == -9, ran.stderr
    order_url = url.removesuffix("/finalize")
    for start, expected in ((False, left), (True, "valid"), (True, "valid")):
        service = open_service(copy, start=start)
        client = client_of(service.acme)
        client.kid = kid
        assert client.post(order_url).body["status"] == expected
        made = [one for one in service.certificates.listed() if one.profile == "tls_server"]
        if expected == "valid":
            assert len(made) == 1
        assert service.check_ledger().findings == ()
        service.close()
