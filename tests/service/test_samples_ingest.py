"""Every sample file there is goes through intake and reconcile: each has an outcome and a reason, twice is once."""

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

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample files is not here")


def counts(ctx):
    with read(ctx.engine) as conn:
        return {
            name: conn.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in schema.metadata.tables.items()
            if name not in ("runs", "receipts", "id_blocks")
        }


def test_every_sample_has_an_outcome_and_a_second_time_changes_nothing(tmp_path):
    settings = config.load(home=tmp_path / "home", accept_usage="P,T")
    settings.home.mkdir()
    audit.create_key(settings.audit_key_file)
    engine.upgrade(settings.database_url)
    ctx = open_context(settings, actor="tester")
    files = find_files(SAMPLES)

    report = ingest(ctx, files, DAY)
    assert sum(report.counts.values()) == len(files)
    assert report.counts["stored"] > 0
    unexplained = [one for one in report.outcomes if one.state != "stored" and not one.reason_code]
    assert unexplained == []
    reconcile(ctx, DAY)
    assert [problem for one in verify(ctx) for problem in one.broken] == []

    before = counts(ctx)
    again = ingest(ctx, files, DAY)
    assert again.counts == {"stored": 0, "held": 0, "refused": 0, "duplicate": len(files)}
    done = reconcile(ctx, DAY)
    # That a file came again is a row with a seal, and the audit chain tells how far the seals reach now. Each of the
    # two runs is sealed as it begins and as it ends.
    assert counts(ctx) == before | {
        "row_seals": before["row_seals"] + len(files) + 4, "audit_events": before["audit_events"] + 1,
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
    ctx.engine.dispose()
