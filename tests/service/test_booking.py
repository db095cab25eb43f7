"""Provider adjustments without an account of their own: a person says which, others take them back, and undo knows."""

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service import booking, exception_acts, exceptions, people, received, takebacks
from claims.service.master import import_files
from claims.service.replay import replay
from claims.service.report import write_report
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import read, write
from claims.store.people import change
from claims.store.queries import given_up
from tests.books import Bill, bank, claims, remit
from tests.service.books_state import differences, state
from tests.service.conftest import DAY
from tests.service.test_takebacks import check

WHY = "levied for the owner's tax, says the payer"
E, EVENT = schema.exceptions, schema.exception_events


def paid(trace, day, cents, *adjustments, more=""):
    """A remittance of no claim: adjustments as `code:reference*amount`, and a payment of their sum."""
    pairs = "*".join(adjustments)
    return remit(f"""BPR*I*{cents}*C*ACH************{day}~
                     TRN*1*{trace}*1512345678~{more}
                     PLB*1999999984*20251231*{pairs}~""")


LEVIED = paid("T1", "20250310", 70, "LE:AA*30", "L6:X*-100")
RELEASED = paid("T2", "20250320", 130, "LE:AA*-30", "L6:X*-100")
MONEY = bank(("2025-03-10", "70.00", "T1"), ("2025-03-20", "130.00", "T2"))


def waits(practice):
    """Exceptions of provider adjustments: type, cents, since when."""
    since = sa.type_coerce(sa.func.coalesce(E.c.since_date, E.c.posting_date), sa.Date)
    select = sa.select(E.c.type_code, E.c.amount_cents, since)
    return practice.rows(select.where(E.c.state == "open", E.c.type_code.startswith("PLB_")).order_by(E.c.amount_cents))


def number(practice):
    ((found,),) = practice.rows(
        sa.select(E.c.exception_id).where(E.c.state == "open", E.c.type_code.startswith("PLB_"))
    )
    return found


def of_report(practice, folder, name):
    write_report(practice.ctx, "tieout", DAY, out=folder)
    with (folder / f"{name}.csv").open(newline="") as rows:
        return list(csv.DictReader(rows))


@pytest.mark.long
def test_amounts_that_take_each_other_back_wait_no_more(practice, tmp_path):
    practice.night(LEVIED, RELEASED, MONEY)
    assert waits(practice) == []
    assert practice.balances() == {"1000": 20000, "4900": -20000}
    rows = of_report(practice, tmp_path, "tieout")
    assert [(row["status"], row["unapplied"]) for row in rows] == [("TIED", "0.00")] * 2
    assert {row["item"] for row in of_report(practice, tmp_path, "open_items")} == {"in the bank"}
    check(practice)
    # Without the one the other waits; posted again, it takes it back again. Both are as old as they were.
    later = DAY + timedelta(days=10)
    undo(practice.ctx, "remit:T1", later)
    assert waits(practice) == [("PLB_UNCONFIGURED", -3000, DAY)]
    check(practice)
    replay(practice.ctx, "remit:T1", later)
    assert waits(practice) == []
    undo(practice.ctx, "remit:T2", later)
    assert waits(practice) == [("PLB_UNCONFIGURED", 3000, DAY)]
    check(practice)


