"""Every sample remittance posts, or is held with the level that is wrong named; all money is accounted for."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims import config
from claims.service.context import open_context
from claims.service.intake import find_files, ingest
from claims.service.reconcile import reconcile
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
def rows(tmp_path_factory):
    """Ask the books of all samples that hold an 835."""
    settings = config.load(home=tmp_path_factory.mktemp("samples") / "home", accept_usage="P,T")
    settings.home.mkdir()
    audit.create_key(settings.audit_key_file)
    engine.upgrade(settings.database_url)
    ctx = open_context(settings, actor="tester")
    ingest(ctx, [path for path in find_files(SAMPLES) if b"835" in path.read_bytes()], DAY)
    reconcile(ctx, DAY)

    def ask(select):
        with read(ctx.engine) as conn:
            return [tuple(row) for row in conn.execute(select)]

    yield ask
    ctx.engine.dispose()


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
