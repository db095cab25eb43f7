"""Ugly modes of the simulated payers: each does what its name says, and nothing else."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from claims import x12
from claims.money import cents
from claims.payer.ugly import modes
from claims.service.simulate import answer
from tests.service.simulated import SENT, codes, truth_of

SENT_FOR_UGLY = SENT[:1]


@pytest.mark.few(1)
@pytest.mark.parametrize("mode", modes())
def test_a_mode_does_what_its_name_says_and_only_that(mode, tmp_path):
    out = tmp_path / "out"
    done = answer(SENT_FOR_UGLY, out, ugly=[mode])
    assert done.unapplied == []
    told = truth_of(out)
    marked = told[told["ugly"] == mode]
    assert len(marked)
    found = {path.name: set(x12.check(path.read_bytes()).findings["code"]) for path in sorted(out.glob("*.835"))}
    wrong = {name: bad for name, bad in found.items() if bad}
    expected = {
        "unbalanced-line": {"line-out-of-balance"},
        "unbalanced-claim": {"claim-out-of-balance"},
        "unbalanced-remit": {"remittance-out-of-balance"},
        "wrong-count": {"set-count-differs"},
        "unknown-plb": {"code-not-valid"},
        "group-cr": {"segment-unexpected"},
    }
    names = set(marked["file"])
    if mode in expected:
        ((name, bad),) = wrong.items()
        assert name in names
        assert expected[mode] <= bad <= expected[mode] | {"service-lines-do-not-add-up"}
    else:
        assert wrong == {}
    _EACH[mode](out, told, marked)


def _duplicate(out, told, marked):
    hashes = Counter()
    for path in out.glob("*.835"):
        hashes.update(x12.read(path).transactions["body_hash"])
    assert sorted(set(hashes.values())) == [1, 2]


def _nothing_more(out, told, marked):
    bank = pd.read_csv(out / "bank.csv", dtype=str).set_index("trace_number")["amount"]
    paid = marked[(marked["kind"] == "remittance") & (marked["payment"] > 0)]
    assert all(cents(bank[row.trace_number]) == row.payment for row in paid.itertuples())


def _no_line_numbers(out, told, marked):
    frames = x12.read(out / marked["file"].iloc[0]).frames
    assert set(frames["service_payments"]["line_control_number"]) == {""}


def _no_modifiers(out, told, marked):
    lines = x12.read(out / marked["file"].iloc[0]).frames["service_payments"]
    assert set(lines["modifiers"]) == {""}
    assert "" not in set(lines["line_control_number"])


def _late(out, told, marked):
    assert list(marked["status_code"]) == ["22", "1"]
    assert marked["payment_date"].iloc[0] < marked["payment_date"].iloc[1]


def _first(out, told, marked):
    (name,) = set(marked["file"])
    read = x12.read(out / name).frames["claim_payments"]
    own = read[read["claim_number"] == marked["claim_number"].iloc[0]]
    assert list(own["status_code"])[-2:] == ["1", "22"]


def _no_reversal(out, told, marked):
    assert list(marked["status_code"]) == ["1"]
    number = marked["claim_number"].iloc[0]
    assert "22" not in set(told.loc[told["claim_number"] == number, "status_code"])
    remit = told[(told["kind"] == "remittance") & (told["file"] == marked["file"].iloc[0])]
    first = told[(told["claim_number"] == number) & (told["ugly"] == "")]
    assert codes(remit["plb"].iloc[0])["WO"] == first["paid"].iloc[0]


def _group(out, told, marked):
    (back,) = marked.loc[marked["status_code"] == "22", "codes"]
    assert {code.split("-")[0] for code in codes(back)} == {"CR"}


def _lost(out, told, marked):
    assert set(marked["file"]) == {""}
    _nothing_more(out, told, marked)


def _rejected(out, told, marked):
    assert set(marked["kind"]) == {"rejected_claim"} and set(marked["codes"]) <= {"A3:33", "A7:164"}
    refused = set(told.loc[told["kind"] == "rejected_claim", "claim_number"])
    assert set(marked["claim_number"]) <= refused and not refused & set(
        told.loc[told["kind"] == "claim_payment", "claim_number"]
    )
    (said,) = (x12.read(path).frames["claim_statuses"] for path in out.glob("*.277ca"))
    assert set(said.loc[said["category_code"].isin(["A3", "A7"]), "trace"]) == refused


_EACH = dict.fromkeys(modes(), _nothing_more) | {
    "duplicate": _duplicate,
    "no-6r": _no_line_numbers,
    "dropped-modifier": _no_modifiers,
    "late-correction": _late,
    "correction-first": _first,
    "no-reversal": _no_reversal,
    "group-cr": _group,
    "lost-file": _lost,
    "rejected-claims": _rejected,
}


@pytest.mark.long
def test_all_modes_fit_into_one_run(tmp_path):
    assert answer(SENT, tmp_path / "out", ugly=modes()).unapplied == []
