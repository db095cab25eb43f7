"""Simulated payers answer claim files: files in; TA1s, 999s, 277CAs, 835s, bank rows and the truth out, in a folder.

The same files, arguments and books give the same bytes. Files are read in parts and payments kept on disk, so that
memory does not grow with the number of claims.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from claims.errors import UsageError
from claims.money import amount
from claims.payer import told, ugly
from claims.payer.acknowledge import claim_answers
from claims.payer.cycles import day_numbers
from claims.payer.decisions import Decided, decided
from claims.payer.fees import unit_fees
from claims.payer.reviews import FORCED
from claims.payer.terms import yyyymmdd
from claims.service.simulate_books import NARROW, PENDING, PENDING_TEXT, Stored, opened, save
from claims.service.simulate_intake import Received, batches, received, with_senders
from claims.service.simulate_pay import Payments, table_writer
from claims.x12.acknowledge import envelope
from claims.x12.acknowledge.terms import Terms
from claims.x12.read import scan
from claims.x12.write import write

PART = 8 << 20
_FOREVER = 1 << 40
_MOST_NAME = 8


@dataclass
class Answered:
    """What was written: files in order, claims by their fate, remittances, what was paid; modes that found no place.

    `unread` are files without an interchange: nobody could answer them.
    """

    files: list[Path] = field(default_factory=list)
    claims: int = 0
    rejected: int = 0
    remittances: int = 0
    paid_cents: int = 0
    unapplied: list[str] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)


def answer(
    files: Iterable[Path | str], out: Path | str, *, seed: int = 7, ugly: Sequence[str] = (),
    books: Path | str | None = None, day: date | None = None, as_of: date | None = None,
) -> Answered:  # fmt: skip
    """Answer claim files as their payers would, into the folder `out`.

    `day` is the day that the files come (each file's own day by default), `as_of` the last day whose payments are
    written (all of them by default). `books` is a folder in which the payers remember from call to call; without it
    they begin anew, and `out` has to be new or empty. `ugly` names faults to put in (`ugly.modes()`).
    """
    wanted = _modes(ugly)
    out = Path(out)
    if out.exists() and (not out.is_dir() or (books is None and any(out.iterdir()))):
        raise UsageError("The folder to simulate into is not empty; choose a new one, or give the books to go on with.")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() if books is None else nullcontext(str(books)) as folder:
        stored = opened(Path(folder), seed)
        run = _Run(out, stored, seed, wanted)
        for path in files:
            run.receive(Path(path), day)
        run.pay(as_of)
        run.write_fees()
        if books is not None:
            save(Path(folder), stored, seed)
    return run.done


def _modes(names: Sequence[str]) -> list[str]:
    known = ugly.modes()
    wrong = [name for name in names if name not in known]
    if wrong:
        raise UsageError(f"There is no ugly mode {wrong[0]}; there are: {', '.join(known)}.")
    return list(dict.fromkeys(names))


class _Run:
    def __init__(self, out: Path, stored: Stored, seed: int, wanted: list[str]) -> None:
        self.out, self.stored, self.seed, self.wanted = out, stored, seed, wanted
        self.force = [name for name in wanted if name in FORCED]
        # Modes of claims are tried in every file; those that have met no claim yet wait.
        self.of_claims = [name for name in wanted if name in ugly.OF_CLAIMS]
        self.waits = list(self.of_claims)
        self.done = Answered()
        self.waiting: list[pd.DataFrame] = []
        self.truth = table_writer(out / "truth.csv", told.COLUMNS)
        self.fees = pd.DataFrame({"payer_code": [], "procedure_code": [], "allowed_cents": []})

    # ---- claims

    def receive(self, path: Path, day: date | None) -> None:
        """Answer a file, and decide its claims."""
        books = self.stored.books
        name = f"{books.next_control:09d}"
        file = received(path, books, day)
        if file.interchanges.empty:
            self.done.unread.append(path)
        name = f"{name}_{file.sha256[:_MOST_NAME]}"
        self._put(f"{name}.ta1", file.ta1)
        self._put(f"{name}.999", file.implementation)
        for kind in ("refused_interchange", "refused_set"):
            causes = [note for one, note in file.refused if one == kind]
            self.truth(told.of_refusals(kind, f"{name}.{'ta1' if kind == 'refused_interchange' else '999'}", causes))
        if len(file.sets):
            self._decide(path, file, f"{name}.277ca")

    def _decide(self, path: Path, file: Received, name: str) -> None:
        books, day = self.stored.books, yyyymmdd(file.day)
        heads: pd.DataFrame | None = None
        for part in scan(path, part=PART):
            heads = batches(part, path, heads.tail(1) if heads is not None else None)
            frames = part.frames
            claims = frames["claims"]
            claims = claims[claims["transaction_seg"].isin(file.sets["seg"])]
            if claims.empty:
                continue
            claims = with_senders(claims, file.sets, file.interchanges, day)
            fees = unit_fees(claims, frames["service_lines"], self.seed)
            self.fees = pd.concat([self.fees, fees]).drop_duplicates(["payer_code", "procedure_code"])
            first_sequence = books.next_sequence
            archive = self.stored.archive.standing
            force = [*self.force, *self.of_claims]
            found = decided({**frames, "claims": claims}, books, self.seed, archive, force)
            self.force = [mode for mode in self.force if mode not in found.forced]
            self.waits = [mode for mode in self.waits if mode not in set(found.claims["ugly"])]
            self._keep(found, first_sequence)
            self._answer_claims(found.claims, frames["references"], heads, file, name)

    def _keep(self, found: Decided, first_sequence: int) -> None:
        """Put payments into the archive, and remember which are to be paid."""
        if not found.payments:
            return
        payments = found.payments["claim_payments"]
        chapter = self.stored.archive.add(found.payments, first_sequence)
        waiting = payments[[*PENDING, *PENDING_TEXT]].assign(chapter=chapter)
        # Only interest (PLB L6) names a claim: of a million claims, few.
        named = waiting["payer_claim_number"].where(waiting["interest_cents"] != 0, "")
        self.waiting.append(waiting.assign(payer_claim_number=named).astype(NARROW))
        books = self.stored.books
        books.recoveries = pd.concat([books.recoveries, found.recoveries], ignore_index=True)

    def _answer_claims(
        self, claims: pd.DataFrame, references: pd.DataFrame, heads: pd.DataFrame, file: Received, name: str
    ) -> None:
        """Append the 277CA of a part: an interchange back to each sender, a set for each set of claims."""
        books = self.stored.books
        traces = references[(references["qualifier_code"] == "D9") & (references["service_seg"] == 0)]
        trace = traces.drop_duplicates("claim_seg").set_index("claim_seg")["reference"].reindex(claims["seg"])
        claims = claims.assign(clearing_house_trace=trace.fillna("").to_numpy())
        own = heads[heads["transaction_seg"].isin(claims["transaction_seg"])].sort_values("transaction_seg")
        own = own.reset_index(drop=True)
        around = file.interchanges[file.interchanges["seg"].isin(own["interchange_seg"])]
        by_seg = around.set_index("seg").loc[own["interchange_seg"]]
        for who, at in (("submitter", "sender_id"), ("receiver", "receiver_id")):
            own[f"{who}_id"] = own[f"{who}_id"].where(own[f"{who}_id"] != "", by_seg[at].to_numpy())
            own[f"{who}_name"] = own[f"{who}_name"].where(own[f"{who}_name"] != "", own[f"{who}_id"])
        first = books.next_control
        own["receipt"] = [f"R{first + place:09d}" for place in range(len(own))]
        own["batch_reference"] = own["batch_reference"].where(own["batch_reference"] != "", "0")
        day = yyyymmdd(file.day)
        terms = Terms(datetime(file.day.year, file.day.month, file.day.day, 7), first)
        numbers = terms.numbers()
        groups = around[["seg"]].assign(interchange_seg=around["seg"], receiver_code="", sender_code="")
        frames = {
            **claim_answers(claims, own, day),
            "interchanges": envelope.interchanges(around, terms, numbers),
            "groups": envelope.groups(groups, around, terms, numbers),
            "transactions": pd.DataFrame(
                {
                    "seg": own["transaction_seg"],
                    "interchange_seg": own["interchange_seg"],
                    "group_seg": own["interchange_seg"],
                    "set_code": "277CA",
                    "batch_reference": own["receipt"],
                    "batch_date": day,
                    "batch_time": "0700",
                }
            ),
        }
        books.next_control += 2 * len(around) + len(own)
        with (self.out / name).open("ab") as target:
            target.write(write(frames))
        if not self.done.files or self.done.files[-1].name != name:
            self.done.files.append(self.out / name)
        self.done.claims += len(claims)
        self.done.rejected += int((claims["edit"] != "").sum())
        self.truth(told.of_rejections(claims, name))

    # ---- payments

    def pay(self, as_of: date | None) -> None:
        """Write the payments that are due until a day."""
        until = _FOREVER if as_of is None else int(day_numbers(np.array([yyyymmdd(as_of)]))[0])
        pending = pd.concat([self.stored.pending, *self.waiting], ignore_index=True)
        is_due = pending["pay_day"] <= until
        self.stored.pending = pending[~is_due].reset_index(drop=True)
        modes = [name for name in self.wanted if name not in (*FORCED, *self.of_claims)]
        payments = Payments(self.out, self.stored, self.seed, modes, self.truth)
        payments.write(pending[is_due])
        self.done.files += payments.files
        self.done.remittances, self.done.paid_cents = payments.count, payments.paid_cents
        self.done.unapplied = [*self.force, *self.waits, *payments.unapplied]

    def write_fees(self) -> None:
        """Write what the payers allow for the procedures that they were sent."""
        rows = self.fees.sort_values(["payer_code", "procedure_code"], ignore_index=True)
        allowed = [amount(int(cents)) for cents in rows["allowed_cents"].tolist()]
        text = rows[["payer_code", "procedure_code"]].assign(allowed=allowed).to_csv(index=False, lineterminator="\n")
        (self.out / "fee_schedules.csv").write_text(text, encoding="utf-8")

    def _put(self, name: str, data: bytes) -> None:
        if data:
            (self.out / name).write_bytes(data)
            self.done.files.append(self.out / name)
