"""The parts of a split claim are decided on days of their own: the claim is where all that stand leave it."""

import pytest
import sqlalchemy as sa

from claims.store import schema
from tests.books import Bill, claims
from tests.service.test_answers import lives
from tests.service.test_decisions import timeline
from tests.service.test_late_decisions import payment

TWO = claims(Bill("A1", [("99213", "100"), ("85025", "50")]))
LINE = "CLP*A1*{}*{}*{}**12*{}~\nSVC*HC:{}*{}*{}**1~\n{}"
PARTS = {
    "denied": (LINE.format(4, 100, 0, "ICN1", "99213", 100, 0, "CAS*CO*197*100~"), "0"),
    "paid": (LINE.format(1, 50, 50, "ICN2", "85025", 50, 50, ""), "50"),
    "back": (LINE.format(22, -100, 0, "ICN1", "99213", -100, 0, "CAS*CO*197*-100~"), "0"),
    "won": (LINE.format(1, 100, 100, "ICN3", "99213", 100, 100, ""), "100"),
    "paid back": (LINE.format(22, -50, -50, "ICN2", "85025", -50, -50, ""), "-50"),
}
DAYS = {name: f"2025031{at}" for at, name in enumerate(PARTS)}


@pytest.fixture
def database_url(sqlite_url):
    """What was decided is the same on both engines."""
    return sqlite_url


def after(practice, *nights):
    """Where the claim is after each of these nights."""
    practice.night(TWO)
    found = []
    for name in nights:
        text, cash = PARTS[name]
        extra = "\nPLB*1999999984*20251231*FB:X*-50~" if cash.startswith("-") else ""
        practice.night(payment(text + extra, f"T{DAYS[name]}", DAYS[name], "0" if extra else cash))
        found.append(lives(practice)["A1"])
    return found


def test_a_part_denied_and_another_paid_is_a_claim_paid_in_part_until_the_denial_is_won(practice):
    assert after(practice, "denied", "paid", "back", "won") == ["denied", "partly_paid", "paid", "paid"]
    assert [event for event, *_ in timeline(practice)] == ["denied", "part-paid", "reversed-rest-paid", "paid"]


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("nights", "found"),
    [
        (("paid", "denied", "back", "won"), ["paid", "partly_paid", "paid", "paid"]),  # the denial comes late
        (("denied", "paid", "paid back"), ["denied", "partly_paid", "denied"]),
        (("paid", "back", "denied", "won"), ["paid", "paid", "paid", "paid"]),
    ],
)
def test_no_order_of_nights_hides_a_part(practice, nights, found):
    assert after(practice, *nights) == found
    assert not practice.rows(
        sa.select(schema.exceptions.c.type_code).where(schema.exceptions.c.type_code == "LIFE_CONTRADICTION")
    )
