"""Run a command as the command line does, and look at what it said."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from claims import cli, config
from claims.service.context import open_context
from claims.service.intake import ingest
from claims.service.reconcile import reconcile


class Said(NamedTuple):
    """What a command ended with and printed."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one document on stdout."""
        return json.loads(self.out)


@pytest.fixture
def claims(capsys):
    """Call it with the words after ``claims``."""

    def call(*words) -> Said:
        capsys.readouterr()
        code = cli.execute([str(word) for word in words])
        return Said(code, *capsys.readouterr())

    return call


_homes: dict[tuple, Path] = {}


@pytest.fixture
def begun(request, tmp_path_factory):
    """Do what the tests of a file begin with: once, then the data folder is copied.

    `begun(how, *of)`: `how()` fills the data folder, of nothing that is another in the next test but `of`.
    """

    def begin(how, *of):
        key, home = (request.path, how.__qualname__, *of), config.load().home
        if key in _homes:
            shutil.copytree(_homes[key], home, dirs_exist_ok=True)
            return
        how()
        _homes[key] = tmp_path_factory.mktemp("begun") / "home"
        shutil.copytree(home, _homes[key])

    return begin


@pytest.fixture
def practice_of(claims, tmp_path, begun):
    """Initialise a practice and let a night take in files (bytes), in the order given."""

    def call(day: date, *files: bytes):
        def how():
            assert claims("init").code == 0
            night(tmp_path, {f"{number}.dat": content for number, content in enumerate(files)}, day)

        begun(how, day, files)
        return claims

    return call


def night(folder: Path, files: dict[str, bytes], day: date) -> None:
    """Take in files by their names, in the order given, and reconcile."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    ctx = open_context(config.load(), actor="tester")
    ingest(ctx, [folder / name for name in files], day)
    reconcile(ctx, day)
    ctx.engine.dispose()
