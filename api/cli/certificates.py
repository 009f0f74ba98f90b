# SPDX-License-Identifier: Apache-2.0
"""``yinxin cert issue|show|revoke``: the operator's work at the console of the service."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ca import CaError
from verify import VerifyError

from ..accounts import AccountError
from ..certificates import CertificateError, IssuedCertificate, IssueOrder
from ..console import CONSOLE
from ..settings import SettingsError
from ..wiring import WiringError, open_service
from .output import DEFAULT_DATA, DataOption, JsonOption, console, plain_errors, print_json, refuse

app = typer.Typer(help="证书 certificates: issue, show, revoke.", no_args_is_help=True)
FAMILIES = (SettingsError, WiringError, CaError, CertificateError, AccountError, VerifyError)


@app.command()
def issue(
    request: Annotated[Path, typer.Argument(metavar="CSR", help="PKCS#10, PEM or DER")],
    holder: Annotated[str, typer.Option(help="credit code, or the person's key")],
    holder_name: Annotated[str, typer.Option(help="name of the holder")],
    profile: Annotated[str, typer.Option(help="person or enterprise")] = "person",
    account: Annotated[str | None, typer.Option(help="account that logs in with it")] = None,
    valid_until: Annotated[datetime | None, typer.Option(help="earlier end than the profile's")] = None,
    out: Annotated[Path | None, typer.Option(help="write the certificate here (DER)")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Issue a certificate from a CSR."""
    try:
        content = request.read_bytes()
    except OSError as error:
        raise refuse(f"cannot read {request}: {error.strerror}", "check the path") from error
    order = IssueOrder(
        profile=profile,
        request=content,
        account_id=account,
        holder=holder,
        holder_name=holder_name,
        valid_until=valid_until.astimezone() if valid_until else None,
    )
    with plain_errors(*FAMILIES):
        service = open_service(data)
        try:
            made = service.certificates.issue(order, by=CONSOLE)
        finally:
            service.close()
    if out is not None:
        out.write_bytes(made.der)
    _show(made, as_json)


@app.command()
def show(
    certificate: Annotated[str, typer.Argument(metavar="ID", help="id of the certificate")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show a certificate and its state."""
    with plain_errors(*FAMILIES):
        service = open_service(data)
        try:
            found = service.certificates.get(certificate)
        finally:
            service.close()
    _show(found, as_json)


@app.command()
def revoke(
    certificate: Annotated[str, typer.Argument(metavar="ID", help="id of the certificate")],
    reason: Annotated[
        str, typer.Option(help="reason code of RFC 5280, such as keyCompromise")
    ] = "unspecified",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Revoke a certificate for good; the new CRL is out when this returns."""
    with plain_errors(*FAMILIES):
        service = open_service(data)
        try:
            ended = service.certificates.revoke(certificate, reason, by=CONSOLE)
        finally:
            service.close()
    _show(ended, as_json)


def _show(one: IssuedCertificate, as_json: bool) -> None:
    facts: dict[str, Any] = {
        "certificate_id": one.certificate_id,
        "serial": one.serial,
        "profile": one.profile,
        "holder": one.holder,
        "state": "revoked" if one.revoked_at else "issued",
        "not_after": one.not_after.isoformat(),
        "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
        "fingerprint": one.fingerprint,
    }
    if as_json:
        print_json(facts)
        return
    for label, value in facts.items():
        if value is not None:
            console.print(f"{label:<16}{value}", soft_wrap=True)
