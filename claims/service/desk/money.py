"""Money that is given up or asked of somebody else: written off, lost by time, a duplicate, billed to the patient.

What stands on 1110 for the case moves, to the cent; above the asker's limit, or on a signed notice, only when a second
person approves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from claims import codes
from claims.denials.originals import is_original
from claims.denials.still_open import still_open
from claims.errors import NotFoundError, UsageError
from claims.master import Master
from claims.service import money_requests
from claims.service.at_risk import bound
from claims.service.audited import record
from claims.service.context import Context
from claims.service.desk import held as books
from claims.service.desk.acting import Cases, Chosen, Done, begin, change, choose, finish, reasons, told
from claims.service.desk.limits import as_master_data_say, own_limits
from claims.service.desk.priority import for_deadlines
from claims.service.desk.remarks import with_effect
from claims.service.master import load_master
from claims.service.periods import require_come
from claims.service.runs import running
from claims.service.zone import begins
from claims.store import desk, patient_money
from claims.store.engine import read, together
from claims.store.handles import Connection
from claims.store.queries import desk as queries
from claims.store.queries import given_up, originals

WAITS, APPROVED, REFUSED, OVERTAKEN = "waiting_approval", "approved", "refused", desk.OVERTAKEN
_AMOUNT_CHANGED, _LOWERED = "amount-changed", "charge-being-lowered"
NEVER_TO_PATIENT = ("medicaid_ffs", "medicaid_managed")


class Move(NamedTuple):
    """Where the money goes, by which posting rule, and what becomes of the case."""

    event: str
    account: str
    rule_id: str
    outcome: str
    needs_money: bool = True


MOVES = {
    "write_off": Move("written_off", "4200", "E09", "written_off"),
    "expire": Move("expired", "4200", "E09", "expired", needs_money=False),
    "close_duplicate": Move("duplicate", "4200", "E09", "duplicate", needs_money=False),
    "to_patient": Move("billed_patient", "1200", "E10", "billed_patient"),
}


def write_off(ctx: Context, cases: Cases, reason: str, limit_cents: int, posting_date: date) -> Done:
    """Write denials off (4200 against 1110): at once up to the asker's limit.

    The limit is for what they write off in a day (accounting day) together, and for what they write off of one claim.
    """
    return _ask(ctx, cases, "write_off", _worded(reason), posting_date, limit_cents)


def expire(ctx: Context, cases: Cases, reason: str, limit_cents: int, posting_date: date, although: str = "") -> Done:
    """Close cases whose last day has passed, as a person confirms; what they hold is written off, within the limit.

    Where another step is still possible, `although` says why it is given up all the same.
    """
    although = although.strip()
    said = _worded(reason) + (f"; given up although another step is possible: {although}" if although else "")
    return _ask(ctx, cases, "expire", said, posting_date, limit_cents, gives_up=although != "")


def close_duplicate(ctx: Context, cases: Cases, proof: int, limit_cents: int, posting_date: date) -> Done:
    """Close cases as repeats of a claim payment (`proof`: its id) of the same payer, patient, day and services."""
    return _ask(ctx, cases, "close_duplicate", f"repeats claim payment {proof}", posting_date, limit_cents, proof=proof)


def to_patient(ctx: Context, cases: Cases, posting_date: date, basis: str = "") -> Done:
    """Bill the patient (1200 against 1110) where the payer says PR; else on a signed notice (`basis`) and approval."""
    return _ask(ctx, cases, "to_patient", basis.strip(), posting_date, None)


def approve(ctx: Context, action_id: int, posting_date: date, limit_cents: int | None = None) -> Done:
    """Let what another person asked for happen, within one's own limit of a day; cases that moved on stay out of it."""
    require_come(ctx, posting_date)
    with together(ctx.engine) as conn:
        action, chosen, asked = _waiting(ctx, conn, action_id)
        asked = asked[asked["case_id"].isin(chosen.rows["case_id"])]
        if limit_cents is not None:  # of what still waits, and of a day: no splitting of requests gets round it
            used = given_up.approved_on_day(conn, ctx.actor, posting_date, begins(ctx, ctx.settings.today()))
            if int(asked["amount_cents"].sum()) + used > limit_cents:
                so_far = ", with what you approved today" if used else ""
                raise UsageError(f"This is above your own limit{so_far}: somebody with a higher one has to approve it.")
        held = books.of_cases(conn, chosen.rows)
        what = MOVES[str(action["kind"])]
        on_way = books.lowered(conn, chosen.rows, held)
        amounts = _given(conn, chosen.rows, held, what)
        expected = asked.set_index("case_id")["amount_cents"].reindex(chosen.rows["case_id"]).to_numpy()
        why = reasons(chosen.rows, (_LOWERED, on_way != ""), (_AMOUNT_CHANGED, amounts.to_numpy() != expected))
        left, why_left = chosen.rows[why != ""].reset_index(drop=True), [{"reason": one} for one in why if one]
        chosen = chosen.without(why, on_way)
        amount = int(_given(conn, chosen.rows, held, what).sum())
        state = APPROVED if len(chosen.rows) else OVERTAKEN
        decided = {"cases": len(chosen.rows), "amount_cents": amount}
        desk.settle(conn, action_id, state, ctx.actor, posting_date, **(decided if len(chosen.rows) else {}))
        _decided(ctx, conn, action_id, "approve", len(chosen.rows), amount)
        if len(left):
            free = {"pending_action_id": 0}
            change(ctx, conn, action_id, REFUSED, left, free, posting_date, of_each=why_left)
        if len(chosen.rows):
            said = {"reason": str(action["reason"]), "requested_by": str(action["requested_by"])}
            _move(ctx, conn, action_id, what, chosen.rows, held, posting_date, said)
        return finish(action_id, chosen, state=state, amount_cents=amount)


