"""What people do with deposits: see what each bank line is and why, tie one to a remittance, take a tie apart."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from claims import codes
from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.ledger import deposit_pairs
from claims.masking import MASK
from claims.money import dollars
from claims.service import tying
from claims.service.audited import record, record_shown, sealed_words
from claims.service.context import Context
from claims.service.periods import require_not_before
from claims.service.runs import running
from claims.store import banking, deposit_candidates, exceptions, patient_hand, periods, returned
from claims.store.engine import read, rehearsal, write
from claims.store.handles import Connection

STATES = ("open", "tied", *banking.OUT)
_WORDS = ["words", "ended_words"]


class TiesMovedError(UsageError):
    """The ties of a deposit or of its remittance are not those that were looked at."""

    def __init__(self) -> None:
        super().__init__("Ties of this deposit or of the remittance were changed since you saw them: look once more.")


MOST_OPEN = 100


def listed(ctx: Context, *, state: str = "open", show_phi: bool = False) -> pd.DataFrame:
    """Give bank lines of a state (empty: any): what is left of each, and what it is tied to.

    Columns: bank_line_id, bank_date, amount_cents, rest_cents, kind, state, rule, payer, trace_number, payer_name,
    reference. What the bank says of a payer or in its reference is masked unless ``show_phi``, which is audited.
    """
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    with read(ctx.engine) as conn:
        rows = banking.lines(conn)
        ties = banking.matches(conn, rows["bank_line_id"])
    rows = with_ties(rows, ties)
    rows = rows if not state else rows[rows["state"] == state]
    names = ["bank_line_id", "bank_date", "amount_cents", "rest_cents", "kind", "state", "rule", "payer"]
    rows = rows[[*names, "trace_number", "payer_name", "reference"]].reset_index(drop=True)
    return _masked(ctx, rows, "deposits", show_phi)


def with_ties(rows: pd.DataFrame, ties: pd.DataFrame) -> pd.DataFrame:
    """Add to bank lines their state, and the rules and payers of their ties in force."""
    by_line = ties.groupby("bank_line_id")
    texts = {name: by_line[source].agg(_words) for name, source in (("rule", "rule"), ("payer", "payer_name"))}
    return rows.assign(
        state=banking.line_states(rows["rest_cents"]).mask(rows["state"].isin(banking.OUT), rows["state"]),
        **{name: _looked_up(told, rows["bank_line_id"]) for name, told in texts.items()},
    )


def _looked_up(words: pd.Series, keys: pd.Series) -> pd.Series:
    """The word of each key; empty where there is none, also when there is none at all."""
    return pd.Series(words.reindex(keys).to_numpy(), index=keys.index, dtype="str").fillna("")


def _words(texts: pd.Series) -> str:
    return ", ".join(sorted(set(texts) - {""}))


def _masked(ctx: Context, rows: pd.DataFrame, subject: str, show_phi: bool) -> pd.DataFrame:
    if show_phi:
        record_shown(ctx, subject, {"bank lines": rows["bank_line_id"].tolist()})
        return rows
    return rows.assign(**{name: rows[name].where(rows[name] == "", MASK) for name in ("payer_name", "reference")})


def told(ctx: Context, bank_line_id: int, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one bank line: what it says, its ties past and present with their evidence, and what was considered.

    Of a tie: amount_cents settles the remittance, fee_cents of it a card processor kept, difference_cents is a small
    difference that a person booked (above zero: the deposit is short), which is no fee. `seen` of a tie in force names
    how the ties of the deposit and its remittance stand, that of the line how its own do.
    `is_ahead`: its day has not come, and nothing of it is booked. `in_hand`: whose payments and refunds are just what
    is left of it, as `patient_banking.tie_by_hand` takes them. `exceptions`: what is open about it, or about the money
    of a remittance that it is tied to.
    """
    with read(ctx.engine) as conn:
        row = line_of(conn, bank_line_id)
        money = patient_hand.in_hand(conn)
        ties = banking.matches(conn, [bank_line_id], all_time=True)
        ties = ties.assign(seen=_seen_with(conn, ties))
        considered = deposit_candidates.candidates(conn, [bank_line_id])
        conn_file, seen = banking.place(conn, bank_line_id), banking.seen(conn, bank_line_id)
        now = ties.loc[ties["ended_reason"] == "", "remit_id"]
        named = exceptions.open_of_deposit(conn, bank_line_id, now[now != 0].tolist())
    is_out = str(row["state"].iloc[0]) in banking.OUT
    is_ahead = bool(banking.is_ahead(row, ctx.settings.today()).any())
    row = _masked(ctx, row, f"bank line {bank_line_id}", show_phi)
    names = ["bank_line_id", "bank_date", "amount_cents", "rest_cents", "unapplied_cents", "kind", "type_code"]
    names += ["state", "file_id", "copy_of_line_id"]
    story = row[[*names, "trace_number", "payer_identifier", "payer_name", "reference"]].to_dict("records")[0]
    rules = codes.table("tie_rules").set_index("rule")["says"]
    reasons = codes.table("tie_reasons").set_index("why")["own_title"]
    ties = ties.assign(says=_looked_up(rules, ties["rule"]), **_facts(ties["evidence"]))
    difference = banking.booked_differences(ties)
    ties = ties.assign(difference_cents=difference, fee_cents=ties["fee_cents"] - difference)
    considered = considered.assign(why_says=_looked_up(reasons, considered["why"]), **_facts(considered["evidence"]))
    of_tie = ["remit_id", "returns_line_id", "amount_cents", "fee_cents", "difference_cents"]
    of_tie += ["rule", "says", "score", "agree", "differ", "seen"]
    if not show_phi:
        ties = ties.assign(**{name: ties[name].where(ties[name] == "", MASK) for name in _WORDS})
    of_other = ["remit_id", "returns_line_id", "day", "amount_cents", "payer_name", "trace_number", "why", "why_says"]
    return {
        **{str(name): value for name, value in story.items()},
        **conn_file,
        "ties": ties[[*of_tie, "payer_name", "trace_number", "actor", "posting_date", "ended_reason", *_WORDS]],
        "seen": seen,
        "is_ahead": is_ahead,
        "exceptions": named,
        "in_hand": []
        if is_out
        else money.loc[money["amount_cents"] == int(row["rest_cents"].iloc[0]), "owner"].tolist(),
        "candidates": considered[[*of_other, "rule", "score", "agree", "differ"]],
    }


