"""Ledger lines of the bank: ties, rests, returns and fees in; keyed, balanced lines with their posting rule out.

Each gives journal_key, account, amount_cents, rule_id, bank_line_id, remit_id, payer_code. Money that lay on unapplied
cash (2200) before is taken from there, else from cash (1000).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

NAMES = ["journal_key", "account", "amount_cents", "rule_id", "bank_line_id", "remit_id", "payer_code"]


def tie_lines(ties: pd.DataFrame) -> pd.DataFrame:
    """Lines of ties: E03 from the bank, E05 from 2200, E27 for a fee that never reached the bank.

    `ties` carry bank_line_id, remit_id, payer_code, journal_key, amount_cents, fee_cents, is_unapplied.
    """
    waits = ties["is_unapplied"].to_numpy(dtype=bool)
    base = ties.assign(rule_id=np.where(waits, "E05", "E03"))
    return _lines(
        base.assign(account=np.where(waits, "2200", "1000"), amount_cents=ties["amount_cents"] - ties["fee_cents"]),
        base.assign(account="1050", amount_cents=ties["fee_cents"] - ties["amount_cents"]),
        base.assign(account="5100", amount_cents=ties["fee_cents"], rule_id="E27"),
        base.assign(account="1050", amount_cents=-ties["fee_cents"], rule_id="E27"),
    )


def rest_lines(rests: pd.DataFrame) -> pd.DataFrame:
    """Lines of money that nothing explains yet: E04, or E20 for what a deposit is larger than its remittance.

    `rests` carry bank_line_id, journal_key, amount_cents, is_over.
    """
    base = rests.assign(
        rule_id=np.where(rests["is_over"].to_numpy(dtype=bool), "E20", "E04"), remit_id=0, payer_code=""
    )
    return _lines(base.assign(account="1000"), base.assign(account="2200", amount_cents=-rests["amount_cents"]))


def return_lines(returns: pd.DataFrame) -> pd.DataFrame:
    """Lines of deposits that the bank took back: of a remittance, which is open again, or of unapplied cash.

    `returns` carry bank_line_id (of the return), returns_line_id, remit_id (0: unapplied), payer_code, journal_key,
    amount_cents and fee_cents (of the former tie, above zero), is_unapplied (the return lay on 2200 before).
    """
    waits, of_remit = returns["is_unapplied"].to_numpy(dtype=bool), (returns["remit_id"] != 0).to_numpy()
    rule = np.select([of_remit & ~waits, ~of_remit & ~waits, of_remit], ["E21", "E22", "E23"], "E24")
    base = returns.assign(rule_id=rule)
    owner = np.where(of_remit, returns["bank_line_id"], returns["returns_line_id"])
    return _lines(
        base.assign(account=np.where(of_remit, "1050", "2200"), bank_line_id=owner),
        base.assign(
            account=np.where(waits, "2200", "1000"), amount_cents=returns["fee_cents"] - returns["amount_cents"]
        ),
        base.assign(account="5100", amount_cents=-returns["fee_cents"]),
    )


def fee_lines(fees: pd.DataFrame) -> pd.DataFrame:
    """Lines of the bank's own fees: E25, or E26 where they lay on 2200 before.

    `fees` carry bank_line_id, journal_key, amount_cents (signed as the bank's line), is_unapplied.
    """
    waits = fees["is_unapplied"].to_numpy(dtype=bool)
    base = fees.assign(rule_id=np.where(waits, "E26", "E25"), remit_id=0, payer_code="")
    return _lines(
        base.assign(account="5100", amount_cents=-fees["amount_cents"]),
        base.assign(account=np.where(waits, "2200", "1000")),
    )


def settlement_lines(settlements: pd.DataFrame) -> pd.DataFrame:
    """Lines of settlements of patients' card payments, which E06 has posted in full: E28 the fee, E29 what lay on 2200.

    `settlements` as `card_settlements.settle` gives them, with journal_key and is_unapplied.
    """
    base = settlements.assign(remit_id=0, payer_code="")
    net = (settlements["amount_cents"] - settlements["fee_cents"]).where(settlements["is_unapplied"], 0)
    return _lines(
        base.assign(account="5100", amount_cents=settlements["fee_cents"], rule_id="E28"),
        base.assign(account="1000", amount_cents=-settlements["fee_cents"], rule_id="E28"),
        base.assign(account="2200", amount_cents=net, rule_id="E29"),
        base.assign(account="1000", amount_cents=-net, rule_id="E29"),
    )


def _lines(*parts: pd.DataFrame) -> pd.DataFrame:
    rows = pd.concat([part[NAMES] for part in parts], ignore_index=True)
    rows = rows[rows["amount_cents"] != 0].reset_index(drop=True)
    return rows.astype({"account": "str", "rule_id": "str", "payer_code": "str", "amount_cents": "int64"})
