"""Each status of the tie-out, the roll-forward and the buckets, on small frames."""

import pandas as pd
import pytest

from claims.reports import aging, roll_forward, tieout

REMIT = {
    "remit_id": 1,
    "remit_key": "k1",
    "body_hash": "b1",
    "payer_code": "P",
    "payer_name": "PLAN",
    "payee_identifier": "N",
    "payee_tax_id": "",
    "method_code": "ACH",
    "trace_number": "T1",
    "payer_identifier": "1512345678",
    "payment_date": "2026-03-02",
    "payment_cents": 8800,
    "reason_code": "",
    "is_posted": 1,
    "claims": 1,
    "claims_paid_cents": 8800,
    "claims_charge_cents": 15000,
    "claims_adjusted_cents": 6200,
    "provider_adjustments_cents": 0,
    "sha256": "f" * 64,
    "seg": 3,
    "offset": 100,
    "length": 50,
}
DEPOSIT = {
    "line_key": "l1",
    "bank_date": "2026-03-03",
    "trace_number": "T100",
    "payer_name": "PLAN",
    "reference": "STMT001",
    "deposit_cents": 8800,
    "is_booked": 1,
    "remit_id": 1,
    "tied_cents": 8800,
    "fee_cents": 0,
    "rule": "trace-amount",
    "sha256": "e" * 64,
    "seg": 2,
    "offset": 40,
    "length": 30,
}


def frame(default, *rows):
    types = {name: "str" if isinstance(value, str) else "int64" for name, value in default.items()}
    return pd.DataFrame([default | row for row in rows], columns=list(default)).astype(types)


def ledger(*rows):
    """Build sums from (account, cents, is_bank, by_remit_id) of remittance 1; the last may be left out."""
    names = ["remit_id", "account", "amount_cents", "is_bank", "by_remit_id"]
    table = pd.DataFrame([(1, *row, 0)[:5] for row in rows], columns=names)
    return table.astype(dict.fromkeys(names, "int64") | {"account": "str"})


POSTED = [("1050", 8800, 0), ("4100", 4000, 0), ("1200", 2200, 0), ("1100", -15000, 0)]
TIED = [*POSTED, ("1050", -8800, 1), ("1000", 8800, 1)]


SHORT_OF_IT = {"deposit_cents": 8700, "tied_cents": 8700}
EXCEPTION = {"remit_id": 0, "line_key": "", "type_code": ""}


def only(remit=None, sums=TIED, deposits=({},), exceptions=(), as_of="2026-03-13"):
    return tieout.tie_out(
        frame(REMIT, remit or {}),
        ledger(*sums),
        frame(DEPOSIT, *deposits),
        frame(EXCEPTION, *exceptions),
        as_of,
        payer_names=["Plan"],
        holidays=["2026-10-12"],
    )


@pytest.mark.parametrize(
    ("status", "remit", "sums", "deposits"),
    [
        ("TIED", {}, TIED, [{}]),
        ("TIED", {"payment_cents": 0, "claims_paid_cents": 0}, [], []),
        (
            "TIED",
            {},
            TIED,
            [
                {"deposit_cents": 5000, "tied_cents": 5000},
                {"line_key": "l2", "deposit_cents": 3800, "tied_cents": 3800},
            ],
        ),
        ("REMIT_NO_DEPOSIT", {}, POSTED, []),
        ("AMOUNT_DIFF", {}, [*POSTED, ("1050", -8700, 1)], [{"deposit_cents": 8700, "tied_cents": 8700}]),
        ("AMOUNT_DIFF", {}, [("1050", 8000, 0), ("1050", -8800, 1)], [{}]),
        ("AMOUNT_DIFF", {"provider_adjustments_cents": 893}, TIED, [{}]),
        ("OUT_OF_BALANCE", {"is_posted": 0, "claims_paid_cents": 8000}, [], []),
        ("OUT_OF_BALANCE", {"is_posted": 0, "reason_code": "claim-out-of-balance"}, [], []),
        ("HELD", {"is_posted": 0, "reason_code": "remit-conflict"}, [], []),
        ("PARTLY_UNAPPLIED", {}, [("1050", 8800, 0), ("2200", -8800, 0), ("1050", -8800, 1)], [{}]),
        # Another remittance issued it again: what no bank line brought, or the rest of it; an undo takes that back.
        ("ISSUED_AGAIN", {}, [*POSTED, ("1050", -8800, 0, 2)], []),
        (
            "ISSUED_AGAIN",
            {},
            [*POSTED, ("1050", -8700, 1), ("1050", -100, 0, 2)],
            [{"deposit_cents": 8700, "tied_cents": 8700}],
        ),
        ("AMOUNT_DIFF", {}, [*POSTED, ("1050", -8000, 0, 2)], []),
        ("REMIT_NO_DEPOSIT", {}, [*POSTED, ("1050", 0, 0, 2)], []),
    ],
)
def test_status(status, remit, sums, deposits):
    rows = only(remit, sums, deposits)
    assert rows["status"].tolist() == [status]


