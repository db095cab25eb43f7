"""``claims simulate payer``: what it says, what it writes, and that its page names all there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import x12
from claims.payer.told import COLUMNS
from claims.payer.ugly import modes

ROOT = Path(__file__).resolve().parents[2]
SENT = ROOT / "edi_samples" / "837p" / "pass" / "several-lines-and-date-ranges.edi"
PAGE = (ROOT / "docs" / "simulate.md").read_text("utf-8")


def test_the_payers_answer_a_file(claims, tmp_path):
    said = claims("simulate", "payer", SENT, "--out", tmp_path / "out", "--date", "2026-10-01", "--json")
    assert said.code == 0
    assert said.json["claims"] == len(x12.read(SENT).frames["claims"])
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {*said.json["files"], "bank.csv", "truth.csv", "fee_schedules.csv"}


def test_what_is_no_file_or_no_x12_is_named(claims, tmp_path):
    said = claims("simulate", "payer", tmp_path / "none.837", "--out", tmp_path / "out")
    assert (said.code, "There is no file" in said.err, "none.837" in said.err) == (2, True, True)
    rubbish = tmp_path / "rubbish.837"
    rubbish.write_bytes(b"ISA*00*")
    said = claims("simulate", "payer", rubbish, "--out", tmp_path / "out")
    assert (said.code, "rubbish.837 is no X12 file" in " ".join(said.err.split())) == (1, True)


def test_books_and_days_are_taken_from_the_command_line(claims, tmp_path):
    books = ("--books", tmp_path / "books", "--out", tmp_path / "out", "--json")
    first = claims("simulate", "payer", SENT, *books, "--date", "2026-10-01", "--as-of", "2026-10-02")
    assert first.json["remittances"] == 0
    again = claims("simulate", "payer", SENT, *books)
    assert (again.json["claims"], again.json["remittances"] > 0) == (0, True)


def test_a_mode_without_a_place_is_named(claims, tmp_path):
    said = claims("simulate", "payer", SENT, "--out", tmp_path / "out", "--ugly", "lost-file, no-6r", "--json")
    assert said.json["unapplied"] == []
    said = claims("simulate", "payer", SENT, "--out", tmp_path / "two", "--date", "2026-01-01", "--ugly", "no-6r")
    assert "no-6r" in said.out + said.err


@pytest.mark.parametrize("words", [("--ugly", "nonsense"), ("--date", "soon"), ("--as-of", "2026")])
def test_a_wrong_word_is_refused(claims, tmp_path, words):
    said = claims("simulate", "payer", SENT, "--out", tmp_path / "out", *words)
    assert said.code != 0
    assert not (tmp_path / "out").exists()


def test_the_page_names_every_mode_column_and_table():
    assert [mode for mode in modes() if f"| `{mode}` |" not in PAGE] == []
    named = [name.removesuffix("_cents") for name in COLUMNS]
    assert [name for name in named if f"`{name}`" not in PAGE] == []
    tables = {path.stem for path in (ROOT / "claims" / "payer").glob("*.csv")} - {"names", "profiles"}
    assert [name for name in sorted(tables) if f"`{name}`" not in PAGE] == []