@pytest.mark.long
def test_a_person_says_the_account_and_takes_it_back(practice, tmp_path):
    practice.night(paid("T1", "20250310", 70, "ZZ:AA*30", "L6:X*-100"), bank(("2025-03-10", "70.00", "T1")))
    before = waits(practice)
    which = number(practice)
    told = exceptions.told(practice.ctx, which)
    assert "claims exceptions book" in told["release"]
    for account in ("1100", "9999", ""):
        with pytest.raises(UsageError, match="belongs to one of these accounts"):
            booking.book(practice.ctx, which, account, WHY, DAY)
    with pytest.raises(UsageError, match="Say why"):
        booking.book(practice.ctx, which, "5100", " ", DAY)
    done = booking.book(practice.ctx, which, "5100", WHY, DAY)
    assert (done["account"], done["amount_cents"]) == ("5100", 3000)
    assert done["adjustment_named"] == "ZZ:•••, 1st of 2 in its PLB segment"
    assert practice.balances() == {"1000": 7000, "4900": -10000, "5100": 3000}
    assert waits(practice) == []
    ((row),) = of_report(practice, tmp_path, "tieout")
    assert (row["status"], row["account_5100"]) == ("TIED", "30.00")
    check(practice)
    practice.night()
    assert waits(practice) == []
    with pytest.raises(UsageError, match="nothing of it waits"):
        booking.book(practice.ctx, which, "5100", WHY, DAY)
    # An undo of its remittance would leave the person's journal alone: it names the command that takes it away.
    ((says, command),) = undo(practice.ctx, "remit:T1", DAY).refused[["says", "command"]].itertuples(index=False)
    assert (says, command) == (
        "a provider adjustment of $30.00 that a person booked",
        f'claims exceptions unbook {which} --reason "remit:1 is undone"',
    )
    assert booking.unbook(practice.ctx, which, "remit:1 is undone", DAY) == 3000
    assert waits(practice) == before
    assert practice.balances() == {"1000": 7000, "2200": 3000, "4900": -10000}
    kinds = practice.rows(sa.select(EVENT.c.kind).order_by(EVENT.c.exception_event_id))
    assert [kind for (kind,) in kinds] == ["booked", "unbooked"]
    check(practice)
    undo(practice.ctx, "remit:T1", DAY)
    ((undone,),) = practice.rows(sa.select(E.c.exception_id).where(E.c.type_code == "UNDONE", E.c.state == "open"))
    assert exceptions.told(practice.ctx, undone)["command"] == "claims replay remit:1"
    replay(practice.ctx, "remit:T1", DAY)
    assert waits(practice) == before
    which = number(practice)
    booking.book(practice.ctx, which, "2120", WHY, DAY)
    assert "ADVANCE_MISSING" in practice.exceptions()
    check(practice)
    booking.unbook(practice.ctx, which, WHY, DAY)
    closed = practice.rows(sa.select(E.c.closed_reason).where(E.c.type_code == "ADVANCE_MISSING"))
    assert closed == [("taken-back",)], "nothing was announced"
    for act, taken in (
        (lambda: booking.book(practice.ctx, which, "2100", WHY, DAY), 3000),
        (lambda: booking.unbook(practice.ctx, which, WHY, DAY), 0),
    ):
        act()
        told = takebacks.listed(practice.ctx, state="any", as_of=DAY)
        assert told[["taken_cents", "open_cents"]].to_numpy().tolist() == [[taken, -taken]]
    check(practice)


