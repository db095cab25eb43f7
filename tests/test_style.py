"""Style and types hold: what `make lint` says, beside the other tests, so that both processors are at work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# mypy spends half its time on finding garbage of its own: where there is memory for it (6 GB), it lies until the end.
ROOMY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") > 15 << 30
UNCOLLECTED = """
import gc
gc.disable()
gc.enable = lambda: None
from mypy.__main__ import console_entry
console_entry()
"""
TOOLS = {
    "mypy": ["-c", UNCOLLECTED] if ROOMY else ["-m", "mypy"],
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
}


@pytest.mark.parametrize("tool", TOOLS)
def test_nothing_is_found(tool):
    run = subprocess.run([sys.executable, *TOOLS[tool]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
