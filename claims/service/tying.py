"""Ties of bank lines are written and taken apart: each is a journal and a row that says by which rule.

Whoever ties (the rules of reconcile, a person) comes through here, in a write transaction of his own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from claims import codes
from claims.errors import PostingRefusedError
from claims.identifiers import normal_trace
from claims.ledger import deposit_lines, deposits
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import banking, deposit_candidates, exceptions, returned
from claims.store.handles import Connection
from claims.store.rows import in_parts

AHEAD = "BANK_DAY_AHEAD"
OF_LINES = (
    AHEAD,
    "DEPOSIT_WITHOUT_REMIT",
    "DEPOSIT_AMBIGUOUS",
    "DEPOSIT_FOR_HELD_REMIT",
    "DEPOSIT_OVER",
    "RETURN_WITHOUT_DEPOSIT",
)
OTHER_PAYER = "DEPOSIT_PAYER_DIFFERS"  # it is tied all the same: banks name processors


def write_bank_journals(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    rows: pd.DataFrame,
    reason: str,
    days: pd.Series,
    of: str = "bank_line_id",
) -> None:
    """Write keyed ledger lines as the bank's journals; `days` gives the day of each bank line (or `of` what else)."""
    facts = {"source": "bank", "journal_reason": reason, "reverses_key": ""}
    first = rows.groupby("journal_key")[of].transform("first")
    dated = rows.assign(effective_date=days.reindex(first).to_numpy(), reason_code="", **facts)
    write_journals(conn, ctx, run_id, posting_date, dated)


def generation(conn: Connection, rows: pd.DataFrame) -> pd.Series:
    """How often each pair (bank line, remittance, other line) was tied before."""
    pair = ["bank_line_id", "remit_id", "returns_line_id"]
    ever = banking.matches(conn, rows["bank_line_id"].unique(), all_time=True).groupby(pair).size()
    found = ever.reindex(pd.MultiIndex.from_frame(rows[pair]), fill_value=0)
    return pd.Series(found.to_numpy("int64"), index=rows.index).astype("str")


def write_ties(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    ties: pd.DataFrame,
    lines: pd.DataFrame,
    remits: pd.DataFrame,
) -> None:
    """Write ties (bank_line_id, remit_id, amount_cents, fee_cents, rule, score, evidence) of `lines` and `remits`."""
    if ties.empty:
        return
    rows = ties.merge(lines[["bank_line_id", "line_key", "unapplied_cents", "bank_date"]], on="bank_line_id")
    rows = rows.merge(remits[["remit_id", "remit_key", "payer_code"]], on="remit_id").assign(returns_line_id=0)
    rows["is_unapplied"] = rows["unapplied_cents"] != 0
    rows["journal_key"] = "dep:" + rows["line_key"] + ":" + rows["remit_key"] + ":" + generation(conn, rows)
    days = lines.set_index("bank_line_id")["bank_date"]
    write_bank_journals(conn, ctx, run_id, posting_date, deposit_lines.tie_lines(rows), "deposit-match", days)
    banking.save_ties(conn, rows, ctx.actor)
    own = ties.merge(lines[["bank_line_id", "line_key", "file_id", "row_number"]], on="bank_line_id")
    own = own[own["evidence"].map(lambda text: "other-payer" in json.loads(text or "{}").get("differ", ()))]
    own = own[own["rule"] != banking.MANUAL]  # a person saw it
    named = own.assign(type_code=OTHER_PAYER, exception_key=OTHER_PAYER + ":" + own["line_key"], seg=own["row_number"])
    columns = ["exception_key", "type_code", "amount_cents", "bank_line_id", "file_id", "seg"]
    exceptions.open_all(conn, named[columns], posting_date)


def write_rests(conn: Connection, ctx: Context, run_id: int, posting_date: date, lines: pd.DataFrame) -> None:
    """Put what nothing explains of `lines` on unapplied cash, as far as it does not lie there yet."""
    left = lines["rest_cents"] - lines["unapplied_cents"]
    rests = lines[left != 0].assign(amount_cents=left[left != 0])
    if rests.empty:
        return
    before = banking.rest_generations(conn, rests["bank_line_id"])
    ordinal = rests["bank_line_id"].map(lambda line: str(before.get(line, 0))).astype("str")
    rests["journal_key"] = "dep:" + rests["line_key"] + ":none:" + ordinal
    days = rests.set_index("bank_line_id")["bank_date"]
    write_bank_journals(conn, ctx, run_id, posting_date, deposit_lines.rest_lines(rests), "deposit-without-remit", days)


