"""Printing: money, masks, control characters, JSON, and who hears what."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from claims.cli import console, tables
from claims.cli.console import Output
from claims.masking import MASK


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "$0.00"), (5, "$0.05"), (-5, "-$0.05"), (123456789, "$1,234,567.89"), (-100, "-$1.00"), (None, "")],
)
def test_dollars(cents, text):
    assert console.dollars(cents) == text


def test_a_mask_hides_all_and_keeps_emptiness():
    assert console.mask("Smith") == console.mask("Jo") == MASK
    assert console.mask("Smith", show=True) == "Smith"
    assert console.mask("") == ""


@pytest.mark.parametrize("hostile", ["a\x1b[31mb", "a\r\nb", "a\x9bb", "a\u202eb", "a\u2028b", "a\0b"])
def test_control_characters_do_not_reach_the_terminal(hostile, capsys):
    output = Output()
    output.say(f"x {hostile.replace(chr(10), '')}")
    output.table("", ["name"], [[hostile]])
    printed = capsys.readouterr().out
    assert not set(printed) & set("\x1b\r\x9b\u202e\u2028\0")


def test_markup_in_data_is_just_text(capsys):
    Output().table("[red]t[/red]", ["[b]c[/b]"], [["[link=x]y[/link]"]])
    printed = capsys.readouterr().out
    assert "[red]t[/red]" in printed and "[b]c[/b]" in printed and "[link=x]y[/link]" in printed


def test_long_cells_are_folded_not_cut(capsys):
    Output().table("", ["a", "b"], [["x" * 300, "y" * 100]])
    printed = capsys.readouterr().out
    assert printed.count("x") == 300 and printed.count("y") == 100


def test_keys_and_numbers_stay_on_one_line_in_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    row = [
        "a3b4bc3c58",
        "$1,450.00",
        "words that go on " * 5,
        "more of these " * 5,
        "2026-12-13",
        "and more " * 9,
        "1234",
    ]
    Output().table("", ["Key", ">At risk", "Payer", "Why", ">By", "Next", ">Days"], [row])
    printed = capsys.readouterr().out
    assert max(len(line) for line in printed.splitlines()) <= 80
    assert all(text in printed for text in ("a3b4bc3c58", "$1,450.00", "2026-12-13", "1234"))


def test_nothing_is_cut_where_keys_do_not_fit(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    Output().table("", ["a", "b"], [["x" * 60, "y" * 10]])
    printed = capsys.readouterr().out
    assert printed.count("x") == 60 and printed.count("y") == 10


HASH = "0123456789abcdef" * 4
WIDE = ["Key", ">Open", "Day", "Owner", "Kind", "What", "Trace", "File", ">Segment", "Journal"]
VALUES = ["4102aa0718", "-$1,450.00", "2026-12-13", "", "claim-out-of-balance", "a text of words " * 6, "EFT2609221"]
VALUES += ["888c08df25df", "14", f"undo:835:{HASH}:17:1:0"]


@pytest.mark.parametrize("width", ["30", "60", "80", "100", "160", ""])
def test_no_value_breaks_inside_itself_and_nothing_is_lost(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", width)
    Output().table("", WIDE, [VALUES], first_to_go=("Trace",))
    printed = capsys.readouterr().out
    values = [value for value in VALUES if value and " " not in value and value != "claim-out-of-balance"]
    assert all(value in printed for value in values)
    assert printed.count("balance") == 1 and printed.count("words") == 6
    lines = [line for line in printed.splitlines() if HASH not in line]
    assert max(len(line) for line in lines) <= int(width or "400")
    if not width:  # of a file: each row stands in its columns, whatever they take
        assert "Owner" in printed and all(heading.strip(">") in printed.splitlines()[1] for heading in WIDE)


def test_what_does_not_fit_gives_way_in_order():
    def beside(width, **how):
        layout = tables.lay_out(WIDE, [VALUES], width, **how)
        return [WIDE[at] for at in layout.beside], [WIDE[at] for at in layout.below], layout

    everything = tables.needed(WIDE, [VALUES], 160)
    assert beside(everything)[1] == []
    but_empty, below, layout = beside(everything - 2)
    assert (set(WIDE) - set(but_empty), below, layout.codes_wrap) == ({"Owner"}, [], False)
    assert beside(everything - 8)[2].codes_wrap
    _, below, layout = beside(140, may_shorten=True)  # a terminal alone shortens, and says so
    assert below == [] and tables.wrapped(VALUES[-1], layout.widths[-1], layout) == ["undo:835:0123456789ab…:17:1:0"]
    assert beside(140)[1] == ["Journal"]
    assert beside(80)[1] == ["Trace", "File", "Journal"]  # Segment has its room again
    assert beside(80, first_to_go=("Trace", "Day"))[1] == ["Day", "Trace", ">Segment", "Journal"]
    assert beside(12)[0] == ["Key"]
    # Characters that take two columns each fit below their row, too, also where a sentence of them has no blanks.
    wide = [["1", "日本語テキスト " * 3, "$1.00", "日本語テキスト 説明説明説明 " * 2 + "説明" * 20]]
    for width in (24, 30, 36):
        layout = tables.lay_out(["No", "Payer", ">Amount", "Said"], wide, width)
        drawn = tables.lines(["No", "Payer", ">Amount", "Said"], wide, layout, width, {})
        told = ["".join(text for text, _ in line) for line in drawn]
        assert max(cell_len(line) for line in told) <= width
        assert ("".join(told).count("説"), "".join(told).count("明")) == (26, 26)


def test_json_leaves_stdout_to_the_document(capsys):
    output = Output(json=True)
    output.say("for people")
    output.table("t", ["a"], [[1]])
    output.warn("careful")
    with output.progress("reading", 3) as advance:
        advance()
    output.document({"n": 1})
    said = capsys.readouterr()
    assert said.out == '{\n  "n": 1\n}\n' and said.err == "careful\n"


def test_quiet_says_only_warnings(capsys):
    output = Output(quiet=True)
    output.say("for people")
    output.table("t", ["a"], [[1]])
    output.document({"n": 1})
    output.warn("careful")
    assert capsys.readouterr() == ("", "careful\n")


def test_no_rows_are_said(capsys):
    Output().table("Denials", ["a"], [])
    assert capsys.readouterr().out == "Denials: none\n"


def test_lines_stay_as_they_are_and_lose_their_control_characters(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    output = Output()
    assert output.width == 20
    output.lines([["x" * 50, ("y\x1b[2J", "red")], [], [("[b]z[/b]", "bold")]])
    assert capsys.readouterr().out == "x" * 50 + "y [2J\n\n[b]z[/b]\n"
    for silent in (Output(json=True), Output(quiet=True)):
        silent.lines([["x"]])
    assert capsys.readouterr().out == ""


def test_styles_are_for_terminals(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "20")
    Output().lines([["x" * 50, ("y\x1b[2J", "red")]])
    assert capsys.readouterr().out == "x" * 50 + "\x1b[31my [2J\x1b[0m\n"
    Output().table("", ["a"], [["bad"], ["good"]], {"bad": "red"})
    printed = capsys.readouterr().out
    assert "\x1b[31mbad" in printed and "\x1b[31mgood" not in printed


def test_frames_become_plain_json():
    frame = pd.DataFrame(
        {
            "cents": pd.Series([2**62, None], dtype="Int64"),
            "text": pd.Series(["é", None], dtype="str"),
            "is_open": [True, False],
        }
    )
    assert console.records(frame) == [
        {"cents": 2**62, "text": "é", "is_open": True},
        {"cents": None, "text": None, "is_open": False},
    ]
    value = {"day": date(2026, 1, 2), "path": Path("a"), "n": np.int64(3), "gone": float("nan"), 1: (pd.NaT,)}
    assert console.to_json(value) == (
        '{\n  "day": "2026-01-02",\n  "path": "a",\n  "n": 3,\n  "gone": null,\n  "1": [\n    null\n  ]\n}'
    )
    with pytest.raises(TypeError):
        console.to_json(object())
