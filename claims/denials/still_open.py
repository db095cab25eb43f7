"""Cases whose step has passed its last day come in; the step that is still possible, and until when, goes out."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.denials import appeals
from claims.denials.deadlines import NO_LIMITS, deadlines

APPEAL = "APP"
_PATIENTS = "noncovered"  # what the payer lays on the patient by the plan is not appealed of itself


def still_open(cases: pd.DataFrame, day: date, own: pd.DataFrame = NO_LIMITS) -> pd.DataFrame:
    """Give step, deadline_date and deadline_rule for each case, empty where no step has a limit that still runs.

    The second step goes first, then an appeal where the codes allow one and its limit is known. ``cases`` has the
    columns that `deadlines` wants, then_action, denial_class, reason_code, remark_codes and category; ``own`` as there.
    """
    found = pd.DataFrame("", index=cases.index, columns=["step", "deadline_date", "deadline_rule"], dtype="str")
    late = (cases["deadline_date"] != "") & (cases["deadline_date"] < day.isoformat())
    if not late.any():
        return found
    rows = cases[late]
    may_appeal = (appeals.barred(rows) == "") & (rows["denial_class"] != _PATIENTS)
    may_appeal &= appeals.kinds(rows) != appeals.TIMELY  # whether it was in time is asked elsewhere
    steps = ((rows["then_action"], may_appeal | (rows["then_action"] != APPEAL)), (APPEAL, may_appeal))
    for step, is_allowed in steps:
        tried = rows.assign(next_action=step)
        due = deadlines(tried, own)
        fits = is_allowed & (tried["next_action"] != rows["next_action"]) & (due["deadline_date"] >= day.isoformat())
        fits &= found.loc[rows.index, "step"] == ""
        chosen = due[fits].assign(step=tried.loc[fits, "next_action"])
        found.loc[chosen.index, found.columns] = chosen[found.columns]
    return found
