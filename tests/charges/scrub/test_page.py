"""The page of edits says what the table says."""

from __future__ import annotations

import re
from pathlib import Path

from claims import codes
from claims.charges.scrub import edits

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "scrub.md").read_text(encoding="utf-8")


def test_the_page_lists_every_edit_as_it_is():
    rows = dict(re.findall(r"^\| `(S[0-9]{2}[a-z]?)` \| (.+) \|$", PAGE, re.M))
    for edit_id, edit in edits().items():
        place = edit.element or "the text's own"
        cells = (edit.kinds, edit.severity, place, edit.title, edit.fix, edit.prevents, edit.source)
        assert rows[edit_id] == " | ".join(cells), edit_id
    assert set(rows) == set(edits())


def test_what_an_edit_prevents_is_a_reason_code():
    known = set(codes.table("carc")["code"])
    for edit in edits().values():
        assert set(edit.prevents.split()) <= known, edit.edit_id
