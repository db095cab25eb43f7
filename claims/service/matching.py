"""Claim payments find their claim and their lines; the reason is stored with the match."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from claims import codes
from claims.ledger import equal_lines, match, match_versions
from claims.service.context import Context
from claims.store import matching, matching_by_hand, statistics, versions
from claims.store.engine import write
from claims.store.handles import Connection

CLAIMS_PER_BATCH = 50_000


def match_claims(ctx: Context, run_id: int, posting_date: date, *, but: Collection[int] = ()) -> dict[str, int]:
    """Find the claim of each payment that is to be posted or waits; store why it is that one, or why none is.

    `but`: claim payments that do not look.

    A payer's own claim number is known only once another payment with it is matched: passes go on until one finds
    nothing more, so that a second run finds nothing either.
    """
    statistics.refresh(ctx.engine)
    matched, unmatched = _pass(ctx, but)
    found = matched
    while found and unmatched:
        found, unmatched = _pass(ctx, but)
        matched += found
    return {"payments_matched": matched, "payments_unmatched": unmatched}


def _pass(ctx: Context, but: Collection[int]) -> tuple[int, int]:
    matched = unmatched = after = 0
    while True:
        with write(ctx.engine) as conn:
            payments = matching.looking(conn, CLAIMS_PER_BATCH, after)
            if payments.empty:
                return matched, unmatched
            after = int(payments["claim_payment_id"].max())
            payments = payments[~payments["claim_payment_id"].isin(but)]
            if payments.empty:
                continue
            found, refused, others = find(conn, payments)
            lines = match_lines(conn, found)
            none = payments[~payments["claim_payment_id"].isin(found["claim_payment_id"])]
            refusals = _not_found(none, refused)
            news = refusals[refusals["evidence"] != refusals["last_evidence"]]
            matching.save(conn, pd.concat([found, news], ignore_index=True), lines, others, ctx.actor)
            matched += len(found)
            unmatched += len(none)


def find(
    conn: Connection, payments: pd.DataFrame, told: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Try the keys in order on what is left: `(matches, refused, claims looked at and not taken)`.

    `told`: what payers call versions (`versions.payer_numbers`), in place of what the matches of these payments say.
    """
    ids = payments["claim_payment_id"].tolist()
    named = paid_facts(conn, payments)
    by_hand = pd.MultiIndex.from_frame(matching_by_hand.refused_by_hand(conn, ids))
    found: list[pd.DataFrame] = []
    refused: list[pd.DataFrame] = []
    looked_at: list[pd.DataFrame] = []
    for rule in match.RULES:
        offered = matching.candidates(conn, rule, ids).merge(named, on="claim_payment_id")
        offered = offered[~pd.MultiIndex.from_frame(offered[["claim_payment_id", "family_id"]]).isin(by_hand)]
        chosen, not_chosen = match.choose(_with_versions(conn, offered, payments, told))
        found.append(chosen)
        refused.append(not_chosen)
        looked_at.append(offered)
        taken = set(chosen["claim_payment_id"])
        ids = [one for one in ids if one not in taken]
        if not ids:
            break
    chosen = pd.concat(found, ignore_index=True)
    others = match.not_taken(pd.concat([one for one in looked_at if len(one)] or looked_at[:1]), chosen)
    why = pd.concat(refused, ignore_index=True).drop_duplicates("claim_payment_id")
    return with_turns(conn, chosen, payments), why, others


def _with_versions(
    conn: Connection, offered: pd.DataFrame, payments: pd.DataFrame, heard: pd.DataFrame | None
) -> pd.DataFrame:
    """Rank candidates that are versions of one claim by what the payer is known to call them, and when they left."""
    several = offered[offered.duplicated(["claim_payment_id", "family_id"], keep=False)]
    if several.empty:
        return offered
    ids = several["claim_id"].drop_duplicates().tolist()
    released = versions.first_released(conn, ids)
    told = match_versions.told_versions(several, version_facts(conn, several), released)
    several = several.assign(version_facts=told)
    but = payments["claim_payment_id"] if heard is not None else ()
    numbers = pd.concat([versions.payer_numbers(conn, ids, set(but)), *([] if heard is None else [heard])])
    ranks = match_versions.version_ranks(several, numbers, released)
    facts = told.reindex(offered.index, fill_value="")
    return offered.join(ranks.reindex(offered.index, fill_value=0)).assign(version_facts=facts)


