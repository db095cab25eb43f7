"""Master data of contracts as pricing wants it: lines of claims in; what each should bring, and its tolerance, out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claims import pricing
from claims.master import Master
from claims.pricing.granted import FACTS


@dataclass(frozen=True)
class Contracts:
    """Fee schedules, terms, factors and tolerances, and how claims name the payers."""

    master: Master
    terms: pd.DataFrame
    payers: frozenset[str]

    @classmethod
    def of(cls, master: Master) -> Contracts:
        """Take what master data says."""
        terms = master.rows("contract_terms")
        terms = terms.assign(schedule=terms["schedule"].where(terms["schedule"] != "", terms["payer_code"]))
        return cls(master, terms, frozenset({*terms["payer_code"], *master.rows("fee_schedules")["payer_code"]}))

    def payer_codes(self, named: pd.Series) -> pd.Series:
        """Give the payer as master data names it, of the name or the id that claims have; "" without a contract."""
        rows = self.master.rows("payers")
        by_id = rows[rows["payer_identifier"] != ""].drop_duplicates("payer_identifier", keep="last")
        codes, distinct = pd.factorize(named)
        identifiers = by_id.set_index("payer_identifier")["payer_code"]
        found = [name if name in self.payers else str(identifiers.get(name, "")) for name in distinct.tolist()]
        known = np.array([name if name in self.payers else "" for name in found], dtype=object)
        return pd.Series(known[codes] if len(known) else [], index=named.index, dtype="str")

    def names_of(self, payer_codes: set[str]) -> set[str]:
        """Give how claims may name these payers."""
        rows = self.master.rows("payers")
        return payer_codes | set(rows.loc[rows["payer_code"].isin(payer_codes), "payer_identifier"]) - {""}

    def paying_by(self, schedules: set[str]) -> set[str]:
        """Give the payers whose terms take their fees from one of these schedules."""
        return set(self.terms.loc[self.terms["schedule"].isin(schedules), "payer_code"])

    def price(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Add what each line should bring: payer_code, expected_cents (Int64), term, method, outcome (empty: the payer
        has no contract), arithmetic, tolerance_cents, tolerance_percent_milli.

        `lines` as `store.queries.pricing.lines` reads them.
        """
        days = {name: _number(lines[name]) for name in ("service_date", "service_to_date")}
        is_stay = lines["kind"] == "I"
        place = lines["place_of_service"].str.lstrip("0")
        asked = lines.assign(
            payer_code=self.payer_codes(lines["payer_code"]),
            bill_type=(place + lines["frequency_code"]).where(is_stay, ""),
            place_of_service=lines["place_of_service"].where(~is_stay, ""),
            # A dental claim counts procedures only where there are several (SV306).
            units_milli=lines["units_milli"].where((lines["kind"] != "D") | (lines["units_milli"] != 0), 1000),
            **days,
        )
        own = asked[asked["payer_code"] != ""]
        schedules, factors = self.master.rows("fee_schedules"), self.master.rows("modifier_factors")
        found = pricing.expected_allowed(own, schedules, self.terms, factors).lines.set_axis(own.index)
        found = found.rename(columns={"allowed_cents": "expected_cents"})
        texts = ["term", "method", "outcome", "arithmetic"]
        result = lines.assign(payer_code=asked["payer_code"]).join(found)
        result[texts] = result[texts].fillna("").astype("str")
        result["expected_cents"] = result["expected_cents"].astype("Int64")
        return result.assign(**self._tolerances(asked))

    def _tolerances(self, lines: pd.DataFrame) -> dict[str, pd.Series]:
        days = lines["service_date"]
        own = self.master.look_up("variance_tolerances", lines[["payer_code"]], days)
        every = self.master.look_up("variance_tolerances", lines[["payer_code"]].assign(payer_code=""), days)
        usual = {"tolerance_cents": pricing.TOLERANCE_CENTS, "tolerance_percent_milli": pricing.TOLERANCE_MILLI}
        return {
            name: own[name].where(own["is_known"], every[name].where(every["is_known"], default))
            for name, default in usual.items()
        }


PRICED = [name for name in FACTS if name != "total_cents"]


def _number(days: pd.Series) -> pd.Series:
    """Read ISO days as YYYYMMDD; 0 when empty."""
    return pd.to_numeric(days.str.replace("-", "").replace("", "0")).astype("int64")
