"""Lines paid below or above their contract, as the books tell them: found, recovered, taken back, priced again."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.master import Master
from claims.service.contracts import Contracts
from claims.service.master import import_files
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import write
from tests.books import PAYER_ID, Bill, claims, remit
from tests.conftest import ENGINES, _fresh

CASE, EVENT, EXPECTED = schema.variance_cases, schema.variance_events, schema.expected_allowed
FEES = f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,110.00\n{PAYER_ID},99214,200.00\n"
BILL = Bill("A1", [("99213", "150")])
NEXT = date(2025, 7, 1)


def paid(number: str, cents: int, *, share: int = 0, day: str = "20250310", line: str = "99213*150", trace: str = ""):
    """A remittance that pays one line of one claim; the rest is the contract's."""
    charge = int(line.rpartition("*")[2])
    rest = charge * 100 - cents - share
    rows = [f"BPR*I*{cents / 100:g}*C*ACH************{day}~", f"TRN*1*{trace or f'T{day}'}*{PAYER_ID}~"]
    return remit("\n".join([*rows, *decision(number, cents, share, rest, line)]))


def decision(number: str, cents: int, share: int, rest: int, line: str = "99213*150", sign: int = 1) -> list[str]:
    procedure, _, charge = line.rpartition("*")
    status, amount = ("1", int(charge)) if sign > 0 else ("22", -int(charge))
    shown = f"{sign * cents / 100:g}"
    rows = [f"CLP*{number}*{status}*{amount}*{shown}*{sign * share / 100:g}*12*ICN{number}~"]
    rows += [f"SVC*HC:{procedure}*{amount}*{shown}**1~", *([f"CAS*CO*45*{sign * rest / 100:g}~"] if rest else [])]
    return rows + ([f"CAS*PR*2*{sign * share / 100:g}~"] if share else [])


def corrected(was: int, now: int, *, day: str = "20250410", trace: str = ""):
    """A remittance that takes a payment of 99213 back and pays anew."""
    how = f"BPR*I*{(now - was) / 100:g}*C*ACH" if now > was else "BPR*H*0*C*NON"
    rows = [f"{how}************{day}~", f"TRN*1*{trace or f'T{day}'}*{PAYER_ID}~"]
    rows += decision("A1", was, 0, 15000 - was, sign=-1) + decision("A1", now, 0, 15000 - now)
    forward = [f"PLB*1999999984*20251231*FB:T{day}*{(now - was) / 100:g}~"] if now < was else []
    return remit("\n".join([*rows, *forward]))


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path):
    """SQLite, but where a test asks for both engines."""
    yield from _fresh(request, tmp_path, request.param)


@pytest.fixture
def contract(practice, tmp_path):
    """Import a master file by its kind."""

    def call(text: str = FEES, kind: str = "fee_schedules") -> None:
        path = tmp_path / f"{kind}.csv"
        path.write_text(text)
        (done,) = import_files(practice.ctx, [path])
        assert done.state == "stored", done.findings["message"].tolist()

    return call


def cases(practice, *names: str) -> list[tuple]:
    wanted = names or ("kind", "state", "difference_cents", "open_cents", "recovered_cents")
    return practice.rows(sa.select(*(CASE.c[name] for name in wanted)).order_by(CASE.c.case_key))


def events(practice) -> list[tuple[str, int]]:
    return practice.rows(sa.select(EVENT.c.kind, EVENT.c.amount_cents).order_by(EVENT.c.variance_event_id))


def still(practice) -> None:
    """A second run changes nothing, and the books are sound."""
    tables = (CASE, EVENT, EXPECTED, schema.claim_postings, schema.denial_cases)
    before = [practice.rows(sa.select(table)) for table in tables]
    done = practice.reconcile(NEXT)
    assert [practice.rows(sa.select(table)) for table in tables] == before
    assert not any(done[name] for name in ("lines_priced", "variances_opened", "variances_changed"))
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_a_line_paid_below_its_contract_is_a_case_with_its_sum(practice, contract):
    contract()
    done = practice.night(claims(BILL), paid("A1", 7000, share=2200))
    assert cases(practice) == [("underpaid", "open", -1800, 1800, 0)]
    names = ("expected_cents", "allowed_cents", "paid_cents", "patient_cents", "tolerance_cents", "arithmetic")
    assert cases(practice, *names) == [(11000, 9200, 7000, 2200, 220, "110.00 = 110.00")]
    assert (done["lines_priced"], done["variances_opened"]) == (1, 1)
    still(practice)


@pytest.mark.long
def test_within_the_tolerance_nothing_is_said(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 10780))
    assert cases(practice) == []
    assert practice.rows(sa.select(EXPECTED.c.expected_cents)) == [(11000,)]


@pytest.mark.long
def test_a_payer_has_its_own_tolerance_and_the_others_that_of_every_payer(practice, contract):
    contract()
    contract(f"payer_code,tolerance,tolerance_percent\n{PAYER_ID},0,0\n,50.00,0\n", "variance_tolerances")
    practice.night(claims(BILL), paid("A1", 10999))
    assert cases(practice) == [("underpaid", "open", -1, 1, 0)]


@pytest.mark.long
@pytest.mark.parametrize("database_url", ENGINES, indirect=True)
def test_a_contract_that_comes_later_prices_what_was_decided_and_its_change_prices_again(practice, contract):
    practice.night(claims(BILL), paid("A1", 7000))
    assert practice.count(EXPECTED) == 0
    contract()
    practice.reconcile()
    assert cases(practice) == [("underpaid", "open", -4000, 4000, 0)]
    still(practice)
    contract(FEES.replace("110.00", "70.50"))
    practice.reconcile(NEXT)
    assert cases(practice, "state", "outcome", "open_cents") == [("closed", "repriced", 0)]
    held = practice.rows(sa.select(EXPECTED.c.expected_cents, EXPECTED.c.ended_at.is_(None)).order_by(EXPECTED.c[0]))
    assert held == [(11000, False), (7050, True)]
    still(practice)


@pytest.mark.long
def test_a_contract_of_another_payer_prices_nothing_again(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 7000))
    before = practice.rows(sa.select(schema.claim_postings.c.priced_at))
    contract("payer_code,procedure_code,allowed\nOTHER,99213,1.00\n")
    practice.reconcile()
    assert practice.rows(sa.select(schema.claim_postings.c.priced_at)) == before


@pytest.mark.long
def test_a_payer_that_claims_name_otherwise_from_now_on_is_priced_again_by_the_old_name_too(practice, contract):
    named = "payer_code,payer_name,partner_code,payer_identifier\nLOCAL,PLAN ONE,PRT,{}\n"
    contract(named.format(PAYER_ID), "payers")
    contract(FEES.replace(PAYER_ID, "LOCAL"))
    practice.night(claims(BILL), paid("A1", 7000))
    assert cases(practice, "state", "open_cents") == [("open", 4000)]
    contract(named.format("OTHER"), "payers")
    practice.reconcile(NEXT)
    assert cases(practice, "state", "outcome", "open_cents") == [("closed", "unpriced", 0)]
    contract(named.format(PAYER_ID), "payers")
    practice.reconcile(NEXT)
    assert cases(practice, "state", "open_cents") == [("open", 4000)]


@pytest.mark.parametrize(("kind", "outcome"), [("D", "priced"), ("P", "no-units")])
def test_a_dental_line_that_says_no_count_is_one_procedure(kind, outcome):
    fees = pd.DataFrame({"payer_code": ["P1"], "procedure_code": ["D1110"], "allowed_cents": [5000]})
    names = ("modifiers", "revenue_code", "frequency_code", "place_of_service")
    line = {"payer_code": "P1", "procedure_code": "D1110", "units_milli": 0, "charge_cents": 8000, "kind": kind}
    line |= {"claim_id": 1, "service_date": "2026-09-08", "service_to_date": "2026-09-08"} | dict.fromkeys(names, "")
    priced = Contracts.of(Master.of({"fee_schedules": fees})).price(pd.DataFrame([line]))
    assert priced["outcome"].tolist() == [outcome]
    assert priced["expected_cents"].dropna().tolist() == [5000] * (kind == "D")


@pytest.mark.long
def test_a_wider_tolerance_of_every_payer_closes_what_is_within_it(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 7000))
    contract("payer_code,tolerance,tolerance_percent\n,50.00,0\n", "variance_tolerances")
    practice.reconcile(NEXT)
    assert cases(practice, "state", "outcome") == [("closed", "repriced")]


@pytest.mark.long
def test_fees_that_a_contract_takes_from_another_schedule_price_again_too(practice, contract):
    contract(FEES.replace(PAYER_ID, "PUBLIC"))
    terms = f"payer_code,term,method,percent,schedule\n{PAYER_ID},as public,percent_of_schedule,50,PUBLIC\n"
    contract(terms, "contract_terms")
    practice.night(claims(BILL), paid("A1", 5500))
    assert cases(practice) == []
    contract(FEES.replace(PAYER_ID, "PUBLIC").replace("110.00", "140.00"))
    practice.reconcile(NEXT)
    assert cases(practice, "difference_cents", "arithmetic") == [(-1500, "140.00 x 50% = 70.00")]


