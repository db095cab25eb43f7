"""Ledger lines of the bank: ties, rests, returns and fees in; keyed, balanced lines with their posting rule out.

Each gives journal_key, account, amount_cents, rule_id, bank_line_id, remit_id, payer_code. Money that lay on unapplied
cash (2200) before is taken from there, else from cash (1000). On both it is that of a bank line, whoever paid it and
for what: so what comes off has the keys of what was put on, in whatever order a deposit and its remittance come in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

OF_LINE: dict[str, Any] = {"remit_id": 0, "payer_code": ""}
DIFFERENCES = "5110"
NAMES = ["journal_key", "account", "amount_cents", "rule_id", "bank_line_id", "remit_id", "payer_code"]


def tie_lines(ties: pd.DataFrame) -> pd.DataFrame:
    """Lines of ties: E03 from the bank, E05 from 2200, E27 for a fee that never reached the bank.

    `ties` carry bank_line_id, remit_id, payer_code, journal_key, amount_cents, fee_cents, is_unapplied.
    """
    waits = ties["is_unapplied"].to_numpy(dtype=bool)
    base = ties.assign(rule_id=np.where(waits, "E05", "E03"))
    net = ties["amount_cents"] - ties["fee_cents"]
    # The journal is the remittance's: its line stands first.
    return _lines(
        base.assign(account="1050", amount_cents=-net),
        base.assign(account=np.where(waits, "2200", "1000"), amount_cents=net, **OF_LINE),
        base.assign(account="5100", amount_cents=ties["fee_cents"], rule_id="E27"),
        base.assign(account="1050", amount_cents=-ties["fee_cents"], rule_id="E27"),
    )


def difference_lines(ties: pd.DataFrame) -> pd.DataFrame:
    """Lines of small differences that a person booked: E41 for what is short, E42 for what lay on 2200 as over.

    `ties` as for `tie_lines`: amount_cents settles the remittance (0: it was over), fee_cents is the difference.
    """
    is_short = ties["fee_cents"].to_numpy("int64") > 0
    base = ties.assign(rule_id=np.where(is_short, "E41", "E42"))
    return _lines(
        base.assign(account="1050", amount_cents=-ties["amount_cents"]),
        base.assign(account="2200", amount_cents=ties["amount_cents"] - ties["fee_cents"], **OF_LINE),
        base.assign(account=DIFFERENCES, amount_cents=ties["fee_cents"]),
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
    amount_cents and fee_cents (of the former tie), is_difference (its fee is a booked difference), is_unapplied (the
    return lay on 2200 before).
    """
    waits, of_remit = returns["is_unapplied"].to_numpy(dtype=bool), (returns["remit_id"] != 0).to_numpy()
    rule = np.select([of_remit & ~waits, ~of_remit & ~waits, of_remit], ["E21", "E22", "E23"], "E24")
    base = returns.assign(rule_id=rule)
    owner = np.where(of_remit, returns["bank_line_id"], returns["returns_line_id"])
    return _lines(
        base.assign(account=np.where(of_remit, "1050", "2200"), bank_line_id=owner),
        base.assign(
            account=np.where(waits, "2200", "1000"),
            amount_cents=returns["fee_cents"] - returns["amount_cents"],
            **OF_LINE,
        ),
        base.assign(
            account=np.where(returns["is_difference"].to_numpy(dtype=bool), DIFFERENCES, "5100"),
            amount_cents=-returns["fee_cents"],
        ),
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


def settlement_lines(ties: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Lines of patients' money that came to the bank: E06 posted it in hand, E40 (E29: it lay on 2200) takes it there.

    `ties` as `patient_deposits.tie` gives them, with journal_key and is_unapplied; `parts` with journal_key too. What
    is in hand has no bank line; it carries the key of the payment as its reference. E28: what the processor kept.
    """
    waits = ties["is_unapplied"].to_numpy(dtype=bool)
    rule = pd.Series(np.where(waits, "E29", "E40"), index=ties.index, dtype="str")
    base = ties.assign(remit_id=0, payer_code="", reference="", rule_id=rule)
    rule_of = base.set_index("journal_key")["rule_id"]
    hand = parts.assign(
        bank_line_id=0,
        remit_id=0,
        payer_code="",
        reference=parts["payment_key"],
        account="1000",
        amount_cents=-parts["amount_cents"],
        rule_id=rule_of.reindex(parts["journal_key"]).to_numpy(),
    )
    net = base["amount_cents"] - base["fee_cents"]
    return _lines(
        base.assign(account=np.where(waits, "2200", "1000"), amount_cents=net),
        base.assign(account="5100", amount_cents=ties["fee_cents"], rule_id="E28"),
        hand,
        names=[*NAMES, "reference"],
    )


def _lines(*parts: pd.DataFrame, names: list[str] | None = None) -> pd.DataFrame:
    rows = pd.concat([part[names or NAMES] for part in parts], ignore_index=True)
    rows = rows[rows["amount_cents"] != 0].reset_index(drop=True)
    texts = dict.fromkeys(("account", "rule_id", "payer_code", *(names or [])[len(NAMES) :]), "str")
    return rows.astype(texts | {"amount_cents": "int64"})