def write_fees(conn: Connection, ctx: Context, run_id: int, posting_date: date, lines: pd.DataFrame) -> None:
    """Post the bank's own fees, line by line."""
    if lines.empty:
        return
    facts: dict[str, Any] = {
        "remit_id": 0,
        "returns_line_id": 0,
        "fee_cents": 0,
        "rule": "bank-fee",
        "score": 100,
        "evidence": "",
    }
    rows = lines.assign(amount_cents=lines["rest_cents"], is_unapplied=lines["unapplied_cents"] != 0, **facts)
    rows["journal_key"] = "dep:" + rows["line_key"] + ":fee:" + generation(conn, rows)
    days = rows.set_index("bank_line_id")["bank_date"]
    write_bank_journals(conn, ctx, run_id, posting_date, deposit_lines.fee_lines(rows), "bank-fee", days)
    banking.save_ties(conn, rows, ctx.actor)


def write_returns(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    ties: pd.DataFrame,
    returns: pd.DataFrame,
    parts: pd.DataFrame,
) -> None:
    """Take back `parts` of former deposits (`store.returned.parts`) by ties of `returned_deposits.take_back`."""
    if ties.empty:
        return
    rows = ties.merge(returns[["bank_line_id", "line_key", "bank_date", "unapplied_cents"]], on="bank_line_id")
    keys = ["returns_line_id", "remit_id"]
    own = parts.rename(columns={"bank_line_id": "returns_line_id"})[[*keys, "is_difference", "remit_key", "payer_code"]]
    _write_returned(conn, ctx, run_id, posting_date, rows.merge(own, on=[*keys, "is_difference"]))


def _write_returned(conn: Connection, ctx: Context, run_id: int, posting_date: date, rows: pd.DataFrame) -> None:
    """Write what returns take back: a row for each former tie, and for each rest (remit_id 0)."""
    rows = rows.assign(is_unapplied=rows["unapplied_cents"] != 0)
    pair = rows["line_key"] + ":" + rows["remit_key"]
    # A return may take back several ties of one remittance: each has a journal of its own.
    number = _returned_before(conn, rows) + rows.groupby(pair).cumcount()
    rows["journal_key"] = "dep:" + pair + ":" + number.astype("str")
    # A journal belongs to the return, also where its first line is the former deposit's.
    days = rows.set_index("journal_key")["bank_date"]
    posted = deposit_lines.return_lines(rows)
    write_bank_journals(conn, ctx, run_id, posting_date, posted, "deposit-returned", days, of="journal_key")
    back = rows.assign(amount_cents=-rows["amount_cents"], fee_cents=-rows["fee_cents"])
    of_rests = rows[rows["remit_id"] == 0]
    other = of_rests.assign(bank_line_id=of_rests["returns_line_id"], returns_line_id=of_rests["bank_line_id"])
    if "words" in other:
        other["words"] = ""  # they stand with the return
    banking.save_ties(conn, pd.concat([back, other], ignore_index=True), ctx.actor)


def _returned_before(conn: Connection, rows: pd.DataFrame) -> pd.Series[int]:
    """How often each return took something of each remittance (of each deposit, where nothing explains it) before."""
    ever = banking.matches(conn, rows["bank_line_id"].unique(), all_time=True)
    keys = ["bank_line_id", "remit_id", "former"]
    ever, own = (
        known.assign(former=known["returns_line_id"].where(known["remit_id"] == 0, 0)) for known in (ever, rows)
    )
    found = ever.groupby(keys).size().reindex(pd.MultiIndex.from_frame(own[keys]), fill_value=0)
    return pd.Series(found.to_numpy("int64"), index=rows.index)


def require_fee(line: pd.DataFrame, cents: int, fee_cents: int) -> None:
    """A fee that a person names is one as the rules know it (card settlements, a few percent): PostingRefusedError.

    What is short for another reason stays open and named; it is no expense.
    """
    rule = codes.table("tie_rules").set_index("rule").loc["payer-net-of-fee"]
    percent, kind = int(str(rule["fee_percent"])), str(rule["kind"])
    if fee_cents and (line["kind"].iloc[0] != kind or fee_cents * 100 > cents * percent):
        raise PostingRefusedError(
            f"A fee is what a card processor kept, at most {percent} percent of what it settled: tie what came, and "
            "the rest stays open."
        )


