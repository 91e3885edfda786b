"""The house keeps its shape: sizes of files, functions and classes, and where destructive calls may stand."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pumas_tui"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "benchmarks").rglob("*.py"))

MAX_FILE, MAX_FUNCTION, MAX_CLASS, MAX_SCREEN, MAX_APP = 400, 50, 300, 250, 200


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def length(node: ast.AST) -> int:
    return (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=relative)
def test_budgets(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    screen = path.parent.name == "screens"
    assert lines <= (MAX_SCREEN if screen else MAX_FILE), f"{relative(path)} has {lines} lines"
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert length(node) <= MAX_FUNCTION, f"{relative(path)}:{node.name} has {length(node)} lines"
        if isinstance(node, ast.ClassDef):
            most = MAX_APP if node.name == "PumasApp" else MAX_CLASS
            assert length(node) <= most, f"{relative(path)}:{node.name} has {length(node)} lines"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_module_says_what_lives_there(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), relative(path)


DESTRUCTIVE = {
    "unlink", "remove", "rmdir", "removedirs", "rename", "renames", "replace", "truncate", "ftruncate",
    "symlink", "link", "symlink_to", "hardlink_to", "link_to", "rmtree", "move", "mkdir", "makedirs",
    "copy", "copy2", "copyfile", "copytree", "chmod", "write_text", "write_bytes", "touch", "mkfifo", "mknod",
}  # fmt: skip
HIDES_ERRORS = {
    "exists",
    "lexists",
    "isfile",
    "isdir",
    "islink",
    "ismount",
    "walk",
    "rglob",
    "glob",
    "is_file",
    "is_dir",
}
OWNERS = {"os", "shutil", "Path", "path"}


def called(node: ast.Call) -> tuple[str, str]:
    """(owner, name) of a call, owner being the last name before the dot."""
    func = node.func
    if isinstance(func, ast.Attribute):
        value = func.value
        owner = (
            value.id
            if isinstance(value, ast.Name)
            else value.attr
            if isinstance(value, ast.Attribute)
            else ""
        )
        return owner, func.attr
    return "", func.id if isinstance(func, ast.Name) else ""


def imports_pathlib(path: Path) -> bool:
    return "pathlib" in path.read_text(encoding="utf-8")


def offences(path: Path) -> Iterator[str]:
    disk_room = path.parent.name == "fs" and path.name.startswith("ops")
    pathlib_there = imports_pathlib(path)
    for node in nodes(path):
        if not isinstance(node, ast.Call):
            continue
        owner, name = called(node)
        where = f"{relative(path)}:{node.lineno} {owner}.{name}"
        if (
            name in DESTRUCTIVE
            and not disk_room
            and (owner in OWNERS or (pathlib_there and name in PATHLIB_ONLY))
        ):
            yield where
        hides = name in HIDES_ERRORS and (
            owner in {"os", "path"} or (pathlib_there and name in PATHLIB_HIDES)
        )
        if hides and path.name != "assets.py":
            yield where
        if owner == "" and name == "open" and path.parts[-2] != "fs":
            yield where


PATHLIB_HIDES = {"exists", "is_file", "is_dir", "rglob"}
PATHLIB_ONLY = {
    "unlink",
    "rmdir",
    "symlink_to",
    "hardlink_to",
    "mkdir",
    "write_text",
    "write_bytes",
    "touch",
    "chmod",
}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_only_ops_changes_the_disk_and_nothing_hides_errors(path: Path) -> None:
    assert list(offences(path)) == []


def test_the_lint_sees_what_it_should(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import os\nos.unlink('x')\nos.path.exists('x')\nopen('x')\n")
    found = {line.rsplit(" ", 1)[1] for line in _offences_outside(bad)}
    assert found == {"os.unlink", "path.exists", ".open"}


def _offences_outside(path: Path) -> list[str]:
    global ROOT
    before, ROOT = ROOT, path.parent
    try:
        return list(offences(path))
    finally:
        ROOT = before
