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
COMPARED, DENIED, PENDING, UNPRICED = "compared", "denied", "pending", "unpriced"


def variances(lines: pd.DataFrame, tolerances: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give the lines beyond the tolerance: the columns of `lines` and of `compared`, and `kind`.

    `lines` as in `compared`, with payer_code and payer_sequence. `tolerances`: payer_code, tolerance_cents,
    tolerance_percent_milli (thousandths of a percent); others get 1.00 and 2 percent, whichever is more.
    """
    first = lines[lines["payer_sequence"] == "P"]
    own = (tolerances if tolerances is not None else pd.DataFrame({"payer_code": []})).set_index("payer_code")
    usual = {"tolerance_cents": TOLERANCE_CENTS, "tolerance_percent_milli": TOLERANCE_MILLI}
    fixed = {
        name: own[name].reindex(first["payer_code"]).fillna(default).to_numpy(np.int64) if name in own else default
        for name, default in usual.items()
    }
    rows = compared(first.assign(**fixed))
    beyond = rows[rows["is_beyond"]]
    return beyond.assign(kind=np.where(beyond["variance_cents"] < 0, UNDER, OVER)).reset_index(drop=True)


def compared(lines: pd.DataFrame) -> pd.DataFrame:
    """Hold lines against what was expected of them.

    `lines`: expected_cents (Int64), paid_cents, patient_cents, sequestration_cents, denied_cents, pending_cents,
    tolerance_cents and tolerance_percent_milli of its payer. Added: `standing` (compared; or denied, pending, unpriced:
    why not), `granted_cents`, `variance_cents` (granted less expected: negative is underpaid; 0 where it is not
    compared), `tolerance_cents` in force for the line, `is_beyond`.
    """
    granted = (lines["paid_cents"] + lines["patient_cents"] + lines["sequestration_cents"]).astype("int64")
    unpriced = lines["expected_cents"].isna().to_numpy(bool)
    expected = lines["expected_cents"].fillna(0).astype("int64")
    standing = np.select(
        [lines["denied_cents"] != 0, lines["pending_cents"] != 0, unpriced], [DENIED, PENDING, UNPRICED], COMPARED
    )
    off = (granted - expected).where(standing == COMPARED, 0)
    tolerance = np.maximum(lines["tolerance_cents"], expected * lines["tolerance_percent_milli"] // 100_000)
    return lines.assign(
        standing=pd.Series(standing, index=lines.index, dtype="str"),
        granted_cents=granted,
        variance_cents=off,
        tolerance_cents=tolerance,
        is_beyond=off.abs() > tolerance,
    )
