"""What payers announce and take back, across remittances: recoveries, forward balances, refunds, interest."""

from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.service import takebacks
from claims.service.exception_acts import accept
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import write
from tests.books import Bill, bank, claims, remit
from tests.service.conftest import DAY

BILL = Bill("A1", [("99213", "150")])
OTHER = Bill("C1", [("99214", "500")])
PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T1*1512345678~
          CLP*A1*1*150*88*22*12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""
TAKEN = """BPR*I*412*C*ACH************20250510~
           TRN*1*T3*1512345678~
           CLP*C1*1*500*500**12*ICN9~
           PLB*1999999984*20251231*WO:ICN1*88~"""
ANNOUNCED = """BPR*H*0*C*NON************20250410~
               TRN*1*T2*1512345678~
               CLP*A1*22*-150*-88**12*ICN1~
               SVC*HC:99213*-150*-88**1~
               CAS*CO*45*-40~
               CAS*PR*2*-22~
               PLB*1999999984*20251231*WO:ICN1*-88~"""


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def money(practice):
    return [one for one in practice.exceptions() if one != "REMIT_WITHOUT_DEPOSIT"]


@pytest.mark.long
def test_a_recovery_before_its_announcement_is_named_until_that_comes(practice):
    practice.night(claims(BILL, OTHER), remit(PAID), remit(TAKEN))
    assert money(practice) == ["WO_WITHOUT_REVERSAL"]
    assert practice.balances(account="2100", reference="ICN1") == {"2100": 8800}
    check(practice)
    practice.night(remit(ANNOUNCED))
    assert money(practice) == []
    assert practice.balances(account="2100") == {}
    check(practice)


@pytest.mark.long
def test_a_recovery_never_uses_up_another_claims_announcement(practice):
    practice.night(claims(BILL, OTHER), remit(PAID), remit(ANNOUNCED), remit(TAKEN.replace("WO:ICN1", "WO:ICN7")))
    assert money(practice) == ["WO_WITHOUT_REVERSAL"]
    assert practice.balances(reference="ICN1", account="2100") == {"2100": -8800}
    assert practice.balances(reference="ICN7", account="2100") == {"2100": 8800}
    check(practice)


def test_only_what_is_not_covered_is_named(practice):
    practice.night(
        claims(BILL, OTHER),
        remit(PAID),
        remit(ANNOUNCED),
        remit(TAKEN.replace("BPR*I*412", "BPR*I*400").replace("WO:ICN1*88", "WO:ICN1*100")),
    )
    table = schema.exceptions
    named = sa.select(table.c.amount_cents).where(table.c.type_code == "WO_WITHOUT_REVERSAL")
    assert practice.rows(named) == [(1200,)]


@pytest.mark.long
def test_a_forward_balance_that_comes_back_before_its_announcement_closes_itself_too(practice):
    back = TAKEN.replace("WO:ICN1*88", "FB:FWD1*88")
    practice.night(claims(BILL, OTHER), remit(PAID), remit(back))
    assert money(practice) == ["FB_WITHOUT_FORWARD"]
    practice.night(remit(ANNOUNCED.replace("WO:ICN1", "FB:FWD1").replace("TRN*1*T2", "TRN*1*FWD1")))
    assert money(practice) == []
    assert practice.balances(account="2110") == {}
    check(practice)


def test_two_open_forward_balances_of_one_payer_are_named_until_one_is_left(practice):
    forward = "BPR*H*0*C*NON************202504{day}~\nTRN*1*{name}*1512345678~\nPLB*1999999984*20251231*"
    start = forward.format(day="01", name="F1") + "FB:F1*-10*WO:X1*10~"
    more = forward.format(day="02", name="F2") + "FB:F2*-20*WO:X1*20~"
    practice.night(remit(start), remit(more))
    assert "FORWARD_BALANCES_SEVERAL" in practice.exceptions()
    check(practice)
    practice.night(remit(forward.format(day="03", name="F3") + "FB:F1*10*WO:X1*-10~"))
    assert "FORWARD_BALANCES_SEVERAL" not in practice.exceptions()


@pytest.mark.long
def test_what_several_forward_balances_are_together_is_told_and_as_old_as_before_an_undo(practice):
    one = "BPR*H*0*C*NON************202504{day}~\nTRN*1*F{day}*1512345678~\nPLB*1999999984*20251231*"
    one += "FB:F{day}*-{day}*WO:X{day}*{day}~"
    E = schema.exceptions
    told = sa.select(E.c.amount_cents, sa.func.coalesce(E.c.since_date, E.c.posting_date))
    told = told.where(E.c.type_code == "FORWARD_BALANCES_SEVERAL", E.c.state == "open")
    nights = []
    for day in (10, 20, 30):
        practice.night(remit(one.format(day=day)), day=date(2025, 6, day))
        nights.append(practice.rows(told))
    since = date(2025, 6, 20)
    assert nights == [[], [(3000, since)], [(6000, since)]]
    for trace, left in (("F20", [(4000, since)]), ("F10", [])):
        undo(practice.ctx, f"remit:{trace}", DAY)
        assert practice.rows(told) == left
        check(practice)
    replay(practice.ctx, "remit:F10", DAY)
    assert practice.rows(told) == [(4000, since)]
    replay(practice.ctx, "remit:F20", DAY)
    assert practice.rows(told) == nights[-1]
    check(practice)
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(E).where(E.c.type_code == "FORWARD_BALANCES_SEVERAL").values(amount_cents=4000))
    broken = {one.name: one.broken for one in verify(practice.ctx)}
    assert broken["L7"] == ("payer 1512345678 has 3 open, together 6000 cents; exceptions say 4000",)


def test_an_acknowledged_refund_takes_the_reference_of_the_recovery_that_it_pairs_with(practice):
    practice.night(
        remit("""BPR*H*0*C*NON************20250510~
                 TRN*1*T3*1512345678~
                 PLB*1999999984*20251231*WO:ICN1*40*72:CHECK77*-40*72:ICN5*-10*WO:ICN5*10~
                 PLB*1999999984*20251231*72:ICN6*-60*72:ICN6*-40*WO:ICN6*100*72:ICN7*-50*72:ICN7*50~""")
    )
    assert practice.balances(account="2100") == {}
    assert practice.balances(account="2100", reference="CHECK77") == {}
    # What leaves no balance is told: the books know no refund of ICN1, ICN5 and ICN6, and no reversal.
    assert money(practice) == ["REFUND_NOT_IN_BOOKS"] * 3
    check(practice)


def test_an_acknowledged_refund_without_its_recovery_is_told_to_a_person(practice):
    """One WO pairs with one 72; undone and posted again, it is told (and accepted) as before."""
    alone = remit("""BPR*I*55*C*ACH************20250510~
                     TRN*1*T3*1512345678~
                     PLB*1999999984*20251231*WO:ICN1*40*72:ICN1*-40*72:ICN1*-40*72:CHECK77*-15~""")
    E = schema.exceptions
    told = sa.select(E.c.exception_id, E.c.amount_cents, E.c.state, E.c.closed_reason).order_by(E.c.exception_key)
    told = told.where(E.c.type_code == "REFUND_WITHOUT_RECOVERY")
    practice.night(alone)
    assert practice.balances(account="2100", reference="ICN1") == {"2100": -4000}
    assert practice.balances(account="2100", reference="CHECK77") == {"2100": -1500}
    first, second = practice.rows(told)
    assert [first[1:], second[1:]] == [(-4000, "open", None), (-1500, "open", None)]
    accept(practice.ctx, first[0], "the payer meant the cheque of March", DAY)
    before = practice.rows(told)
    undo(practice.ctx, "remit:T3", DAY)
    assert [row[2:] for row in practice.rows(told)] == [("closed", "accepted"), ("closed", "undone")]
    replay(practice.ctx, "remit:T3", DAY)
    assert practice.rows(told) == before
    check(practice)


@pytest.mark.long
def test_a_lost_payment_that_is_issued_again_clears_the_lost_one(practice):
    practice.night(
        claims(BILL),
        remit(PAID),
        remit("""BPR*I*88*C*ACH************20250510~
                 TRN*1*T9*1512345678~
                 PLB*1999999984*20251231*CS:T1*-88~"""),
        bank(("2025-05-12", "88.00", "T9")),
    )
    assert practice.balances() == {"1000": 8800, "1200": 2200, "4000": -15000, "4100": 4000}
    assert practice.exceptions() == []
    check(practice)


