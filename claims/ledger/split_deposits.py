"""One batch of money that comes in several bank lines: what each line settles of it, its fee, and which payments."""

from __future__ import annotations

import numpy as np
import pandas as pd

CARD = "card"
_COLUMNS = {"bank_line_id": "int64", "amount_cents": "int64", "fee_cents": "int64"}


def shares(pairs: pd.DataFrame, batch: str, fee_percent: int) -> pd.DataFrame:
    """Tie lines that together are a batch, to the cent, or cards less at most so much: bank_line_id, `batch`, amounts.

    `pairs`: bank_line_id, `batch` (a column), rest_cents, bank_date, kind, amount_cents (what is open of the batch),
    whole_cents (of which a fee is so much; optional: the same). A line that names two batches is tied to none.
    amount_cents of the result is what a line settles; the fee is shared as the lines are, each rounded so that all
    together are the fee.
    """
    alone = pairs[~pairs.duplicated("bank_line_id", keep=False)]
    alone = alone.sort_values([batch, "bank_date", "rest_cents", "bank_line_id"], ignore_index=True)
    groups = alone.groupby(batch)
    rest, whole = groups["rest_cents"].transform("sum"), alone["amount_cents"]
    fee = whole - rest
    are_cards = (alone["kind"] == CARD).groupby(alone[batch]).transform("all")
    fits = (fee == 0) | (are_cards & (fee > 0) & (fee * 100 <= alone.get("whole_cents", whole) * fee_percent))
    fits &= (groups["rest_cents"].transform("size") > 1) & (groups["rest_cents"].transform("min") > 0)
    rows = alone[fits]
    until = rows.groupby(batch)["rest_cents"].cumsum()
    total, before = rest[fits], until - rows["rest_cents"]
    amount = until * whole[fits] // total - before * whole[fits] // total
    rows = rows.assign(amount_cents=amount, fee_cents=amount - rows["rest_cents"])
    return rows[[*_COLUMNS, batch]].astype(_COLUMNS).reset_index(drop=True)


def by_lines(ties: pd.DataFrame, money: pd.DataFrame, batch: str) -> pd.DataFrame:
    """Lay the payments of batches over the lines that bring them: bank_line_id, payment_key, amount_cents.

    `ties`: of `shares`, in order. `money`: payment_key, amount_cents, `batch`. What goes out of a batch is taken off
    its last line; a payment that does not end where a line ends has a part in both.
    """
    found = []
    for name, lines in ties.groupby(batch, sort=True):
        own = money[money[batch] == name].sort_values("payment_key")
        comes, goes = own[own["amount_cents"] > 0], own[own["amount_cents"] < 0]
        brings = lines["amount_cents"].to_numpy("int64").copy()
        brings[-1] -= int(goes["amount_cents"].sum())
        ends, cuts = comes["amount_cents"].to_numpy("int64").cumsum(), brings.cumsum()
        edges = np.unique(np.concatenate([[0], ends, cuts]))
        starts = edges[:-1]
        ids = lines["bank_line_id"].to_numpy("int64")
        found.append(
            pd.DataFrame(
                {
                    "bank_line_id": ids[np.searchsorted(cuts, starts, side="right")],
                    "payment_key": comes["payment_key"].to_numpy()[np.searchsorted(ends, starts, side="right")],
                    "amount_cents": np.diff(edges),
                }
            )
        )
        found.append(goes[["payment_key", "amount_cents"]].assign(bank_line_id=ids[-1]))
    kinds = {"bank_line_id": "int64", "payment_key": "str", "amount_cents": "int64"}
    rows = pd.concat(found, ignore_index=True) if found else pd.DataFrame({name: [] for name in kinds})
    return rows[list(kinds)].astype(kinds)
