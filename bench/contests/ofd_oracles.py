# SPDX-License-Identifier: Apache-2.0
"""A second reader of sealed OFD that shares no code with ours: zipfile, ElementTree, asn1crypto, OpenSSL."""

from __future__ import annotations

import base64
import io
import subprocess
import tempfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from asn1crypto import core

_O = "{http://www.ofdspec.org/2016}"


def require_right_ofd(data: bytes, certificate: bytes) -> None:
    """Raises :class:`AssertionError`: digests of all references, the value over the description, SM2."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        files = {name: package.read(name) for name in package.namelist()}
    entrance = ElementTree.fromstring(files["OFD.xml"])
    listing = ElementTree.fromstring(files[(entrance.findtext(f".//{_O}Signatures") or "")[1:]])
    listed = list(listing.iter(f"{_O}Signature"))
    assert listed, "no signature"
    for one in listed:
        path = one.attrib["BaseLoc"][1:]
        root = ElementTree.fromstring(files[path])
        references = list(root.iter(f"{_O}Reference"))
        assert len(references) > 3
        for reference in references:
            content = files[reference.attrib["FileRef"][1:]]
            stated = base64.b64decode(reference.findtext(f"{_O}CheckValue") or "")
            assert _openssl("dgst", "-sm3", "-binary", given=content) == stated, reference.attrib
        value = files[(root.findtext(f"{_O}SignedValue") or "")[1:]]
        _require_value(value, files[path], files[(root.findtext(f".//{_O}BaseLoc") or "")[1:]], certificate)


def _require_value(value: bytes, signed: bytes, esl: bytes, certificate: bytes) -> None:
    whole = core.Sequence.load(value)
    to_sign = core.Sequence.load(whole[0].dump())
    assert to_sign[1].dump() == esl, "another seal"
    assert to_sign[3].native is not None
    assert bytes(core.OctetBitString.load(to_sign[3].dump())) == _openssl(
        "dgst", "-sm3", "-binary", given=signed
    ), "another description"
    assert bytes(whole[1]) == certificate
    signature = bytes(core.OctetBitString.load(whole[3].dump()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "certificate").write_bytes(certificate)
        public = _openssl("x509", "-inform", "DER", "-in", folder / "certificate", "-noout", "-pubkey")
        (folder / "public").write_bytes(public)
        (folder / "signature").write_bytes(signature)
        (folder / "signed").write_bytes(whole[0].dump())
        told = _openssl(
            *("pkeyutl", "-verify", "-pubin", "-inkey", folder / "public", "-rawin", "-digest", "sm3"),
            *("-in", folder / "signed", "-sigfile", folder / "signature"),
            *("-pkeyopt", "distid:1234567812345678"),
        )
    assert b"Verified Successfully" in told, "the signature value does not verify"


def _openssl(*arguments: object, given: bytes = b"") -> bytes:
    command = ["openssl", *(str(one) for one in arguments)]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout
