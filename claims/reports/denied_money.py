"""Open cases and account 1110 come in; why they differ, one row for each reason, goes out. The rows must add up.

What cases and events say stands on one side, what the ledger says on the other: nothing is left over between them.
"""

from __future__ import annotations

import pandas as pd

from claims import codes

ATTACHED, TRANSFERRED = "attached", "transferred"
DENYING = ("opened", "repeated", "upheld", "reopened", "matched")
TURN = ["family_id", "payer_sequence"]
KINDS = (ATTACHED, TRANSFERRED, *DENYING)
REPEATS = "DUP"  # the category of reasons that say: decided before
NO_NEXT_PAYER = "C05"  # the posting rule for what only a next payer could pay, where there is none
REASONS = {
    "open_at_risk": "At risk in open cases",
    "contract_allows_less": "Denied, though the contract would have paid less",
    "not_open": "Denied, though no more than what is at risk is open: another case has it, it is paid, or not charged",
    "decision_held": "Denied by a decision that is held and not posted: nothing stands on 1110 for it yet",
    "repeat": "Denied as a repeat of what was decided before: nothing moved, so nothing stands on 1110",
    "claim_unknown": "Denied of claims that are not in the books: nothing stands on 1110",
    "with_next_payer": "Billed to another payer by now: on 1100 again",
    "denied_again": "Denied by a later payer too: in the case of the earlier payer",
    "no_denial": "Held on 1110 and no denial: no next payer to bill, or a price that is not the patient's to pay",
}


def explained(cases: pd.DataFrame, held: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Give reason, says and amount_cents of REASONS, in order: their sum is to be the balance of 1110.

    ``cases``: the open ones, with case_id, family_id, payer_sequence, reason_code, at_risk_cents, worth_cents,
    denied_cents, is_held (the decision that the case stands on is not posted). ``held``: what stands on 1110 by
    family_id, payer_sequence, claim_payment_id, rule_id, group_code and reason_code. ``events``: those of KINDS, that
    attached a decision to a case, moved its money on, or denied it (case_id, kind, claim_payment_id, amount_cents), as
    they came.
    """
    amounts = _parts(cases, held, events).groupby("reason")["amount_cents"].sum()
    rows = [(name, says, int(amounts.get(name, 0))) for name, says in REASONS.items()]
    return pd.DataFrame(rows, columns=["reason", "says", "amount_cents"])


def unexplained(cases: pd.DataFrame, held: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Give family_id, payer_sequence, off_cents (1110 less what is ``explained`` of it) of claims where they differ.

    A claim one payer's case of which stands on a decision of another (the later payer denied what the earlier has to
    settle) is looked at as a whole: its payer_sequence is "".
    """
    parts = pd.concat([_parts(cases, held, events), held.assign(amount_cents=-held["amount_cents"])])
    own = cases[["case_id", "family_id", "payer_sequence"]].merge(events[["case_id", "claim_payment_id"]], on="case_id")
    own = own[own["claim_payment_id"] != 0].merge(
        held[["claim_payment_id", "payer_sequence"]], on="claim_payment_id", suffixes=("", "_held")
    )
    of_both = own.loc[own["payer_sequence"] != own["payer_sequence_held"], "family_id"]
    parts["payer_sequence"] = parts["payer_sequence"].where(~parts["family_id"].isin(of_both), "")
    off = -parts.groupby(TURN, as_index=False)["amount_cents"].sum().set_index(TURN)["amount_cents"]
    rows: pd.DataFrame = off[off != 0].rename("off_cents").astype("int64").reset_index()
    return rows


def _parts(cases: pd.DataFrame, held: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Give reason, family_id, payer_sequence and amount_cents: what each case and what stands on 1110 adds."""
    of_open = events[events["case_id"].isin(cases["case_id"])]
    # Who was billed may deny it too: then it stands on 1110 again.
    last = of_open[of_open["kind"] != ATTACHED].drop_duplicates("case_id", keep="last")
    moved = last[last["kind"] == TRANSFERRED].merge(cases[["case_id", *TURN]], on="case_id")
    uncounted = _is_uncounted(held)
    # One that was attached while it waited, and denies since it does not, is in the case by that.
    denying = of_open.loc[of_open["kind"].isin(DENYING), "claim_payment_id"]
    attached = held["claim_payment_id"].isin(of_open.loc[of_open["kind"] == ATTACHED, "claim_payment_id"])
    attached &= ~held["claim_payment_id"].isin(denying)
    waiting, unknown = cases[cases["is_held"]], cases[cases["family_id"] == 0]
    repeats = cases[_is_repeat(cases, held, of_open) & ~cases["case_id"].isin(moved["case_id"])]
    amounts = (
        ("open_at_risk", cases, cases["at_risk_cents"]),
        ("contract_allows_less", cases, cases["denied_cents"] - cases["worth_cents"]),
        ("not_open", cases, cases["worth_cents"] - cases["at_risk_cents"]),
        ("decision_held", held, held["amount_cents"].where(_is_of_earlier(waiting, held, of_open), 0)),
        ("decision_held", waiting, -waiting["denied_cents"]),
        ("repeat", repeats, -repeats["denied_cents"]),
        ("claim_unknown", unknown, -unknown["denied_cents"]),
        ("with_next_payer", moved, -moved["amount_cents"]),
        ("denied_again", held, held["amount_cents"].where(attached & ~uncounted, 0)),
        ("no_denial", held, held["amount_cents"].where(uncounted, 0)),
    )
    return pd.concat(
        [rows[TURN].assign(reason=reason, amount_cents=cents) for reason, rows, cents in amounts], ignore_index=True
    )


def _is_of_earlier(waiting: pd.DataFrame, held: pd.DataFrame, events: pd.DataFrame) -> pd.Series[bool]:
    """Tell what stands on 1110 for cases whose last decision is held (`waiting`), by decisions before it."""
    of_waiting = events["case_id"].isin(waiting["case_id"]) & events["kind"].isin(DENYING)
    return held["claim_payment_id"].isin(events.loc[of_waiting, "claim_payment_id"])


def _is_repeat(cases: pd.DataFrame, held: pd.DataFrame, events: pd.DataFrame) -> pd.Series[bool]:
    """Tell which cases are of decisions that say "decided before" and put nothing on 1110."""
    # Below zero is what the decision took back of an earlier one: it holds nothing by that.
    stands = held.loc[held["amount_cents"] > 0, "claim_payment_id"]
    own = events.loc[events["claim_payment_id"].isin(stands) & (events["claim_payment_id"] != 0), "case_id"]
    rules = codes.table("carc")
    reasons = rules.loc[rules["category"] == REPEATS, "code"]
    says_so = cases["reason_code"].isin(reasons) & (cases["family_id"] != 0) & ~cases["is_held"]
    return says_so & ~cases["case_id"].isin(own)


def _is_uncounted(held: pd.DataFrame) -> pd.Series[bool]:
    """Tell what stands on 1110 without being a denial."""
    rules = codes.table("carc")
    price = rules.loc[(rules["class"] == "noncovered") & (rules["counts_as_denial"] == "N"), "code"]
    is_price = (held["group_code"] == "PR") & held["reason_code"].isin(price)
    return (held["rule_id"] == NO_NEXT_PAYER) | is_price
