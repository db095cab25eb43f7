"""docs/x12.md shows what is so: its example runs, and what it says a command prints is what the command prints.

`python -m tests.x12.test_x12_page` writes the page anew; look at the difference before you keep it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shlex
import tempfile
from pathlib import Path
from unittest import mock

import pytest

from claims import cli, x12
from claims.x12.advice import known
from claims.x12.conform.rules import by_code

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "x12.md"
EXAMPLE = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```\n", re.S)
COMMAND = re.compile(r"```text\n\$ (claims .*?)\n(.*?)```\n", re.S)
CODES = re.compile(r"<!-- codes -->\n.*<!-- end of codes -->\n", re.S)


@contextlib.contextmanager
def in_the_root():
    """Be where the page is read: in the root of the repository, on a terminal of 100 columns, without settings."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        with (
            tempfile.TemporaryDirectory() as home,
            mock.patch.dict(os.environ, {"COLUMNS": "100", "CLAIMS_HOME": home}),
        ):
            yield
    finally:
        os.chdir(before)


def example(code: str) -> str:
    """Run the example and return what it prints."""
    said = io.StringIO()
    with in_the_root(), contextlib.redirect_stdout(said):
        exec(compile(code, str(PAGE), "exec"), {})
    return said.getvalue()


def command(line: str) -> str:
    """Run a command and return what it prints, without blanks at the ends of lines."""
    said = io.StringIO()
    with in_the_root(), contextlib.redirect_stdout(said):
        cli.execute(shlex.split(line)[1:])
    return "".join(f"{text.rstrip()}\n" for text in said.getvalue().splitlines())


def codes() -> str:
    """Return the tables of codes."""
    rows = csv.DictReader((ROOT / "claims" / "x12" / "advice.csv").read_text(encoding="utf-8").splitlines())
    parts = ["<!-- codes -->"]
    for names in ([row["code"] for row in rows], list(by_code())):
        parts += ["", "| code | what it says | what to do |", "| --- | --- | --- |"]
        parts += [f"| `{code}` | {known()[code].sentence} | {known()[code].advice} |" for code in names]
    return "\n".join([*parts, "", "<!-- end of codes -->", ""])


def written_anew(page: str) -> str:
    """Return the page with everything that is made put in again."""
    page = EXAMPLE.sub(lambda found: f"```python\n{found[1]}```\n\n```text\n{example(found[1])}```\n", page)
    page = COMMAND.sub(lambda found: f"```text\n$ {found[1]}\n{command(found[1])}```\n", page)
    return CODES.sub(lambda _: codes(), page)


def test_the_example_prints_what_the_page_says():
    code, printed = EXAMPLE.search(PAGE.read_text(encoding="utf-8")).groups()
    assert example(code) == printed


@pytest.mark.parametrize(("line", "printed"), COMMAND.findall(PAGE.read_text(encoding="utf-8")))
def test_a_command_prints_what_the_page_says(line, printed):
    assert command(line) == printed


def test_there_are_commands_and_every_code_stands_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    assert len(COMMAND.findall(page)) == 4
    assert CODES.search(page)[0] == codes()


def test_every_name_stands_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in x12.__all__ if f"`x12.{name}" not in page] == []


if __name__ == "__main__":
    PAGE.write_text(written_anew(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
