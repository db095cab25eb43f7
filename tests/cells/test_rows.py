"""Rows of a CSV and where they stand; remarks where they are allowed."""

from __future__ import annotations

import pytest

from claims.cells import split_rows
from claims.cells.rows import CellTooLongError, header_length


def test_remarks_are_left_out_and_other_rows_keep_their_place():
    data = b'\xef\xbb\xbf# a payer\'s "name\nname,n\n#x,1\n"two\n# lines",2\n"# of, a spreadsheet",\n\nlast,3\n'
    rows = split_rows(data, with_comments=True)
    assert rows.header == ["name", "n"]
    assert rows.cells == [["two\n# lines", "2"], ["last", "3"]]
    assert rows.comments == 3
    places = zip(rows.offsets.tolist(), rows.lengths.tolist(), strict=True)
    assert [data[start : start + length] for start, length in places] == [b'"two\n# lines",2\n', b"last,3\n"]


def test_without_remarks_a_number_sign_is_data():
    assert split_rows(b"name,n\n#1,2\n").cells == [["#1", "2"]]


def test_rows_stand_where_the_parser_ends_them_whatever_stray_quotes_say():
    lines = ["name,n", 'a 5" tube,1', '"two\nlines",2', 'é"x,3', '"a ""b""\n",4', 'last"",5']
    for end in ("\n", "\r\n", "\r"):
        for coding, bom in (("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("cp1252", b"")):
            for last in (end, ""):
                data = bom + (end.join(lines) + last).encode(coding)
                rows = split_rows(data)
                places = zip(rows.offsets.tolist(), rows.lengths.tolist(), strict=True)
                found = [data[start : start + length].decode(coding).removesuffix(end) for start, length in places]
                assert found == lines[1:]
                assert [row[1] for row in rows.cells] == list("12345")


def test_a_stray_quote_does_not_turn_a_remark_into_data():
    rows = split_rows(b'name,n\na 5" tube,1\n# a "remark\nlast,2\n', with_comments=True)
    assert rows.cells == [['a 5" tube', "1"], ["last", "2"]]


def test_a_stray_quote_in_the_header_does_not_lengthen_it():
    assert header_length(b'a,5" b\n1,"2"\n') == 7


def test_a_very_long_cell_is_called_that():
    with pytest.raises(CellTooLongError):
        split_rows(b"name,n\n" + b"x" * 131_073 + b",1\n")