@pytest.mark.long
def test_which_of_a_segments_adjustments_it_is_is_said_and_a_lost_check_is_no_income(practice, tmp_path):
    practice.night(paid("T1", "20250310", 70, "AM:ICN7*30", "CS:REISSUE*-15", "L6:X*-85"))
    rows, _ = exceptions.listed(practice.ctx, show_phi=True)
    named = [f"{code}, {place} of 3 in its PLB segment" for code, place in (("AM:ICN7", "1st"), ("CS:REISSUE", "2nd"))]
    assert sorted(filter(None, rows["adjustment_named"])) == named, "and none of the deposit that has not come"
    masked = exceptions.listed(practice.ctx)[0]
    assert not masked["adjustment_reference"].isin(["ICN7", "REISSUE"]).any(), "a reference may be a claim's number"
    told = [(row["type_code"], row["adjustment_code"], row["adjustment_reference"], row["adjustment_pair"])
            for row in of_report(practice, tmp_path, "exceptions") if row["adjustment_code"]]  # fmt: skip
    assert told == [("PLB_UNCONFIGURED", "AM", "ICN7", "1"), ("PLB_UNCONFIGURED", "CS", "REISSUE", "2")]
    which = {row["adjustment_code"]: row["exception_id"] for row in rows.to_dict("records")}
    with pytest.raises(booking.DoubtedAccountError, match=r"most often a lost check paid again.* --sure"):
        booking.book(practice.ctx, which["CS"], "4910", WHY, DAY)
    booking.book(practice.ctx, which["CS"], "5100", WHY, DAY)
    booking.unbook(practice.ctx, which["CS"], WHY, DAY)
    booking.book(practice.ctx, which["CS"], "4910", WHY, DAY, sure=True)
    listed = received.remittance(practice.ctx, 1)["provider_adjustments"]
    assert listed[["adjustment_code", "adjustment_cents", "account", "exception_ids"]].to_numpy().tolist() == [
        ["AM", 3000, "2200", str(which["AM"])],
        ["CS", -1500, "4910", ""],
        ["L6", -8500, "4900", ""],
    ]
    # What a person booked and nothing withheld before is named as the adjustment that it was.
    booking.unbook(practice.ctx, which["CS"], WHY, DAY)
    booking.book(practice.ctx, which["CS"], "1400", WHY, DAY)
    missing, _ = exceptions.listed(practice.ctx, type_code="WITHHOLDING_MISSING", show_phi=True)
    assert missing["adjustment_named"].tolist() == [named[1]]


@pytest.mark.long
def test_all_that_one_person_books_in_a_day_is_within_their_limit(practice):
    practice.night(paid("T1", "20250310", 10, "AM:AA*30", "LE:BB*30", "L6:X*-100", "AM:CC*30"))
    for number, name in enumerate((practice.ctx.actor, "eve"), 1):
        people.add(practice.ctx, name, ["supervisor"], datetime.now(UTC), write_off_limit_cents=6500)
        with write(practice.ctx.engine) as conn:
            change(conn, number, state="active")
    found = practice.rows(sa.select(E.c.exception_id).where(E.c.type_code.startswith("PLB_")))
    first, second, third = (one for (one,) in found)
    booking.book(practice.ctx, first, "5100", WHY, DAY)
    booking.book(practice.ctx, second, "5100", WHY, DAY)
    with pytest.raises(UsageError, match=r"\$30\.00, which is above your own limit of a day"):
        booking.book(practice.ctx, third, "5100", WHY, DAY)
    booking.unbook(practice.ctx, first, WHY, DAY)
    booking.book(replace(practice.ctx, actor="eve"), first, "5100", WHY, DAY)  # hers by now
    booking.book(practice.ctx, third, "5100", WHY, DAY)
    check(practice)


def decided(number, status, charge, cents, day, *, more=""):
    """A remittance of one claim by its payer's number: its cash, and what is not paid as a price reduction."""
    off, head = charge - cents, f"BPR*I*{cents}*C*ACH" if cents > 0 else "BPR*H*0*C*NON"
    return remit(f"""{head}************{day}~
                     TRN*1*{number}{day}*1512345678~
                     CLP*{number}*{status}*{charge}*{cents}**12*{number}ICN~
                     SVC*HC:99213*{charge}*{cents}**1~
                     CAS*CO*45*{off}~{more}""")


def put_off(number, cents):
    return f"\nPLB*1999999984*20251231*WO:{number}ICN*-{cents}~"


