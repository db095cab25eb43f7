"""The flow reconciles with the steps of the service, each once and in their order."""

from __future__ import annotations

import re
from pathlib import Path

from claims.service.reconcile import STEPS

FLOW = Path(__file__).resolve().parents[2] / "flows" / "reconcile.py"


def test_the_flow_has_every_step_in_its_order():
    called = re.findall(r"\*\*steps\.(\w+)\(", FLOW.read_text(encoding="utf-8"))
    assert called == [step.__name__ for step in STEPS]