@pytest.mark.long
def test_a_corrected_remittance_recovers_the_money_and_is_named(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 7000))
    practice.night(corrected(7000, 11000), day=NEXT)
    assert cases(practice) == [("underpaid", "recovered", -4000, 0, 4000)]
    CP = schema.claim_payments
    by = sa.select(CP.c.status_code, CP.c.paid_cents)
    assert practice.rows(by.join(CASE, CASE.c.recovered_claim_payment_id == CP.c.claim_payment_id)) == [("1", 11000)]
    assert events(practice) == [("opened", 4000), ("recovered", 4000)]
    still(practice)


FACTS = [one.name for one in CASE.c if one.name not in ("recorded_at", "posting_date", "closed_posting_date")]


@pytest.mark.long
def test_one_night_and_two_nights_end_alike(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 7000), corrected(7000, 9000))
    assert cases(practice) == [("underpaid", "open", -4000, 2000, 2000)]
    assert events(practice) == [("opened", 4000), ("recovered_in_part", 2000)]
    still(practice)


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("nights", [1, 2])
@pytest.mark.parametrize("trace", ["T9", "T20250310"])
def test_a_correction_of_the_same_day_recovers_whichever_key_is_first(practice, contract, trace, nights):
    contract()
    files = [paid("A1", 7000, trace=trace), corrected(7000, 11000, day="20250310", trace="T2")]
    practice.night(claims(BILL), *files[: 3 - nights])
    for file in files[3 - nights :]:
        practice.night(file)
    R = schema.remittances
    remits = practice.rows(sa.select(R.c.remit_id, R.c.trace_number).order_by(R.c.remit_key))
    assert [of for _, of in remits] == (["T2", trace] if trace == "T9" else [trace, "T2"])
    CP = schema.claim_payments
    by = sa.select(CP.c.paid_cents).join(CASE, CASE.c.recovered_claim_payment_id == CP.c.claim_payment_id)
    for again in (False, True):
        if again:  # what corrects goes and comes again
            (number,) = [number for number, of in remits if of == "T2"]
            undo(practice.ctx, f"remit:{number}", NEXT)
            replay(practice.ctx, f"remit:{number}", NEXT)
        assert cases(practice) == [("underpaid", "recovered", -4000, 0, 4000)]
        assert practice.rows(by) == [(11000,)]


@pytest.mark.long
def test_money_recovered_in_part_and_taken_back_opens_the_case_again(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 7000))
    practice.night(corrected(7000, 9000))
    assert cases(practice) == [("underpaid", "open", -4000, 2000, 2000)]
    practice.night(corrected(9000, 11000, day="20250510"))
    assert cases(practice) == [("underpaid", "recovered", -4000, 0, 4000)]
    practice.night(corrected(11000, 8000, day="20250610"))
    assert cases(practice) == [("underpaid", "open", -3000, 3000, 0)]
    assert [kind for kind, _ in events(practice)] == ["opened", "recovered_in_part", "recovered", "reopened"]


@pytest.mark.long
def test_an_overpayment_that_is_taken_back_is_closed_and_one_corrected_too(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 15000))
    assert cases(practice) == [("overpaid", "open", 4000, 4000, 0)]
    rows = ["BPR*H*0*C*NON************20250410~", f"TRN*1*T2*{PAYER_ID}~", *decision("A1", 15000, 0, 0, sign=-1)]
    practice.night(remit("\n".join([*rows, "PLB*1999999984*20251231*WO:ICNA1*-150~"])))
    assert cases(practice) == [("overpaid", "recovered", 4000, 0, 4000)]
    assert cases(practice, "outcome") == [("taken_back",)]
    practice.night(paid("A1", 11000, day="20250510"))
    assert cases(practice, "state", "outcome", "recovered_cents") == [("recovered", "recovered", 4000)]
    still(practice)


@pytest.mark.long
def test_an_underpayment_whose_decision_is_reversed_waits_for_the_next_one(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 7000))
    rows = ["BPR*H*0*C*NON************20250410~", f"TRN*1*T2*{PAYER_ID}~", *decision("A1", 7000, 0, 8000, sign=-1)]
    practice.night(remit("\n".join([*rows, "PLB*1999999984*20251231*WO:ICNA1*-70~"])))
    assert cases(practice, "state", "outcome", "open_cents") == [("closed", "reversed", 0)]
    practice.night(paid("A1", 7000, day="20250510"))
    assert cases(practice) == [("underpaid", "open", -4000, 4000, 0)]


