# SPDX-License-Identifier: Apache-2.0
"""Checking a sealed OFD of two pages: ours against a checker of zipfile, ElementTree and asn1crypto.

The peer does what is usual: digests of the references, the digest of the description, the signature value,
and whether the signer is in the seal.  It asks for no coverage, no maker, no chain, no revocation, no time.
"""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from xml.etree import ElementTree

from asn1crypto import core

from keys import SM2_SM3, HashAlgorithm, KeysError, digest
from seal import seal_ofd
from verify import Indication, check_ofd, parse_certificate

from ..measure import Contest
from .ofd_oracles import require_right_ofd
from .ofd_peers import zipped
from .ofd_world import PLACE, document, esl, own
from .world import AT

DOCUMENTS = 32
_O = "{http://www.ofdspec.org/2016}"


def verify_ofd(_quick: bool) -> Contest:
    """Documents that differ in every part, under one seal; one trust, one moment of checking."""
    at = AT + timedelta(minutes=2)
    sealing = own().sealing
    trust = replace(own().trust, intermediates=sealing.chain, crls=sealing.crls)
    sealed = [_sealed(number) for number in range(DOCUMENTS)]
    for one in sealed[:2]:
        require_right_ofd(one, sealing.certificate.der)
    for one in sealed:
        report = check_ofd(one, trust=trust, at=at)
        if report.indication is not Indication.TOTAL_PASSED or not usual_check(one):
            raise AssertionError(f"a sealed file does not pass: {report}")
    for name in ("Doc_0/Res/photo.jpg", "Doc_0/Signs/Sign_0/Signature.xml"):
        altered = _altered(sealed[0], name)
        if check_ofd(altered, trust=trust, at=at).indication is not Indication.TOTAL_FAILED:
            raise AssertionError(f"{name} was changed, and the file does not fail")
        if usual_check(altered):
            raise AssertionError(f"{name} was changed, and the peer says yes")
    mine, theirs = cycle(sealed), cycle(sealed)
    return Contest(
        "verify.ofd",
        lambda: check_ofd(next(mine), trust=trust, at=at),
        peers={"zipfile + ElementTree + asn1crypto": lambda: usual_check(next(theirs))},
        note="ours judges coverage, the seal and its maker, both chains and times; the peer does not",
        processor=True,
    )


def usual_check(data: bytes) -> bool:
    """References, description, value, and the signer in the seal."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    entrance = ElementTree.fromstring(files["OFD.xml"])
    listing = ElementTree.fromstring(files[(entrance.findtext(f".//{_O}Signatures") or "")[1:]])
    return all(_good(files, one.attrib["BaseLoc"][1:]) for one in listing.iter(f"{_O}Signature"))


def _good(files: dict[str, bytes], path: str) -> bool:
    root = ElementTree.fromstring(files[path])
    for one in root.iter(f"{_O}Reference"):
        stated = base64.b64decode(one.findtext(f"{_O}CheckValue") or "")
        if digest(HashAlgorithm.SM3, files[one.attrib["FileRef"][1:]]).value != stated:
            return False
    whole = core.Sequence.load(files[(root.findtext(f"{_O}SignedValue") or "")[1:]])
    to_sign = core.Sequence.load(whole[0].dump())
    if to_sign[1].dump() != files[(root.findtext(f".//{_O}Seal/{_O}BaseLoc") or "")[1:]]:
        return False
    if _octets(to_sign[3]) != digest(HashAlgorithm.SM3, files[path]).value:
        return False
    certificate = bytes(whole[1])
    listed = core.SequenceOf.load(to_sign[1][0][2][3].dump(), spec=core.OctetString)
    if certificate not in [bytes(one) for one in listed]:
        return False
    try:
        parse_certificate(certificate).public_key.verify(_octets(whole[3]), whole[0].dump(), SM2_SM3)
    except KeysError:
        return False
    return True


def _octets(value: core.Asn1Value) -> bytes:
    return bytes(core.OctetBitString.load(value.dump()))


def _sealed(number: int) -> bytes:
    return seal_ofd(
        _document(number),
        own().seal_key,
        esl=esl(),
        certificate=own().sealing.certificate,
        at=AT + timedelta(seconds=number),
        marks=(PLACE,),
    )


def _document(number: int) -> bytes:
    """Two pages of which nobody has seen the like: identifier, texts and picture are its own."""
    with zipfile.ZipFile(io.BytesIO(document())) as package:
        files = {name: package.read(name) for name in package.namelist()}
    files["OFD.xml"] = files["OFD.xml"].replace(b"0123456789abcdef0123456789abcdef", b"%032x" % number)
    for page in (0, 1):
        name = f"Doc_0/Pages/Page_{page}/Content.xml"
        files[name] = files[name].replace("样例花园".encode(), f"样例{number:02}园".encode())
    files["Doc_0/Res/photo.jpg"] = number.to_bytes(4) + files["Doc_0/Res/photo.jpg"][4:]
    return zipped(files)


def _altered(data: bytes, name: str) -> bytes:
    """The package with one octet more in one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(out, "w") as other:
        for one in package.namelist():
            content = package.read(one)
            other.writestr(one, content + b" " if one == name else content)
    return out.getvalue()
