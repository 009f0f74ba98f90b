# SPDX-License-Identifier: Apache-2.0
"""``yinxin cert``: the operator's work at the console of the service."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..certificates import IssuedCertificate, IssueOrder
from ..console import CONSOLE
from ..enrolment import rekey as new_keys
from .files import read_input, require_new, write_new
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, print_json, refuse, say

app = typer.Typer(help="证书 certificates: issue, show, suspend, renew, rekey, revoke.", no_args_is_help=True)
MOST_BYTES = 64 * 1024
OutOption = Annotated[
    Path | None, typer.Option(help="write the certificate to this new file (DER)", show_default=False)
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="id of the certificate")]


@app.command()
def issue(
    request: Annotated[Path, typer.Argument(metavar="CSR", help="PKCS#10, PEM or DER")],
    holder: Annotated[str, typer.Option(help="credit code, or the person's key")],
    holder_name: Annotated[str, typer.Option(help="name of the holder")],
    profile: Annotated[str, typer.Option(help="person or enterprise")] = "person",
    account: Annotated[str | None, typer.Option(help="account that logs in with it")] = None,
    valid_until: Annotated[
        datetime | None, typer.Option(help="end before the profile's own, in local time")
    ] = None,
    out: OutOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """签发 — issue a certificate from a CSR.

    The name comes from the options, the key from the request.
    The same order again brings the same certificate.
    """
    require_new(out)
    order = IssueOrder(
        profile=profile,
        request=read_input(request, MOST_BYTES),
        account_id=account,
        holder=holder,
        holder_name=holder_name,
        valid_until=_local(valid_until),
    )
    with opened(data) as service:
        made = service.certificates.issue(order, by=CONSOLE)
    _show(made, out, as_json)


@app.command()
def show(
    certificate: IdArgument,
    out: OutOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """查看 — show a certificate and its state."""
    require_new(out)
    with opened(data) as service:
        found = service.certificates.get(certificate)
    _show(found, out, as_json)


@app.command()
def revoke(
    certificate: IdArgument,
    reason: Annotated[
        str, typer.Option(help="reason of RFC 5280, such as keyCompromise or superseded")
    ] = "unspecified",
    invalid_since: Annotated[
        datetime | None, typer.Option(help="since when the key was out of hand, in local time")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """吊销 — revoke a certificate for good.

    The new CRL is out when this returns.
    """
    with opened(data) as service:
        ended = service.certificates.revoke(
            certificate, reason, by=CONSOLE, invalidity_date=_local(invalid_since)
        )
    _show(ended, None, as_json)


@app.command()
def suspend(certificate: IdArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """挂起 — put a certificate on hold, or a whole bundle by its id."""
    with opened(data) as service:
        held = service.certificates.suspend(certificate, by=CONSOLE)
    _show(held, None, as_json)


@app.command()
def resume(certificate: IdArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """恢复 — end a suspension."""
    with opened(data) as service:
        back = service.certificates.resume(certificate, by=CONSOLE)
    _show(back, None, as_json)


@app.command()
def renew(
    certificate: IdArgument,
    out: OutOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """更新 — a new term for the same key and name."""
    require_new(out)
    with opened(data) as service:
        made = service.certificates.renew(certificate, by=CONSOLE)
    _show(made, out, as_json)


@app.command()
def rekey(
    certificate: IdArgument,
    request: Annotated[Path, typer.Option(help="PKCS#10 for the new key, PEM or DER")],
    rsa_request: Annotated[
        Path | None, typer.Option(help="the same for the RSA or ECDSA key of a bundle", show_default=False)
    ] = None,
    out: OutOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """换发 — a new key for the same holder.

    The certificate that it replaces, or the whole bundle, is superseded at once.
    """
    require_new(out)
    with opened(data) as service:
        made = new_keys(
            service.certificates,
            service.holdings.holding(certificate),
            read_input(request, MOST_BYTES),
            rsa_request=None if rsa_request is None else read_input(rsa_request, MOST_BYTES),
            at=service.clock(),
            by=CONSOLE,
            by_office=True,
        )
    _show(made, out, as_json)


def _local(typed: datetime | None) -> datetime | None:
    try:
        return None if typed is None else typed.astimezone()
    except (OverflowError, ValueError, OSError) as error:
        raise refuse(f"{typed}: 日期不可用 unusable date", "give a date of this century") from error


def _show(one: IssuedCertificate, out: Path | None, as_json: bool) -> None:
    if out is not None:
        write_new(out, one.der)
    facts: dict[str, Any] = {
        "certificate_id": one.certificate_id,
        "state": "revoked" if one.revoked_at else "suspended" if one.held_at else "issued",
        "profile": one.profile,
        "holder": one.holder,
        "holder_name": one.holder_name,
        "account_id": one.account_id,
        "issuer": one.issuer,
        "serial": one.serial,
        "not_before": one.not_before.isoformat(),
        "not_after": one.not_after.isoformat(),
        "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
        "reason": one.reason,
        "fingerprint": one.fingerprint,
        "file": None if out is None else str(out),
    }
    if as_json:
        print_json({**facts, "certificate": base64.b64encode(one.der).decode("ascii")})
        return
    for label, value in facts.items():
        if value is not None:
            say(f"{label:<16}{plain(value)}")
