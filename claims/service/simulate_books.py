"""The simulated payers' books on disk: a folder in, `Books` and the archive of payments out, and the folder again.

`books.json` is what counts: it names the tables that belong to it, and is written last. Files that it does not name are
left over from a run that did not end, and are written over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from claims import frames as frame_parts
from claims.errors import UsageError
from claims.payer.books import Books
from claims.payer.tally import Tally

Frames = dict[str, pd.DataFrame]
Integers = npt.NDArray[np.int64]

FORMAT = 1
NAMES = ("claim_payments", "service_payments", "adjustments", "remarks")
PENDING = ["seg", "pay_day", "payer", "payee", "mailbox", "sequence", "paid_cents", "interest_cents"]
PENDING_TEXT = ["payer_claim_number", "ugly"]
NARROW = dict.fromkeys(["pay_day", "payer", "payee", "mailbox", "chapter"], "int32")
_TALLIES = ("services", "deductibles", "numbers", "interchanges")
_NUMBERS = ("next_seg", "next_sequence", "next_control", "next_trace")
_DIRECTORIES = ("payers", "payees", "mailboxes")
_TABLES = ("recoveries", "forwards")


@dataclass
class Archive:
    """All payments decided, in chapters as they came; kept on disk, read by claim or by payment."""

    folder: Path
    first_sequences: list[int] = field(default_factory=list)

    def add(self, payments: Frames, first_sequence: int) -> int:
        """Write a chapter, whose claims have the sequence numbers from `first_sequence` on; give its number."""
        chapter = len(self.first_sequences)
        self.first_sequences.append(first_sequence)
        for name in NAMES:
            payments[name].to_parquet(self._path(chapter, name), index=False, compression="lz4")
        return chapter

    def standing(self, sequences: Integers) -> Frames:
        """Give the payments of claims that stand: neither reversals nor reversed by a review."""
        chapters = np.searchsorted(np.array(self.first_sequences), sequences, side="right") - 1
        found = []
        for chapter in np.unique(chapters).tolist():
            payments = self._read(chapter, "claim_payments")
            mine = payments[payments["sequence"].isin(sequences) & payments["is_final"]]
            found.append(self._with_children(chapter, mine))
        return {name: frame_parts.joined([part[name] for part in found]) for name in NAMES}

    def payments(self, segs: Integers, chapters: Integers) -> Frames:
        """Give payments by `seg`; `chapters` says where each is."""
        found = []
        for chapter in np.unique(chapters).tolist():
            payments = self._read(chapter, "claim_payments")
            found.append(self._with_children(chapter, payments[payments["seg"].isin(segs[chapters == chapter])]))
        return {name: frame_parts.joined([part[name] for part in found]) for name in NAMES}

    def _with_children(self, chapter: int, payments: pd.DataFrame) -> Frames:
        found = {"claim_payments": payments}
        for name in NAMES[1:]:
            rows = self._read(chapter, name)
            found[name] = rows[rows["claim_seg"].isin(payments["seg"])]
        return found

    def _read(self, chapter: int, name: str) -> pd.DataFrame:
        frame: pd.DataFrame = pq.read_table(self._path(chapter, name)).to_pandas()
        return frame

    def _path(self, chapter: int, name: str) -> Path:
        return self.folder / f"{chapter:06d}.{name}.parquet"


@dataclass
class Stored:
    """Books, their archive, and the payments that are decided and not yet due (`pending`, with their `chapter`)."""

    books: Books
    archive: Archive
    pending: pd.DataFrame
    generation: int = 0


def opened(folder: Path, seed: int) -> Stored:
    """Open books, or begin new ones in a new or empty folder."""
    archive = Archive(folder / "payments")
    index = folder / "books.json"
    if not index.exists():
        if folder.exists() and (not folder.is_dir() or any(path.suffix != ".parquet" for path in _files(folder))):
            raise UsageError("The folder for the books holds something else; choose a new one.")
        archive.folder.mkdir(parents=True, exist_ok=True)
        return Stored(Books(), archive, _none_pending())
    told = json.loads(index.read_text("utf-8"))
    if told.get("format") != FORMAT:
        raise UsageError("The books were written by another version of this program; begin new ones.")
    if told["seed"] != seed:
        raise UsageError(f"The books were begun with the seed {told['seed']}; go on with it, or begin new ones.")
    generation = int(told["generation"])
    books = Books()
    for name in _NUMBERS:
        setattr(books, name, int(told[name]))
    for name in _DIRECTORIES:
        getattr(books, name).take_up(told[name])
    for name in _TALLIES:
        setattr(books, name, Tally.from_frame(pd.read_parquet(_table(folder, name, generation))))
    for name in _TABLES:
        setattr(books, name, pd.read_parquet(_table(folder, name, generation)))
    archive.first_sequences = [int(number) for number in told["chapters"]]
    return Stored(books, archive, pd.read_parquet(_table(folder, "pending", generation)), generation)


def save(folder: Path, stored: Stored, seed: int) -> None:
    """Write the books; the tables of the last time go once the new ones count."""
    books, generation = stored.books, stored.generation + 1
    for name in _TALLIES:
        getattr(books, name).frame().to_parquet(_table(folder, name, generation), index=False)
    for name in _TABLES:
        getattr(books, name).to_parquet(_table(folder, name, generation), index=False)
    stored.pending.to_parquet(_table(folder, "pending", generation), index=False)
    told: dict[str, Any] = {"format": FORMAT, "seed": seed, "generation": generation}
    told |= {name: getattr(books, name) for name in _NUMBERS}
    told |= {name: getattr(books, name).rows for name in _DIRECTORIES}
    told["chapters"] = stored.archive.first_sequences
    temporary = folder / "books.json.tmp"
    temporary.write_text(json.dumps(told) + "\n", encoding="utf-8")
    temporary.replace(folder / "books.json")
    for name in (*_TALLIES, *_TABLES, "pending"):
        _table(folder, name, generation - 1).unlink(missing_ok=True)


def _none_pending() -> pd.DataFrame:
    kinds = dict.fromkeys([*PENDING, "chapter"], "int64") | dict.fromkeys(PENDING_TEXT, "str") | NARROW
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _table(folder: Path, name: str, generation: int) -> Path:
    return folder / f"{name}-{generation:06d}.parquet"
