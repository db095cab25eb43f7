"""Claim files through the simulated payers: what comes back is clean, honest, repeatable, and as the truth says."""

from __future__ import annotations

import csv
import itertools
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from claims import x12
from claims.errors import UsageError
from claims.money import cents
from claims.payer import decisions
from claims.service import simulate_intake
from claims.service.simulate import answer
from tests.service.simulated import ROOT, SENT, assert_clean, codes, many, sent, told_of, truth_of
from tests.x12.written import adjudicated, claims, dental, institutional

SAMPLES = ROOT.parent / "shared" / "samples"
ORIGINALS = ["22", "25"]


@pytest.fixture(scope="module")
def month(tmp_path_factory) -> Path:
    """The answers to the claims of the committed month."""
    out = tmp_path_factory.mktemp("answers") / "out"
    answer(SENT, out)
    return out


@pytest.mark.long
def test_answers_are_clean(month):
    assert_clean(month)
    assert Counter(path.suffix for path in month.iterdir()) >= Counter({".ta1": 4, ".999": 4, ".277ca": 4, ".835": 15})


@pytest.mark.long
def test_the_same_files_give_the_same_bytes(month, tmp_path):
    answer(SENT, tmp_path / "again")
    assert {path.name: path.read_bytes() for path in month.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()
    }
    answer(SENT, tmp_path / "other", seed=8)
    assert (tmp_path / "other" / "truth.csv").read_bytes() != (month / "truth.csv").read_bytes()


@pytest.mark.long
def test_every_claim_is_rejected_or_decided_once(month):
    told = truth_of(month)
    numbers = [number for path in SENT for number in x12.read(path).frames["claims"]["claim_number"]]
    decided = told[(told["kind"] == "claim_payment") & (told["status_code"] != "22")]
    first = decided[~decided["payer_claim_number"].str.endswith("R")]
    rejected = told[told["kind"] == "rejected_claim"]
    whole = first.groupby("claim_number")["charge"].sum()
    charged = pd.concat([x12.read(path).frames["claims"] for path in SENT]).set_index("claim_number")["charge_cents"]
    assert sorted([*whole.index, *rejected["claim_number"]]) == sorted(numbers)
    assert (whole == charged.reindex(whole.index)).all()


def test_the_truth_says_what_stands_in_the_files(month):
    told = truth_of(month)
    for path in month.glob("*.835"):
        frames = x12.read(path).frames
        own = told[told["file"] == path.name]
        lines = own[own["kind"] == "claim_payment"]
        read = frames["claim_payments"]
        key = ["claim_number", "payer_claim_number", "status_code"]
        assert sorted(zip(*(lines[name] for name in [*key, "charge", "paid"]), strict=True)) == sorted(
            zip(*(read[name] for name in [*key, "charge_cents", "paid_cents"]), strict=True)
        )
        by_code = frames["adjustments"].groupby(["group_code", "reason_code"])["amount_cents"].sum()
        counted: Counter[str] = Counter()
        for text in lines["codes"]:
            counted.update(codes(text))
        assert counted == Counter({"-".join(code): int(amount) for code, amount in by_code.items()})
        remits = own[own["kind"] == "remittance"]
        assert list(remits["payment"]) == list(frames["remittances"]["payment_cents"])


def test_the_bank_has_every_payment_and_nothing_else(month):
    told = truth_of(month)
    paid = told[(told["kind"] == "remittance") & (told["payment"] > 0)]
    bank = pd.read_csv(month / "bank.csv", dtype=str)
    assert dict(zip(paid["trace_number"], paid["payment"], strict=True)) == {
        row.trace_number: cents(row.amount) for row in bank.itertuples()
    }
    assert all(date.fromisoformat(day).weekday() < 5 for day in bank["date"])


def test_numbers_given_on_acceptance_and_line_numbers_come_back(month):
    given = pd.concat([x12.read(path).frames["claim_statuses"] for path in month.glob("*.277ca")])
    number = given[given["level"] == "claim"].set_index("trace")["payer_claim_number"]
    lines = pd.concat([x12.read(path).frames["service_lines"] for path in SENT])
    known = set(lines["line_control_number"])
    for path in month.glob("*.835"):
        frames = x12.read(path).frames
        payments = frames["claim_payments"]
        theirs = payments["payer_claim_number"].str.removesuffix("R").str.removesuffix("B")
        assert (number.reindex(payments["claim_number"]).to_numpy() == theirs.to_numpy()).all()
        assert set(frames["service_payments"]["line_control_number"]) <= known


