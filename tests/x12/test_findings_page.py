"""Every code that reading can give stands in docs/frames.md, under its severity."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READING = [
    path for path in sorted((ROOT / "claims" / "x12").glob("*.py")) if not path.name.startswith(("write", "conform"))
]


def test_every_code_in_the_source_stands_on_the_page():
    source = "\n".join(path.read_text(encoding="utf-8") for path in READING)
    literal = re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)",? (?:if|HOLD|NOTE|REJECT|else|owner)', source)
    literal += re.findall(r'^\s+"([a-z]+(?:-[a-z0-9]+)+)",$', source, re.M)
    literal += re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)", (?:HOLD|NOTE|REJECT)', source)
    page = (ROOT / "docs" / "frames.md").read_text(encoding="utf-8")
    assert len(set(literal)) > 25
    for code in sorted(set(literal) - {"utf-8"}):
        prefix, _, rest = code.partition("-")
        assert code in page or (prefix in ("interchange", "group", "set") and rest in page), code
