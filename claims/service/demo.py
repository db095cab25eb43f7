"""The demo: a fresh data folder with a practice's month in its inbox; and, after the night, how the books stand.

A folder is only ever emptied when it carries our mark, so a real data folder named by mistake stays as it is.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from claims import codes, config
from claims.config import Settings
from claims.errors import UsageError
from claims.service.context import Context, open_context
from claims.service.desk import queue
from claims.service.exceptions import listed
from claims.service.master import find_master_files, import_files
from claims.service.queue import KEY_LENGTH, denial_queue
from claims.service.simulate import simulate_month
from claims.store import upkeep

MARK = ".claims-demo"
PACKAGED = Path(__file__).resolve().parents[2] / "edi_samples" / "day"
MASTER = Path(__file__).resolve().parents[2] / "edi_samples" / "master"
EVERY_CASE = 1_000_000
HELD = ("OUT_OF_BALANCE", "HELD")


class NotADemoFolderError(UsageError):
    """The folder for the demo holds something that no demo put there."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty and no demo made it; name a new one: claims demo --folder DIR")


@dataclass(frozen=True)
class Prepared:
    """A data folder ready for the night."""

    settings: Settings
    inbox: Path
    posting_date: date
    claims: int
    files: int


@dataclass(frozen=True)
class Cause:
    """Denials with the same cause: how many, money at risk, and what to do first."""

    cause: str
    next_action: str
    category: str
    cases: int
    at_risk_cents: int


@dataclass(frozen=True)
class Held:
    """Something that waits for a person."""

    type_code: str
    title: str
    amount_cents: int
    release: str


@dataclass(frozen=True)
class TieOut:
    """Remittances, bank and ledger in cents. What is posted and not in the bank is still to come."""

    posted_cents: int
    ledger_cents: int
    bank_cents: int
    held_cents: int
    unexplained_bank_cents: int

    @property
    def to_come_cents(self) -> int:
        """What remittances say was paid and the bank has not seen."""
        return self.posted_cents - self.bank_cents

    @property
    def agrees(self) -> bool:
        """Tell whether the ledger holds what the remittances say, to the cent."""
        return self.posted_cents == self.ledger_cents


def prepare(folder: Path, actor: str = "demo") -> Prepared:
    """Make `folder` a fresh data folder: the month's files in its inbox, and in its database master data only."""
    folder = folder.expanduser().absolute()
    _empty(folder)
    settings = config.load(home=folder, database_url=f"sqlite:///{folder / 'claims.db'}")
    month = PACKAGED
    if not (PACKAGED / "month.json").is_file():
        month = folder / "month"
        simulate_month(month)
    about = json.loads((month / "month.json").read_text(encoding="utf-8"))
    shutil.copytree(month / "inbox", settings.inbox_folder)
    upkeep.initialise(settings)
    if MASTER.is_dir():  # where the samples were not installed, the demo has none: nothing can be sent from it then
        import_files(open_context(settings, actor=actor), find_master_files([MASTER]))
    return Prepared(
        settings=settings,
        inbox=settings.inbox_folder,
        posting_date=date.fromisoformat(about["posting_date"]),
        claims=int(about["claims"]),
        files=int(about["files"]),
    )


def _empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotADemoFolderError(folder)
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            raise NotADemoFolderError(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("claims demo made this folder and may empty it.\n", encoding="utf-8")


def top_causes(ctx: Context, limit: int = 5) -> tuple[list[Cause], str]:
    """Give the open denials by cause, most money at risk first; and the key of the first case of the queue."""
    cases, _, _ = denial_queue(ctx, limit=EVERY_CASE)
    if cases.empty:
        return [], ""
    grouped = cases.groupby(["cause", "category"], sort=False).agg(
        cases=("key", "size"), at_risk_cents=("at_risk_cents", "sum"), next_action=("next_action_label", "first")
    )
    ranked = grouped.reset_index().sort_values(["at_risk_cents", "cause"], ascending=[False, True]).head(limit)
    causes = [
        Cause(str(row.cause), str(row.next_action), str(row.category), int(str(row.cases)), int(str(row.at_risk_cents)))
        for row in ranked.itertuples()
    ]
    first = queue.page(ctx, queue.Filters(), size=1).rows["case_key"]
    return causes, str(first.iloc[0])[:KEY_LENGTH] if len(first) else str(cases["key"].iloc[0])


def waiting(ctx: Context) -> list[Held]:
    """Give what is held, refused or unmatched, with what releases it."""
    rows, _ = listed(ctx)
    rows = rows[rows["severity"] == "open"]
    titles = codes.table("exception_types").set_index("type_code")["own_title"]
    return [
        Held(str(row.type_code), str(titles.get(str(row.type_code), "")), int(str(row.amount_cents)), str(row.release))
        for row in rows.itertuples()
    ]


def tie_out(manifests: Sequence[str], reports: Path) -> TieOut:
    """Read the sums of the tie-out report that the night wrote."""
    table = next(
        (reports / one).parent / "status_totals.csv" for one in manifests if (reports / one).parent.name == "tieout"
    )
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def total(column: str, statuses: Sequence[str], *, inside: bool = True) -> int:
        return sum(int(row[column]) for row in rows if (row["status"] in statuses) is inside)

    return TieOut(
        posted_cents=total("payment_cents", HELD, inside=False),
        ledger_cents=total("ledger_cents", HELD, inside=False),
        bank_cents=total("bank_cents", (*HELD, "DEPOSIT_NO_REMIT"), inside=False),
        held_cents=total("payment_cents", HELD),
        unexplained_bank_cents=total("bank_cents", ("DEPOSIT_NO_REMIT",)),
    )
