"""A denied claim goes to a payer that it did not name: who really covers the patient, as a person found out.

In the place of the payer that denied it, or before it, that is a new version of the claim (frequency 1); after it, a
claim to a later payer that tells the denial. What was sent stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import pandas as pd

from claims import codes
from claims.charges.build import coverage as frames_of
from claims.charges.build.coverage import AFTER, BEFORE, INSTEAD, ITSELF
from claims.errors import UsageError
from claims.master import Master
from claims.service import next_payer, versions
from claims.service.context import Context
from claims.service.desk.acting import Cases, Done, choose, reasons, told
from claims.service.desk.parts import rehearsed
from claims.service.desk.remarks import with_effect
from claims.service.desk.sending import (
    DECIDED,
    is_still_here,
    later_claims,
    on_claims,
    sent_again,
    with_claims,
)
from claims.service.master import load_master
from claims.service.resubmit import Change, changes_of
from claims.store import balances, decisions, desk
from claims.store.engine import read, together
from claims.store.handles import Connection

ORDERS = (INSTEAD, BEFORE, AFTER)
_SUBSCRIBER = ("last_name", "first_name")  # of a subscriber who is not the patient a claim says no more


class Coverage(NamedTuple):
    """Who covers the patient: a payer of master data, the member, and how it stands to the payer that denied.

    The subscriber is who holds the policy, where that is not the patient (`relationship_code` other than 18).
    """

    payer_code: str
    member_id: str
    order: str = INSTEAD
    relationship_code: str = ITSELF
    subscriber_last_name: str = ""
    subscriber_first_name: str = ""
    group_number: str = ""
    prior_authorization: str = ""


def usual_order(reason_code: str) -> str:
    """Give the order that a reason of denial speaks for (codes/coverage_orders.csv); empty where it says none."""
    table = codes.table("coverage_orders")
    found = table.loc[[reason_code in text.split() for text in table["usual_for"]], "order"]
    return str(found.iloc[0]) if len(found) else ""


def order_of(ctx: Context, case_ids: Sequence[int]) -> str:
    """Give the order that is usual for the denials of cases; raise UsageError where they speak for none, or several."""
    with read(ctx.engine) as conn:
        reasons_of = desk.cases(conn, list(case_ids))["reason_code"]
    found = {usual_order(str(one)) for one in reasons_of}
    if len(found) != 1 or "" in found:
        raise UsageError(f"No order is usual for this denial: say --order {', '.join(ORDERS)}.")
    return found.pop()


def payers(ctx: Context, day: date) -> list[tuple[str, str]]:
    """Give code and name of the payers of master data on a day, by name."""
    rows = load_master(ctx).at("payers", int(day.strftime("%Y%m%d")))
    pairs = zip(rows["payer_code"].tolist(), rows["payer_name"].tolist(), strict=True)
    return sorted(pairs, key=lambda one: (one[1].casefold(), one[0]))


class Named(NamedTuple):
    """A payer that stands on a claim: its place (P, S, T ...) and code, whether the claim is for it, or it denied."""

    sequence: str
    payer_code: str
    is_own: bool
    has_denied: bool


def will_be(named: list[Named], payer_code: str, order: str) -> list[str]:
    """Give the codes of the payers as they would stand on the new claim, the first one first."""
    own = next((place for place, one in enumerate(named) if one.is_own), 0)
    codes_of = [one.payer_code for one in named]
    before, this, behind = codes_of[:own], codes_of[own : own + 1], codes_of[own + 1 :]
    middle = {BEFORE: [payer_code, *this], AFTER: [*this, payer_code]}.get(order, [payer_code])
    return [*before, *middle, *(code for code in behind if code != payer_code)]


def named_on(ctx: Context, case_id: int) -> list[Named]:
    """Give the payers that stand on the claim of a case as it is now, in their order."""
    with read(ctx.engine) as conn:
        rows = with_claims(conn, desk.cases(conn, [case_id]))
        others = decisions.named_payers(conn, rows["claim_id"].tolist())
    case = rows.iloc[0]
    denied = (case["own_payer_code"], case["payer_code"])
    pairs = sorted(
        set(zip(others["payer_sequence"], others["payer_code"], strict=True)),
        key=lambda one: decisions.RANKS.get(one[0], len(decisions.RANKS)),
    )
    return [Named(place, code, place == case["payer_sequence"], code in denied) for place, code in pairs]


@rehearsed
def bill_other(
    ctx: Context, cases: Cases, posting_date: date, coverage: Coverage, *, master: Master | None = None
) -> Done:
    """Bill another payer for the claim of cases, and let them wait for its answer.

    The edits look at the new claim at once: what they stop is named (`Done.blocked`). Raises UsageError for a coverage
    that cannot be, and for cases of several claims: a member number is one patient's.
    """
    known = master or load_master(ctx)
    payer = _payer(known, coverage, posting_date)
    changes = _checked(coverage)
    with together(ctx.engine) as conn:
        chosen = choose(conn, cases)
        rows = with_claims(conn, chosen.rows)
        if rows["family_id"].nunique() > 1:
            raise UsageError("A member number is one patient's: bill another payer for one claim at a time.")
        is_here = is_still_here(conn, rows)
        others = decisions.named_payers(conn, rows["claim_id"].tolist())
        mine = others[others["payer_code"] == coverage.payer_code]
        is_after = coverage.order == AFTER
        chosen = chosen.without(
            reasons(
                rows,
                ("claim-unknown", rows["family_id"] == 0),
                ("same-payer", rows[["own_payer_code", "payer_code"]].isin([coverage.payer_code]).any(axis=1)),
                ("sent-by-payer", rows["is_forwarded"]),
                ("sent-elsewhere", rows["claim_id"] == 0),
                ("payer-before", rows["claim_id"].isin(mine.loc[mine["is_later"] == 0, "claim_id"])),
                *_hindrances(conn, rows, others, is_after=is_after),
            )
        )
        rows = rows[rows["case_id"].isin(chosen.rows["case_id"])]
        ids = [int(one) for one in rows["claim_id"].drop_duplicates()]
        refused: list[pd.DataFrame] = []
        if is_after:
            onward = decisions.to_bill(conn, ids)
            onward = onward.loc[onward["is_forwarded"] == 1, ["claim_id"]].assign(reason="forwarded", about="")
            refused = [onward, later_claims(conn, ids)]
            says = {change.column: change.value for change in changes} | payer
            given = says.pop("prior_authorization", "")
            added = next_payer.Added(lambda frames: frames_of.followed(frames, says), given)
            made = [next_payer.bill_added(ctx, posting_date, ids, added)]
        else:
            made = []
            named = [*changes, *(Change(0, name, value) for name, value in payer.items())]
            here = set(rows.loc[is_here.reindex(rows.index), "claim_id"])
            for make, own in (
                (versions.correct, [one for one in ids if one in here]),
                (versions.renew, [one for one in ids if one not in here]),
            ):
                if own:
                    result = make(ctx, own, on_claims(own, named), posting_date, known, _turn(coverage))
                    made.append(result.claims)
                    refused.append(result.refused)
        event = "billed_other" if is_after else "resubmitted"
        said = {"next_payer_code": coverage.payer_code, "order": coverage.order}
        asked = chosen.rows.assign(own_payer_code=coverage.payer_code, next_payer_code=coverage.payer_code)
        done = sent_again(
            ctx, conn, chosen._replace(rows=asked), rows, made, refused, "bill_other", event, posting_date, said, known
        )
        return done._replace(new_claims=len(done.done))


def hindrances(ctx: Context, case_id: int, order: str) -> list[str]:
    """Say what is known to stop billing any other payer for a case in an order, whoever it is; nothing: nothing is."""
    with read(ctx.engine) as conn:
        rows = with_claims(conn, desk.cases(conn, [case_id]))
        others = decisions.named_payers(conn, rows["claim_id"].tolist())
        found = _hindrances(conn, rows, others, is_after=order == AFTER)
    names = pd.Series([name for name, stops in found if stops.any()], dtype="str")
    return told(pd.Series(0, index=names.index), names)["says"].tolist()


def _hindrances(
    conn: Connection, rows: pd.DataFrame, others: pd.DataFrame, *, is_after: bool
) -> list[tuple[str, pd.Series[bool]]]:
    """Give the reasons that no other payer takes away, each with the cases that it stops."""
    return [
        ("appeal-waits", (rows["state"] == "waiting") & (rows["waiting_for"] == "appealed")),
        ("paid-in-part", _has_paid(conn, rows) & (not is_after)),
        ("forwarded", with_effect(rows["remark_codes"], "forwarded") & is_after),
        ("not-decided", ~rows["life"].isin(DECIDED) & is_after),
        ("next-payer-named", rows["claim_id"].isin(others.loc[others["is_later"] == 1, "claim_id"]) & is_after),
        ("patient-share-booked", _has_share(conn, rows) & is_after),
    ]


def _turn(coverage: Coverage) -> versions.Turn:
    return lambda frames: frames_of.turned(frames, coverage.payer_code, coverage.order, coverage.relationship_code)


def _payer(master: Master, coverage: Coverage, day: date) -> dict[str, str]:
    """Give what master data say of the payer; raise UsageError where they do not know it."""
    if coverage.order not in ORDERS:
        raise UsageError(f"The new payer is billed {', '.join(ORDERS)} the one that denied.")
    keys = pd.DataFrame({"payer_code": [coverage.payer_code]}, dtype="str")
    found = master.look_up("payers", keys, pd.Series([int(day.strftime("%Y%m%d"))])).iloc[0]
    if not coverage.payer_code or not found["is_known"]:
        raise UsageError("Choose a payer of master data.")
    named = {name: str(found[name]) for name in ("payer_name", "filing_indicator_code")}
    return {name: value for name, value in named.items() if value}


def _checked(coverage: Coverage) -> list[Change]:
    """Read what was typed as cells of a charges file; raise UsageError, which never quotes it."""
    typed: Mapping[str, str] = coverage._asdict()
    if not coverage.member_id.strip():
        raise UsageError("The member number with the new payer is wanted.")
    if coverage.relationship_code != ITSELF and not coverage.subscriber_last_name.strip():
        raise UsageError("Who holds the policy is wanted, where that is not the patient: at least the last name.")
    names = ["payer_code", "member_id", "relationship_code", "group_number", "prior_authorization"]
    if coverage.relationship_code != ITSELF:
        names += [f"subscriber_{name}" for name in _SUBSCRIBER]
    found = []
    for name in names:
        try:
            found += changes_of([f"{name}={typed[name].strip()}"] if typed[name].strip() else [])
        except UsageError as error:
            raise UsageError(str(error).replace(name, name.replace("_", " ").capitalize(), 1)) from None
    return found


def _has_share(conn: Connection, rows: pd.DataFrame) -> pd.Series[bool]:
    """Tell whose patients were left a share, paid by now or not: a later payer would pay it a second time."""
    return rows["family_id"].isin(balances.shares(conn, rows["family_id"].drop_duplicates().tolist()))


def _has_paid(conn: Connection, rows: pd.DataFrame) -> pd.Series[bool]:
    """Tell of which claims the payer has paid money; a share of the patient alone is none."""
    paid = balances.paid(conn, rows["family_id"].drop_duplicates().tolist())
    keys = ["family_id", "payer_sequence"]
    is_paid = pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(paid[keys]))
    return pd.Series(is_paid, index=rows.index)