def test_the_three_legs_and_the_accounts():
    row = only().iloc[0]
    assert (row["payment_cents"], row["bank_cents"], row["ledger_cents"]) == (8800, 8800, 8800)
    assert (row["account_4100_cents"], row["account_1200_cents"], row["account_1100_cents"]) == (4000, 2200, -15000)
    assert (row["applied_cents"], row["unapplied_cents"], row["clearing_cents"]) == (8800, 0, 0)
    assert (row["sha256"], row["seg"], row["offset"], row["length"]) == ("f" * 64, 3, 100, 50)
    assert (row["bank_date"], row["bank_trace"], row["bank_rule"]) == ("2026-03-03", "T100", "trace-amount")


def test_a_provider_adjustment_lowers_what_the_claims_add_up_to():
    rows = only({"claims_paid_cents": 9000, "provider_adjustments_cents": 200})
    assert (rows["status"].iloc[0], rows["remittance_difference_cents"].iloc[0]) == ("TIED", 0)


def test_a_deposit_without_remittance_is_a_row_of_its_own():
    rows = only(sums=POSTED, deposits=[{"remit_id": 0, "tied_cents": 0, "rule": ""}])
    assert sorted(rows["status"]) == ["DEPOSIT_NO_REMIT", "REMIT_NO_DEPOSIT"]
    deposit = rows[rows["status"] == "DEPOSIT_NO_REMIT"].iloc[0]
    assert (deposit["bank_cents"], deposit["payment_cents"], deposit["sha256"]) == (8800, 0, "e" * 64)


def test_the_rest_of_a_deposit_is_not_lost():
    rows = only(deposits=[{"deposit_cents": 10000}])
    assert rows.set_index("status")["bank_cents"].to_dict() == {"TIED": 8800, "DEPOSIT_NO_REMIT": 1200}


def test_business_days_are_counted_for_what_is_open():
    assert only(sums=POSTED, deposits=[])["open_business_days"].tolist() == [9]
    assert only()["open_business_days"].isna().all()


SHORT = {"sums": [*POSTED, ("1050", -5000, 1)], "deposits": [{"deposit_cents": 5000, "tied_cents": 5000}]}


@pytest.mark.parametrize(
    ("paid", "as_of", "days"),
    [
        ("2026-10-14", "2026-10-30", 12),
        ("2026-10-14", "2026-10-31", 12),
        ("2026-10-09", "2026-10-13", 1),  # a Friday, a holiday between
        ("2026-10-09", "2026-10-09", 0),
    ],
)
def test_weekends_and_bank_holidays_are_no_business_days(paid, as_of, days):
    rows = only({"payment_date": paid}, POSTED, [], as_of=as_of)
    assert rows["open_business_days"].tolist() == [days]


def test_the_bank_s_own_reference_stands_beside_the_trace():
    row = only().iloc[0]
    assert (row["bank_trace"], row["bank_reference"]) == ("T100", "STMT001")


