"""Takebacks: what payers announced, took, forwarded and still will take, by payer and reference, with the claims."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.identifiers import normal_number
from claims.masking import MASK
from claims.reports.open_items import open_since
from claims.service import paged
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.store.engine import read
from claims.store.queries import takebacks as rows_of
from claims.store.queries.asof import AsOf

STATES = ("open", "unannounced", "unexplained", "settled")
KINDS = {"2100": "recovery", "2110": "forward balance"}
END_OF_TIME = "9999-12-31T23:59:59.999999Z"


def listed(
    ctx: Context, *, state: str = "open", payer: str = "", as_of: date | None = None, show_phi: bool = False
) -> pd.DataFrame:
    """List takebacks, the oldest first.

    key, kind, payer_code, payer_name, reference, announced_cents, taken_cents, refunded_cents (cheques of ours),
    acknowledged_cents, adjusted_cents, open_cents (announced and acknowledged, less taken, refunded and adjusted: what
    the payer will still take; negative: taken and never announced), since (the day of the notice from which it is open,
    as `open_items` has it), age_days, last_date, state (open, unannounced, unexplained: acknowledged and taken at once,
    and neither a refund of ours nor a reversal; settled).
    """
    rows = _asked(ctx, state, payer, as_of or ctx.settings.today())
    if show_phi:
        record_shown(ctx, "takebacks", {"takebacks": rows["key"].tolist()})
    else:
        rows["reference"] = _masked(rows["reference"])
    return rows


def totals(rows: pd.DataFrame) -> dict[str, int]:
    """Add up what payers will still take (open_cents) and, apart from it, what nothing announced (unannounced_cents).

    They are other payers' or other claims' money: one never pays for the other.
    """
    cents = rows["open_cents"]
    return {"open_cents": int(cents.clip(lower=0).sum()), "unannounced_cents": -int(cents.clip(upper=0).sum())}


def page(ctx: Context, state: str, payer: str, after: paged.Place | None) -> tuple[paged.Page, int, dict[str, int]]:
    """Give a page of what `listed` lists, how many there are in all, and their `totals`; shown, and audited."""
    rows = _asked(ctx, state, payer, ctx.settings.today())

    def part(place: Sequence[Any] | None, limit: int, is_back: bool) -> pd.DataFrame:
        at = list(zip(rows["since"], rows["key"], strict=True))
        if place is None:
            return rows.head(limit)
        cut = bisect_left(at, tuple(place)) if is_back else bisect_right(at, tuple(place))
        return rows.iloc[:cut].tail(limit).iloc[::-1] if is_back else rows.iloc[cut:].head(limit)

    found = paged.page(part, ("since", "key"), after)
    if len(found.rows):
        record_shown(ctx, "takebacks", {"takebacks": found.rows["key"].tolist()})
    return found, len(rows), totals(rows)


def _asked(ctx: Context, state: str, payer: str, day: date) -> pd.DataFrame:
    if state not in (*STATES, "any"):
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}, any.")
    with read(ctx.engine) as conn:
        as_of = AsOf(day, END_OF_TIME)
        rows = summed(rows_of.entries(conn, as_of), day, rows_of.unexplained(conn, as_of))
        names = rows_of.payer_names(conn)
    rows["payer_name"] = rows["payer_code"].map(names).fillna("").astype("str")
    # All but what is settled asks for work: a person sees it together.
    wanted = {"open": [one for one in STATES if one != "settled"], "any": list(STATES)}.get(state, [state])
    asked = rows["state"].isin(wanted)
    if payer:
        fits = rows["payer_name"].str.contains(payer, case=False, regex=False) | (rows["payer_code"] == payer)
        asked &= fits
    return rows[asked].sort_values(["since", "key"], kind="stable", ignore_index=True)


def summed(entries: pd.DataFrame, day: date, unexplained: Collection[tuple[str, str]] = frozenset()) -> pd.DataFrame:
    """Sum the entries of 2100 and 2110 by account, payer, payee (of a forward balance) and reference.

    `unexplained`: payer and reference of what is zero and not settled (`queries.takebacks.unexplained`).
    """
    told = entries["amount_cents"].where(~entries["is_undo"], -entries["amount_cents"])
    # WO and FB, and any code of which a person or the practice says that it is a takeback.
    is_told = ~entries["code"].isin(["", "72", "CS"])
    by_code = {
        "announced_cents": is_told & (told < 0),
        "taken_cents": is_told & (told > 0),
        "refunded_cents": entries["code"] == "",
        "acknowledged_cents": entries["code"] == "72",
        "adjusted_cents": entries["code"] == "CS",
    }
    sign = {"announced_cents": -1, "acknowledged_cents": -1}
    keys = ["account", "payer_code", "payee", "reference"]
    columns = {name: entries["amount_cents"].where(own, 0) * sign.get(name, 1) for name, own in by_code.items()}
    rows = entries.assign(**columns, open_cents=-entries["amount_cents"]).groupby(keys, as_index=False)
    total = rows[[*by_code, "open_cents"]].sum()
    days = rows.agg(first_day=("day", "min"), last_date=("effective_date", "max"))
    total = total.merge(days, on=keys).merge(_open_since(entries, keys), on=keys, how="left")
    total["since"] = total.pop("since_date").fillna(total.pop("first_day"))
    known = total["since"].where(total["since"] != "", day.isoformat()).to_numpy(dtype="datetime64[D]")
    state = np.select([total["open_cents"] > 0, total["open_cents"] < 0], ["open", "unannounced"], "settled")
    pairs = pd.MultiIndex.from_frame(total[["payer_code", "reference"]]).isin(list(unexplained))
    state = np.where((state == "settled") & pairs & (total["account"] == "2100"), "unexplained", state)
    # What is settled grows no older than the day that settled it.
    ended = total["last_date"].where((state == "settled") & (total["last_date"] != ""), day.isoformat())
    until = ended.to_numpy(dtype="datetime64[D]")
    payee = ("\x1f" + total["payee"]).where(total["payee"] != "", "")
    texts = (total["account"] + "\x1f" + total["payer_code"] + "\x1f" + total["reference"] + payee).tolist()
    return total.assign(
        key=pd.Series([sha256(text.encode()).hexdigest()[:10] for text in texts], index=total.index, dtype="str"),
        kind=total["account"].map(KINDS),
        age_days=(until - known).astype("int64"),
        state=pd.Series(state, index=total.index, dtype="str"),
    )


def _open_since(entries: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Since when what is not zero is open; what an undo took back dates nothing."""
    own = [*keys, "provider_adjustment_id"]
    is_moved = entries.groupby(own)["amount_cents"].transform("sum") != 0
    in_force = entries[is_moved | (entries["provider_adjustment_id"] == 0)]
    return open_since(in_force, keys).drop(columns="amount_cents")


