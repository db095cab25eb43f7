"""Each column of a charges CSV refuses what it cannot hold, and only the claim that says it."""

from __future__ import annotations

import sys

import pytest

from claims.cells import kinds
from claims.cells.rows import split_rows
from claims.charges import read_charges
from claims.charges.columns import specs
from claims.charges.table import Table
from tests.charges.test_charges_written import DENTAL, INSTITUTIONAL, PROFESSIONAL, charges

CLAIMS = {"P": PROFESSIONAL, "I": INSTITUTIONAL, "D": DENTAL}
# A cell that no column of this kind may hold.
WRONG = {
    "identifier": "A 1",
    "text": "A\x07B",
    "code": "a-",
    "digits": "1a",
    "type": "X",
    "sequence": "X",
    "yes": "X",
    "npi": "1999999019",
    "taxonomy": "207Q00000",
    "date": "2026-02-30",
    "time": "25",
    "amount": "1.001",
    "units": "0",
    "gender": "X",
    "relationship": "99",
    "place": "1",
    "bill": "0101",
    "revenue": "0001",
    "frequency": "*",
    "causes": "AB",
    "diagnosis": "I10 I11",
    "diagnoses": "I10:X",
    "drg": "12",
    "procedures": "02703ZZ",
    "occurrences": "11:2026-02-30",
    "spans": "74:2026-09-03:2026-09-02",
    "values": "80:x",
    "conditions": "9",
    "procedure": "9921",
    "modifiers": "255",
    "pointers": "1 1",
    "unit": "ML",
    "ndc": "0040-12",
    "teeth": "33",
    "surfaces": "MM",
    "cavities": "1",
}
TYPE = {spec.column: spec.claim_types[0] for spec in specs()}


def refused(*rows: dict[str, str]) -> list[tuple[int, str]]:
    """Give row and column of each finding."""
    found = read_charges(charges(*rows)).findings
    return list(zip(found["seg"].tolist(), found["element"].tolist(), strict=True))


