"""Posting rules as rows: adjustments and service payments in, signed ledger lines out (debit +, credit -).

The rows of codes/posting_rules.csv say which account an amount moves; nothing here names an account but `1100:next`
(the next payer's receivable) and the cash side of an unmatched payment.
"""

from __future__ import annotations

import pandas as pd

from claims import codes

CLEARING, UNAPPLIED, RECEIVABLE = "1050", "2200", "1100"

LINE_COLUMNS = [
    "claim_payment_id",
    "line_number",
    "account",
    "amount_cents",
    "rule_id",
    "payer_code",
    "payer_sequence",
    "group_code",
    "reason_code",
    "service_payment_id",
    "adjustment_id",
]
LINE_TYPES = {
    "claim_payment_id": "int64",
    "line_number": "int64",
    "account": "str",
    "amount_cents": "int64",
    "rule_id": "str",
    "payer_code": "str",
    "payer_sequence": "str",
    "group_code": "str",
    "reason_code": "str",
    "service_payment_id": "int64",
    "adjustment_id": "int64",
}

# The words of the column `amount` of the posting rules -> the column that holds them here.
LINE_AMOUNTS = {
    "SVC03": "paid_cents",
    "SVC02 - memo - pending": "owed_cents",
    "CLP04 - sum(SVC03)": "paid_cents",
    "CLP03 - sum(SVC02) - claim-level memo - claim-level pending": "owed_cents",
}


SEQUENCES = {letter: place for place, letter in enumerate("PSTABCDEFGHU")}


def rank_of_sequence(sequences: pd.Series) -> pd.Series:
    """Whose turn a payer is: 0 for the first, 1 for the second ...; 99 for what is no sequence."""
    return sequences.map(SEQUENCES).fillna(99).astype("int64")


def posting_rules(scope: str, clp_post: str = "adjudication") -> pd.DataFrame:
    """Return the 835 rules of one scope (line, line0, cas, claim, plb) in the order of the table."""
    rules = codes.table("posting_rules")
    return rules[(rules["source"] == "835") & (rules["scope"] == scope) & (rules["clp_post"] == clp_post)]


def empty_lines() -> pd.DataFrame:
    """Return no ledger lines, with the columns and types of some."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in LINE_TYPES.items()})


def _cas_rules() -> pd.DataFrame:
    """Class, CARC (blank = any) and next payer (blank = any) to rule, the specific rows before the general ones."""
    return posting_rules("cas")[["rule_id", "class", "carc", "next_payer", "debit", "exception"]].reset_index(drop=True)


def _match_cas(adjustments: pd.DataFrame) -> pd.DataFrame:
    """Add rule_id, debit and rule_exception to each adjustment: first rule of its class that fits."""
    rules = _cas_rules()
    situation = ["adjustment_class", "reason_code", "has_next"]
    distinct = adjustments[situation].drop_duplicates()
    pairs = distinct.merge(rules.reset_index(names="place"), left_on="adjustment_class", right_on="class")
    fits = ((pairs["carc"] == "") | (pairs["carc"] == pairs["reason_code"])) & (
        (pairs["next_payer"] == "") | ((pairs["next_payer"] == "Y") == pairs["has_next"])
    )
    best = pairs[fits].sort_values("place").drop_duplicates(situation)
    best = best.rename(columns={"exception": "rule_exception"})
    return adjustments.merge(best[[*situation, "rule_id", "debit", "rule_exception"]], on=situation, how="left")


def adjudication_lines(
    claim_payments: pd.DataFrame, service_payments: pd.DataFrame, adjustments: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn matched, classified claim payments into ledger lines: `(lines, exceptions)`.

    `claim_payments`: claim_payment_id, charge_cents, paid_cents, ledger_payer_code, payer_sequence, next_payer_code,
    next_sequence ("" = nobody follows).
    `service_payments`: with line_number (0 = fits no line). `adjustments`: adjustment_class, account (replaces 4100).
    Every claim payment's lines sum to zero when the remittance balances. Signs as filed: a debit of a negative amount
    is a credit.
    """
    claims = claim_payments.set_index("claim_payment_id")
    cas = adjustments.merge(
        claim_payments[
            ["claim_payment_id", "ledger_payer_code", "payer_sequence", "next_payer_code", "next_sequence"]
        ].rename(columns={"ledger_payer_code": "payer_code"}),
        on="claim_payment_id",
    )
    cas["has_next"] = (cas["next_sequence"] != "").to_numpy()
    cas = _match_cas(cas)
    line_of = service_payments.set_index("service_payment_id")["line_number"]
    cas["line_number"] = line_of.reindex(cas["service_payment_id"], fill_value=0).to_numpy()
    own_account = (cas["account"] != "") & cas["adjustment_class"].isin(["contractual", "info"])
    cas["account"] = cas["account"].where(own_account, cas["debit"].fillna(""))
    to_next = cas["account"] == f"{RECEIVABLE}:next"
    cas["payer_code"] = cas["next_payer_code"].where(to_next, cas["payer_code"])
    cas["payer_sequence"] = cas["next_sequence"].where(to_next, cas["payer_sequence"])
    cas["account"] = cas["account"].str.replace(":next", "", regex=False)
    posted = cas[cas["account"] != ""]

    lowers = cas[cas["adjustment_class"].isin(["memo", "pending"])]
    line_memo = lowers[lowers["service_payment_id"] != 0].groupby("service_payment_id")["amount_cents"].sum()
    claim_memo = lowers[lowers["service_payment_id"] == 0].groupby("claim_payment_id")["amount_cents"].sum()

    line = service_payments.assign(
        owed_cents=service_payments["charge_cents"].to_numpy()
        - line_memo.reindex(service_payments["service_payment_id"], fill_value=0).to_numpy()
    )
    sums = service_payments.groupby("claim_payment_id")[["charge_cents", "paid_cents"]].sum()
    sums = sums.reindex(claims.index, fill_value=0)
    line0 = pd.DataFrame(
        {
            "claim_payment_id": claims.index.to_numpy(),
            "service_payment_id": 0,
            "line_number": 0,
            "paid_cents": claims["paid_cents"].to_numpy() - sums["paid_cents"].to_numpy(),
            "owed_cents": claims["charge_cents"].to_numpy()
            - sums["charge_cents"].to_numpy()
            - claim_memo.reindex(claims.index, fill_value=0).to_numpy(),
        }
    )
    legs = [
        posted,
        *_sides(line, posting_rules("line"), claims),
        *_sides(line0, posting_rules("line0"), claims),
    ]
    lines = pd.concat([leg.reindex(columns=LINE_COLUMNS) for leg in legs], ignore_index=True)
    lines = lines.fillna({"group_code": "", "reason_code": "", "service_payment_id": 0, "adjustment_id": 0})
    lines = lines[lines["amount_cents"] != 0].astype(LINE_TYPES)
    odd = cas[cas["rule_exception"].fillna("") != ""]
    return lines.reset_index(drop=True), odd[["claim_payment_id", "rule_exception", "amount_cents"]]


