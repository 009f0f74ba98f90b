# SPDX-License-Identifier: Apache-2.0
"""Sealing OFD: a document of another product, and personalised certificates from one template."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from itertools import count
from pathlib import Path

from seal import seal_ofd
from verify import Indication, Trust, check_ofd

from ..measure import Contest
from .ofd_oracles import require_right_ofd
from .ofd_peers import baseline, baseline_certificate, ofdrw, ofdrw_rate
from .ofd_world import PLACE, document, esl, own, template
from .seal_world import RECORD, certificate_values
from .world import AT


def seal_ofd_sm2(quick: bool) -> Contest:
    """Two pages of another product, one visible seal, SM2, further seals possible."""
    data = document()

    def ours() -> bytes:
        return seal_ofd(
            data,
            own().seal_key,
            esl=esl(),
            certificate=own().sealing.certificate,
            at=AT,
            marks=(PLACE,),
        )

    printed = _checked([ours(), baseline(data)], quick, seconds=3.0)
    return Contest(
        "seal.ofd.sm2",
        ours,
        peers={"lxml + zipfile + asn1crypto": lambda: baseline(data)},
        printed=printed,
        processor=True,
        note="ours reads strictly, compares every CRC, and checks its own signature; the peers do neither",
    )


def seal_ofd_mass(quick: bool) -> Contest:
    """An electronic certificate: text, fonts, QR code, record, seal; no two alike."""
    values, numbers, press = certificate_values(), count(), template()

    def ours() -> bytes:
        return press.seal(
            values(),
            signer=own().seal_key,
            esl=esl(),
            certificate=own().sealing.certificate,
            at=AT,
            document_id=f"{next(numbers):016d}",
            attachments={"record.json": RECORD},
        )

    def peer() -> bytes:
        return baseline_certificate(values(), RECORD)

    _checked([ours(), ours(), peer()], quick, seconds=0)
    return Contest(
        "seal.ofd.mass",
        ours,
        peers={"lxml + zipfile + asn1crypto, no fonts, no code": peer},
        processor=True,
        note="eleven values, fonts and QR code inside; the peer writes text alone",
    )


def _checked(made: list[bytes], quick: bool, *, seconds: float) -> dict[str, float]:
    """Every output passes two readers that are not ours, one when in haste; ours passes the verifier too."""
    certificate = own().sealing.certificate.der
    for one in made:
        require_right_ofd(one, certificate)
    report = check_ofd(made[0], trust=_trust(), at=AT + timedelta(seconds=1))
    if report.indication is not Indication.TOTAL_PASSED:
        raise AssertionError(report)
    if quick:
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions: list[tuple[str, ...]] = []
        for number, one in enumerate(made):
            path = folder / f"{number}.ofd"
            path.write_bytes(one)
            questions.append(("verify", str(path)))
        if seconds:
            questions.append(ofdrw_rate(folder, seconds))
        answers = ofdrw(*questions)
    if answers is None:
        return {}
    if answers[: len(made)] != ["1"] * len(made):
        raise AssertionError(answers)
    return {"ofdrw 2.3.1, files on disk": float(answers[-1])} if seconds else {}


def _trust() -> Trust:
    given = own().trust
    members = {name: getattr(given, name) for name in given.__slots__}
    sealing = own().sealing
    return Trust(**{**members, "intermediates": sealing.chain, "crls": sealing.crls})
