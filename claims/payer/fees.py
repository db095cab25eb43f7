"""Fee schedule of a simulated payer: service lines in, what the payer allows for them out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.payer.terms import table

UNLISTED_PERCENT = 60  # of the charge, for a procedure that the schedule does not list


def percent_of(cents: npt.NDArray[np.int64], percent: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Take a percentage of amounts that are not negative, half cents up."""
    return (cents * percent + 50) // 100


def priced(lines: pd.DataFrame) -> pd.DataFrame:
    """Add what the schedule says of each line's procedure; needs `procedure_code`, `units_milli`, `charge_cents`,
    `fee_percent`. `allowed_cents` is for all units and never above the charge.
    """
    schedule = table("procedures").rename(columns={"charge_cents": "list_cents", "modifiers": "known_modifiers"})
    schedule = schedule.set_index("procedure_code")
    listed = lines["procedure_code"].isin(schedule.index).to_numpy()
    found = schedule.reindex(lines["procedure_code"].where(listed, schedule.index[0])).reset_index(drop=True)
    found.index = lines.index
    charge = lines["charge_cents"].to_numpy(np.int64)
    units = lines["units_milli"].to_numpy(np.int64)
    by_schedule = found["allowed_cents"].to_numpy(np.int64) * units // 1000
    by_schedule = percent_of(by_schedule, lines["fee_percent"].to_numpy(np.int64))
    by_charge = percent_of(charge, np.full(len(lines), UNLISTED_PERCENT, np.int64))
    return lines.assign(
        kind=found["kind"].where(listed, "other"),
        needs_authorization=listed & (found["needs_authorization"] == "Y").to_numpy(),
        is_covered=~listed | (found["is_covered"] == "Y").to_numpy(),
        known_modifiers=found["known_modifiers"].where(listed, "*"),
        units_limit=found["units_limit"].where(listed, np.iinfo(np.int32).max),
        allowed_cents=np.minimum(np.where(listed, by_schedule, by_charge), charge),
    )
