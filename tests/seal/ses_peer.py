# SPDX-License-Identifier: Apache-2.0
"""GB/T 38540 for asn1crypto: a second reader, which shares no code with ours."""

from __future__ import annotations

from typing import Any, ClassVar

from asn1crypto import core


class Header(core.Sequence):
    _fields: ClassVar[Any] = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class Certificates(core.SequenceOf):
    _child_spec = core.OctetString


class Property(core.Sequence):
    _fields: ClassVar[Any] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("list_type", core.Integer),
        ("list", Certificates),
        ("created", core.GeneralizedTime),
        ("start", core.GeneralizedTime),
        ("end", core.GeneralizedTime),
    ]


class Picture(core.Sequence):
    _fields: ClassVar[Any] = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class Info(core.Sequence):
    _fields: ClassVar[Any] = [
        ("header", Header),
        ("id", core.IA5String),
        ("property", Property),
        ("picture", Picture),
    ]


class Seal(core.Sequence):
    _fields: ClassVar[Any] = [
        ("info", Info),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
        ("stamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]


class Extension(core.Sequence):
    _fields: ClassVar[Any] = [
        ("id", core.ObjectIdentifier),
        ("critical", core.Boolean),
        ("value", core.OctetString),
    ]


class Extensions(core.SequenceOf):
    _child_spec = Extension


class Tbs(core.Sequence):
    _fields: ClassVar[Any] = [
        ("version", core.Integer),
        ("seal", Seal),
        ("time", core.GeneralizedTime),
        ("hash", core.OctetBitString),
        ("property", core.IA5String),
        ("extensions", Extensions, {"explicit": 0, "optional": True}),
    ]


class Signature(core.Sequence):
    _fields: ClassVar[Any] = [
        ("tbs", Tbs),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
        ("stamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]