def require_come(line: pd.DataFrame, posting_date: date) -> None:
    """Raise PostingRefusedError for a bank line of a day after the accounting day: its money is not in the bank yet.

    Nor is that of one whose file is undone, and that of a copy is in the bank as that of another line.
    """
    if (line["state"] == banking.UNDONE).any():
        file_id = int(line["file_id"].iloc[0])
        raise PostingRefusedError(f"This bank line is undone with its file: claims replay file:{file_id} first.")
    if (line["state"] == banking.COPY).any():
        number, other = int(line["bank_line_id"].iloc[0]), int(line["copy_of_line_id"].iloc[0])
        raise PostingRefusedError(
            f"This money stands as bank line {other}, of another file. If it is money of its own: claims deposits own "
            f"{number}"
        )
    if banking.is_ahead(line, posting_date).any():
        raise PostingRefusedError("The day of this bank line has not come: its money is in the bank on that day.")


def take_apart(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    matches: pd.DataFrame,
    reason: str,
    words: str = "",
    without_rest: Iterable[int] = (),
) -> None:
    """Reverse the journals of ties in force and end the ties; what they explained lies on unapplied cash again.

    But for bank lines `without_rest`, which leave the books.
    """
    journal_ids = matches["journal_id"].unique().tolist()
    lines = reverse(conn, ctx, run_id, posting_date, journal_ids, reason)
    banking.end_ties(conn, journal_ids, reason, posting_date, words)
    exceptions.close_for(conn, "bank_line_id", matches["bank_line_id"], [OTHER_PAYER], reason, posting_date)
    touched = set(lines["bank_line_id"].tolist()) | set(matches["bank_line_id"].tolist())
    if left := touched - set(without_rest):
        write_rests(conn, ctx, run_id, posting_date, _of(conn, left))


def reverse(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, journal_ids: Iterable[int], cause: str
) -> pd.DataFrame:
    """Reverse journals of the bank, each once and for good (``untie:``); give the lines that were written."""
    lines = banking.journal_lines(conn, journal_ids)
    lines = lines.assign(
        amount_cents=-lines["amount_cents"],
        reverses_key=lines["journal_key"],
        journal_key="untie:" + lines["journal_key"],
        source="bank",
        journal_reason=cause,
        reason_code="",
    )
    write_journals(conn, ctx, run_id, posting_date, lines.drop(columns="journal_id"))
    return lines


def tie_again(conn: Connection, ctx: Context, run_id: int, posting_date: date, former: pd.DataFrame) -> int:
    """Make ties again that an undo took apart (`undone_ties.taken_apart`), by their old rules; give how many.

    Only where the money is still there on both sides, and a return only with the deposit that it takes back.
    """
    if former.empty:
        return 0
    lines, remits = _of(conn, former["bank_line_id"].unique()), _remittances(conn, former["remit_id"].unique())
    own = lines.loc[~lines["state"].isin(banking.OUT)]  # its file is undone, too, and comes back by itself
    own = own[["bank_line_id", "line_key", "rest_cents", "unapplied_cents", "bank_date"]]
    rows = former.merge(own, on="bank_line_id")
    rows = rows.merge(remits[["remit_id", "remit_key", "payer_code", "open_cents"]], on="remit_id")
    wanted = (rows["amount_cents"] - rows["fee_cents"]).groupby(rows["bank_line_id"]).transform("sum")
    rows = rows[(wanted * rows["rest_cents"] > 0) & (wanted.abs() <= rows["rest_cents"].abs())]
    rows = rows[(rows["returns_line_id"] == 0) | rows["returns_line_id"].isin(rows["bank_line_id"])]
    rows = rows[rows.groupby("remit_id")["amount_cents"].transform("sum") <= rows["open_cents"]]
    came = rows["returns_line_id"] == 0
    columns = ["bank_line_id", "remit_id", "amount_cents", "fee_cents", "rule", "score", "evidence"]
    write_ties(conn, ctx, run_id, posting_date, rows.loc[came, columns], lines, remits)
    if not came.all():
        back = rows[~came].assign(amount_cents=-rows["amount_cents"], fee_cents=-rows["fee_cents"])
        back["is_difference"] = banking.is_difference(back)
        _write_returned(conn, ctx, run_id, posting_date, back)
    deposit_candidates.choose_again(conn, rows.loc[came, columns])
    return len(rows)


def take_apart_remittances(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, remit_ids: Iterable[int], reason: str
) -> int:
    """Take apart every tie of some remittances, before their own postings are undone; give how many there were."""
    wanted = [int(one) for one in remit_ids]
    tied = banking.matches(conn, banking.of_remittances(conn, wanted))
    tied = tied[tied["remit_id"].isin(wanted)]
    if len(tied):
        take_apart(conn, ctx, run_id, posting_date, tied, reason)
    return len(tied)


