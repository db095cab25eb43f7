"""docs/files.md says of master data what columns.csv says."""

from __future__ import annotations

from pathlib import Path

from claims.master.documented import put_into

PAGE = Path(__file__).resolve().parents[2] / "docs" / "files.md"


def test_the_page_holds_the_tables_as_they_are():
    page = PAGE.read_text(encoding="utf-8")
    assert put_into(page) == page, "run: python -m claims.master.documented"
