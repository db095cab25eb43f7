"""Replacements and voids that come in as charges, under the number of the first: they are versions like ours."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from claims.service import versions
from claims.service.next_payer import bill_next
from claims.service.submit import submit
from claims.store import schema
from claims.store.engine import write
from tests.books import remit
from tests.charges.test_charges_file import written
from tests.service import outgoing
from tests.service.outgoing import DAY, NOW, PERSON, rows
from tests.service.test_next_payer import KNOWN, SECOND, open_rows

LATER = date(2026, 11, 6)
FIRST = PERSON | {"claim_number": "K1"}
AGAIN = FIRST | {"frequency_code": "7", "original_reference": "ICN1"}


def decision(number, charge, paid, share=0, *, icn, status=1, name="K1", day="20261020"):
    """A claim payment that allows what it pays and leaves `share` to the patient; 22 takes it back, 4 denies."""
    sign = -1 if status == 22 else 1
    rest = charge - paid - share
    reason = "CO*16" if status == 4 else "CO*45"
    told = [f"CLP*{name}*{status}*{sign * charge}*{sign * paid}**12*{icn}~"]
    told += [f"SVC*HC:99213*{sign * charge}*{sign * paid}**1~", f"CAS*{reason}*{sign * rest}~"]
    told += [f"CAS*PR*1*{sign * share}~"] if share else []
    return paying([told], [sign * paid], number, day)


def paying(claims, amounts, number, day):
    amount = sum(amounts)
    head = f"BPR*I*{max(amount, 0)}*C*ACH************{day}~\nTRN*1*T{number}*1512345678~\n"
    tail = f"\nPLB*1999999018*20261231*FB:X*{amount}~" if amount < 0 else ""
    text = head + "\n".join(line for one in claims for line in one) + tail
    return remit(text, payee="1999999018", payer="FABLEWOOD HEALTH PLAN", control=f"00000020{number}")


def taken_back(name, icn):
    return [f"CLP*{name}*22*-145*-100**12*{icn}~", "SVC*HC:99213*-145*-100**1~", "CAS*CO*45*-45~"]


def send(practice, *charges, day=DAY):
    """Import charges and send what came in."""
    practice.drop(written(*charges), day=day)
    practice.reconcile(day)
    make_drafts_ready(practice)
    return submit(practice.ctx, day, now=NOW, master=KNOWN)


def make_drafts_ready(practice):
    outgoing.set_life(practice, "ready", schema.claims.c.life == "draft")


def lives(practice):
    table = rows(practice, schema.claims)
    return dict(zip(table["claim_id"].tolist(), table["life"].tolist(), strict=True))


@pytest.mark.long
def test_a_denied_claim_that_was_replaced_goes_to_the_next_payer_once_as_what_it_is_now(practice):
    send(practice, FIRST | SECOND)
    practice.night(decision(1, 145, 0, icn="ICN1", status=4), day=DAY)
    send(practice, AGAIN | SECOND | {"charge": "135.00"}, day=LATER)
    practice.night(decision(2, 135, 100, 25, icn="ICN1B", day="20261105"), day=LATER)
    assert bill_next(practice.ctx, LATER, master=KNOWN).counts["next_claims"] == 1
    assert bill_next(practice.ctx, LATER, master=KNOWN).counts["next_claims"] == 0
    made = rows(practice, schema.claims).iloc[-1]
    assert (made["purpose"], made["follows_claim_id"], made["charge_cents"]) == ("next_payer", 2, 13500)


@pytest.mark.long
def test_while_a_replacement_is_with_the_payer_nothing_goes_to_the_next_one(practice):
    send(practice, FIRST | SECOND)
    practice.night(decision(1, 145, 80, 45, icn="ICN1"), day=DAY)
    send(practice, AGAIN | SECOND | {"charge": "135.00"}, day=LATER)
    assert bill_next(practice.ctx, LATER, master=KNOWN).counts["next_claims"] == 0


@pytest.mark.long
def test_a_claim_that_names_two_next_payers_is_listed_and_stops_no_other(practice):
    send(practice, FIRST | SECOND, FIRST | SECOND | {"claim_number": "K2"})
    for number, name in ((1, "K1"), (2, "K2")):
        practice.night(decision(number, 145, 80, 45, icn=f"ICN{number}", name=name), day=DAY)
    payers = schema.claim_payers
    with write(practice.ctx.engine) as conn:
        second = sa.select(payers).where(payers.c.claim_id == 1, payers.c.payer_sequence == "S")
        row = dict(conn.execute(second).mappings().one())
        conn.execute(sa.insert(payers).values(row | {"claim_payer_id": 99, "payer_code": "OTHER"}))
    counts = bill_next(practice.ctx, DAY, master=KNOWN).counts
    assert (counts["next_claims"], counts["next_claims_refused"]) == (1, 1)
    ((claim_id, cents, message),) = open_rows(practice, "NEXT_PAYER_NOT_BUILT")
    assert (claim_id, cents) == (1, 4500)
    assert "2 payers are named on it" in message


@pytest.mark.long
def test_what_decides_between_a_claim_and_its_replacement_is_the_payers_number_whatever_file_it_stands_in(practice):
    names = ("K1", "K2", "K3", "K4")
    send(practice, *(FIRST | SECOND | {"claim_number": name} for name in names))
    first = [decision(place, 145, 100, icn=f"ICN{name}", name=name) for place, name in enumerate(names, 1)]
    practice.night(*first, day=DAY)
    again = [("K1", "8"), ("K2", "8"), ("K3", "7"), ("K4", "7")]
    send(
        practice,
        *(
            FIRST | SECOND | {"claim_number": name, "frequency_code": code, "original_reference": f"ICN{name}"}
            for name, code in again
        ),
        day=LATER,
    )
    told = rows(practice, schema.claims)[["purpose", "version", "follows_claim_id"]].tail(4).to_numpy().tolist()
    assert told == [["void", 2, 1], ["void", 2, 2], ["replacement", 2, 3], ["replacement", 2, 4]]
    back = [taken_back(name, f"ICN{name}") for name in names]
    new = [
        [f"CLP*{name}*1*145*90*25*12*NEW{name}~", "SVC*HC:99213*145*90**1~", "CAS*CO*45*30~", "CAS*PR*1*25~"]
        for name in ("K3", "K4")
    ]
    practice.night(paying(back + new, [-100] * 4 + [90] * 2, 5, "20261110"), day=LATER)
    assert [lives(practice)[one] for one in range(1, 9)] == [
        *["voided"] * 2,
        *["replaced"] * 2,
        *["voided"] * 2,
        *["paid"] * 2,
    ]
    assert open_rows(practice, "LIFE_CONTRADICTION") == []
    assert bill_next(practice.ctx, LATER, master=KNOWN).counts["next_claims"] == 2
    assert rows(practice, schema.claims)["follows_claim_id"].tail(2).tolist() == [7, 8]


def test_a_refused_replacement_or_void_of_the_practices_own_goes_again_as_what_it_was(practice):
    told = [{"claim_number": f"R{code}", "frequency_code": code, "original_reference": "OLD"} for code in ("7", "8")]
    send(practice, *(FIRST | one for one in told), FIRST, FIRST | {"claim_number": "K2"})
    table = schema.claims
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(table).values(life="rejected"))
        # No cell of a charges file says Q; an 837 may.
        conn.execute(sa.update(table).where(table.c.claim_id == 3).values(frequency_code="Q", original_reference="OLD"))
    versions.correct(practice.ctx, [1, 2, 3, 4], versions.NO_CHANGES, LATER, KNOWN)
    made = rows(practice, schema.claims).tail(4)
    assert made[["purpose", "frequency_code", "original_reference"]].to_numpy().tolist() == [
        ["replacement", "7", "OLD"],
        ["void", "8", "OLD"],
        ["correction", "Q", "OLD"],
        ["correction", "1", ""],
    ]