def test_a_clearing_house_trace_comes_back_in_the_277ca(tmp_path):
    frames = claims({})
    trace = {"transaction_seg": 3, "seg": 11, "claim_seg": 10, "service_seg": 0, "loop": "2300"}
    frames["references"] = pd.DataFrame([{**trace, "qualifier_code": "D9", "reference": "TRACE77"}])
    out = tmp_path / "out"
    answer([sent(tmp_path / "claims.837", frames)], out)
    (path,) = out.glob("*.277ca")
    assert b"REF*D9*TRACE77~" in path.read_bytes()
    assert_clean(out)


@pytest.mark.parametrize("make", [claims, institutional, dental], ids=["837P", "837I", "837D"])
def test_every_kind_of_claim_is_decided(make, tmp_path):
    told = told_of(tmp_path, many(make, 3, charge_cents=20000))
    assert list(told["charge"]) == [20000] * 3
    assert (told["paid"] + told["contractual"] + told["patient"] == 20000).all()
    assert_clean(tmp_path / "out")


def test_a_predetermination_is_an_estimate(tmp_path):
    told = told_of(tmp_path, many(dental, 2, submission_reason_code="PB"))
    assert list(told["status_code"]) == ["25", "25"]
    assert list(told["codes"]) == ["OA-101=200.00"] * 2


@pytest.mark.parametrize("make", [claims, institutional, dental], ids=["837P", "837I", "837D"])
def test_a_second_payer_shares_what_the_first_left_and_waits_where_it_has_not_decided(make, tmp_path):
    told = told_of(tmp_path, adjudicated(many(make, 2, charge_cents=20000, payer_code="OTHER")))
    assert list(told["status_code"]) == ["2", "2"]
    first, second = (codes(text) for text in told["codes"])
    assert first["OA-23"] == 20000 - 2200  # all but the patient's share (PR) that the first payer left
    assert sum(first.values()) - first["OA-23"] + told["paid"][0] == 2200
    assert second == {"CO-22": 20000}
    assert_clean(tmp_path / "out")


@pytest.mark.parametrize("way", ["split", "bundle"])
def test_a_claim_may_be_answered_in_parts_or_with_two_lines_as_one(way, tmp_path, monkeypatch):
    own = decisions.rate
    monkeypatch.setattr(decisions, "rate", lambda name: 10_000 if name == way else own(name))
    told = told_of(tmp_path, many(institutional, 3, charge_cents=20000))
    assert list(told.groupby("claim_number")["charge"].sum()) == [20000] * 3
    if way == "split":
        assert list(told["payer_claim_number"].str[-1]) == ["1", "B", "2", "B", "3", "B"]
    else:
        both = [codes(text) for text in told["codes"]]
        assert all(one["CO-97"] == -one["OA-94"] == 5000 for one in both)
        (path,) = (tmp_path / "out").glob(f"*{told['file'].iloc[0]}")
        line = x12.read(path).frames["service_payments"].iloc[1]
        assert (line["procedure_code"], line["submitted_procedure_code"]) == ("0120", "71046")
    assert_clean(tmp_path / "out")


def test_a_claim_that_is_passed_on_is_answered_by_the_second_payer_too(tmp_path):
    out = tmp_path / "out"
    answer([ROOT / "edi_samples" / "837p" / "pass" / "another-payer-follows.edi"], out)
    told = truth_of(out).query("kind == 'claim_payment'")
    assert list(told["status_code"]) == ["19", "2"]
    assert list(told["payer_code"]) == ["FABLE", "DRAGN"]
    left = told["patient"].iloc[0]
    assert codes(told["codes"].iloc[1])["OA-23"] == told["charge"].iloc[0] - left
    assert_clean(out)


def test_what_is_refused_at_the_door_is_not_decided(tmp_path):
    out = tmp_path / "out"
    answer([sent(tmp_path / "claims.837", many(claims, 2))], out, day=date(2026, 7, 1))  # before the service
    told = truth_of(out)
    assert list(told["causes"]) == ["service-in-future"] * 2
    assert not list(out.glob("*.835"))
    (path,) = out.glob("*.277ca")
    statuses = x12.read(path).frames["claim_statuses"]
    assert list(statuses.loc[statuses["level"] == "claim", "category_code"]) == ["A7", "A7"]
    assert_clean(out)


def test_a_set_that_the_999_refuses_is_not_decided(tmp_path):
    path = tmp_path / "claims.837"
    path.write_bytes(x12.write(claims({})).replace(b"HI*ABK", b"HI*ZZZ"))
    answer([path], tmp_path / "out")
    told = truth_of(tmp_path / "out")
    assert list(told["kind"]) == ["refused_set"]
    assert not list((tmp_path / "out").glob("*.277ca"))


