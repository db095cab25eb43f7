"""Movements of accounts by what they belong to come in; the open items behind the balance of each account go out.

Amounts stand on the normal side of their account (codes/accounts.csv): of a liability credits are above zero, of an
asset debits. An item is open since the first day after the last one on which nothing of it was left, or more than that
the other way. What came with a provider adjustment or decision that moves nothing any more, because its remittance was
undone, made no item. What an undo, or a tie that was taken apart, took back never moved anything, and what is posted
again after it is as old as what was taken back (`as_before`): an item that went and came back so has the date that it
had, as its exceptions have. What another remittance, decision or bank line brings under the same key is new.

The day of a takeback or forward balance is that of the remittance that announced it, as `claims takebacks` has it: the
payer's time to take it, and ours to pay it back, run from the notice. All other items age from the accounting day.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from claims import codes

KEY = ["account", "payer_code", "payee_identifier", "reference"]
KEY += ["claim_payment_id", "bank_line_id", "adjustment_id", "remit_id", "family_id"]
CAME = ["came_with_id", "decided_by_id"]  # the provider adjustment, or the decision on a claim, behind a movement
# What brought a movement: of cash and of remittances' money (1000, 1050) the bank line, whose items are not its own.
BROUGHT = [*CAME, "moved_by_id"]
KINDS = {
    "1000": "in the bank",
    "1400": "withholding",
    "2100": "takeback",
    "2110": "forward balance",
    "2120": "advance",
    "2300": "refund",
}
# What these exceptions name is one item of their provider adjustment's segment, which can hold six: by its account, and
# those that name a debit by its sign.
_OF_DEBITS = ["WO_WITHOUT_REVERSAL", "PAYER_REFUND_UNANNOUNCED", "FB_WITHOUT_FORWARD", "ADVANCE_MISSING"]
_OF_DEBITS.append("WITHHOLDING_MISSING")  # of a credit: what is wrong on an asset
# What says of a remittance that its money is not in the bank.
OF_CLEARING = ["REMIT_WITHOUT_DEPOSIT", "DEPOSIT_SHORT", "DEPOSIT_RETURNED", "REMIT_DAY_AHEAD"]
ABOUT = {
    "WO_WITHOUT_REVERSAL": "2100",
    "PAYER_REFUND_UNANNOUNCED": "2100",
    "REFUND_WITHOUT_RECOVERY": "2100",
    "FB_WITHOUT_FORWARD": "2110",
    "ADVANCE_MISSING": "2120",
    "WITHHOLDING_MISSING": "1400",
    "PLB_UNKNOWN": "2200",
    "PLB_UNCONFIGURED": "2200",
}
CENTS = "amount_cents"
PLACE = ["sha256", "seg", "offset", "length"]
TOLD = ["payer_code", "payer_name", "trace_number", "payment_date", "claim_number", *PLACE]
_NUMBERS = (*KEY[4:], *PLACE[1:])
COLUMNS = [
    *("account", "item", "payer_code", "payer_name", "payee_identifier", "trace_number", "payment_date"),
    *("claim_number", "reference", "since_date", "days_open", "amount_cents", "named_by", *PLACE),
]


def standing(movements: pd.DataFrame) -> pd.DataFrame:
    """Give what is not zero by KEY: amount_cents, since_date; `movements` are of days (day)."""
    rows = open_since(_in_force(as_before(movements)), KEY)
    signed = rows.assign(amount_cents=rows["amount_cents"] * _side(rows["account"]))
    typed: pd.DataFrame = signed.astype({"amount_cents": "int64", "since_date": "str"})
    return typed


def as_before(movements: pd.DataFrame) -> pd.DataFrame:
    """Leave out what was taken back with what took it back, and date what came again after it as it was.

    Pairs are those of one `root_id` (0: none); `is_back`: it takes back. The first that the same BROUGHT moves in an
    item the same way after that, on the same day or later, is what came again.
    """
    own = movements[movements["root_id"] != 0]
    if own.empty:
        return movements
    of_root = [*KEY, *BROUGHT, "root_id"]
    pairs = own.groupby(of_root, as_index=False).agg(day=("day", "min"), amount_cents=("amount_cents", "sum"))
    left = pairs[pairs["amount_cents"] != 0]
    stand = pd.concat([movements[movements["root_id"] == 0], left], ignore_index=True)
    stand["is_debit"] = stand["amount_cents"] > 0
    gone = own.merge(pairs.loc[pairs["amount_cents"] == 0, of_root], on=of_root)
    gone["is_debit"] = (gone["amount_cents"] > 0) ^ (gone["is_back"] == 1)
    way = [*KEY, *BROUGHT, "is_debit"]
    until = gone[gone["is_back"] == 1].groupby([*way, "root_id"])["day"].max().rename("until")
    since = gone[gone["is_back"] == 0].groupby([*way, "root_id"])["day"].min().rename("since")
    former = pd.concat([until, since], axis=1).dropna().reset_index()
    again = stand[[*way, "day"]].drop_duplicates().merge(former, on=way)
    again = again[again["day"] >= again["until"]].sort_values("day").drop_duplicates([*way, "root_id"])
    dated = again.groupby([*way, "day"])["since"].min()
    told = dated.reindex(pd.MultiIndex.from_frame(stand[[*way, "day"]])).to_numpy()
    stand["day"] = stand["day"].where(pd.isna(told) | (stand["day"] < told), told)
    return stand.drop(columns="is_debit")


def open_since(movements: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Give what is not zero by `key`: amount_cents (debits above zero), since_date; `movements` are of days (day)."""
    days = movements.groupby([*key, "day"], sort=True, as_index=False)["amount_cents"].sum()
    days["balance"] = days.groupby(key)["amount_cents"].cumsum()
    days["last"] = days.groupby(key)["balance"].transform("last")
    days = days[days["last"] != 0]
    is_start = (days["balance"] == 0) | ((days["balance"] > 0) != (days["last"] > 0))
    backwards = is_start[::-1]
    is_since = backwards.groupby([days[name] for name in key]).cumsum()[::-1] == 0
    grouped = days[is_since].groupby(key, sort=True, as_index=False)
    rows: pd.DataFrame = grouped.agg(since_date=("day", "first"), amount_cents=("balance", "last"))
    return rows


