"""Open cases and account 1110 come in; why they differ, one row for each reason, goes out. The rows must add up.

What cases and events say stands on one side, what the ledger says on the other: nothing is left over between them.
"""

from __future__ import annotations

import pandas as pd

from claims import codes

ATTACHED, TRANSFERRED = "attached", "transferred"
DENYING = ("opened", "repeated", "upheld", "reopened", "matched")
KINDS = (ATTACHED, TRANSFERRED, *DENYING)
NO_NEXT_PAYER = "C05"  # the posting rule for what only a next payer could pay, where there is none
REASONS = {
    "open_at_risk": "At risk in open cases",
    "contract_allows_less": "Denied, though the contract would have paid less",
    "not_open": "Denied, though no more than what is at risk is open: another case counts it, or it is paid by now",
    "decision_held": "Denied by a decision that is held and not posted: nothing stands on 1110 for it yet",
    "claim_unknown": "Denied of claims that are not in the books: nothing stands on 1110",
    "with_next_payer": "Billed to another payer by now: on 1100 again",
    "denied_again": "Denied by a later payer too: in the case of the earlier payer",
    "no_denial": "Held on 1110 and no denial: no next payer to bill, or a price that is not the patient's to pay",
}


def explained(cases: pd.DataFrame, held: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Give reason, says and amount_cents of REASONS, in order: their sum is to be the balance of 1110.

    ``cases``: the open ones, with case_id, family_id, at_risk_cents, worth_cents, denied_cents,
    is_held (the decision that the case stands on is not posted). ``held``: what stands
    on 1110 by claim_payment_id, rule_id, group_code and reason_code. ``events``: those of KINDS, that attached a
    decision to a case, moved its money on, or denied it (case_id, kind, claim_payment_id, amount_cents), as they came.
    """
    of_open = events[events["case_id"].isin(cases["case_id"])]
    is_unknown = cases["family_id"] == 0
    # Who was billed may deny it too: then it stands on 1110 again.
    last = of_open[of_open["kind"] != ATTACHED].drop_duplicates("case_id", keep="last")
    moved = last[last["kind"] == TRANSFERRED]
    uncounted = _is_uncounted(held)
    attached = held["claim_payment_id"].isin(of_open.loc[of_open["kind"] == ATTACHED, "claim_payment_id"])
    amounts = {
        "open_at_risk": cases["at_risk_cents"].sum(),
        "contract_allows_less": (cases["denied_cents"] - cases["worth_cents"]).sum(),
        "not_open": (cases["worth_cents"] - cases["at_risk_cents"]).sum(),
        "decision_held": _of_earlier(cases, held, of_open) - cases.loc[cases["is_held"], "denied_cents"].sum(),
        "claim_unknown": -cases.loc[is_unknown, "denied_cents"].sum(),
        "with_next_payer": -moved["amount_cents"].sum(),
        "denied_again": held.loc[attached & ~uncounted, "amount_cents"].sum(),
        "no_denial": held.loc[uncounted, "amount_cents"].sum(),
    }
    rows = [(name, says, int(amounts[name])) for name, says in REASONS.items()]
    return pd.DataFrame(rows, columns=["reason", "says", "amount_cents"])


def _of_earlier(cases: pd.DataFrame, held: pd.DataFrame, events: pd.DataFrame) -> int:
    """Give what stands on 1110 for cases whose last decision is held, by decisions before it."""
    own = cases.loc[cases["is_held"], "case_id"]
    decisions = events.loc[events["case_id"].isin(own) & events["kind"].isin(DENYING), "claim_payment_id"]
    return int(held.loc[held["claim_payment_id"].isin(decisions.unique()), "amount_cents"].sum())


def _is_uncounted(held: pd.DataFrame) -> pd.Series[bool]:
    """Tell what stands on 1110 without being a denial."""
    rules = codes.table("carc")
    price = rules.loc[(rules["class"] == "noncovered") & (rules["counts_as_denial"] == "N"), "code"]
    is_price = (held["group_code"] == "PR") & held["reason_code"].isin(price)
    return (held["rule_id"] == NO_NEXT_PAYER) | is_price
