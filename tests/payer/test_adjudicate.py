"""One payer at work: deductible, copay and coinsurance to the cent, and denials for causes that are really there."""

from __future__ import annotations

import pandas as pd
import pytest

from claims.payer import Books, adjudicate
from claims.payer.terms import table

CLAIM = {
    "claim_number": "A1",
    "payer_code": "FABLE",
    "filing_indicator_code": "12",
    "member_id": "W1",
    "patient_last_name": "TEACUP",
    "patient_first_name": "PIP",
    "prior_authorization": "",
    "facility_code": "11",
    "frequency_code": "1",
    "statement_from_date": 20260901,
    "statement_to_date": 20260901,
    "received_date": 20260908,
    "payer_claim_number": "ICN1",
}
LINE = {
    "procedure_qualifier": "HC",
    "procedure_code": "99213",
    "modifiers": "",
    "units_milli": 1000,
    "charge_cents": 14500,
    "service_date": 20260901,
    "service_to_date": 20260901,
    "line_control_number": "L",
    "forced_cause": "",
}
MEMBERS = pd.DataFrame({"payer_code": ["FABLE", "DRAGN", "MOONB"], "member_id": "W1", "coverage_to_date": 99991231})


def decide(*claims: tuple[dict, list[dict]], books: Books | None = None, members: pd.DataFrame = MEMBERS):
    """Adjudicate claims, each with its lines; lines pass unless they say otherwise."""
    heads = pd.DataFrame([{**CLAIM, "seg": n, **change} for n, (change, _) in enumerate(claims, 1)])
    lines = pd.DataFrame(
        [
            {**LINE, "seg": 10 * n + k, "claim_seg": n, "ordinal": k, **line}
            for n, (_, own) in enumerate(claims, 1)
            for k, line in enumerate(own, 1)
        ]
    )
    return adjudicate(heads, lines, members, books or Books(), 1)


def parts(result, line: int = 0) -> dict[str, int]:
    """Give a line's adjustments as group-reason: cents, and what was paid."""
    service = result["service_payments"].iloc[line]
    own = result["adjustments"][result["adjustments"]["service_seg"] == service["seg"]]
    codes = dict(zip(own["group_code"] + "-" + own["reason_code"], own["amount_cents"], strict=True))
    return {**codes, "paid": int(service["paid_cents"])}


PASS = {"forced_cause": "none"}
LAB = {**PASS, "procedure_code": "80053", "charge_cents": 6500}
THERAPY = {**PASS, "procedure_code": "97161", "charge_cents": 19500, "modifiers": "GP"}


def test_a_visit_costs_a_copay_and_no_deductible():
    assert parts(decide(({}, [PASS]))) == {"CO-45": 14500 - 9105, "PR-3": 2500, "paid": 9105 - 2500}


def test_the_copay_is_taken_once_per_claim():
    result = decide(({}, [PASS, {**PASS, "procedure_code": "99214", "charge_cents": 20500}]))
    assert "PR-3" not in parts(result, 1)
    assert result["claim_payments"]["patient_responsibility_cents"].tolist() == [2500]


def test_the_deductible_runs_out_and_coinsurance_begins():
    visits = [({"seg": n, "claim_number": f"A{n}"}, [{**THERAPY, "service_date": 20260900 + n}]) for n in range(1, 5)]
    result = decide(*visits)
    taken = [parts(result, n).get("PR-1", 0) for n in range(4)]
    assert taken == [9852, 9852, 9852, 444]  # 300.00 in all
    assert parts(result, 3)["PR-2"] == (9852 - 444) * 20 // 100 + 1  # 1881.6, half cents up
    assert parts(result, 3)["paid"] == 9852 - 444 - 1882


def test_the_deductible_is_remembered_between_calls_and_by_year():
    books = Books()
    decide(*[({"seg": n}, [{**THERAPY, "service_date": 20260900 + n}]) for n in range(1, 5)], books=books)
    assert "PR-1" not in parts(decide(({}, [LAB]), books=books))
    next_year = {**LAB, "service_date": 20270105}
    assert parts(decide(({"received_date": 20270110}, [next_year]), books=books))["PR-1"] == 1056


