"""A manifest finds what was changed after a report was written, with the files alone."""

import json

import pandas as pd
import pytest

from claims.cli.run import broken_checks
from claims.reports import export, manifest
from claims.reports.report import Check, Report

RUN = {"generated_at": "2026-02-01T00:00:00.000000Z", "generated_by": "tester"}
TABLE = pd.DataFrame({"payer": pd.Series(["A", "=B"], dtype="str"), "paid_cents": [150, -50]})


def written(folder, format_name="csv", checks=(Check("sums", 100, 100),)):
    folder.mkdir(exist_ok=True)
    report = Report("tieout", {"paid": TABLE}, {"paid": 100}, checks, {"paid": ("paid", "paid_cents")})
    files = export.write(report.tables, "tieout", format_name, folder)
    content = manifest.of(report, files, {"as_of": "2026-01-31", "format": format_name}, "1.0")
    return manifest.save(folder, content, RUN)


@pytest.mark.parametrize("format_name", export.FORMATS)
def test_a_report_as_written_has_no_problem(tmp_path, format_name):
    written(tmp_path, format_name)
    assert manifest.problems(tmp_path) == []


def test_it_says_rows_sums_and_hashes(tmp_path):
    content = json.loads(written(tmp_path).read_text())
    assert content["tables"] == [{"name": "paid", "rows": 2, "totals_cents": {"paid_cents": 100}}]
    assert content["control_totals_cents"] == {"paid": 100}
    assert content["run"] == RUN
    assert [len(file["sha256"]) for file in content["files"]] == [64]


def test_a_night_names_the_checks_of_its_reports_that_do_not_hold(tmp_path):
    (tmp_path / "2026-01-31").mkdir()
    right, wrong = (tmp_path / "2026-01-31" / name for name in ("aging", "tieout"))
    manifests = [written(right), written(wrong, checks=(Check("sums", 100, 100), Check("all named", 2, 0)))]
    names = [path.relative_to(tmp_path).as_posix() for path in manifests]
    assert broken_checks(tmp_path, names) == ["Report tieout: Check failed: all named: 2 is not 0."]


@pytest.mark.parametrize("format_name", export.FORMATS)
def test_any_changed_byte_is_found(tmp_path, format_name):
    written(tmp_path, format_name)
    (path,) = [path for path in tmp_path.iterdir() if path.name != manifest.NAME]
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert any("sha256 differs" in problem for problem in manifest.problems(tmp_path))


def test_a_changed_manifest_is_found_by_its_own_sums(tmp_path):
    path = written(tmp_path)
    for old, new, word in (
        ('"rows": 2', '"rows": 3', "rows"),
        ('"paid_cents": 100', '"paid_cents": 101', "adds up"),
        ('"left": 100', '"left": 99', "check sums"),
    ):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        assert any(word in problem for problem in manifest.problems(tmp_path))
        path.write_text(text)


def test_amounts_that_differ_from_their_cents_are_found(tmp_path):
    path = written(tmp_path)
    file = tmp_path / "paid.csv"
    file.write_bytes(file.read_bytes().replace(b"A,1.50,150", b"A,9.50,150"))
    content = json.loads(path.read_text())
    content["files"][0]["sha256"] = manifest._sha256(file)
    path.write_text(json.dumps(content | {manifest.SEAL: manifest.seal(content)}))
    assert manifest.problems(tmp_path) == ["paid: paid and paid_cents differ"]


SEALED = (
    ('"as_of": "2026-01-31"', '"as_of": "2026-01-30"'),
    ('"paid": 100', '"paid": 900'),
    ('"version": "1.0"', '"version": "1.1"'),
    ('"bytes": ', '"bytes": 1'),
    ('"name": "sums"', '"name": "sum"'),
)


@pytest.mark.parametrize(("old", "new"), SEALED)
def test_any_changed_figure_or_parameter_of_the_manifest_is_found(tmp_path, old, new):
    path = written(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert "manifest.json: not what was written (its own sha256 differs)" in manifest.problems(tmp_path)


def test_who_wrote_it_and_when_is_not_sealed(tmp_path):
    path = written(tmp_path)
    path.write_text(path.read_text().replace("tester", "another"))
    assert manifest.problems(tmp_path) == []


def test_a_manifest_without_a_seal_is_found(tmp_path):
    path = written(tmp_path)
    content = json.loads(path.read_text())
    assert len(content.pop(manifest.SEAL)) == 64
    path.write_text(json.dumps(content))
    assert manifest.problems(tmp_path) == ["manifest.json: not what was written (its own sha256 differs)"]


def test_a_control_total_is_added_up_again_even_under_a_new_seal(tmp_path):
    path = written(tmp_path)
    content = json.loads(path.read_text())
    content["control_totals_cents"]["paid"] = 900
    path.write_text(json.dumps(content | {manifest.SEAL: manifest.seal(content)}))
    assert manifest.problems(tmp_path) == ["control total paid: 900 is not the sum of paid, 100"]


def test_a_file_more_is_found(tmp_path):
    written(tmp_path)
    (tmp_path / "extra.csv").write_text("x")
    (tmp_path / "another-report").mkdir()
    assert manifest.problems(tmp_path) == ["extra.csv: no part of the report"]


def test_a_missing_file_is_found(tmp_path):
    written(tmp_path)
    (tmp_path / "paid.csv").unlink()
    assert manifest.problems(tmp_path) == ["paid.csv: missing"]


def test_a_check_that_fails_is_a_problem(tmp_path):
    written(tmp_path, checks=(Check("sums", 100, 99),))
    assert manifest.problems(tmp_path) == ["check sums: 100 is not 99"]


def test_the_same_report_is_written_anew_and_another_one_refused(tmp_path):
    written(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(manifest.ReportFolderError, match="holds the report tieout"):
        manifest.clear(tmp_path, "aging", "csv")
    manifest.clear(tmp_path, "tieout", "csv")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_another_format_does_not_take_the_place_of_the_first(tmp_path):
    written(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(manifest.ReportFolderError, match="holds this report as csv; choose another one for xlsx"):
        manifest.clear(tmp_path, "tieout", "xlsx")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_manifest_that_is_not_written_to_its_end_leaves_the_one_before(tmp_path, monkeypatch):
    before = written(tmp_path).read_bytes()

    def die(_descriptor):
        raise OSError("killed")

    monkeypatch.setattr("os.fsync", die)
    with pytest.raises(OSError, match="killed"):
        written(tmp_path, checks=(Check("other", 1, 1),))
    assert (tmp_path / manifest.NAME).read_bytes() == before


def test_a_folder_without_a_report_is_wrong_use(tmp_path):
    with pytest.raises(manifest.ReportFolderError):
        manifest.problems(tmp_path)


def test_a_manifest_cannot_point_outside_its_folder(tmp_path):
    (tmp_path / "secret").write_text("x")
    path = written(tmp_path / "report")
    content = json.loads(path.read_text())
    content["files"][0]["name"] = "../secret"
    path.write_text(json.dumps(content | {manifest.SEAL: manifest.seal(content)}))
    found = manifest.problems(tmp_path / "report")
    assert found == ["paid.csv: no part of the report", "../secret: missing"]
