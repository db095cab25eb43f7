"""claims deposits: what a person sees of each bank line, and ties made and taken apart by hand."""

from __future__ import annotations

from datetime import date

import pytest

from claims import config
from claims.service.context import open_context
from claims.service.intake import ingest
from claims.service.reconcile import reconcile
from tests.books import remit

DAY = date(2025, 6, 30)
BANK = b"""date,amount,trace_number,payer_name,reference,type
2025-03-11,88.00,T1,FABLEWOOD HEALTH PLAN,ZZCANARY,ACH
2025-03-11,100.00,,ZZCANARY,,CHECK
2025-03-12,-30.00,,,,RETURN
"""


@pytest.fixture
def books(claims, tmp_path):
    """One tied deposit, and one that nothing explains."""
    assert claims("init").code == 0
    sets = [
        remit(
            f"""BPR*I*88*C*ACH************20250310~
                TRN*1*{trace}*1512345678~
                CLP*{trace}*1*150*88**12*ICN~
                SVC*HC:99213*150*88**1~
                CAS*CO*45*62~""",
            payer="FABLEWOOD HEALTH PLAN",
        )
        for trace in ("T1", "T2")
    ]
    paths = []
    for number, content in enumerate([*sets, BANK]):
        paths.append(tmp_path / f"{number}.dat")
        paths[-1].write_bytes(content)
    ctx = open_context(config.load(), actor="tester")
    ingest(ctx, paths, DAY)
    reconcile(ctx, DAY)
    ctx.engine.dispose()
    return claims


def by_amount(books, state="any"):
    return {row["amount_cents"]: row for row in books("deposits", "list", "--state", state, "--json").json["deposits"]}


@pytest.mark.long
def test_the_list_shows_what_is_left_and_the_rule(books):
    rows = by_amount(books)
    assert {cents: (row["state"], row["rule"], row["rest_cents"]) for cents, row in rows.items()} == {
        8800: ("tied", "trace-amount", 0),
        10000: ("open", "", 10000),
        -3000: ("open", "", -3000),
    }
    assert list(by_amount(books, "open")) == [10000, -3000]
    said = books("deposits", "list")
    assert "ZZCANARY" not in said.out
    assert "2 bank line(s), $70.00 left to explain." in said.out
    assert books("deposits", "list", "--state", "odd").code == 2


@pytest.mark.long
def test_show_says_why(books):
    said = books("deposits", "show", by_amount(books)[8800]["bank_line_id"])
    assert "Trace number and amount are those of one remittance" in said.out
    told = books("deposits", "show", by_amount(books)[8800]["bank_line_id"], "--json").json
    assert [(row["why"], row["trace_number"]) for row in told["candidates"]] == [("chosen", "T1")]
    assert books("deposits", "show", 99).code == 2


def test_a_line_whose_day_has_not_come_is_offered_no_tie(claims, tmp_path):
    assert claims("init").code == 0
    statement = tmp_path / "bank.csv"
    statement.write_bytes(BANK.replace(b"2025-03-11,100", b"2452-03-11,100"))
    claims("ingest", statement)
    told = claims("deposits", "show", by_amount(claims)[10000]["bank_line_id"])
    assert "Tie it by hand" not in told.out
    assert "claims undo file:1, and load the statement corrected" in told.out
    assert "Tie it by hand" in claims("deposits", "show", by_amount(claims)[8800]["bank_line_id"]).out


