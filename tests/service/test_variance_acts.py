"""What people say of many variances at once: stale ones left alone, taken back whole; lists by an index."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from claims import config
from claims.errors import NotFoundError, UsageError
from claims.service import variance_acts as acts
from claims.service import variances
from claims.service.context import open_context
from claims.service.master import import_files
from claims.service.runs import open_run
from claims.service.verify import verify
from claims.store import audit, schema
from claims.store.engine import read, write
from claims.store.load import frame
from claims.store.queries import loose, variance_list
from claims.store.queries.variances import Filter
from claims.store.rows import insert_keyed
from tests.books import PAYER_ID, Bill, claims, remit
from tests.service.conftest import Practice

CASE = schema.variance_cases
DAY = date(2025, 7, 1)
NUMBERS = ("V1", "V2", "V3")
FEES = f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,110.00\n{PAYER_ID},99214,200.00\n"
PAID = "CLP*{0}*1*150*{1}**12*ICN{0}~\nSVC*HC:99213*150*{1}**1~\nCAS*CO*45*{2}~\n"
# Two lines sent, paid together under another code: the payer bundled them.
TOGETHER = """CLP*B1*1*350*210**12*ICNB1~
SVC*HC:99215*150*210**1*HC:99213~
CAS*CO*45*140~
CAS*OA*94*-200~
SVC*HC:99215*200*0**1*HC:99214~
CAS*CO*97*200~
"""


@pytest.fixture(scope="module")
def home(sqlite_template, tmp_path_factory):
    """Three lines paid 30, 40 and 50 below the contract, and a claim whose lines were bundled."""
    home = tmp_path_factory.mktemp("variances") / "claims-data"
    home.mkdir(mode=0o700)
    (home / "claims.db").write_bytes(sqlite_template.read_bytes())
    audit.create_key(home / "audit.key")
    practice = opened(home)
    (home / "fee_schedules.csv").write_text(FEES)
    import_files(practice.ctx, [home / "fee_schedules.csv"])
    rows = "".join(PAID.format(number, 80 - 10 * at, 70 + 10 * at) for at, number in enumerate(NUMBERS))
    head = f"BPR*I*420*C*ACH************20250310~\nTRN*1*T1*{PAYER_ID}~\n"
    bills = [Bill(number, [("99213", "150")]) for number in NUMBERS]
    practice.night(
        claims(*bills, Bill("B1", [("99213", "150"), ("99214", "200")])), remit(head + rows + TOGETHER), day=DAY
    )
    practice.ctx.engine.dispose()
    return home


def opened(home):
    settings = config.load(home=home, database_url=f"sqlite:///{home / 'claims.db'}")
    return Practice(open_context(settings, actor="anna"), home)


@pytest.fixture
def books(home, tmp_path):
    shutil.copytree(home, tmp_path / "claims-data")
    practice = opened(tmp_path / "claims-data")
    yield practice
    practice.ctx.engine.dispose()


def stands(books):
    return dict(books.rows(sa.select(CASE.c.claim_number, CASE.c.state)))


def chosen(books, *numbers):
    with read(books.ctx.engine) as conn:
        rows = frame(conn, sa.select(CASE.c.variance_case_id, CASE.c.claim_number))
    ids = rows.set_index("claim_number")["variance_case_id"]
    seen = dict(acts.selection(books.ctx, Filter(state="")))
    return [(int(ids[number]), seen[int(ids[number])]) for number in numbers]


@pytest.mark.long
def test_nobody_acts_on_a_day_ahead_of_today(books):
    tomorrow = books.ctx.settings.today() + timedelta(days=1)
    ((key,),) = books.rows(sa.select(CASE.c.case_key).where(CASE.c.claim_number == "V1"))
    acts_ahead = [
        lambda: acts.say(books.ctx, chosen(books, "V1"), "dispute", "", tomorrow),
        lambda: acts.undo(books.ctx, 1, tomorrow),
        lambda: acts.take_back(books.ctx, key, tomorrow),
        *(lambda kind=kind: open_run(books.ctx, kind, tomorrow) for kind in ("action", "payments", "undo", "replay")),
    ]
    for act in acts_ahead:
        with pytest.raises(UsageError, match="ahead of today"):
            act()
    assert set(stands(books).values()) == {"open"}


def is_whole(books):
    return [problem for one in verify(books.ctx) for problem in one.broken] == []


def test_a_list_is_looked_at_said_and_taken_back(books):
    everything = acts.selection(books.ctx, variances.asked_for("open", "underpaid"))
    assert len(everything) == 4
    looked = acts.preview(books.ctx, everything, "accept", "amended", DAY)
    assert (looked.act, len(looked.done), looked.open_cents) == (0, 4, 3000 + 4000 + 5000 + 10000)
    assert set(stands(books).values()) == {"open"}
    acts.say(books.ctx, chosen(books, "V2"), "note", "they called", DAY)  # meanwhile
    acts.say(books.ctx, chosen(books, "V3"), "dispute", "", DAY)
    done = acts.say(books.ctx, everything, "accept", "amended", DAY)
    assert sorted(done.stale) == sorted(case_id for case_id, _ in chosen(books, "V2", "V3"))
    assert stands(books) == {"V1": "accepted", "V2": "open", "V3": "disputed", "B1": "accepted"}
    ((kept,),) = books.rows(
        sa.select(schema.audit_events.c.body).where(schema.audit_events.c.action == "variance.accept")
    )
    assert kept == '{"cases":2,"open_cents":13000}'
    acts.say(books.ctx, chosen(books, "V1"), "note", "a note hinders nothing", DAY)
    acts.say(books.ctx, chosen(books, "B1"), "close", "too old", DAY)
    back = acts.undo(books.ctx, done.act, DAY)
    assert stands(books)["V1"] == "open" and back.refused == {acts.MOVED_ON: [chosen(books, "B1")[0][0]]}
    assert books.rows(sa.select(CASE.c.closed_posting_date).where(CASE.c.claim_number == "V1")) == [(None,)]
    variances.take_back(books.ctx, books.rows(sa.select(CASE.c.case_key).where(CASE.c.claim_number == "B1"))[0][0][:10])
    assert stands(books)["B1"] == "accepted"  # what stood before the last thing that was said
    assert is_whole(books)


def test_what_makes_no_sense_is_refused_and_what_is_no_act_is_none(books):
    one = chosen(books, "V1")
    first = acts.say(books.ctx, one, "dispute", "", DAY)
    assert acts.say(books.ctx, chosen(books, "V1"), "dispute", "", DAY).refused == {acts.NO_CHANGE: [one[0][0]]}
    several = acts.say(books.ctx, chosen(books, "V2", "V3"), "close", "", DAY)
    with pytest.raises(UsageError, match="by its own number"):
        acts.undo(books.ctx, several.act + 1, DAY)  # its second event
    for wrong in (10**9, first.act - 1):
        with pytest.raises((NotFoundError, UsageError)):
            acts.undo(books.ctx, wrong, DAY)
    acts.undo(books.ctx, several.act, DAY)
    with pytest.raises(UsageError, match="disputed, accepted or closed"):
        acts.undo(books.ctx, several.act + 2, DAY)  # the undo itself
    with pytest.raises(UsageError, match="wants words"):
        acts.say(books.ctx, one, "note", " ", DAY)
    with pytest.raises(NotFoundError):
        acts.say(books.ctx, [(10**9, 1)], "accept", "", DAY)
    assert stands(books) == {"V1": "disputed", "V2": "open", "V3": "open", "B1": "open"} and is_whole(books)


def test_taking_back_gives_the_day_on_which_it_was_over(books):
    first, second = date(2025, 7, 1), date(2025, 8, 15)

    def stand():
        names = (CASE.c.state, CASE.c.closed_posting_date)
        return books.rows(sa.select(*names).where(CASE.c.claim_number == "V1"))[0]

    acts.say(books.ctx, chosen(books, "V1"), "accept", "amended", first)
    later = acts.say(books.ctx, chosen(books, "V1"), "dispute", "no, it is not", second)
    assert stand() == ("disputed", None)
    ((key,),) = books.rows(sa.select(CASE.c.case_key).where(CASE.c.claim_number == "V1"))
    acts.take_back(books.ctx, key, second)
    assert stand() == ("accepted", first)
    assert acts.undo(books.ctx, later.act, second).refused == {acts.MOVED_ON: [chosen(books, "V1")[0][0]]}
    acts.take_back(books.ctx, key, second)  # what was said before it stands again, and is taken back, too
    assert stand() == ("open", None)
    with pytest.raises(UsageError, match="Nothing was said"):
        acts.take_back(books.ctx, key, second)
    assert is_whole(books)


def test_so_many_are_done_at_once_and_all_of_them_taken_back(books, monkeypatch):
    monkeypatch.setattr(acts, "MOST", 2)
    everything = acts.selection(books.ctx, variances.asked_for("open"), 4)
    for do in (acts.preview, acts.say):
        with pytest.raises(UsageError, match="At most 2 variances"):
            do(books.ctx, everything, "accept", "", DAY)
    done = acts.say(books.ctx, everything[:2], "accept", "", DAY)
    monkeypatch.setattr(acts, "MOST", 1)  # what was done when more was allowed
    assert len(acts.undo(books.ctx, done.act, DAY).done) == 2
    assert set(stands(books).values()) == {"open"}


def test_a_bundling_says_that_it_is_one(books):
    rows = variances.page(books.ctx, variances.asked_for()).rows.set_index("claim_number")
    assert rows.loc["B1", "bundling"] == "Bundled: 99213, 99214 paid as 99215"
    assert rows.loc["B1", "line_number"] == 0 and (rows.loc[list(NUMBERS), "bundling"] == "").all()
    told = variances.told(books.ctx, rows.loc["B1", "key"])
    assert told["case"]["bundling"] == "Bundled: 99213, 99214 paid as 99215"


@pytest.fixture(scope="module")
def many(home, tmp_path_factory):
    """The same with thousands of invented cases in all states, of both kinds and several payers."""
    copy = tmp_path_factory.mktemp("many") / "claims-data"
    shutil.copytree(home, copy)
    practice = opened(copy)
    random = np.random.default_rng(7)
    count = 4000
    with write(practice.ctx.engine) as conn:
        one = frame(conn, sa.select(CASE).where(CASE.c.claim_number == "V1")).drop(columns="variance_case_id")
        rows = pd.concat([one] * count, ignore_index=True).assign(
            case_key=[f"{number:064x}" for number in range(count)],
            payer_code=random.choice(["P1", "P2", "P3"], count),
            kind=random.choice(["underpaid", "overpaid"], count, p=[0.9, 0.1]),
            state=random.choice(["open", "disputed", "accepted", "recovered", "closed"], count),
            open_cents=random.integers(100, 5000, count) * 10,
            posting_date=random.choice([f"2025-0{month}-11" for month in range(1, 8)], count),
        )
        texts = dict.fromkeys(("payer_code", "kind", "state", "posting_date", "case_key"), "str")
        insert_keyed(conn, CASE, rows.astype(texts))
    yield practice.ctx
    practice.ctx.engine.dispose()


ASKED = {
    "open": Filter(),
    "any": Filter(state=""),
    "kind": Filter(kind="overpaid"),
    "payer": Filter(state="closed", payer_code="P2"),
    "payer, kind and amount": Filter(payer_code="P1", kind="overpaid", least_cents=20_000),
    "old": Filter(kind="underpaid", opened_by=date(2025, 3, 31)),
}


def test_payers_are_read_from_an_index_whatever_their_number(many):
    statements = []
    sa.event.listen(many.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    assert [code for code, _ in variances.payers(many)] == sorted([PAYER_ID, "P1", "P2", "P3"])
    assert len([one for one in statements if "variance_cases" in one]) == 1
    assert variances.has_payer(many, "P2") and not variances.has_payer(many, "P")
    with read(many.engine) as conn:
        one = next(one for one in statements if "variance_cases.state IN" in one)
        plans = [conn.exec_driver_sql("EXPLAIN QUERY PLAN " + one.replace("?", "'1'"))]
        found = loose.named_select(CASE.c.payer_code, CASE.c.payer_name, CASE.c.state, variance_list.STATES, 5)
        text = found.compile(conn.engine, compile_kwargs={"literal_binds": True})
        plans.append(conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
        steps = [row[3] for plan in plans for row in plan]
    own = [step for step in steps if "USING" in step]
    assert len(own) == 3 and all("INDEX ix_variance_cases_payer_by" in step for step in own), steps
    assert not [step for step in steps if step.startswith("SCAN variance_cases") or "TEMP B-TREE" in step], steps


@pytest.mark.parametrize("sort", variance_list.SORTS)
@pytest.mark.parametrize("name", ASKED)
def test_pages_follow_each_other_by_an_index(many, name, sort):
    asked = ASKED[name]
    with read(many.engine) as conn:
        rows = frame(conn, sa.select(CASE).where(asked.condition()))
        text = variance_list.page_select(asked, sort, (1000 if sort == "amount" else date(2025, 4, 11), 9), 51)
        compiled = text.compile(conn.engine, compile_kwargs={"literal_binds": True})
        steps = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
    own = [step for step in steps if "variance_cases" in step]
    assert own and all(f"_by_{sort}" in step for step in own), steps
    if len(asked.states) == 1:
        assert not [step for step in steps if "TEMP B-TREE" in step], steps
    order = variance_list.SORTS[sort]
    wanted = rows.sort_values([order.column, variance_list.ID], ascending=not order.is_descending)[
        variance_list.ID
    ].tolist()
    there, place, pages = [], None, []
    for _ in range(3):
        page = variances.page(many, asked, sort, place, 40)
        there += page.rows[variance_list.ID].tolist()
        pages.append(page)
        place = page.next
        if place is None:
            break
    assert there == wanted[: len(there)] and (place or len(there) == len(wanted))
    if len(pages) > 1:
        back = variances.page(many, asked, sort, pages[1].previous, 40)
        assert back.rows[variance_list.ID].tolist() == wanted[:40]
