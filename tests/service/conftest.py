"""A practice with an empty ledger, and ways to drop files into it and look at its balances."""

from __future__ import annotations

import copy
import hashlib
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims.service.context import open_context
from claims.service.desk import actions
from claims.service.intake import ingest
from claims.service.reconcile import reconcile
from claims.store import schema
from claims.store.engine import read

DAY = date(2025, 6, 30)


class Practice:
    """The books under test."""

    def __init__(self, ctx, folder, memory=None):
        self.ctx, self.folder, self.number = ctx, folder, 0
        self.past = Past(ctx, memory) if memory is not None else None

    def drop(self, *files: bytes, day: date = DAY):
        """Ingest files (bytes) in the order given."""
        paths = self._written(files)
        return self._step(("drop", day, files), lambda: ingest(self.ctx, paths, day))

    def _written(self, files):
        paths = []
        for content in files:
            self.number += 1
            path = self.folder / f"{self.number:03d}.dat"
            path.write_bytes(content)
            paths.append(path)
        return paths

    def reconcile(self, day: date = DAY):
        return self._step(("reconcile", day), lambda: reconcile(self.ctx, day))

    def night(self, *files: bytes, day: date = DAY):
        """Ingest, then reconcile."""
        if self.past is None:
            self.drop(*files, day=day)
            return self.reconcile(day)
        paths = self._written(files)
        return self._step(("night", day, files), lambda: (ingest(self.ctx, paths, day), reconcile(self.ctx, day))[1])

    def _step(self, step, act):
        return act() if self.past is None else self.past.step(self.ctx, step, act)

    def rows(self, select):
        with read(self.ctx.engine) as conn:
            return [tuple(row) for row in conn.execute(select)]

    def balances(self, **where):
        """Non-zero account balances in cents."""
        lines = schema.ledger_lines
        select = sa.select(lines.c.account, sa.func.sum(lines.c.amount_cents)).group_by(lines.c.account)
        for name, value in where.items():
            select = select.where(lines.c[name] == value)
        return {account: int(cents) for account, cents in self.rows(select) if cents}

    def journals(self):
        """Every journal as (source, sorted (account, cents))."""
        lines, heads = schema.ledger_lines, schema.journals
        select = (
            sa.select(heads.c.idempotency_key, heads.c.source, lines.c.account, sa.func.sum(lines.c.amount_cents))
            .join(lines, lines.c.journal_id == heads.c.journal_id)
            .group_by(heads.c.idempotency_key, heads.c.source, lines.c.account)
        )
        found = {}
        for key, source, account, cents in self.rows(select):
            found.setdefault((key, source), {})[account] = int(cents)
        return [(source, accounts) for (_, source), accounts in sorted(found.items())]

    def exceptions(self, state="open"):
        table = schema.exceptions
        rows = self.rows(sa.select(table.c.type_code).where(table.c.state == state))
        return sorted(code for (code,) in rows)

    def family(self, claim_number):
        table = schema.families
        return self.rows(sa.select(table.c.family_id).where(table.c.claim_number == claim_number))[0][0]

    def write_off(self, claim_number, reason, day):
        """Write off every open denial case of a claim; give the cents."""
        case = schema.denial_cases
        family = case.c.family_id == self.family(claim_number)
        chosen = self.rows(sa.select(case.c.case_id, case.c.version).where(family, case.c.state != "closed"))
        return actions.write_off(self.ctx, chosen, reason, 10**9, day).amount_cents

    def count(self, table):
        return self.rows(sa.select(sa.func.count()).select_from(table))[0][0]


class Past:
    """The steps that books have lived since they were empty; what another test has lived alike is copied, not done.

    `memory` is shared by the tests of one file. A step is copied as long as nothing but such steps touched the books:
    the home on disk is, byte for byte, what the step before has left.
    """

    def __init__(self, ctx, memory):
        self.ctx, self.memory, self.left = ctx, memory, _content(ctx)
        self.steps: tuple | None = (repr(ctx.settings.model_dump(exclude={"home", "database_url"})), ctx.actor)

    def step(self, ctx, step, act):
        steps, self.steps = self.steps, None
        if steps is None or ctx is not self.ctx or len(steps) > self.memory.most + 1 or _content(ctx) != self.left:
            return act()
        key = (*steps, step)
        if key in self.memory.homes:
            kept, result = self.memory.homes[key]
            shutil.copytree(kept, ctx.settings.home, dirs_exist_ok=True)
            self.left = _content(ctx)
        else:
            result = act()
            self.left = _content(ctx)
            if self.left is None:
                return result
            kept = self.memory.folder / str(len(self.memory.homes))
            shutil.copytree(ctx.settings.home, kept)
            self.memory.homes[key] = kept, result
        self.steps = key
        return copy.deepcopy(result)


@dataclass
class Memory:
    """What the tests of one file have lived: steps since the books were empty, with the home and answer of each."""

    folder: Path
    most: int  # so many steps at most
    homes: dict = field(default_factory=dict)


def _content(ctx) -> str | None:
    """Say what a home on SQLite holds; None while somebody has it open."""
    if ctx.engine.pool.checkedout():
        return None
    ctx.engine.dispose()
    home, told = ctx.settings.home, hashlib.sha256()
    for path in sorted(home.rglob("*")):
        if path.name.endswith(("-wal", "-shm")):
            return None
        told.update(f"{path.relative_to(home)} {path.stat().st_size if path.is_file() else 0}\n".encode())
    told.update((home / "claims.db").read_bytes())
    return told.hexdigest()


@pytest.fixture(scope="module")
def _memory(request, tmp_path_factory):
    # What is copied was recorded earlier: a file whose tests ask for the time between steps shares the first step only.
    asks = any(hasattr(request.module, name) for name in ("now", "clock"))
    memory = Memory(tmp_path_factory.mktemp("memory"), 1 if asks else 4)
    yield memory
    shutil.rmtree(memory.folder)


_beginnings: dict[tuple[str, ...], tuple[Path, int]] = {}


@pytest.fixture
def begun(request, practice, tmp_path_factory):
    """Do what many tests begin with: once, then copied (on SQLite; PostgreSQL does it anew).

    `begun(how)`: `how(practice)` without anything of the test's own in it. Gives the practice.
    """

    def begin(how):
        ctx = practice.ctx
        if not ctx.settings.database_url.startswith("sqlite"):
            how(practice)
            return practice
        home, key = ctx.settings.home, (request.path.name, how.__qualname__)
        if key not in _beginnings:
            how(practice)
            ctx.engine.dispose()
            kept = tmp_path_factory.mktemp("begun") / "home"
            shutil.copytree(home, kept)
            _beginnings[key] = kept, practice.number
        else:
            ctx.engine.dispose()
            shutil.copytree(_beginnings[key][0], home, dirs_exist_ok=True)
            practice.number = _beginnings[key][1]
        return practice

    return begin


# A test that changes the program, or looks at what it says, lives every step itself.
OWN = {"monkeypatch", "canary", "caplog", "capsys", "capfd"}


@pytest.fixture
def practice(settings, tmp_path, request):
    ctx = open_context(settings, actor="tester")
    folder = tmp_path / "files"
    folder.mkdir()
    is_alone = OWN & set(request.fixturenames) or not settings.database_url.startswith("sqlite")
    yield Practice(ctx, folder, None if is_alone else request.getfixturevalue("_memory"))
    ctx.engine.dispose()
