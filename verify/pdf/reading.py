# SPDX-License-Identifier: Apache-2.0
"""The signature fields of a PDF as the first parser (qpdf) sees them.

ISO 32000-1 sections 12.7.4.5 (signature fields) and 12.8 (digital signatures). Values are reported as they
stand, right or wrong; judging them is for :mod:`.coverage` and :mod:`.check`.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ..errors import Unreadable
from .places import PlaceOnPage, Places
from .structure import Drawn
from .validation_data import SecurityStore, read_store

DEEPEST_FIELD = 16
MOST_FIELDS = 5_000
MOST_SIGNATURES = 32
MOST_ANNOTATIONS = 200_000
LARGEST_ATTACHMENT = 32 * 1024 * 1024
LARGEST_UNPACKED = 256 * 1024 * 1024
"""Of one stream that qpdf has to unpack to know the objects: object streams and cross-reference streams."""
MOST_PACKINGS = 2
_SOURCE = re.compile(r"\Astream <[^>]*>,? ?")  # qpdf names the buffer that it reads from


@dataclass(frozen=True, slots=True)
class FieldLock:
    """FieldMDP (ISO 32000-1 section 12.8.2.4): which fields may not change after the signature.

    ``action``: All, Include or Exclude.
    """

    action: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureField:
    """One signature field; ``signed`` when it has a value.  Absent or mistyped entries are ``None``."""

    name: str
    object_id: tuple[int, int]  # of the field
    value_id: tuple[int, int]  # of the signature dictionary; (0, 0) when it is written inside the field
    top_level: bool
    signed: bool
    byte_range: tuple[int, ...] | None
    contents: bytes | None
    sub_filter: str
    type: str
    claimed_time: str
    reason: str
    location: str
    permission: int | None  # DocMDP P of a certifying signature
    locked: FieldLock | None = None
    places: tuple[PlaceOnPage, ...] = ()


@dataclass(frozen=True, slots=True)
class PdfReading:
    """What one pass over the file found."""

    pages: int
    objects: int
    fields: tuple[SignatureField, ...]
    warnings: tuple[str, ...]
    title: str
    record: bytes | None  # the attachment that was asked for
    store: SecurityStore | None = None
    root: int = 0
    drawn: tuple[Drawn, ...] = ()

    @property
    def signed(self) -> tuple[SignatureField, ...]:
        return tuple(field for field in self.fields if field.signed)


def read_with_qpdf(data: bytes, *, attachment: str = "", contents: bool = False) -> PdfReading:
    """With ``contents``, also what is drawn on each page.

    Raises :class:`Unreadable` when nothing can be made of the file, or when it is encrypted.
    """
    import pikepdf

    _prepare_parser()
    try:
        # Recovery is allowed so that a damaged sealed file can be named as such; its warnings forbid a pass.
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise _encrypted()
            # This parses every object: qpdf warns only about what it has read.
            objects = len(pdf.objects)
            # Before anything else asks for a stream: the second parser has a limit that is far higher.
            warnings = pdf.get_warnings()  # each is told once
            _refuse_bombs(warnings)
            fields = tuple(_fields(pdf))
            pages, title = len(pdf.pages), _title(pdf)
            record = _attachment(pdf, attachment) if attachment else None
            store = read_store(pdf.Root)
            drawn: tuple[Drawn, ...] = ()
            if contents:
                drawn = tuple(_drawn(pdf))
                places = Places()
                fields += tuple(_strays(pdf, {one.value_id for one in fields}, places))
                fields = tuple(replace(one, places=places.of(one.object_id)) for one in fields)
            warnings += pdf.get_warnings()
            return PdfReading(
                pages=pages,
                objects=objects,
                fields=fields,
                title=title,
                record=record,
                store=store,
                root=pdf.Root.objgen[0],
                drawn=drawn,
                warnings=tuple(_SOURCE.sub("", str(warning)) for warning in warnings),
            )
    except Unreadable:
        raise
    except pikepdf.PasswordError:
        raise _encrypted() from None
    except Exception as error:
        # qpdf and pikepdf raise many kinds for hostile files; for us they all mean one thing.
        raise Unreadable(
            "PDF 已损坏或不完整,请重新获取文件 the PDF is damaged or incomplete: fetch it again"
        ) from error


def read_attachment(data: bytes, name: str) -> bytes | None:
    """The embedded file of this name, or ``None``.  Raises :class:`Unreadable` for a broken file."""
    return read_with_qpdf(data, attachment=name).record


@cache
def _prepare_parser() -> None:
    """Once for the process: no part of a file goes into a log, and no small stream becomes a huge one."""
    import pikepdf

    logging.getLogger("pikepdf._core").setLevel(logging.CRITICAL + 1)
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=LARGEST_UNPACKED,
        run_length_max_memory=LARGEST_UNPACKED,
        png_max_memory=LARGEST_UNPACKED,
        tiff_max_memory=LARGEST_UNPACKED,
        max_stream_filters=MOST_PACKINGS,
    )


def _refuse_bombs(warnings: Sequence[object]) -> None:
    """A stream of objects that qpdf would not unpack must not reach the second parser."""
    if any("error decoding stream data" in str(warning) for warning in warnings):
        raise Unreadable(
            "PDF 中的对象流无法解压或过大,请重新获取文件"
            " an object stream of the PDF cannot be unpacked, or is too large: fetch the file again"
        )


def _encrypted() -> Unreadable:
    return Unreadable("PDF 已加密,请先去除密码 the PDF is encrypted: remove the password first")


def _fields(pdf: Any) -> Iterator[SignatureField]:
    import pikepdf

    form = pdf.Root.get("/AcroForm")
    roots = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    if not isinstance(roots, pikepdf.Array):
        return
    seen: set[tuple[int, int]] = set()
    found, listed = 0, _few(roots, 0)
    stack: list[tuple[Any, str, Any, int]] = [(field, "", None, 0) for field in reversed(list(roots))]
    while stack:
        node, prefix, inherited, depth = stack.pop()
        if not isinstance(node, pikepdf.Dictionary) or node.objgen in seen:
            continue
        if node.objgen != (0, 0):
            seen.add(node.objgen)
        if depth > DEEPEST_FIELD:
            raise _too_many()
        own = _text(node.get("/T"))
        name = ".".join(part for part in (prefix, own) if part)
        kind = node.get("/FT", inherited)
        value = node.get("/V")
        other = kind != "/Sig" and isinstance(value, pikepdf.Dictionary) and _signs(value)
        if other or (kind == "/Sig" and (value is not None or own or depth == 0)):
            found += 1
            if found > MOST_SIGNATURES:
                raise Unreadable(f"签名字段超过 {MOST_SIGNATURES} 个 more signature fields than that")
            yield _field(node, name, top_level=depth == 0 and node.get("/FT") == "/Sig")
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            listed = _few(kids, listed)
            stack.extend((kid, name, kind, depth + 1) for kid in reversed(list(kids)))


def _few(entries: Any, listed: int) -> int:
    """How many entries have been listed with these: counted before one is looked at, repeated or not."""
    if listed + len(entries) > MOST_FIELDS:
        raise _too_many()
    return listed + len(entries)


def _too_many() -> Unreadable:
    return Unreadable(
        f"PDF 表单字段超过 {MOST_FIELDS} 个或嵌套过深"
        f" more than {MOST_FIELDS} form fields, or too deeply nested"
    )


def _strays(pdf: Any, listed: set[tuple[int, int]], places: Places) -> Iterator[SignatureField]:
    """Signatures that a page shows and the form does not list as such: never skipped, never passed.

    ``places`` is told where each signature field hangs.
    """
    import pikepdf

    looked_at = found = 0
    for number, page in enumerate(pdf.pages, 1):
        hung = page.obj.get("/Annots")
        if not isinstance(hung, pikepdf.Array):
            continue
        looked_at += len(hung)
        if looked_at > MOST_ANNOTATIONS:
            raise Unreadable("PDF 批注过多 too many annotations")
        for node in hung:
            places.note(node, page.obj, number)
            value = node.get("/V") if isinstance(node, pikepdf.Dictionary) else None
            if not isinstance(value, pikepdf.Dictionary) or not _signs(value) or value.objgen in listed:
                continue
            found += 1
            if found > MOST_SIGNATURES:
                raise Unreadable(f"签名超过 {MOST_SIGNATURES} 个 more signatures than that")
            listed = listed | {value.objgen}
            yield _field(node, _text(node.get("/T")), top_level=False)


def _signs(value: Any) -> bool:
    return "/ByteRange" in value or value.get("/Type") in ("/Sig", "/DocTimeStamp")


def _field(node: Any, name: str, *, top_level: bool) -> SignatureField:
    import pikepdf

    value = node.get("/V")
    signed = value is not None
    entries = value if isinstance(value, pikepdf.Dictionary) else pikepdf.Dictionary()
    contents = entries.get("/Contents")
    return SignatureField(
        name=name,
        object_id=node.objgen,
        value_id=value.objgen if isinstance(value, pikepdf.Dictionary) else (0, 0),
        top_level=top_level,
        signed=signed,
        byte_range=_integers(entries.get("/ByteRange")),
        contents=bytes(contents) if isinstance(contents, pikepdf.String) else None,
        sub_filter=_name(entries.get("/SubFilter")),
        type=_name(entries.get("/Type")),
        claimed_time=_text(entries.get("/M")),
        reason=_text(entries.get("/Reason")),
        location=_text(entries.get("/Location")),
        permission=_permission(entries.get("/Reference")),
        locked=_lock(entries.get("/Reference")) or _own_lock(node.get("/Lock")),
    )


def _integers(value: Any) -> tuple[int, ...] | None:
    import pikepdf

    if not isinstance(value, pikepdf.Array):
        return None
    numbers: list[Any] = list(value)
    if any(isinstance(number, bool) or not isinstance(number, int) for number in numbers):
        return None
    return tuple(numbers)


def _permission(references: Any) -> int | None:
    """The P value of the DocMDP transform (ISO 32000-1 section 12.8.2.2); 2 when it is not given."""
    import pikepdf

    if not isinstance(references, pikepdf.Array):
        return None
    for reference in references:
        if isinstance(reference, pikepdf.Dictionary) and reference.get("/TransformMethod") == "/DocMDP":
            parameters = reference.get("/TransformParams")
            level = parameters.get("/P", 2) if isinstance(parameters, pikepdf.Dictionary) else 2
            return level if isinstance(level, int) and level in (1, 2, 3) else 1
    return None


def _lock(references: Any) -> FieldLock | None:
    """The FieldMDP transform; one that cannot be read locks everything."""
    import pikepdf

    if not isinstance(references, pikepdf.Array):
        return None
    for reference in references:
        if isinstance(reference, pikepdf.Dictionary) and reference.get("/TransformMethod") == "/FieldMDP":
            parameters = reference.get("/TransformParams")
            if not isinstance(parameters, pikepdf.Dictionary):
                return FieldLock("All")
            return _locking(parameters)
    return None


def _own_lock(lock: Any) -> FieldLock | None:
    """What the field asked its signer to lock (section 12.7.4.5), when the signer did not say it again."""
    import pikepdf

    if lock is None:
        return None
    return _locking(lock) if isinstance(lock, pikepdf.Dictionary) else FieldLock("All")


def _locking(parameters: Any) -> FieldLock:
    import pikepdf

    action, listed = _name(parameters.get("/Action")), parameters.get("/Fields")
    if action not in ("Include", "Exclude") or not isinstance(listed, pikepdf.Array):
        return FieldLock("All")
    if len(listed) > MOST_FIELDS:
        return FieldLock("All")
    return FieldLock(action, tuple(_text(one) for one in listed))


def _name(value: Any) -> str:
    import pikepdf

    return str(value).removeprefix("/") if isinstance(value, pikepdf.Name) else ""


def _text(value: Any) -> str:
    import pikepdf

    if not isinstance(value, pikepdf.String):
        return ""
    try:
        return str(value)[:500]
    except UnicodeDecodeError:
        return bytes(value)[:500].decode("latin-1")


def _title(pdf: Any) -> str:
    import pikepdf

    info = pdf.trailer.get("/Info")
    return _text(info.get("/Title")) if isinstance(info, pikepdf.Dictionary) else ""


def _drawn(pdf: Any) -> Iterator[Drawn]:
    """As :func:`.structure.drawn_pages`, by this parser."""
    import pikepdf

    for page in pdf.pages:
        contents = page.obj.get("/Contents")
        digest = hashlib.sha256()
        for part in contents if isinstance(contents, pikepdf.Array) else [contents]:
            if isinstance(part, pikepdf.Stream):
                stored = part.read_raw_bytes()
                digest.update(b"%d:" % len(stored))
                digest.update(stored)
        yield Drawn(page.obj.objgen[0], digest.digest())


def _attachment(pdf: Any, name: str) -> bytes | None:
    """The bytes of an embedded file, unpacked here so that a small stream cannot become a huge one."""
    import pikepdf

    names = pdf.Root.get("/Names")
    if not isinstance(names, pikepdf.Dictionary) or "/EmbeddedFiles" not in names:
        return None
    specification = pikepdf.NameTree(names.EmbeddedFiles).get(name)
    files = specification.get("/EF") if isinstance(specification, pikepdf.Dictionary) else None
    stream = files.get("/UF", files.get("/F")) if isinstance(files, pikepdf.Dictionary) else None
    if not isinstance(stream, pikepdf.Stream):
        return None
    raw = stream.read_raw_bytes()
    packing = stream.get("/Filter")
    if isinstance(packing, pikepdf.Array) and len(packing) == 1:
        packing = packing[0]
    if packing is None:
        unpacked = raw
    elif packing == "/FlateDecode" and stream.get("/DecodeParms") is None:
        unpacked = zlib.decompressobj().decompress(raw, LARGEST_ATTACHMENT + 1)
    else:
        raise Unreadable(f"附件 {name} 的压缩方式不支持 unsupported packing of the attachment")
    if len(unpacked) > LARGEST_ATTACHMENT:
        raise Unreadable(f"附件 {name} 过大 the attachment is too large")
    return unpacked
