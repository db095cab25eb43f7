"""Remittances become journals: matched and classified claim payments in, journals, ledger lines and exceptions out.

A pure function of frames. Claim payments are taken in posting order (remittance by payment date and key, reversals
first within a remittance). Those of one claim family see each other's effect: a batch is worked off in rounds, the n-th
round holding the n-th decision of every family, or the reversals that stand together there, so that each round is
set-based and the open-receivable test is still exact. What the test does not let through is never plugged: its cash
goes to unapplied cash with an exception.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.ledger import open_test, reversal_pairs
from claims.ledger.proposal import (
    EXCEPTION_COLUMNS,
    MEMO,
    POSTED,
    RELEASE_RULE,
    TAKEN_BACK,
    Batch,
    Proposal,
    keyed,
    negated,
    number_of,
    unparked,
)
from claims.ledger.reversals import reverse
from claims.ledger.rules import RECEIVABLE, adjudication_lines, empty_lines

REFUSED_TYPES = {
    "ambiguous": "AMBIGUOUS_CLAIM",
    "charge-differs": "CHARGE_DIFFERS",
    "payee-differs": "PAYEE_DIFFERS",
}


def propose(batch: Batch) -> Proposal:
    """Propose the postings of a batch of claim payments; writes nothing."""
    result = Proposal()
    claims = batch.claim_payments
    claims = claims.assign(is_negative=_is_negative(claims, batch.service_payments))
    claims = _held_again(claims, result)
    _cash_only(claims, result)
    takes_back = claims["clp_post"] == "reverse"
    wants_claim = (claims["clp_post"] == "adjudication") & ~claims["has_group_cr"] & ~claims["is_negative"]
    unmatched = claims[wants_claim & (claims["family_id"] == 0)]
    _unmatched(unmatched, result)

    turn = claims[(wants_claim & (claims["family_id"] != 0)) | takes_back].copy()
    # What waited for its claim and has it by now is posted there first; its reversal finds it on the claim.
    comes = turn.loc[turn["clp_post"] == "adjudication", "claim_payment_id"]
    decided = batch.decided[(batch.decided["family_id"] != 0) | ~batch.decided["claim_payment_id"].isin(comes)]
    is_alone = reversal_pairs.takes_nothing_back(turn, decided, batch)
    turn["round"] = _rounds(turn[~is_alone]).reindex(turn.index, fill_value=0)
    receivables = batch.receivables
    decided_lines = batch.decided_lines
    taken: set[int] = set()
    waiting = reversal_pairs.waits(batch)
    for _, its_turn in turn.groupby("round", sort=True):
        # A payment that waits and is taken back where it lies is decided no more.
        rows = its_turn[~its_turn["claim_payment_id"].isin(taken)]
        is_reverse = rows["clp_post"] == "reverse"
        lines, superseded, orphans = reverse(rows[is_reverse], batch, decided, decided_lines, result)
        waiting = pd.concat([waiting, reversal_pairs.as_posted(rows[rows["claim_payment_id"].isin(orphans)], decided)])
        taken.update(superseded)
        is_back = decided["claim_payment_id"].isin(superseded)
        decided = decided.assign(outcome=decided["outcome"].where(~is_back, TAKEN_BACK))
        receivables = _add(receivables, lines)
        posted, lines = _adjudicate(rows[~is_reverse], batch, receivables, decided, decided_lines, waiting, result)
        receivables = _add(receivables, lines)
        decided = pd.concat([_released(decided, result), posted], ignore_index=True)
        is_gone = decided_lines["journal_key"].isin(lines["reverses_key"])
        own = lines[lines["reverses_key"] == ""]
        decided_lines = pd.concat([decided_lines[~is_gone], own], ignore_index=True)
    return result


def _held_again(claims: pd.DataFrame, result: Proposal) -> pd.DataFrame:
    """Let wait what is posted once more and was held the first time (`held_reason`); give the others."""
    is_held = claims["held_reason"] != ""
    held = claims[is_held]
    if len(held):
        rule = np.where(held["clp_post"] == "reverse", "C22", "C31")
        result.wait(held.assign(rule_id=pd.Series(rule, index=held.index, dtype="str")), held["held_reason"])
    return claims[~is_held]


def _rounds(rows: pd.DataFrame) -> pd.Series:
    """Number the rounds: each decision of a family has one of its own, reversals that follow each other share one.

    Nothing that one of these does is seen by the next but which decision is taken back, and that the pairs tell.
    """
    key = _round_key(rows)
    is_back = rows["clp_post"] == "reverse"
    goes_along = is_back & is_back.groupby(key).shift(fill_value=False)
    return (~goes_along).astype("int64").groupby(key).cumsum() - 1


def _round_key(rows: pd.DataFrame) -> pd.Series:
    """Claim payments that may touch each other: one family, or one payer's claim number where no family is known."""
    number = number_of(rows)
    alone = "alone " + rows["claim_payment_id"].astype("str")
    by_number = (rows["payer_code"] + "|" + number).where(number != "", alone)
    return by_number.where(rows["family_id"] == 0, "family " + rows["family_id"].astype("str"))


def _is_negative(claims: pd.DataFrame, service_payments: pd.DataFrame) -> pd.Series:
    """Tell which claim payments take a charge or money back, as only a reversal may."""
    by_line = service_payments.loc[service_payments["charge_cents"] < 0, "claim_payment_id"]
    by_claim = (claims["charge_cents"] < 0) | (claims["paid_cents"] < 0)
    return (claims["clp_post"] == "adjudication") & (by_claim | claims["claim_payment_id"].isin(by_line))


