"""What waits on unapplied cash for its account: a person says which.

That is a provider adjustment without an account of its own (E30), or the cash by which a reversal differs from the
decision that it takes back (E31). The amount moves from 2200 to that account, one of
codes/provider_adjustment_accounts.csv, by a journal of who said so. It is taken back by another one, and holds an undo
of its remittance up until then.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from claims import codes
from claims.errors import NotFoundError, UsageError
from claims.ledger.rules import UNAPPLIED
from claims.money import dollars
from claims.service import money_requests
from claims.service.audited import record
from claims.service.context import Context
from claims.service.exception_acts import LEAST_REASON
from claims.service.journals import write_journals
from claims.service.named_adjustments import doubted, meaning, with_adjustments
from claims.service.periods import require_come
from claims.service.runs import running
from claims.service.wording import visible
from claims.service.worked import LONGEST, require_seen
from claims.store import clock, differing_reversals, exception_acts, exceptions, unannounced
from claims.store import undo as journals
from claims.store import waiting_adjustments as rows_of
from claims.store.engine import write
from claims.store.handles import Connection
from claims.store.queries import exceptions as exception_rows

SOURCE = "exception"
BOOKED, UNBOOKED = rows_of.BY_PERSON, "unbooked"
# By whether it is of a reversal: what it is called, the reason of the journal, the rule of its lines.
_KINDS = {
    False: ("A provider adjustment", rows_of.BOOKED, "E30"),
    True: ("What a reversal differs by", differing_reversals.BOOKED, differing_reversals.RULE),
}
_LINKS = ("provider_adjustment_id", "claim_payment_id", "continues_journal_id")  # what the money is of


def accounts(type_code: str) -> pd.DataFrame:
    """Give the accounts to which what an exception of this type names may belong: account, name, own_title."""
    own = codes.table("provider_adjustment_accounts")
    if type_code == differing_reversals.TYPE:
        own = own[own["of_reversal"] == "Y"]
    return own.merge(codes.table("accounts"), on="account")[["account", "name", "own_title"]]


def is_bookable(conn: Connection, exception_id: int, type_code: str) -> bool:
    """Tell whether an exception wants an account: of a reversal only where cash of it waits."""
    if type_code != differing_reversals.TYPE:
        return type_code in rows_of.TYPES
    return not differing_reversals.of_exception(conn, exception_id).empty


class DoubtedAccountError(UsageError):
    """What has this code hardly belongs to the account: it is booked there by who says that they are sure."""

    def __init__(self, code: str, means: str, account: str) -> None:
        self.problem = (
            f"{code} means: {means}. That is hardly {account}. A payment issued again is tied by the next reconcile "
            "after the bank took its first one back; else ask the payer which payment or balance it is of."
        )
        super().__init__(f"{self.problem} If it belongs there all the same: --sure.")


def book(
    ctx: Context, exception_id: int, account: str, reason: str, posting_date: date, *,
    seen: int | None = None, sure: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Move what waits of a provider adjustment, or of a reversal, to the account that it belongs to.

    Gives account, account_name, amount_cents, adjustment_named (its reference masked) and adjustment_means (both "" of
    a reversal). Above zero the payer kept the money: then it is within the limit of who acts for the day, with all that
    they gave up. `seen`: how many events the person saw. Raises UsageError for another account, another exception, a
    day before the amount came to wait, or without a reason; DoubtedAccountError for one that its code speaks against,
    unless `sure`.
    """
    reason, account = _reason(reason), account.strip()
    require_come(ctx, posting_date)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        stands = _standing(conn, exception_id, seen)
        known, (what, because, rule) = accounts(stands.type_code), _kind(stands)
        if account not in known["account"].tolist():
            those = "; ".join(f"{one.account} {one.name}" for one in known.itertuples())
            raise UsageError(f"{what} belongs to one of these accounts: {those}.")
        found = _waiting(conn, exception_id, stands.type_code)
        if stands.state != "open" or found.empty:
            raise UsageError("It is closed: nothing of it waits.")
        row = found.iloc[0]
        cents, code = int(row["amount_cents"]), str(row["reason_code"])
        named, means = _named(conn, exception_id), meaning(code, cents)
        name = f"{account} {known.set_index('account')['name'][account]}"
        if doubted(code, account) and not sure:
            raise DoubtedAccountError(code, means, name)
        _require_after(conn, row, posting_date)
        may = money_requests.authority(conn, ctx, posting_date, [])
        if cents > 0 and not may.covers(pd.Series([cents], index=[0])):
            raise UsageError(
                f"The payer kept {dollars(cents)}, which is above your own limit of a day, with what you gave up: "
                "somebody with a higher one books it."
            )
        lines = pd.DataFrame(
            {
                "journal_key": f"{rows_of.ACT}{exception_id}-{stands.events + 1}:0",
                "account": [account, UNAPPLIED],
                "amount_cents": [cents, -cents],
                "rule_id": rule,
                "source": SOURCE,
                "journal_reason": because,
                "effective_date": posting_date.isoformat(),
                "reverses_key": "",
                **{name: row[name] for name in (*_LINKS, "remit_id", "payer_code", "reference")},
                "reason_code": row["reason_code"],
            }
        )
        write_journals(conn, ctx, run_id, posting_date, lines)
        said = {"account": account, "reason": reason}
        exception_acts.settle(conn, exception_id, BOOKED, said, ctx.actor, posting_date)
        _keep_named(conn, posting_date)
        body = {"account": account, "amount_cents": cents}
        record(ctx, conn, "exception.book", f"exception {exception_id}", body)
    return body | {
        "account_name": name.removeprefix(f"{account} "),
        "adjustment_named": named,
        "adjustment_means": means,
    }