def test_prevention_is_paid_in_full():
    vaccine = {**PASS, "procedure_code": "90686", "charge_cents": 4800}
    assert parts(decide(({}, [vaccine]))) == {"CO-45": 4800 - 2129, "paid": 2129}


def test_terms_differ_by_payer():
    assert parts(decide(({"payer_code": "DRAGN"}, [PASS])))["PR-3"] == 3000
    assert "PR-3" not in parts(decide(({"payer_code": "MOONB"}, [PASS])))


@pytest.mark.parametrize(
    ("claim", "line", "code", "status"),
    [
        ({"received_date": 20270901}, {}, "CO-29", "1"),
        ({"member_id": "W9"}, {}, "CO-31", "4"),
        ({}, {"procedure_code": "70551"}, "CO-197", "1"),
        ({}, {"procedure_code": "A9270"}, "PR-96", "1"),
        ({}, {"modifiers": "80"}, "CO-4", "1"),
    ],
    ids=["late", "unknown member", "no authorization", "not covered", "bad modifier"],
)
def test_what_is_wrong_with_a_claim_denies_it(claim, line, code, status):
    result = decide((claim, [line]))
    assert parts(result) == {code: 14500, "paid": 0}
    assert result["claim_payments"]["status_code"].tolist() == [status]


def test_coverage_that_ended_denies_later_services_only():
    members = MEMBERS.assign(coverage_to_date=20260901)
    result = decide(({}, [PASS]), ({}, [{"service_date": 20260902}]), members=members)
    assert parts(result, 0)["paid"] > 0
    assert parts(result, 1) == {"CO-27": 14500, "paid": 0}


def test_an_authorization_lets_the_service_pass():
    result = decide(({"prior_authorization": "AU1"}, [{"procedure_code": "70551", "charge_cents": 145000}]))
    assert result["decisions"]["cause"].tolist()[0] != "missing-authorization"


def test_the_same_service_again_is_a_duplicate():
    books = Books()
    first = decide(({}, [PASS]), books=books)
    again = decide(({"claim_number": "A2"}, [{}]), books=books)
    assert parts(first)["paid"] > 0
    assert parts(again) == {"OA-18": 14500, "paid": 0}
    twice = decide(({}, [PASS]), ({"claim_number": "A2"}, [{}]))
    assert parts(twice, 1) == {"OA-18": 14500, "paid": 0}


def test_a_denied_service_may_be_sent_again():
    books = Books()
    decide(({}, [{"modifiers": "80"}]), books=books)
    assert parts(decide(({}, [{**PASS, "forced_cause": ""}]), books=books)).get("OA-18") is None


def test_units_over_the_limit_are_denied_in_part():
    therapy = {"procedure_code": "97110", "modifiers": "GP", "units_milli": 3000, "charge_cents": 22500}
    assert parts(decide(({"payer_code": "DRAGN"}, [therapy]))) == {
        "CO-45": 15000 - 5501,
        "CO-151": 7500,
        "paid": 5501,  # two of three units of 82.52, which is 92 percent of 3 * 29.90
    }


def test_an_unlisted_procedure_is_priced_by_its_charge():
    assert parts(decide(({"payer_code": "MOONB"}, [{**PASS, "procedure_code": "99999"}])))["CO-45"] == 14500 * 40 // 100


def test_every_line_adds_up_whatever_the_draws():
    procedures = table("procedures").query("is_covered == 'Y'")
    claims = [
        (
            {"seg": n, "claim_number": f"A{n}", "payer_code": payer, "prior_authorization": "AU1"},
            [
                {"procedure_code": row.procedure_code, "charge_cents": row.charge_cents * 7, "units_milli": 7000}
                | {"service_date": 20260801 + n % 28}
                for row in procedures.itertuples()
            ],
        )
        for n, payer in enumerate(["FABLE", "DRAGN", "MOONB"] * 6, 1)
    ]
    result = decide(*claims)
    services, adjustments = result["service_payments"], result["adjustments"]
    explained = (
        adjustments.groupby("service_seg")["amount_cents"].sum().reindex(services["seg"], fill_value=0).to_numpy()
    )
    assert (services["charge_cents"].to_numpy() - explained == services["paid_cents"].to_numpy()).all()
    assert (services["paid_cents"] >= 0).all()
    assert (adjustments["amount_cents"] > 0).all()
    assert len(set(result["decisions"]["cause"])) > 4
