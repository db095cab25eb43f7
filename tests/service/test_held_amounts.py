"""Amounts that cannot be and sums that do not balance, at every level: a finding, the set held, nothing posted."""

import pytest
import sqlalchemy as sa

from claims.store import schema
from tests.books import Bill, claims, remit

GOOD = """BPR*I*88*C*ACH************20250310~
          TRN*1*{trace}*1512345678~
          CLP*A1*1*150*88*22*12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~
          PLB*1999999984*20251231*WO:X*-5*WO:X*5~"""
PLACES = {
    "BPR02": ("BPR*I*88*", "BPR*I*{}*"),
    "CLP03": ("CLP*A1*1*150*", "CLP*A1*1*{}*"),
    "CLP04": ("*150*88*22*", "*150*{}*22*"),
    "SVC02": ("99213*150*", "99213*{}*"),
    "SVC03": ("99213*150*88*", "99213*150*{}*"),
    "CAS03": ("CAS*CO*45*40~", "CAS*CO*45*{}~"),
    "PLB04": ("WO:X*-5*", "WO:X*{}*"),
}
IMPOSSIBLE = ("88.001", "1000000000000.01", "12345678901234567890", "8E1", "88,00", "EIGHTY", "--8", "")


def files(few):
    """Every impossible amount at every place, each with a trace number of its own; with `few`, at one place each."""
    every = [(place, amount) for place in PLACES for amount in IMPOSSIBLE]
    # There is one amount more than places: every so many is each amount once and each place at least once.
    for number, (place, amount) in enumerate(every[:: len(PLACES)] if few else every):
        good, bad = PLACES[place]
        yield place, amount, remit(GOOD.format(trace=f"T{number}").replace(good, bad.format(amount)))


@pytest.mark.long
@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.long)])
def test_an_amount_that_cannot_be_holds_its_remittance_at_every_level(practice, few):
    contents = list(files(few))
    practice.night(claims(Bill("A1", [("99213", "150")])), *(content for _, _, content in contents))
    table = schema.remittances
    states = dict(practice.rows(sa.select(table.c.trace_number, table.c.state)))
    posted = [(place, amount) for n, (place, amount, _) in enumerate(contents) if states.get(f"T{n}") == "posted"]
    assert posted == []
    assert practice.balances() == {"1100": 15000, "4000": -15000}
    assert practice.exceptions().count("REMIT_HELD") == len(contents)
    E = schema.exceptions
    told = sorted(text for (text,) in practice.rows(sa.select(E.c.message).where(E.c.type_code == "REMIT_HELD")))
    for place in PLACES:  # each says where, and of which claim
        own = [text for text in told if f", {place}: the amount" in text]
        of_claim = place[:3] not in ("BPR", "PLB")
        assert own and {"its claim stands at segment 11" in text for text in own} == {of_claim}


OFF = {
    "line": ("CAS*CO*45*40~", "CAS*CO*45*41~", "line-out-of-balance", "-1.00", "claim stands at segment 11"),
    "claim": ("CLP*A1*1*150*88*", "CLP*A1*1*150*87*", "claim-out-of-balance", "1.00", "segment 11, CLP04"),
    "remittance": ("BPR*I*88*", "BPR*I*89*", "remittance-out-of-balance", "89", "BPR02"),
}


@pytest.mark.parametrize("level", OFF)
def test_what_does_not_balance_is_named_with_its_level_claim_and_cents(practice, level):
    good, bad, code, cents, place = OFF[level]
    practice.night(claims(Bill("A1", [("99213", "150")])), remit(GOOD.format(trace="T1").replace(good, bad)))
    assert practice.balances() == {"1100": 15000, "4000": -15000}
    table = schema.exceptions
    ((message,),) = practice.rows(sa.select(table.c.message).where(table.c.type_code == "REMIT_HELD"))
    assert f"{code}: segment" in message
    assert cents in message
    assert place in message
    assert "A1" not in message