def unbook(ctx: Context, exception_id: int, reason: str, posting_date: date, *, seen: int | None = None) -> int:
    """Take back what `book` did: the amount waits on unapplied cash again, since it came; give the cents."""
    reason = _reason(reason)
    require_come(ctx, posting_date)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        stands = _standing(conn, exception_id, seen)
        journal = rows_of.booking_of(conn, exception_id)
        if not journal:
            raise UsageError("Nobody has said an account for it: there is nothing to take back.")
        lines = journals.lines_of(conn, [journal])
        waited = lines[lines["account"] == UNAPPLIED].iloc[0]
        _require_after(conn, waited, posting_date)
        cents = -int(waited["amount_cents"])
        back = lines.assign(
            amount_cents=-lines["amount_cents"],
            reverses_key=lines["journal_key"],
            journal_key=lines["journal_key"] + ":void",
            source=SOURCE,
            journal_reason=_kind(stands)[1] + "-reversed",
        )
        write_journals(conn, ctx, run_id, posting_date, back.drop(columns=["journal_id", "journal_remit_id"]))
        if stands.type_code == differing_reversals.TYPE:
            exceptions.reopen(conn, [exception_id], posting_date, is_as_old=True)
        _keep_named(conn, posting_date)
        said = {"reason": reason}
        exception_acts.tell(conn, exception_id, UNBOOKED, said, ctx.actor, posting_date, clock.now())
        record(ctx, conn, "exception.unbook", f"exception {exception_id}", {"amount_cents": cents})
    return cents


def _named(conn: Connection, exception_id: int) -> str:
    told = with_adjustments(conn, exception_rows.one(conn, exception_id), show_phi=False)
    return str(told["adjustment_named"].iloc[0])


def _waiting(conn: Connection, exception_id: int, type_code: str) -> pd.DataFrame:
    """Give what waits of an exception, one row or none."""
    if type_code == differing_reversals.TYPE:
        return differing_reversals.of_exception(conn, exception_id).assign(provider_adjustment_id=0, reason_code="")
    return rows_of.of_exception(conn, exception_id).assign(claim_payment_id=0, continues_journal_id=0)


def _kind(stands: exception_acts.Standing) -> tuple[str, str, str]:
    return _KINDS[stands.type_code == differing_reversals.TYPE]


def _require_after(conn: Connection, row: pd.Series, posting_date: date) -> None:
    if pd.notna(row["claim_payment_id"]) and row["claim_payment_id"]:
        moved = differing_reversals.moved_last(conn, int(row["remit_id"]), int(row["claim_payment_id"]))
    else:
        moved = rows_of.moved_last(conn, int(row["remit_id"]), int(row["provider_adjustment_id"]))
    if posting_date < moved:
        raise UsageError(f"The amount was moved on {moved}: give that day or a later one.")


def _keep_named(conn: Connection, posting_date: date) -> None:
    rows_of.keep_named(conn, posting_date)
    unannounced.keep_named(conn, posting_date)


def _standing(conn: Connection, exception_id: int, seen: int | None) -> exception_acts.Standing:
    found = exception_acts.standing(conn, exception_id)
    if found is None:
        raise NotFoundError("exception", exception_id)
    if found.type_code not in (*rows_of.TYPES, differing_reversals.TYPE):
        raise UsageError(
            "Only a provider adjustment without an account of its own, or what a reversal differs by, can be given one."
        )
    require_seen(found.events, seen)
    return found


def _reason(text: str) -> str:
    text = visible(text)
    if not LEAST_REASON <= len(text) <= LONGEST:
        raise UsageError(f"Say why in at least {LEAST_REASON} and at most {LONGEST} characters.")
    return text
