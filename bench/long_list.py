# SPDX-License-Identifier: Apache-2.0
"""One revocation list with very many entries, and what it costs: ``python -m bench.long_list sm2 1000000``.

Prints seconds of processor time and the peak of resident memory in MB, of a process that does nothing else.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ca import CrlSink, write_long_crl
from keys import KeyKind

from .issuer import AT, Issuer, issuer_of

STEP, FIRST = 987_654_321, 1 << 128
REASONS = ("keyCompromise", "superseded", "cessationOfOperation", "privilegeWithdrawn")


class Nowhere:
    """Takes what is written and keeps nothing."""

    def write(self, data: bytes | memoryview, /) -> object:
        return len(data)


def measured(what: str, count: int) -> tuple[float, float]:
    """Seconds of processor time and peak MB of one list in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.long_list", what, str(count)],
        cwd=Path(__file__).resolve().parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    took, peak = json.loads(done.stdout)
    return float(took), float(peak)


def write(what: str, count: int, sink: CrlSink) -> None:
    """One list into a sink: ``sm2``, ``rsa3072``, or ``cryptography`` for its builder with RSA."""
    own = issuer_of(KeyKind.SM2 if what == "sm2" else KeyKind.RSA3072)
    since = [AT - timedelta(days=100) + timedelta(seconds=n) for n in range(5000)]
    serials = range(FIRST, FIRST + count * STEP, STEP)
    if what == "cryptography":
        sink.write(_built(own, serials, since))
        return
    write_long_crl(
        sink,
        issuer=own.certificate,
        signer=own.key,
        number=7,
        this_update=AT,
        next_update=AT + timedelta(days=7),
        rows=((serial, since[n % 5000], REASONS[n % 4], None) for n, serial in enumerate(serials)),
    )


def _built(own: Issuer, serials: range, since: list[datetime]) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    issuer = x509.load_der_x509_certificate(own.certificate.der)
    native: Any = serialization.load_der_private_key(own.key.pkcs8(), None)
    reasons = [x509.CRLReason(x509.ReasonFlags(one)) for one in REASONS]
    entries = [
        x509.RevokedCertificateBuilder(serial, since[n % 5000])
        .add_extension(reasons[n % 4], critical=False)
        .build()
        for n, serial in enumerate(serials)
    ]
    builder = x509.CertificateRevocationListBuilder(issuer.subject, AT, AT + timedelta(days=7), [], entries)
    return builder.sign(native, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def main(what: str, count: int) -> None:
    """Measure one, in this process."""
    issuer_of(KeyKind.SM2 if what == "sm2" else KeyKind.RSA3072)
    begun = time.process_time()
    with tempfile.TemporaryFile() as file:
        write(what, count, file)
    took = time.process_time() - begun
    print(json.dumps([took, _peak()]))


def _peak() -> float:
    """MB.  Linux tells it of this program alone; elsewhere what started it may be counted too."""
    status = Path("/proc/self/status")
    if status.exists():
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