@pytest.mark.long
@pytest.mark.parametrize("same_night", [True, False])
@pytest.mark.parametrize("is_returned", ["earlier", "at once", ""])
def test_what_the_bank_says_the_same_night_decides_what_was_lost(practice, same_night, is_returned):
    again = remit("""BPR*I*88*C*ACH************20250510~
                     TRN*1*T9*1512345678~
                     PLB*1999999984*20251231*CS:T1*-88~""")
    came = bank(("2025-03-12", "88.00", "T1"))
    if is_returned == "at once":  # the deposit and its return are read in one night
        practice.night(claims(BILL), remit(PAID))
        said = bank(("2025-03-12", "88.00", "T1"), ("2025-05-01", "-88.00", "T1"), ("2025-05-12", "88.00", "T9"))
    elif is_returned:
        practice.night(claims(BILL), remit(PAID), came)
        said = bank(("2025-05-01", "-88.00", "T1"), ("2025-05-12", "88.00", "T9"))
    else:
        practice.night(claims(BILL), remit(PAID))
        said = bank(("2025-03-12", "88.00", "T1"), ("2025-05-12", "88.00", "T9"))
    if same_night:
        practice.night(again, said)
    else:
        practice.night(said)
        practice.night(again)
    # A payment that came is not lost: what the payer sent again under its number waits for a person.
    waits = {} if is_returned else {"1000": 17600, "2200": -8800}
    assert practice.balances() == {"1000": 8800, "1200": 2200, "4000": -15000, "4100": 4000} | waits
    assert practice.exceptions() == ([] if is_returned else ["PLB_UNCONFIGURED"])
    if not is_returned:  # it comes back after it was sent again: the books end as in the other order
        practice.night(bank(("2025-05-01", "-88.00", "T1")))
        settled = practice.balances()
        assert settled == {"1000": 8800, "1200": 2200, "4000": -15000, "4100": 4000}
        assert practice.exceptions() == []
        check(practice)
        assert undo(practice.ctx, "remit:T9", DAY).refused.empty
        assert practice.exceptions() == ["DEPOSIT_RETURNED", "DEPOSIT_WITHOUT_REMIT", "UNDONE"]
        check(practice)
        replay(practice.ctx, "remit:T9", DAY)
        assert (practice.balances(), practice.exceptions()) == (settled, [])
    check(practice)


def test_an_adjustment_by_reference_writes_a_forward_balance_off(practice):
    practice.night(
        claims(BILL),
        remit(PAID),
        remit(ANNOUNCED.replace("WO:ICN1", "FB:T2")),
        remit("""BPR*H*0*C*NON************20250510~
                 TRN*1*T9*1512345678~
                 PLB*1999999984*20251231*CS:T2*88*CS:T2*-88~"""),
    )
    assert practice.balances(account="2110") == {"2110": -8800}
    assert money(practice) == []
    check(practice)


def test_an_adjustment_whose_reference_says_nothing_waits_on_unapplied_cash(practice):
    practice.night(
        remit("""BPR*I*5*C*ACH************20250510~
                 TRN*1*T9*1512345678~
                 PLB*1999999984*20251231*CS:WHAT*-5~""")
    )
    assert practice.balances() == {"1050": 500, "2200": -500}
    assert "PLB_UNCONFIGURED" in practice.exceptions()


def test_interest_that_is_not_that_of_the_claims_is_named_and_posted(practice):
    practice.night(
        claims(Bill("F1", [("99212", "100")])),
        remit("""BPR*I*83*C*ACH************20250310~
                 TRN*1*T0901*1512345678~
                 CLP*F1*1*100*80**12*ICN11~
                 AMT*I*3.25~
                 SVC*HC:99212*100*80**1~
                 CAS*CO*45*20~
                 PLB*1999999984*20251231*L6*-3~"""),
    )
    assert practice.balances(account="4900") == {"4900": -300}
    assert "INTEREST_DIFFERS" in practice.exceptions()
    check(practice)


