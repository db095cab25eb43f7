"""Run a command as the command line does, and look at what it said."""

from __future__ import annotations

import json
from datetime import date
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


@pytest.fixture
def practice_of(claims, tmp_path):
    """Initialise a practice and let a night take in files (bytes), in the order given."""

    def call(day: date, *files: bytes):
        assert claims("init").code == 0
        paths = []
        for number, content in enumerate(files):
            paths.append(tmp_path / f"{number}.dat")
            paths[-1].write_bytes(content)
        ctx = open_context(config.load(), actor="tester")
        ingest(ctx, paths, day)
        reconcile(ctx, day)
        ctx.engine.dispose()
        return claims

    return call
