"""Decided lines are priced by contract, and held against it: expected amounts and variance cases (R9) are kept.

What is stored follows from the postings in force and the contracts known: a posting that came or was undone, or a
contract that was imported, lets the claims concerned be priced again; what is the same is left.
"""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd

from claims import pricing
from claims.ledger.order import in_order
from claims.service.appraisal import appraise
from claims.service.context import Context
from claims.service.contracts import PRICED, Contracts
from claims.service.master import load_master
from claims.store import clock, statistics
from claims.store import pricing as rows
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import pricing as queries
from claims.store.released import released

FAMILIES_PER_BATCH = 20_000
OF_CLAIM = ["claim_payment_id", "family_id", "claim_id"]
SAME = ["claim_id", "payer_code", "expected_cents", "term", "method", "outcome", "arithmetic"]


def price_decisions(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Price what first payers decided, open, change and close variance cases; a second time changes nothing."""
    counts = {"lines_priced": 0, "variances_opened": 0, "variances_changed": 0, "recovered_cents": 0}
    with read(ctx.engine) as conn:
        if not queries.has_contracts(conn):
            return counts
        known_at = queries.contracts_known_at(conn)
        since = queries.priced_by(conn)
    contracts = Contracts.of(load_master(ctx))
    with write(ctx.engine) as conn:
        if known_at != since:
            _price_again(conn, contracts, since)
            rows.save_state(conn, known_at, run_id, clock.now())
    while True:
        statistics.refresh(ctx.engine)
        with write(ctx.engine) as conn:
            scope = queries.next_families(conn, FAMILIES_PER_BATCH)
            if scope is None:
                return counts
            _price(conn, ctx, contracts, scope, known_at, run_id, posting_date, counts)
            queries.mark(conn, scope, clock.now())


def _price_again(conn: Connection, contracts: Contracts, since: str) -> None:
    """Let claims be priced again whose payer's contract, or the schedule that it takes fees from, has changed."""
    changed = queries.changed_since(conn, since)
    bodies = [json.loads(body) for body in changed["body"].tolist()]
    named = [body.get("payer_code", "") for body in bodies]
    payers = set(named)
    # Claims may have the name that a payer had until now.
    once = {body["payer_identifier"] for body in bodies if body.get("payer_identifier")}
    fees = {name for name, kind in zip(named, changed["kind"].tolist(), strict=True) if kind == "fee_schedules"}
    every = {""} & payers  # a tolerance of every payer
    queries.price_again(conn, every or once | contracts.names_of(payers | contracts.paying_by(fees)))


def _price(
    conn: Connection,
    ctx: Context,
    contracts: Contracts,
    scope: queries.Scope,
    known_at: str,
    run_id: int,
    posting_date: date,
    counts: dict[str, int],
) -> None:
    """Price the families of a scope, and keep what changed."""
    postings = queries.postings(conn, scope)
    is_held = postings["outcome"] == "unapplied"
    took = postings.loc[(postings["outcome"] == "posted") & (postings["reverses_claim_payment_id"] != 0)]
    decisions = _decisions(postings, released(conn, took["claim_payment_id"].tolist()))
    held = postings[is_held & (postings["payer_sequence"] == "P") & (postings["claim_id"] != 0)]
    held = held[~held["claim_payment_id"].isin(decisions["claim_payment_id"])]
    # What stood on a line, only postings say; what is at risk on it, a decision that is held says too.
    both = pd.concat([decisions[OF_CLAIM], held[OF_CLAIM]], ignore_index=True)
    priced = contracts.price(queries.lines(conn, scope))
    at = clock.now()
    changed = _keep_expected(conn, both, priced, queries.expected(conn, scope), known_at, at)
    counts["lines_priced"] += changed
    if changed:
        appraise(conn, ctx, scope, posting_date, run_id)
    found = _found(conn, scope, decisions, priced)
    stored = queries.cases(conn, scope)
    if found.empty and stored.empty:
        return
    done = pricing.compare(stored, found, decisions["claim_payment_id"], priced, posting_date.isoformat())
    rows.save_cases(conn, *done, actor=ctx.actor, recorded_at=at)
    kinds, cents = done.events["kind"], done.events["amount_cents"]
    counts["variances_opened"] += len(done.new)
    counts["variances_changed"] += len(done.changed)
    counts["recovered_cents"] += int(cents[kinds.isin(["recovered", "recovered_in_part"])].sum())


def _decisions(postings: pd.DataFrame, released: pd.DataFrame) -> pd.DataFrame:
    """Give the decisions of first payers with their place among their family's postings, and what took them back.

    `released`: what decisions took back without a reversal. What is left of a decision counts, until the last is taken.
    One that was held counts where a reversal took it back: in another order of nights it had stood until then.
    """
    ordered = in_order(postings)
    steps = ordered.assign(step=ordered.groupby("family_id").cumcount())
    names = {"reverses_claim_payment_id": "target_id"}
    back = steps.loc[steps["outcome"] == "reversal", ["claim_payment_id", "step", *names]].rename(columns=names)
    whole = released.loc[released["is_whole"].astype(bool), ["claim_payment_id", "target_id"]]
    whole = steps[["claim_payment_id", "step"]].merge(whole, on="claim_payment_id").sort_values("step")
    taking = pd.concat([back, whole.drop_duplicates("target_id", keep="last")]).sort_values("step", kind="stable")
    taking = taking[taking["target_id"] != 0].drop_duplicates("target_id").set_index("target_id")
    stood = (steps["outcome"] == "posted") | steps["claim_payment_id"].isin(back["target_id"])
    own = steps[stood & (steps["outcome"] != "reversal") & (steps["payer_sequence"] == "P") & (steps["claim_id"] != 0)]
    ids = own["claim_payment_id"]
    return own.drop(columns=["outcome", "reverses_claim_payment_id"]).assign(
        end_step=taking["step"].reindex(ids).fillna(pricing.NEVER).to_numpy(np.int64),
        ended_by=taking["claim_payment_id"].reindex(ids).fillna(0).to_numpy(np.int64),
    )


def _keep_expected(
    conn: Connection, decisions: pd.DataFrame, priced: pd.DataFrame, stored: pd.DataFrame, known_at: str, at: str
) -> int:
    """Store what is expected of each line of each decision where that is new; give the number of such lines."""
    keys = ["claim_payment_id", "line_number"]
    own = priced.loc[priced["outcome"] != "", [*SAME, "line_number"]]
    wanted = decisions[OF_CLAIM].merge(own, on="claim_id")
    pairs = wanted.merge(stored, on=keys, how="outer", suffixes=("", "_was"), indicator=True)
    is_same = (pairs["_merge"] == "both").to_numpy()
    for name in SAME:
        now, was = pairs[name], pairs[f"{name}_was"]
        is_same = is_same & ((now == was) | (now.isna() & was.isna())).fillna(False).to_numpy(bool)
    new = wanted.merge(pairs.loc[is_same, keys], on=keys, how="left", indicator=True)
    new = new[new["_merge"] == "left_only"].drop(columns="_merge").assign(known_at=known_at)
    ended = pairs.loc[~is_same & pairs["expected_allowed_id"].notna(), "expected_allowed_id"]
    rows.save_expected(conn, new.astype({"known_at": "str"}), ended.astype("int64"), at)
    return len(new)


def _found(conn: Connection, scope: queries.Scope, decisions: pd.DataFrame, priced: pd.DataFrame) -> pd.DataFrame:
    """Give the variance cases that follow from the decisions of the scope."""
    named = ["claim_id", "line_number", "charge_cents", *PRICED]
    with_contract = priced.loc[priced["payer_code"] != "", "claim_id"]
    own = decisions[decisions["claim_id"].isin(with_contract)]
    parts = pricing.granted(own, queries.service_payments(conn, scope), queries.sums(conn, scope), priced[named])
    found = pricing.cases(pricing.standings(parts))
    if found.empty:
        return found.assign(case_key="")
    family = queries.families(conn, scope).set_index("family_id").loc[found["family_id"]].reset_index()
    names = own.set_index("claim_payment_id")["payer_name"]
    return found.assign(
        claim_number=family["claim_number"].to_numpy(),
        case_key=pricing.case_keys(family["billing_npi"], family["claim_number"], found["line_number"], found["kind"]),
        payer_sequence="P",
        payer_name=names.reindex(found["claim_payment_id"]).to_numpy(),
    ).astype({"claim_number": "str", "payer_sequence": "str", "payer_name": "str"})
