"""Status 22: claim payments that take a decision back come in; the exact negation of that decision's journals out."""

from __future__ import annotations

import pandas as pd

from claims.ledger import reversal_pairs
from claims.ledger.proposal import REVERSAL, UNAPPLIED_CASH, Batch, Proposal, keyed, negated, unparked
from claims.ledger.rules import UNAPPLIED, cash_lines, empty_lines


def reverse(
    rows: pd.DataFrame, batch: Batch, decided: pd.DataFrame, decided_lines: pd.DataFrame, result: Proposal
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Negate the ledger lines of the decision that each of `rows` takes back.

    Gives `(lines, superseded claim payment ids, the reversals that found nothing)`.

    Which decision that is, `reversal_pairs` says. The adjustments in the file are not classified again, only compared:
    other codes or amounts, other lines or other cash are told (REVERSAL_MISMATCH). No decision found: the cash goes to
    2200 (REVERSAL_ORPHAN). A cash amount that differs goes to 2200 too, so that clearing moves by CLP04. The cash of a
    decision that was held comes off 2200 under that decision, where it lies: such a line names its claim payment.
    Where the system took the decision back before the payer did, nothing is left to negate.
    """
    nothing = empty_lines().assign(family_id=0), pd.Series(dtype="int64")
    if rows.empty:
        return *nothing, rows["claim_payment_id"]
    best = reversal_pairs.originals(rows, decided, batch)
    orphans = rows[~rows["claim_payment_id"].isin(best["claim_payment_id"])].assign(rule_id="C22")
    result.wait(orphans, pd.Series("REVERSAL_ORPHAN", index=orphans.index, dtype="str"))
    if best.empty:
        return *nothing, orphans["claim_payment_id"]

    # In the order of the reversals, and of each in that of the journals that it takes back.
    own = best[["claim_payment_id", "claim_payment_id_first"]].merge(
        decided_lines.rename(columns={"claim_payment_id": "claim_payment_id_first"}), on="claim_payment_id_first"
    )
    own = negated(own, best, "rev", "C20")
    held = best.loc[best["outcome_first"] == UNAPPLIED_CASH].set_index("claim_payment_id")["claim_payment_id_first"]
    lies = ((own["account"] == UNAPPLIED) & own["claim_payment_id"].isin(held.index)).to_numpy()
    first = held.reindex(own["claim_payment_id"]).to_numpy()
    own["claim_payment_id"] = own["claim_payment_id"].mask(lies, first).astype("int64")
    taken = best.assign(
        reverses_claim_payment_id=best["claim_payment_id_first"],
        family_id=best["family_id_first"],
        payer_sequence=best["payer_sequence_first"],
    )
    off = taken.assign(paid_cents=taken["paid_cents"] + taken["paid_cents_first"], rule_id="C21")
    off = off[off["paid_cents"] != 0]
    result.exceptions.append(reversal_pairs.mismatches(taken, batch))
    mismatch = keyed(cash_lines(off), off)
    # An orphan that waited on 2200 has moved its cash already.
    before = unparked(best, batch.parked)
    lines = pd.concat([before[mismatch.columns], own[mismatch.columns], mismatch], ignore_index=True)
    result.lines.append(lines)
    result.decide(taken, REVERSAL)
    return lines, best["claim_payment_id_first"], orphans["claim_payment_id"]
