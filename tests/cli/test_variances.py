"""claims variances: what differs from contracts, by cause; each sum shown; what a person says of a case."""

from __future__ import annotations

from datetime import date

import pytest

from claims import config
from claims.errors import UsageError
from claims.service.context import open_context
from claims.service.quoting import quote
from claims.service.reconcile import reconcile
from tests.books import PAYER_ID, Bill, remit
from tests.books import claims as claims_file
from tests.cli.conftest import night

DAY = date(2025, 6, 30)
PAID = f"""BPR*I*250*C*ACH************20250310~
           TRN*1*T1*{PAYER_ID}~
           CLP*SECRET1*1*150*80**12*SECRETICN~
           SVC*HC:99213*150*80**1~
           CAS*CO*45*70~
           CLP*SECRET2*1*150*80**12*ICN2~
           SVC*HC:99213*150*80**1~
           CAS*CO*45*70~
           CLP*SECRET3*1*300*90**12*ICN3~
           SVC*HC:99214*300*90**1~
           CAS*CO*45*210~"""
FEES = f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,100.00\n{PAYER_ID},99214,70.00\n"


@pytest.fixture
def books(claims, tmp_path, begun):
    """Two lines underpaid by the same share, one overpaid."""
    lines = [("99213", "150")] * 2 + [("99214", "300")]
    bills = [Bill(f"SECRET{number}", [line]) for number, line in enumerate(lines, 1)]

    def how():
        assert claims("init").code == 0
        (tmp_path / "fee_schedules.csv").write_text(FEES)
        assert claims("master", "import", tmp_path / "fee_schedules.csv").code == 0
        night(tmp_path, {"claims.dat": claims_file(*bills), "remit.dat": remit(PAID)}, DAY)

    begun(how)
    return claims


@pytest.mark.long
def test_variances_are_listed_summed_and_grouped_by_cause(books):
    found = books("variances", "list", "--json").json
    assert sorted((row["kind"], row["open_cents"]) for row in found["variances"]) == [
        ("overpaid", 2000),
        ("underpaid", 2000),
        ("underpaid", 2000),
    ]
    assert [(row["kind"], row["cases"], row["open_cents"]) for row in found["totals"]] == [
        ("underpaid", 2, 4000),
        ("overpaid", 1, 2000),
    ]
    causes = books("variances", "list", "--by", "payer,procedure", "--json").json["patterns"]
    assert [(row["procedure_code"], row["allowed_per_mille"], row["cases"], row["open_cents"]) for row in causes] == [
        ("99213", 800, 2, 4000),
        ("99214", 1286, 1, 2000),
    ]
    assert "80.0%" in books("variances", "list", "--by", "payer,procedure").out


def test_a_case_shows_its_sum_and_where_its_decision_stands(books):
    key = books("variances", "list", "--kind", "underpaid", "--json").json["variances"][0]["key"]
    said = books("variances", "show", key)
    assert "$100.00 by fee schedule: 100.00 = 100.00" in said.out
    story = books("variances", "show", key, "--json").json
    assert (story["case"]["allowed_cents"], story["case"]["difference_cents"]) == (8000, -2000)
    assert [row["arithmetic"] for row in story["lines"]] == ["100.00 = 100.00"]
    assert story["decisions"][0]["seg"] > 0


def test_claim_numbers_and_notes_are_masked_unless_asked_for(books):
    key = books("variances", "list", "--kind", "underpaid", "--json").json["variances"][0]["key"]
    assert books("variances", "note", key, "SECRET words").code == 0
    for words in (("list",), ("list", "--json"), ("show", key), ("show", key, "--json")):
        assert "SECRET" not in books("variances", *words).out
    assert "SECRET words" in books("variances", "show", key, "--show-phi", "--json").out


def test_a_person_disputes_accepts_and_closes_and_the_state_says_so(books):
    key = books("variances", "list", "--kind", "underpaid", "--json").json["variances"][0]["key"]
    assert books("variances", "dispute", key, "--note", "letter", "--json").json["state"] == "disputed"
    assert len(books("variances", "list", "--state", "disputed", "--json").json["variances"]) == 1
    assert books("variances", "accept", key, "--json").json["state"] == "accepted"
    assert books("variances", "list", "--json").json["count"] == 2
    assert books("variances", "close", key, "--json").json["state"] == "closed"
    events = books("variances", "show", key, "--json").json["events"]
    assert [row["kind"] for row in events] == ["opened", "disputed", "accepted", "closed"]
    done = books("variances", "refresh", "--date", "2025-06-30", "--json")
    assert (done.code, set(done.json["counts"].values())) == (0, {0})
    assert books("audit", "verify").code == 0


