"""The journals of a stretch of days as a report: one row a ledger line, and each account from start to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pandas as pd

from claims import codes
from claims.errors import NotFoundError, UsageError
from claims.reports import reversed_segments, roll_forward
from claims.reports.report import Check, Parts, Report, apart
from claims.store.handles import Connection
from claims.store.queries import journals as rows_of
from claims.store.queries import roll_forward as ledger_rows
from claims.store.queries.asof import AsOf
from claims.store.queries.journals import Stretch

NAME = "journals"
COLUMNS = [
    *("journal", "posting_date", "effective_date", "source", "reason", "rule_id", "account", "account_name"),
    *("debit_cents", "credit_cents", "payer_code", "payer_sequence", "billing_npi", "claim_number", "line_number"),
    *("group_code", "reason_code", "reference", "remit_key", "trace_number", "payment_date", "actor"),
    *("reverses", "reversed_by", "sha256", "seg", "offset", "length", "previous_hash", "hash"),
]


def of_month(conn: Connection, at: AsOf) -> Report:
    """List what was posted from the first of the month up to the day."""
    return of(Stretch(at.day.replace(day=1), at.day))(conn, at)


def of(stretch: Stretch) -> Callable[[Connection, AsOf], Report]:
    """Give how a report of this stretch is made; UsageError where its days or account cannot be."""
    if stretch.start > stretch.end:
        raise UsageError(f"The stretch begins after its end: {stretch.start} is after {stretch.end}.")
    if stretch.account and stretch.account not in set(codes.table("accounts")["account"]):
        raise NotFoundError("account", stretch.account)

    def made(conn: Connection, at: AsOf) -> Report:
        require_within(stretch.end, at.day)
        return _Listing(conn, at, stretch).report()

    return made


def require_within(end: date, as_of: date) -> None:
    """Raise UsageError where the stretch ends after the day of the report: what comes then is open."""
    if end > as_of:
        raise UsageError(f"The stretch ends after the day of the report: {end} is after {as_of}.")


class _Listing:
    """The report, and what of it was written so far."""

    def __init__(self, conn: Connection, at: AsOf, stretch: Stretch) -> None:
        self.conn, self.at, self.stretch = conn, at, stretch
        self.journals, self.last = 0, 0
        self.sums = pd.DataFrame({"debit_cents": pd.Series(dtype="int64"), "credit_cents": pd.Series(dtype="int64")})

    def report(self) -> Report:
        """Make it; its rows are read while they are written."""
        conn, stretch = self.conn, self.stretch
        until = AsOf(stretch.end, self.at.known_at)
        accounts = roll_forward.balances(ledger_rows.account_movements(conn, until, stretch.start))
        stand = rows_of.balances(conn, until)
        if stretch.account:
            accounts = accounts[accounts["account"] == stretch.account].reset_index(drop=True)
            stand = {account: cents for account, cents in stand.items() if account == stretch.account}
        accounts.insert(1, "name", codes.account_names(accounts["account"]))
        journals, lines = rows_of.counts(conn, self.at, stretch)
        debits, credits = int(accounts["debits_cents"].sum()), int(accounts["credits_cents"].sum())
        ends = dict(zip(accounts["account"].tolist(), accounts["end_cents"].tolist(), strict=True))
        checks = [Check("each account ends at its balance in the ledger", apart(ends, stand), 0)]
        if not stretch.account:
            checks.append(Check("debits are credits", debits, credits))

        def late() -> tuple[Check, ...]:
            listed = self.sums.reindex(accounts["account"], fill_value=0)
            pairs = (("debit_cents", "debits_cents"), ("credit_cents", "credits_cents"))
            off = sum(int(abs(listed[one].to_numpy() - accounts[other].to_numpy()).sum()) for one, other in pairs)
            return (
                Check("every journal of these days is listed", self.journals, journals),
                Check("every ledger line of these days is listed", parts.rows, lines),
                Check("rows of each account are its debits and credits", off, 0),
            )

        parts = Parts(self._rows(), lines)
        return Report(
            NAME,
            {"journals": parts, "accounts": accounts},
            {"debits": debits, "credits": credits},
            tuple(checks),
            {"debits": ("journals", "debit_cents"), "credits": ("journals", "credit_cents")},
            late,
            {"from": stretch.start.isoformat(), "to": stretch.end.isoformat(), "account": stretch.account},
        )

    def _rows(self) -> Iterator[pd.DataFrame]:
        for rows in rows_of.lines(self.conn, self.at, self.stretch):
            ids = rows["journal_id"]
            self.journals += ids.nunique() - int(len(ids) > 0 and ids.iloc[0] == self.last)
            self.last = int(ids.iloc[-1]) if len(ids) else self.last
            own = rows.groupby("account")[["debit_cents", "credit_cents"]].sum()
            self.sums = self.sums.add(own, fill_value=0).astype("int64")
            back = rows_of.reversals(self.conn, self.at, ids.unique().tolist())
            by = back.groupby("reverses_journal_id", sort=False)["reversed_by"].agg(" ".join)
            told = rows.assign(
                account_name=codes.account_names(rows["account"]),
                reversed_by=by.reindex(ids).fillna("").to_numpy(),
            )
            told = _with_own_segments(self.conn, told)
            yield told.astype({"account_name": "str", "reversed_by": "str"})[COLUMNS]


def _with_own_segments(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Lead lines of reversals to the segment of the reversal that says the same, where it has one."""
    is_back = (rows["claim_payment_id"] != 0) & ((rows["service_payment_id"] != 0) | (rows["adjustment_id"] != 0))
    if not is_back.any():
        return rows
    back = rows[is_back]
    found = reversed_segments.places(back, *rows_of.segments(conn, back))
    told = rows.copy()
    told.loc[found.index, reversed_segments.PLACE] = found
    return told