def _seen_with(conn: Connection, ties: pd.DataFrame) -> pd.Series[str]:
    """How the ties of each deposit and its remittance stand; empty of a tie that has ended, or of a return."""
    is_here = (ties["ended_reason"] == "") & ties["returns_line_id"].fillna(0).eq(0) & ties["remit_id"].fillna(0).ne(0)
    words = banking.seen_together(conn, ties.loc[is_here, ["bank_line_id", "remit_id"]].astype("int64"))
    return words.reindex(ties.index).fillna("").astype("str")


def _facts(evidence: pd.Series) -> dict[str, pd.Series]:
    """Say in words which facts agree and which differ."""
    titles = codes.table("tie_evidence").set_index("fact")["own_title"]
    parts = [json.loads(text or "{}") for text in evidence]
    return {
        side: pd.Series(
            [", ".join(titles[fact] for fact in one.get(side, ())) for one in parts], index=evidence.index, dtype="str"
        )
        for side in ("agree", "differ")
    }


def tie(
    ctx: Context,
    bank_line_id: int,
    remit_id: int,
    reason: str,
    posting_date: date,
    *,
    amount_cents: int | None = None,
    fee_cents: int = 0,
    seen: str | None = None,
) -> int:
    """Tie a bank line to a remittance by hand; give the cents that it settles.

    Without an amount it settles as much as both have left. `fee_cents` of it never reached the bank: as much as the
    rules allow of a card settlement. Raises NotFoundError, PostingRefusedError where there is not so much, or without
    `seen` where the two are tied already, or TiesMovedError where `seen` (`Would.seen`) is not how ties of the two
    stand. The reason is kept with the tie.
    """
    require_reason(reason)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        line = line_of(conn, bank_line_id)
        tying.require_come(line, posting_date)
        require_seen(conn, bank_line_id, remit_id, seen)
        if seen is None:
            _require_untied(conn, bank_line_id, remit_id)
        remit = banking.remittances(conn, banking.R.c.remit_id == remit_id)
        if remit.empty:
            raise NotFoundError("posted remittance", remit_id, f"What holds it: claims remits show {remit_id}")
        rest, open_ = int(line["rest_cents"].iloc[0]), int(remit["open_cents"].iloc[0])
        if rest < 0:
            raise PostingRefusedError(
                f"Money went out by this bank line: say which deposit went back (claims deposits tie {bank_line_id} "
                "line:NO)."
            )
        if rest == 0 or open_ <= 0:
            raise PostingRefusedError(
                f"Nothing to tie: {dollars(rest)} is left of the deposit and {dollars(open_)} of the remittance."
            )
        cents = amount_cents if amount_cents is not None else min(rest + fee_cents, open_)
        if not 0 <= fee_cents < cents or cents > open_ or cents - fee_cents > rest:
            raise PostingRefusedError(
                f"{dollars(cents)} with a fee of {dollars(fee_cents)} cannot be tied: {dollars(rest)} is left of the "
                f"deposit and {dollars(open_)} of the remittance."
            )
        tying.require_fee(line, cents, fee_cents)
        ties = pd.DataFrame(
            {
                "bank_line_id": [bank_line_id],
                "remit_id": [remit_id],
                "amount_cents": [cents],
                "fee_cents": [fee_cents],
                "rule": ["manual"],
                "score": [100],
                "evidence": [deposit_pairs.evidence_of(line, remit)],
                "words": [reason.strip()],
            }
        )
        tying.write_ties(conn, ctx, run_id, posting_date, ties, line, remit)
        tying.write_rests(conn, ctx, run_id, posting_date, line_of(conn, bank_line_id))
        deposit_candidates.mark_candidate(conn, bank_line_id, remit_id, "chosen", "manual")
        tying.name_open(conn, posting_date)
        body: dict[str, Any] = {"remit_id": remit_id, "amount_cents": cents, "fee_cents": fee_cents}
        body |= {"reason_mac": sealed_words(ctx, reason.strip())}
        record(ctx, conn, "deposit.tie", f"bank line {bank_line_id}", body)
    return cents