def refuse(ctx: Context, action_id: int, reason: str, posting_date: date) -> Done:
    """Say no to what another person asked for; its cases are free again."""
    require_come(ctx, posting_date)
    with together(ctx.engine) as conn:
        _, chosen, asked = _waiting(ctx, conn, action_id)
        amount = int(asked.loc[asked["case_id"].isin(chosen.rows["case_id"]), "amount_cents"].sum())
        decided = {"cases": len(chosen.rows), "amount_cents": amount}
        desk.settle(conn, action_id, REFUSED, ctx.actor, posting_date, **(decided if len(chosen.rows) else {}))
        _decided(ctx, conn, action_id, "refuse", len(chosen.rows), amount)
        if len(chosen.rows):
            said = {"reason": _worded(reason)}
            change(ctx, conn, action_id, REFUSED, chosen.rows, {"pending_action_id": 0}, posting_date, said=said)
        return finish(action_id, chosen, state=REFUSED, amount_cents=amount)


def _ask(
    ctx: Context, cases: Cases, kind: str, reason: str, day: date, limit_cents: int | None, *, proof: int = 0,
    gives_up: bool = True,
) -> Done:  # fmt: skip
    require_come(ctx, day)
    what = MOVES[kind]
    master = load_master(ctx)
    with together(ctx.engine) as conn:
        chosen = choose(conn, cases)
        rows = chosen.rows
        held = books.of_cases(conn, rows)
        on_way = books.lowered(conn, rows, held)
        conditions: list[tuple[str, Any]] = [(_LOWERED, on_way != "")]
        if kind == "expire":
            late = (rows["deadline_date"] != "") & (rows["deadline_date"] < day.isoformat())
            # What was sent in time is with the payer: no day that passes meanwhile ends that.
            conditions += [("waits-for-answer", rows["state"] == "waiting"), ("not-expired", ~late)]
        if kind == "close_duplicate":
            conditions.append(("no-proof", ~is_repeat_of(conn, rows, proof)))
        if kind == "to_patient":
            conditions += _patient_rules(rows, held, has_basis=reason != "")
        if what.needs_money:
            conditions.append(("nothing-held", books.cents(rows, held) == 0))
        chosen = chosen.without(reasons(rows, *conditions), on_way)
        if kind == "expire" and not gives_up:
            chosen = _without_possible(master, chosen, day)
        if chosen.rows.empty:
            return chosen.nothing()
        held = held[held["case_id"].isin(chosen.rows["case_id"])].reset_index(drop=True)
        amounts = _given(conn, chosen.rows, held, what)
        total, used = int(amounts.sum()), 0
        if proof and originals.is_paid(conn, proof):
            limit_cents = None  # nothing is given up: the original was paid
        if limit_cents is not None:
            by_claim = amounts.set_axis(chosen.rows["family_id"])
            may = money_requests.within(conn, ctx, limit_cents, day, chosen.rows["family_id"].tolist())
            used, waits = may.used_cents, total > 0 and not may.covers(by_claim)
        else:
            waits = kind == "to_patient" and bool(_not_pr(chosen.rows, held).any())
        state = WAITS if waits else "done"
        parameters = {"limit_cents": limit_cents, "proof": proof} if proof else {"limit_cents": limit_cents}
        action_id = begin(
            ctx, conn, kind, chosen, day, amount_cents=total, reason=reason, state=state, parameters=parameters
        )
        said = {"reason": reason}
        if waits:
            changes = {"pending_action_id": action_id}
            change(ctx, conn, action_id, f"{kind}_asked", chosen.rows, changes, day, amounts=amounts, said=said)
        else:
            _move(ctx, conn, action_id, what, chosen.rows, held, day, said)
        done = finish(action_id, chosen, state=state, amount_cents=total)
        return done._replace(limit_cents=limit_cents, used_cents=used)


