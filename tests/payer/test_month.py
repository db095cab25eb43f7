"""The simulated month: the same bytes every time, every 835 exact to the cent, and the truth told beside it."""

from __future__ import annotations

import filecmp
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from claims import codes, x12
from claims.charges import read_charges_file
from claims.errors import UsageError
from claims.payer.practice import npi
from claims.service.simulate import simulate_month
from tests.x12.reference_validator import reference_errors

DAY = Path(__file__).resolve().parents[2] / "edi_samples" / "day"
INBOX = sorted((DAY / "inbox").iterdir())
REMITS = [path for path in INBOX if path.suffix == ".835"]
X12_SUFFIXES = (".835", ".837", ".999", ".277ca")
HELD = [path for path in REMITS if path.name.startswith("dragn_20261001")]


def plain_segments(data: bytes) -> list[list[str]]:
    """Split a file with delimiters found in its ISA, and nothing else."""
    text = data.decode("ascii")
    return [segment.strip("\n").split(text[3]) for segment in text.split(text[105]) if segment.strip("\n")]


def cents(amount: str) -> int:
    """Read an amount with integers only."""
    whole, _, part = amount.lstrip("-").partition(".")
    return (-1 if amount.startswith("-") else 1) * (int(whole or 0) * 100 + int(part.ljust(2, "0")))


def imbalance(data: bytes) -> dict[str, int]:
    """Recount an 835 at its three levels: cents that are off at lines, claims and the payment."""
    off = Counter(line=0, claim=0, payment=0)
    claim = line = total = payment = 0
    in_line = False
    for segment in [*plain_segments(data), ["SE"]]:
        kind = segment[0]
        if kind in ("CLP", "SVC", "PLB", "SE"):
            off["line"] += abs(line)
            line, in_line = 0, False
        if kind in ("CLP", "PLB", "SE"):
            off["claim"] += abs(claim)
            claim = 0
        if kind == "BPR":
            payment = cents(segment[2])
        elif kind == "CLP":
            claim = cents(segment[3]) - cents(segment[4])
            total += cents(segment[4])
        elif kind == "SVC":
            line, in_line = cents(segment[2]) - cents(segment[3]), True
        elif kind == "CAS":
            amount = sum(cents(segment[place]) for place in range(3, len(segment), 3))
            claim -= amount
            line -= amount if in_line else 0
        elif kind == "PLB":
            total -= sum(cents(segment[place]) for place in range(4, len(segment), 2))
        elif kind == "SE" and len(segment) == 1:
            off["payment"] = abs(total - payment)
    return dict(off)


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return pd.read_csv(DAY / "truth.csv", dtype=str, keep_default_na=False)


@pytest.mark.long
def test_the_committed_month_is_what_the_command_writes(tmp_path):
    simulate_month(tmp_path / "day", claims=300, seed=7)
    names = [path.name for path in INBOX]
    assert sorted(path.name for path in (tmp_path / "day" / "inbox").iterdir()) == names
    same, differing, missing = filecmp.cmpfiles(DAY / "inbox", tmp_path / "day" / "inbox", names, shallow=False)
    assert (len(same), differing, missing) == (len(names), [], [])
    for name in ("truth.csv", "month.json", "fee_schedules.csv"):
        assert (tmp_path / "day" / name).read_bytes() == (DAY / name).read_bytes()


@pytest.mark.long
@pytest.mark.parametrize(("claims", "seed"), [(1, 0), (9, 1), (60, 2), pytest.param(150, 3, marks=pytest.mark.long)])
def test_any_month_is_exact_and_conformant(tmp_path, claims, seed):
    simulate_month(tmp_path / "one", claims=claims, seed=seed, start=date(2025, 2, 3))
    simulate_month(tmp_path / "two", claims=claims, seed=seed, start=date(2025, 2, 3))
    files = sorted((tmp_path / "one" / "inbox").iterdir())
    remits = [path for path in files if path.suffix == ".835"]
    truth = pd.read_csv(tmp_path / "one" / "truth.csv", dtype=str, keep_default_na=False)
    held = set(truth.loc[truth["expected"] == "held", "file"])
    assert remits
    for path in files:
        assert path.read_bytes() == (tmp_path / "two" / "inbox" / path.name).read_bytes()
    for path in remits:
        assert any(imbalance(path.read_bytes()).values()) == (path.name in held), path.name
        assert reference_errors(path.read_bytes()) == []
    for path in files:
        if path.suffix in X12_SUFFIXES and path not in remits:
            assert reference_errors(path.read_bytes()) == []


