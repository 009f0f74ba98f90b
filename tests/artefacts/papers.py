# SPDX-License-Identifier: Apache-2.0
"""Small things under seals and signatures: PDF, OFD, forms, records, CMS, time stamps, evidence records."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from keys import Digest, HashAlgorithm, default_scheme, digest
from seal import (
    ArchiveTree,
    FormProfile,
    PdfProfile,
    Placement,
    Protection,
    close_ofd,
    complete_form,
    first_record,
    prepare_form,
    seal_ofd,
    seal_pdf,
    sign_jws,
    stamp_root,
)
from seal.ses import seal_ses

from ..seal.long_term.conftest import Holder, World
from ..seal.long_term.test_long_term_levels import extended
from ..seal.ofd.conftest import foreign
from ..verify.conftest import GBT, RFC, Cms
from ..verify.ofd.conftest import Sealing, pack, plain_files
from ..verify.trust_list.conftest import pem
from .world import AT, DAY, HOUR, authorities, plain_holder, sealing_of, seals

CONTENT = "施工许可证(样例)".encode()
RECORD: dict[str, Any] = {"form": "permit_application", "data": {"面积": 86420, "附件": [], "空": None}}
DRAWN = b"BT /F1 24 Tf 20 200 Td (SPECIMEN page) Tj ET"
MARK = Placement(0, 120, 200, 40, 40)


@cache
def page() -> bytes:
    """A page of a few hundred octets."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 420 595] /Resources << /Font << /F1"
        b" << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(DRAWN), DRAWN),
    )
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % one for one in offsets)
    out += b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def bare_stamper(own: World, at: datetime) -> Callable[[Digest], bytes]:
    """Tokens without the certificates above, as with seals."""
    return own.stamper(at, replace(own.tsa(at), chain=()))


def pdf(holder: Holder, data: bytes | None = None, **more: Any) -> bytes:
    order: dict[str, Any] = {"at": AT - HOUR, "placement": None, "appearance": None, "reason": "", **more}
    return seal_pdf(page() if data is None else data, holder.key, sealing=sealing_of(holder), **order)


def ofd(esl: bytes, holder: Holder, data: bytes | None = None, **more: Any) -> bytes:
    order: dict[str, Any] = {"at": AT - HOUR, "marks": (MARK,), **more}
    return seal_ofd(
        foreign() if data is None else data, holder.key, esl=esl, certificate=holder.certificate, **order
    )


def form(holder: Holder, profile: FormProfile = FormProfile.CMS) -> bytes:
    sealing = sealing_of(holder)
    made = prepare_form(RECORD, sealing=sealing, at=AT - HOUR, profile=profile)
    return complete_form(made, holder.key.sign(made.attributes), sealing=sealing)


def altered(data: bytes, old: bytes, new: bytes) -> bytes:
    """One thing said in another way, everything else as it was."""
    assert data.count(old) >= 1
    assert len(old) == len(new)
    return data.replace(old, new, 1)


