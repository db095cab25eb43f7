"""A practice with an empty ledger, and ways to drop files into it and look at its balances."""

from __future__ import annotations

import shutil
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

    def __init__(self, ctx, folder):
        self.ctx, self.folder, self.number = ctx, folder, 0

    def drop(self, *files: bytes, day: date = DAY):
        """Ingest files (bytes) in the order given."""
        paths = []
        for content in files:
            self.number += 1
            path = self.folder / f"{self.number:03d}.dat"
            path.write_bytes(content)
            paths.append(path)
        return ingest(self.ctx, paths, day)

    def reconcile(self, day: date = DAY):
        return reconcile(self.ctx, day)

    def night(self, *files: bytes, day: date = DAY):
        """Ingest, then reconcile."""
        self.drop(*files, day=day)
        return self.reconcile(day)

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


@pytest.fixture
def practice(settings, tmp_path):
    ctx = open_context(settings, actor="tester")
    folder = tmp_path / "files"
    folder.mkdir()
    yield Practice(ctx, folder)
    ctx.engine.dispose()
