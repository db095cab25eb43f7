"""A small month of ugly payers in several orders: the ledger's rules hold after each file, undo and replay are exact.

What is posted is what the payers really paid, or an open exception names the difference.
"""

from __future__ import annotations

import random
from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.payer.ugly import modes
from claims.service.simulate import answer
from claims.store import schema
from tests.service.simulated import SENT, truth_of
from tests.service.test_undo_any_order import back_and_again, books, check, database_url, remittances

DAY = date(2026, 11, 20)
R, E, CP, P = schema.remittances, schema.exceptions, schema.claim_payments, schema.claim_postings
__all__ = ["books", "database_url"]


def payers_files(folder, sent, seed, ugly):
    out = folder / "payers"
    answer(sent, out, seed=seed, ugly=ugly)
    files = sorted(path for path in out.iterdir() if path.suffix == ".835")
    return out, [path.read_bytes() for path in files]


def unnamed_differences(practice, out) -> list[str]:
    """Payments of the truth that the books do not show as they are, and that no open exception names."""
    told = truth_of(out)
    paid = told[told["kind"] == "claim_payment"].groupby("trace_number")["paid"].sum()
    own = practice.rows(
        sa.select(R.c.trace_number, R.c.remit_id, sa.func.sum(CP.c.paid_cents))
        .join(CP, CP.c.remit_id == R.c.remit_id)
        .where(R.c.state == "posted")
        .group_by(R.c.trace_number, R.c.remit_id)
    )
    posted = {trace: int(cents) for trace, _, cents in own}
    rows = practice.rows(sa.select(E.c.remit_id, E.c.file_id, E.c.bank_line_id).where(E.c.state == "open"))
    files = {file_id for _, file_id, _ in rows}
    by_trace = practice.rows(sa.select(R.c.trace_number, R.c.remit_id, R.c.file_id))
    remits = {remit_id for remit_id, _, _ in rows}
    named = {trace for trace, remit_id, file_id in by_trace if remit_id in remits or file_id in files}
    lines = practice.rows(
        sa.select(schema.bank_lines.c.trace_number).join(
            E, sa.and_(E.c.bank_line_id == schema.bank_lines.c.bank_line_id, E.c.state == "open")
        )
    )
    named |= {trace for (trace,) in lines}
    return [
        trace
        for trace, cents in paid.items()
        if posted.get(trace) != cents and trace not in named and not (cents == 0 and trace not in posted)
    ]


def totals(practice) -> pd.Series:
    """What each claim has on its accounts, cash apart."""
    L, F = schema.ledger_lines, schema.families
    rows = practice.rows(
        sa.select(F.c.claim_number, L.c.account, sa.func.sum(L.c.amount_cents))
        .join(F, F.c.family_id == L.c.family_id)
        .where(L.c.account.not_in(["1050", "2200"]))
        .group_by(F.c.claim_number, L.c.account)
    )
    return pd.Series({(number, account): int(cents) for number, account, cents in rows if cents}, dtype="int64")


def told(practice) -> set[str]:
    """Claims with an open exception."""
    F = schema.families
    by_family = sa.select(F.c.claim_number).join(E, E.c.family_id == F.c.family_id).where(E.c.state == "open")
    payments = sa.select(CP.c.claim_number).join(E, E.c.claim_payment_id == CP.c.claim_payment_id)
    rows = practice.rows(by_family) + practice.rows(payments.where(E.c.state == "open"))
    return {number for (number,) in rows}


def a_month(books, tmp_path, sent, seed, ugly, undos):
    """`undos`: how often something is undone and replayed, in each of one to three orders."""
    out, files = payers_files(tmp_path, sent, seed, ugly)
    rolled = random.Random(seed)
    found = []
    orders = (files, files[::-1], rolled.sample(files, len(files)))[: len(undos)]
    for order, times in zip(orders, undos, strict=True):
        practice = books()
        practice.night(*(path.read_bytes() for path in sent), day=DAY)
        for content in order:
            practice.night(content, day=DAY)
            check(practice)
        practice.night((out / "bank.csv").read_bytes(), day=DAY)
        check(practice)
        posted = remittances(practice)
        for number in range(times):
            chosen = rolled.sample(posted, min(1 + number % 2, len(posted)))
            back_and_again(practice, sorted(chosen, reverse=True), DAY)
        assert unnamed_differences(practice, out) == []
        found.append((totals(practice), told(practice)))
    first, named = found[0]
    for other, others_named in found[1:]:
        both = pd.concat([first, other], axis=1, keys=["a", "b"]).fillna(0)
        differs = {number for number, _ in both.index[both["a"] != both["b"]]}
        assert differs <= named | others_named


@pytest.mark.long
def test_a_small_month_of_every_ugly_payer(books, tmp_path):
    a_month(books, tmp_path, SENT[1:2], 7, modes(), undos=(1,))


@pytest.mark.long
def test_a_small_month_of_every_ugly_payer_ends_alike_the_other_way_round(books, tmp_path):
    a_month(books, tmp_path, SENT[1:2], 7, modes(), undos=(0, 1))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20, 26))
def test_months_of_every_ugly_payer(books, tmp_path, seed):
    a_month(books, tmp_path, SENT, seed, modes(), undos=(4, 4, 4))