def version_facts(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Give what speaks for each candidate among the versions of its claim (`match_versions.facts_of`)."""
    paid = matching.service_payments(conn, rows["claim_payment_id"].drop_duplicates().tolist())
    lines = matching.service_lines(conn, rows["claim_id"].drop_duplicates().tolist())
    return match_versions.facts_of(rows, match.submitted(paid), lines)


def paid_facts(conn: Connection, payments: pd.DataFrame) -> pd.DataFrame:
    """Give the facts of claim payments that candidates are weighed by, with the ending `_paid`."""
    ids = payments["claim_payment_id"].tolist()
    spans = matching.service_spans(conn, ids).set_index("claim_payment_id")
    at = payments["claim_payment_id"]
    first = spans["first_date"].reindex(at).fillna("").to_numpy()
    last = spans["last_date"].reindex(at).fillna("").to_numpy()
    facts = payments.assign(
        first_date=np.where(first != "", first, payments["statement_from_date"]),
        last_date=np.where(last != "", last, payments["statement_to_date"]),
    )
    facts["last_date"] = facts["last_date"].where(facts["last_date"] != "", facts["first_date"])
    facts = facts.drop(columns=["statement_from_date", "statement_to_date"])
    return facts.rename(columns={name: f"{name}_paid" for name in facts.columns if name != "claim_payment_id"})


def with_turns(conn: Connection, found: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    """Add to matches whose turn each payment was, and who comes next."""
    matches = found.merge(payments, on="claim_payment_id")
    payers = matching.payers_of(conn, matches["family_id"].drop_duplicates().tolist())
    turns = match.payer_sequence(matches, payers, codes.table("claim_status"))
    matches = matches.drop(columns="payer_code").merge(turns, on="claim_payment_id")
    return matches.rename(columns={"claim_payer_code": "payer_code"})


def match_lines(conn: Connection, found: pd.DataFrame) -> pd.DataFrame:
    """Match the lines of payments to those of their claims."""
    paid = matching.service_payments(conn, found["claim_payment_id"].tolist())
    lines = matching.service_lines(conn, found["claim_id"].drop_duplicates().tolist())
    told = match.match_lines(paid, lines.merge(found[["claim_payment_id", "claim_id"]], on="claim_id"))
    return _with_equal_lines(conn, found, paid, lines, told)


def _with_equal_lines(
    conn: Connection, found: pd.DataFrame, paid: pd.DataFrame, lines: pd.DataFrame, told: pd.DataFrame
) -> pd.DataFrame:
    """Pair what is left of payments of parts of claims with equal lines (`ledger.equal_lines`)."""
    own = found[["claim_payment_id", "claim_id"]]
    left = paid[paid["service_payment_id"].isin(told.loc[told["line_number"] == 0, "service_payment_id"])].merge(own)
    keys = ["claim_id", "charge_cents"]
    several = lines.loc[lines.duplicated(keys), keys].drop_duplicates()
    left = match.submitted(left).merge(several, on=keys)
    if left.empty:
        return told
    facts = matching.parts(conn, own["claim_payment_id"].tolist())
    whole = lines.groupby("claim_id")["charge_cents"].sum()
    left = left.merge(facts, on="claim_payment_id")
    left = left[left["claim_charge_cents"].abs() < whole.reindex(left["claim_id"]).to_numpy()]
    left["is_reversal"] = left["status_code"] == "22"
    left = left.sort_values(["payment_date", "remit_key", "clp", "ordinal"], kind="stable", ignore_index=True)
    now = told[told["line_number"] != 0].merge(own, on="claim_payment_id").merge(facts, on="claim_payment_id")
    before = matching.taken_lines(conn, left["claim_id"].drop_duplicates().tolist())
    taken = pd.concat([before[~before["claim_payment_id"].isin(own["claim_payment_id"])], now], ignore_index=True)
    taken["is_reversal"] = taken["status_code"] == "22"
    more = equal_lines.pair(left, lines, taken)
    rest = told[~told["service_payment_id"].isin(more["service_payment_id"])]
    return pd.concat([rest, more], ignore_index=True)


def _not_found(payments: pd.DataFrame, refused: pd.DataFrame) -> pd.DataFrame:
    """Rows that say why no claim was taken, where nobody said so before."""
    why = refused.set_index("claim_payment_id")["why"].reindex(payments["claim_payment_id"]).fillna("no-candidate")
    return payments.assign(
        family_id=0,
        claim_id=0,
        rule="none",
        score=0,
        evidence=pd.Series([json.dumps({"why": reason}) for reason in why.tolist()], payments.index, dtype="str"),
        payer_sequence="",
        payer_code="",
        next_sequence="",
        next_payer_code="",
    )