def test_an_interchange_that_came_before_is_refused_whole(tmp_path):
    one = sent(tmp_path / "claims.837", many(claims, 2))
    out, books = tmp_path / "out", tmp_path / "books"
    answer([one], out, books=books)
    before = {path.name for path in out.iterdir()}
    answer([one], out, books=books)
    (new,) = {path.name for path in out.iterdir()} - before
    told = x12.read(out / new).frames["interchange_acknowledgements"]
    assert (list(told["status_code"]), list(told["note_code"])) == (["R"], ["025"])


@pytest.mark.long
def test_a_replacement_reverses_and_corrects_and_a_void_only_reverses(tmp_path):
    out, books = tmp_path / "out", tmp_path / "books"
    answer([sent(tmp_path / "one.837", many(claims, 3))], out, books=books, day=date(2026, 9, 1))
    first = truth_of(out).query("kind == 'claim_payment'").set_index("claim_number")
    number = first["payer_claim_number"]
    again = claims(
        {"claim_number": "A1", "member_id": "W1", "frequency_code": "7", "original_reference": number["A1"]},
        {"claim_number": "A2", "member_id": "W2", "frequency_code": "8", "original_reference": number["A2"]},
        {"claim_number": "A3", "member_id": "W3", "frequency_code": "7", "original_reference": "NOBODY"},
    )
    answer([sent(tmp_path / "two.837", again, 8)], out, books=books, day=date(2026, 10, 1))
    told = truth_of(out).iloc[len(first) :]
    back = told[told["status_code"] == "22"].set_index("claim_number")
    assert list(back.index) == ["A1", "A2"]
    assert (back["paid"] == -first["paid"].reindex(back.index)).all()
    assert list(back["reverses"]) == [number["A1"], number["A2"]]
    assert list(told.loc[told["status_code"] == "1", "claim_number"])[-1:] == ["A1"]
    rejected = told[told["kind"] == "rejected_claim"]
    assert list(zip(rejected["claim_number"], rejected["causes"], strict=True)) == [("A3", "original-unknown")]
    assert_clean(out)
    # What was voided can be sent again, and is no duplicate; what was replaced can be named no more.
    third = claims(
        {"claim_number": "A2", "member_id": "W2"},
        {"claim_number": "A1", "member_id": "W1", "frequency_code": "7", "original_reference": number["A1"]},
    )
    answer([sent(tmp_path / "three.837", third, 9)], out, books=books, day=date(2026, 11, 1))
    last = truth_of(out)
    assert list(last[last["kind"] == "rejected_claim"]["claim_number"]) == ["A3", "A1"]
    paid_again = last[(last["kind"] == "claim_payment") & (last["claim_number"] == "A2")].iloc[-1]
    assert (paid_again["status_code"], paid_again["causes"]) == ("1", "")


@pytest.mark.long
def test_the_deductible_is_carried_from_file_to_file(tmp_path):
    procedure = "97161"  # a therapy: deductible and coinsurance of FABLE, 300.00 a year
    out, books = tmp_path / "out", tmp_path / "books"
    for month in range(1, 7):
        frames = many(claims, 5, charge_cents=19500, statement_from_date=20260100 + month)
        frames["claims"]["claim_number"] += f"M{month}"
        day = 20260003 + month * 100
        frames["service_lines"] = frames["service_lines"].assign(
            procedure_code=procedure, modifiers="GP", charge_cents=19500, service_date=day, service_to_date=day
        )
        path = sent(tmp_path / f"{month}.837", frames, month)
        answer([path], out, books=books, day=date(2026, month, 20))
    told = truth_of(out).query("kind == 'claim_payment'")
    standing = told[told["status_code"].isin(["1", "22"])]
    taken = standing["codes"].map(lambda text: codes(text).get("PR-1", 0))
    by_member = taken.groupby(standing["claim_number"].str[:2]).sum()
    assert (by_member <= 30000).all()
    assert (by_member == 30000).sum() >= 3
    assert list(taken[standing["claim_number"].str.endswith("M6") & (standing["status_code"] == "1")]) == [0] * 5


@pytest.mark.long
def test_what_is_not_due_waits_in_the_books(tmp_path, month):
    out, books = tmp_path / "out", tmp_path / "books"
    answer(SENT, out, books=books, as_of=date(2026, 10, 1))
    early = truth_of(out)
    assert early["payment_date"].max() <= "20261001"
    done = answer([], out, books=books)
    assert done.remittances > 0
    late, whole = truth_of(out), truth_of(month)
    paid = [told.loc[told["kind"] == "claim_payment", "paid"].sum() for told in (late, whole)]
    assert paid[0] == paid[1]
    payments = [told.loc[told["kind"] == "remittance", "payment"].sum() for told in (late, whole)]
    assert payments[0] == payments[1]
    assert_clean(out)


