"""The lists of the desk: pages follow each other without gap or repeat, and an index serves every one offered."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import config
from claims.errors import UsageError
from claims.service.context import open_context
from claims.service.desk import actions, priority, queue
from claims.service.desk.queue import PAIRS, SORTS, Filters
from claims.service.runs import running
from claims.store import audit, schema
from claims.store.engine import read, write
from claims.store.load import frame
from claims.store.queries import denial_charts, desk_queue, loose
from claims.store.rows import insert_keyed
from tests.books import Bill, claims, remit
from tests.service.conftest import Practice
from tests.service.desk import invented

CASES, CASE = 6_000, schema.denial_cases
DENIED = remit("""BPR*H*0*C*NON************20250611~
                  TRN*1*T2*1512345678~
                  CLP*A1*4*75*0**12*ICN1~
                  SVC*HC:99212*75*0**1~
                  CAS*CO*197*75~""")


@pytest.fixture(scope="module")
def filled(sqlite_template, tmp_path_factory):
    """A database with one real case and so many invented ones."""
    home = tmp_path_factory.mktemp("desk") / "claims-data"
    home.mkdir(mode=0o700)
    (home / "claims.db").write_bytes(sqlite_template.read_bytes())
    settings = config.load(home=home, database_url=f"sqlite:///{home / 'claims.db'}")
    audit.create_key(settings.audit_key_file)
    ctx = _filled(settings, home)
    yield ctx
    ctx.engine.dispose()


def _filled(settings, folder, count=CASES):
    ctx = open_context(settings, actor="anna")
    practice = Practice(ctx, folder)
    practice.night(claims(Bill("A1", [("99212", "75")])), DENIED)
    invented.fill(ctx, count, 1)
    with write(ctx.engine) as conn:
        runs = sa.select(sa.func.min(schema.runs.c.run_id)).scalar_subquery()
        cases = schema.denial_cases
        conn.execute(sa.update(cases).where(cases.c.changed_run_id == 1).values(changed_run_id=runs))
        few = sa.update(cases).where(cases.c.case_id.between(50, 600))
        pattern = {
            "pattern_key": "k",
            "payer_code": "P1",
            "reason_code": "16",
            "remark_codes": "",
            "procedure_codes": "",
        }
        days = {"posting_date": invented.DAY.isoformat(), "recorded_at": ""}
        insert_keyed(conn, schema.denial_patterns, pd.DataFrame([pattern | days]).astype("str").assign(cases=551))
        conn.execute(few.values(pattern_id=1))
        conn.execute(sa.update(cases).where(cases.c.case_id.between(300, 900)).values(tag="batch"))
    return ctx


@pytest.fixture(scope="module")
def everything(filled):
    with read(filled.engine) as conn:
        return frame(conn, sa.select(schema.denial_cases))


def expected(everything, filters, sort, actor="anna"):
    """What the list has, worked out without the database: ids in order."""
    rows = everything
    if filters.state != "any":
        rows = rows[rows["queue"] == filters.state]
    for name in ("payer_code", "reason_code", "category", "next_action", "tag"):
        if getattr(filters, name):
            rows = rows[rows[name] == getattr(filters, name)]
    if filters.pattern_id:
        rows = rows[rows["pattern_id"] == filters.pattern_id]
    if filters.mine_or_unassigned:
        rows = rows[rows["assignee"].isin(["", actor])]
    elif filters.assignee is not None:
        rows = rows[rows["assignee"] == filters.assignee]
    if filters.due_by:
        rows = rows[rows["deadline_sort_date"] <= filters.due_by.isoformat()]
    if filters.minimum_cents:
        rows = rows[rows["at_risk_cents"] >= filters.minimum_cents]
    if filters.changed_since_run:
        rows = rows[rows["changed_run_id"] >= filters.changed_since_run]
    order = SORTS[sort]
    return rows.sort_values([order.column, "case_id"], ascending=not order.is_descending)


def walked(ctx, filters, sort, size, most=4):
    """Read pages forwards, and then back again: the ids of each way."""
    there, back, place = [], [], None
    for _ in range(most):
        page = queue.page(ctx, filters, sort, place, size)
        there.append(page.rows["case_id"].tolist())
        place = page.next
        last = page
        if place is None:
            break
    while last.previous is not None:
        last = queue.page(ctx, filters, sort, last.previous, size)
        back.append(last.rows["case_id"].tolist())
    return there, back[::-1]


DUE = invented.DAY + timedelta(days=7)
LISTS = [
    Filters(),
    Filters(mine_or_unassigned=True),
    Filters(state="any"),
    Filters(state="closed"),
    Filters(state="any", assignee="bert"),
    Filters(assignee=""),
    Filters(payer_code="P6"),
    Filters(payer_code="P1", reason_code="16", category="TECH"),
    Filters(category="AUTH", mine_or_unassigned=True),
    Filters(next_action="C7", payer_code="P2"),
    Filters(pattern_id=1, payer_code="P1"),
    Filters(tag="batch"),
    Filters(tag="batch", mine_or_unassigned=True, minimum_cents=100),
    Filters(due_by=DUE),
    Filters(minimum_cents=100_000, payer_code="P1"),
    Filters(changed_since_run=1),
    Filters(changed_since_run=999_999),
    Filters(changed_since_run=1, payer_code="P1"),
    Filters(changed_since_run=1, pattern_id=1),
    Filters(payer_code="nobody"),
]


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("filters", LISTS, ids=lambda one: one.driver or "state")
def test_pages_follow_each_other_both_ways_and_totals_add_up(filled, everything, filters):
    for sort in filters.sorts:
        wanted = expected(everything, filters, sort)
        ids = wanted["case_id"].tolist()
        there, back = walked(filled, filters, sort, 37)
        seen = [one for part in there for one in part]
        assert seen == ids[: len(seen)] and (len(seen) == len(ids) or len(there) == 4)
        assert back == there[:-1]
    is_closed = wanted["state"] == "closed"
    at_risk, recovered = wanted.loc[~is_closed, "at_risk_cents"].sum(), wanted.loc[is_closed, "recovered_cents"].sum()
    assert queue.totals(filled, filters) == (len(wanted), int(at_risk), int(recovered))
    assert sorted(case_id for case_id, _ in queue.selection(filled, filters)) == sorted(ids)


@pytest.mark.parametrize("sort", ["score", "at_risk", "deadline"])
def test_the_neighbours_of_a_case_are_those_of_its_list(filled, everything, sort):
    filters = Filters(payer_code="P1")
    keys = expected(everything, filters, sort)[["case_id", "case_key"]].values.tolist()
    for at in (0, 1, 7, len(keys) - 1):
        before = keys[at - 1][1] if at else ""
        after = keys[at + 1][1] if at + 1 < len(keys) else ""
        assert queue.neighbours(filled, filters, sort, keys[at][0]) == (before, after)
    elsewhere = everything[(everything["payer_code"] != "P1") & (everything["queue"] == "open")].iloc[5]
    column, down = SORTS[sort].column, SORTS[sort].is_descending
    mine = expected(everything, filters, sort)
    place = (elsewhere[column], elsewhere["case_id"])
    rest = [
        key for value, case_id, key in mine[[column, "case_id", "case_key"]].values.tolist()
        if ((value, case_id) < place if down else (value, case_id) > place)
    ]  # fmt: skip
    assert queue.neighbours(filled, filters, sort, int(elsewhere["case_id"]))[1] == (rest[0] if rest else "")
    assert queue.neighbours(filled, filters, sort, 10**9) == ("", "")


def test_what_can_be_chosen_from_is_what_cases_have(filled, everything):
    assert queue.tags(filled) == sorted(set(everything["tag"]) - {""})
    of_open = set(everything.loc[everything["queue"] != "closed", "payer_code"])
    assert {code for code, _ in queue.open_payers(filled)} == of_open


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("197", "197"), ("CO-197", "197"), ("pr 96", "96"), ("OA23", "23"), ("CO-B7", "B7"), ("P14", "P14")),
        *(("PI-P14", "P14"), ("", ""), ("N130", "N130"), ("what?", "WHAT?")),
    ],
)
def test_a_reason_may_stand_with_its_group(text, code):
    assert queue.reason(text) == code


@pytest.mark.parametrize("more", [{}, {"payer_code": "P1"}, {"state": "any"}], ids=str)
def test_what_very_many_runs_changed_is_all_there(filled, everything, monkeypatch, more):
    monkeypatch.setattr(desk_queue, "MOST_RUNS", 0)
    test_pages_follow_each_other_both_ways_and_totals_add_up(filled, everything, Filters(changed_since_run=1, **more))
    select = desk_queue.page_select(Filters(changed_since_run=1, **more), "anna", "score", None, 51, None)
    parts = [step for step in _sqlite_plan(filled, select) if "denial_cases" in step]
    index = "ix_denial_cases_payer_code_by_score" if "payer_code" in more else "ix_denial_cases_by_score"
    assert parts and all(f"USING INDEX {index}" in step for step in parts), parts


def test_a_page_says_what_a_row_is_worth_and_when(filled):
    row = queue.page(filled, Filters(), size=1).rows.iloc[0]
    parts = 50 * row["value_points"] + 35 * row["urgency_points"] + 15 * row["touch_points"] - 10 * row["effort_points"]
    assert row["score"] == parts // 100
    assert row["next_action_label"] and row["days_left"] is not pd.NA


@pytest.mark.parametrize(
    ("filters", "sort", "after", "size", "told"),
    [
        (Filters(state="lost"), "score", None, 5, "no queue"),
        (Filters(), "payer", None, 5, "sorted by"),
        (Filters(pattern_id=1), "deadline", None, 5, "sorted by score"),
        (Filters(due_by=DUE), "score", None, 5, "sorted by deadline"),
        (Filters(), "score", ("x", 1), 5, "first page"),
        (Filters(), "deadline", (5, 1), 5, "first page"),
        (Filters(), "score", (5, 1, "sideways"), 5, "first page"),
        (Filters(), "score", None, 0, "1 to 500"),
    ],
)
def test_what_cannot_be_is_wrong_use(filled, filters, sort, after, size, told):
    with pytest.raises(UsageError, match=told):
        queue.page(filled, filters, sort, after, size)


def test_every_sort_has_a_column_that_is_never_empty():
    assert all(not schema.denial_cases.c[order.column].nullable for order in SORTS.values())


# ---- plans ------------------------------------------------------------------------------------------------------

_ONE = {
    "": {},
    "pattern_id": {"pattern_id": 1},
    "tag": {"tag": "batch"},
    "changed_since_run": {"changed_since_run": 1},
    "reason_code": {"reason_code": "16"},
    "payer_code": {"payer_code": "P1"},
    "next_action": {"next_action": "C7"},
    "category": {"category": "AUTH"},
    "assignee": {"assignee": "anna"},
}
_MORE = [{}, {"mine_or_unassigned": True}, {"state": "any"}, {"category": "AUTH", "payer_code": "P1"}]
OFFERED = [(pair, sort) for pair in PAIRS for sort in pair.sorts]


@pytest.mark.parametrize(
    ("pair", "sort"), OFFERED, ids=[f"{pair.filter or 'state'} by {sort}" for pair, sort in OFFERED]
)
def test_every_list_offered_is_read_from_its_index(filled, pair, sort):
    for more in _MORE:
        filters = Filters(**(more | _ONE[pair.filter]))
        if filters.driver != pair.filter:
            continue
        for after, back in ((None, False), (_somewhere(sort), False), (_somewhere(sort), True)):
            select = desk_queue.page_select(filters, "anna", sort, after, 51, [1], back=back)
            steps = _sqlite_plan(filled, select)
            parts = [step for step in steps if "denial_cases" in step]
            assert parts and all(f"USING INDEX {pair.index_of(sort)}" in step for step in parts), steps
            assert not [step for step in steps if step.startswith("SCAN denial_cases")]
            # What is sorted is the merged first rows of several lists.
            assert len(parts) > 1 or not [step for step in steps if "TEMP B-TREE" in step], steps


@pytest.mark.parametrize("name", ["", "reason_code", "payer_code", "next_action", "category", "assignee"])
def test_totals_of_a_list_read_an_index_and_no_row(filled, name):
    steps = _sqlite_plan(filled, desk_queue.totals_select(Filters(**_ONE[name]), "anna"))
    assert steps and all("USING COVERING INDEX" in step for step in steps), steps


def test_charts_add_up_what_an_index_finds(filled):
    since = invented.DAY - timedelta(days=60)
    selects = {
        "by category": (denial_charts.open_by_select("category"), "COVERING INDEX ix_denial_cases_category_by_at_risk"),
        "by payer": (denial_charts.open_by_select("payer_code"), "COVERING INDEX ix_denial_cases_payer_code_by"),
        "by deadline": (denial_charts.open_by_deadline_select(), "(queue=?)"),
        "by day": (denial_charts.by_day_select(since), "ix_denial_cases_by_age (queue=? AND posting_date>?)"),
        "patterns": (denial_charts.patterns_select(), "ix_denial_cases_pattern (pattern_id>?)"),
    }
    for name, (select, index) in selects.items():
        steps = _sqlite_plan(filled, select)
        assert any(index in step for step in steps), (name, steps)
        assert not [step for step in steps if step.startswith("SCAN denial_cases")], (name, steps)
    steps = _sqlite_plan(filled, denial_charts.decided_by_day_select(since))
    assert any("ix_remittances_state (state=? AND payment_date>?)" in step for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN") and "subq" not in step], steps


def _somewhere(sort):
    is_day = SORTS[sort].column.endswith("_date")
    return (date(2026, 2, 1) if is_day else -(2**60), 100)


def _sqlite_plan(ctx, select):
    with read(ctx.engine) as conn:
        text = select.compile(conn, compile_kwargs={"literal_binds": True})
        return [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]


def _thousands_at_once(ctx):
    """Act on a whole list, take it back, and let the night look at it: the same on both engines."""
    for is_first in (True, False):
        with running(ctx, "reconcile", invented.DAY) as (run_id, _):
            counts = priority.prioritise(ctx, run_id, invented.DAY)
        assert bool(counts["denials_scored"]) == is_first and bool(counts["pattern_cases"]) == is_first
    asked = Filters(assignee="")
    before = queue.totals(ctx, asked)
    done = actions.assign(ctx, queue.selection(ctx, asked), "dora", invented.DAY)
    assert len(done.done) == before.cases > 1000 and not done.stale
    assert queue.totals(ctx, Filters(assignee="dora")) == before
    undone = actions.undo(ctx, done.action_id, invented.DAY)
    assert len(undone.done) == before.cases and queue.totals(ctx, asked) == before


@pytest.mark.long
def test_thousands_are_acted_on_at_once(filled, tmp_path):
    home = tmp_path / "claims-data"
    shutil.copytree(filled.settings.home, home)
    settings = config.load(home=home, database_url=f"sqlite:///{home / 'claims.db'}")
    ctx = open_context(settings, actor="anna")
    _thousands_at_once(ctx)
    ctx.engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_reads_every_list_offered_from_its_index(settings, tmp_path):
    ctx = _filled(settings, tmp_path, 12_000)
    try:
        with write(ctx.engine) as conn:
            conn.execute(sa.text("ANALYZE denial_cases"))
        for pair, sort in OFFERED:
            filters = Filters(**_ONE[pair.filter])
            for more in _MORE:
                wanted = Filters(**(more | _ONE[pair.filter]))
                if wanted.driver != filters.driver:
                    continue
                select = desk_queue.page_select(wanted, "anna", sort, _somewhere(sort), 51, [1])
                with read(ctx.engine) as conn:
                    text = select.compile(conn, compile_kwargs={"literal_binds": True})
                    steps = [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {str(text).replace('%', '%%')}")]
                plan = "\n".join(steps)
                assert "Seq Scan" not in plan, plan
                # Statistics may prefer the index of another filter, or to sort where few rows are left.
                assert "Index Scan" in plan, plan
                assert all(int(rows) <= 20_000 for rows in re.findall(r"rows=([0-9]+)", plan)), plan
        select = loose.named_select(CASE.c.payer_code, CASE.c.payer_name, CASE.c.queue, desk_queue.OPEN, 5)
        with read(ctx.engine) as conn:
            text = select.compile(conn, compile_kwargs={"literal_binds": True})
            plan = "\n".join(row[0] for row in conn.exec_driver_sql(f"EXPLAIN {text}"))
            assert "Seq Scan" not in plan and "Index" in plan, plan
        assert queue.open_payers(ctx)
        _thousands_at_once(ctx)
    finally:
        ctx.engine.dispose()
