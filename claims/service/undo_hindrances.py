"""What refuses an undo, in words, and the command that takes it away: the newest first, as it is to be typed.

Where the payers decided on top of what a person did, their remittance is to be undone before that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from claims.money import dollars
from claims.store import undo_bank
from claims.store import undo_hindrances as rows_of
from claims.store.handles import Connection

AGAIN = "claims payments add"
COLUMNS = ["says", "command"]


def named(
    conn: Connection, refused: pd.DataFrame, postings: pd.DataFrame, whole: list[int], target: str
) -> pd.DataFrame:
    """Add `says` and `command` to what refuses an undo (`ledger.undo.REFUSED_COLUMNS`); command "": none takes it away.

    What several journals tell alike (a refund is asked for by one and paid by another) stands once, as the newest.

    `postings`: what would go (claim_posting_id, remit_id, family_id, recorded_at); `whole`: remittances asked for.
    """
    if refused.empty:
        return refused.assign(says="", command="").astype(dict.fromkeys(COLUMNS, "str"))
    journals = rows_of.journals(conn, refused["journal_id"].tolist()).set_index("journal_id")
    rows = refused.astype({"journal_id": "int64"})
    newest = rows.assign(at=journals["recorded_at"].reindex(rows["journal_id"]).fillna("").to_numpy())
    newest = newest.sort_values(["at", "journal_id"], ascending=False, kind="stable", ignore_index=True)
    facts = _Facts(conn, newest, journals)
    told = [facts.of(row) for row in newest.to_dict("records")]
    later = list(_decided_later(newest, postings, whole))
    texts = rows_of.traces(conn, sorted({one for one in later if one}))
    told = [
        (
            f"{says}, and a remittance that was posted after it",
            f"claims undo {remittance(texts, one)}",
        )
        if one
        else (says, command)
        for (says, command), one in zip(told, later, strict=True)
    ]
    both = pd.DataFrame(told, columns=COLUMNS, index=newest.index).astype("str")
    both["command"] = both["command"].str.replace("{target}", target)
    rows = pd.concat([newest.drop(columns="at"), both], axis=1)
    # One command takes away all that it is said of; without one, two of the same words may be two things.
    things = [facts.thing(row) if not row["command"] else "" for row in rows.to_dict("records")]
    return rows[~rows[COLUMNS].assign(thing=things).duplicated()].reset_index(drop=True)


def _decided_later(rows: pd.DataFrame, postings: pd.DataFrame, whole: list[int]) -> Iterator[int]:
    """Give of each the newest other remittance that decided its claim after it; 0: none did."""
    others = postings[~postings["remit_id"].isin(whole)] if len(whole) == 1 else postings
    for family, at in rows[["family_id", "at"]].itertuples(index=False):
        after = others[(others["family_id"] == family) & (others["recorded_at"] > at)] if at and family else others[:0]
        yield int(after.sort_values("claim_posting_id")["remit_id"].iloc[-1]) if len(after) else 0


def remittance(traces: pd.DataFrame, remit_id: int) -> str:
    """Name a remittance as undo takes it: by its trace number where that is no number of ours and its alone."""
    row = traces[traces["remit_id"] == remit_id].iloc[0]
    trace = str(row["trace_number"])
    is_own = trace and not trace.isdigit() and not set(trace) & set(" '\"$`\\") and int(row["of_posted"]) == 1
    return f"remit:{trace}" if is_own else f"remit:{remit_id}"


class _Facts:
    """What is known of everything that refuses, read once."""

    def __init__(self, conn: Connection, rows: pd.DataFrame, journals: pd.DataFrame) -> None:
        ids = rows.loc[rows["journal_id"] != 0, "journal_id"].tolist()
        self.journals = journals
        of = journals["idempotency_key"].str.extract(r"^act:([0-9]{1,18}):")[0].dropna()
        self.exception = journals["idempotency_key"].str.extract(r"^act:exception-([0-9]{1,18})-")[0].dropna()
        self.event = of.astype("int64")
        self.actions = rows_of.actions(conn, self.event.drop_duplicates().tolist())
        self.references = rows_of.references(conn, ids).groupby("journal_id")["reference"].agg(list)
        keys = sorted({key for keys in self.references for key in keys})
        self.payments, self.refunds = rows_of.payments(conn, keys), rows_of.refunds(conn, keys)
        self.lines = rows_of.bank_lines(conn, ids)
        self.matched = rows_of.claims_matched(conn, rows["claim_payment_id"].tolist())
        self.waiting = rows_of.waiting(conn, rows.loc[rows["kind"] == "match by hand", "claim_payment_id"].tolist())
        self.claims = rows_of.claim_numbers(conn, rows["family_id"].tolist())
        self.later = undo_bank.files_of(conn, rows.loc[rows["kind"] == "later bank line", "journal_id"].tolist())
        self.traces = rows_of.traces(conn, rows["remit_id"].tolist())

    def thing(self, row: dict[Any, Any]) -> str:
        """Tell things apart that no command takes away: a patient's payment or refund by its key, else each row."""
        keys = self.references.get(int(row["journal_id"]), [])
        own = [key for known in (self.refunds, self.payments) for key in keys if key in known]
        return own[0] if own else f"{row['kind']} {row['journal_id']} {row['claim_payment_id']}"

    def of(self, row: dict[Any, Any]) -> tuple[str, str]:
        """Say what refuses, and by which command it goes."""
        kind, journal = str(row["kind"]), int(row["journal_id"])
        if kind == "tie by hand":
            line = self.lines[journal]
            return f"the deposit {line}, tied by hand", f'claims deposits untie {line} --reason "{{target}} is undone"'
        if kind == "bank difference":
            command = f"claims deposits difference {self.lines[journal]} {row['remit_id']} --take-back"
            cents = dollars(int(self.journals["amount_cents"].get(journal, 0)))
            return f"a difference of {cents} that a person booked", f'{command} --reason "{{target}} is undone"'
        if kind == "match by hand":
            claim = self.matched[int(row["claim_payment_id"])]
            waits = self.waiting.get(int(row["claim_payment_id"]), 0)
            if waits:  # the claim alone was undone: now the match can go
                return f"a payment matched by hand to claim {claim}, which waits", f"claims exceptions unmatch {waits}"
            return f"a payment matched by hand to claim {claim}", f"claims undo claim:{claim}"
        if kind == "payment issued again":
            text = remittance(self.traces, int(row["remit_id"]))
            return f"{text}, which issued its payment again", f"claims undo {text}"
        if kind == "undone by itself":
            text = remittance(self.traces, int(row["remit_id"]))
            return f"decisions of {text} that were undone by themselves", f"claims replay {text}"
        if kind == "later bank line":
            line, file_id = self.later[journal]
            return (
                f"the bank line {line} of another statement, which stands on it",
                f"claims undo file:{file_id}",
            )
        cents = dollars(int(self.journals["amount_cents"].get(journal, 0)))
        if kind == "payment taken back":
            return f"a payment of a patient of {cents}, taken back after the bank had it: nothing brings it back", ""
        if journal in self.exception.index:
            command = f'claims exceptions unbook {self.exception[journal]} --reason "{{target}} is undone"'
            return f"a provider adjustment of {cents} that a person booked", command
        source, _, reason = kind.partition(" ")
        what = f"{reason.replace('-', ' ')} of {cents}"
        if source == "denial":
            action = self.actions.get(int(self.event.get(journal, 0)), 0)
            return f"action {action} on denials: {what}", f"claims denials undo {action}" if action else ""
        keys = self.references.get(journal, [])
        for number, state in (self.refunds[key] for key in keys if key in self.refunds):
            if state == "requested":
                return f"refund {number}: {what}", f'claims payments refund --withdraw {number} --reason "{{target}}"'
            return f"refund {number}, which is {state}: {what}; nothing takes money back that is paid out", ""
        for number in (self.payments[key] for key in keys if key in self.payments):
            return (
                f"payment {number} of a patient: {what} (enter it again afterwards: {AGAIN})",
                f'claims payments void {number} --reason "entered again after the undo of {{target}}"',
            )
        claim = self.claims.get(int(row["family_id"]), 0)
        if source == "patient" and claim:
            command = f'claims statements small-balances --take-back id:{claim} --reason "{{target}} is undone"'
            return f"a balance of claim {claim} given up: {what}", command
        return f"{what}: nothing takes money back that is paid out", ""
