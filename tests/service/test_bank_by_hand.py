"""Bank lines tied and untied by hand: what the books say then, what is refused, and how old what is open again is."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, PostingRefusedError
from claims.service import deposits
from claims.store import schema
from tests.service.test_bank import DAY, again, bank, known, line, paid, remit_id, sound


@pytest.mark.long
def test_what_waits_is_as_old_as_before_when_a_person_takes_a_tie_apart(practice):
    practice.night(known("A1"), paid(), bank("2025-03-11,50.00,T9,,,ACH"))
    number, remittance = line(practice, 5000), remit_id(practice, "T1")
    E = schema.exceptions
    waits = sa.select(E.c.type_code, sa.func.coalesce(E.c.since_date, E.c.posting_date)).where(E.c.state == "open")
    before = sorted(practice.rows(waits))
    deposits.tie(practice.ctx, number, remittance, "said so", DAY + timedelta(days=5))
    told = deposits.told(practice.ctx, number)["exceptions"]
    assert told[["type_code", "amount_cents"]].to_numpy().tolist() == [["DEPOSIT_SHORT", 3800]]
    tie = deposits.told(practice.ctx, number)["ties"].iloc[0]  # by hand, and yet what of the two agrees is kept
    assert (tie["agree"], tie["differ"]) == (
        "date within three business days",
        "another trace number, another amount",
    )
    deposits.untie(practice.ctx, number, "wrong", DAY + timedelta(days=6))
    assert sorted(practice.rows(waits)) == before
    practice.night(bank("2025-03-11,80.00,T1,,,ACH"), day=DAY + timedelta(days=6))
    tie = deposits.told(practice.ctx, line(practice, 8000))["ties"].iloc[0]
    assert (tie["rule"], tie["differ"]) == ("trace-other-amount", "another amount")


def test_a_return_is_taken_apart_like_any_tie(practice):
    practice.night(bank("2025-03-11,41.00,,SOMEBODY,R1,CHECK", "2025-03-12,-41.00,,,R1,RETURN"))
    assert sound(practice) == {}
    deposits.untie(practice.ctx, line(practice, -4100), "another one", DAY)
    assert sound(practice) == {}
    assert practice.exceptions() == ["DEPOSIT_WITHOUT_REMIT", "RETURN_WITHOUT_DEPOSIT"]


@pytest.mark.long
@pytest.mark.parametrize("waited", [False, True])
def test_untie_reverses_and_retie_gives_the_same_books(practice, waited):
    files = [known("A1"), paid()]
    statement = bank("2025-03-11,88.00,T1,,,ACH")
    if waited:  # the money came first and lay on 2200
        practice.night(statement)
        practice.night(*files)
    else:
        practice.night(*files, statement)
    before, exceptions = sound(practice), practice.exceptions()
    number, remittance = line(practice, 8800), remit_id(practice, "T1")
    journals = practice.count(schema.journals)
    assert deposits.untie(practice.ctx, number, "wrong", DAY, remit_id=remittance) == 1
    assert sound(practice) == {"1000": 8800, "1050": 8800, "2200": -8800, "4000": -15000, "4100": 6200}
    assert practice.exceptions() == ["DEPOSIT_WITHOUT_REMIT", "REMIT_WITHOUT_DEPOSIT"]
    practice.reconcile()  # the rules do not tie again what a person took apart
    assert deposits.told(practice.ctx, number)["candidates"]["why"].tolist() == ["untied"]
    assert practice.balances(account="1050") == {"1050": 8800}
    again(practice)
    assert deposits.tie(practice.ctx, number, remittance, "right after all", DAY) == 8800
    assert (sound(practice), practice.exceptions()) == (before, exceptions)
    assert practice.count(schema.journals) > journals
    again(practice)
    actions = practice.rows(sa.select(schema.audit_events.c.action).order_by(schema.audit_events.c.seq))
    assert [action for (action,) in actions if action.startswith("deposit.")] == ["deposit.untie", "deposit.tie"]


@pytest.mark.long
def test_hands_are_held_where_there_is_not_so_much(practice):
    practice.night(known("A1"), paid(), bank("2025-03-11,100.00,,SOMEBODY ELSE,,ACH"))
    number, remittance = line(practice, 10000), remit_id(practice, "T1")
    for amount, fee in ((9000, 0), (8800, 8800), (0, 0)):
        with pytest.raises(PostingRefusedError):
            deposits.tie(practice.ctx, number, remittance, "why", DAY, amount_cents=amount, fee_cents=fee)
    with pytest.raises(NotFoundError):
        deposits.tie(practice.ctx, number, 99, "why", DAY)
    with pytest.raises(NotFoundError):
        deposits.untie(practice.ctx, number, "why", DAY)
    assert deposits.tie(practice.ctx, number, remittance, "why", DAY) == 8800
    assert practice.exceptions() == ["DEPOSIT_OVER"]
    sound(practice)


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("cents", "kind", "fee"), [("1.00", "ACH", 8700), ("86.00", "ACH", 200), ("80.00", "CARD", 800)]
)
def test_a_fee_by_hand_is_no_plug(practice, cents, kind, fee):
    practice.night(known("A1"), paid(), bank(f"2025-03-11,{cents},ZZ,,,{kind}"))
    number, remittance = line(practice, round(float(cents) * 100)), remit_id(practice, "T1")
    with pytest.raises(PostingRefusedError, match="at most 5 percent"):
        deposits.tie(practice.ctx, number, remittance, "why", DAY, fee_cents=fee)
    assert practice.balances(account="5100") == {}


@pytest.mark.long
def test_a_card_fee_by_hand(practice):
    practice.night(known("A1"), paid(), bank("2025-03-11,85.00,ZZ,,,CARD"))
    assert deposits.tie(practice.ctx, line(practice, 8500), remit_id(practice, "T1"), "why", DAY, fee_cents=300) == 8800
    assert sound(practice) == {"1000": 8500, "4000": -15000, "4100": 6200, "5100": 300}