@pytest.mark.long
def test_what_a_reversal_differs_by_goes_to_the_account_that_a_person_says(practice):
    practice.night(
        claims(Bill("A1", [("99213", "150")]), Bill("A2", [("99213", "150")])),
        decided("A1", 1, 150, 88, "20250310"),
        decided("A2", 1, 150, 88, "20250310"),
        decided("A1", 22, -150, -30, "20250320", more=put_off("A1", 30)),
        decided("A2", 22, -150, -100, "20250320", more=put_off("A2", 100)),
    )
    of = sa.select(E.c.exception_id).where(E.c.type_code == "REVERSAL_MISMATCH").order_by(E.c.amount_cents.desc())
    (less,), (more,) = practice.rows(of)
    assert practice.balances(account="2200") == {"2200": -4600}
    before, told = state(practice), exceptions.told(practice.ctx, less)
    assert "claims exceptions book" in told["release"]
    assert [row["account"] for row in told["accounts"]] == ["2100", "4910", "5100"]
    with pytest.raises(UsageError, match="cannot be accepted"):
        exception_acts.accept(practice.ctx, less, WHY, DAY)
    with pytest.raises(UsageError, match="differs by belongs to one of these accounts"):
        booking.book(practice.ctx, less, "4900", WHY, DAY)
    # What it took less it will take later, as a recovery of its number for the claim.
    assert booking.book(practice.ctx, less, "2100", WHY, DAY)["amount_cents"] == -5800
    open_now = takebacks.listed(practice.ctx, as_of=DAY, show_phi=True).set_index("reference")
    assert open_now[["announced_cents", "open_cents"]].loc["A1ICN"].tolist() == [8800, 8800]
    practice.night()
    assert practice.balances(account="2200") == {"2200": 1200}
    check(practice)
    refused = undo(practice.ctx, "claim:1", DAY).refused[["says", "command"]].to_numpy().tolist()
    unbooks = f'claims exceptions unbook {less} --reason "claim:1 is undone"'
    assert refused == [["a difference of a reversal of $58.00 that a person booked", unbooks]]
    booking.unbook(practice.ctx, less, WHY, DAY)
    assert differences(before, state(practice)) == {}, "it waits again, as old as it was"
    # What it took beyond what it had paid is given up, within a limit.
    for number, (name, limit) in enumerate(((practice.ctx.actor, 1100), ("eve", 1300)), 1):
        people.add(practice.ctx, name, ["supervisor"], datetime.now(UTC), write_off_limit_cents=limit)
        with write(practice.ctx.engine) as conn:
            change(conn, number, state="active")
    with pytest.raises(UsageError, match=r"\$12\.00, which is above your own limit of a day"):
        booking.book(practice.ctx, more, "5100", WHY, DAY)
    booking.book(replace(practice.ctx, actor="eve"), more, "5100", WHY, DAY)
    with read(practice.ctx.engine) as conn:
        assert given_up.on_day(conn, "eve", DAY, "9") == 1200
    assert practice.balances(account="5100") == {"5100": 1200}
    check(practice)


def test_no_day_before_the_amount_was_moved_is_taken(practice):
    practice.night(paid("T1", "20250310", 70, "ZZ:AA*30", "L6:X*-100"))
    which, before = number(practice), DAY - timedelta(days=1)
    with pytest.raises(UsageError, match="was moved on"):
        booking.book(practice.ctx, which, "5100", WHY, before)
    booking.book(practice.ctx, which, "5100", WHY, DAY)
    with pytest.raises(UsageError, match="was moved on"):
        booking.unbook(practice.ctx, which, WHY, before)


@pytest.mark.long
def test_what_the_practice_says_of_a_code_moves_what_waits_and_what_comes(practice, tmp_path):
    practice.night(LEVIED)
    rows = tmp_path / "accounts.csv"
    rows.write_text("payer_code,reason_code,account\n,LE,5100\n1512345678,LE,1400\n,CS,5100\n")
    (done,) = import_files(practice.ctx, [rows])
    assert (done.counts["added"], done.counts["refused"]) == (2, 1)
    practice.night(MONEY, paid("T2", "20250320", 90, "LE:BB*40", "CS:X*-30", "L6:X*-100"))
    assert practice.balances(account="1400") == {"1400": 7000}
    assert [row[:2] for row in waits(practice)] == [("PLB_UNCONFIGURED", -3000)], "what a CS means its reference says"
    check(practice)
    settled = practice.balances()
    assert undo(practice.ctx, "remit:T1", DAY).refused.empty
    check(practice)
    replay(practice.ctx, "remit:T1", DAY)
    assert practice.balances() == settled
    practice.reconcile()
    check(practice)


