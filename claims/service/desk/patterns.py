"""Which open denials have one cause: found anew every night; `service.denial_charts` lists them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.denials import patterns as rules
from claims.service.context import Context
from claims.store import patterns as rows
from claims.store.engine import write


def find_patterns(ctx: Context, posting_date: date) -> dict[str, int]:
    """Say of every case whether it belongs to a pattern; give how many patterns are new and how many cases moved."""
    with write(ctx.engine) as conn:
        days = rules.patterns(rows.counted(conn))
        by_key = days.groupby("pattern_key", as_index=False).agg(
            **{name: (name, "first") for name in rules.SAME},
            first_remit_date=("remit_date", "min"),
            last_remit_date=("remit_date", "max"),
            cases=("cases", "sum"),
        )
        known = rows.known(conn)
        new = by_key[~by_key["pattern_key"].isin(known["pattern_key"])]
        facts = ["first_remit_date", "last_remit_date", "cases"]
        both = known[["pattern_key", "pattern_id", *facts]].merge(by_key, on="pattern_key", suffixes=("_was", ""))
        differs = pd.concat([both[name] != both[f"{name}_was"] for name in facts], axis=1).any(axis=1)
        rows.save(conn, new, both.loc[differs, ["pattern_id", *facts]], posting_date.isoformat())
        moved = _moved(rows.members(conn), days, rows.known(conn))
        rows.assign(conn, moved)
    return {"patterns_found": len(new), "pattern_cases": len(moved)}


def _moved(members: pd.DataFrame, days: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Give case_id and pattern_id of the cases that are to belong elsewhere than they do."""
    id_of = known.set_index("pattern_key")["pattern_id"]
    there = pd.MultiIndex.from_arrays([id_of.reindex(days["pattern_key"]).to_numpy(), days["remit_date"]])
    is_in = pd.MultiIndex.from_frame(members[["pattern_id", "remit_date"]]).isin(there)
    wanted = members["pattern_id"].where(is_in, 0)
    differs = wanted != members["belongs_id"]
    return members.loc[differs, ["case_id"]].assign(pattern_id=wanted[differs]).reset_index(drop=True)