def told(ctx: Context, key: str, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one takeback by its key or the beginning of it: its sums, its entries, and the claims behind it."""
    day = ctx.settings.today()
    with read(ctx.engine) as conn:
        entries = rows_of.entries(conn, AsOf(day, END_OF_TIME))
        one = _one(summed(entries, day, rows_of.unexplained(conn, AsOf(day, END_OF_TIME))), key)
        own = entries
        for name in ("account", "payer_code", "payee", "reference"):
            own = own[own[name] == one[name]]
        normal = str(normal_number(pd.Series([one["reference"]], dtype="str")).iloc[0])
        claims = rows_of.claims_behind(conn, one["account"], one["payer_code"], one["reference"], normal)
        one["payer_name"] = rows_of.payer_names(conn).get(one["payer_code"], "")
    if show_phi:
        record_shown(ctx, f"takeback {one['key']}")
    else:
        one["reference"] = MASK if one["reference"] else ""
        claims = claims.assign(
            claim_number=_masked(claims["claim_number"]), payer_claim_number=_masked(claims["payer_claim_number"])
        )
    own = own.drop(columns=["account", "payer_code", "payee", "reference", "remit_id", "is_undo", "day"])
    own = own.drop(columns="provider_adjustment_id")
    return one | {"entries": own.reset_index(drop=True), "claims": claims}


def recovery(ctx: Context, key: str) -> tuple[str, str, int]:
    """Give payer_code, reference and open cents of a recovery by its key or the beginning of it, for a refund of it."""
    day = ctx.settings.today()
    with read(ctx.engine) as conn:
        one = _one(summed(rows_of.entries(conn, AsOf(day, END_OF_TIME)), day), key)
    if one["account"] != "2100":
        raise UsageError("This is a forward balance: the payer brings it back itself, no cheque of ours settles it.")
    return str(one["payer_code"]), str(one["reference"]), int(one["open_cents"])


def _one(rows: pd.DataFrame, key: str) -> dict[str, Any]:
    found = rows[rows["key"].str.startswith(key.lower())] if key else rows.iloc[:0]
    if len(found) != 1:
        raise NotFoundError("takeback" if found.empty else "single takeback", "with this key")
    return {str(name): value for name, value in found.iloc[0].items()}


def _masked(texts: pd.Series) -> pd.Series:
    return texts.where(texts == "", MASK)
