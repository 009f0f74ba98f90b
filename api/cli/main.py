# SPDX-License-Identifier: Apache-2.0
"""Puts the commands together; each lives in a file of its own."""

from __future__ import annotations

import io
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from . import (
    acme,
    authority,
    batches,
    certificates,
    checkup,
    demonstration,
    documents,
    inspecting,
    keycentre,
    keys,
    log,
    log_publishing,
    monitor,
    offline_page,
    preserving,
    probing,
    qr_keys,
    seal_lives,
    sealing,
    service,
    timestamping,
    vault,
    verification,
    witness,
)

USAGE = 64
"""Exit code of a command line that is wrong (EX_USAGE): the usual 2 is a verdict of ``yinxin verify``."""


class Commands(TyperGroup):
    """The group that tells a wrong command line from a verdict."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            if not isinstance(error, typer.Exit) and getattr(error, "exit_code", None) == 2:
                wrong: Any = error
                wrong.exit_code = USAGE
            raise


app = typer.Typer(
    name="yinxin",
    help="印信 Yinxin — certificates, electronic seals and public proof (SM2 and RSA).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    cls=Commands,
)
app.command("init")(service.init)
app.command("serve")(service.serve)
app.command("demo")(demonstration.demo)
app.command("verify")(verification.verify)
app.command("seal")(sealing.seal)
app.command("inspect")(inspecting.inspect)
app.add_typer(seal_lives.app, name="seal-admin")
app.add_typer(batches.app, name="batch")
app.command("offline-page")(offline_page.offline_page)
app.command("timestamp")(timestamping.timestamp)
app.command("doctor")(checkup.doctor)
app.add_typer(certificates.app, name="cert")
authority.app.command("probe")(probing.probe)
app.add_typer(authority.app, name="ca")
app.add_typer(acme.app, name="acme")
log.app.command("publish")(log_publishing.publish)
log.app.command("keys")(log_publishing.keys)
app.add_typer(log.app, name="log")
app.add_typer(monitor.app, name="monitor")
app.add_typer(witness.app, name="witness")
app.add_typer(preserving.app, name="evidence")
app.add_typer(vault.app, name="vault")
app.add_typer(keycentre.app, name="kmc")
app.add_typer(keys.app, name="key")
app.add_typer(documents.app, name="document")
app.add_typer(qr_keys.app, name="qr-keys")


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without Chinese, or a file name that is no text, must not end a command.
            stream.reconfigure(errors="backslashreplace")
    app()
