"""kill -9 of submit at random moments, and two at once: no claim leaves twice, none is lost, no number comes again."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
import traceback
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims import config, x12
from claims.errors import RunBusyError
from claims.service import envelopes, snapshots
from claims.service.context import open_context
from claims.service.intake import ingest
from claims.service.submit import submit
from claims.store import audit, engine, schema
from tests.service.outgoing import DAY, charges, make_ready, master, rows

CLAIMS = 60
KILLS = 10


class Books:
    """An opened practice, as the fixture `practice` has it."""

    def __init__(self, home: Path) -> None:
        self.ctx = open_context(config.load(home=home), actor="tester")


def send(home: str) -> None:
    """Submit as a process of its own does; one that finds another at work gives way."""
    ctx = open_context(config.load(home=Path(home)), actor="tester")
    try:
        submit(ctx, DAY, master=master(partner={"claims_per_file": 8, "claims_per_set": 3}))
    except RunBusyError:
        pass
    finally:
        ctx.engine.dispose()


@pytest.fixture
def books(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    settings = config.load(home=home)
    audit.create_key(settings.audit_key_file)
    engine.upgrade(settings.database_url)
    found = Books(home)
    path = tmp_path / "charges.csv"
    path.write_bytes(charges(CLAIMS))
    ingest(found.ctx, [path], DAY)
    make_ready(found)
    found.ctx.engine.dispose()
    yield found
    found.ctx.engine.dispose()


def told(home: str) -> None:
    """Send, and leave what went wrong where the test can say it: what a child prints is lost in a long run.

    It ends at once: what other tests of the process that it was forked from left to be done at its end is not its own.
    """
    code = 1
    try:
        send(home)
        code = 0
    except BaseException:
        Path(home, f"error-{os.getpid()}.txt").write_text(traceback.format_exc())
    finally:
        os._exit(code)


def started(books):
    process = multiprocessing.get_context("fork").Process(target=told, args=(str(books.ctx.settings.home),))
    process.start()
    return process


def check(books):
    """Look at the outbox and at the books: they say the same, and every claim stands in one file."""
    files = sorted(books.ctx.settings.outbox_folder.glob("*.837"))
    assert not list(books.ctx.settings.outbox_folder.glob("*.tmp"))
    sent = [number for path in files for number in x12.read(path).frames["claims"]["claim_number"]]
    assert sorted(sent) == [f"A{number:05d}" for number in range(1, CLAIMS + 1)]
    controls = [x12.read(path).interchanges["control_number"].iloc[0] for path in files]
    assert len(set(controls)) == len(controls)
    batches = rows(books, schema.batches)
    assert set(batches["state"]) == {"released"}
    assert sorted(batches["file_name"]) == [path.name for path in files]
    assert set(rows(books, schema.claims)["life"]) == {"sent"}
    sent_rows = rows(books, schema.submissions)
    assert (len(sent_rows), sent_rows["claim_id"].nunique(), set(sent_rows["attempt"])) == (CLAIMS, CLAIMS, {1})
    references = rows(books, schema.batch_sets)["batch_reference"]
    assert references.is_unique
    stored = rows(books, schema.service_lines)["line_control_number"]
    assert stored.is_unique


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 6))])
def test_ten_kills_and_one_more_run(books, seed):
    moments = random.Random(seed)
    killed = 0
    for _ in range(KILLS):
        process = started(books)
        process.join(moments.uniform(0.02, 0.6))
        killed += process.is_alive()
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert killed > KILLS // 3
    send(str(books.ctx.settings.home))
    check(books)


@pytest.mark.long
def test_two_at_once(books):
    both = [started(books) for _ in range(4)]
    for process in both:
        process.join(60)
    assert [path.read_text() for path in books.ctx.settings.home.glob("error-*.txt")] == []
    assert [process.exitcode for process in both] == [0] * 4
    send(str(books.ctx.settings.home))
    check(books)


@pytest.mark.long
@pytest.mark.parametrize("step", ["planned", "written", "placed"])
def test_a_batch_that_died_is_finished_with_the_same_bytes_and_name(books, monkeypatch, step):
    from claims.service import outbox, production

    class Died(Exception):
        pass

    def die(*_arguments, **_keywords):
        raise Died

    with monkeypatch.context() as patch:
        if step == "planned":
            patch.setattr(production, "_write", die)
        elif step == "written":
            patch.setattr(outbox, "place", die)
        else:
            patch.setattr(production, "_release", die)
        with pytest.raises(Died):
            send(str(books.ctx.settings.home))
    (batch,) = rows(books, schema.batches).to_dict("records")
    assert batch["state"] == ("planned" if step == "planned" else "written")
    with engine.read(books.ctx.engine) as conn:
        sha256 = conn.scalar(sa.select(schema.files.c.sha256).where(schema.files.c.content == "snapshot"))
    with books.ctx.vault.open(sha256) as file:
        frames = snapshots.unpacked(file)
    expected = x12.write(frames, delimiters=envelopes.delimiters(frames["interchanges"]))
    time.sleep(1.1)  # another second: what names the file was fixed when it was planned
    send(str(books.ctx.settings.home))
    assert (books.ctx.settings.outbox_folder / batch["file_name"]).read_bytes() == expected
    check(books)
