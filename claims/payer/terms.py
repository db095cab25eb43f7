"""What the simulated payers go by: the CSV tables of this folder as frames, and terms for payers that no table has."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from claims.payer.draws import Keys, draws, keys

_WHOLE = {
    "payers": ["weekday", "fee_percent", "deductible_cents", "coinsurance_percent", "copay_cents", "filing_limit_days"],
    "procedures": ["charge_cents", "allowed_cents", "units_limit"],
    "profiles": ["weight", "ordinal", "units"],
    "causes": ["priority"],
    "names": [],
    "derived_terms": ["weight"],
    "rates": ["per_10000"],
    "front_end": ["priority"],
    "modifier_conflicts": [],
    "general_modifiers": [],
    "procedure_kinds": [],
    "filing_indicators": [],
}


@cache
def _stored(name: str) -> pd.DataFrame:
    with (resources.files(__package__) / f"{name}.csv").open(encoding="utf-8") as file:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    return frame.astype(dict.fromkeys(_WHOLE[name], "int64"))


def table(name: str) -> pd.DataFrame:
    """Give a table of this folder by its name: text columns, `""` when empty, and int64 columns."""
    return _stored(name).copy()


def yyyymmdd(day: date) -> int:
    """Give a day as frames hold it."""
    return int(day.strftime("%Y%m%d"))


def rate(name: str) -> int:
    """Give how many of ten thousand something happens to, as rates.csv says."""
    found: int = table("rates").set_index("rate")["per_10000"].to_dict()[name]
    return found


def payer_terms(payers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give the terms of each payer (`payer_code`, `payer_name`), in order: its row of payers.csv, else derived.

    Derived terms follow from the code and the seed alone, by the weights of derived_terms.csv.
    """
    known = table("payers").set_index("payer_code")
    key = keys(payers["payer_code"], seed=seed)
    number = pd.Series(draws(key, "number", 10**7), index=payers.index).astype(str).str.zfill(7)
    letters = draws(key, "letters", 26 * 26)
    terms = {name: _weighted(key, name) for name in table("derived_terms")["term"].unique()}
    derived = pd.DataFrame(
        {
            "payer_code": payers["payer_code"],
            "payer_name": payers["payer_name"].where(payers["payer_name"] != "", "PAYER " + payers["payer_code"]),
            "payer_identifier": "199" + number,
            "payer_address": number.str[:3].str.lstrip("0").replace("", "1") + " PRETEND WAY",
            "payer_city": "NOWHERE",
            "payer_state": "OH",
            "payer_zip": "459990001",
            "payer_contact": "REMIT DESK",
            "payer_phone": "80055501" + number.str[-2:],
            "bank_routing": "123456780",
            "bank_account": "77" + number,
            "icn_prefix": [chr(65 + pair // 26) + chr(65 + pair % 26) for pair in letters.tolist()],
            "trace_prefix": pd.Series(terms["method_code"], index=payers.index).map({"ACH": "EFT", "CHK": "00"}),
            **terms,
        }
    )
    whole = _WHOLE["payers"]
    derived[whole] = derived[whole].astype("int64")
    is_known = payers["payer_code"].isin(known.index).to_numpy()
    listed = known.reindex(payers.loc[is_known, "payer_code"]).reset_index()[derived.columns]
    derived.loc[is_known] = listed.set_index(derived.index[is_known])
    return derived


def _weighted(key: Keys, term: str) -> Any:
    """Choose a value of a term for each key, as often as its weight says."""
    rows = table("derived_terms").query("term == @term")
    edges = rows["weight"].cumsum().to_numpy()
    chosen = np.searchsorted(edges, draws(key, term, int(edges[-1])), side="right")
    return rows["value"].to_numpy()[chosen]
