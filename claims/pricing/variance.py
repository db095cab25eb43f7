"""Priced and adjudicated service lines in; the lines that a payer paid below or above its contract out (rule R9).

Only lines of the first payer, with nothing denied and nothing pending, are compared: the allowed amount that the payer
granted is what it paid, what it left to the patient, and what the law withholds (sequestration).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

TOLERANCE_CENTS = 100
TOLERANCE_MILLI = 2_000  # thousandths of a percent of the expected amount
UNDER, OVER = "underpaid", "overpaid"


def variances(lines: pd.DataFrame, tolerances: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give the lines beyond the tolerance: the columns of `lines`, `granted_cents`, `variance_cents` and `kind`.

    `lines`: payer_code, payer_sequence, expected_cents (Int64), paid_cents, patient_cents, sequestration_cents,
    denied_cents, pending_cents. `tolerances`: payer_code, tolerance_cents, tolerance_milli (thousandths of a percent);
    others get 1.00 and 2 percent, whichever is more. `variance_cents` is granted less expected: negative is underpaid.
    """
    compared = lines[
        (lines["payer_sequence"] == "P")
        & (lines["denied_cents"] == 0)
        & (lines["pending_cents"] == 0)
        & lines["expected_cents"].notna()
    ]
    granted = compared["paid_cents"] + compared["patient_cents"] + compared["sequestration_cents"]
    expected = compared["expected_cents"].astype("int64")
    own = (tolerances if tolerances is not None else pd.DataFrame({"payer_code": []})).set_index("payer_code")
    fixed, share = (
        own[name].reindex(compared["payer_code"]).fillna(default).to_numpy(np.int64)
        if name in own
        else np.full(len(compared), default)
        for name, default in (("tolerance_cents", TOLERANCE_CENTS), ("tolerance_milli", TOLERANCE_MILLI))
    )
    allowed = np.maximum(fixed, expected.to_numpy(np.int64) * share // 100_000)
    off = (granted - expected).astype("int64")
    rows: pd.DataFrame = compared.assign(granted_cents=granted, variance_cents=off, kind=np.where(off < 0, UNDER, OVER))
    beyond: pd.DataFrame = rows.loc[(off.abs() > allowed).to_numpy()].reset_index(drop=True)
    return beyond
