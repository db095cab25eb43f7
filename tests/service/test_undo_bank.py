"""A bank file undone: nothing of it is in the books; a replay brings it back, and what a person built on it refuses."""

import csv
import io
from datetime import date

import pytest
import sqlalchemy as sa

from claims.errors import PostingRefusedError, UsageError
from claims.service import deposits
from claims.service.exception_acts import accept
from claims.service.patient_acts import void_payment
from claims.service.replay import replay
from claims.service.report import verify_reports, write_report
from claims.service.undo import rehearse_undo, undo
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import write
from tests.books import Bill, claims, remit
from tests.service.books_state import differences, state
from tests.service.fingerprint import END_OF_TIME

FIRST, SECOND, LATER = date(2025, 3, 20), date(2025, 3, 25), date(2025, 3, 28)
HEAD = "date,amount,trace_number,payer_name,reference,type\n"
BILLS = claims(*(Bill(number, [("99213", "150")]) for number in ("A1", "A2", "A3")))
PATIENTS = (
    b"payment_id,paid_on,amount,method,claim_number,reference,batch_reference\nR1,2025-03-10,60.00,card,A1,TX1,B1\n"
)
ROWS = (
    *("2025-03-11,88.00,T1,PLAN ONE,,EFT", "2025-03-11,50.00,T2,PLAN ONE,,EFT", "2025-03-12,90.00,T3,PLAN ONE,,EFT"),
    *("2025-03-12,33.00,ZZ,NOBODY,,EFT", "2025-03-13,-33.00,ZZ,NOBODY,,EFT", "2025-03-13,12.00,YY,NOBODY,,EFT"),
    *("2025-03-13,-4.00,,,,FEE", "2025-03-12,58.50,B1,,,CARD", "2025-04-20,7.00,XX,NOBODY,,EFT"),
)


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here: test_undo.py walks through both."""
    return sqlite_url


def bank(*rows: str) -> bytes:
    return (HEAD + "".join(f"{row}\n" for row in rows)).encode()


def paid(trace, claim):
    return remit(
        f"""BPR*I*88*C*ACH************20250310~
            TRN*1*{trace}*1512345678~
            CLP*{claim}*1*150*88**12*ICN{claim}~
            SVC*HC:99213*150*88**1~
            CAS*CO*45*62~"""
    )


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def file_of(practice, at=-1):
    table = schema.files
    ids = practice.rows(sa.select(table.c.file_id).where(table.c.content == "bank").order_by(table.c.file_id))
    return f"file:{ids[at][0]}"


def line(practice, cents):
    rows = deposits.listed(practice.ctx, state="")
    return int(rows.loc[rows["amount_cents"] == cents, "bank_line_id"].iloc[0])


def named(practice):
    """What the open exceptions of undone bank files are worth together."""
    table = schema.exceptions
    is_open = (table.c.type_code == "UNDONE", table.c.state == "open")
    return practice.rows(sa.select(sa.func.sum(table.c.amount_cents)).where(*is_open))[0][0]


def left_out(practice):
    """What the lines are worth that the statements in the place of undone ones do not bring."""
    table = schema.exceptions
    is_open = (table.c.type_code == "BANK_LINE_LEFT_OUT", table.c.state == "open")
    return sorted(cents for (cents,) in practice.rows(sa.select(table.c.amount_cents).where(*is_open)))


def undone(practice):
    table = schema.bank_lines
    return practice.rows(sa.select(sa.func.sum(table.c.amount_cents)).where(table.c.state == "undone"))[0][0]


def tied_out(practice, folder, day):
    """Give the tie-out of a day by its files; all of its checks hold."""
    write_report(practice.ctx, "tieout", day, END_OF_TIME, "csv", folder)
    assert verify_reports(folder)[0]["problems"] == []
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def items(told):
    """Open items of a tie-out, but for how many days they are open and what names them."""
    rows = csv.DictReader(io.StringIO(told["open_items.csv"].decode()))
    return [{name: row[name] for name in row if name not in ("days_open", "named_by")} for row in rows]


@pytest.mark.long
@pytest.mark.parametrize("rounds", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_statement_leaves_the_books_and_comes_back(practice, tmp_path, rounds):
    practice.night(BILLS, PATIENTS, paid("T1", "A1"), paid("T2", "A2"), paid("T3", "A3"), day=FIRST)
    before, waited = state(practice), items(tied_out(practice, tmp_path / "first", FIRST))
    practice.night(bank(*ROWS), day=SECOND)
    posted, told, target = state(practice), tied_out(practice, tmp_path / "before", SECOND), file_of(practice)
    assert posted["balances"] != before["balances"]
    assert len(rehearse_undo(practice.ctx, target, LATER).journals)
    for round_ in range(rounds):
        done = undo(practice.ctx, target, LATER)
        assert (done.refused.empty, done.counts["bank_lines_undone"]) == (True, len(ROWS))
        check(practice)
        assert differences(before, state(practice, without=("UNDONE",))) == {}
        practice.night(bank(*ROWS), day=LATER)  # no reconcile books it, and a copy is no news
        assert differences(before, state(practice, without=("UNDONE",))) == {}
        assert items(tied_out(practice, tmp_path / str(round_), LATER)) == waited
        with pytest.raises(UsageError, match=f"Nothing of {target} is posted"):
            undo(practice.ctx, target, LATER)
        replay(practice.ctx, target, LATER)
        check(practice)
        assert differences(posted, state(practice)) == {}
        assert items(tied_out(practice, tmp_path / "again", LATER)) == items(told)
    practice.reconcile(LATER)
    assert differences(posted, state(practice)) == {}
    assert tied_out(practice, tmp_path / "after", SECOND) == told


@pytest.mark.long
def test_what_another_statement_says_stays_and_a_new_one_brings_it_back(practice):
    practice.night(BILLS, paid("T1", "A1"), bank(*ROWS[:2]), day=FIRST)
    practice.night(bank(*ROWS[1:4]), day=FIRST)
    both = practice.balances()
    undo(practice.ctx, file_of(practice, 0), LATER)
    assert both["1000"] - practice.balances()["1000"] == 8800  # T2 stands in the second one
    undo(practice.ctx, file_of(practice, 1), LATER)
    assert "1000" not in practice.balances()
    check(practice)
    assert named(practice) == undone(practice) == 8800 + 5000 + 9000 + 3300
    with pytest.raises(PostingRefusedError, match="undone with its file"):
        deposits.tie(practice.ctx, line(practice, 8800), 1, "seen", LATER)
    practice.night(bank(*ROWS[:1], ROWS[5]), day=LATER)
    assert practice.balances()["1000"] == 8800 + 1200
    assert (left_out(practice), named(practice), undone(practice)) == ([5000], 9000 + 3300, 5000 + 9000 + 3300)
    check(practice)
    replay(practice.ctx, file_of(practice, 0), LATER)
    replay(practice.ctx, file_of(practice, 1), LATER)
    assert practice.balances()["1000"] == both["1000"] + 1200
    check(practice)


@pytest.mark.long
def test_what_a_person_did_or_another_statement_took_back_refuses(practice):
    practice.night(BILLS, PATIENTS, paid("T1", "A1"), bank(ROWS[3], ROWS[7], "2025-03-11,44.00,,,,EFT"), day=FIRST)
    practice.night(bank(ROWS[4]), day=SECOND)
    hand, target = line(practice, 4400), file_of(practice, 0)
    deposits.tie(practice.ctx, hand, 1, "seen", SECOND)
    void_payment(practice.ctx, 1, "bounced", SECOND, SECOND)
    before = state(practice)
    refused = undo(practice.ctx, target, LATER).refused
    assert refused["command"].tolist() == [
        f'claims deposits untie {hand} --reason "{target} is undone"', f"claims undo {file_of(practice)}", ""
    ]  # fmt: skip
    assert "taken back after the bank had it" in refused["says"].iloc[2]
    assert differences(before, state(practice)) == {}


@pytest.mark.long
def test_a_return_stays_while_another_deposit_stands_in_its_place(practice):
    practice.night(BILLS, paid("T1", "A1"), bank(ROWS[0]), day=FIRST)
    practice.night(bank("2025-03-13,-88.00,T1,PLAN ONE,,EFT"), day=FIRST)
    practice.night(bank("2025-03-14,88.00,T1,PLAN ONE,,EFT"), day=FIRST)
    back, deposit = line(practice, -8800), line(practice, 8800)
    before, target = state(practice), file_of(practice, 1)
    assert undo(practice.ctx, target, LATER).refused["command"].tolist() == [f"claims undo {file_of(practice)}"]
    with pytest.raises(PostingRefusedError, match=rf"claims deposits untie {deposit + 2} first"):
        deposits.untie(practice.ctx, back, "seen", LATER)
    assert differences(before, state(practice)) == {}
    deposits.untie(practice.ctx, deposit + 2, "seen", LATER)
    assert undo(practice.ctx, target, LATER).refused.empty
    check(practice)


@pytest.mark.long
def test_a_night_leaves_bank_lines_to_their_file_and_says_so(practice):
    practice.night(BILLS, paid("T1", "A1"), day=FIRST)
    practice.night(bank(*ROWS[:1]), day=SECOND)
    run = practice.rows(sa.select(sa.func.max(schema.journals.c.run_id)))[0][0]
    with pytest.raises(UsageError, match=rf"Bank lines that it booked stay.*claims undo {file_of(practice)}\."):
        undo(practice.ctx, f"run:{run}", LATER)


@pytest.mark.long
def test_a_night_that_only_tied_says_which_ties_stay(practice):
    practice.night(BILLS, paid("T1", "A1"), bank("2025-03-11,44.00,,,,EFT"), day=FIRST)
    hand = line(practice, 4400)
    deposits.tie(practice.ctx, hand, 1, "seen", SECOND)
    run = practice.rows(sa.select(sa.func.max(schema.journals.c.run_id)))[0][0]
    with pytest.raises(UsageError, match=rf"ties of bank lines that came before stay \({hand}\).*deposits untie"):
        undo(practice.ctx, f"run:{run}", LATER)


@pytest.mark.long
def test_a_wrong_day_goes_with_its_file_and_the_corrected_statement_brings_the_right_one(practice):
    wrong = bank(ROWS[5], "2052-03-13,7.00,XX,NOBODY,,EFT")
    practice.night(wrong, day=FIRST)
    assert practice.exceptions() == ["BANK_DAY_AHEAD", "DEPOSIT_WITHOUT_REMIT"]
    undo(practice.ctx, file_of(practice), LATER)
    assert practice.exceptions() == ["UNDONE"]
    practice.night(wrong.replace(b"2052", b"2025"), day=LATER)
    assert practice.balances()["1000"] == 1900
    waiting = ["BANK_LINE_LEFT_OUT", "DEPOSIT_WITHOUT_REMIT", "DEPOSIT_WITHOUT_REMIT"]
    assert practice.exceptions() == waiting  # the money of 2052 is that of 2025
    check(practice)
    corrected, stood = file_of(practice), state(practice)
    undo(practice.ctx, corrected, LATER)
    assert practice.exceptions() == ["UNDONE", "UNDONE"]
    assert named(practice) == 1900 + 700
    check(practice)
    replay(practice.ctx, corrected, LATER)
    assert differences(stood, state(practice)) == {}
    check(practice)


@pytest.mark.long
def test_a_statement_stands_in_the_place_of_one_that_was_undone_and_names_what_it_leaves_out(practice, tmp_path):
    practice.night(BILLS, paid("T1", "A1"), bank(*ROWS[:4], "2025-03-25,5.00,ZY,NOBODY,,EFT"), day=FIRST)
    wrong = file_of(practice)
    undo(practice.ctx, wrong, LATER)
    practice.night(bank("2025-03-11,51.00,T2,PLAN ONE,,EFT", ROWS[0], ROWS[5]), day=LATER)
    # T2 of another amount on its day; of 12 and 25 March the new statement says nothing.
    assert left_out(practice) == [5000]
    assert named(practice) == 9000 + 3300 + 500
    practice.night(bank(*ROWS[2:4]), bank("2025-03-25,9.00,ZQ,,,EFT"), day=LATER)
    assert (left_out(practice), named(practice), practice.exceptions().count("UNDONE")) == ([500, 5000], None, 0)
    check(practice)
    table = schema.exceptions
    waiting = (table.c.amount_cents == 500, table.c.state == "open")
    (number,) = practice.rows(sa.select(table.c.exception_id).where(*waiting))[0]
    accept(practice.ctx, number, "no money of ours", LATER)
    told, now = tied_out(practice, tmp_path / "before", LATER), state(practice)
    undo(practice.ctx, file_of(practice), LATER)
    assert named(practice) == 500 + 900  # nobody says 25 March any more
    check(practice)
    replay(practice.ctx, file_of(practice), LATER)
    assert differences(now, state(practice)) == {}
    assert tied_out(practice, tmp_path / "after", LATER)["tieout.csv"] == told["tieout.csv"]
    with pytest.raises(UsageError, match=f"Nothing of {wrong} is posted"):
        undo(practice.ctx, wrong, LATER)
    replay(practice.ctx, wrong, LATER)
    assert (left_out(practice), named(practice)) == ([], None)
    check(practice)


def test_a_line_that_says_it_is_undone_is_found(practice):
    practice.night(BILLS, bank(ROWS[3]), day=FIRST)
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(schema.bank_lines).values(state="undone"))
    assert [one.name for one in verify(practice.ctx) if one.broken] == ["bank"]
