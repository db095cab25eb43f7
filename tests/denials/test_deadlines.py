"""By when a case has to be worked, by payer type, code and date."""

import pytest

from tests.denials.proposed import one, only

DEADLINES = [
    (
        "MB",
        "50",
        (),
        "2026-06-30",
        "first appeal: 120 days from the day the remittance came (medicare ffs: contractor appeal pages)",
    ),
    (
        "MA",
        "50",
        (),
        "2026-06-30",
        "first appeal: 120 days from the day the remittance came (medicare ffs institutional: contractor appeal pages)",
    ),
    (
        "CI",
        "50",
        (),
        "2026-08-29",
        "first appeal: 180 days from the remittance date (commercial: payer dispute pages), confirm with the payer",
    ),
    (
        "CI",
        "4",
        (),
        "2026-05-01",
        "corrected claim: 60 days from the remittance date (commercial: contract), confirm with the payer",
    ),
    (
        "MB",
        "4",
        (),
        "2027-02-01",
        "corrected claim: 12 months from the first day of service (medicare ffs: 42 CFR 424.44)",
    ),
    (
        "MB",
        "16",
        ("MA130",),
        "2027-02-01",
        "first filing: 12 months from the first day of service (medicare ffs: 42 CFR 424.44)",
    ),
    (
        "FI",
        "16",
        ("MA130",),
        "2027-12-31",
        "first filing: 12 months from the end of the year of service (fep: payer timeline list), "
        "confirm with the payer",
    ),
    (
        "CH",
        "4",
        (),
        "2027-02-01",
        "corrected claim: 1 year from the first day of service (tricare: payer timeline list), confirm with the payer",
    ),
    (
        "CI",
        "22",
        (),
        "2026-05-01",
        "first filing: 60 days from the earlier payer's remittance date (secondary claim: contract), "
        "confirm with the payer",
    ),
    (
        "ZZ",
        "50",
        (),
        "2026-04-01",
        "first appeal: 30 days from the remittance date (other: safe default), confirm with the payer",
    ),
    (
        "QQ",
        "50",
        (),
        "2026-04-01",
        "first appeal: 30 days from the remittance date (other: safe default), confirm with the payer",
    ),
    ("WC", "50", (), "", "no limit for a first appeal is set for this kind of payer"),
    ("FI", "50", (), "", "no limit for a first appeal is set for this kind of payer"),
    (
        "CI",
        "18",
        (),
        "2026-08-29",
        "first appeal: 180 days from the remittance date (commercial: payer dispute pages), confirm with the payer",
    ),
]


@pytest.mark.parametrize(
    ("filing", "code", "codes", "date", "rule"), DEADLINES, ids=[f"{r[0]} {r[1]}" for r in DEADLINES]
)
def test_deadline(filing, code, codes, date, rule):
    case = only(
        one(
            ("CO", code, 10000),
            remark_rows=[(1, 1, remark) for remark in codes],
            claim={"filing_indicator_code": filing},
        )
    )
    assert (case["deadline_date"], case["deadline_rule"]) == (date, rule)


def test_a_year_after_a_leap_day_ends_on_the_last_of_february():
    case = only(
        one(
            ("CO", "4", 10000),
            claim={"filing_indicator_code": "MB"},
            line={"service_date": "2024-02-29", "service_to_date": "2024-02-29"},
        )
    )
    assert case["deadline_date"] == "2025-02-28"


def test_without_days_there_is_no_deadline():
    assert only(one(("CO", "50", 10000), claim={"payment_date": ""}))["deadline_date"] == ""
