"""Cases and a claim payment come in; which of the cases it can be the original of goes out.

It proves a repeat only when it is of the same payer, the same patient, the same day and the same services, and is no
repeat itself. What is not known proves nothing.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

_NAMES = ["last_name", "first_name"]


def is_original(
    cases: pd.DataFrame, theirs: pd.DataFrame, original: pd.Series[Any], services: pd.DataFrame
) -> pd.Series[bool]:
    """Tell for each of ``cases`` whether ``original`` proves it a repeat.

    ``cases``: claim_payment_id, payer_code, service_date, procedure_codes. ``theirs``, in the same order, and
    ``original``: rows of ``store.queries.originals.decided``; ``services``: procedure_code and service_date of the
    original.
    """
    theirs = theirs.set_index(cases.index)
    is_other = cases["claim_payment_id"] != original["claim_payment_id"]
    same_payer = cases["payer_code"] == original["payer_code"]
    day = cases["service_date"].where(cases["service_date"] != "", theirs["day"])
    same_day = (day != "") & day.isin(services["service_date"])
    codes = set(services["procedure_code"]) - {""}
    own = [str(text).split() for text in cases["procedure_codes"]]
    # Where the payer names no services, the amount charged has to speak for them.
    same_charge = theirs["charge_cents"] == original["charge_cents"]
    same_services = pd.Series([bool(one) and set(one) <= codes for one in own], index=cases.index)
    has_none = pd.Series([not one for one in own], index=cases.index) & (not codes)
    same_services |= has_none & same_charge
    fits = is_other & same_payer & same_day & same_services & _same_patient(theirs, original)
    return pd.Series(fits & (not original["is_repeat"]), index=cases.index, dtype=bool)


def _same_patient(theirs: pd.DataFrame, original: pd.Series[Any]) -> pd.Series[bool]:
    """Compare names and birth date; the member id where a birth date is not known on both sides."""
    same_claim = (theirs["family_id"] == original["family_id"]) & (theirs["family_id"] != 0)
    same = pd.Series(True, index=theirs.index)
    for name in _NAMES:
        same &= (theirs[name] == original[name]) & (theirs[name] != "")
    member, born = "member_id", "patient_birth_date"
    both_born = (theirs[born] != "") & (original[born] != "")
    same_member = (theirs[member] == original[member]) | (theirs[member] == "") | (original[member] == "")
    same &= (theirs[born] == original[born]).where(both_born, same_member)
    return pd.Series(same_claim | same, index=theirs.index, dtype=bool)
