"""Contract terms and service lines in; for each line the one term that prices it, and each line's day, out.

Terms (docs/files.md) are rows: payer_code, term, priority, procedure_code (a code, the beginning of one and a star, or
empty for every one), modifier, place_of_service, revenue_code (like procedure_code), bill_type (the beginning), method
(codes/pricing_methods.csv), amount_cents, percent_milli (thousandths of a percent), schedule (whose fees: a payer_code
of the fee schedules), at_most_charge, rank_percents ("100 50 25": of the best-paid line of a day, the next, the
others), effective_from, effective_to (YYYYMMDD).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims import codes

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_EXACT = ("place_of_service", "modifier")
_PATTERNS = ("procedure_code", "revenue_code", "bill_type")


def methods() -> pd.DataFrame:
    """Give the ways in which a term can price."""
    return codes.table("pricing_methods")


def chosen(lines: pd.DataFrame, terms: pd.DataFrame) -> Integers:
    """Give for each line the position of its term in `terms`, -1 for none.

    Lowest priority number first; of equal ones the term that names more, then the one with the longer pattern, then
    the later row. A loop over terms, not over lines.
    """
    found = np.full(len(lines), -1, np.int64)
    if terms.empty or lines.empty:
        return found
    exactness = (terms[[*_EXACT, *_PATTERNS]] != "").sum(axis=1).to_numpy(np.int64)
    length = np.sum([terms[name].str.len().to_numpy(np.int64) for name in _PATTERNS], axis=0)
    order = np.lexsort((np.arange(len(terms)), length, exactness, -terms["priority"].to_numpy(np.int64)))
    by_payer = {payer: np.flatnonzero((lines["payer_code"] == payer).to_numpy()) for payer in set(terms["payer_code"])}
    for position in order.tolist():  # the last that fits wins: ordered from the least to the most preferred
        term = terms.iloc[position]
        rows = by_payer[term["payer_code"]]
        fits = _fits(lines.iloc[rows], term)
        found[rows[fits]] = position
    return found


def has_terms(lines: pd.DataFrame, terms: pd.DataFrame) -> Flags:
    """Tell of each line whether any term of its payer is in force on its day, whichever lines that fits."""
    asked = ["payer_code", "service_date"]
    found = lines["payer_code"].isin(terms["payer_code"]).to_numpy(bool, copy=True)
    own = lines.loc[found, asked]  # most payers with a schedule have no terms at all
    days = own.drop_duplicates().merge(terms[["payer_code", "effective_from", "effective_to"]])
    days = days[(days["service_date"] >= days["effective_from"]) & (days["service_date"] <= days["effective_to"])]
    found[found] = pd.MultiIndex.from_frame(own).isin(pd.MultiIndex.from_frame(days[asked]))
    return found


def _fits(lines: pd.DataFrame, term: pd.Series) -> Flags:
    day = lines["service_date"].to_numpy(np.int64)
    fits: Flags = (day >= term["effective_from"]) & (day <= term["effective_to"])
    for name in _PATTERNS:
        pattern = term[name]
        if pattern.endswith("*"):
            fits &= lines[name].str.startswith(pattern[:-1]).to_numpy(bool)
        elif pattern:
            fits &= (lines[name] == pattern).to_numpy(bool)
    if term["place_of_service"]:
        fits &= (lines["place_of_service"] == term["place_of_service"]).to_numpy(bool)
    if term["modifier"]:
        fits &= (" " + lines["modifiers"] + " ").str.contains(f" {term['modifier']} ", regex=False).to_numpy(bool)
    return fits


def fees(lines: pd.DataFrame, schedule: pd.Series, schedules: pd.DataFrame) -> tuple[Integers, Flags]:
    """Look up the fee of each line in the schedule that it names: `(cents, is_known)`.

    A row for one of the line's modifiers, in the order of the line, goes before the row without one.
    """
    cents = np.zeros(len(lines), np.int64)
    known = np.zeros(len(lines), np.bool_)
    for place in (None, 3, 2, 1, 0):  # the row without a modifier first: what is found later stands
        none = pd.Series("", index=lines.index, dtype="str")
        modifier = none if place is None else word(lines["modifiers"], place)
        keys = pd.DataFrame(
            {
                "row": np.arange(len(lines)),
                "payer_code": schedule.to_numpy(),
                "procedure_code": lines["procedure_code"].to_numpy(),
                "modifier": modifier.to_numpy(),
                "day": lines["service_date"].to_numpy(np.int64),
            }
        )
        keys = keys if place is None else keys[keys["modifier"] != ""]
        pairs = keys.merge(schedules, on=["payer_code", "procedure_code", "modifier"])
        pairs = pairs[(pairs["day"] >= pairs["effective_from"]) & (pairs["day"] <= pairs["effective_to"])]
        rows = pairs["row"].to_numpy(np.int64)
        cents[rows] = pairs["allowed_cents"].to_numpy(np.int64)
        known[rows] = True
    return cents, known


def word(texts: pd.Series, place: int) -> pd.Series:
    """Give the word at `place` (from 0) of blank-separated texts, "" where there are fewer."""
    codes, distinct = pd.factorize(texts)
    words = [(text.split() + [""] * (place + 1))[place] for text in distinct.tolist()]
    return pd.Series(np.array(words, dtype=object)[codes] if words else [], index=texts.index, dtype="str")
