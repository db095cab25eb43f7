"""Which of the equal lines of a claim a part of it is about."""

import pandas as pd

from claims.ledger import equal_lines

SERVICE = {"procedure_code": "99213", "modifiers": "", "charge_cents": 7500}
LINES = pd.DataFrame(
    [{"service_line_id": 10 + at, "claim_id": 1, "line_number": at, **SERVICE,
      "service_date": "2025-03-01" if at < 4 else "2025-03-02"} for at in (1, 2, 3, 4)]
)  # fmt: skip


def parts(*rows):
    """Service payments: number of the payer, claim payment, whether it takes back, day ("" = the payer says none)."""
    return pd.DataFrame(
        [{"service_payment_id": at, "claim_payment_id": payment, "claim_id": 1, "payer_code": payer,
          "payer_claim_number": number, "is_reversal": back, "service_date": day, **SERVICE}
         for at, (number, payment, back, day, payer) in enumerate(rows, start=1)]
    )  # fmt: skip


def taken(*rows):
    names = ["payer_claim_number", "service_line_id", "is_reversal", "payer_code"]
    return pd.DataFrame(rows, columns=names).assign(claim_id=1)


def found(paid, held=()):
    rows = equal_lines.pair(paid, LINES, taken(*held))
    return dict(zip(rows["service_payment_id"], rows["line_number"], strict=True))


def test_each_part_takes_the_next_line_and_comes_again_under_its_number():
    paid = parts(
        ("B", 1, False, "2025-03-01", "P"),
        ("A", 2, False, "2025-03-01", "P"),
        ("B", 3, False, "2025-03-01", "P"),  # decided anew
        ("", 4, False, "2025-03-01", "P"),  # without a number nobody can say which part it is
        ("A", 5, False, "2025-03-01", "Q"),  # another payer decides the same lines
        ("C", 6, False, "", "P"),
        ("D", 7, False, "", "P"),
        ("E", 8, False, "", "P"),  # no line is left
    )
    assert found(paid) == {1: 1, 2: 2, 3: 1, 5: 1, 6: 3, 7: 4}


def test_two_equal_services_of_a_part_take_two_lines():
    two = [("A", 1, False, "2025-03-01", "P")] * 2
    assert found(parts(*two, ("B", 2, False, "2025-03-01", "P"))) == {1: 1, 2: 2, 3: 3}


def test_what_a_part_had_before_is_its_own_and_a_reversal_lets_it_go():
    held = [("A", 11, False, "P"), ("B", 12, False, "P")]
    back, new = ("A", 1, True, "2025-03-01", "P"), ("C", 2, False, "2025-03-01", "P")
    assert found(parts(new), held) == {1: 3}
    assert found(parts(back, new), held) == {1: 1, 2: 1}
    assert found(parts(("Z", 1, True, "2025-03-01", "P")), held) == {}  # a reversal takes no line of its own
