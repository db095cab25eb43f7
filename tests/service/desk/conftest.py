"""A practice with denied claims, and people who work on them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from claims import config
from claims.service.context import open_context
from claims.store import audit, schema
from claims.store.engine import read
from claims.store.load import frame
from tests.books import Bill, claims, remit
from tests.service.conftest import Practice

DAY = date(2025, 6, 30)


def denied(*rows, trace="T2", day="20250611"):
    """An 835 that denies claims: (claim number, charge, group, reason, remark or empty)."""
    text = f"BPR*H*0*C*NON************{day}~\nTRN*1*{trace}*1512345678~\n"
    for number, charge, group, reason, remark in rows:
        text += (
            f"CLP*{number}*4*{charge}*0**12*ICN{number}~\nSVC*HC:99213*{charge}*0**1~\nCAS*{group}*{reason}*{charge}~\n"
        )
        text += f"LQ*HE*{remark}~\n" if remark else ""
    return remit(text)


def paid(number, charge, amount, trace="T9", day="20250720"):
    """An 835 that pays a claim, the rest being contractual."""
    return remit(f"""BPR*I*{amount}*C*ACH************{day}~
                     TRN*1*{trace}*1512345678~
                     CLP*{number}*1*{charge}*{amount}**12*ICN{number}B~
                     SVC*HC:99213*{charge}*{amount}**1~
                     CAS*CO*45*{int(charge) - int(amount)}~""")


BILLS = [Bill(f"A{number}", [("99213", str(100 + number))]) for number in range(1, 5)]
DENIALS = denied(
    ("A1", "101", "CO", "197", ""),
    ("A2", "102", "CO", "16", "N290"),
    ("A3", "103", "CO", "29", ""),
    ("A4", "104", "PR", "204", ""),
)


def opened(home):
    """The practice in a data folder."""
    settings = config.load(home=home, database_url=f"sqlite:///{home / 'claims.db'}")
    (home / "files").mkdir(exist_ok=True)
    return Practice(open_context(settings, actor="tester"), home / "files")


@pytest.fixture(scope="session")
def denied_home(sqlite_template, tmp_path_factory):
    """The data folder of a practice with four claims, each denied for its own reason."""
    home = tmp_path_factory.mktemp("denied") / "claims-data"
    home.mkdir(mode=0o700)
    (home / "claims.db").write_bytes(sqlite_template.read_bytes())
    audit.create_key(home / "audit.key")
    practice = opened(home)
    practice.night(claims(*BILLS), DENIALS)
    practice.ctx.engine.dispose()
    return home


@pytest.fixture
def books(denied_home, tmp_path):
    """A copy of that practice, on SQLite: what depends on the engine says so itself."""
    yield from copy_of(denied_home, tmp_path)


def copy_of(home, tmp_path):
    """Give a copy of the practice in a data folder, opened, and close it."""
    shutil.copytree(home, tmp_path / "claims-data")
    practice = opened(tmp_path / "claims-data")
    practice.number = 100
    yield practice
    practice.ctx.engine.dispose()


def as_person(practice, name):
    """The same practice, opened by somebody else."""
    return replace(practice.ctx, actor=name)


def cases(practice):
    """All cases by claim number."""
    with read(practice.ctx.engine) as conn:
        rows = frame(conn, sa.select(schema.denial_cases))
    return rows.set_index("claim_number", drop=False)


def chosen(practice, *numbers):
    """(case_id, version) of the cases of these claims, as an action wants them."""
    rows = cases(practice).loc[list(numbers)]
    return list(zip(rows["case_id"].tolist(), rows["version"].tolist(), strict=True))


def events(practice, number):
    """What happened to the case of a claim: kinds in order."""
    event, case = schema.denial_events, schema.denial_cases
    select = sa.select(event.c.kind).join(case, case.c.case_id == event.c.case_id)
    return [kind for (kind,) in practice.rows(select.where(case.c.claim_number == number).order_by(event.c.event_id))]
