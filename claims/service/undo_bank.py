"""Undo and replay of a bank file: its lines leave the books, ties first, and come back, by the rules of a reconcile.

A line that another statement says, too, stays as long as that one stands. Nothing of a line that is undone is booked,
tied or in the tie-out; a later statement that says it lets it stand again.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.errors import UsageError, VaultError
from claims.ledger.undo import REFUSED_COLUMNS
from claims.service import same_money, tying, undo_hindrances, undone_statements
from claims.service.audited import record
from claims.service.bank_files import lines_of
from claims.service.banking import match_deposits
from claims.service.context import Context
from claims.service.patient_banking import name_late
from claims.service.undo_targets import Target
from claims.store import banking, exceptions, patient_hand, undone_exceptions
from claims.store import undo as undo_rows
from claims.store import undo_bank as rows
from claims.store.handles import Connection

CAUSE = "undone"


def undo(
    conn: Connection, ctx: Context, run_id: int, day: date, target: Target, counts: dict[str, int]
) -> pd.DataFrame:
    """Take the lines of a bank file out of the books; give what refuses it (empty: done).

    Raises UsageError for a file without lines.
    """
    sha256 = rows.sha256_of(conn, target.bank_file_id)
    lines = _lines(conn, ctx, target.bank_file_id, sha256)
    if lines.empty:
        raise UsageError(f"{target.name} has no bank lines: there is nothing to undo.")
    stays = _said_by_others(conn, ctx, target.bank_file_id)
    gone = lines[~lines["line_key"].isin(stays) & (lines["state"] != banking.UNDONE)]
    ids = gone["bank_line_id"].tolist()
    refused = _refused(conn, ids, target.name)
    if len(refused):
        counts["refused"] = len(refused)
        return refused
    ties = banking.matches(conn, ids)
    if len(ties):
        tying.take_apart(conn, ctx, run_id, day, ties, CAUSE, without_rest=ids)
    tying.reverse(conn, ctx, run_id, day, rows.rest_journals(conn, ids), CAUSE)
    rows.withdraw(conn, ids)
    exceptions.close_for(conn, "bank_line_id", ids, [*tying.OF_LINES, tying.OTHER_PAYER], CAUSE, day)
    same_money.close(conn, ids, CAUSE, day)
    named = {"exception_key": [rows.marker(sha256)], "type_code": [rows.TYPE], "file_id": [target.bank_file_id]}
    exceptions.open_all(conn, pd.DataFrame(named | {"amount_cents": [int(gone["amount_cents"].sum())]}), day)
    same_money.settle(conn, ctx, day, same_money.keys_of(conn, ids))
    tying.name_open(conn, day)
    name_late(conn, day, patient_hand.in_hand(conn))
    undone_exceptions.age_as_before(conn, run_id, by_undo=False)
    counts |= {"bank_lines_undone": len(ids), "bank_lines_of_other_files": len(lines) - len(ids)}
    counts |= {"ties_taken_apart": len(ties), "journals": _journals(conn, run_id)}
    record(ctx, conn, "undo", target.name, {"run_id": run_id, **counts})
    undone_statements.name(conn, ctx, day, CAUSE)
    return refused


def replay(conn: Connection, ctx: Context, run_id: int, day: date, target: Target, counts: dict[str, int]) -> None:
    """Put the lines of a bank file that was undone back, with the ties that they had; then the rules tie the rest."""
    sha256 = rows.sha256_of(conn, target.bank_file_id)
    if (state := ctx.vault.verify(sha256)) != "sound":
        raise VaultError(sha256, f"it is {state}, and what it holds is not posted again")
    lines = _lines(conn, ctx, target.bank_file_id, sha256)
    ids = lines.loc[lines["state"] == banking.UNDONE, "bank_line_id"].tolist()
    former = rows.taken_apart(conn, target.bank_file_id, ids)
    replaced = exceptions.closed_as(conn, rows.REPLACED, exceptions.has_key(rows.marker(sha256)))
    exceptions.reopen(conn, replaced, day, is_as_old=True)
    exceptions.close_key(conn, rows.marker(sha256), "replayed", day)
    rows.stand_again(conn, ids)
    same_money.settle(conn, ctx, day, same_money.keys_of(conn, ids))
    undone_statements.name(conn, ctx, day, "replayed")
    counts["bank_lines"] = len(ids)
    counts["ties_made_again"] = tying.tie_again(conn, ctx, run_id, day, former)
    for name, number in match_deposits(ctx, run_id, day, is_replay=True).items():
        counts[name] = counts.get(name, 0) + number
    undone_exceptions.age_as_before(conn, run_id)
    counts["journals"] = _journals(conn, run_id)
    record(ctx, conn, "replay", target.name, {"run_id": run_id, **counts})


def _journals(conn: Connection, run_id: int) -> int:
    return int(undo_rows.journals_of_run(conn, run_id)["idempotency_key"].nunique())


def _lines(conn: Connection, ctx: Context, file_id: int, sha256: str) -> pd.DataFrame:
    """The bank lines that a file says, those that an earlier file brought included."""
    return rows.of_file(conn, [file_id], lines_of(ctx, conn, file_id, sha256)["line_key"].tolist())


def _said_by_others(conn: Connection, ctx: Context, file_id: int) -> set[str]:
    """Keys of the lines that other bank files say which stand; only one that overlaps is read for it."""
    others = rows.standing_files(conn, file_id)
    keys = set(rows.of_file(conn, others["file_id"].tolist(), ())["line_key"])
    overlapping = others.loc[others["overlaps"], ["file_id", "sha256"]]
    for other, sha256 in overlapping.itertuples(index=False):
        keys |= set(lines_of(ctx, conn, int(other), sha256)["line_key"])
    return keys


def _refused(conn: Connection, line_ids: list[int], target: str) -> pd.DataFrame:
    """Name what a person did with these lines, and what stands on them in other files, with what takes it away."""
    tied = banking.matches(conn, line_ids)
    again = undo_rows.issued_again(conn, tied.loc[tied["remit_id"] != 0, "remit_id"].unique().tolist())
    parts = [
        rows.by_hand(conn, line_ids),
        rows.returned_later(conn, line_ids).assign(kind="later bank line"),
        banking.settled_twice(conn, tied)[["journal_id"]].assign(kind="later bank line"),
        rows.voided(conn, line_ids).assign(kind="payment taken back"),
        again.assign(kind="payment issued again"),
    ]
    refused = pd.concat(parts, ignore_index=True).reindex(columns=REFUSED_COLUMNS)
    ids = [name for name in REFUSED_COLUMNS if name != "kind"]
    refused = refused.astype(dict.fromkeys(ids, "Int64")).fillna(dict.fromkeys(ids, 0))
    nothing = pd.DataFrame(columns=["claim_posting_id", "remit_id", "family_id", "recorded_at"])
    return undo_hindrances.named(conn, refused, nothing, [], target)