@pytest.mark.parametrize("words", ["CHK 77 ODETTE MUFFINGTON DOB 1989-04-08", "ODETTE", "1989-04-08", "ODETTE77"])
def test_what_a_bank_says_of_a_person_is_left_out(words):
    said = {"remit_id": 0, "tied_cents": 0, "rule": "", "payer_name": "ODETTE MUFFINGTON"}
    rows = only(sums=POSTED, deposits=[{**said, "reference": words, "trace_number": words}])
    row = rows[rows["status"] == "DEPOSIT_NO_REMIT"].iloc[0]
    assert (row["payer_name"], row["bank_reference"], row["bank_trace"]) == ("", "", "")


def test_a_known_payer_of_the_bank_is_named():
    rows = only(sums=POSTED, deposits=[{"remit_id": 0, "tied_cents": 0, "rule": "", "payer_name": "plan"}])
    assert "plan" in rows["payer_name"].tolist()


def test_what_claims_do_not_explain_of_their_charges_is_shown():
    rows = only({"is_posted": 0, "reason_code": "claim-out-of-balance", "claims_adjusted_cents": 6700}, [], [])
    assert rows["adjustments_difference_cents"].tolist() == [-500]


def test_a_fee_that_the_bank_kept_is_no_difference():
    row = only(deposits=[{"deposit_cents": 8580, "fee_cents": 220}]).iloc[0]
    assert (row["status"], row["bank_cents"], row["bank_fee_cents"], row["bank_difference_cents"]) == (
        "TIED",
        8580,
        220,
        0,
    )


def test_what_is_not_tied_is_named_by_its_exception_or_what_it_waits_for():
    short = only(**SHORT, exceptions=[{"remit_id": 1, "type_code": "DEPOSIT_SHORT"}])
    assert (short["named_by"].tolist(), tieout.unnamed(short)) == (["DEPOSIT_SHORT"], 0)
    other = only(**SHORT, exceptions=[{"remit_id": 1, "type_code": "CREDIT_BALANCE"}])
    assert (other["named_by"].tolist(), tieout.unnamed(other)) == ([""], 1)
    for day, word in (("2026-03-06", "IN_TRANSIT"), ("2026-03-13", "NO_DEPOSIT_YET")):
        assert only(sums=POSTED, deposits=[], as_of=day)["named_by"].tolist() == [word]
    # Without a day of its own it waits since it was posted: an exception names it once that is too long.
    assert only({"payment_date": ""}, POSTED, [])["named_by"].tolist() == ["IN_TRANSIT"]
    # Its money is in a bank file that no reconcile has taken up: both rows say so, and neither that it has not come.
    here = {"remit_id": 0, "tied_cents": 0, "rule": "", "is_booked": 0, "trace_number": "T1"}
    for day in ("2026-03-06", "2026-03-13"):
        told = only(sums=POSTED, deposits=[here], as_of=day)
        assert dict(zip(told["status"], told["named_by"], strict=True)) == {
            "REMIT_NO_DEPOSIT": "NOT_RECONCILED_YET", "DEPOSIT_NO_REMIT": "NOT_RECONCILED_YET",
        }  # fmt: skip
    # Traces are one without blanks, case and leading zeros, also where none is shown; what went out is not to come.
    for trace, said, cents, word in (
        ("000777", "777", 8800, "NOT_RECONCILED_YET"),
        ("EFTab1", " EFTAB1", 8800, "NOT_RECONCILED_YET"),
        ("T1", "T1", -8800, "NO_DEPOSIT_YET"),
    ):
        told = only({"trace_number": trace}, POSTED, [here | {"trace_number": said, "deposit_cents": cents}])
        assert told.set_index("status").loc["REMIT_NO_DEPOSIT", "named_by"] == word
        assert " EFTAB1" not in told["bank_trace"].tolist()
    loose = {"remit_id": 0, "tied_cents": 0, "rule": ""}
    named = only(deposits=[loose], exceptions=[{"line_key": "l1", "type_code": "DEPOSIT_WITHOUT_REMIT"}])
    assert "DEPOSIT_WITHOUT_REMIT" in named["named_by"].tolist()
    assert tieout.unnamed(only(deposits=[loose])) == 1
    assert tieout.unnamed(only(deposits=[loose | {"is_booked": 0}])) == 0
    assert only()["named_by"].tolist() == [""]