@pytest.mark.long
def test_what_another_decision_takes_back_in_part_stands_on_its_other_line(practice, contract):
    contract()
    first = decision("A1", 7000, 0, 8000)
    head = ["BPR*I*70*C*ACH************20250310~", f"TRN*1*T1*{PAYER_ID}~", "CLP*A1*1*350*70**12*I0~", *first[1:]]
    denied = remit("\n".join([*head, "SVC*HC:99214*200*0**1~", "CAS*CO*197*200~"]))
    practice.night(claims(Bill("A1", [("99213", "150"), ("99214", "200")])), denied)
    practice.night(paid("A1", 20000, line="99214*200", day="20250410"))
    assert cases(practice) == [("underpaid", "open", -4000, 4000, 0)]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_denied_lines_are_no_variance_and_risk_what_the_contract_allows(practice, contract):
    contract()
    denial = remit(f"""BPR*H*0*C*NON************20250310~
                       TRN*1*T1*{PAYER_ID}~
                       CLP*A1*4*150*0**12*ICN1~
                       SVC*HC:99213*150*0**1~
                       CAS*CO*197*150~""")
    practice.night(claims(BILL), denial)
    assert cases(practice) == []
    worth = sa.select(schema.denial_cases.c.denied_cents, schema.denial_cases.c.at_risk_cents)
    assert practice.rows(worth) == [(15000, 11000)]
    contract(FEES.replace("110.00", "60.00"))
    practice.reconcile(NEXT)
    assert practice.rows(worth) == [(15000, 6000)]
    table = schema.denial_events
    bodies = practice.rows(sa.select(table.c.body).where(table.c.kind == "repriced"))
    assert [json.loads(body) for (body,) in bodies] == [{"before": {"at_risk_cents": 11000, "worth_cents": 11000}}]
    still(practice)


@pytest.mark.long
def test_a_case_rate_is_held_against_the_whole_claim(practice, contract):
    contract(f"payer_code,term,method,amount\n{PAYER_ID},visit,case_rate,120.00\n", "contract_terms")
    bill = Bill("B1", [("99213", "150"), ("99214", "250")])
    rest = "SVC*HC:99213*150*50**1~\nCAS*CO*45*100~\nSVC*HC:99214*250*{}**1~\nCAS*CO*45*{}~"
    head = f"BPR*I*{{}}*C*ACH************20250310~\nTRN*1*T1*{PAYER_ID}~\nCLP*B1*1*400*{{}}**12*ICN1~\n"
    practice.night(claims(bill), remit(head.format(90, 90) + rest.format(40, 210)))
    assert cases(practice, "line_number", "expected_cents", "allowed_cents") == [(0, 12000, 9000)]
    still(practice)


@pytest.mark.long
def test_a_payer_after_the_first_is_not_compared(practice, contract):
    contract()
    contract("payer_code,procedure_code,allowed\nSECOND,99213,110.00\n")
    bill = Bill("A1", [("99213", "150")], others=(("S", "PLAN TWO", "SECOND"),))
    second = remit("""BPR*I*5*C*ACH************20250410~
                      TRN*1*T2*1999999999~
                      CLP*A1*2*150*5**12*ICN9~
                      SVC*HC:99213*150*5**1~
                      CAS*OA*23*145~""", payer="PLAN TWO")  # fmt: skip
    practice.night(claims(bill), paid("A1", 11000), second)
    assert cases(practice) == []


@pytest.mark.long
def test_undo_and_replay_end_in_the_same_cases(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 7000))
    practice.night(corrected(7000, 9000))
    facts = cases(practice, *FACTS)
    table = schema.remittances
    ids = [number for (number,) in practice.rows(sa.select(table.c.remit_id).order_by(table.c.payment_date))]
    undo(practice.ctx, f"remit:{ids[1]}", NEXT)
    assert cases(practice) == [("underpaid", "open", -4000, 4000, 0)]
    replay(practice.ctx, f"remit:{ids[1]}", NEXT)
    assert cases(practice, *FACTS) == facts
    still(practice)


@pytest.mark.long
def test_what_is_ended_and_posted_again_ends_in_the_same_cases(practice, contract):
    contract()
    practice.night(claims(BILL), paid("A1", 7000), corrected(7000, 9000))
    facts = cases(practice, *FACTS)
    P = schema.claim_postings
    kept = practice.rows(sa.select(P).where(P.c.ended_at.is_(None)))
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(P).values(ended_at="2025-07-01T00:00:00.000000Z"))
    practice.reconcile()
    assert cases(practice, "state", "outcome", "open_cents") == [("closed", "undone", 0)]
    assert practice.rows(sa.select(EXPECTED.c[0]).where(EXPECTED.c.ended_at.is_(None))) == []
    names = [one.name for one in P.c]
    with write(practice.ctx.engine) as conn:
        for row in kept:
            again = dict(zip(names, row, strict=True))
            again |= {"claim_posting_id": again["claim_posting_id"] + 1000, "priced_at": None}
            conn.execute(sa.insert(P).values(**again))
    practice.reconcile()
    assert cases(practice, *FACTS) == facts
