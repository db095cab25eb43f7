"""Remark codes of cases come in; which of them have an effect that rules an action in or out goes out."""

from __future__ import annotations

import pandas as pd

from claims import codes


def with_effect(remark_codes: pd.Series[str], *effects: str) -> pd.Series[bool]:
    """Tell whose remarks (blank-separated) include one with one of these effects (``codes/rarc.csv``)."""
    table = codes.table("rarc")
    wanted = set(table.loc[table["effect"].isin(effects), "code"])
    return _any_of(remark_codes, wanted)


def forcing(remark_codes: pd.Series[str], action: str) -> pd.Series[bool]:
    """Tell whose remarks demand an action, as a new claim in place of a replacement."""
    table = codes.table("rarc")
    return _any_of(remark_codes, set(table.loc[table["forces_action"] == action, "code"]))


def _any_of(remark_codes: pd.Series[str], wanted: set[str]) -> pd.Series[bool]:
    at, distinct = pd.factorize(remark_codes)
    found = [not wanted.isdisjoint(str(text).split()) for text in distinct]
    return pd.Series([found[one] for one in at], index=remark_codes.index, dtype=bool)
