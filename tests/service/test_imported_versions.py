"""Replacements and voids that come in as charges, under the number of the first: they are versions like ours."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from claims.service.next_payer import bill_next
from claims.service.submit import submit
from claims.store import schema
from claims.store.engine import write
from tests.books import remit
from tests.charges.test_charges_file import written
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
    table = schema.claims
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(table).where(table.c.life == "draft").values(life="ready"))


def lives(practice):
    table = rows(practice, schema.claims)
    return dict(zip(table["claim_id"].tolist(), table["life"].tolist(), strict=True))


def test_a_denied_claim_that_was_replaced_goes_to_the_next_payer_once_as_what_it_is_now(practice):
    send(practice, FIRST | SECOND)
    practice.night(decision(1, 145, 0, icn="ICN1", status=4), day=DAY)
    send(practice, AGAIN | SECOND | {"charge": "135.00"}, day=LATER)
    practice.night(decision(2, 135, 100, 25, icn="ICN1B", day="20261105"), day=LATER)
    assert bill_next(practice.ctx, LATER, master=KNOWN).counts["next_claims"] == 1
    assert bill_next(practice.ctx, LATER, master=KNOWN).counts["next_claims"] == 0
    made = rows(practice, schema.claims).iloc[-1]
    assert (made["purpose"], made["follows_claim_id"], made["charge_cents"]) == ("next_payer", 2, 13500)


def test_while_a_replacement_is_with_the_payer_nothing_goes_to_the_next_one(practice):
    send(practice, FIRST | SECOND)
    practice.night(decision(1, 145, 80, 45, icn="ICN1"), day=DAY)
    send(practice, AGAIN | SECOND | {"charge": "135.00"}, day=LATER)
    assert bill_next(practice.ctx, LATER, master=KNOWN).counts["next_claims"] == 0


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
