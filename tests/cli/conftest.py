"""Run a command as the command line does, and look at what it said."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from claims import cli


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
