"""Cases with their next action, payer type and days come in; until when the action is possible goes out.

``codes/action_events.csv`` names the limit that runs for an action, ``codes/appeal_levels.csv`` that of a next appeal.
Its length and the day it counts from are those of the payer's own rule where the practice knows one, else those of
``codes/filing_limits.csv`` for its type. What no row covers has no deadline: none is invented.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims import codes

EVENT_WORDS = {
    "appeal_1": "first appeal",
    "appeal_2": "second appeal",
    "appeal_3": "third appeal",
    "appeal_4": "fourth appeal",
    "appeal_5": "fifth appeal",
    "external_review": "external review",
    "first_filing": "first filing",
    "corrected_claim": "corrected claim",
}
ANCHOR_WORDS = {
    "service_from": "the first day of service",
    "service_through": "the last day of service",
    "service_year_end": "the end of the year of service",
    "remit_date": "the remittance date",
    "remit_receipt": "the day the remittance came",
    "determination": "the day of the decision",
    "decision_receipt": "the day the decision came",
    "primary_remit_date": "the earlier payer's remittance date",
}

Days = npt.NDArray[np.datetime64]
LATER_PAYER, NO_LEVEL = "secondary_claim", "no_level"
SHOWN = ("days", "unit", "anchor", "source")
LIMIT = ("limit_type", "event", *SHOWN)  # limit_type: empty, or LATER_PAYER for claims to a payer after another

# anchor of codes/filing_limits.csv -> column of the cases. A remittance counts as received on its payment date: a
# later receipt would only lengthen the limit. A decision on an appeal counts from the day that a remittance or a person
# says it came.
ANCHORS = {
    "service_from": "service_from",
    "service_through": "service_through",
    "service_year_end": "service_from",
    "remit_date": "remit_date",
    "remit_receipt": "remit_date",
    "determination": "remit_date",
    "decision_receipt": "decision_date",
    "primary_remit_date": "primary_remit_date",
}


def payer_types(filing_indicator_codes: pd.Series[str]) -> pd.Series[str]:
    """Return the payer type of each filing indicator (CLP06); unknown ones are ``other``."""
    table = codes.table("payer_types").set_index("filing_indicator")["payer_type"]
    types = table.reindex(filing_indicator_codes).fillna(table.loc[""])
    return pd.Series(types.to_numpy(), index=filing_indicator_codes.index, dtype="str")


NO_LIMITS = pd.DataFrame({name: pd.Series(dtype="str") for name in ("payer_code", *LIMIT)})


def deadlines(cases: pd.DataFrame, own: pd.DataFrame = NO_LIMITS) -> pd.DataFrame:
    """Return deadline_date (ISO, or empty) and deadline_rule in words, or why none is known, in the order of ``cases``.

    ``cases`` has next_action, payer_type, remit_date, service_from, service_through, primary_remit_date (ISO or empty);
    optional own_payer_code and next_payer_code (as master data call the payers), appeal_level (appeals sent) and
    decision_date (of the day on which the decision on the last of them came; ISO or empty).
    ``own``: rules of payers, payer_code and ``LIMIT``; where one leaves the anchor empty, it is the usual one.
    """
    events = codes.table("action_events").set_index("next_action")
    event = pd.Series(events["event"].reindex(cases["next_action"]).fillna("").to_numpy(), dtype="str")
    own_type = events["payer_type"].reindex(cases["next_action"]).fillna("").to_numpy()
    limit_type = np.where(own_type != "", own_type, cases["payer_type"].to_numpy())
    if "appeal_level" in cases:
        is_later = (event == "appeal_1") & (cases["appeal_level"].to_numpy("int64") > 0)
        event = event.where(~is_later, _next_appeals(cases))

    usual = _usual(limit_type, event)
    found, is_own = _own(cases, own, limit_type, event, usual)
    anchors = _anchors(cases, found["anchor"])
    due = _later(anchors, found["days"], found["unit"])
    dates = pd.Series(np.datetime_as_string(due, unit="D"), dtype="str")
    is_known = ~np.isnat(due)
    what = event.replace(EVENT_WORDS)
    since = found["anchor"].replace(ANCHOR_WORDS)
    of_type = pd.Series(limit_type, dtype="str").str.replace("_", " ")
    words = (
        what
        + ": "
        + found["days"]
        + " "
        + found["unit"].where(found["days"] == "1", found["unit"] + "s")
        + " from "
        + since
        + " ("
        + found["payer_code"].where(is_own, of_type)
        + ": "
        + found["source"]
        + ")"
        + pd.Series(np.where(found["verified"] == "Y", "", ", confirm with the payer"), dtype="str")
    )
    no_limit = pd.to_numeric(found["days"], errors="coerce").isna()
    why_not = (since + " is not known").mask(no_limit, "no limit for a " + what + " is set for this kind of payer")
    why_not = why_not.mask(event == "", "this step has no limit of its own")
    why_not = why_not.mask(event == NO_LEVEL, "no appeal after the last is known for this kind of payer")
    return pd.DataFrame(
        {"deadline_date": dates.where(is_known, ""), "deadline_rule": words.where(is_known, why_not)}
    ).set_index(cases.index)


def appeal_steps(payer_type: str) -> pd.DataFrame:
    """Give the levels of appeal of a type of payer, by level: event, name, decided_by, letter."""
    rows = codes.table("appeal_levels")
    own = payer_type.removesuffix("_institutional")
    of_type = rows[rows["payer_type"] == (own if own in set(rows["payer_type"]) else "")]
    return of_type.set_index(of_type["level"].astype("int64"))


def _next_appeals(cases: pd.DataFrame) -> pd.Series[str]:
    """Name the limit of the appeal after the last that was sent; NO_LEVEL where there is none."""
    next_level = cases["appeal_level"].astype("int64").to_numpy() + 1
    found = np.full(len(cases), NO_LEVEL, dtype=object)
    for payer_type, places in cases.groupby("payer_type").indices.items():
        steps = appeal_steps(str(payer_type))["event"].reindex(next_level[places])
        found[places] = steps.fillna(NO_LEVEL).to_numpy()
    return pd.Series(found, dtype="str")


def _usual(limit_type: npt.NDArray[np.object_], event: pd.Series[str]) -> pd.DataFrame:
    """Look up the limits of payer types."""
    limits = codes.table("filing_limits").set_index(["payer_type", "event"])
    wanted = pd.MultiIndex.from_arrays([limit_type, event])
    # An institutional claim of a payer follows the payer's rows where it has none of its own.
    general = pd.MultiIndex.from_arrays([pd.Series(limit_type, dtype="str").str.removesuffix("_institutional"), event])
    found = limits.reindex(wanted).fillna("").reset_index(drop=True)
    other = limits.reindex(general).fillna("").reset_index(drop=True)
    return found.where(found["anchor"] != "", other).assign(payer_code="")


def _own(
    cases: pd.DataFrame,
    own: pd.DataFrame,
    limit_type: npt.NDArray[np.object_],
    event: pd.Series[str],
    usual: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.Series[bool]]:
    """Put the payer's own rule, where there is one, in the place of the usual limit; tell where."""
    if own.empty or "own_payer_code" not in cases:
        return usual, pd.Series(False, index=usual.index)
    is_later = limit_type == LATER_PAYER
    payer = np.where(is_later, cases["next_payer_code"].to_numpy(), cases["own_payer_code"].to_numpy())
    keys = ["payer_code", "limit_type", "event"]
    wanted = pd.MultiIndex.from_arrays([payer, np.where(is_later, LATER_PAYER, ""), event], names=keys)
    rows = own.set_index(keys).reindex(wanted).fillna("").reset_index()
    is_own = rows["days"] != ""
    rows["anchor"] = rows["anchor"].where(rows["anchor"] != "", usual["anchor"])
    rows["verified"] = "Y"
    found = pd.DataFrame({name: rows[name].where(is_own, usual[name]) for name in (*SHOWN, "verified", "payer_code")})
    return found, is_own


