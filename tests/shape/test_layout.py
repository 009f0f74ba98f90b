# SPDX-License-Identifier: Apache-2.0
"""The shape of the house: what the import linter cannot see (packages, names, where I/O may happen)."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("keys", "verify", "ca", "seal", "relying", "api")
CATCH_ALLS = {"utils", "util", "common", "helpers", "helper", "manager", "misc", "core"}
MAY_DO_IO = (
    "*/adapters/*",
    "api/settings/reading.py",
    "api/settings/writing.py",
    "api/wiring/*",
    "api/cli/*",
    "api/demo/*",
)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SOURCES = list(sources())
TREES = {path: ast.parse(path.read_text("utf-8")) for path in SOURCES}


def pyproject() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_packages_are_the_same_everywhere() -> None:
    """One list: folders with code, the wheel, the import linter and the architecture page agree."""
    config = pyproject()
    tool = config["tool"]
    assert isinstance(tool, dict)
    shipped = tool["hatch"]["build"]["targets"]["wheel"]["only-include"]
    assert sorted(shipped) == sorted(PACKAGES) == sorted(tool["importlinter"]["root_packages"])
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert [p for p in PACKAGES if not re.search(rf"^{p}/", page, re.MULTILINE)] == []
    folders = {p.parent.name for p in ROOT.glob("*/__init__.py")} - {"bench", "fuzz"}
    assert folders == set(PACKAGES)


def test_import_contracts_have_no_exceptions() -> None:
    """Something that does not fit is a design question, not an entry in a list."""
    contracts = pyproject()["tool"]["importlinter"]["contracts"]  # type: ignore[index]
    assert [c["name"] for c in contracts if "ignore_imports" in c] == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_file(path: Path) -> None:
    """Licence line first, a module docstring where there is code, at most 600 lines, no catch-all names."""
    text = path.read_text("utf-8")
    assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
    assert text.count("\n") <= 600
    assert path.stem not in CATCH_ALLS
    assert path.parent.name not in CATCH_ALLS
    tree = TREES[path]
    if tree.body:
        assert ast.get_docstring(tree), "module docstring: purpose, clause, where we differ"


@pytest.mark.parametrize("package", PACKAGES)
def test_face_has_all(package: str) -> None:
    """Each package has a face that names what it shows, and every name exists."""
    tree = TREES[ROOT / package / "__init__.py"]
    names = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    assert "__all__" in names
    module = __import__(package)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def test_clock_environment_and_files_only_at_the_edge() -> None:
    """Time and randomness are arguments; files and the environment belong to adapters and the wiring."""
    clocks = {"datetime.now", "datetime.utcnow", "date.today", "time.time"}
    forbidden = clocks | {"os.environ", "os.getenv", "open"}
    found = [
        f"{named(path)}: {name}"
        for path, tree in TREES.items()
        if not any(path.relative_to(ROOT).match(pattern) for pattern in MAY_DO_IO)
        for name in calls(tree)
        if name in forbidden
    ]
    assert found == []


def test_linted_is_made_in_one_place() -> None:
    """A type that proves a step is constructed only by that step."""
    makers = [named(path) for path, tree in TREES.items() if "Linted" in set(calls(tree))]
    assert makers == ["ca/linting.py"]


def test_no_hidden_cycles() -> None:
    """A TYPE_CHECKING import across packages hides a cycle from the reader."""
    guilty = []
    for path, tree in TREES.items():
        own = path.relative_to(ROOT).parts[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                for inner in ast.walk(node):
                    module = getattr(inner, "module", None) if isinstance(inner, ast.ImportFrom) else None
                    if module and inner.level == 0 and module.split(".")[0] in set(PACKAGES) - {own}:  # type: ignore[attr-defined]
                        guilty.append(f"{named(path)}: {module}")
    assert guilty == []


def project_files() -> Iterator[Path]:
    """Every file that belongs to the project: not the data, environments and demos beside it."""
    ours = (*PACKAGES, "bench", "docs", "tests", ".ci")
    for path in (*ROOT.glob("*"), *(inner for name in ours for inner in (ROOT / name).rglob("*"))):
        if path.is_file():
            yield path


def test_no_key_material_outside_vectors() -> None:
    """Private keys live in tests/vectors only, and say that they are insecure in their name."""
    marker = "-----BEGIN " + "PRIVATE KEY"
    found = [
        named(path)
        for path in project_files()
        if path.suffix in {".pem", ".key", ".p12", ".pfx", ".py", ".md", ".json", ".toml", ".js"}
        and (path.suffix in {".pem", ".key", ".p12", ".pfx"} or marker in path.read_text("utf-8", "replace"))
    ]
    allowed = [n for n in found if n.startswith("tests/vectors/") and "INSECURE-" in n]
    assert found == allowed


def test_the_standards_map_names_real_places() -> None:
    """Every file and folder that the map from clause to file to test names is there."""
    page = (ROOT / "docs" / "standards.md").read_text("utf-8")
    named_there = set(re.findall(r"`((?:keys|verify|ca|seal|relying|api|tests)/[^`]*)`", page))
    assert named_there
    assert [place for place in sorted(named_there) if not (ROOT / place).exists()] == []


def test_no_naked_todo() -> None:
    """An unfinished thing is an issue, not a comment."""
    words = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + r"X)\b")
    assert [named(path) for path in SOURCES if words.search(path.read_text("utf-8"))] == []
