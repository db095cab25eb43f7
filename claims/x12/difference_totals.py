"""Both files' rows and the changes in; for each count and sum both totals, and what their difference is made of, out.

The totals and what only one file has come from the rows, what changed from the changes: that
`b - a = only_in_b - only_in_a + changed` shows that no cent of the difference goes untold.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from claims.x12.claim_changes import ADJUSTMENT, FRAMES, LINE
from claims.x12.file import X12File

Sides = tuple[pd.DataFrame, pd.DataFrame]
COLUMNS = ["name", "a", "b", "difference", "only_in_a", "only_in_b", "changed"]
PROVIDER_ADJUSTMENT = "provider_adjustment"
_OF_CLAIMS = ("charge_cents", "paid_cents", "patient_responsibility_cents")
_CLAIM_FILES = ("sets", "claims", "service_lines", "charge_cents")


def totals(
    files: Sequence[X12File], sets: Sides, claims: Sides, remittances: Sides, set_changes: pd.DataFrame,
    claim_changes: pd.DataFrame, *, has_payments: bool,
) -> pd.DataFrame:  # fmt: skip
    """Return a row for each total; those of payments where there are any. Rows say the `pair` that they are in."""
    whole = claim_changes[(claim_changes["line_a"] == 0) & (claim_changes["line_b"] == 0)]
    lone = claim_changes[claim_changes["field"] == LINE]
    line_names = [name for _, name in FRAMES.values()]
    rows = [
        _row("sets", sets, ""),
        _row("claims", claims, ""),
        _row(
            "service_lines", _rows(files, line_names, "claim_seg", claims), "",
            int((lone["line_a"] == 0).sum() - (lone["line_b"] == 0).sum()),
        ),
        *(_row(name, claims, name, _cents(whole, name)) for name in _OF_CLAIMS),
        _row(
            "adjustment_cents", _rows(files, ["adjustments"], "claim_seg", claims), "amount_cents",
            _cents(claim_changes, f"{ADJUSTMENT} "),
        ),
        _row(
            "provider_adjustment_cents", _rows(files, ["provider_adjustments"], "transaction_seg", sets),
            "amount_cents", _cents(set_changes, f"{PROVIDER_ADJUSTMENT} "),
        ),
        _row("payment_cents", remittances, "payment_cents", _cents(set_changes, "payment_cents")),
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found if has_payments else found[found["name"].isin(_CLAIM_FILES)]


def _row(name: str, sides: Sides, column: str, changed: int = 0) -> tuple[str | int, ...]:
    """Add a column up, or count rows; also those without a pair."""
    alone = [side[side["pair"] < 0] for side in sides]
    a, b, only_in_a, only_in_b = (int(rows[column].sum()) if column else len(rows) for rows in (*sides, *alone))
    return name, a, b, b - a, only_in_a, only_in_b, changed


def _rows(files: Sequence[X12File], names: Sequence[str], key: str, of: Sides) -> Sides:
    """Return the rows of frames with the pair of the claim or set that they belong to."""
    found = []
    for file, owners in zip(files, of, strict=True):
        rows = pd.concat([file.frames[name] for name in names if len(file.frames[name])] or [file.frames[names[0]]])
        pair = owners.set_index("seg")["pair"].reindex(rows[key], fill_value=-1).to_numpy()
        found.append(rows.assign(pair=pair))
    return found[0], found[1]


def _cents(changes: pd.DataFrame, field: str) -> int:
    """Add up the changes of a field, or of all fields that begin so."""
    mine = changes["field"].str.startswith(field) if field.endswith(" ") else changes["field"] == field
    return int(changes.loc[mine.astype("bool"), "cents"].sum())