def test_days_add_the_four_legs_up_and_name_the_difference():
    (day,) = tieout.days(only(**SHORT, exceptions=[{"remit_id": 1, "type_code": "DEPOSIT_SHORT"}])).to_dict("records")
    assert day == {
        "day": "2026-03-02",
        "rows": 1,
        "tied": 0,
        "bank_cents": 5000,
        "bank_fee_cents": 0,
        "booked_difference_cents": 0,
        "issued_again_cents": 0,
        "payment_cents": 8800,
        "claims_less_adjustments_cents": 8800,
        "ledger_cents": 8800,
        "clearing_cents": 3800,
        "difference_cents": -3800,
        "named_by": "DEPOSIT_SHORT",
    }
    assert tieout.days(only().iloc[:0]).empty


def test_totals_name_every_status():
    totals = tieout.totals(only())
    assert totals["status"].tolist() == list(tieout.STATUSES)
    assert totals["payment_cents"].sum() == 8800


def movements(*rows):
    names = ["is_before", "is_reversal", "account", "amount_cents", "is_again"]
    return pd.DataFrame([(*row, 0)[:5] for row in rows], columns=names).astype({"account": "str"})


def test_roll_forward_puts_each_cent_in_one_row():
    table = roll_forward.receivable(
        movements(
            (1, 0, "1100", 1000),
            (1, 0, "4000", -1000),
            (0, 0, "1100", 15000 - 15000),
            (0, 0, "4000", -15000),
            (0, 0, "1050", 8800),
            (0, 0, "4100", 4000),
            (0, 0, "1200", 2200),
            (0, 1, "1100", 500),
            (0, 1, "1050", -500),
        )
    )
    rows = table.groupby("row")["amount_cents"].sum().to_dict()
    assert rows == {"A": 1000, "B": 15000, "C": -8800, "D": -4000, "E": 0, "F": 500, "G": 0, "H": 0, "U": 0, "I": 3700}
    assert sum(cents for row, cents in rows.items() if row != "I") == rows["I"]


def test_what_a_person_undid_and_a_replay_posted_again_meets_in_a_row_of_its_own():
    posted = [(0, 0, "1050", 8800), (0, 0, "4100", 6200), (0, 0, "1100", -15000)]
    undone = [(0, 1, "1050", -8800, 1), (0, 1, "4100", -6200, 1), (0, 1, "1100", 15000, 1)]
    again = [(*row, 1) for row in posted]
    table = roll_forward.receivable(movements(*posted, *undone, *again))
    rows = table.groupby("row")["amount_cents"].sum().to_dict()
    assert (rows["C"], rows["D"], rows["F"], rows["U"], rows["I"]) == (-8800, -6200, 0, 0, -15000)
    half = roll_forward.receivable(movements(*posted, *undone)).set_index("row")
    assert (half.loc["U", "amount_cents"], half.loc["U", "account_is"]) == (15000, "receivable")
    assert half.loc["C", "account_is"] == "other"
    assert half.index[-1] == "I"


def test_account_balances():
    table = roll_forward.balances(
        pd.DataFrame(
            {"is_before": [1, 0], "account": ["1050", "1050"], "debit_cents": [700, 100], "credit_cents": [0, 300]}
        )
    )
    assert table.to_dict("records") == [
        {"account": "1050", "start_cents": 700, "debits_cents": 100, "credits_cents": 300, "end_cents": 500}
    ]


OPEN_LINE = {
    "family_id": 1,
    "billing_npi": "N",
    "claim_number": "A1",
    "line_number": 1,
    "account": "1100",
    "payer_sequence": "P",
    "payer_code": "FABLE",
    "balance_cents": 100,
}