def _of(conn: Connection, line_ids: Iterable[int]) -> pd.DataFrame:
    parts = [banking.lines(conn, banking.B.c.bank_line_id.in_(part)) for part in in_parts(sorted(line_ids))]
    return pd.concat(parts, ignore_index=True)


def _remittances(conn: Connection, remit_ids: Iterable[int]) -> pd.DataFrame:
    parts = [banking.remittances(conn, banking.R.c.remit_id.in_(part)) for part in in_parts(remit_ids)]
    return pd.concat(parts, ignore_index=True)


def name_open(conn: Connection, posting_date: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep an open exception for each bank line and remittance that is not done with; give both as (lines, remits)."""
    lines, remits = banking.open_lines(conn), banking.remittances(conn)
    kinds = _kinds(lines, deposit_candidates.ambiguous_lines(conn), banking.held_remittances(conn))
    kinds = kinds.mask(banking.is_ahead(lines, posting_date), AHEAD)
    named = lines.assign(
        type_code=kinds,
        exception_key=kinds + ":" + lines["line_key"],
        seg=lines["row_number"],
        amount_cents=lines["rest_cents"],
    )
    columns = ["exception_key", "type_code", "amount_cents", "bank_line_id", "file_id", "seg"]
    # What is open again, because a tie was taken apart, waits since it did before.
    exceptions.keep(conn, "bank_line_id", named[columns], OF_LINES, posting_date, is_as_old=True)
    remits["is_returned"] |= remits["remit_id"].isin(_went_back_before(conn, remits))
    waiting = remits.assign(type_code=_remit_kinds(remits, posting_date))
    waiting = waiting[waiting["type_code"] != ""]
    waiting = waiting.assign(
        exception_key=waiting["type_code"] + ":" + waiting["remit_key"], amount_cents=waiting["open_cents"]
    )
    columns = ["exception_key", "type_code", "amount_cents", "remit_id", "file_id", "seg"]
    exceptions.keep(conn, "remit_id", waiting[columns], exceptions.OF_REMITS, posting_date, is_as_old=True)
    return named, waiting


def _went_back_before(conn: Connection, remits: pd.DataFrame) -> list[int]:
    """Open remittances whose deposit was returned before they were here: the rules would have tied the two."""
    gone = returned.returned_alone(conn)
    nothing_came = remits[~remits["is_returned"] & (remits["tied_cents"] == 0)]
    if gone.empty or nothing_came.empty:
        return []
    gone = gone.assign(rest_cents=gone["amount_cents"])
    found: list[int] = deposits.tie(gone, nothing_came, banking.refused_pairs(conn)).ties["remit_id"].tolist()
    return found


def _kinds(lines: pd.DataFrame, ambiguous: list[int], held: pd.DataFrame) -> pd.Series:
    """Why something is left of a bank line: it went out, is more, fits several, its remittance is held, or none is."""
    # By the trace alone: the amount of a remittance that is held may be what is wrong with it.
    waits = normal_trace(held["trace_number"])
    own = normal_trace(lines["trace_number"])
    kinds = np.select(
        [
            lines["bank_line_id"].isin(ambiguous),
            lines["rest_cents"] < 0,
            lines["is_over"],
            own.isin(waits) & (own != ""),
        ],
        ["DEPOSIT_AMBIGUOUS", "RETURN_WITHOUT_DEPOSIT", "DEPOSIT_OVER", "DEPOSIT_FOR_HELD_REMIT"],
        "DEPOSIT_WITHOUT_REMIT",
    )
    return pd.Series(kinds, index=lines.index, dtype="str")


def _remit_kinds(remits: pd.DataFrame, posting_date: date) -> pd.Series:
    """Why a posted remittance is open: part of its money came, it was taken back, it is late, or far ahead."""
    most = codes.table("remittance_days").set_index("rule")["business_days"].astype("int64")
    # A remittance without a day of its own is waited for since it was posted first.
    days = remits["payment_date"].where(remits["payment_date"] != "", remits["first_posted"])
    days = days.where(days != "", posting_date.isoformat())
    waited = np.busday_count(days.to_numpy(dtype=object).astype("datetime64[D]"), np.datetime64(posting_date, "D"))
    kinds = np.select(
        [remits["tied_cents"] > 0, remits["is_returned"], waited > most["late"], waited < -most["ahead"]],
        ["DEPOSIT_SHORT", "DEPOSIT_RETURNED", "REMIT_WITHOUT_DEPOSIT", "REMIT_DAY_AHEAD"],
        "",
    )
    return pd.Series(kinds, index=remits.index, dtype="str")
