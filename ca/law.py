# SPDX-License-Identifier: Apache-2.0
"""The law in force: profiles read from their file, validated, and looked up by name.

A profile that contradicts itself (signs and decrypts, has a critical purpose that is not alone, pairs with a
profile of another holder) is refused when the file is read, so no certificate is ever judged by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from .documents import Fields, parse_document
from .errors import NoSuchProfile, ProfilesRefused
from .identifiers import IdentifierKind
from .profiles import KEY_USAGE_BITS, OCSP_SIGNING, SERVER_AUTH, TIME_STAMPING, CodeRule, Profile, Usage

FORMAT: Final = "yinxin-profiles/1"
PURPOSES: Final = ("persons", "organisations", "seals", "devices", "services")
"""What the issuing authorities are for."""
NAME_KINDS: Final = ("dns", "wildcard", "ip", "email")
LONGEST_DAYS: Final = 366 * 30

_NAME = r"[a-z][a-z0-9_]{0,31}"
_OID = r"[0-2](\.(0|[1-9][0-9]{0,9})){2,15}"
_AGAIN = "请改正该模板 / correct this profile"


def parse_profiles(data: bytes) -> Mapping[str, Profile]:
    """Every profile of the file, by name.  Raises :class:`ProfilesRefused`."""
    top = parse_document(data, refused=ProfilesRefused)
    top.only("format", "profiles")
    top.one_of("format", (FORMAT,))
    listed = top.within("profiles")
    if not listed.values:
        raise listed.error("profiles", "没有模板 / no profile", _AGAIN)
    found = {}
    for name in listed.values:
        if not re.fullmatch(_NAME, name):
            raise listed.error(name[:64], f"名称不合格式 / a name is of the form {_NAME}", _AGAIN)
        found[name] = _profile(name, listed.within(name))
    for one in found.values():
        _require_pair(listed, one, found)
    return MappingProxyType(found)


def _profile(name: str, fields: Fields) -> Profile:
    fields.only(
        "zh",
        "en",
        "purpose",
        "usage",
        "key_usage",
        "path_length",
        "days",
        "code",
        "places",
        "self_signed",
        "approvals",
        "pair",
        "extended_key_usage",
        "critical_purposes",
        "no_check",
        "alternative_names",
        "names_required",
        "common_name_is_host",
        "identifiers",
    )
    usage = Usage(fields.one_of("usage", tuple(Usage)))
    ca = usage is Usage.AUTHORITY
    key_usage = frozenset(fields.texts("key_usage", tuple(KEY_USAGE_BITS))) or usage.bits
    found = Profile(
        name,
        fields.text("zh", pattern=r"\S.{0,31}"),
        fields.text("en", pattern=r"[ -~]{1,64}"),
        ca,
        fields.whole("path_length", least=0, most=4) if ca else None,
        key_usage,
        fields.whole("days", least=1, most=LONGEST_DAYS),
        CodeRule(fields.one_of("code", tuple(CodeRule))),
        self_signed=fields.flag("self_signed", False),
        extended_key_usage=_oids(fields, "extended_key_usage"),
        no_check=fields.flag("no_check", False),
        purpose=fields.one_of("purpose", PURPOSES, ""),
        usage=usage,
        approvals=fields.whole("approvals", least=0, most=2),
        pair=fields.text("pair", "", pattern=_NAME) or None,
        critical_purposes=fields.flag("critical_purposes", True),
        places=fields.flag("places", False),
        alternative_names=frozenset(fields.texts("alternative_names", NAME_KINDS)),
        names_required=fields.flag("names_required", False),
        common_name_is_host=fields.flag("common_name_is_host", False),
        identifiers=frozenset(map(IdentifierKind, fields.texts("identifiers", tuple(IdentifierKind)))),
    )
    for field, rule in _contradictions(found, fields):
        raise fields.error(field, rule, _AGAIN)
    return found


def _oids(fields: Fields, name: str) -> tuple[str, ...]:
    found = fields.texts(name, most=8)
    # Each once more as a text of its own, for its form.
    return tuple(Fields({name: one}, fields.path, fields.refused).text(name, pattern=_OID) for one in found)


def _contradictions(found: Profile, fields: Fields) -> list[tuple[str, str]]:
    """What no profile may say at once; the first is what the author is told."""
    holder, purposes = not found.ca, found.extended_key_usage
    checks = (
        ("key_usage", found.key_usage <= found.usage.bits, "只用一种密钥用法 / sign, encrypt or certify"),
        ("path_length", found.ca or "path_length" not in fields.values, "只属于机构 / for authorities alone"),
        ("self_signed", found.ca or not found.self_signed, "只有根证书自签 / only a root signs itself"),
        ("purpose", holder or not found.purpose, "机构证书出自仪式 / authorities come from a ceremony"),
        (
            "purpose",
            not holder or bool(found.purpose) or OCSP_SIGNING in purposes,
            "须写明签发机构的用途 / the purpose of its issuing authority is missing",
        ),
        (
            "extended_key_usage",
            holder or not purposes,
            "机构证书没有扩展用途 / an authority has no extended key usage",
        ),
        (
            "extended_key_usage",
            not {TIME_STAMPING, OCSP_SIGNING} & set(purposes) or len(purposes) == 1,
            "时间戳与OCSP用途须单独 / time stamping and OCSP signing stand alone",
        ),
        (
            "critical_purposes",
            found.critical_purposes or (bool(purposes) and TIME_STAMPING not in purposes),
            "时间戳用途须关键 / time stamping is critical (RFC 3161 2.3)",
        ),
        (
            "no_check",
            found.no_check == (OCSP_SIGNING in purposes),
            "与OCSP签名用途同时出现 / goes with OCSP signing and with nothing else",
        ),
        (
            "alternative_names",
            SERVER_AUTH not in purposes or (found.names_required and "dns" in found.alternative_names),
            "服务器证书须有域名 / a server has host names",
        ),
        (
            "alternative_names",
            "wildcard" not in found.alternative_names or "dns" in found.alternative_names,
            "通配符须与dns并列 / wildcards are host names",
        ),
        (
            "names_required",
            not found.names_required or bool(found.alternative_names),
            "没有可用的名称种类 / no kind of name is allowed",
        ),
        (
            "common_name_is_host",
            not found.common_name_is_host or (found.names_required and "dns" in found.alternative_names),
            "须有域名 / needs host names",
        ),
        (
            "alternative_names",
            holder or not found.alternative_names,
            "机构证书没有其他名称 / an authority has no further names",
        ),
        ("identifiers", holder or not found.identifiers, "机构证书没有标识扩展 / not for authorities"),
    )
    return [(field, rule) for field, holds, rule in checks if not holds]


def _require_pair(listed: Fields, one: Profile, found: Mapping[str, Profile]) -> None:
    """The encryption certificate beside a signing one is of the same holder, and lives as long."""
    if one.pair is None:
        return
    other = found.get(one.pair)
    if other is None or one.usage is not Usage.SIGN or other.usage is not Usage.ENCRYPT:
        raise listed.error(
            f"{one.name}.pair", "签名模板配加密模板 / a signing profile pairs with an encryption one", _AGAIN
        )
    if (one.purpose, one.code, one.days, one.approvals, one.places, one.identifiers) != (
        other.purpose,
        other.code,
        other.days,
        other.approvals,
        other.places,
        other.identifiers,
    ):
        raise listed.error(
            f"{one.name}.pair",
            "两个模板的持有人规则须相同 / both must have the same rules about the holder",
            _AGAIN,
        )


def _shipped() -> Mapping[str, Profile]:
    return parse_profiles(files(__package__).joinpath("profiles.yaml").read_bytes())


PROFILES: Mapping[str, Profile] = _shipped()


def profile(name: str) -> Profile:
    """The profile of this name; raises :class:`NoSuchProfile`."""
    found = PROFILES.get(name)
    if found is None:
        raise NoSuchProfile(name, tuple(PROFILES))
    return found