def came_with(items: pd.DataFrame, movements: pd.DataFrame) -> pd.DataFrame:
    """Give what made each item since it is open: KEY, day, CAME (ids)."""
    own = as_before(movements)
    own = _in_force(own[(own[CAME] != 0).any(axis=1)]).merge(
        items[[*KEY, "since_date", "amount_cents"]], on=KEY, suffixes=("", "_item")
    )
    own = own[own["day"] >= own["since_date"]]
    own = own[(own["amount_cents"] * _side(own["account"]) > 0) == (own["amount_cents_item"] > 0)]
    return own[[*KEY, "day", *CAME]].drop_duplicates(ignore_index=True)


def _in_force(movements: pd.DataFrame) -> pd.DataFrame:
    """Leave out what provider adjustments and decisions moved and moved back."""
    net = movements.groupby([*KEY, *CAME])["amount_cents"].transform("sum")
    return movements[(movements[CAME] == 0).all(axis=1) | (net != 0)]


def sides() -> dict[str, int]:
    """Give 1 for each account where debits are above zero, -1 where credits are."""
    known = codes.table("accounts")
    return dict(zip(known["account"], known["normal_side"].map({"Dr": 1, "Cr": -1}).astype("int64"), strict=True))


def _side(accounts: pd.Series[str]) -> pd.Series[int]:
    return accounts.map(sides()).fillna(-1).astype("int64")


def listed(
    items: pd.DataFrame, told: Mapping[str, pd.DataFrame], sources: pd.DataFrame, exceptions: pd.DataFrame, as_of: str
) -> pd.DataFrame:
    """Give one row per item of `standing`, in natural order.

    `told`: by a column of KEY, what is known by its values (any of TOLD, `item`, `reference`); `sources`: KEY,
    day and TOLD of what made the other items; `exceptions`: type_code, claim_payment_id, bank_line_id,
    remit_id, sha256, seg of what was open.
    """
    parts, rest = [], items.assign(place=range(len(items)), item=items["account"].map(KINDS).fillna("other"))
    for column, known in told.items():
        is_known = rest[column].isin(known[column])
        own = rest[is_known].drop(columns=[name for name in known if name in rest and name != column])
        parts.append(own.merge(known, on=column))
        rest = rest[~is_known]
    first = sources.sort_values(["day", *PLACE[:2]], kind="stable").drop_duplicates(KEY)
    parts.append(rest.merge(first[[*KEY, *(name for name in TOLD if name in first and name not in KEY)]], how="left"))
    rows = pd.concat(parts, ignore_index=True).reindex(columns=[*KEY, "place", *TOLD[1:], "item", "since_date", CENTS])
    texts = [name for name in rows if name not in (*_NUMBERS, CENTS, "place")]
    rows = rows.fillna(dict.fromkeys(_NUMBERS, 0) | dict.fromkeys(texts, ""))
    rows = rows.astype(dict.fromkeys(_NUMBERS, "int64") | dict.fromkeys(texts, "str"))
    rows["days_open"] = (pd.Timestamp(as_of) - pd.to_datetime(rows["since_date"])).dt.days.astype("int64")
    rows["named_by"] = _named_by(rows, sources, exceptions)
    order = ["account", "since_date", "payer_code", "reference", "trace_number", *PLACE[:2], CENTS]
    return rows.sort_values(order, ignore_index=True)[COLUMNS]


def _named_by(rows: pd.DataFrame, sources: pd.DataFrame, exceptions: pd.DataFrame) -> pd.Series[str]:
    """Name the open exceptions of each item: of its claim payment or bank line, or of a row of a file it stands on."""
    own = rows[["place", "claim_payment_id", "bank_line_id", "remit_id", "sha256", "seg"]]
    more = rows[[*KEY, "place"]].merge(sources[[*KEY, "sha256", "seg"]], on=KEY)
    stands = pd.concat([own[["place", "sha256", "seg"]], more[["place", "sha256", "seg"]]])
    pairs = [
        own.loc[own[name] != 0, ["place", name]].merge(exceptions, on=name)[["place", "type_code"]]
        for name in ("claim_payment_id", "bank_line_id")
    ]
    of_clearing = exceptions[exceptions["type_code"].isin(OF_CLEARING)]
    pairs.append(
        own.loc[own["remit_id"] != 0, ["place", "remit_id"]].merge(of_clearing, on="remit_id")[pairs[0].columns]
    )
    pairs.append(stands[stands["sha256"] != ""].merge(exceptions, on=["sha256", "seg"])[["place", "type_code"]])
    words = pd.concat(pairs).drop_duplicates().merge(rows[["place", "account", CENTS]], on="place")
    about = words["type_code"].map(ABOUT)
    fits = about.isna() | ((about == words["account"]) & (~words["type_code"].isin(_OF_DEBITS) | (words[CENTS] < 0)))
    words = words[fits].sort_values(["place", "type_code"])
    texts = words.groupby("place")["type_code"].agg(" ".join)
    return texts.reindex(rows["place"]).set_axis(rows.index).fillna("").astype("str")


def balance(rows: pd.DataFrame, account: str) -> int:
    """Add up the items of an account."""
    return int(np.sum(rows.loc[rows["account"] == account, "amount_cents"]))
