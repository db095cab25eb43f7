"""The nightly flow takes the steps of reconcile, all of them, in their order."""

from __future__ import annotations

import re
from pathlib import Path

from claims.service.reconcile import STEPS

FLOW = Path(__file__).resolve().parents[2] / "flows" / "reconcile.py"


def test_the_flow_takes_every_step_in_order():
    source = FLOW.read_text(encoding="utf-8")
    assert re.findall(r"steps\.([a-z_]+)\(", source) == [step.__name__ for step in STEPS]
