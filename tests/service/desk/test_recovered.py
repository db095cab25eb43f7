"""What a payment recovered is taken off when the payer takes it back; the denial that stands again reopens the case."""

from datetime import date

import pytest

from tests.books import remit
from tests.service.desk.conftest import cases, denied, events, paid

AFTER = date(2025, 8, 20)


def taken_back(number="A3", charge="103", amount="80"):
    """An 835 that reverses the payment of a claim."""
    return remit(f"""BPR*H*0*C*NON************20250810~
                     TRN*1*T10*1512345678~
                     CLP*{number}*22*-{charge}*-{amount}**12*ICN{number}B~
                     SVC*HC:99213*-{charge}*-{amount}**1~
                     CAS*CO*45*-{int(charge) - int(amount)}~
                     PLB*1999999984*20251231*WO:ICN{number}B*-{amount}~""")


def state(books):
    row = cases(books).loc["A3"]
    return row["state"], row["outcome"] or "", int(row["recovered_cents"])


AGAIN = denied(("A3", "103", "CO", "29", ""), trace="T11", day="20250812")


@pytest.mark.few(1)
@pytest.mark.parametrize("nights", [1, 3])
def test_a_payment_that_is_taken_back_was_none_and_the_denial_stands_again(books, nights):
    files = [paid("A3", "103", "80"), taken_back(), AGAIN]
    if nights == 1:
        books.night(*files, day=AFTER)
    else:
        books.night(files[0], day=date(2025, 7, 21))
        assert state(books) == ("closed", "overturned", 8000)
        books.night(files[1], day=date(2025, 8, 11))
        assert state(books) == ("new", "", 0)  # nobody took the denial back
        books.night(files[2], day=AFTER)
    assert len(cases(books)) == 4  # the same case, and no second one
    assert state(books) == ("new", "", 0)
    told = [kind for kind in events(books, "A3") if kind not in ("deadline", "next_step")]
    assert told == ["opened", "overturned", "recovery_reversed", "reopened", *["repeated"] * (nights == 3)]


@pytest.mark.long
def test_what_the_payer_pays_after_that_is_recovered_once(books):
    books.night(paid("A3", "103", "80"), day=date(2025, 7, 21))
    books.night(taken_back(), day=date(2025, 8, 11))
    books.night(paid("A3", "103", "90", trace="T12", day="20250815"), day=AFTER)
    assert state(books) == ("closed", "overturned", 9000)
