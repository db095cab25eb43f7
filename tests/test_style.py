"""Style and types hold: what `make lint` says, beside the other tests, so that both processors are at work."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("tool", ["mypy", "ruff check .", "ruff format --check ."])
def test_nothing_is_found(tool):
    run = subprocess.run([sys.executable, "-m", *tool.split()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