@pytest.mark.long
def test_a_forward_balance_of_one_payee_is_not_used_up_by_another(practice):
    other = "1888888885"
    practice.night(
        claims(Bill("X1", [("99213", "200")])),
        claims(Bill("Y1", [("99213", "500")]), control="000000011", npi=other),
        remit("BPR*I*200*C*ACH************20250302~\nTRN*1*T0*1512345678~\nCLP*X1*1*200*200**12*1~"),
        remit("""BPR*H*0*C*NON************20250402~
                 TRN*1*FB1*1512345678~
                 CLP*X1*22*-200*-200**12*1~
                 PLB*1999999984*20251231*FB:FB1*-200~"""),
    )
    practice.night(
        remit(
            f"""BPR*I*300*C*ACH************20250409~
                TRN*1*T2*1512345678~
                CLP*Y1*1*500*500**12*2~
                PLB*{other}*20251231*FB:FB1*200~""",
            payee=other,
        )
    )
    assert money(practice) == ["FB_WITHOUT_FORWARD"]
    listed = takebacks.listed(practice.ctx)
    assert sorted(listed["open_cents"]) == [-20000, 20000]
    assert listed["key"].nunique() == 2
    assert [len(takebacks.told(practice.ctx, key)["entries"]) for key in listed["key"]] == [1, 1]
    check(practice)


@pytest.mark.long
def test_what_one_payer_without_a_number_announced_is_not_taken_by_another(practice):
    paid = "BPR*{kind}************{day}~\nTRN*1*{trace}~\n{segments}"
    practice.night(
        claims(Bill("A1", [("99213", "200")]), Bill("B1", [("99213", "500")], payer=("OTHER PLAN", "1599999999"))),
        remit(paid.format(kind="I*200*C*ACH", day="20250302", trace="T1", segments="CLP*A1*1*200*200**12*C1~")),
        remit(
            paid.format(
                kind="H*0*C*NON",
                day="20250402",
                trace="T2",
                segments="CLP*A1*22*-200*-200**12*C1~\nPLB*1999999984*20251231*WO:C1*-200~",
            )
        ),
        remit(
            paid.format(
                kind="I*300*C*ACH",
                day="20250502",
                trace="T3",
                segments="CLP*B1*1*500*500**12*C9~\nPLB*1999999984*20251231*WO:C1*200~",
            ),
            payer="OTHER PLAN",
        ),
    )
    assert money(practice) == ["WO_WITHOUT_REVERSAL"]
    assert practice.balances(account="2100", payer_code="PLAN ONE") == {"2100": -20000}
    assert practice.balances(account="2100", payer_code="OTHER PLAN") == {"2100": 20000}
    check(practice)


@pytest.mark.parametrize(
    ("code", "behind"),
    [("WO:ICN1", [("ICN1", 8800), ("ICN1", -8800), ("ICN1R", 8000)]), ("FB:T2", [("ICN1", -8800), ("ICN1R", 8000)])],
)
def test_the_claims_behind_a_takeback_have_the_correction_under_its_own_number_too(practice, code, behind):
    corrected = """CLP*A1*1*150*80*30*12*ICN1R~
                   SVC*HC:99213*150*80**1~
                   CAS*CO*45*40~
                   CAS*PR*2*30~"""
    announced = ANNOUNCED.replace("PLB*", corrected + "PLB*").replace("WO:ICN1*-88", f"{code}*-8")
    taken = TAKEN.replace("BPR*I*412", "BPR*I*492").replace("WO:ICN1*88", f"{code}*8")
    practice.night(claims(BILL, OTHER), remit(PAID), remit(announced), remit(taken))
    (key,) = takebacks.listed(practice.ctx, state="any")["key"]
    told = takebacks.told(practice.ctx, key, show_phi=True)["claims"]
    assert list(zip(told["payer_claim_number"], told["paid_cents"], strict=True)) == behind


def test_what_is_settled_grows_no_older_than_the_day_that_settled_it():
    rows = [("2025-04-10", -8800, "WO"), ("2025-05-10", 8800, "WO")]
    entries = pd.DataFrame(
        [{"account": "2100", "payer_code": "P", "payee": "", "reference": "R", "effective_date": day,
          "day": day, "provider_adjustment_id": 0, "amount_cents": cents, "code": code, "is_undo": False}
         for day, cents, code in rows]
    )  # fmt: skip
    for through, age in ((1, 81), (2, 30)):
        (row,) = takebacks.summed(entries.head(through), date(2025, 6, 30)).to_dict("records")
        assert (row["state"], row["age_days"]) == (("open", "settled")[through - 1], age)


PAYER = "1512345678"