def _require_untied(conn: Connection, bank_line_id: int, remit_id: int) -> None:
    """Who has not looked at the ties of the two may be typing the same a second time: that is done, and stays so."""
    ties = banking.matches(conn, [bank_line_id])
    cents = int(ties.loc[ties["remit_id"] == remit_id, "amount_cents"].sum())
    if cents:
        raise PostingRefusedError(
            f"This is done already: {dollars(cents)} of remittance {remit_id} is tied to the bank line. To tie more of "
            f"it, say what claims deposits show {bank_line_id} says to --seen."
        )


class Would(NamedTuple):
    """What would become of a bank line: cents that move, what nothing explains of it then, what a remittance lacks.

    `seen` names how the ties stand: the act gives it back. `facts` says whether trace, payer and date agree.
    """

    cents: int
    ties: int
    rest_cents: int
    open_cents: int
    seen: str
    facts: dict[str, str]


def would_tie(
    ctx: Context,
    bank_line_id: int,
    remit_id: int,
    reason: str,
    posting_date: date,
    *,
    amount_cents: int | None = None,
    fee_cents: int = 0,
) -> Would:
    """Say what `tie` would do, by doing it and taking it back; raises what it raises."""
    with rehearsal(ctx.engine) as conn:
        seen = banking.seen(conn, bank_line_id, remit_id)
        how: dict[str, Any] = {"amount_cents": amount_cents, "fee_cents": fee_cents}
        cents = tie(ctx, bank_line_id, remit_id, reason, posting_date, seen=seen, **how)
        remit, line = banking.remittances(conn, banking.R.c.remit_id == remit_id), line_of(conn, bank_line_id)
        facts = deposit_pairs.compared(line, remit)
        return Would(cents, 1, int(line["rest_cents"].iloc[0]), int(remit["open_cents"].iloc[0]), seen, facts)


def would_untie(
    ctx: Context, bank_line_id: int, reason: str, posting_date: date, *, remit_id: int | None = None
) -> Would:
    """Say what `untie` would do, by doing it and taking it back; raises what it raises."""
    with rehearsal(ctx.engine) as conn:
        before, seen = int(line_of(conn, bank_line_id)["rest_cents"].iloc[0]), banking.seen(conn, bank_line_id)
        ties = untie(ctx, bank_line_id, reason, posting_date, remit_id=remit_id)
        after = int(line_of(conn, bank_line_id)["rest_cents"].iloc[0])
        return Would(after - before, ties, after, 0, seen, {})


