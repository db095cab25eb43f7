"""Files of a report: money twice, no formulas, the same bytes every time."""

import json
import zipfile

import openpyxl
import pandas as pd
import pytest

from claims.reports import export

TABLE = pd.DataFrame(
    {
        "payer_name": pd.Series(["=1+1", "PLAIN", ' +cmd|"x"', "-12.50"], dtype="str"),
        "paid_cents": pd.Series([-5, 123456, 0, 7], dtype="int64"),
        "days": pd.array([1, None, 3, 4], dtype="Int64"),
    }
)


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (-5, "-0.05"),
        (100, "1.00"),
        (-123456, "-1234.56"),
        (9007199254740993, "90071992547409.93"),
    ],
)
def test_cents_become_decimals_without_floats(cents, text):
    assert export.decimals(pd.Series([cents])).tolist() == [text]


@pytest.mark.parametrize("text", ["=1", "+1a", "-1a", "@x", "\tx", "\rx", "\nx", " =x", "\uff1dx", "\uff20x", "\0=x"])
def test_a_formula_gets_a_quote(text):
    assert export.without_formulas(pd.Series([text], dtype="str")).iloc[0] == "'" + text.replace("\0", "")


@pytest.mark.parametrize("text", ["", "PLAN", "-12", "-12.50", "12.5", "A=B", "x-1"])
def test_plain_texts_and_numbers_stay(text):
    assert export.without_formulas(pd.Series([text], dtype="str")).iloc[0] == text


def test_csv_has_money_twice_and_crlf(tmp_path):
    (path,) = export.write({"paid": TABLE}, "report", "csv", tmp_path)
    assert path.read_bytes() == (
        b"payer_name,paid,paid_cents,days\r\n"
        b"'=1+1,-0.05,-5,1\r\n"
        b"PLAIN,1234.56,123456,\r\n"
        b'"\' +cmd|""x""",0.00,0,3\r\n'
        b"-12.50,0.07,7,4\r\n"
    )


def test_json_keeps_texts_as_they_are(tmp_path):
    (path,) = export.write({"paid": TABLE}, "report", "json", tmp_path)
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert rows[0] == {"payer_name": "=1+1", "paid": "-0.05", "paid_cents": -5, "days": 1}
    assert rows[1]["days"] is None


def test_xlsx_holds_texts_and_numbers_and_no_formula(tmp_path):
    (path,) = export.write({"paid": TABLE, "empty": TABLE.head(0)}, "report", "xlsx", tmp_path)
    assert path.name == "report.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["paid", "empty"]
    cells = list(book["paid"].iter_rows(values_only=True))
    assert cells[0] == ("payer_name", "paid", "paid_cents", "days")
    assert cells[1] == ("=1+1", -0.05, -5, 1)
    assert book["paid"]["A2"].data_type != "f"
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("format_name", export.FORMATS)
def test_two_writes_give_the_same_bytes(format_name, tmp_path, monkeypatch):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        export.write({"paid": TABLE}, "report", format_name, folder)
    files = sorted(path.name for path in first.iterdir())
    assert files == sorted(path.name for path in second.iterdir())
    for name in files:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_workbook_does_not_know_the_day_it_was_written(tmp_path):
    export.write({"paid": TABLE}, "report", "xlsx", tmp_path)
    with zipfile.ZipFile(tmp_path / "report.xlsx") as archive:
        assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


def test_parquet_reads_back(tmp_path):
    (path,) = export.write({"paid": TABLE}, "report", "parquet", tmp_path)
    assert pd.read_parquet(path)["paid_cents"].tolist() == [-5, 123456, 0, 7]


def test_an_unknown_format_is_wrong_use(tmp_path):
    with pytest.raises(export.ReportFormatError, match="choose one of csv"):
        export.write({}, "report", "doc", tmp_path)