def not_refused(cases: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Write a claim for each column, cell and type, all in one file; give those whose cell is not refused."""
    rows = [
        {**CLAIMS[claim_type], "claim_number": f"X{number}", column: cell}
        for number, (column, cell, claim_type) in enumerate(cases)
    ]
    found = refused(*rows, {**DENTAL, "claim_number": "GOOD"})
    assert len(rows) + 1 not in {row for row, _ in found}
    return [case for row, case in enumerate(cases, 1) if (row, case[0]) not in found]


def test_every_kind_is_used_and_can_be_wrong():
    assert {spec.kind for spec in specs()} == set(kinds.KINDS) == set(WRONG)


def test_a_wrong_cell_is_refused():
    assert not_refused([(spec.column, WRONG[spec.kind], TYPE[spec.column]) for spec in specs()]) == []


def test_a_cell_that_is_too_long_is_refused():
    assert not_refused([(spec.column, "1" * (spec.longest + 1), TYPE[spec.column]) for spec in specs()]) == []


def test_a_needed_cell_is_missed():
    assert not_refused([(spec.column, "", one) for spec in specs() for one in spec.needed]) == []


def test_a_cell_of_another_type_of_claim_is_refused():
    said = {**DENTAL, **INSTITUTIONAL, **PROFESSIONAL}
    cells = {"npi": "1999999026", "taxonomy": "207Q00000X", "date": "2026-09-01", "yes": "N", "surfaces": "M"}
    cells |= {"pointers": "2", "diagnoses": "I10", "cavities": "10", "amount": "1.00", "time": "14", "text": "X"}
    cases = [
        (spec.column, said.get(spec.column) or cells.get(spec.kind) or "P", one)
        for spec in specs()
        for one in {"P", "I", "D"} - set(spec.claim_types)
    ]
    assert len(cases) > 100
    assert not_refused(cases) == []


def test_a_cell_needs_those_that_belong_to_it():
    cells = {"npi": "1999999026", "date": "2026-09-01", "time": "14", "taxonomy": "207Q00000X", "digits": "45999"}
    pairs = [(spec, other) for spec in specs() for other in spec.needs]
    rows = []
    for number, (spec, other) in enumerate(pairs):
        base = CLAIMS[TYPE[spec.column]]
        cell = base.get(spec.column) or cells.get(spec.kind, "M" if spec.kind == "gender" else "OH")
        rows.append({**base, "claim_number": f"X{number}", spec.column: cell, other: ""})
    found = refused(*rows)
    assert len(pairs) > 40
    assert [pair for row, pair in enumerate(pairs, 1) if (row, pair[1]) not in found] == []


@pytest.mark.parametrize(
    ("column", "cell", "claim_type"),
    [
        ("frequency_code", "2", "P"),
        ("frequency_code", "7", "I"),
        ("unit_code", "DA", "P"),
        ("unit_code", "MJ", "I"),
        ("unit_code", "MJ", "D"),
        ("procedure_code", "99213", "D"),
        ("diagnosis_codes", "E119:Y", "P"),
        ("diagnosis_codes", " ".join(["I10"] * 13), "P"),
        ("diagnosis_codes", "I10 I11 I12 I13 I14".replace("I1", "E1"), "D"),
        ("reason_for_visit_codes", "R079 R079 R079 R079", "I"),
        ("assignment_code", "B", "D"),
        ("benefits_code", "X", "P"),
        ("delay_reason_code", "12", "I"),
        ("special_program_code", "04", "P"),
        ("insurance_type_code", "99", "P"),
        ("drug_unit_code", "XX", "P"),
        ("prosthesis_code", "X", "D"),
        ("emergency_code", "N", "P"),
        ("statement_to", "2026-08-31", "I"),
        ("original_reference", "ICN1", "I"),
        ("tooth_surfaces", "M", "D"),
    ],
)
def test_what_a_type_of_claim_may_not_say_is_refused(column, cell, claim_type):
    base = CLAIMS[claim_type] | ({"tooth_codes": "14 15"} if column == "tooth_surfaces" else {})
    assert (1, column) in refused({**base, column: cell})


def test_a_replacing_bill_names_what_it_replaces():
    assert refused({**INSTITUTIONAL, "type_of_bill": "0117"}) == [(1, "original_reference")]
    assert refused({**INSTITUTIONAL, "type_of_bill": "0117", "original_reference": "ICN1"}) == []
    again = {**INSTITUTIONAL, "type_of_bill": "0117", "original_reference": "ICN1", "frequency_code": "7"}
    assert refused(INSTITUTIONAL, again) == []  # another frequency, another claim


def test_a_claim_for_the_second_payer_names_no_second_payer():
    assert refused({**DENTAL, "payer_sequence": "S"}) == [(1, "secondary_payer_code")]


@pytest.mark.parametrize(("base", "most"), [(PROFESSIONAL, 50), (INSTITUTIONAL, 999), (DENTAL, 50)])
def test_a_claim_has_as_many_lines_as_its_guide_allows(base, most):
    assert refused(*[base] * most) == []
    assert (most + 1, "claim_number") in refused(*[base] * (most + 1))


def test_a_needed_column_that_only_some_types_need_may_be_left_out():
    without = {name: cell for name, cell in INSTITUTIONAL.items() if name != "procedure_code"}
    assert refused(without) == []
    assert refused(without, {**SAME_TYPE, "claim_number": "P1"}) == [
        (2, "diagnosis_codes"),
        (2, "place_of_service"),
        (2, "procedure_code"),
        (2, "service_from"),
    ]


SAME_TYPE = {
    "claim_type": "P",
    **{name: PROFESSIONAL[name] for name in ("payer_code", "billing_npi", "member_id", "charge")},
    "subscriber_last_name": "MUFFINGTON",
}


@pytest.mark.long
def test_each_distinct_cell_is_read_once_however_many_rows(monkeypatch):
    calls: list[str] = []

    def counted(kind: kinds.Kind) -> kinds.Kind:
        return kind._replace(read=lambda text: (calls.append(text), kind.read(text))[1])

    monkeypatch.setattr("claims.charges.table.KINDS", {name: counted(kind) for name, kind in kinds.KINDS.items()})
    names = [name for name in PROFESSIONAL if name in SMALL]
    head = ",".join(names)
    rows = [
        ",".join({**PROFESSIONAL, "claim_number": f"C{n // 2}", "charge": f"{n % 7}.00"}[name] for name in names)
        for n in range(100_000)
    ]
    table = Table(split_rows("\n".join([head, *rows, ""]).encode()))
    assert table.count == 100_000
    assert table.problems == []
    defaults = sum(bool(spec.default) for spec in specs())
    assert len(calls) == 50_000 + 7 + len(names) - 2 + defaults


SMALL = (
    *("claim_number", "payer_code", "billing_npi", "member_id", "subscriber_last_name", "place_of_service"),
    *("diagnosis_codes", "service_from", "procedure_code", "charge"),
)


def test_twice_the_rows_need_no_more_than_twice_the_calls():
    small = {name: PROFESSIONAL[name] for name in SMALL}

    def calls(rows: int) -> int:
        data = charges(*({**small, "claim_number": f"C{n // 2}", "member_id": f"M{n}"} for n in range(rows)))
        made = 0

        def count(frame, event, argument):
            nonlocal made
            made += event in ("call", "c_call")

        read_charges(data)
        sys.setprofile(count)
        try:
            read_charges(data)
        finally:
            sys.setprofile(None)
        return made

    assert calls(4_000) < 2 * calls(2_000)
