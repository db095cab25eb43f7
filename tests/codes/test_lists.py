"""Code lists of a user: which file is which, what it covers, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from claims.codes import lists
from claims.errors import CodeListError, UsageError

HEADER = "code_list,code,effective_from,effective_to\n"


def loaded(tmp_path, *files: str) -> lists.CodeLists:
    for number, text in enumerate(files):
        (tmp_path / f"{number}.csv").write_text(text, encoding="utf-8")
    return lists.load(tmp_path)


def days(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_no_folder_and_an_empty_one_give_what_comes_with_the_package(tmp_path):
    assert set(lists.load()) <= {"ICD10CM"}
    assert set(lists.load(tmp_path)) == set(lists.load(tmp_path / "nowhere")) == set(lists.load())


def test_one_file_may_hold_several_lists(tmp_path):
    found = loaded(tmp_path, HEADER + "CPT,99213,,\nhcpcs,J1885,2025-01-01,2025-12-31\n")
    assert {"CPT", "HCPCS"} <= set(found)
    assert found["HCPCS"].rows.to_dict("records") == [{"code": "J1885", "from_date": 20250101, "to_date": 20251231}]


def test_columns_in_any_order_and_with_a_byte_order_mark(tmp_path):
    found = loaded(tmp_path, "\ufeffCode, CODE_LIST ,effective_to,effective_from,note\n99213,CPT,,2025-01-01,x\n")
    assert found["CPT"].rows.to_dict("records") == [{"code": "99213", "from_date": 20250101, "to_date": lists.OPEN}]


def test_coverage_is_stated_or_what_the_file_names(tmp_path):
    stated = loaded(tmp_path, HEADER + "CPT,*,2025-01-01,2025-06-30\nCPT,99213,,\n")["CPT"]
    assert stated.covers(days(0, 20241231, 20250101, 20250630, 20250701)).tolist() == [False, False, True, True, False]
    named = loaded(tmp_path, HEADER + "CPT,99213,2025-01-01,\nCPT,99214,2024-01-01,2025-03-31\n")["CPT"]
    assert named.coverage == ((20240101, 20250331),)
    assert loaded(tmp_path, HEADER + "CPT,99213,,\n")["CPT"].coverage == ()


def test_a_code_may_come_back(tmp_path):
    found = loaded(tmp_path, HEADER + "CPT,99213,2025-01-01,2025-01-31\nCPT,99213,2025-03-01,\nCPT,99212,,\n")["CPT"]
    codes, at = ["99213", "99214", "99212"], np.array([0, 0, 0, 1, 2])
    valid = found.valid(codes, at, days(20250131, 20250215, 20250301, 20250301, 20250215))
    assert valid.tolist() == [True, False, True, False, True]


def test_files_of_one_list_speak_for_their_own_days(tmp_path):
    found = loaded(
        tmp_path,
        HEADER + "CPT,*,2024-01-01,2024-12-31\nCPT,99213,,\nCPT,99214,,\n",
        HEADER + "CPT,*,2025-01-01,2025-12-31\nCPT,99213,,\n",
    )["CPT"]
    at = np.array([0, 0, 1, 1])
    assert found.valid(["99213", "99214"], at, days(20240601, 20250601, 20240601, 20250601)).tolist() == [
        True,
        True,
        True,
        False,
    ]
    assert found.covers(days(20240601, 20250601, 20260601)).tolist() == [True, True, False]


def test_a_list_of_ones_own_takes_the_place_of_the_package(tmp_path):
    found = loaded(tmp_path, HEADER + "ICD10CM,*,2027-01-01,2027-12-31\nICD10CM,J06.9,,\n")["ICD10CM"]
    assert found.rows["code"].tolist() == ["J069"] and found.coverage == ((20270101, 20271231),)


def test_a_changed_file_is_read_again(tmp_path):
    assert loaded(tmp_path, HEADER + "CPT,99213,,\n")["CPT"].rows["code"].tolist() == ["99213"]
    assert loaded(tmp_path, HEADER + "CPT,99214,,\n")["CPT"].rows["code"].tolist() == ["99214"]
    assert loaded(tmp_path)["CPT"] is loaded(tmp_path)["CPT"]


@pytest.mark.parametrize(
    ("text", "row", "told"),
    [
        (HEADER + "CPT,99213,,\nCTP,99214,,\n", 2, "code_list can be"),
        (HEADER + "CPT,99213,2025-13-01,\n", 1, "effective_from is a day"),
        (HEADER + "CPT,99213,,\nCPT,99214,,31.12.2025\n", 2, "effective_to is a day"),
        (HEADER + "CPT,,,\n", 1, "code is missing"),
        ("code,from,to\n99213,,\n", 0, "none of the headers"),
        ("mue_code,max_units,effective_from,effective_to\n99213,many,,\n", 1, "whole number"),
        ("", 0, "no CSV file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, text, row, told):
    with pytest.raises(CodeListError, match=told) as caught:
        loaded(tmp_path, text)
    assert (caught.value.file, caught.value.row) == ("0.csv", row)
    assert isinstance(caught.value, UsageError)
