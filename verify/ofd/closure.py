# SPDX-License-Identifier: Apache-2.0
"""Everything that a reader of the document can reach, by following every path that its files write.

A signature protects a document only if it protects all of this.  What no path reaches is still compared with
the text of all XML files: a file whose name stands somewhere may be reached by a way that we do not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape
from urllib.parse import unquote

from .document import same_id
from .errors import OfdMalformed
from .locations import Location, folder_of, joined
from .markup import Node
from .package import OfdBody, OfdPackage

MOST_ASKED = 64
MOST_SEARCHED = 64 * 1024 * 1024
_FILES = ("FontFile", "MediaFile", "ProfileFile", "Profile")
_NAME_FILES = (b"PageRes", b"FontFile", b"MediaFile", b"Profile")
"""A page in which none of these stands names no file: it need not be parsed."""
_USES = ("Font", "ResourceID", "DrawParam", "ColorSpace", "Substitution", "ImageMask", "Relative")
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<")


class Closure:
    """``entries``: what can be reached.  ``missing``: paths that lead nowhere; ``lists``: those of them that
    should be lists of resources.  ``damaged``: XML that cannot be read: what lies behind it is unknown."""

    def __init__(self, package: OfdPackage) -> None:
        self._package = package
        self.entries: set[str] = set()
        self.missing: set[str] = set()
        self.lists: set[str] = set()
        self.damaged: set[str] = set()
        self._resource_files: set[str] = set()

    def of(self, body: OfdBody) -> Closure:
        """All of one document."""
        self.entries.add(self._package.ofd_xml)
        self._document(body.root)
        for version in body.versions:
            self._version(version.location)
        return self

    @property
    def lacking(self) -> frozenset[str]:
        """What readers miss.  Many writers name a list of resources that they do not write: nothing is missed
        when every resource that is used stands in another list."""
        harmless = self.lists and not self._needs_lists()
        return frozenset(self.missing - self.lists if harmless else self.missing)

    def _needs_lists(self) -> bool:
        known: set[str] = set()
        used: set[str] = set()
        for entry in self.entries:
            if not _is_xml(self._package.read(entry)):
                continue
            try:
                root = self._package.xml(entry).root
            except OfdMalformed:
                continue
            for node in root.walk():
                used.update(same_id(value) for name in _USES if (value := node.get(name)))
                if entry in self._resource_files and "ID" in node.attributes:
                    known.add(same_id(node.get("ID")))
        return bool(used - known)

    def _reach(self, location: Location | None) -> str | None:
        """The entry, when it is reached for the first time."""
        if location is None:
            return None
        if location.entry is None:
            self.missing.add(location.wanted)
            return None
        if location.entry in self.entries:
            return None
        self.entries.add(location.entry)
        return location.entry

    def _root(self, entry: str) -> Node | None:
        try:
            return self._package.xml(entry).root
        except OfdMalformed:
            self.damaged.add(entry)
            return None

    def _document(self, location: Location | None) -> None:
        entry = self._reach(location)
        root = self._root(entry) if entry is not None else None
        if entry is None or root is None:
            return
        for node in root.walk():
            if node.name in ("PublicRes", "DocumentRes"):
                self._resources(self._at(node.text, entry))
            elif node.name in ("Page", "TemplatePage") and "BaseLoc" in node.attributes:
                self._page(self._at(node.get("BaseLoc"), entry))
            elif node.name in ("Annotations", "CustomTags", "Attachments", "Extensions"):
                self._listing(self._at(node.text, entry))

    def _page(self, location: Location | None) -> None:
        entry = self._reach(location)
        if entry is None:
            return
        data = self._package.read(entry)
        if not any(name in data for name in _NAME_FILES):
            return
        root = self._root(entry)
        for node in root.walk() if root is not None else ():
            if node.name == "PageRes":
                self._resources(self._at(node.text, entry))
            elif node.name in _FILES:
                self._reach(self._at(node.text, entry))

    def _resources(self, location: Location | None) -> None:
        if location is not None and location.entry is None:
            self.lists.add(location.wanted)
        entry = self._reach(location)
        root = self._root(entry) if entry is not None else None
        if entry is None or root is None:
            return
        self._resource_files.add(entry)
        here = folder_of(entry)
        based = joined(here, root.get("BaseLoc")) or here
        for node in root.walk():
            if node.name in _FILES:
                written = node.text.strip()
                if written:
                    # Readers differ about the folder: both files count.
                    for folders in ((based, here), (here, based)):
                        self._reach(self._package.locate(written, *folders))
            elif node.name == "ColorSpace" and node.get("Profile"):
                self._reach(self._package.locate(node.get("Profile"), based, here))

    def _listing(self, location: Location | None) -> None:
        """Annotations, attachments, tags, extensions: files that name files, two levels deep."""
        entry = self._reach(location)
        root = self._root(entry) if entry is not None else None
        if entry is None or root is None:
            return
        for node in root.walk():
            if node.name in ("FileLoc", "SchemaLoc", "ExtendData") and node.text.strip():
                self._reach(self._at(node.text, entry))

    def _version(self, location: Location | None) -> None:
        entry = self._reach(location)
        root = self._root(entry) if entry is not None else None
        if entry is None or root is None:
            return
        for node in root.walk():
            if node.name == "File":
                self._reach(self._at(node.text, entry))
            elif node.name == "DocRoot":
                self._document(self._at(node.text, entry))

    def _at(self, written: str, entry: str) -> Location | None:
        return self._package.locate_from(written, entry) if written.strip() else None


def mentioned(package: OfdPackage, names: Sequence[str], besides: Iterable[str]) -> list[str]:
    """Those of ``names`` whose last part stands in some XML file that is not one of ``besides``.

    Where that would take long, all of them: a gap is the answer that does no harm.
    """
    lasts = {name: name.rpartition("/")[2].casefold() for name in names}
    left = {name: {last, unquote(last).casefold()} for name, last in lasts.items()}
    apart = set(besides)
    asked = [name for name in package.entries if name not in apart]
    if len(left) > MOST_ASKED or sum(package.entries[name].size for name in asked) > MOST_SEARCHED:
        return list(names)
    found: list[str] = []
    for entry in asked:
        if not left:
            break
        data = package.read(entry)
        if not _is_xml(data):
            continue
        text = _spoken(data.decode("utf-8", "replace"))
        for name in [n for n, forms in left.items() if n != entry and any(one in text for one in forms)]:
            found.append(name)
            del left[name]
    return found


def _spoken(text: str) -> str:
    """A text in which names are looked for: as written, and with what readers may resolve in it resolved."""
    forms = [text]
    if "&" in text:
        forms.append(unescape(text))
    forms.extend([unquote(one) for one in forms if "%" in one])
    return "\n".join(forms).casefold()


def _is_xml(data: bytes) -> bool:
    return _BEGINS.match(data) is not None