def test_takebacks_held_back_and_forward_balances_come_back_in_later_remittances(month):
    told = truth_of(month).query("kind == 'remittance'")
    amounts = [codes(text) for text in told["plb"]]
    total: Counter[str] = Counter()
    for own in amounts:
        total.update(own)
    assert (told["payment"] >= 0).all()
    assert (told["payment"] == told["paid"] - [sum(own.values()) for own in amounts]).all()
    assert any("WO" in own for own in amounts)
    # What is still owed at the end was lent to the payee, never taken twice.
    assert total["WO"] <= 0
    assert total.get("FB", 0) <= 0


@pytest.mark.long
def test_terms_of_a_payer_never_seen_do_not_depend_on_the_file(tmp_path):
    def contracts(name: str, frames, seed: int = 7) -> dict[str, int]:
        out = tmp_path / name
        answer([sent(tmp_path / f"{name}.837", frames)], out, seed=seed)
        told = truth_of(out).query("kind == 'claim_payment' and causes == ''")
        return dict(zip(told["claim_number"], told["contractual"], strict=True))

    frames = many(claims, 6, payer_code="NEVERSEEN", payer_name="NEVER SEEN")
    frames["service_lines"] = frames["service_lines"].assign(procedure_code="99499", modifiers="")
    one = contracts("one", frames)
    other = {name: frame.iloc[::-1] if name == "claims" else frame for name, frame in frames.items()}
    assert one == contracts("two", other)
    assert len(set(one.values())) == 1
    assert 20000 // 10 <= next(iter(one.values())) < 20000
    assert one != contracts("three", frames, seed=8)


def test_no_patient_stands_in_a_name_or_in_the_books(tmp_path):
    out, books = tmp_path / "out", tmp_path / "books"
    path = sent(tmp_path / "TEACUP_W1.837", many(claims, 2))
    answer([path], out, books=books)
    assert not any("teacup" in name.lower() or "w1" in name.lower() for name in (p.name for p in out.iterdir()))
    assert "TEACUP" not in (books / "books.json").read_text().upper()


def test_what_cannot_be_asked_for_is_said(tmp_path):
    path = sent(tmp_path / "claims.837", claims({}))
    with pytest.raises(UsageError, match="no ugly mode nonsense"):
        answer([path], tmp_path / "out", ugly=["nonsense"])
    answer([path], tmp_path / "out", books=tmp_path / "books")
    with pytest.raises(UsageError, match="not empty"):
        answer([path], tmp_path / "out")
    with pytest.raises(UsageError, match="seed"):
        answer([path], tmp_path / "out", books=tmp_path / "books", seed=8)


@pytest.mark.long
def test_a_run_that_did_not_end_leaves_the_books_as_they_were(tmp_path):
    one, two = (sent(tmp_path / f"{n}.837", many(claims, 2), n) for n in (1, 2))
    answer([one], tmp_path / "a", books=tmp_path / "books")
    kept = shutil.copytree(tmp_path / "books", tmp_path / "kept")
    with pytest.raises(FileNotFoundError):
        answer([two, tmp_path / "missing.837"], tmp_path / "b", books=tmp_path / "books")
    answer([two], tmp_path / "c", books=tmp_path / "books")
    answer([two], tmp_path / "d", books=kept)
    assert (tmp_path / "c" / "truth.csv").read_bytes() == (tmp_path / "d" / "truth.csv").read_bytes()


@pytest.mark.long
@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not here")
@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.long)])
def test_files_of_others_are_answered_without_an_exception(tmp_path, monkeypatch, every):
    with (SAMPLES / "INDEX.csv").open(encoding="utf-8") as file:
        paths = [SAMPLES / row["path"] for row in csv.DictReader(file) if "837" in row["transaction"]][::every]
    # Many of them have the same sender and number: here each is taken for the first of its kind.
    number = itertools.count(1)
    monkeypatch.setattr(
        simulate_intake,
        "keys",
        lambda *columns: np.arange(len(columns[0]), dtype=np.uint64) + np.uint64(1000 * next(number)),
    )
    done = answer(paths, tmp_path / "out")
    assert done.claims > 40 // every
    assert done.remittances > 20 // every
    for path in (tmp_path / "out").iterdir():
        found = x12.check(path.read_bytes()).findings if path.suffix != ".csv" else pd.DataFrame()
        # The 277CA names providers by the numbers that they gave.
        assert found.empty or (set(found["code"]) <= {"npi-form", "npi-check-digit"} and path.suffix == ".277ca")


def test_rubbish_is_no_claim_file(tmp_path):
    path = tmp_path / "fax.txt"
    path.write_bytes(b"FAX COVER SHEET")
    done = answer([path, *SENT[:1]], tmp_path / "out")
    assert done.claims > 0