def _cash_only(claims: pd.DataFrame, result: Proposal) -> None:
    """Status 23, 25 or unknown, and group CR or a negative decision outside a reversal: cash to 2200, nothing else."""
    group_cr = (claims["clp_post"] == "adjudication") & claims["has_group_cr"]
    rows = claims[(claims["clp_post"] == "cash_only") | group_cr | claims["is_negative"]].copy()
    rows["rule_id"] = np.select([rows["clp_post"] == "cash_only", rows["has_group_cr"]], ["C30", "C32"], "C34")
    odd = pd.Series("CR_GROUP", index=rows.index).where(rows["has_group_cr"], "NEGATIVE_DECISION")
    reason = rows["status_exception"].where(rows["clp_post"] == "cash_only", odd)
    told = (rows["paid_cents"] != 0) | (reason != "STATUS_WITH_CASH")
    reason = reason.where(told, "")
    result.wait(rows, reason)


def _unmatched(rows: pd.DataFrame, result: Proposal) -> None:
    reason = rows["refused"].map(REFUSED_TYPES).fillna("UNMATCHED_CLAIM")
    result.wait(rows.assign(rule_id="C31"), reason)


def _released(decided: pd.DataFrame, result: Proposal) -> pd.DataFrame:
    """Mark what the system took back as such; what it took back in part stands."""
    if not result.released:
        return decided
    released = pd.concat(result.released, ignore_index=True)
    gone = decided["claim_payment_id"].isin(released.loc[released["is_whole"], "claim_payment_id"])
    return decided.assign(is_released=decided["is_released"].where(~gone, 1))


def _adjudicate(
    rows: pd.DataFrame,
    batch: Batch,
    receivables: pd.DataFrame,
    decided: pd.DataFrame,
    decided_lines: pd.DataFrame,
    waiting: pd.DataFrame,
    result: Proposal,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test each decision against the open receivable, then post; `(newly decided, their ledger lines)`."""
    if rows.empty:
        return decided.iloc[:0], empty_lines().assign(family_id=0, journal_key="", reverses_key="")
    ids = rows["claim_payment_id"]
    lines, odd = adjudication_lines(
        rows,
        batch.service_payments[batch.service_payments["claim_payment_id"].isin(ids)],
        batch.adjustments[batch.adjustments["claim_payment_id"].isin(ids)],
    )
    tested = open_test.run(rows, lines, batch, receivables, decided, decided_lines, waiting)
    rows = rows.merge(tested.verdicts, on="claim_payment_id")
    stopped = rows[~rows["verdict"].isin([POSTED, MEMO])].assign(rule_id="C31")
    result.wait(stopped, stopped["verdict"])
    result.decide(rows[rows["verdict"] == MEMO], MEMO)
    released = _release(rows, tested.released, decided_lines, result)
    first = _first(tested.released, decided)
    passed = rows[rows["verdict"] == POSTED]
    passed = passed.assign(
        reverses_claim_payment_id=first.reindex(passed["claim_payment_id"], fill_value=0).to_numpy(),
    )
    result.decide(passed, POSTED)
    for type_code, column in (("CREDIT_BALANCE", "over_cents"), ("SECONDARY_CO_OVERLAP", "overlap_cents")):
        named = passed[passed[column] > 0]
        result.raise_exception(named, type_code, named[column])
    own = keyed(tested.lines[tested.lines["claim_payment_id"].isin(passed["claim_payment_id"])], passed)
    before = [released[own.columns], unparked(passed, batch.parked)[own.columns]]
    own = pd.concat([*(part for part in before if len(part)), own], ignore_index=True)
    result.lines.append(own)
    odd = odd[odd["claim_payment_id"].isin(passed["claim_payment_id"])].rename(columns={"rule_exception": "type_code"})
    result.exceptions.append(odd[EXCEPTION_COLUMNS])
    return passed.assign(outcome=POSTED, place=0, is_released=0)[decided.columns.tolist()], own


def _first(released: pd.DataFrame, decided: pd.DataFrame) -> pd.Series:
    """Give the first of the decisions that each new one takes back, as they are posted; its journals name them all."""
    facts = decided[["claim_payment_id", "posting_order", "ordinal"]].add_suffix("_first")
    found = released.merge(facts, on="claim_payment_id_first").sort_values(["posting_order_first", "ordinal_first"])
    return found.drop_duplicates("claim_payment_id").set_index("claim_payment_id")["claim_payment_id_first"]


def _release(rows: pd.DataFrame, released: pd.DataFrame, decided_lines: pd.DataFrame, result: Proposal) -> pd.DataFrame:
    """Negate what earlier decisions held and new ones replace (rule E12); record which, and whether they went whole."""
    if released.empty:
        return empty_lines().assign(family_id=0, journal_key="", reverses_key="")
    gone = decided_lines.drop(columns="claim_payment_id").merge(released, on="journal_key")
    left = decided_lines[~decided_lines["journal_key"].isin(released["journal_key"])]
    reduced = gone["amount_cents"].where(gone["rule_id"].isin(open_test.REDUCTION_RULES), 0)
    told = gone.assign(unposted_cents=reduced).groupby("claim_payment_id_first")["unposted_cents"].sum().reset_index()
    told = told.rename(columns={"claim_payment_id_first": "claim_payment_id"})
    result.released.append(told.assign(is_whole=~told["claim_payment_id"].isin(left["claim_payment_id"])))
    return negated(gone, rows, "release", RELEASE_RULE)


def _add(receivables: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Carry the movement of 1100 into the open receivables that the next round sees."""
    moved = lines[lines["account"] == RECEIVABLE]
    return receivables if moved.empty else pd.concat([receivables, moved[receivables.columns]], ignore_index=True)
