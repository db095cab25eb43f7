"""The nightly flow in this process, on our own Prefect server and real books."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest
import sqlalchemy as sa

from claims import config
from claims.errors import DatabaseBusyError
from claims.service import intake, reconcile, runs
from claims.service.context import open_context
from claims.store import schema
from claims.store.engine import read, write
from tests.flows.conftest import CANARIES, DAY

pytestmark = pytest.mark.usefixtures("prefect_server")


class Practice:
    """Books, an inbox, and a night over it."""

    def __init__(self, ctx, inbox):
        self.ctx, self.inbox = ctx, inbox

    def night(self, day: date = DAY):
        from flows import steps
        from flows.engine import history_written, without_heartbeat
        from flows.nightly import nightly

        place = steps.Place(self.ctx, self.inbox, self.ctx.settings.outbox_folder)
        with history_written(), without_heartbeat(), steps.working_in(place):
            return nightly(day)

    def rows(self, select):
        with read(self.ctx.engine) as conn:
            return [tuple(row) for row in conn.execute(select)]

    def run_states(self):
        return [state for (state,) in self.rows(sa.select(schema.runs.c.state).order_by(schema.runs.c.run_id))]

    def books(self):
        """Every balance, match and case that a second night must not change."""
        lines, cases = schema.ledger_lines, schema.denial_cases
        return (
            self.rows(sa.select(lines.c.account, sa.func.sum(lines.c.amount_cents)).group_by(lines.c.account)),
            self.rows(sa.select(cases.c.case_key, cases.c.at_risk_cents, cases.c.state)),
            self.rows(sa.select(sa.func.count()).select_from(schema.journals)),
        )


@pytest.fixture
def practice(sqlite_url, inbox, tmp_path):
    from claims.store import audit

    settings = config.load(home=tmp_path / "claims-data", database_url=sqlite_url)
    audit.create_key(settings.audit_key_file)
    ctx = open_context(settings, actor="tester")
    yield Practice(ctx, inbox)
    ctx.engine.dispose()


@pytest.fixture
def failing(monkeypatch):
    """Let a verb of the service fail with an exception that quotes a patient."""

    def fail(module, name, error=None, when=lambda *args: True):
        verb = getattr(module, name)

        def broken(*args):
            if when(*args):
                raise error or ValueError(" ".join(CANARIES.values()))
            return verb(*args)

        monkeypatch.setattr(module, name, broken)

    return fail


def _last_flow_run(server):
    with sqlite3.connect(server.folder / "prefect.db") as connection:
        found = connection.execute("SELECT state_type, state_name FROM flow_run ORDER BY created DESC LIMIT 1")
        state = found.fetchone()
    connection.close()
    return state


def test_a_night_reads_posts_ties_and_reports(practice, prefect_server):
    night = practice.night()
    assert night.intake.counts == {"stored": 3, "held": 0, "refused": 1, "duplicate": 0, "failed": 0}
    assert night.reconciled["claims_charged"] == 2
    assert night.reconciled["remittances_posted"] == 1
    assert night.reconciled["posted_cents"] == 8000
    assert practice.rows(sa.select(schema.denial_cases.c.at_risk_cents)) == [(6000,)]
    assert practice.rows(sa.select(schema.deposit_matches.c.amount_cents)) == [(8000,)]
    assert len(night.manifests) == 3
    assert all((practice.ctx.settings.reports_folder / manifest).is_file() for manifest in night.manifests)
    assert practice.run_states() == ["done"]
    assert _last_flow_run(prefect_server) == ("COMPLETED", "Completed")


@pytest.mark.long
def test_a_second_night_changes_nothing(practice):
    practice.night()
    before = practice.books()
    again = practice.night()
    assert again.intake.counts == {"stored": 0, "held": 0, "refused": 0, "duplicate": 4, "failed": 0}
    assert practice.books() == before


def test_a_cron_that_is_none_is_refused():
    from claims.errors import UsageError
    from flows.engine import next_time

    with pytest.raises(UsageError, match="'sometimes' is no cron"):
        next_time("sometimes", "America/New_York")


def test_a_failed_step_fails_the_night_visibly(practice, failing, prefect_server):
    from flows.failures import StepError

    failing(reconcile, "match_claims")
    with pytest.raises(StepError, match=r"^Step match_claims failed \(error [0-9a-f]{8}, ValueError\)\.$"):
        practice.night()
    assert practice.run_states() == ["failed"]
    assert _last_flow_run(prefect_server) == ("FAILED", "Failed")
    log = (practice.ctx.settings.home / "errors.log").read_text()
    assert "match_claims" in log
    assert not [word for word in CANARIES.values() if word in log]


@pytest.mark.long
def test_the_night_after_a_failed_one_ends_as_if_nothing_had_been(practice, failing, monkeypatch):
    from flows.failures import StepError

    with monkeypatch.context():
        failing(reconcile, "post_remittances")
        with pytest.raises(StepError):
            practice.night()
    monkeypatch.undo()
    assert practice.night().reconciled["posted_cents"] == 8000


def test_a_file_that_breaks_its_step_never_stops_the_others(practice, failing):
    from flows.failures import StepError

    first = {}
    failing(intake, "load_file", when=lambda ctx, run_id, file_id, day: first.setdefault("id", file_id) == file_id)
    with pytest.raises(StepError, match="Step load_file failed"):
        practice.night()
    states = sorted(state for (state,) in practice.rows(sa.select(schema.files.c.state)))
    assert len([state for state in states if state == "registered"]) == 1, states
    assert list(practice.ctx.settings.reports_folder.rglob("manifest.json")), "the night went on to its reports"
    assert practice.run_states() == ["failed"]


@pytest.mark.long
def test_a_file_that_nobody_may_read_never_stops_the_others(practice, monkeypatch):
    put = type(practice.ctx.vault).put

    def refused(vault, path):
        if path.name.endswith("d.txt"):
            raise PermissionError(13, "Permission denied", str(path))
        return put(vault, path)

    monkeypatch.setattr(type(practice.ctx.vault), "put", refused)
    assert practice.night().intake.counts["refused"] == 1
    assert practice.rows(sa.select(sa.func.count()).select_from(schema.claim_postings)) == [(2,)]
    listed = sa.select(schema.exceptions.c.type_code).where(schema.exceptions.c.type_code == "FILE_UNREADABLE")
    assert len(practice.rows(listed)) == 1


@pytest.mark.long
def test_a_locked_database_is_tried_again(practice, failing, monkeypatch):
    from flows import steps

    calls = []
    failing(reconcile, "match_claims", DatabaseBusyError(30), when=lambda *args: len(calls) < 2 and not calls.append(1))
    monkeypatch.setattr(steps, "match_claims", steps.match_claims.with_options(retry_delay_seconds=[0, 0]))
    assert practice.night().reconciled["posted_cents"] == 8000
    assert len(calls) == 2


@pytest.mark.long
def test_what_a_crashed_run_left_is_finished(practice):
    """Registered and not read, by a process that is gone: its lease is taken over and its file read."""
    run_id = runs.open_run(practice.ctx, "nightly", DAY)
    intake.register(practice.ctx, run_id, intake.find_files(practice.inbox)[:1])
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(schema.runs).values(process_id=2**22 + 1, process_started="1"))
    night = practice.night()
    assert night.intake.counts == {"stored": 3, "held": 0, "refused": 1, "duplicate": 0, "failed": 0}
    assert practice.run_states() == ["failed", "done"]


def test_a_run_of_a_living_process_keeps_a_second_one_out(practice):
    from flows.failures import StepError

    runs.open_run(practice.ctx, "nightly", DAY)
    with pytest.raises(StepError, match="Step open_run failed") as caught:
        practice.night()
    assert "run 1 is still working" in caught.value.sentence


def test_steps_take_ids_and_days_only():
    """Prefect stores what a flow is called with; an inbox may be named after a patient."""
    import inspect

    from flows import steps
    from flows.nightly import nightly

    tasks = [one for one in vars(steps).values() if isinstance(one, steps.Task)]
    assert len(tasks) >= 12
    allowed = {"int", "date", "date | None", "dict[str, int]", "bool"}
    report_words = {"name", "known_at"}
    for one in [*tasks, nightly]:
        for name, parameter in inspect.signature(one.fn).parameters.items():
            assert str(parameter.annotation) in allowed or name in report_words, (one.name, name)