def _given(conn: Connection, rows: pd.DataFrame, held: pd.DataFrame, what: Move) -> pd.Series[int]:
    """Give what would be given up for each case, indexed as `rows`: what is held, but for what is charged no more."""
    held = held[held["case_id"].isin(rows["case_id"])].reset_index(drop=True)
    return books.cents(rows, books.given(books.parted(conn, held, what.account, what.rule_id)))


def _without_possible(master: Master, chosen: Chosen, day: date) -> Chosen:
    """Leave out the cases that another step could still help, and name it with its last day."""
    rows = for_deadlines(as_master_data_say(master, chosen.rows, day))
    steps = still_open(rows, day, own_limits(master, day))
    is_open = steps["step"] != ""
    labels = codes.table("next_actions").set_index("id")["own_label"].reindex(steps["step"]).to_numpy()
    what = pd.Series(labels, index=steps.index, dtype="str") + " by " + steps["deadline_date"]
    more = told(rows.loc[is_open, "case_id"], steps["step"][is_open].mask(is_open, "still-possible"), what[is_open])
    refused = pd.concat([chosen.refused, more], ignore_index=True)
    return Chosen(chosen.rows[~is_open].reset_index(drop=True), chosen.stale, refused)


def _move(
    ctx: Context, conn: Connection, action_id: int, what: Move, rows: pd.DataFrame, held: pd.DataFrame, day: date,
    said: Mapping[str, Any],
) -> None:  # fmt: skip
    """Post the journals and close the cases."""
    if ctx.is_looking:
        return
    held = held[held["case_id"].isin(rows["case_id"])]
    # An appeal that was lost before the time ran out is what the case ended with.
    is_upheld = (rows["appeal_level"] > 0) & (rows["state"] != "waiting") & (what.outcome == "expired")
    outcome = pd.Series(what.outcome, index=rows.index, dtype="str").mask(is_upheld, "upheld")
    changes: dict[str, Any] = {"pending_action_id": 0, "snoozed_until_date": "", "snoozed_for": ""}
    changes |= {"state": "closed", "waiting_for": "", "outcome": outcome, "closed_posting_date": day.isoformat()}
    parts = books.parted(conn, held, what.account, what.rule_id)
    amounts = books.cents(rows, books.given(parts))
    with running(ctx, "action", day) as (run_id, _):
        events = change(ctx, conn, action_id, what.event, rows, changes, day, amounts=amounts, said=said)
        event_of = events.set_index("case_id")["event_id"]
        keyed = parts.assign(event_id=event_of.reindex(parts["case_id"]).to_numpy())
        reason = what.event.replace("_", "-")
        books.move(ctx, conn, run_id, day, keyed, account=what.account, rule_id=what.rule_id, reason=reason)
        bound(conn, ctx, rows["family_id"].tolist(), day, run_id)


def is_repeat_of(conn: Connection, rows: pd.DataFrame, proof: int) -> pd.Series[bool]:
    """Tell which cases a claim payment proves to be repeats."""
    return repeats_of(conn, rows, [proof])[proof]


