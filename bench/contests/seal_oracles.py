# SPDX-License-Identifier: Apache-2.0
"""Readers that share no code with us say whether a sealed file is right; a row that fails them is no row."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509

from keys import KeyKind

from .world import AT, Authority

_RANGE = re.compile(rb"/ByteRange ?\[ ?(\d+) +(\d+) +(\d+) +(\d+) ?\]")
_MESSAGE_DIGEST, _DIGESTS = "1.2.840.113549.1.9.4", {KeyKind.SM2: "sm3"}


def require_right(data: bytes, own: Authority) -> None:
    """Raises :class:`AssertionError` when any reader that is here says no."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sealed.pdf")
        file.write_bytes(data)
        _qpdf(file)
        if own.sealing.certificate.public_key.kind is KeyKind.SM2:
            require_openssl(data, own, Path(folder))
        else:
            _pyhanko(data, own)
            _pdfsig(file)


def require_openssl(data: bytes, own: Authority, folder: Path) -> None:
    """The last signature by hand: ByteRange by a pattern, CMS by asn1crypto, SM3 and SM2 by OpenSSL."""
    import pyhanko.sign  # noqa: F401  asn1crypto has to learn pyHanko's names before it reads the first value

    *_, found = _RANGE.finditer(data)
    start, gap, resume, rest = (int(one) for one in found.groups())
    assert start == 0 and resume + rest == len(data), "the last signature does not cover the file"
    value = bytes.fromhex(data[gap + 1 : resume - 1].decode("ascii"))
    signed = cms.ContentInfo.load(value)["content"]
    (signer,) = signed["signer_infos"]
    attributes = signer["signed_attrs"]
    (claimed,) = [one["values"][0].native for one in attributes if one["type"].dotted == _MESSAGE_DIGEST]
    digest = _openssl("dgst", "-sm3", "-binary", given=data[:gap] + data[resume:])
    assert digest == claimed, "the digest of the protected bytes is another"
    held = [one.chosen.dump() for one in signed["certificates"]]
    assert own.sealing.certificate.der in held, "the certificate is not inside"
    (folder / "certificate.der").write_bytes(own.sealing.certificate.der)
    public = _openssl("x509", "-inform", "DER", "-in", folder / "certificate.der", "-noout", "-pubkey")
    (folder / "public.pem").write_bytes(public)
    (folder / "signature").write_bytes(signer["signature"].native)
    (folder / "attributes").write_bytes(b"\x31" + attributes.dump()[1:])
    told = _openssl(
        *("pkeyutl", "-verify", "-pubin", "-inkey", folder / "public.pem", "-rawin", "-digest", "sm3"),
        *("-in", folder / "attributes", "-sigfile", folder / "signature"),
        *("-pkeyopt", "distid:1234567812345678"),
    )
    assert b"Verified Successfully" in told, "the signature value does not verify"


def require_code(data: bytes, text: str) -> None:
    """The QR code on the first page as it is drawn, at 150 dpi, by a reader that is not ours."""
    import pypdfium2
    import zxingcpp

    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        image = document[0].render(scale=150 / 72).to_pil()
    assert [one.text for one in zxingcpp.read_barcodes(image)] == [text], "the code is not read"


def _openssl(*arguments: object, given: bytes = b"") -> bytes:
    command = ["openssl", *(str(one) for one in arguments)]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def _qpdf(file: Path) -> None:
    if shutil.which("qpdf") is None:
        raise AssertionError("needs qpdf: apt-get install qpdf")
    told = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def _pdfsig(file: Path) -> None:
    if shutil.which("pdfsig") is None:
        raise AssertionError("needs pdfsig: apt-get install poppler-utils")
    told = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in told, told
    assert "Total document signed" in told, told


def _pyhanko(data: bytes, own: Authority) -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(own.root.der)],
        other_certs=[asn1_x509.Certificate.load(own.issuing.der)],
        allow_fetching=False,
        moment=AT,
    )
    *_, signature = PdfFileReader(io.BytesIO(data)).embedded_signatures
    status = validate_pdf_signature(signature, context)
    assert status.bottom_line, status.summary()