def as_days(texts: Iterable[str]) -> Days:
    """Read ISO days; an empty text is NaT."""
    return np.array([text or "NaT" for text in texts], dtype="datetime64[D]")


def _anchors(cases: pd.DataFrame, names: pd.Series[str]) -> Days:
    days = np.full(len(cases), np.datetime64("NaT", "D"))
    for anchor, column in ANCHORS.items():
        wanted = (names == anchor).to_numpy(bool)
        if wanted.any():
            days[wanted] = as_days(cases.loc[wanted, column] if column in cases else [""] * int(wanted.sum()))
            if anchor == "service_year_end":
                years = days[wanted].astype("datetime64[Y]")
                days[wanted] = (years + np.timedelta64(1, "Y")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return days


def _later(days: Days, counts: pd.Series[str], units: pd.Series[str]) -> Days:
    """Add so many days, months or years; the last day of a shorter month stands for the missing ones."""
    numbers = pd.to_numeric(counts, errors="coerce")
    is_number = numbers.notna().to_numpy(bool)
    number = numbers.fillna(0).to_numpy("int64")
    months = np.where(units == "month", number, np.where(units == "year", number * 12, 0))
    month = days.astype("datetime64[M]")
    day_of_month = days - month.astype("datetime64[D]")
    last = (month + (months + 1)).astype("datetime64[D]") - np.timedelta64(1, "D")
    by_month = np.minimum((month + months).astype("datetime64[D]") + day_of_month, last)
    due = np.where(units == "day", days + np.where(units == "day", number, 0), by_month)
    due[~is_number] = np.datetime64("NaT", "D")
    return due
