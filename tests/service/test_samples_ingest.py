"""Every sample file there is goes through intake and reconcile: each has an outcome and a reason, twice is once.

Every remittance posts, or is held with the level that is wrong named; all money is accounted for.
"""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims import config
from claims.service.context import open_context
from claims.service.intake import find_files, ingest
from claims.service.reconcile import reconcile
from claims.service.verify import verify
from claims.store import audit, engine, schema
from claims.store.engine import read

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
DAY = date(2026, 6, 30)
R, CP, L, J, T = (
    schema.remittances,
    schema.claim_payments,
    schema.ledger_lines,
    schema.journals,
    schema.transactions,
)

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample files is not here")


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """The books of all samples: the context, the files, and the report of their intake."""
    settings = config.load(home=tmp_path_factory.mktemp("samples") / "home", accept_usage="P,T")
    settings.home.mkdir()
    audit.create_key(settings.audit_key_file)
    engine.upgrade(settings.database_url)
    ctx = open_context(settings, actor="tester")
    files = find_files(SAMPLES)
    report = ingest(ctx, files, DAY)
    reconcile(ctx, DAY)
    yield ctx, files, report
    ctx.engine.dispose()


@pytest.fixture
def rows(books):
    """Ask these books."""

    def ask(select):
        with read(books[0].engine) as conn:
            return [tuple(row) for row in conn.execute(select)]

    return ask


def counts(ctx):
    with read(ctx.engine) as conn:
        return {
            name: conn.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in schema.metadata.tables.items()
            if name not in ("runs", "receipts", "id_blocks")
        }


def test_every_sample_has_an_outcome_and_a_reason(books):
    _, files, report = books
    assert sum(report.counts.values()) == len(files)
    assert report.counts["stored"] > 0
    assert [one for one in report.outcomes if one.state != "stored" and not one.reason_code] == []


def test_each_remittance_posts_or_says_what_holds_it(rows):
    states = rows(sa.select(R.c.state, R.c.reason_code, R.c.remit_id))
    assert {state for state, _, _ in states} <= {"posted", "held", "duplicate", "informational"}
    assert any(state == "posted" for state, _, _ in states)
    assert [remit_id for state, reason, remit_id in states if state == "held" and not reason] == []
    unbalanced = {reason for state, reason, _ in states if state == "held" and reason.endswith("-out-of-balance")}
    assert unbalanced <= {"line-out-of-balance", "claim-out-of-balance", "remittance-out-of-balance"}
    held = rows(sa.select(T.c.transaction_id).where(T.c.set_code == "835", T.c.state.in_(["held", "refused"])))
    named = rows(sa.select(T.c.transaction_id).where(T.c.set_code == "835", T.c.reason_code.is_not(None)))
    assert set(held) <= set(named)


def test_all_money_is_posted_or_held_and_what_is_posted_is_applied_or_waits(rows):
    """Distinct payments: sum of BPR02 = posted + held; posted = applied + unapplied - provider adjustments."""
    payments = rows(sa.select(R.c.state, R.c.payment_cents, R.c.plb_cents, R.c.remit_id))
    distinct = [one for one in payments if one[0] in ("posted", "held")]
    posted = [one for one in payments if one[0] == "posted"]
    total, held = sum(one[1] for one in distinct), sum(one[1] for one in distinct if one[0] == "held")
    clearing = dict(
        rows(
            sa.select(J.c.remit_id, sa.func.sum(L.c.amount_cents))
            .join(L, L.c.journal_id == J.c.journal_id)
            .where(L.c.account == "1050", J.c.source == "835", L.c.remit_id == J.c.remit_id)
            .group_by(J.c.remit_id)
        )
    )
    assert sum(int(clearing.get(remit_id, 0)) for _, _, _, remit_id in posted) == total - held
    waits = -sum(
        int(cents)
        for (cents,) in rows(
            sa.select(L.c.amount_cents).where(L.c.account == "2200", L.c.claim_payment_id.is_not(None))
        )
    )
    paid = dict(rows(sa.select(CP.c.remit_id, sa.func.sum(CP.c.paid_cents)).group_by(CP.c.remit_id)))
    applied = sum(int(paid.get(remit_id, 0)) for _, _, _, remit_id in posted) - waits
    assert total - held == applied + waits - sum(one[2] for one in posted)


def test_a_second_time_changes_nothing(books):
    ctx, files, _ = books
    before = counts(ctx)
    again = ingest(ctx, files, DAY)
    assert again.counts == {"stored": 0, "held": 0, "refused": 0, "duplicate": len(files)}
    done = reconcile(ctx, DAY)
    # That a file came again is a row with a seal, and the audit chain tells how far the seals reach now, which has a
    # seal in its turn. Each of the two runs is sealed as it begins and as it ends.
    assert counts(ctx) == before | {
        "row_seals": before["row_seals"] + len(files) + 5, "audit_events": before["audit_events"] + 1,
    }  # fmt: skip
    standing = (
        "answers_unknown",
        "answers_missing",
        "payments_unmatched",
        "deposits_unexplained",
        "remittances_without_deposit",
        "at_risk_cents",
    )
    assert {name: value for name, value in done.items() if value and name not in standing} == {}


@pytest.mark.long  # it reads every file once more
def test_the_books_of_all_samples_are_sound(books):
    assert [problem for one in verify(books[0]) for problem in one.broken] == []