def open_remittances(ctx: Context, bank_line_id: int) -> pd.DataFrame:
    """Give posted remittances whose money has not come, those nearest to what is left of a bank line first.

    Columns: remit_id, payer_name, trace_number, payment_date, open_cents. Who shows them records that.
    """
    with read(ctx.engine) as conn:
        rest = int(line_of(conn, bank_line_id)["rest_cents"].iloc[0])
        rows = banking.remittances(conn)
    rows = rows[rows["open_cents"] > 0]
    nearest = (rows["open_cents"] - rest).abs().sort_values(kind="stable").index[:MOST_OPEN]
    names = ["remit_id", "payer_name", "trace_number", "payment_date", "open_cents"]
    return rows.loc[nearest, names].reset_index(drop=True)


def untie(
    ctx: Context,
    bank_line_id: int,
    reason: str,
    posting_date: date,
    *,
    remit_id: int | None = None,
    seen: str | None = None,
) -> int:
    """Take apart the ties of a bank line, or the one to a remittance; give how many there were.

    Their journals are reversed and the money lies on unapplied cash; the rules do not tie the two again. `seen` and
    the reason as in `tie`.
    """
    require_reason(reason)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        line_of(conn, bank_line_id)
        require_seen(conn, bank_line_id, 0, seen)
        ties = banking.matches(conn, [bank_line_id])
        ties = ties if remit_id is None else ties[ties["remit_id"] == remit_id]
        if returned.taken_back(conn, bank_line_id, ties["remit_id"].tolist()):
            raise PostingRefusedError("The bank took this deposit back: take the return apart first.")
        if ties.empty:
            raise NotFoundError("tie of bank line", bank_line_id)
        later = banking.settled_twice(conn, ties)
        if len(later):
            raise PostingRefusedError(
                "Another deposit has settled the remittance since the bank took this money back: "
                f"claims deposits untie {later['bank_line_id'].iloc[0]} first."
            )
        require_not_before(periods.last_day(conn, ties["journal_id"].tolist()), posting_date)
        tying.take_apart(conn, ctx, run_id, posting_date, ties, banking.REFUSED, reason.strip())
        came = ties[ties["returns_line_id"] == 0]
        for other in came["remit_id"].unique().tolist():
            deposit_candidates.mark_candidate(conn, bank_line_id, int(other), banking.REFUSED, "none")
        gone = ties.loc[ties["returns_line_id"] != 0, "returns_line_id"]
        deposit_candidates.mark_returned(conn, bank_line_id, gone.unique().tolist(), banking.REFUSED, "none")
        tying.name_open(conn, posting_date)
        body = {"remit_ids": sorted(set(ties["remit_id"].tolist())), "ties": len(ties)}
        body |= {"reason_mac": sealed_words(ctx, reason.strip())}
        record(ctx, conn, "deposit.untie", f"bank line {bank_line_id}", body)
    return len(ties)


def require_seen(conn: Connection, bank_line_id: int, remit_id: int, seen: str | None) -> None:
    """Raise TiesMovedError where ties of a bank line and a remittance are not as they were seen."""
    if seen is not None and seen not in {banking.seen(conn, bank_line_id, one) for one in (remit_id, 0)}:
        raise TiesMovedError


def require_both_seen(conn: Connection, bank_line_id: int, remit_id: int, seen: str | None) -> None:
    """As `require_seen`, where what was seen of the line alone does not do: what the remittance lacks counts, too."""
    if seen is not None and seen != banking.seen(conn, bank_line_id, remit_id):
        raise TiesMovedError


def require_reason(reason: str) -> None:
    """Raise UsageError where a person says nothing of why."""
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the tie.")


def line_of(conn: Connection, bank_line_id: int) -> pd.DataFrame:
    """Give one bank line (`banking.lines`); raises NotFoundError."""
    row = banking.lines(conn, banking.B.c.bank_line_id == bank_line_id)
    if row.empty:
        raise NotFoundError("bank line", bank_line_id)
    return row
