"""Payers as people read them: the name that a claim says, else the one of master data, else the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from claims.errors import UsageError
from claims.service.context import Context
from claims.service.master import load_master


def named(ctx: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows (payer_code, payer_name) with a name in each; a charge names its payer by the code alone."""
    is_bare = rows["payer_name"] == ""
    if not is_bare.any():
        return rows
    known = _known(ctx)
    told = [known.get(code, code) for code in rows["payer_code"].tolist()]
    names = pd.Series(told, index=rows.index, dtype="str")
    return rows.assign(payer_name=rows["payer_name"].where(~is_bare, names))


def listed(ctx: Context, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give (code, name), by name, where a name may be the code or nothing: the name of master data then."""
    known = _known(ctx) if any(name in ("", code) for code, name in pairs) else {}
    named_now = [(code, known.get(code, code) if name in ("", code) else name) for code, name in pairs]
    return sorted(named_now, key=lambda one: (one[1].upper(), one[0]))


def meant(text: str, codes: Sequence[str]) -> str:
    """Give the one payer that fits a text, or the text itself where none does; UsageError where several do."""
    if len(codes) > 1:
        raise UsageError(f"Several payers fit {text}: {', '.join(codes)}. Give the code of one.")
    return codes[0] if codes else text


def fitting(ctx: Context, text: str, of_list: Sequence[tuple[str, str]]) -> str:
    """Give the code of the payer of a list (code, name) that is meant by a code or a part of a name.

    The names of master data count, too. The text itself where none fits; UsageError where several do.
    """
    if not text:
        return ""
    wanted = text.lower()
    both = [*of_list, *listed(ctx, [(code, "") for code, _ in of_list])]
    found = sorted({code for code, name in both if wanted in name.lower()})
    return text if text in {code for code, _ in of_list} else meant(text, found)


def one(ctx: Context, code: str, name: str) -> str:
    """Give one payer's name."""
    return name or str(_known(ctx).get(code) or code)


def _known(ctx: Context) -> Mapping[str, str]:
    """Give the names that master data have, the newest of each code."""
    rows = load_master(ctx).rows("payers")
    rows = rows[rows["payer_name"] != ""].sort_values("effective_from", kind="stable")
    return dict(zip(rows["payer_code"].tolist(), rows["payer_name"].tolist(), strict=True))
