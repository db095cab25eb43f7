"""The letter against a payment below the contract says what the contract allows, with the sum, from the books."""

import pytest

from claims.service import appeals, master
from tests.books import PAYER_ID
from tests.service.appealed import answers, case_id, denied, sent
from tests.service.conftest import DAY

FEES = f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,80.00\n{PAYER_ID},85025,30.50\n"


@pytest.fixture
def database_url(sqlite_url):
    """Letters do not depend on the engine; test_appeals_on_postgresql.py makes one there."""
    return sqlite_url


@pytest.mark.long
@pytest.mark.parametrize("fees", [FEES, FEES.replace("85025", "85027")], ids=["priced", "one line has no fee"])
def test_the_contract_speaks_in_the_letter_where_it_prices_all_of_the_case(practice, fees):
    sent(practice)
    path = practice.folder / "fee_schedules.csv"
    path.write_text(fees)
    assert master.import_files(practice.ctx, [path])[0].state == "stored"
    practice.night(*answers(), denied("45"))
    made = appeals.assembled(practice.ctx, case_id(practice), day=DAY)
    assert made.plan.kind == "underpayment"
    priced = [one for one in made.packet.exhibits if one.title == "What the contract allows for each line"]
    lacking = [gap for gap in made.packet.gaps if "allows" in gap]
    if fees != FEES:
        assert (priced, "expected_amount" in made.plan.values) == ([], False)
        assert lacking == ["amount that the contract or fee schedule allows"]
        return
    (table,) = priced[0].tables
    assert [row[0] for row in table.rows] == ["1", "2"]
    assert [row[3] for row in table.rows] == ["$80.00", "$30.50"]
    assert all(row[2].endswith(row[3].strip("$")) for row in table.rows)
    assert table.sums[-1] == made.plan.values["expected_amount"] == "$110.50"
    assert lacking == []
    done = appeals.prepare(practice.ctx, case_id(practice), day=DAY)
    assert (done.folder / appeals.PACKET).read_bytes().startswith(b"%PDF")