@pytest.mark.long
def test_other_seeds_give_other_months(tmp_path):
    simulate_month(tmp_path / "one", claims=20, seed=1)
    simulate_month(tmp_path / "two", claims=20, seed=2)
    assert (tmp_path / "one" / "truth.csv").read_bytes() != (tmp_path / "two" / "truth.csv").read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        simulate_month(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


@pytest.mark.parametrize("path", REMITS, ids=lambda path: path.stem)
def test_every_remittance_balances_but_the_one_that_is_to_be_held(path):
    off = imbalance(path.read_bytes())
    assert off == ({"line": 500, "claim": 500, "payment": 0} if path in HELD else dict.fromkeys(off, 0))


@pytest.mark.parametrize(
    "path", [p for p in INBOX if p.suffix in (".835", ".837", ".999", ".277ca")], ids=lambda p: p.name
)
def test_reference_accepts_every_file(path):
    assert reference_errors(path.read_bytes()) == []


def test_the_month_holds_what_a_month_may_bring():
    raw = {path.name: path.read_bytes() for path in INBOX}
    copies = [name for name in raw if raw[name] == raw["copy_of_a_remit.edi"]]
    assert len(copies) == 2
    by_name = {path.name: x12.read(path) for path in INBOX if path.suffix != ".csv"}
    sets = Counter(code for file in by_name.values() for code in file.frames["transactions"]["set_code"])
    assert {code: sets[code] for code in ("837P", "999", "277CA", "TA1")} == {"837P": 4, "999": 1, "277CA": 1, "TA1": 1}
    assert by_name["fax_cover.txt"].findings["code"].tolist() == ["not-x12"]
    usage = {code for file in by_name.values() for code in file.frames["interchanges"]["usage_code"]}
    assert usage == {"P"}
    plb = [code for file in by_name.values() for code in file.frames["provider_adjustments"]["reason_code"]]
    assert Counter(plb) == {"WO": 2, "FB": 2, "L6": 1}
    reversed_, corrected = set(), set()
    for file in by_name.values():
        payments = file.frames["claim_payments"]
        reversed_ |= set(payments.loc[payments["status_code"] == "22", "claim_number"])
        corrected |= set(payments.loc[payments["payer_claim_number"].str.endswith("R"), "claim_number"])
    assert len(reversed_) == 4
    assert reversed_ == corrected
    assert sum(map(len, raw.values())) < 1_500_000


def test_a_remittance_sent_again_in_another_envelope_says_the_same():
    again = x12.read(next(path for path in INBOX if path.name.startswith("resent_")))
    first = x12.read(next(path for path in INBOX if path.name.startswith("moonb_20260918")))
    for column, is_same in (("body_hash", True), ("control_number", False)):
        left, right = (file.frames["transactions"][column].iloc[0] for file in (again, first))
        assert (left == right) is is_same
    assert again.frames["remittances"]["trace_number"].tolist() == first.frames["remittances"]["trace_number"].tolist()


def test_takebacks_come_back_to_zero():
    """What a payer defers or carries forward it collects later, under the same reference."""
    rows = pd.concat([x12.read(path).frames["provider_adjustments"] for path in REMITS])
    open_ = rows[rows["reason_code"] != "L6"].groupby(["reason_code", "reference"])["amount_cents"].sum()
    assert len(open_) == 2
    assert open_.tolist() == [0, 0]


def test_truth_agrees_with_the_files(truth):
    read = pd.concat(
        [x12.read(path).frames["claim_payments"] for path in REMITS if not path.name.startswith("resent")],
        ignore_index=True,
    )
    told = truth[truth["kind"] == "claim_payment"]
    key = ["claim_number", "status_code", "paid"]
    read["paid"] = read["paid_cents"].map(lambda value: f"{value / 100:.2f}")
    assert sorted(map(tuple, read[key].to_numpy())) == sorted(map(tuple, told[key].to_numpy()))
    remits = truth[truth["kind"] == "remittance"].set_index("file")
    for path in REMITS:
        if not path.name.startswith("resent"):
            payment = x12.read(path).frames["remittances"]["payment_cents"].iloc[0]
            assert cents(remits.loc[path.name, "payment"]) == payment
    assert set(truth["expected"]) == {
        *("posted", "held", "unmatched", "rejected", "no-answer", "matched", "no-remittance")
    }


def test_every_claim_of_the_truth_was_sent_once_and_nothing_else_was(truth):
    sent = [x12.read(path).frames["claims"] for path in INBOX if path.suffix == ".837"]
    charges = read_charges_file(DAY / "inbox" / "charges.csv")
    assert charges.findings.empty
    numbers = [number for frame in [*sent, charges.claims] for number in frame["claim_number"]]
    assert len(numbers) == len(set(numbers)) == 303
    told = truth[truth["kind"].isin(["claim", "claim_payment"])]
    unknown = set(told.loc[told["expected"] == "unmatched", "claim_number"])
    assert set(told["claim_number"]) - unknown == set(numbers)


def test_deposits_are_the_payments_but_for_one_each_way(truth):
    bank = pd.read_csv(DAY / "inbox" / "bank.csv", dtype=str)
    remits = truth[(truth["kind"] == "remittance") & (truth["payment"] != "0.00")]
    payments, deposits = (
        dict(zip(f["trace_number"], f[c], strict=True)) for f, c in ((remits, "payment"), (bank, "amount"))
    )
    assert len(set(payments) - set(deposits)) == 1
    assert len(set(deposits) - set(payments)) == 1
    assert all(payments[trace] == deposits[trace] for trace in set(payments) & set(deposits))


def test_every_adjustment_is_legal_and_every_reason_that_needs_a_remark_has_one():
    carc = codes.table("carc")
    mismatched = {(row.code, row.group) for row in carc.itertuples() if row.exception == "GROUP_MISMATCH"}
    need = set(carc.loc[carc["needs_rarc"] == "Y", "code"])
    known = set(carc.loc[carc["active"] == "Y", "code"])
    for path in REMITS:
        frames = x12.read(path).frames
        adjustments = frames["adjustments"].merge(
            frames["claim_payments"][["seg", "status_code"]], left_on="claim_seg", right_on="seg"
        )
        assert set(adjustments["group_code"]) <= {"CO", "PR", "OA"}
        assert set(adjustments["reason_code"]) <= known
        assert not set(zip(adjustments["reason_code"], adjustments["group_code"], strict=True)) & mismatched
        asking = adjustments[adjustments["reason_code"].isin(need) & (adjustments["status_code"] != "22")]
        assert set(asking["service_seg"]) <= set(frames["remarks"]["service_seg"])


def test_identifiers_are_valid_and_invented():
    text = b"".join(path.read_bytes() for path in INBOX).decode()
    for number in {*re.findall(r"XX\*(\d{10})", text)}:
        assert npi(number[:9]) == number
        assert number.startswith("199999")
    assert npi("123456789") == "1234567893"