@pytest.mark.parametrize(
    ("day", "bucket"),
    [
        ("2026-03-31", "0-30"),
        ("2026-03-01", "0-30"),
        ("2026-02-28", "31-60"),
        ("2026-01-30", "31-60"),
        ("2026-01-29", "61-90"),
        ("2025-12-31", "61-90"),
        ("2025-12-30", "91-120"),
        ("2025-12-01", "91-120"),
        ("2025-11-30", "121-180"),
        ("2025-10-02", "121-180"),
        ("2025-10-01", "181-365"),
        ("2025-03-31", "181-365"),
        ("2025-03-30", "over 365"),
        ("2026-04-15", "0-30"),
        ("", "no service date"),
    ],
)
def test_buckets(day, bucket):
    days = pd.DataFrame({"family_id": [1], "line_number": [1], "service_date": pd.Series([day], dtype="str")})
    days = days[days["service_date"] != ""]
    rows = aging.aging(frame(OPEN_LINE, {}), days, "2026-03-31")
    assert rows["bucket"].tolist() == [bucket]
    assert aging.summary(rows).set_index("bucket")["total_cents"].to_dict()[bucket] == 100


def test_a_claim_as_a_whole_ages_from_its_first_service():
    days = pd.DataFrame(
        {
            "family_id": [1, 1],
            "line_number": [1, 2],
            "service_date": pd.Series(["2026-03-30", "2026-01-15"], dtype="str"),
        }
    )
    rows = aging.aging(frame(OPEN_LINE, {"line_number": 0}, {"line_number": 1}), days, "2026-03-31")
    assert rows["service_date"].tolist() == ["2026-01-15", "2026-03-30"]


def test_a_row_stands_on_the_line_of_the_charge_in_force_or_on_its_claim():
    days = pd.DataFrame({"family_id": [1], "line_number": [1], "service_date": pd.Series(["2026-03-30"], dtype="str")})
    columns = ("line_number", "charge_cents", "version", "sha256", "seg", "line_seg")
    told = [(1, 0, 1, "a", 10, 14), (1, 900, 2, "b", 20, 24), (2, 500, 1, "a", 10, 0)]
    charged = pd.DataFrame(told, columns=list(columns)).assign(family_id=1, offset=1, length=2, line_offset=3)
    charged = charged.assign(line_length=charged["line_seg"].ne(0) * 4)
    numbers = ({}, {"line_number": 2}, {"line_number": 3}, {"line_number": 0, "family_id": 2})
    rows = aging.aging(frame(OPEN_LINE, *numbers), days, "2026-03-31", charged).sort_values("line_number")
    assert rows[["line_number", "sha256", "seg", "offset", "length"]].to_numpy().tolist() == [
        [0, "", 0, 0, 0], [1, "b", 24, 3, 4], [2, "a", 10, 1, 2], [3, "a", 10, 1, 2],
    ]  # fmt: skip


def test_credits_are_shown_beside_the_total():
    days = pd.DataFrame({"family_id": [1], "line_number": [1], "service_date": pd.Series(["2026-03-30"], dtype="str")})
    of_patient = {"account": "1200", "payer_code": "", "balance_cents": -30}
    rows = aging.aging(frame(OPEN_LINE, {}, of_patient), days, "2026-03-31")
    first = aging.summary(rows).iloc[0]
    assert (first["total_cents"], first["of_which_credit_cents"], first["patient_cents"]) == (70, -30, -30)
    payers = aging.by_payer(rows, {"FABLE": "FABLEWOOD"})
    columns = ["payer_code", "payer_name", "insurance_cents", "days_0_30_cents", "days_over_365_cents", "total_cents"]
    assert payers[columns].to_numpy().tolist() == [["", "", 0, -30, 0, -30], ["FABLE", "FABLEWOOD", 100, 100, 0, 100]]


def test_an_undone_remittance_is_held_by_the_exception_that_says_so():
    found = only({"is_posted": 0}, sums=(), deposits=(), exceptions=[{"remit_id": 1, "type_code": "UNDONE"}])
    (row,) = found.to_dict("records")
    assert (row["status"], row["held_because"], row["named_by"]) == ("HELD", "UNDONE", "UNDONE")
