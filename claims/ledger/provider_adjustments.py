"""Provider-level adjustments (PLB) become ledger lines: amounts with their references in, lines and exceptions out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims import codes
from claims.ledger.proposal import Proposal
from claims.ledger.rules import CLEARING, posting_rules

TAKEBACKS, FORWARDS = "2100", "2110"
FORWARD, REISSUED = "forward_balance", "reissued_payment"  # what the reference of a CS matches (codes/plb.csv)
RECOVERY = "recovery"  # what a 72 matches
TYPES = {TAKEBACKS: "WO_WITHOUT_REVERSAL", FORWARDS: "FB_WITHOUT_FORWARD"}


def explain(
    rows: pd.DataFrame, payables: pd.DataFrame, reissuable: pd.DataFrame, before: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Add what references mean: ledger_reference, reference_matches and original_remit_id (0 = none).

    `rows`: provider adjustments in posting order, with payer_code and payee_identifier. A 72 takes the reference of the
    WO that it pairs with (same remittance, opposite amount), and matches that: one alone matches nothing. A CS is told
    by its reference: a forward balance of this payer and payee, or the trace number of a payment of this payer whose
    money never came, for that very amount and once (`reissuable`: remit_id, payer_code, trace_number, open_cents).
    `payables`: account, payer_code, payee, reference, amount_cents. `before` (provider_adjustment_id, account,
    original_remit_id, open_cents of that payment): to what each came that is posted again. A CS means what it meant
    then, whatever came since, as long as the payment that it issued again is open.
    """
    reference = rows["reference"].copy()
    pairs = _pairs(rows)
    reference.loc[pairs["at"]] = reference.loc[pairs["recovery"]].to_numpy()

    at_payee = ["payer_code", "payee", "reference"]
    by_payee = rows.rename(columns={"payee_identifier": "payee"})
    open_before = payables.loc[payables["account"] == FORWARDS, at_payee]
    announced = by_payee.loc[rows["reason_code"] == "FB", at_payee]
    known = pd.concat([open_before, announced])
    is_forward = pd.MultiIndex.from_frame(by_payee[at_payee]).isin(pd.MultiIndex.from_frame(known))
    is_forward &= (rows["reference"] != "").to_numpy()
    own = pd.MultiIndex.from_frame(rows[["payer_code", "reference"]])
    lost = reissuable.drop_duplicates(["payer_code", "trace_number"], keep=False)
    lost = lost.set_index(["payer_code", "trace_number"])
    original = lost["remit_id"].reindex(own).fillna(0).astype("int64").to_numpy()
    is_lost = (lost["open_cents"].reindex(own).to_numpy() == -rows["amount_cents"].to_numpy()) & (original != 0)
    is_cs = (rows["reason_code"] == "CS").to_numpy()
    is_lost &= is_cs & ~is_forward & (original != rows["remit_id"].to_numpy())
    # What is lost is issued again once: a second one is not explained by it.
    is_lost &= ~pd.Series(np.where(is_lost, original, -1 - np.arange(len(rows)))).duplicated().to_numpy()
    if before is not None and len(before):
        was = before.set_index("provider_adjustment_id").reindex(rows["provider_adjustment_id"])
        is_again = was["account"].notna().to_numpy()
        is_forward = np.where(is_again, (was["account"] == FORWARDS).to_numpy(), is_forward)
        is_open = (was["open_cents"].to_numpy() == -rows["amount_cents"].to_numpy()) & is_again
        is_lost = np.where(is_again, is_cs & is_open, is_lost)
        original = np.where(is_again, was["original_remit_id"].fillna(0).to_numpy(), original).astype("int64")
        is_lost &= original != 0
    conditions = [is_cs & is_forward, is_cs & is_lost, rows.index.isin(pairs["at"])]
    matches = np.select(conditions, [FORWARD, REISSUED, RECOVERY], "")
    return rows.assign(
        ledger_reference=reference,
        reference_matches=pd.Series(matches, index=rows.index, dtype="str"),
        original_remit_id=np.where(matches == REISSUED, original, 0),
    )


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Give each 72 (`at`: its index) the WO (`recovery`) of its remittance and the opposite amount, each WO once.

    First those of the same reference, in the order of the file. Where all that a remittance says under one reference
    adds up to nothing, several or corrections among them, each 72 keeps that reference (`recovery`: itself).
    """
    both = rows[rows["reason_code"].isin(["72", "WO"])]
    left = both.groupby(["remit_id", "reference"])["amount_cents"].transform("sum")
    settled = both[(left == 0) & (both["reference"] != "")]
    at_home = settled.index[settled["reason_code"] == "72"]
    found = [pd.DataFrame({"at": at_home, "recovery": at_home})]
    both = both.drop(settled.index)
    refunds = both[both["reason_code"] == "72"]
    recoveries = both[both["reason_code"] == "WO"].assign(amount_cents=lambda own: -own["amount_cents"])
    for keys in (["remit_id", "amount_cents", "reference"], ["remit_id", "amount_cents"]):
        pairs = refunds.assign(nth=refunds.groupby(keys).cumcount(), at=refunds.index).merge(
            recoveries.assign(nth=recoveries.groupby(keys).cumcount(), recovery=recoveries.index), on=[*keys, "nth"]
        )
        found.append(pairs[["at", "recovery"]])
        refunds, recoveries = refunds.drop(pairs["at"]), recoveries.drop(pairs["recovery"])
    return pd.concat(found, ignore_index=True)


def propose_provider_adjustments(rows: pd.DataFrame, payables: pd.DataFrame) -> Proposal:
    """Propose the PLB postings of remittances: explained provider adjustments in posting order.

    `payables`: balance of 2100 and 2110 by account, payer_code, payee ("" on 2100), reference before this posting
    (amount_cents). A recovery (WO) or returned forward balance (FB) that nothing announced leaves a debit there and is
    an exception, worth what is not covered.
    """
    result = Proposal()
    lines = _lines(rows)
    result.lines.append(lines.drop(columns=["plb_exception", "payee"]))
    odd = lines[lines["plb_exception"] != ""].rename(columns={"plb_exception": "type_code"})
    odd = odd.drop(columns="remit_id").merge(rows[["provider_adjustment_id", "remit_id"]], on="provider_adjustment_id")
    keys = ["account", "payer_code", "payee", "reference"]
    owed = lines[lines["account"].isin(list(TYPES))].copy()
    before = payables.set_index(keys)["amount_cents"]
    start = before.reindex(pd.MultiIndex.from_frame(owed[keys]), fill_value=0).to_numpy()
    owed["balance_cents"] = owed.groupby(keys)["amount_cents"].cumsum() + start
    # Judged at the end of the remittance, on its last entry for the reference.
    last = owed.drop_duplicates([*keys, "remit_id"], keep="last")
    taken = owed.groupby([*keys, "remit_id"])["amount_cents"].transform("sum").reindex(last.index)
    last = last.assign(type_code=last["account"].map(TYPES), amount_cents=np.minimum(last["balance_cents"], taken))
    columns = ["provider_adjustment_id", "remit_id", "type_code", "amount_cents"]
    unexplained = last.loc[last["amount_cents"] > 0, columns]
    result.exceptions.append(pd.concat([odd[columns], unexplained], ignore_index=True))
    return result


def _lines(rows: pd.DataFrame) -> pd.DataFrame:
    """Two lines per PLB amount: remit clearing credited, then its account debited.

    Clearing first: a journal is of the remittance that its first line names, and a CS debits that of another.
    """
    rules = _rules(rows[["reason_code", "reference_matches"]].drop_duplicates())
    own = rows.assign(reference=rows["ledger_reference"]).merge(rules, on=["reason_code", "reference_matches"])
    credit = own.assign(account=CLEARING, amount_cents=-own["amount_cents"], plb_exception="", payee="")
    original = own["original_remit_id"]
    debit = own.assign(plb_exception=own["exception"], remit_id=own["remit_id"].where(original == 0, original))
    debit["payee"] = debit["payee_identifier"].where(debit["account"] == FORWARDS, "")
    keep = [
        *("provider_adjustment_id", "remit_id", "account", "amount_cents", "rule_id", "payer_code", "reference"),
        *("reason_code", "plb_exception", "payee"),
    ]
    lines = pd.concat([credit[keep], debit[keep]], ignore_index=True)
    return lines[lines["amount_cents"] != 0].reset_index(drop=True)


def _rules(distinct: pd.DataFrame) -> pd.DataFrame:
    """The account, rule and exception of each reason code and what its reference matches (codes/plb.csv)."""
    plb = codes.table("plb").assign(priority=lambda rows: rows["priority"].astype("int64")).sort_values("priority")
    rules = posting_rules("plb", "")
    others = rules.loc[rules["plb_code"] == "other", "rule_id"].tolist()
    named = rules[rules["plb_code"] != "other"].set_index(["plb_code", "reference_matches"])["rule_id"]
    pairs = distinct.merge(plb, how="cross", suffixes=("", "_rule"))
    fits = ((pairs["code"] == "") | (pairs["code"] == pairs["reason_code"])) & (
        (pairs["reference_matches_rule"] == "") | (pairs["reference_matches_rule"] == pairs["reference_matches"])
    )
    best = pairs[fits].drop_duplicates(["reason_code", "reference_matches"])
    rule_id = named.reindex(best.set_index(["reason_code", "reference_matches_rule"]).index).to_numpy()
    fallback = np.where(best["auto_post"] == "Y", others[0], others[-1])
    best = best.assign(rule_id=np.where(pd.isna(rule_id), fallback, rule_id))
    return best[["reason_code", "reference_matches", "account", "rule_id", "exception"]]
