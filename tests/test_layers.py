"""Imports point down only, and each library is known in one place. A breach is named with its file and line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PLAIN = {"money", "days", "errors", "findings", "frames", "config", "cells", "identifiers", "masking"}
SIDE_BY_SIDE = {"x12", "pricing", "charges", "ledger", "denials", "reports", "payer", "store", "people", "master"}
LETTERS = {"letters"}  # side by side with them; only service writes any
BELOW = {
    **dict.fromkeys(PLAIN, PLAIN),
    "codes": PLAIN,
    **dict.fromkeys(SIDE_BY_SIDE | LETTERS, PLAIN | {"codes"}),
    "service": PLAIN | SIDE_BY_SIDE | LETTERS | {"codes"},
    **dict.fromkeys(("cli", "web", "flows"), PLAIN | SIDE_BY_SIDE | {"codes", "service"}),
}
# Inside functions (and for type checkers) only: the command line starts these when asked to, and stays quick otherwise.
LAZY = {("cli", "flows"), ("cli", "web")}
# The only places that may know a library.
HOMES = {
    "sqlalchemy": "claims/store/",
    "alembic": "claims/store/",
    "psycopg": "claims/store/",
    "pyx12": "claims/x12/conform/maps.py",
    "prefect": "flows/",
    "prefect_dask": "flows/",
    "distributed": "flows/",
    "fastapi": "claims/web/",
    "starlette": "claims/web/",
    "argon2": "claims/people/",
    "pyotp": "claims/people/",
    "segno": "claims/people/",
    "cryptography": "claims/people/",
    "typer": "claims/cli/",
    "rich": "claims/cli/",
    "xlsxwriter": "claims/reports/",
    "typst": "claims/letters/",
    "docx": "claims/letters/",
    "docxtpl": "claims/letters/",
    "holidays": "claims/service/workdays.py",
}


def breaches(root: Path) -> list[str]:
    """Find every import of `root`/claims and `root`/flows that breaks a rule."""
    found = []
    for path in sorted([*root.glob("claims/**/*.py"), *root.glob("flows/**/*.py")]):
        place = path.relative_to(root).as_posix()
        for module, line, lazy in imports(path, root):
            problem = _problem(place, module, lazy)
            if problem:
                found.append(f"{place}:{line} imports {module}: {problem}")
    return found


def imports(path: Path, root: Path) -> Iterator[tuple[str, int, bool]]:
    """Give each imported module, its line, and whether it is not imported when its module is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {id(node) for outer in ast.walk(tree) if _is_run_later(outer) for node in ast.walk(outer)}
    package = path.relative_to(root).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in lazy
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            for name in [f"{module}.{alias.name}" for alias in node.names] if module == "claims" else [module]:
                yield name, node.lineno, id(node) in lazy


def layer(module: str) -> str:
    """Name the layer of a module of ours: ``claims.store.bulk`` is in ``store``, ``flows.nightly`` in ``flows``."""
    parts = module.split(".")
    return "flows" if parts[0] == "flows" else parts[1] if len(parts) > 1 else ""


def _problem(place: str, module: str, lazy: bool) -> str:
    library = module.split(".", maxsplit=1)[0]
    if library not in ("claims", "flows"):
        home = HOMES.get(library, "")
        return f"only {home} may" if not place.startswith(home) else ""
    mine, theirs = layer(place.removesuffix(".py").replace("/", ".")), layer(module)
    if mine in ("", "__init__", "__main__") or mine == theirs:
        return ""
    if mine not in BELOW:
        return f"tests/test_layers.py does not know where {mine} belongs"
    if theirs in BELOW[mine] or ((mine, theirs) in LAZY and lazy):
        return ""
    return f"{mine} may only import {', '.join(sorted(BELOW[mine] - {mine})) or 'nothing of ours'}"


def _is_run_later(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def test_imports_point_down():
    assert breaches(ROOT) == []


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("claims/x12/read.py", "from claims.store import bulk"),
        ("claims/x12/read.py", "from claims import store"),
        ("claims/x12/read.py", "from ..ledger import match"),
        ("claims/x12/read.py", "import pyx12.map_if"),
        ("claims/service/intake.py", "from claims.cli import console"),
        ("claims/service/intake.py", "import sqlalchemy as sa"),
        ("claims/service/intake.py", "def f():\n    from flows import nightly"),
        ("claims/money.py", "from claims.codes import tables"),
        ("claims/codes/tables.py", "import claims.x12"),
        ("claims/cli/run.py", "from flows import nightly"),
        ("claims/cli/run.py", "from prefect import flow"),
        ("claims/surprise/new.py", "from claims import money"),
        ("claims/cli/appeals.py", "from claims.letters import packet_pdf"),
        ("claims/reports/export.py", "import typst"),
        ("flows/steps.py", "from claims.cli import console"),
    ],
)
def test_each_kind_of_breach_is_named(tmp_path, place, line):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(line)
    (found,) = breaches(tmp_path)
    assert found.startswith(f"{place}:")


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("claims/cli/run.py", "def run():\n    from flows import nightly"),
        ("claims/cli/run.py", "if TYPE_CHECKING:\n    from flows import nightly"),
        ("claims/cli/run.py", "from claims.service import intake"),
        ("claims/store/bulk.py", "import sqlalchemy as sa\nfrom claims.store import engine"),
        ("claims/x12/conform/maps.py", "import pyx12.map_if"),
        ("claims/x12/read.py", "from . import tokens\nimport numpy as np"),
        ("flows/steps.py", "from prefect import task\nfrom claims.service import intake"),
    ],
)
def test_what_is_allowed_is_not_named(tmp_path, place, line):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert breaches(tmp_path) == []
