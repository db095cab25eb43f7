"""Status 22: claim payments that take a decision back come in; the exact negation of that decision's journals out."""

from __future__ import annotations

import pandas as pd

from claims.ledger.proposal import POSTED, REVERSAL, UNAPPLIED_CASH, Proposal, keyed, negated, number_of
from claims.ledger.rules import CLEARING, UNAPPLIED, cash_lines, empty_lines


def reverse(
    rows: pd.DataFrame, decided: pd.DataFrame, decided_lines: pd.DataFrame, result: Proposal
) -> tuple[pd.DataFrame, pd.Series]:
    """Negate the ledger lines of the decision that each of `rows` takes back; `(lines, superseded claim payment ids)`.

    The original is of the same payer, payee, number and charge, of the same family where one is known, and agrees in
    the payer's number or in the cash. Within a family the payer's number is enough: a payer may name the void, not the
    claim that it voids. It was decided before: what a payer says later, or next in the same remittance, is the
    correction, also where the original has not come. The adjustments in the file are not classified again. No decision
    found: the cash goes to 2200 (REVERSAL_ORPHAN). A cash amount that differs goes to 2200 too (REVERSAL_MISMATCH), so
    that clearing moves by CLP04. Where the system took the decision back before the payer did, nothing is left to
    negate.
    """
    nothing = empty_lines().assign(family_id=0), pd.Series(dtype="int64")
    if rows.empty:
        return nothing
    best = _originals(rows, decided)
    orphans = rows[~rows["claim_payment_id"].isin(best["claim_payment_id"])].assign(rule_id="C22")
    result.wait(orphans, pd.Series("REVERSAL_ORPHAN", index=orphans.index, dtype="str"))
    if best.empty:
        return nothing

    own = decided_lines.rename(columns={"claim_payment_id": "claim_payment_id_first"}).merge(
        best[["claim_payment_id", "claim_payment_id_first"]], on="claim_payment_id_first"
    )
    own = negated(own, best, "rev", "C20")
    # An orphan that waited on 2200 has moved its cash already: its clearing side comes out of 2200 now.
    reason = best.set_index("claim_payment_id")["waiting_reason"]
    waited = (reason.reindex(own["claim_payment_id"]) != "").to_numpy()
    own["account"] = own["account"].where(~(waited & (own["account"] == CLEARING)), UNAPPLIED)
    taken = best.assign(
        reverses_claim_payment_id=best["claim_payment_id_first"],
        family_id=best["family_id_first"],
        payer_sequence=best["payer_sequence_first"],
    )
    off = taken.assign(paid_cents=taken["paid_cents"] + taken["paid_cents_first"], rule_id="C21")
    off = off[off["paid_cents"] != 0]
    result.raise_exception(off, "REVERSAL_MISMATCH")
    mismatch = keyed(cash_lines(off[off["waiting_reason"] == ""]), off)
    lines = pd.concat([own[mismatch.columns], mismatch], ignore_index=True)
    result.lines.append(lines)
    result.decide(taken, REVERSAL)
    return lines, best["claim_payment_id_first"]


def _originals(rows: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Pair each reversal with the decision that it takes back: its columns, those of the decision with `_first`."""
    originals = decided[decided["outcome"].isin([POSTED, UNAPPLIED_CASH])]
    numbered, known = rows.assign(number=number_of(rows)), originals.assign(number=number_of(originals))
    by_number = numbered[numbered["number"] != ""].merge(known, on=["payer_code", "number"], suffixes=("", "_first"))
    # In one family, whichever version the payer names.
    named = numbered[(numbered["family_id"] != 0) & (numbered["payer_claim_number"] != "")]
    own = ["payer_code", "family_id", "payer_claim_number"]
    first = known.assign(family_id_first=known["family_id"], payer_claim_number_first=known["payer_claim_number"])
    by_family = named.merge(first, on=own, suffixes=("", "_first"))
    pairs = pd.concat([by_number, by_family[by_number.columns]], ignore_index=True)
    pairs = pairs.drop_duplicates(["claim_payment_id", "claim_payment_id_first"])
    other_number = pairs["payer_claim_number"] != pairs["payer_claim_number_first"]
    other_cash = pairs["paid_cents"] != -pairs["paid_cents_first"]
    same_family = (pairs["family_id"] == pairs["family_id_first"]) | (pairs["family_id_first"] == 0)
    same_payee = pairs["payee_identifier"] == pairs["payee_identifier_first"]
    fits = (
        (pairs["charge_cents"] < 0)
        & (pairs["charge_cents"] == -pairs["charge_cents_first"])
        & same_payee
        & (same_family | (pairs["family_id"] == 0))
        & ~(other_number & other_cash)
        & _is_earlier(pairs, other_number)
    )
    pairs = pairs.assign(other_number=other_number.astype("int64"), other_cash=other_cash.astype("int64"))
    pairs = pairs[fits].sort_values(["claim_payment_id", "other_number", "other_cash", "place"], kind="stable")
    return pairs.drop_duplicates("claim_payment_id").drop_duplicates("claim_payment_id_first")


def _is_earlier(pairs: pd.DataFrame, other_number: pd.Series) -> pd.Series:
    """Tell which decisions came before the reversal: an earlier place in the remittance, or no later day.

    Of two remittances of one day nobody can say which is first; then the payer's number has to agree.
    """
    day, day_first = (pairs[name].str.split("|").str[0] for name in ("posting_order", "posting_order_first"))
    same_remit = pairs["posting_order"] == pairs["posting_order_first"]
    earlier_day = (day == "") | (day_first < day) | ((day_first == day) & ~other_number)
    return earlier_day.where(~same_remit, pairs["ordinal_first"] < pairs["ordinal"])
