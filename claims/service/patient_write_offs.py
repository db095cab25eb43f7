"""Balances of patients given up: small ones by the practice's rule (4300), others sent to collection (5000).

The rule is a row of master data (small_balances): how much at most, after how many days, who may. What is given up
hangs on the payers' decisions that put it on the patient, the latest first: a reversal takes it back with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from claims import codes
from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.ledger import patient_lines
from claims.master import Master
from claims.reports.report import days_between
from claims.service import money_requests
from claims.service.audited import record, record_with_reason
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.master import load_master
from claims.service.patient_claims import named_family
from claims.service.patient_credits import name_credits
from claims.service.periods import require_come
from claims.service.runs import running
from claims.service.statements import positions
from claims.store import clock, patient_money, patient_statements, patients
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries.asof import AsOf

KIND = "small_balances"
SMALL, COLLECTION = "P05", "E14"


def proposed(ctx: Context, day: date) -> pd.DataFrame:
    """Give the small balances that the rule allows to write off on a day.

    Index family_id; claim_number, amount_cents, days, limit_cents, kind, is_mine (the actor may).
    """
    master = load_master(ctx)
    with read(ctx.engine) as conn:
        return _proposed(conn, ctx, master, day)


def write_off_small(ctx: Context, day: date) -> pd.DataFrame:
    """Write off what `proposed` says and the actor may (rule P05); give the rows. A second time there is nothing."""
    require_come(ctx, day)
    master = load_master(ctx)
    with running(ctx, "action", day) as (run_id, _), write(ctx.engine) as conn:
        rows = _proposed(conn, ctx, master, day)
        if len(rows) and not rows["is_mine"].any():
            raise PostingRefusedError(
                "The rule of small balances names others than you; claims master show tells whom."
            )
        mine = rows[rows["is_mine"]]
        _post(conn, ctx, run_id, day, mine, SMALL, "small-balance")
        cents = int(mine["amount_cents"].sum())
        if len(mine):
            body = {"claims": len(mine), "amount_cents": cents}
            record(ctx, conn, "patient.small-balances", f"{len(mine)} claim(s)", body)
    return mine


class Sent(NamedTuple):
    """What became of balances that somebody sends to collection: done, or waiting for a second person (`request`)."""

    request: int
    state: str
    amount_cents: int
    limit_cents: int | None
    used_cents: int


def to_collection(ctx: Context, claims: Sequence[str], reason: str, day: date, *, although: str = "") -> Sent:
    """Give what patients owe of claims to a collector: bad debt (rule E14).

    At once within what the asker may give up alone in a day, of write-offs and collection together; else when another
    person approves. Only what stood on as many statements as codes/collection_rules.csv says; with a reason why it goes
    all the same (`although`) another person is asked. PostingRefusedError for a claim of which nothing is due.
    """
    require_come(ctx, day)
    with running(ctx, "action", day) as (run_id, _), write(ctx.engine) as conn:
        due = _due(conn, sorted({named_family(conn, claim) for claim in claims}))
        missing = _without_statements(conn, due, day)
        if missing and not although.strip():
            rule = codes.table("collection_rules").iloc[0]
            raise PostingRefusedError(
                f"{missing} of these claims had no {rule['statements']} statements over {rule['after_days']} days: "
                "write them (claims statements), or say why it goes to collection all the same."
            )
        cents = int(due.sum())
        may = money_requests.authority(conn, ctx, day, due.index.tolist())
        is_alone = may.limit_cents is None or (may.covers(due) and not missing)
        state = money_requests.DONE if is_alone else money_requests.WAITS
        families = {str(family): int(one) for family, one in due.items()}
        known = patient_money.write_offs(conn, due.index.tolist())
        facts = [money_requests.TO_COLLECTION, *families.items(), sorted(known.items()), clock.now()]
        number = money_requests.ask(
            ctx, conn, money_requests.TO_COLLECTION, sha256(repr(facts).encode()).hexdigest(), cents, reason, day,
            state=state, although=although, parameters={"families": families},
        )  # fmt: skip
        if is_alone:
            _collect(ctx, conn, run_id, due, day)
    return Sent(number, state, cents, may.limit_cents, may.used_cents)


def post_collection(ctx: Context, conn: Connection, run_id: int, asked: dict[str, Any], day: date) -> None:
    """Send to collection what another person asked for, when it is still what is due."""
    wanted = pd.Series({int(family): int(cents) for family, cents in asked["parameters"]["families"].items()})
    due = _due(conn, wanted.index.tolist())
    if (due != wanted.reindex(due.index)).any():
        raise PostingRefusedError("What is due of these claims is another amount by now: refuse it, and ask again.")
    _collect(ctx, conn, run_id, due, day)


def _due(conn: Connection, families: list[int]) -> pd.Series[int]:
    found, _ = positions(conn, _always())
    due = found["due_cents"].reindex(families, fill_value=0)
    if (due <= 0).any():
        raise PostingRefusedError(f"Nothing is due of {int((due <= 0).sum())} of these claims: no statement names it.")
    return due


def _without_statements(conn: Connection, due: pd.Series[int], day: date) -> int:
    """Count claims whose patients had fewer statements, or for a shorter time, than the rule asks for."""
    rule = codes.table("collection_rules").iloc[0]
    told = patient_statements.of_families(conn, due.index.tolist()).reindex(due.index)
    times = told["times"].fillna(0).astype("int64")
    first = told["first_date"].fillna(day.isoformat()).astype("str")
    waited = days_between(first, day.isoformat())
    return int(((times < int(rule["statements"])) | (waited < int(rule["after_days"]))).sum())


def _collect(ctx: Context, conn: Connection, run_id: int, due: pd.Series[int], day: date) -> None:
    rows = pd.DataFrame({"amount_cents": due, "kind": ""})
    _post(conn, ctx, run_id, day, rows, COLLECTION, "to-collection")
    body = {"claims": len(rows), "amount_cents": int(due.sum())}
    record(ctx, conn, "patient.to-collection", f"{len(rows)} claim(s)", body)


def take_back(ctx: Context, claim: str, reason: str, day: date) -> int:
    """Take back what was written off or sent to collection of a claim, so that it is due again; give the cents."""
    require_come(ctx, day)
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the act.")
    with running(ctx, "action", day) as (run_id, _), write(ctx.engine) as conn:
        family_id = named_family(conn, claim)
        lines = patient_money.written_off(conn, family_id, [SMALL, COLLECTION])
        if lines.empty:
            raise NotFoundError("balance written off of claim family", family_id)
        write_journals(conn, ctx, run_id, day, patient_lines.reversal(lines, "write-off-taken-back"))
        cents = -int(lines.loc[lines["account"] == "1200", "amount_cents"].sum())
        name_credits(conn, day)
        body = {"amount_cents": cents}
        record_with_reason(ctx, conn, "patient.write-off-taken-back", f"family {family_id}", body, reason)
    return cents


def _always() -> AsOf:
    """Give the books as they are, whatever day was posted on: what is paid for tomorrow is not written off today."""
    return AsOf(date.max, clock.now())


def _proposed(conn: Connection, ctx: Context, master: Master, day: date) -> pd.DataFrame:
    rows, _ = positions(conn, _always())
    others = rows[["held_cents", "not_billed_cents", "credit_cents"]].ne(0).any(axis=1)
    rows = rows[(rows["due_cents"] > 0) & ~others]
    people = patients.numbers(conn, rows.index.tolist()).reindex(rows.index)
    rule = _rule(master, people["billing_npi"], day)
    days = days_between(rows["ready_date"].astype("str"), day.isoformat())
    small = rule["is_known"] & (rows["due_cents"] <= rule["write_off_up_to_cents"]) & (days >= rule["after_days"])
    told = pd.DataFrame(
        {
            "claim_number": people["claim_number"],
            "amount_cents": rows["due_cents"],
            "days": days,
            "limit_cents": rule["write_off_up_to_cents"],
            "kind": rule["kind"],
            # Typed, for no row at all must be a condition, too.
            "is_mine": np.array([not users or ctx.actor in users.split() for users in rule["users"].tolist()], bool),
        }
    )
    return told[small.to_numpy(dtype=bool)].sort_values("claim_number")


def _rule(master: Master, npis: pd.Series, day: date) -> pd.DataFrame:
    """Give the row in force for each billing provider: its own, else that of all."""
    days = pd.Series(day.year * 10_000 + day.month * 100 + day.day, index=npis.index)
    own = master.look_up(KIND, npis.to_frame("billing_npi"), days)
    every = master.look_up(KIND, npis.to_frame("billing_npi").assign(billing_npi=""), days)
    return own.where(own["is_known"], every)


def _post(
    conn: Connection, ctx: Context, run_id: int, day: date, rows: pd.DataFrame, rule_id: str, reason: str
) -> None:
    if rows.empty:
        return
    before = patient_money.write_offs(conn, rows.index.tolist())
    events = [
        sha256("\x1f".join(map(str, (reason, family, before.get(family, 0)))).encode()).hexdigest()[:32]
        for family in rows.index.tolist()
    ]
    given_up = rows[["amount_cents", "kind"]].assign(event=events, family_id=rows.index).reset_index(drop=True)
    movements = patient_lines.hung(given_up, patient_money.shares(conn, rows.index.tolist()))
    movements = movements.assign(
        journal_key="act:" + movements["event"] + ":" + movements["place"].astype("str") + ":0",
        rule_id=rule_id,
        reference="",
        effective_date=day.isoformat(),
        journal_reason=reason,
    )
    lines = patient_lines.lines(movements)
    kinds = dict(zip(movements["journal_key"], movements["kind"], strict=True))
    lines["reason_code"] = lines["journal_key"].map(kinds).where(lines["account"] == "4300", "").astype("str")
    write_journals(conn, ctx, run_id, day, lines)