@pytest.mark.long
def test_cash_that_no_exception_names_is_found(practice):
    practice.night(paid("T1", "20250310", 70, "LE:AA*30", "L6:X*-100"))
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(E).where(E.c.type_code == "PLB_UNCONFIGURED").values(state="closed"))
    assert any("provider adjustment 1 waits on unapplied cash" in one for c in verify(practice.ctx) for one in c.broken)


@pytest.mark.long
def test_what_was_never_advanced_or_withheld_is_named_until_it_was(practice):
    practice.night(paid("T1", "20250310", 80, "AP:AA*30", "IR:BB*-10", "L6:X*-100"))
    assert practice.balances(account="2120") | practice.balances(account="1400") == {"2120": 3000, "1400": -1000}
    assert set(practice.exceptions()) >= {"ADVANCE_MISSING", "WITHHOLDING_MISSING"}
    check(practice)
    before = practice.rows(sa.select(E.c.type_code, E.c.amount_cents).where(E.c.type_code.endswith("_MISSING")))
    assert sorted(before) == [("ADVANCE_MISSING", 3000), ("WITHHOLDING_MISSING", 1000)]
    practice.night(paid("T0", "20250201", 120, "AP:AA*-30", "IR:CC*10", "L6:X*-100"))
    assert not {"ADVANCE_MISSING", "WITHHOLDING_MISSING"} & set(practice.exceptions())
    undo(practice.ctx, "remit:T0", DAY)
    assert set(practice.exceptions()) >= {"ADVANCE_MISSING", "WITHHOLDING_MISSING"}
    replay(practice.ctx, "remit:T0", DAY)
    assert not {"ADVANCE_MISSING", "WITHHOLDING_MISSING"} & set(practice.exceptions())
    check(practice)


@pytest.mark.long
def test_an_adjustment_before_the_forward_balance_that_it_names_ends_as_in_order(practice):
    lowered = paid("T2", "20250320", 20, "CS:FB1*80", "L6:X*-100")
    practice.night(lowered)
    assert [row[:2] for row in waits(practice)] == [("PLB_UNCONFIGURED", 8000)]
    practice.night(paid("T1", "20250310", 0, "FB:FB1*-50", "WO:X*50").replace(b"BPR*I*0*C*ACH", b"BPR*H*0*C*NON"))
    assert waits(practice) == []
    assert practice.balances(account="2200") == {}
    assert practice.balances(account="2110") == {"2110": 3000}
    assert "FB_WITHOUT_FORWARD" in practice.exceptions()
    check(practice)
    before, later = state(practice), DAY + timedelta(days=7)
    assert undo(practice.ctx, "remit:T2", later).refused.empty
    replay(practice.ctx, "remit:T2", later)
    assert differences(before, state(practice)) == {}
    check(practice)


LOST = [paid("T1", "20250310", 88, "L6:X*-88"), paid("T2", "20250320", 188, "CS:T1*-88", "L6:X*-100")]


@pytest.mark.long
def test_what_a_payment_that_was_issued_again_had_cancelled_out_waits_by_name(practice):
    taken = paid("T3", "20250325", 12, "CS:T1*88", "L6:X*-100")
    practice.night(*LOST, taken, bank(("2025-03-10", "88.00", "T1"), ("2025-03-28", "-88.00", "T1")))
    assert [row[:2] for row in waits(practice)] == [("PLB_UNCONFIGURED", 8800)]
    check(practice)


@pytest.mark.long
def test_a_deposit_that_came_again_is_the_money_of_its_payment(practice):
    practice.night(LOST[0])
    came = (("2025-03-10", "88.00", "T1"), ("2025-03-12", "-88.00", "T1"), ("2025-03-14", "88.00", "T1"))
    practice.night(LOST[1], bank(*came))
    assert [row[:2] for row in waits(practice)] == [("PLB_UNCONFIGURED", -8800)]
    assert "DEPOSIT_WITHOUT_REMIT" not in practice.exceptions()
    check(practice)
