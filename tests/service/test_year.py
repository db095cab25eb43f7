"""A year of 1,000 patients: charges become claims, the payers of the simulation answer, and the books say what they did.

Professional, institutional and dental claims, for first and second payers. Month by month: charges come in, claims for
next payers are made, edits look, files go, TA1s, 999s, 277CAs, 835s and the bank come back, and are reconciled.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from tests.service.invented_year import YEAR, year
from tests.x12.reference import reference_of

from claims import x12
from claims.service import charges, intake, master, outgoing, reconcile, simulate
from claims.service.context import Context
from claims.store import schema
from claims.store.engine import read
from claims.store.load import frame

ROOT = Path(__file__).parent.parent.parent
MASTER = ROOT / "edi_samples" / "master"
SEED = 7
LAST = [date(YEAR, 11, 28), date(YEAR, 12, 26), date(YEAR + 1, 1, 30), date(YEAR + 1, 3, 15)]


@dataclass
class Lived:
    """The books at the end, the files that were sent, and what the payers say that they decided."""

    ctx: Context
    sent: list[Path] = field(default_factory=list)
    truth: pd.DataFrame = field(default_factory=pd.DataFrame)
    charged: int = 0


def live(ctx: Context, folder: Path, patients: int) -> Lived:
    """Live the year; the days on which things happen are those of a practice that works once a month."""
    lived, invented = Lived(ctx), year(patients, SEED)
    master.import_files(ctx, [MASTER], date(YEAR, 1, 2))
    days = [(month, date(YEAR, month, 28)) for month in invented.months()] + [(0, day) for day in LAST]
    told = []
    for number, (month, day) in enumerate(days):
        if month:
            file = folder / f"charges_{month:02d}.csv"
            file.write_bytes(invented.csv(month))
            charges.import_charges(ctx, [file], day)
            lived.charged += invented.rows[invented.rows["month"] == month]["claim_number"].nunique()
        outbox = folder / "outbox" / f"{number:02d}"
        outgoing.send(ctx, day, outbox=outbox)
        sent = sorted(path for path in outbox.rglob("*") if path.is_file())
        lived.sent += sent
        answers = folder / "answers" / f"{number:02d}"
        simulate.answer(sent, answers, seed=SEED, books=folder / "books", day=day, as_of=day)
        told.append(pd.read_csv(answers / "truth.csv", dtype=str, keep_default_na=False))
        (answers / "truth.csv").unlink()
        intake.ingest(ctx, intake.find_files(answers), day)
        reconcile.reconcile(ctx, day)
    lived.truth = pd.concat(told, ignore_index=True)
    return lived


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, sqlite_context_at) -> Lived:
    folder = tmp_path_factory.mktemp("year")
    return live(sqlite_context_at(folder), folder, 1_000)