def repeats_of(conn: Connection, rows: pd.DataFrame, proofs: Sequence[int]) -> dict[int, pd.Series[bool]]:
    """Tell for each of some claim payments which cases it proves to be repeats."""
    found = {int(one["claim_payment_id"]): one for _, one in originals.decided(conn, proofs).iterrows()}
    services = originals.services(conn, proofs)
    theirs = originals.decided(conn, rows["claim_payment_id"].drop_duplicates().tolist())
    theirs = theirs.set_index("claim_payment_id").loc[rows["claim_payment_id"]].reset_index()
    none = pd.Series(False, index=rows.index)
    return {
        proof: is_original(rows, theirs, found[proof], services[services["claim_payment_id"] == proof])
        if proof in found
        else none
        for proof in proofs
    }


def _not_pr(rows: pd.DataFrame, held: pd.DataFrame) -> pd.Series[bool]:
    """Tell which cases hold an amount that the payer does not lay on the patient; 209 is never the patient's."""
    owed = (held["group_code"] == "PR") & (held["reason_code"] != "209")
    return rows["case_id"].isin(held.loc[~owed, "case_id"])


def _patient_rules(rows: pd.DataFrame, held: pd.DataFrame, *, has_basis: bool) -> list[tuple[str, Any]]:
    not_pr = _not_pr(rows, held)
    never = with_effect(rows["remark_codes"], "not-billable", "patient-refund")
    never |= rows["case_id"].isin(held.loc[held["reason_code"] == "209", "case_id"])
    never |= not_pr & rows["payer_type"].isin(NEVER_TO_PATIENT)
    return [("never-patients", never), ("not-patients", not_pr & (not has_basis))]


def is_paid_by_patient(
    conn: Connection, rows: pd.DataFrame, amounts: pd.Series[int], action: pd.Series[Any], moved_money: bool
) -> pd.Series[bool]:
    """Tell where less stands on 1200 for the claim than was billed to the patient: paid, or let go, since."""
    if not moved_money or MOVES[str(action["kind"])].account != "1200":
        return pd.Series(False, index=rows.index)
    stands = patient_money.balances(conn, rows["family_id"].drop_duplicates().tolist())
    billed = amounts.groupby(rows["family_id"].to_numpy()).sum()
    is_less = billed > stands.reindex(billed.index, fill_value=0)
    return pd.Series(is_less.reindex(rows["family_id"]).to_numpy(bool), index=rows.index)


def _waiting(ctx: Context, conn: Connection, action_id: int) -> tuple[pd.Series[Any], Chosen, pd.DataFrame]:
    """Give an action that waits for this second person, its cases as they are, and the events that asked."""
    found = desk.action(conn, action_id)
    if found.empty:
        raise NotFoundError("action", action_id)
    action = found.iloc[0]
    if action["state"] != WAITS:
        raise UsageError(f"Action {action_id} does not wait for approval: it is {action['state']}.")
    if action["requested_by"] == ctx.actor:
        raise UsageError("Who asked for it cannot decide it: a second person has to.")
    asked = desk.events_of(conn, action_id)
    rows = desk.cases(conn, asked["case_id"].tolist())
    # A note does not hinder it; a remittance that changed the case has ended the request.
    still = rows["pending_action_id"] == action_id
    stale = [int(one) for one in rows.loc[~still, "case_id"]]
    none = told(rows["case_id"].head(0), rows["cause"].head(0))
    return action, Chosen(rows[still].reset_index(drop=True), stale, none), asked


def waiting(ctx: Context) -> pd.DataFrame:
    """List what waits for a second person, oldest first; its cases and amount are those that still wait."""
    with read(ctx.engine) as conn:
        rows = queries.waiting_actions(conn)
        asked = queries.asked_for(conn, rows["action_id"].tolist())
    still = asked.groupby("action_id")["amount_cents"].agg(["size", "sum"]).reindex(rows["action_id"], fill_value=0)
    rows = rows.assign(cases=still["size"].to_numpy("int64"), amount_cents=still["sum"].to_numpy("int64"))
    return rows.assign(parameters=[json.loads(text) for text in rows["parameters"]])


def _decided(ctx: Context, conn: Connection, action_id: int, verb: str, cases: int, amount_cents: int) -> None:
    record(ctx, conn, f"denial.{verb}", f"action {action_id}", {"cases": cases, "amount_cents": amount_cents})


def _worded(reason: str) -> str:
    if not reason.strip():
        raise UsageError("A reason is wanted, in words.")
    return reason.strip()
