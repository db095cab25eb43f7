"""Rows of a CSV and where they stand; remarks where they are allowed."""

from __future__ import annotations

from claims.cells import split_rows


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
