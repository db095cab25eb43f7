"""Bank lines are tied to posted remittances, and to what patients paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from claims.identifiers import normal_trace
from claims.ledger import deposits, returned_deposits, returned_turns
from claims.service import same_money, tying
from claims.service.context import Context
from claims.service.patient_banking import tie_patients
from claims.service.provider_adjustments import issue_again
from claims.store import banking, deposit_candidates, returned, statistics, takebacks
from claims.store.engine import write
from claims.store.handles import Connection

NAMES = ("trace_number", "reference")


def match_deposits(ctx: Context, run_id: int, posting_date: date, *, is_replay: bool = False) -> dict[str, int]:
    """Tie bank lines to posted remittances, post fees and returns; the rest waits on unapplied cash, by name.

    A line of a day after the accounting day is named, and moves nothing before its day. `is_replay`: payments are
    issued again only where an undo took that back, and what they were is tied to nothing while that is undone: the
    replay of it finds them open, as they were.
    """
    statistics.refresh(ctx.engine)
    with write(ctx.engine) as conn:
        same_money.settle(conn, ctx, posting_date)
        left = takebacks.left_to_undone(conn) if is_replay else []
        open_ = banking.open_lines(conn, posting_date)
        fees = open_[open_["kind"] == "fee"]
        tying.write_fees(conn, ctx, run_id, posting_date, fees)
        later = _in_place(open_)
        counts = _tie(conn, ctx, run_id, posting_date, open_[open_["kind"] != "fee"], later, left)
        more, was_later = counts, bool(later)
        gave_way = set[int]()
        while more["deposits_returned"] or was_later or _give_way(conn, ctx, run_id, posting_date, gave_way):
            # A deposit that went back leaves its remittance to the one that came in its place.
            open_, was_later = banking.open_lines(conn, posting_date), False
            more = _tie(conn, ctx, run_id, posting_date, open_, (), left)
            counts += more
        issue_again(conn, ctx, run_id, posting_date, is_replay=is_replay)
        waiting_lines, waiting_remits = tying.name_open(conn, posting_date)
    return {
        **{str(name): int(number) for name, number in counts.items()},
        "bank_fees": len(fees),
        "deposits_unexplained": len(waiting_lines),
        "remittances_without_deposit": int((waiting_remits["type_code"] == "REMIT_WITHOUT_DEPOSIT").sum()),
    }


def _in_place(lines: pd.DataFrame) -> list[int]:
    """Open lines (bank_line_id) that came after an open return with their trace number: for what that one took back."""
    came = lines.assign(trace=normal_trace(lines["trace_number"]))
    back = came[(came["rest_cents"] < 0) & (came["kind"] != "fee")]
    names = [back[["bank_date"]].assign(trace=normal_trace(back[name])) for name in NAMES]
    first = pd.concat(names).groupby("trace")["bank_date"].min()
    day = pd.Series(first.reindex(came["trace"]).to_numpy(), index=came.index).fillna("")
    is_later = (came["rest_cents"] > 0) & (came["trace"] != "") & (day != "") & (came["bank_date"] > day)
    return [int(one) for one in came.loc[is_later, "bank_line_id"]]


def _tie(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, before: pd.DataFrame, later: Sequence[int],
    left: Sequence[int],
) -> pd.Series[int]:  # fmt: skip
    """Tie open lines (no fees) once to what is open, then find what the returns among them take back; give counts.

    `later`: lines (bank_line_id) whose turn comes afterwards. `left`: remittances (remit_id) that are tied to none.
    """
    before = before[~before["bank_line_id"].isin(later)]
    if before.empty:
        none = {"deposits_tied": 0, "tied_cents": 0, "deposits_returned": 0}
        return pd.Series(none | tie_patients(conn, ctx, run_id, posting_date, before), dtype="int64")
    remits = banking.remittances(conn)
    remits = remits[~remits["remit_id"].isin(left)].reset_index(drop=True)
    lines = before[before["rest_cents"] > 0]
    # What remains of a deposit that was tied is another remittance's only where the trace says so.
    told = ~lines["is_over"]
    asked = lines.assign(
        payer_name=lines["payer_name"].where(told, ""), payer_identifier=lines["payer_identifier"].where(told, "")
    )
    settled = banking.matches(conn, lines.loc[lines["is_over"], "bank_line_id"])
    settled = settled[settled["remit_id"] != 0]
    outcome = deposits.tie(asked, remits, banking.refused_pairs(conn), settled)
    tying.write_ties(conn, ctx, run_id, posting_date, outcome.ties, lines, remits)
    # What waits is looked at once more, with those that come later.
    seen = lines["bank_line_id"] if not later else outcome.ties["bank_line_id"].drop_duplicates()
    considered = outcome.candidates[outcome.candidates["bank_line_id"].isin(seen)]
    deposit_candidates.save_candidates(conn, seen, considered.assign(returns_line_id=0))
    open_ = _open(conn, posting_date, later) if len(outcome.ties) else before
    clear = open_[~open_["bank_line_id"].isin(outcome.ambiguous["bank_line_id"])]
    patients = tie_patients(conn, ctx, run_id, posting_date, clear)
    open_ = _open(conn, posting_date, later) if patients["patient_deposits_tied"] else open_
    tying.write_rests(conn, ctx, run_id, posting_date, open_[open_["rest_cents"] > 0])
    returned = _take_back(conn, ctx, run_id, posting_date, open_[open_["rest_cents"] < 0], later)
    if (open_["rest_cents"] < 0).any():
        open_ = _open(conn, posting_date, later)
        tying.write_rests(conn, ctx, run_id, posting_date, open_[open_["rest_cents"] < 0])
    return pd.Series(
        {
            "deposits_tied": len(outcome.ties),
            "tied_cents": int((outcome.ties["amount_cents"] - outcome.ties["fee_cents"]).sum()),
            "deposits_returned": returned,
            **patients,
        },
        dtype="int64",
    )


def _open(conn: Connection, posting_date: date, later: Sequence[int]) -> pd.DataFrame:
    rows = banking.open_lines(conn, posting_date)
    return rows[~rows["bank_line_id"].isin(later)]


def _give_way(conn: Connection, ctx: Context, run_id: int, posting_date: date, before: set[int]) -> bool:
    """Take returns apart in whose place an earlier one of their trace number and amount came since; tell if any was.

    Each once in a run (`before`, which grows): one that takes the same again is not asked a second time.
    """
    open_ = banking.open_lines(conn, posting_date)
    back = open_[(open_["rest_cents"] < 0) & ~open_["is_over"].astype(bool) & (open_["kind"] != "fee")]
    taken = returned.taken_whole(conn, normal_trace(back["trace_number"]).tolist())
    pairs = returned_turns.out_of_turn(back, taken, returned.refused(conn)) if len(taken) else taken
    pairs = pairs[~pairs["bank_line_id"].isin(before)]
    before |= set(pairs["bank_line_id"].tolist())
    if len(pairs):
        ties = returned.ties_of(conn, pairs)
        tying.take_apart(conn, ctx, run_id, posting_date, ties, "in-turn")
    return len(pairs) > 0


def _take_back(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    returns: pd.DataFrame,
    later: Sequence[int] = (),
) -> int:
    """Find what each return takes back of former deposits, but for those whose turn comes `later`; give of how many
    that was found."""
    if returns.empty:
        return 0
    found = returned_deposits.names_of(returns)
    formers = returned.former_deposits(conn, (-returns["rest_cents"]).tolist(), found)
    formers = formers[~formers["bank_line_id"].isin(later)].reset_index(drop=True)
    parts = returned.parts(conn, formers)
    ties, considered = returned_deposits.take_back(returns, formers, parts, returned.refused(conn))
    deposit_candidates.save_candidates(conn, returns["bank_line_id"], considered)
    tying.write_returns(conn, ctx, run_id, posting_date, ties, returns, parts)
    return int(ties["bank_line_id"].nunique())
