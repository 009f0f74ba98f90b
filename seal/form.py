# SPDX-License-Identifier: Apache-2.0
"""Seal a form: the record in canonical JSON (RFC 8785) under a detached CMS signature, as one file.

In two steps, because the key is with the applicant; the file is :class:`verify.SealedForm`.  Unlike a PDF, a
form has no place of its own for the time, so the signing time is a signed attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from keys import Digest, KeyKind, default_scheme, digest
from verify import Json, SealedForm, VerifyError, canonical_json, parse_json

from .certificate import SealingCertificate
from .cms import CmsWriter, cms_writer
from .errors import SealRefused, StateMalformed
from .kept import kept_bytes, kept_digest
from .pdf.gm_cms import GmCmsWriter, gm_cms_writer
from .pdf.profile_errors import ProfileRefused

FORMAT: Final = "yinxin-prepared-form/1"


class FormProfile(StrEnum):
    """How the signature under a form is carried: both are detached, with signed attributes."""

    CMS = "cms"
    """RFC 5652, every kind of key."""
    GM_CMS = "gm-cms"
    """GB/T 35275-2017: the same structure under GM identifiers, SM2 alone."""


class FormRefused(SealRefused):
    """A record that has no canonical spelling."""

    def __init__(self, rule: str) -> None:
        super().__init__(
            "form-malformed",
            "表单数据无法规范化(例如含小数或非法字符);请修改后重试",
            f"the record has no canonical spelling ({rule}): correct it",
        )
        self.rule = rule


@dataclass(frozen=True, slots=True)
class PreparedForm:
    """The canonical record, and what the key has to sign for it."""

    content: bytes
    digest: Digest
    attributes: bytes
    at: datetime
    authority: bytes | None = None
    profile: FormProfile = FormProfile.CMS

    def state(self) -> dict[str, Json]:
        """Everything but the record, as JSON."""
        state: dict[str, Json] = {
            "format": FORMAT,
            "attributes": self.attributes.hex(),
            "digest_algorithm": self.digest.algorithm.value,
            "digest": self.digest.value.hex(),
            "at": self.at.isoformat(),
        }
        if self.profile is not FormProfile.CMS:
            state["profile"] = self.profile.value
        return state if self.authority is None else {**state, "authority": self.authority.hex()}

    @staticmethod
    def restore(state: Json, content: bytes) -> PreparedForm:
        """The reverse of :meth:`state`; raises :class:`StateMalformed` unless ``content`` is that record."""
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise StateMalformed("format")
        kept = kept_digest(state)
        if digest(kept.algorithm, content) != kept:
            raise StateMalformed("digest")
        try:
            at = datetime.fromisoformat(str(state.get("at")))
        except ValueError as error:
            raise StateMalformed("at") from error
        try:
            profile = FormProfile(str(state.get("profile", FormProfile.CMS.value)))
        except ValueError as error:
            raise StateMalformed("profile") from error
        if at.tzinfo is None:
            raise StateMalformed("at")
        authority = kept_bytes(state, "authority") if "authority" in state else None
        return PreparedForm(content, kept, kept_bytes(state, "attributes"), at, authority, profile)


def prepare_form(
    record: Mapping[str, Json],
    *,
    sealing: SealingCertificate,
    at: datetime,
    authority: bytes | None = None,
    profile: FormProfile = FormProfile.CMS,
) -> PreparedForm:
    """Raises :class:`FormRefused` for a record that JSON cannot carry exactly.

    :class:`ProfileRefused` for the GM profile with a certificate that is not SM2.  ``authority``: the
    statement of :class:`verify.Authority`, encoded.
    """
    try:
        content = canonical_json(dict(record))
    except VerifyError as error:
        raise FormRefused(str(error)) from error
    writer = _writer(sealing, profile)
    moment = at.astimezone(UTC).replace(microsecond=0)
    found = digest(writer.scheme.hash, content)
    attributes = writer.attributes(found, signing_time=moment, authority=authority)
    return PreparedForm(content, found, attributes, moment, authority, profile)


def complete_form(prepared: PreparedForm, signature: bytes, *, sealing: SealingCertificate) -> bytes:
    """The file.

    Raises :class:`SignatureMismatch` for a wrong signature, :class:`StateMalformed` when the form was
    prepared for another certificate.
    """
    if prepared.profile is FormProfile.GM_CMS and sealing.certificate.public_key.kind is not KeyKind.SM2:
        raise StateMalformed("digest algorithm of another certificate")
    writer = _writer(sealing, prepared.profile)
    if prepared.digest.algorithm is not writer.scheme.hash:
        raise StateMalformed("digest algorithm of another certificate")
    expected = writer.attributes(prepared.digest, signing_time=prepared.at, authority=prepared.authority)
    if expected != prepared.attributes:
        raise StateMalformed("attributes of another certificate")
    writer.require(signature, prepared.attributes)
    try:
        record = parse_json(prepared.content)
        if not isinstance(record, dict):
            raise StateMalformed("record")
        return SealedForm(record, writer.encode(prepared.attributes, signature)).encode()
    except VerifyError as error:
        raise StateMalformed("record") from error


def _writer(sealing: SealingCertificate, profile: FormProfile) -> CmsWriter | GmCmsWriter:
    kind = sealing.certificate.public_key.kind
    if profile is FormProfile.CMS:
        return cms_writer(sealing, default_scheme(kind))
    if kind is not KeyKind.SM2:
        raise ProfileRefused("gm-profile-needs-sm2", kind.value)
    return gm_cms_writer(sealing, attributes=True)
