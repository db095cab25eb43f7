"""The committed month through intake and reconcile: the books must say what the simulator knows to be true."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import config
from claims.service.context import open_context
from claims.service.intake import find_files, ingest
from claims.service.reconcile import reconcile
from claims.store import schema, upkeep
from claims.store.engine import read

MONTH = Path(__file__).resolve().parents[2] / "edi_samples" / "day"
DAY = date.fromisoformat(json.loads((MONTH / "month.json").read_text())["posting_date"])
TRUTH = pd.read_csv(MONTH / "truth.csv", dtype=str, keep_default_na=False)


def cents(column: pd.Series) -> pd.Series:
    """Read amounts with two decimals as whole cents; empty ones are 0."""
    return column.replace("", "0.00").str.replace(".", "", regex=False).astype("int64")


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """The month in the books of a SQLite database, and what intake said of its files."""
    home = tmp_path_factory.mktemp("month")
    settings = config.load(home=home, database_url=f"sqlite:///{home / 'claims.db'}")
    upkeep.initialise(settings)
    ctx = open_context(settings, actor="test")
    report = ingest(ctx, find_files(MONTH / "inbox"), DAY)
    done = reconcile(ctx, DAY)
    yield ctx, report, done
    ctx.engine.dispose()


def query(ctx, *columns, where=None, group=()) -> pd.DataFrame:
    """Read columns."""
    asked = sa.select(*columns)
    asked = asked if where is None else asked.where(where)
    with read(ctx.engine) as conn:
        return pd.DataFrame(conn.execute(asked.group_by(*group)).mappings().all())


def balance(ctx, account: str) -> int:
    """Give an account's balance in cents, debits positive."""
    line = schema.ledger_lines
    return int(
        query(ctx, sa.func.coalesce(sa.func.sum(line.c.amount_cents), 0).label("sum"), where=line.c.account == account)[
            "sum"
        ][0]
    )


def final() -> pd.DataFrame:
    """The claim payments that stand: posted, and not taken back by a later reversal."""
    posted = TRUTH[(TRUTH["kind"] == "claim_payment") & (TRUTH["expected"] == "posted")]
    standing = posted[posted["status_code"] != "22"].drop_duplicates("claim_number", keep="last")
    assert len(standing) == len(posted) - 2 * (posted["status_code"] == "22").sum()
    return standing


@pytest.mark.long
def test_files_end_where_they_should(books):
    _ctx, report, _ = books
    assert report.counts == {"stored": 24, "held": 1, "refused": 1, "duplicate": 1}
    assert sum(report.counts.values()) == len(list((MONTH / "inbox").iterdir()))
    states = {
        receipt.path.name: outcome.state for receipt, outcome in zip(report.receipts, report.outcomes, strict=True)
    }
    held = set(TRUTH.loc[(TRUTH["kind"] == "remittance") & (TRUTH["expected"] == "held"), "file"])
    assert {name for name, state in states.items() if state == "held"} == held
    assert {name for name, state in states.items() if state == "refused"} == {"fax_cover.txt"}


def test_every_remittance_is_posted_held_or_repeated(books):
    ctx, _, done = books
    remits = TRUTH[TRUTH["kind"] == "remittance"]
    rows = query(ctx, schema.remittances.c.state, sa.func.count().label("n"), group=[schema.remittances.c.state])
    assert dict(zip(rows["state"], rows["n"], strict=True)) == {
        "posted": (remits["expected"] != "held").sum(),
        "held": (remits["expected"] == "held").sum(),
        "duplicate": 1,
    }
    assert done["posted_cents"] == cents(remits.loc[remits["expected"] != "held", "payment"]).sum()


def test_the_ledger_holds_what_the_payers_decided(books):
    ctx, _, _ = books
    told = final()
    share = cents(told["patient"])
    refused_share = cents(told["denied"]).where(told["causes"].str.contains("not-covered"), 0)
    assert balance(ctx, "4100") == cents(told["contractual"]).sum()
    assert balance(ctx, "1110") == cents(told["denied"]).sum()
    assert balance(ctx, "1200") == (share - refused_share).sum()
    assert balance(ctx, "4900") == -315


def test_receivables_are_what_nobody_has_answered_yet(books):
    ctx, _, _ = books
    open_claims = TRUTH[(TRUTH["kind"] == "claim") | (TRUTH["expected"] == "held")]
    assert balance(ctx, "1100") == cents(open_claims["charge"]).sum()


def test_cash_is_the_bank_and_takebacks_are_settled(books):
    ctx, _, _ = books
    deposits = TRUTH[TRUTH["kind"] == "deposit"]
    assert balance(ctx, "1000") == cents(deposits["payment"]).sum()
    assert (balance(ctx, "2100"), balance(ctx, "2110")) == (0, 0)
    unmatched = cents(TRUTH.loc[(TRUTH["kind"] == "claim_payment") & (TRUTH["expected"] == "unmatched"), "paid"]).sum()
    held = set(TRUTH.loc[TRUTH["expected"] == "held", "trace_number"])
    unexplained = deposits[(deposits["expected"] == "no-remittance") | deposits["trace_number"].isin(held)]
    assert -balance(ctx, "2200") == unmatched + cents(unexplained["payment"]).sum()


def test_every_denied_claim_has_a_case_and_no_other(books):
    ctx, _, _ = books
    told = final()
    denied = told[cents(told["denied"]) > 0]
    cases = query(
        ctx,
        schema.denial_cases.c.claim_number,
        schema.denial_cases.c.denied_cents,
        where=schema.denial_cases.c.state != "closed",
    )
    assert set(cases["claim_number"]) == set(denied["claim_number"])
    assert cases["denied_cents"].sum() == cents(denied["denied"]).sum()


def test_the_same_night_again_changes_nothing(books):
    ctx, _, _ = books
    count = sa.select(sa.func.count()).select_from(schema.journals)
    with read(ctx.engine) as conn:
        before = conn.execute(count).scalar_one()
    again = ingest(ctx, find_files(MONTH / "inbox"), DAY)
    assert again.counts == {"stored": 0, "held": 0, "refused": 0, "duplicate": 27}
    reconcile(ctx, DAY)
    with read(ctx.engine) as conn:
        assert conn.execute(count).scalar_one() == before
