"""A simulated month whose patients pay: cash once, every check holds, and only what bounced or is too much is open."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import config
from claims.reports import manifest
from claims.service import patient_list
from claims.service.context import open_context
from claims.service.intake import find_files, ingest
from claims.service.patient_acts import void_payment
from claims.service.reconcile import reconcile
from claims.service.report import write_report
from claims.service.simulate import simulate_month
from claims.service.statement_export import write_statements
from claims.service.verify import verify
from claims.store import schema, upkeep
from claims.store.engine import read


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """The books of the month with and without patients who pay: contexts, and the day."""
    home = tmp_path_factory.mktemp("patients")
    made = {}
    for pays in (False, True):
        folder = home / f"month-{pays}"
        day = date.fromisoformat(simulate_month(folder, claims=40, seed=3, patients=pays)["posting_date"])
        settings = config.load(home=home / str(pays), database_url=f"sqlite:///{home / f'{pays}.db'}")
        upkeep.initialise(settings)
        ctx = open_context(settings, actor="test")
        ingest(ctx, find_files(folder / "inbox"), day)
        reconcile(ctx, day)
        made[pays] = (ctx, day, folder)
    yield made
    for ctx, _, _ in made.values():
        ctx.engine.dispose()


def kinds(ctx):
    table = schema.exceptions
    with read(ctx.engine) as conn:
        return Counter(conn.scalars(sa.select(table.c.type_code).where(table.c.state == "open")))


def balance(ctx, account):
    line = schema.ledger_lines
    with read(ctx.engine) as conn:
        total = sa.select(sa.func.coalesce(sa.func.sum(line.c.amount_cents), 0)).where(line.c.account == account)
        return int(conn.scalar(total))


@pytest.mark.long
def test_all_other_files_are_those_of_the_month_without_patients(books):
    without, pays = (books[one][2] / "inbox" for one in (False, True))
    names = {path.name for path in without.iterdir()}
    assert {path.name for path in pays.iterdir()} - names == {"patient_payments.csv"}
    differ = {name for name in names if (without / name).read_bytes() != (pays / name).read_bytes()}
    assert differ == {"bank.csv"}
    assert set((without / "bank.csv").read_text().splitlines()) < set((pays / "bank.csv").read_text().splitlines())


@pytest.mark.long
def test_what_patients_pay_is_cash_once_less_the_fees_and_only_bounced_and_too_much_is_open(books):
    ctx, _, folder = books[True]
    before = books[False][0]
    paid = pd.read_csv(folder / "inbox" / "patient_payments.csv", dtype=str, keep_default_na=False)
    cents = paid["amount"].str.replace(".", "", regex=False).astype("int64").sum()
    assert balance(before, "1200") - balance(ctx, "1200") == cents > 0
    fees, waits = balance(ctx, "5100") - balance(before, "5100"), balance(ctx, "2200") - balance(before, "2200")
    assert fees > 0 and waits > 0  # cheques that bounced wait for a person
    assert balance(ctx, "1000") - balance(before, "1000") == cents - fees - waits
    more = kinds(ctx) - kinds(before)
    assert set(more) == {"CREDIT_BALANCE_PATIENT", "RETURN_WITHOUT_DEPOSIT"} and not kinds(before) - kinds(ctx)
    assert [problem for one in verify(ctx) for problem in one.broken] == []


def test_the_tie_out_and_the_statements_of_the_month_hold(books, tmp_path):
    ctx, day, _ = books[True]
    for path in (write_report(ctx, "tieout", day, out=tmp_path / "t"), write_statements(ctx, day, out=tmp_path / "s")):
        checks = manifest.load(path.parent)["checks"]
        assert [check for check in checks if not check["holds"]] == []
    table = pd.read_csv(tmp_path / "s" / "reasons.csv", dtype=str, keep_default_na=False)
    assert set(table.loc[table["is_billed"] == "yes", "group_code"]) == {"PR"}


@pytest.mark.long
def test_taking_back_what_bounced_clears_it_and_another_night_changes_nothing(books):
    ctx, day, folder = books[True]
    bank = pd.read_csv(folder / "inbox" / "bank.csv", dtype=str, keep_default_na=False)
    numbers = set(bank.loc[bank["type"] == "RETURN", "trace_number"])
    rows = patient_list.listed(ctx, show_phi=True)
    bounced = rows[rows["reference"].isin(list(numbers))]
    assert len(bounced) == len(numbers) > 0
    for number in bounced["patient_payment_id"].tolist():
        void_payment(ctx, number, "no funds", day, day)
    reconcile(ctx, day)
    assert "RETURN_WITHOUT_DEPOSIT" not in kinds(ctx)
    assert balance(ctx, "2200") == balance(books[False][0], "2200")
    table = schema.journals
    with read(ctx.engine) as conn:
        before = conn.scalar(sa.select(sa.func.count()).select_from(table))
    reconcile(ctx, day)
    with read(ctx.engine) as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(table)) == before
    assert [problem for one in verify(ctx) for problem in one.broken] == []