def ofd_altered(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            content = old.read(one)
            new.writestr(one, change(content) if one == name else content)
    return out.getvalue()


def cms(holder: Holder, content: bytes, *, gbt: bool = False, enclosed: bool = False) -> bytes:
    """A CMS by the small writer of the tests of ``verify``."""
    scheme = default_scheme(holder.key.public_key.kind)
    made = Cms(
        plain_holder(holder), content, GBT if gbt else RFC, scheme, certificates=(holder.certificate.der,)
    )
    return made.but(enclosed=content if enclosed else None).dump()


def pdfs() -> dict[str, bytes]:
    known, made = authorities(), {}
    for family in ("sm2", "p256"):
        own = known.of(family)
        made[f"{family}.pdf"] = pdf(own.seal)
        made[f"{family}-stamped.pdf"] = pdf(own.seal, timestamper=bare_stamper(own, AT - HOUR))
        made[f"{family}-revoked.pdf"] = pdf(known.revoked[family])
    sm2, p256 = known.sm2, known.p256
    esl = seals()["v4"]
    made["rsa.pdf"] = pdf(known.rsa)
    made["p256-over.pdf"] = pdf(known.early["p256"])
    made["p256-archived.pdf"] = extended(p256, made["p256-stamped.pdf"], AT - HOUR)
    made["two-families.pdf"] = pdf(sm2.seal, made["p256.pdf"])
    made["certified.pdf"] = pdf(p256.seal, certify=True)
    made["gm-cms.pdf"] = pdf(sm2.seal, profile=PdfProfile.GM_CMS)
    made["gm-cms-digest.pdf"] = pdf(sm2.seal, profile=PdfProfile.GM_CMS_DIGEST)
    made["gm-seal.pdf"] = pdf(sm2.seal, profile=PdfProfile.GM_SEAL, esl=esl)
    made["gm-seal-cancelled.pdf"] = pdf(
        sm2.seal, profile=PdfProfile.GM_SEAL, esl=seals()["cancelled"], at=AT - HOUR
    )
    made["altered.pdf"] = altered(made["p256.pdf"], b"SPECIMEN", b"SPECIMAN")
    made["two-families-altered.pdf"] = altered(made["two-families.pdf"], b"SPECIMEN", b"SPECIMAN")
    made["plain.pdf"] = page()
    made["appended.pdf"] = made["p256.pdf"] + b"\n% more\n"
    stranger = known.stranger
    made["stranger.pdf"] = pdf(stranger)
    return made


def ofds() -> dict[str, bytes]:
    known, made = authorities(), {}
    own = known.sm2.seal
    esl = seals()["v4"]
    made["sealed.ofd"] = ofd(esl, own)
    made["whole.ofd"] = ofd(esl, own, protection=Protection.WHOLE)
    made["continued.ofd"] = ofd(esl, own, made["sealed.ofd"], at=AT - HOUR / 2)
    made["stamped.ofd"] = ofd(esl, own, timestamper=known.sm2.stamper(AT - HOUR))
    closing = sealing_of(own)
    made["closed.ofd"] = close_ofd(made["sealed.ofd"], own.key, sealing=closing, at=AT - HOUR / 2)
    signer = plain_holder(own)
    sign = Sealing(signer, b"", kind="Sign", value=lambda data: cms(own, data, gbt=True))
    made["signed.ofd"] = pack(sign.add(plain_files(1)))
    made["v5.ofd"] = ofd(seals()["v5"], own)
    made["cancelled.ofd"] = ofd(seals()["cancelled"], own)
    page_ = "Doc_0/Pages/Page_0/Content.xml"
    made["altered.ofd"] = ofd_altered(
        made["sealed.ofd"], page_, lambda xml: xml.replace("盖章处".encode(), "盖章外".encode())
    )
    made["plain.ofd"] = foreign()
    return made


def papers() -> dict[str, bytes]:
    """Forms, records, CMS, seal signatures."""
    known, made = authorities(), {}
    for family in ("sm2", "p256"):
        own = known.of(family)
        made[f"{family}-form.json"] = form(own.seal)
        made[f"{family}-form-revoked.json"] = form(known.revoked[family])
        made[f"{family}-record.jws"] = sign_jws(
            RECORD, own.seal.key, sealing=sealing_of(own.seal), at=AT - HOUR
        )
        made[f"{family}-content.txt.p7s"] = cms(own.seal, CONTENT)
        made[f"{family}-enclosed.p7m"] = cms(own.seal, CONTENT, enclosed=True)
        made[f"{family}-enclosed.pem"] = pem("CMS", made[f"{family}-enclosed.p7m"])
    made["rsa-enclosed.p7m"] = cms(known.rsa, CONTENT, enclosed=True)
    own = known.sm2
    made["gm-form.json"] = form(own.seal, FormProfile.GM_CMS)
    made["gm-content.txt.p7s"] = cms(own.seal, CONTENT, gbt=True)
    made["gm-enclosed.p7m"] = cms(own.seal, CONTENT, gbt=True, enclosed=True)
    made["enclosed-revoked.p7m"] = cms(known.revoked["p256"], CONTENT, enclosed=True)
    made["form-altered.json"] = altered(made["p256-form.json"], b"86420", b"86421")
    made["record-altered.jws"] = altered(made["p256-record.jws"], b'"payload":"ey', b'"payload":"eY')
    value = digest(HashAlgorithm.SM3, CONTENT)
    made["sm2-content.txt.sig"] = seal_ses(
        seals()["v4"],
        own.seal.key,
        content=value,
        property_info="/Doc_0/Signs/Sign_0/Signature.xml",
        at=AT - HOUR,
        certificate=own.seal.certificate,
    )
    return made


def seal_files() -> dict[str, bytes]:
    """Seals by themselves, of three versions."""
    return {f"seal-{name}.esl": esl for name, esl in seals().items()}


def stamps() -> dict[str, bytes]:
    made = {}
    for family in ("sm2", "p256"):
        own = authorities().of(family)
        made[f"{family}-content.txt.tsr"] = bare_stamper(own, AT - DAY)(digest(own.algorithm, CONTENT))
        tree = ArchiveTree(
            own.algorithm, [digest(own.algorithm, one).value for one in (CONTENT, b"other", b"third")]
        )
        token = stamp_root(tree, own.stamper(AT - DAY), own.evidence(AT - DAY))
        made[f"{family}-content.txt.ers"] = first_record(tree, 0, token)
    return made
