"""kill -9 in the middle of what people do with many cases: all of them are done or none, and it can be done again."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.service import appeals
from claims.service.desk import actions
from claims.service.submit import submit
from claims.service.verify import verify
from claims.store import audit, chain_heads, schema
from claims.store.engine import read
from claims.store.load import frame
from tests.books import remit
from tests.charges.test_charges_file import written
from tests.service.conftest import Practice
from tests.service.desk.conftest import as_person, opened
from tests.service.desk.test_sending import KNOWN
from tests.service.outgoing import DAY, NOW, PERSON, make_ready
from tests.service.test_next_payer import SECOND

NUMBERS = [f"B{number}" for number in range(1, 5)]
LIMIT = 10**9
# What an action of the desk can change; what says when, or is a number of the run, is not compared.
TABLES = (
    *(schema.denial_actions, schema.denial_cases, schema.denial_events, schema.appeals, schema.journals),
    *(schema.ledger_lines, schema.claims, schema.service_lines, schema.claim_events, schema.audit_events),
    *(schema.files, schema.runs, schema.exceptions),
)
_MOMENTS = ("_at", "prev", "mac", "hash", "run_id", "process_id", "process_started")


class Act(NamedTuple):
    """Something a person does with all cases: what has to stand before it, and the thing itself."""

    before: Callable[[Practice], object]
    do: Callable[[Practice], object]


def everything(practice):
    """(case_id, version) of every case."""
    with read(practice.ctx.engine) as conn:
        rows = frame(conn, sa.select(schema.denial_cases).order_by(schema.denial_cases.c.case_id))
    return list(zip(rows["case_id"].tolist(), rows["version"].tolist(), strict=True))


def nothing(_practice):
    """Nothing stands before it."""


def last_action(practice):
    return practice.rows(sa.select(sa.func.max(schema.denial_actions.c.action_id)))[0][0]


def assign(practice):
    return actions.assign(practice.ctx, everything(practice), "anna", DAY)


def snooze(practice):
    return actions.snooze(practice.ctx, everything(practice), actions.NEXT_REMIT, DAY)


def ask(practice):
    return actions.write_off(practice.ctx, everything(practice), "too old", 0, DAY)


def approve(practice):
    return actions.approve(as_person(practice, "sue"), last_action(practice), DAY)


def write_off(practice):
    return actions.write_off(practice.ctx, everything(practice), "too old", LIMIT, DAY)


def resubmit(practice):
    return actions.resubmit(practice.ctx, everything(practice), DAY, master=KNOWN)


def appeal(practice):
    """Draft the appeal of every case; each is an action of its own."""
    for case_id, _ in everything(practice):
        appeals.prepare(practice.ctx, case_id, 1, day=DAY)


def undo(practice):
    return actions.undo(practice.ctx, last_action(practice), DAY)


ACTS = {
    "assign": Act(nothing, assign),
    "snooze": Act(assign, snooze),
    "ask for a write-off": Act(nothing, ask),
    "approve": Act(ask, approve),
    "write off": Act(nothing, write_off),
    "resubmit": Act(nothing, resubmit),
    "draft appeals": Act(nothing, appeal),
    "undo an assignment": Act(assign, undo),
    "undo a write-off": Act(write_off, undo),
    "undo a resubmission": Act(resubmit, undo),
}


@pytest.fixture(scope="module")
def denied_many(sqlite_template, tmp_path_factory):
    """The data folder of a practice that has sent four claims, all of them denied."""
    home = tmp_path_factory.mktemp("many") / "claims-data"
    home.mkdir(mode=0o700)
    (home / "claims.db").write_bytes(sqlite_template.read_bytes())
    audit.create_key(home / "audit.key")
    made = opened(home)
    made.drop(written(*(PERSON | SECOND | {"claim_number": number} for number in NUMBERS)), day=DAY)
    make_ready(made)
    submit(made.ctx, DAY, now=NOW, master=KNOWN)
    text = "BPR*H*0*C*NON************20261020~\nTRN*1*T1*1512345678~\n"
    for number in NUMBERS:
        text += f"CLP*{number}*4*145*0**12*ICN{number}~\nSVC*HC:99213*145*0**1~\nCAS*CO*197*145~\n"
    made.night(remit(text, payee="1999999018", payer="FABLEWOOD HEALTH PLAN"), day=DAY)
    assert len(everything(made)) == len(NUMBERS)
    made.ctx.engine.dispose()
    return home


# The child --------------------------------------------------------------------------------------------------------


def _is_moment(event: str, arguments: tuple) -> bool:
    """Tell whether something outside the database is about to change: a file opened to be written, named or removed."""
    if event in ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"):
        return True
    return event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))


def in_child(home: Path, act: Act, die_at: int, delay: float) -> None:
    """Do it, counting statements, commits and changes of files; at the wanted one, be killed a moment later."""
    code, told = 1, home.parent / "child.txt"
    count = 0
    is_on = False

    def moment() -> None:
        nonlocal count
        if not is_on:
            return
        count += 1
        if count == die_at and delay:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
        elif count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        practice = opened(home)
        for name in ("before_cursor_execute", "after_cursor_execute", "begin", "commit"):
            sa.event.listen(practice.ctx.engine, name, lambda *_: moment())
        sys.addaudithook(lambda event, arguments: moment() if _is_moment(event, arguments) else None)
        is_on = True
        act.do(practice)
        is_on = False
        practice.ctx.engine.dispose()
        told.write_text(str(count))
        code = 0
    except BaseException:
        told.write_text(traceback.format_exc())
    finally:
        os._exit(code)


def run_child(home: Path, act: Act, die_at: int = 0, delay: float = 0.0) -> tuple[int, str]:
    """Do it in a process of its own; give how that ended and what it said."""
    told = home.parent / "child.txt"
    told.unlink(missing_ok=True)
    process = multiprocessing.get_context("fork").Process(target=in_child, args=(home, act, die_at, delay))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode, told.read_text() if told.exists() else ""


# What is looked at ------------------------------------------------------------------------------------------------


def state(home: Path, *, is_verified: bool = True) -> dict[str, pd.DataFrame]:
    """Everything that an action changes, without instants; the books are whole."""
    practice = opened(home)
    if is_verified:
        assert [f"{one.name}: {text}" for one in verify(practice.ctx) for text in one.broken] == []
    with read(practice.ctx.engine) as conn:
        found = {table.name: frame(conn, sa.select(table)) for table in TABLES}
    practice.ctx.engine.dispose()
    events = found["audit_events"]  # what it tells of the other chains are hashes over instants
    found["audit_events"] = events[events["action"] != chain_heads.TOLD].drop(columns="seq").reset_index(drop=True)
    actions_of, events = found["denial_actions"].set_index("action_id"), found["denial_events"]
    touched = events[events["action_id"] > 0].groupby("action_id")["case_id"].nunique()
    for action_id, cases in touched.items():
        assert cases == actions_of.loc[action_id, "cases"], f"action {action_id} is half-done"
    return {
        name: rows.drop(columns=[column for column in rows if str(column).endswith(_MOMENTS)])
        for name, rows in found.items()
    }


def differing(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> list[str]:
    """Name each column that is not the same in both."""
    found = []
    for name, rows in left.items():
        other = right[name]
        if len(rows) != len(other):
            found.append(f"{name}: {len(rows)} and {len(other)} rows")
        else:
            found += [f"{name}.{column}" for column in rows if not rows[column].equals(other[column])]
    return found


class Undisturbed(NamedTuple):
    home: Path  # before it
    before: dict[str, pd.DataFrame]
    after: dict[str, pd.DataFrame]
    moments: int


_known: dict[str, Undisturbed] = {}


@pytest.fixture
def undisturbed(denied_many, tmp_path_factory):
    """What stands before an action and after it when nobody kills it, and how many moments it has."""

    def of(name: str) -> Undisturbed:
        if name not in _known:
            folder = tmp_path_factory.mktemp("undisturbed")
            home = folder / "claims-data"
            shutil.copytree(denied_many, home)
            practice = opened(home)
            ACTS[name].before(practice)
            practice.ctx.engine.dispose()
            before = state(home, is_verified=False)
            done = folder / "done" / "claims-data"
            shutil.copytree(home, done)
            code, told = run_child(done, ACTS[name])
            assert code == 0, told
            after = state(done, is_verified=False)  # each try of it is
            assert differing(before, after), "it does something"
            _known[name] = Undisturbed(home, before, after, int(told))
        return _known[name]

    return of


def tried(name: str, known: Undisturbed, folder: Path, seed: int, kills: int) -> None:
    """Kill it at moments of a seed; each time nothing of it stands, or all. Then do it in peace."""
    moments = random.Random(f"{name} {seed}")
    home = folder / "claims-data"
    is_many = name == "draft appeals"  # one after the other: those before the kill stand
    shutil.copytree(known.home, home)
    for _ in range(kills):
        die_at, delay = moments.randint(1, known.moments), moments.choice([0.0, moments.uniform(0, 0.004)])
        code, told = run_child(home, ACTS[name], die_at, delay)
        assert code in (0, -signal.SIGKILL), told
        now = state(home)
        off = differing(known.before, now), differing(known.after, now)
        is_done = not off[1]
        assert is_many or min(off, key=len) == [], (die_at, delay)
        if is_done:
            shutil.rmtree(home)
            shutil.copytree(known.home, home)
    code, told = run_child(home, ACTS[name])
    assert code == 0, told
    if is_many:
        assert_appeals_whole(home)
        state(home)
    else:
        assert differing(known.after, state(home)) == []


def assert_appeals_whole(home: Path) -> None:
    """Each case has its packet, whole and as the books know it, and nothing half-written beside it."""
    practice = opened(home)
    for case_id, _ in everything(practice):
        rows = appeals.of_case(practice.ctx, case_id)
        (folder,) = (home / "appeals" / str(rows["key"].iloc[-1])).iterdir()
        assert sorted(path.name for path in folder.iterdir()) == ["letter.docx", "manifest.json", "packet.pdf"]
    practice.ctx.engine.dispose()


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ["write off", "resubmit", "draft appeals", "undo a write-off"])
def test_killed_twice_and_then_done(undisturbed, tmp_path, name):
    tried(name, undisturbed(name), tmp_path, 0, 2)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", ACTS)
def test_killed_ten_times_and_then_done(undisturbed, tmp_path, name, seed):
    tried(name, undisturbed(name), tmp_path, seed, 10)