@pytest.mark.long
def test_tie_and_untie_by_hand(books):
    number = by_amount(books)[10000]["bank_line_id"]
    known = books("remits", "list", "--json").json["remittances"]
    other = next(row["remit_id"] for row in known if row["trace_number"] == "T2")
    assert books("deposits", "tie", number, other, "--reason", "said so", "--fee", "x").code == 2
    seen = books("deposits", "show", number, "--json").json["seen"]
    when = ("--date", "2025-07-01", "--seen", seen)
    tied = books("deposits", "tie", number, other, "--reason", "by telephone", *when)
    assert (tied.code, "Tied: $88.00" in tied.out) == (0, True)
    assert by_amount(books)[10000]["rest_cents"] == 1200
    late = books("deposits", "untie", number, "--reason", "no", *when)
    assert (late.code, "changed since you saw them" in late.err) == (2, True)
    assert "by telephone" not in books("deposits", "show", number).out
    assert "by telephone" in books("deposits", "show", number, "--json", "--show-phi").out
    assert books("deposits", "tie", number, other, "--reason", "again").code == 2
    assert books("deposits", "untie", number, "--reason", "no", "--date", "2025-07-01", "--json").json["untied"] == 1
    assert by_amount(books)[10000]["rest_cents"] == 10000
    part = ("deposits", "tie", number, other, "--reason", "a part", "--amount", "50", "--date", "2025-07-01")
    assert books(*part).code == 0
    again = books(*part)  # typed twice: there is as much left on both sides, and it is not tied a second time
    assert (again.code, "This is done already" in again.err, by_amount(books)[10000]["rest_cents"]) == (2, True, 5000)
    seen = books("deposits", "show", number, "--json").json["seen"]
    assert books(*part[:-4], "--amount", "30", "--date", "2025-07-01", "--seen", seen).code == 0
    assert books("deposits", "untie", number, "--reason", "no", "--date", "2025-07-01").code == 0
    assert books("audit", "verify").code == 0
    books("users", "add", "bob", "--role", "biller")
    strange = books("deposits", "tie", number, other, "--reason", "x", "--as", "eve")
    assert (strange.code, "not among the people" in strange.err) == (2, True)
    strange = books("deposits", "untie", number, "--reason", "x", "--as", "eve")
    assert "not among the people" in strange.err


@pytest.mark.long
def test_a_person_says_which_deposit_went_back(books):
    rows = by_amount(books)
    back, came = rows[-3000]["bank_line_id"], rows[8800]["bank_line_id"]
    assert f"claims deposits tie {back} line:NO" in books("deposits", "show", back).out
    asked = ("deposits", "tie", back, f"line:{came}", "--reason", "by telephone", "--date", "2025-07-01")
    for wrong in (("--fee", "1"), ("--remit", "x"), ("--remit", "99")):
        assert books(*asked, *wrong).code == 2
    assert books("deposits", "tie", back, 1, "--remit", "1", "--reason", "x").code == 2
    looked = books(*asked, "--amount", "10", "--dry-run")
    assert f"Would take back $10.00 of the deposit of bank line {came}." in looked.out
    assert "Open again  $10.00 of remittance 1" in looked.out and "Left then   -$20.00 of the bank line" in looked.out
    part = books(*asked, "--amount", "10", "--json")
    assert (part.code, part.json) == (0, {"taken_back_cents": 1000, "dry_run": False})
    assert "This is done already" in books(*asked).err
    seen = books("deposits", "show", back, "--json").json["seen"]
    said = books(*asked, "--seen", seen)
    assert f"$20.00 of the deposit of bank line {came} went back" in said.out
    assert f" of line {came}" in books("deposits", "show", back).out
    assert books("audit", "verify").code == 0


@pytest.mark.long
def test_a_statement_is_undone_and_a_cent_is_booked(books):
    files = books("files", "list", "--json").json["files"]
    (number,) = [row["file_id"] for row in files if row["content"] == "bank"]
    assert f"Undone. Post it again: claims replay file:{number}" in books("undo", f"file:{number}").out
    undone = by_amount(books, "undone")
    assert {cents: row["state"] for cents, row in undone.items()} == {8800: "undone", 10000: "undone", -3000: "undone"}
    assert f"claims replay file:{number}" in books("deposits", "show", undone[8800]["bank_line_id"]).out
    assert books("replay", f"file:{number}").code == 0
    assert {cents: row["state"] for cents, row in by_amount(books).items()} == {
        8800: "tied",
        10000: "open",
        -3000: "open",
    }
    before = by_amount(books)
    line, whole = (before[cents]["bank_line_id"] for cents in (8800, 10000))
    looked = books("deposits", "untie", line, "--reason", "wrong", "--dry-run")
    assert "Would take 1 tie(s) of $88.00 apart." in looked.out
    other = next(row for row in books("remits", "list", "--json").json["remittances"] if row["trace_number"] == "T2")
    tie = ("deposits", "tie", whole, other["remit_id"], "--reason", "by telephone", "--date", "2025-07-01")
    looked = books(*tie, "--dry-run")
    assert f"Would tie $88.00 of remittance {other['remit_id']}." in looked.out
    assert "Left then   $12.00 of the bank line" in looked.out and "Differ      payer" in looked.out
    assert by_amount(books) == before
    seen = books(*tie, "--dry-run", "--json").json["seen"]
    assert seen.startswith(f"both{whole}-{other['remit_id']}."), "the word is of these two, and does for no others"
    none = books("deposits", "difference", line, 1, "--reason", "a cent")
    assert (none.code, "there is no difference" in none.err) == (2, True)