def test_a_list_is_looked_at_disputed_and_taken_back(books):
    which = ("--kind", "underpaid", "--from", "19.99")
    looked = books("variances", "dispute", *which, "--dry-run", "--json").json
    assert looked == {"act": 0, "done": 2, "open_cents": 4000, "stale": [], "refused": {}}
    assert books("variances", "list", "--state", "disputed", "--json").json["count"] == 0
    done = books("variances", "dispute", *which, "--note", "letter", "--json").json
    assert (done["done"], books("variances", "list", "--state", "disputed", "--json").json["count"]) == (2, 2)
    assert books("variances", "undo", str(done["act"]), "--json").json["done"] == 2
    assert books("variances", "list", "--state", "disputed", "--json").json["count"] == 0
    keys = [row["key"] for row in books("variances", "list", "--json").json["variances"]]
    assert books("variances", "close", *keys, "--json").json["done"] == 3
    assert "SECRET" not in books("variances", "close", *keys).out
    assert books("audit", "verify").code == 0
    for words in ((), (keys[0], "--kind", "underpaid"), ("--from", "much"), ("zzzz", keys[0])):
        assert books("variances", "dispute", *words).code == 2


def test_a_letter_is_written_without_a_claim_number_on_screen(books, tmp_path):
    rows = books("variances", "list", "--json").json["variances"]
    (over,), (under, _) = ([row["key"] for row in rows if row["kind"] == kind] for kind in ("overpaid", "underpaid"))
    said = books("variances", "letter", under, "--out", tmp_path / "letter")
    assert said.code == 0 and "SECRET" not in said.out and "who signs" in said.out and "dispute" in said.out
    assert sorted(one.name for one in (tmp_path / "letter").iterdir()) == ["letter.docx", "manifest.json", "packet.pdf"]
    assert books("report", "verify", tmp_path / "letter").code == 0
    refused = books("variances", "letter", over)
    assert refused.code == 2 and "nothing to ask for" in refused.err
    assert books("audit", "verify").code == 0


@pytest.mark.parametrize("words", [("show", "zzzz"), ("list", "--state", "gone"), ("list", "--by", "colour")])
def test_what_does_not_exist_is_said_so(books, words):
    assert books("variances", *words).code == 2


@pytest.mark.parametrize(
    ("words", "code", "cents", "arithmetic"),
    [
        (("--procedure", "99213", "--charge", "150.00", "--units", "2"), 0, 15000, "at most the charge of 150.00"),
        (("--procedure", "99213", "--units", "2"), 0, 20000, "100.00 x 2 units = 200.00"),
        (("--procedure", "99999"), 1, None, ""),
    ],
)
def test_a_person_asks_what_a_line_should_pay(claims, tmp_path, words, code, cents, arithmetic):
    assert claims("init").code == 0
    (tmp_path / "fee_schedules.csv").write_text(FEES)
    assert claims("master", "import", tmp_path / "fee_schedules.csv").code == 0
    said = claims("price", "--payer", PAYER_ID, "--date", "2025-03-01", *words, "--json")
    assert (said.code, said.json["expected_cents"]) == (code, cents)
    assert arithmetic in said.json["arithmetic"]
    assert claims("price", "--payer", PAYER_ID, "--date", "yesterday", *words).code == 2


@pytest.mark.parametrize("text", ["1e3", "abc", "-5", "1.005", "12,50", "1" * 19])
def test_a_charge_that_is_no_amount_is_refused_in_words(text):
    with pytest.raises(UsageError, match="--charge wants an amount of at least 0 with at most two decimals"):
        quote(None, payer=PAYER_ID, procedure="99213", day="2025-03-01", charge=text)


def test_a_price_holds_until_the_next_one_is_known(books, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "fee_schedules.csv").write_text(FEES.replace("100.00", "101.00"))
    assert books("master", "import", tmp_path / "more" / "fee_schedules.csv").code == 0
    ctx = open_context(config.load(), actor="tester")
    reconcile(ctx, DAY)
    ctx.engine.dispose()
    first = books("variances", "list", "--json").json["variances"]
    key = next(one["key"] for one in first if one["procedure_code"] == "99213")
    before, after = books("variances", "show", key, "--json").json["lines"]
    assert (before["expected_cents"], after["expected_cents"]) == (10000, 10100)
    assert before["ended_at"] == after["known_at"]
