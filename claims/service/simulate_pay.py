"""Payments that are due become files: 835s, rows of bank.csv and of truth.csv; faults are put in here, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.payer import told, ugly
from claims.payer.settle import Settled, deposits, settled
from claims.service.simulate_books import Frames, Stored
from claims.x12.acknowledge import envelope
from claims.x12.acknowledge.terms import Terms
from claims.x12.write import write

BANK = ["date", "amount_cents", "trace_number", "payer_name", "reference", "type"]
_WAVE = 20_000  # claims whose payments are in memory at once
_NAME = re.compile(r"[^a-z0-9]+")
_SEGMENT_COUNT = re.compile(rb"SE\*(\d+)\*")

Write = Callable[[pd.DataFrame], None]


def table_writer(path: Path, columns: Sequence[str]) -> Write:
    """Give what appends rows to a CSV file; `_cents` columns become amounts under their name without the ending."""
    header = ",".join(name.removesuffix("_cents") for name in columns) + "\n"

    def append(rows: pd.DataFrame) -> None:
        is_new = not path.exists()
        if rows.empty and not is_new:
            return
        texts = [_column(rows, name) for name in columns]
        with path.open("ab") as target:
            if is_new:
                target.write(header.encode())
            if len(rows):
                lines = pc.binary_join_element_wise(*texts, ",", null_handling="replace", null_replacement="")
                target.write(("\n".join(lines.to_pylist()) + "\n").encode())

    return append


def _column(rows: pd.DataFrame, name: str) -> Any:
    if name.endswith("_cents"):
        return told.amounts(rows[name])
    values = rows[name]
    texts = pa.array(values.astype("str").where(values.notna(), ""), pa.string())
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring_regex(texts, '[",\r\n]'), quoted, texts)


class Payments:
    """Writes what is due; counts what was written, and keeps the modes that have found no place yet."""

    def __init__(self, out: Path, stored: Stored, seed: int, modes: list[str], truth: Write) -> None:
        self.out, self.stored, self.seed, self.truth = out, stored, seed, truth
        self.bank = table_writer(out / "bank.csv", BANK)
        self.within = [name for name in modes if name in ugly.of_remittances()]
        self.of_files = [name for name in modes if name in ugly.OF_FILES]
        self.files: list[Path] = []
        self.count = self.paid_cents = 0

    @property
    def unapplied(self) -> list[str]:
        """Name the modes that found nothing to be applied to."""
        return [*self.within, *self.of_files]

    def write(self, due: pd.DataFrame) -> None:
        """Settle payments and write them, file by file."""
        if due.empty:
            self.bank(pd.DataFrame(columns=BANK))
            self.truth(pd.DataFrame(columns=told.COLUMNS))
            return
        found = settled(due, self.stored.books, self.seed)
        self.count = len(found.remits)
        file_modes = self._modes_of_files(found)
        left = len(found.remits)
        banked = []
        for wave in _waves(found.remits):
            for number, frames in self._frames(found, wave):
                # A file that something is done to has no other fault, if there are remittances enough.
                skip = number in file_modes and left - len(frames["remittances"]) >= len(self.within)
                spoiled, marks, left = self._spoiled(frames, left, skip=skip)
                self._file(spoiled, marks, file_modes.get(number, ""))
                banked.append(spoiled["remittances"])
        remits = pd.concat(banked, ignore_index=True)
        self.paid_cents = int((remits["claims_cents"] - remits["plb_cents"]).sum())
        self.bank(deposits(remits.assign(payment_cents=remits["claims_cents"] - remits["plb_cents"])))

    def _modes_of_files(self, found: Settled) -> dict[int, str]:
        """Choose a file for each mode that is done to files: another one for each, if there are as many."""
        chosen: dict[int, str] = {}
        paid = found.remits.groupby("file")["payment_cents"].sum()
        reviewed = found.payments.loc[found.payments["ugly"] != "", "remit"]
        busy = set(found.remits.loc[found.remits["remit"].isin(reviewed), "file"])
        plain = sorted((file for file in paid.index if paid[file] > 0), key=lambda file: (file in busy, file))
        for mode in list(self.of_files):
            free = [file for file in plain if file not in chosen]
            if free:
                chosen[free[0]] = mode
                self.of_files.remove(mode)
        return chosen

    def _frames(self, found: Settled, wave: list[int]) -> Iterator[tuple[int, Frames]]:
        """Give the 835 frames of each file of a wave, without its envelope."""
        remits = found.remits[found.remits["file"].isin(wave)]
        mine = found.payments[found.payments["remit"].isin(remits["remit"])].sort_values("seg")
        segs = mine["seg"].to_numpy(np.int64)
        frames = self.stored.archive.payments(segs, mine["chapter"].to_numpy(np.int64))
        frames["parties"] = _crossovers(frames["claim_payments"])
        remit = mine["remit"].to_numpy(np.int64)
        file_of = found.remits["file"].to_numpy(np.int64)
        ordered: dict[str, tuple[np.ndarray, pd.DataFrame]] = {}
        for name, rows in frames.items():
            owner = rows["seg" if name == "claim_payments" else "claim_seg"].to_numpy(np.int64)
            own = remit[np.searchsorted(segs, owner)]
            keyed = rows.assign(transaction_seg=own + 1) if name == "claim_payments" else rows
            order = np.argsort(file_of[own], kind="stable")
            ordered[name] = (file_of[own][order], keyed.take(order))
        plb = found.provider_adjustments
        for file in wave:
            parts = {
                name: rows.iloc[slice(*np.searchsorted(files, [file, file + 1]))].reset_index(drop=True)
                for name, (files, rows) in ordered.items()
            }
            own_remits = remits[remits["file"] == file].reset_index(drop=True)
            own_plb = plb[plb["remit"].isin(own_remits["remit"])]
            yield file, {**parts, "remittances": own_remits, "provider_adjustments": _identified(own_plb, own_remits)}

    def _spoiled(self, frames: Frames, left: int, *, skip: bool) -> tuple[Frames, dict[int, str], int]:
        """Put into each remittance as many of the faults that still wait as the remittances left ask for."""
        frames = ugly.with_reviews(frames)
        marks: dict[int, str] = {}
        for seg in frames["remittances"]["transaction_seg"].tolist():
            share = -(-len(self.within) // max(left, 1))
            left -= 1
            done: list[str] = []
            for mode in list(self.within):
                if skip or len(done) >= share:
                    break
                changed = ugly.spoiled(frames, seg, mode)
                if changed is not None:
                    frames = changed
                    self.within.remove(mode)
                    done.append(mode)
            if done:
                marks[seg] = " ".join(done)
        return frames, marks, left

    def _file(self, frames: Frames, marks: dict[int, str], mode: str) -> None:
        """Write one file, or do with it what a mode says; tell the truth about it."""
        remits = frames["remittances"]
        one = remits.iloc[0]
        control = self.stored.books.take_control()
        payer = _NAME.sub("", str(one["payer_code"]).lower())[:12] or "payer"
        name = f"{payer}_{int(one['payment_date'])}_{control:09d}.835"
        data = write({**frames, **self._envelope(one, remits, control)})
        segs = remits["transaction_seg"].tolist()
        if mode == "wrong-count":
            data = _SEGMENT_COUNT.sub(lambda found: b"SE*%d*" % (int(found[1]) + 1), data, count=1)
        if mode:
            marked = segs[:1] if mode == "wrong-count" else segs
            marks |= {seg: f"{marks.get(seg, '')} {mode}".strip() for seg in marked}
        names = pd.Series("" if mode == "lost-file" else name, index=segs)
        if mode != "lost-file":
            self._put(name, data)
        if mode == "duplicate":
            again = self.stored.books.take_control()
            copy = write({**frames, **self._envelope(one, remits, again)})
            self._put(f"{payer}_{int(one['payment_date'])}_{again:09d}.835", copy)
        self.truth(told.of_payments(frames, names))
        self.truth(told.of_remittances(frames, names, marks))

    def _envelope(self, one: pd.Series, remits: pd.DataFrame, control: int) -> Frames:
        mailbox = self.stored.books.mailboxes.frame().iloc[[int(one["mailbox"])]].assign(seg=1)
        day = datetime.strptime(f"{int(one['payment_date'])}06", "%Y%m%d%H")
        terms = Terms(day, control)
        groups = pd.DataFrame({"seg": [2], "interchange_seg": [1], "receiver_code": [""], "sender_code": [""]})
        number = pd.Series(np.arange(1, len(remits) + 1)).astype("str").str.zfill(4)
        return {
            "interchanges": envelope.interchanges(mailbox, terms, terms.numbers()),
            "groups": envelope.groups(groups, mailbox, terms, terms.numbers()),
            "transactions": pd.DataFrame(
                {
                    "seg": remits["transaction_seg"].to_numpy(),
                    "interchange_seg": 1,
                    "group_seg": 2,
                    "set_code": "835",
                    "control_number": number.to_numpy(),
                }
            ),
        }

    def _put(self, name: str, data: bytes) -> None:
        (self.out / name).write_bytes(data)
        self.files.append(self.out / name)


def _waves(remits: pd.DataFrame) -> Iterator[list[int]]:
    """Give runs of files with so many claims that they fit into memory together."""
    claims = remits.groupby("file")["claims"].sum()
    number = (claims.cumsum() - 1) // _WAVE
    for _, own in claims.groupby(number):
        yield [int(file) for file in own.index]


def _identified(plb: pd.DataFrame, remits: pd.DataFrame) -> pd.DataFrame:
    of = remits.set_index("remit").reindex(plb["remit"])
    return plb.assign(
        seg=np.arange(1, len(plb) + 1),
        transaction_seg=of["transaction_seg"].to_numpy(np.int64),
        provider_identifier=of["payee_identifier"].to_numpy(),
        fiscal_period_date=of["payment_date"].to_numpy(np.int64) // 10000 * 10000 + 1231,
    ).reset_index(drop=True)


def _crossovers(payments: pd.DataFrame) -> pd.DataFrame:
    """Name the payer that each claim was passed on to (NM1*TT)."""
    own = payments[payments["is_crossover"]]
    return pd.DataFrame(
        {
            "seg": own["seg"].to_numpy(np.int64),
            "transaction_seg": np.zeros(len(own), np.int64),
            "claim_seg": own["seg"].to_numpy(np.int64),
            "service_seg": np.zeros(len(own), np.int64),
            "loop": "2100",
            "qualifier_code": "TT",
            "last_name": own["crossover_name"].to_numpy(),
            "first_name": "",
            "identifier_qualifier": "PI",
            "identifier": own["crossover_code"].to_numpy(),
        }
    )
