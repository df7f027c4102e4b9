"""The house rules that a linter does not know. Source: the style of the code, in docs and reviews."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    *("bench", "clients", "families", "family_site", "ops", "second_brain_database", "tests", "tokens"),
)
MOST_LINES, MOST_FUNCTION_LINES = 300, 40
NOBODYS_ROOMS = {"utils", "util", "helpers", "common", "misc"}
WRITTEN_BY_DJANGO = {"migrations", "contrib_migrations"}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def statements(within: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements, however deep; what they are made of, which is most, holds none."""
    for node in ast.iter_child_nodes(within):
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            yield node
            yield from statements(node)


@cache
def modules() -> tuple[Path, ...]:
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(path for path in found if not WRITTEN_BY_DJANGO & set(path.parts))


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_are_small_and_so_are_their_functions(package: str) -> None:
    paths = [path for path in modules() if path.relative_to(ROOT).parts[0] == package]
    functions = [
        (path, node)
        for path in paths
        for node in statements(tree_of(path))
        if isinstance(node, ast.FunctionDef)
    ]

    assert paths
    assert [path for path in paths if len(path.read_text().splitlines()) > MOST_LINES] == []
    assert [(path, each.name) for path, each in functions if _lines(each) > MOST_FUNCTION_LINES] == []


def test_no_module_is_a_room_for_anything() -> None:
    assert [
        path for path in modules() if NOBODYS_ROOMS & {part.removesuffix(".py") for part in path.parts}
    ] == []


def test_documents_do_not_write_themselves_and_nobody_listens_in() -> None:
    product = [path for path in modules() if path.relative_to(ROOT).parts[0] not in {"tests", "bench"}]
    for path in product:
        for node in statements(tree_of(path)):
            if isinstance(node, ast.ClassDef) and "models" in path.parts:
                assert "save" not in {each.name for each in node.body if isinstance(each, ast.FunctionDef)}, (
                    path
                )
        assert "django.dispatch" not in path.read_text(), path


def test_every_exception_to_a_rule_names_its_rule() -> None:
    nameless = re.compile(r"#\s*(noqa(?!: ?[A-Z]+\d+)|type: ignore(?!\[))")
    mine = Path(__file__).resolve()
    assert [path for path in modules() if path != mine and nameless.search(path.read_text())] == []


def test_the_commands_of_the_documentation_exist() -> None:
    commands = {path.stem for path in modules() if path.parent.name == "commands"}
    commands |= {"check", "dbshell", "migrate", "makemigrations"}
    targets = set(re.findall(r"^([a-z.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for text in (path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]):
        assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= commands
        assert set(re.findall(r"`make ([a-z.-]+)`", text)) <= targets


def _lines(function: ast.FunctionDef) -> int:
    """Count the lines of a function without its docstring."""
    docstring = ast.get_docstring(function, clean=False)
    whole = (function.end_lineno or 0) - function.lineno + 1
    return whole - (docstring.count("\n") + 1 if docstring else 0)
