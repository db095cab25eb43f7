"""A denied amount on a statement: only where the payer calls it the patient's, and only after a person moved it."""

import pandas as pd

from claims.service.desk import actions
from claims.service.statement_export import write_statements
from tests.service.desk.conftest import DAY, as_person, chosen


def billed(books, folder):
    write_statements(books.ctx, DAY, None, "csv", folder)
    rows = pd.read_csv(folder / "statements.csv", dtype=str, keep_default_na=False)
    why = pd.read_csv(folder / "reasons.csv", dtype=str, keep_default_na=False)
    return rows.set_index("claim_number")["balance"].to_dict(), why


def test_pr_is_billed_after_a_person_moved_it_and_co_not_even_on_a_notice(books, tmp_path):
    anna, bert = as_person(books, "anna"), as_person(books, "bert")
    assert billed(books, tmp_path / "before")[0] == {}
    actions.to_patient(anna, chosen(books, "A4"), DAY)
    asked = actions.to_patient(anna, chosen(books, "A1"), DAY, basis="notice signed 2025-01-20")
    actions.approve(bert, asked.action_id, DAY)
    told, why = billed(books, tmp_path / "after")
    assert told == {"A4": "104.00"}
    assert why[["claim_number", "group_code", "reason_code", "is_billed"]].to_numpy().tolist() == [
        ["A1", "CO", "197", "no"],
        ["A4", "PR", "204", "yes"],
    ]
    raw = books.ctx.vault.read(why["sha256"].iloc[1], int(why["offset"].iloc[1]), int(why["length"].iloc[1]))
    assert raw.startswith((b"CAS*PR*204", b"CLP*A4"))
