"""Service lines, fee schedules, contract terms and modifier factors in; the expected allowed amount of each line out.

Integers throughout. A line is worked out exactly, as a fraction of cents, and rounded once, half up, at its end; the
words of the sum name every factor, so that a person can do it again. Order: fee or amount x units, x percentage,
x modifier factors, x the percentage of the line's rank on its day, then never more than the charge where the term
says so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.money import amount
from claims.pricing.terms import chosen, fees, has_terms, word

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WHOLE = 100_000  # thousandths of a percent in the whole
PRICED, NO_TERM, NO_FEE, NO_UNITS, BUNDLED = "priced", "no-term", "no-fee", "no-units", "in-case-rate"


class Expected(NamedTuple):
    """One row per line in the order given: `allowed_cents` (Int64, missing when nothing prices the line), `term`,
    `method`, `outcome` (priced, no-term, no-fee, no-units, in-case-rate) and `arithmetic`, the sum in words."""

    lines: pd.DataFrame


def expected_allowed(
    lines: pd.DataFrame, schedules: pd.DataFrame, terms: pd.DataFrame, factors: pd.DataFrame
) -> Expected:
    """Price service lines.

    `lines`: claim_id, payer_code, service_date, service_to_date (YYYYMMDD), procedure_code, modifiers,
    revenue_code, bill_type, place_of_service, units_milli, charge_cents. `schedules`: payer_code, procedure_code,
    modifier, allowed_cents, effective_from, effective_to. `terms`: claims/pricing/terms.py. `factors`: payer_code,
    modifier, percent_milli, effective_from, effective_to. A payer without terms in force on the day of the line but
    with a fee schedule pays its schedule, never more than the charge.
    """
    lines = lines.reset_index(drop=True)
    default = _default(terms, schedules)
    at = chosen(lines, terms)
    bare = np.flatnonzero(at < 0)
    bare = bare[~has_terms(lines.iloc[bare], terms)]
    place = pd.Series(len(terms) + np.arange(len(default)), index=default["payer_code"])
    at[bare] = place.reindex(lines["payer_code"].iloc[bare]).fillna(-1).to_numpy(np.int64)
    terms = pd.concat([terms, default], ignore_index=True)
    work = _Work(lines, terms.reindex(at).reset_index(drop=True), at >= 0)
    work.start(schedules)
    work.apply_percent()
    work.apply_factors(factors)
    work.apply_rank()
    return Expected(work.finished())


def _default(terms: pd.DataFrame, schedules: pd.DataFrame) -> pd.DataFrame:
    """Give each payer with a schedule the term by which it pays on days on which no term of its contract is in force.

    Columns of `terms`.
    """
    payers = schedules["payer_code"].drop_duplicates()
    blank = dict.fromkeys(("procedure_code", "modifier", "place_of_service", "revenue_code", "bill_type"), "")
    default = pd.DataFrame({"payer_code": payers, "term": "fee schedule", "schedule": payers}).assign(
        **blank, priority=1, method="percent_of_schedule", amount_cents=0, percent_milli=WHOLE, rank_percents="",
        at_most_charge=True, effective_from=0, effective_to=99991231,
    )  # fmt: skip
    return default[terms.columns.tolist()]


class _Work:
    """Lines while they are priced: `exact / scale` is the amount in cents; `words` is the sum so far.

    Both hold Python's whole numbers, which have no limit: charges x units x several percentages outgrow 64 bits.
    """

    def __init__(self, lines: pd.DataFrame, term: pd.DataFrame, known: Flags) -> None:
        self.lines, self.term = lines, term
        self.method = term["method"].fillna("")
        self.outcome = np.where(known, PRICED, NO_TERM).astype(object)
        self.exact = np.zeros(len(lines), dtype=object)
        self.scale = np.ones(len(lines), dtype=object)
        self.words = pd.Series("", index=lines.index, dtype="str")

    def start(self, schedules: pd.DataFrame) -> None:
        """Begin with a fee, an amount or the charge, times units or days."""
        fee, has_fee = fees(self.lines, self.term["schedule"].fillna(""), schedules)
        by_schedule, case, per_day, of_charge = (
            (self.method == name).to_numpy()
            for name in ("percent_of_schedule", "case_rate", "per_day", "percent_of_charge")
        )
        self.outcome[by_schedule & ~has_fee] = NO_FEE
        alone = self.lines["claim_id"].where(pd.Series(case), -1 - self.lines.index)
        repeats = pd.DataFrame({"claim_id": alone, "term": self.term["term"]}).duplicated().to_numpy()
        self.outcome[case & repeats] = BUNDLED
        base = np.select(
            [by_schedule, of_charge, case & repeats],
            [fee, self.lines["charge_cents"].to_numpy(np.int64), 0],
            self.term["amount_cents"].fillna(0).to_numpy(np.int64),
        )
        units = self.lines["units_milli"].to_numpy(np.int64)
        by_unit = by_schedule | (self.method == "fixed").to_numpy()
        self.outcome[by_unit & (units <= 0) & (self.outcome == PRICED)] = NO_UNITS
        days = _days(self.lines["service_date"], self.lines["service_to_date"])
        counts = np.select([of_charge | case, per_day], [1000, days * 1000], units)
        self.exact = base.astype(object) * counts.astype(object)
        self.scale = np.full(len(base), 1000, dtype=object)
        unit = pd.Series(np.where(per_day, " days", " units"), dtype="str")
        many = _decimals(counts, 3)
        self.words = _amounts(base) + (" x " + many + unit).where(counts != 1000, "")

    def apply_percent(self) -> None:
        """Take the percentage of a term that has one."""
        percent = self.term["percent_milli"].fillna(0).to_numpy(np.int64)
        takes = self.method.isin(["percent_of_charge", "percent_of_schedule"]).to_numpy()
        self._times(np.where(takes, percent, WHOLE), "")

    def apply_factors(self, factors: pd.DataFrame) -> None:
        """Take the factor of each modifier for which the payer has one; of none for lines paid by the case or day."""
        scaled = self.method.isin(["fixed", "percent_of_schedule"]).to_numpy()
        for place in range(4):
            modifier = word(self.lines["modifiers"], place)
            keys = pd.DataFrame(
                {
                    "row": np.arange(len(self.lines)),
                    "payer_code": self.lines["payer_code"],
                    "modifier": modifier,
                    "day": self.lines["service_date"].to_numpy(np.int64),
                }
            )[scaled & (modifier != "").to_numpy()]
            pairs = keys.merge(factors, on=["payer_code", "modifier"])
            pairs = pairs[(pairs["day"] >= pairs["effective_from"]) & (pairs["day"] <= pairs["effective_to"])]
            percent = np.full(len(self.lines), WHOLE, np.int64)
            percent[pairs["row"].to_numpy(np.int64)] = pairs["percent_milli"].to_numpy(np.int64)
            self._times(percent, " for " + modifier)

    def apply_rank(self) -> None:
        """Take the percentage of each line's place among the ranked lines of its claim and day: the dearest is first.

        Its own term says how much its place is worth, whatever terms price the others.
        """
        told = self.term["rank_percents"].fillna("")
        ranked = np.flatnonzero((told != "").to_numpy() & (self.outcome == PRICED))
        if not len(ranked):
            return
        rows = self.lines.iloc[ranked][["claim_id", "service_date"]].assign(
            row=ranked, cents=-_rounded(self.exact, self.scale)[ranked]
        )
        keys = ["claim_id", "service_date"]
        rows = rows.sort_values([*keys, "cents", "row"], kind="stable")
        place = rows.groupby(keys).cumcount().to_numpy(np.int64)
        at = rows["row"].to_numpy(np.int64)
        steps = told.iloc[at].astype("str")
        last = steps.str.count(" ").to_numpy(np.int64)
        percent = np.full(len(self.lines), WHOLE, np.int64)
        for nth in range(int(last.max()) + 1):
            own = np.minimum(place, last) == nth
            percent[at[own]] = word(steps[own], nth).map(thousandths).to_numpy(np.int64)
        ordinals = np.zeros(len(self.lines), np.int64)
        ordinals[at] = place + 1
        self._times(percent, " as no. " + pd.Series(ordinals).astype("str"))

    def _times(self, percent: Integers, why: pd.Series | str) -> None:
        changes = percent != WHOLE
        self.exact = np.where(changes, self.exact * percent.astype(object), self.exact)
        self.scale = np.where(changes, self.scale * WHOLE, self.scale)
        words = " x " + _decimals(percent, 3) + "%" + why
        self.words = self.words + words.where(changes, "")

    def finished(self) -> pd.DataFrame:
        """Round once and hold against the charge, a case rate against that of all lines that it is for."""
        cents = _rounded(self.exact, self.scale)
        charge = self.lines["charge_cents"].to_numpy(np.int64)
        of_case = pd.Series(charge).groupby([self.lines["claim_id"], self.term["term"].fillna("")]).transform("sum")
        charge = np.where(self.method == "case_rate", of_case, charge)
        capped = self.term["at_most_charge"].fillna(False).to_numpy(bool) & (cents > charge)
        words = self.words + " = " + _amounts(cents)
        words = words + (", at most the charge of " + _amounts(charge)).where(capped, "")
        counts = np.isin(self.outcome, [PRICED, BUNDLED])
        return pd.DataFrame(
            {
                "allowed_cents": pd.Series(np.where(capped, charge, cents), dtype="Int64").where(counts),
                "term": self.term["term"].fillna("").astype("str"),
                "method": self.method.astype("str"),
                "outcome": pd.Series(self.outcome, dtype="str"),
                "arithmetic": words.where(self.outcome == PRICED, ""),
            }
        )


def thousandths(percent: str) -> int:
    """Read a percentage with at most three decimals as thousandths: "50" is 50000."""
    whole, _, part = percent.partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0")[:3] or 0)


def _rounded(exact: npt.NDArray[np.object_], scale: npt.NDArray[np.object_]) -> Integers:
    """Round half up, away from zero."""
    sign = np.where(exact < 0, -1, 1)
    return np.asarray(sign * ((abs(exact) * 2 + scale) // (scale * 2)), dtype=np.int64)


def _days(first: pd.Series, last: pd.Series) -> Integers:
    """Count the nights of a stay, at least one."""
    begin, end = (
        pd.to_datetime(days.astype("str"), format="%Y%m%d", errors="coerce").to_numpy("datetime64[D]")
        for days in (first, last)
    )
    nights = (end - begin).astype("int64")
    return np.where(np.isnat(begin) | np.isnat(end), 1, np.maximum(nights, 1))


def _amounts(cents: Integers) -> pd.Series:
    """Write cents as amounts, each distinct value once."""
    codes, distinct = pd.factorize(cents)
    return pd.Series(np.array([amount(int(value)) for value in distinct], dtype=object)[codes], dtype="str")


def _decimals(values: Integers, places: int) -> pd.Series:
    """Write whole numbers of 10^-places without trailing zeros, each distinct value once."""
    codes, distinct = pd.factorize(values)
    texts = []
    for value in distinct.tolist():
        whole, part = divmod(int(value), 10**places)
        texts.append(f"{whole}.{part:0{places}d}".rstrip("0").rstrip("."))
    return pd.Series(np.array(texts, dtype=object)[codes], dtype="str")