def _sides(rows: pd.DataFrame, rules: pd.DataFrame, claims: pd.DataFrame) -> list[pd.DataFrame]:
    """One frame of ledger lines per rule row: its amount, debited or credited."""
    legs = []
    at = rows["claim_payment_id"]
    for rule in rules.itertuples():
        amount = rows[LINE_AMOUNTS[str(rule.amount)]].to_numpy()
        account = str(rule.debit or rule.credit)
        legs.append(
            pd.DataFrame(
                {
                    "claim_payment_id": at.to_numpy(),
                    "line_number": rows["line_number"].to_numpy(),
                    "service_payment_id": rows["service_payment_id"].to_numpy(),
                    "account": account,
                    "amount_cents": amount if rule.debit else -amount,
                    "rule_id": str(rule.rule_id),
                    "payer_code": claims["ledger_payer_code"].reindex(at).to_numpy(),
                    "payer_sequence": claims["payer_sequence"].reindex(at).to_numpy(),
                }
            )
        )
    return legs


def cash_lines(claim_payments: pd.DataFrame) -> pd.DataFrame:
    """Lines of claim payments that move cash only (unmatched, status 23 or 25, group CR): CLP04 to unapplied cash.

    `claim_payments` carry the rule_id (C30, C31, C32, C34, C22) that sent them here.
    """
    sides = []
    for account, sign in ((CLEARING, 1), (UNAPPLIED, -1)):
        sides.append(
            pd.DataFrame(
                {
                    "claim_payment_id": claim_payments["claim_payment_id"].to_numpy(),
                    "line_number": 0,
                    "account": account,
                    "amount_cents": sign * claim_payments["paid_cents"].to_numpy(),
                    "rule_id": claim_payments["rule_id"].to_numpy(),
                    "payer_code": claim_payments["payer_code"].to_numpy(),
                    "payer_sequence": "",
                    "group_code": "",
                    "reason_code": "",
                    "service_payment_id": 0,
                    "adjustment_id": 0,
                }
            )
        )
    lines = pd.concat(sides, ignore_index=True)
    return lines[lines["amount_cents"] != 0].astype(LINE_TYPES).reset_index(drop=True)
