# SPDX-License-Identifier: Apache-2.0
"""Everything that a reader of the document can reach, by following every path that its files write.

A signature protects a document only if it protects all of this.  What no path reaches is still compared with
the text of all XML files: a file whose name stands somewhere may be reached by a way that we do not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .errors import OfdMalformed
from .locations import Location, folder_of, joined
from .markup import Node
from .package import OfdBody, OfdPackage

MOST_ASKED = 64
MOST_SEARCHED = 64 * 1024 * 1024
_FILES = ("FontFile", "MediaFile", "ProfileFile", "Profile")


class Closure:
    """``entries``: what can be reached.  ``missing``: paths that lead nowhere.  ``damaged``: XML that cannot
    be read, so that what lies behind it is unknown."""

    def __init__(self, package: OfdPackage) -> None:
        self._package = package
        self.entries: set[str] = set()
        self.missing: set[str] = set()
        self.damaged: set[str] = set()

    def of(self, body: OfdBody) -> Closure:
        """All of one document."""
        self.entries.add(self._package.ofd_xml)
        self._document(body.root)
        for version in body.versions:
            self._version(version.location)
        return self

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
        root = self._root(entry) if entry is not None else None
        if entry is None or root is None:
            return
        for node in root.walk():
            if node.name == "PageRes":
                self._resources(self._at(node.text, entry))
            elif node.name in _FILES:
                self._reach(self._at(node.text, entry))

    def _resources(self, location: Location | None) -> None:
        entry = self._reach(location)
        root = self._root(entry) if entry is not None else None
        if entry is None or root is None:
            return
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
    left = {name: name.rpartition("/")[2].casefold() for name in names}
    apart = set(besides)
    asked = [name for name in package.entries if name not in apart]
    if len(left) > MOST_ASKED or sum(package.entries[name].size for name in asked) > MOST_SEARCHED:
        return list(names)
    found: list[str] = []
    for entry in asked:
        if not left:
            break
        data = package.read(entry)
        if not data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            continue
        text = data.decode("utf-8", "replace").casefold()
        for name in [name for name, last in left.items() if name != entry and last in text]:
            found.append(name)
            del left[name]
    return found
