# SPDX-License-Identifier: Apache-2.0
"""Puts the commands together; each lives in a file of its own and imports what it needs when it runs."""

from __future__ import annotations

import typer

from . import certificates, checkup, demonstration, log, sealing, service, verification

app = typer.Typer(
    name="yinxin",
    help="印信 Yinxin — certificates, electronic seals and public proof (SM2 and RSA).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("init")(service.init)
app.command("serve")(service.serve)
app.command("demo")(demonstration.demo)
app.command("verify")(verification.verify)
app.command("seal")(sealing.seal)
app.command("doctor")(checkup.doctor)
app.add_typer(certificates.app, name="cert")
app.add_typer(log.app, name="log")


def main() -> None:
    """Entry point of the console script."""
    app()
