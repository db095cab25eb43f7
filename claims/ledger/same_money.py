"""One deposit in several bank files: what tells that lines of two of them are the same money, and which of them stands.

The key of a line (`bank_lines.Keys`) finds a statement that says a line again in the same words. Another export of the
same account writes it in other words: what stays are day, amount and trace number. The rule is the same: equal money is
told apart within one file only, by its place there.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import pandas as pd

from claims.identifiers import normal_trace

_MONEY = ["money_key", "money_place"]
_OF = ["money_key", "account"]
TOLD = ["reference", "payer_name", "payer_identifier"]  # what tells lines of one kind of statement apart


def money_keys(rows: pd.DataFrame) -> pd.Series[str]:
    """Hash bank_date, amount_cents and the trace number as it is compared; "" where no trace number names the money."""
    trace = normal_trace(rows["trace_number"])
    said = zip(rows["bank_date"], rows["amount_cents"], trace, strict=True)
    keys = [sha256(f"{day}\x1f{cents}\x1f{name}".encode()).hexdigest() if name else "" for day, cents, name in said]
    return pd.Series(keys, index=rows.index, dtype="str")


def places(rows: pd.DataFrame, stored: pd.DataFrame) -> pd.Series[int]:
    """Give each line of a file its place among the lines of its money (money_key) and account there, from 1; 0: no key.

    `rows`, in order of the file: line_key, money_key, account and `TOLD`. `stored`: those and money_place of all lines
    that the books have of these keys. A line that is stored keeps its place, and no other line of the file takes it. Of
    lines of one kind of statement (that name the account alike) the bank's own reference, or another payer, tells that
    they are two: one bank writes these alike.
    """
    found = pd.Series(0, index=rows.index, dtype="int64")
    has_key = rows["money_key"] != ""
    several = rows.duplicated(["money_key", "account"], keep=False) | rows["money_key"].isin(stored["money_key"])
    found[has_key & ~several] = 1
    known = dict(zip(stored["line_key"], stored["money_place"], strict=True))
    alike: dict[tuple[str, str], list[tuple[tuple[str, ...], int]]] = {}
    for key, account, place, *told in stored[[*_OF, "money_place", *TOLD]].itertuples(index=False):
        alike.setdefault((key, account), []).append((_plain(told), place))
    own = rows.loc[has_key & several, ["line_key", *_OF, *TOLD]]
    taken: dict[tuple[str, str], set[int]] = {}
    for line_key, key, account in own[["line_key", *_OF]].itertuples(index=False):
        if line_key in known:
            taken.setdefault((key, account), set()).add(known[line_key])
    for label, line_key, key, account, *told in own.itertuples():
        if line_key in known:
            found[label] = known[line_key]
            continue
        here, others, said = taken.setdefault((key, account), set()), alike.get((key, account), []), _plain(told)
        apart = {place for one, place in others if _differ(one, said)}
        same = {place for one, place in others if one[0] and one[0] == said[0] and not _differ(one, said)} - here
        free = (place for place in range(1, len(here) + len(apart) + 2) if place not in here | apart)
        found[label] = min(same) if same else next(free)
        here.add(int(found[label]))
    return found


def _plain(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(text.upper().split()) for text in texts)


def _differ(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether any two of these texts differ, where both are there."""
    return any(first and second and first != second for first, second in zip(one, other, strict=True))


def standing(lines: pd.DataFrame) -> pd.Series[int]:
    """Give for each line (bank_line_id) the other one as which its money stands; 0 where it stands itself.

    `lines`, all of some keys: bank_line_id, line_key, account, money_key, money_place, copy_of_line_id, is_booked (it
    is in the books), was_booked (it ever was), is_undone, is_own (a person said so). A file that names no account says
    money of the account that it was held beside before, else of the first. What is in the books stays; of others the
    one that was there before stands, else the first by its key, so that no order of files changes anything.
    """
    if lines.empty:
        return pd.Series(dtype="int64")
    rows = lines[~lines["is_own"]].assign(account=_accounts(lines))
    rows = rows.assign(rank=np.select([rows["is_undone"], rows["is_booked"], rows["was_booked"]], [3, 0, 1], 2))
    rows = rows.sort_values([*_MONEY, "account", "rank", "line_key"], kind="stable")
    first = rows.groupby([*_MONEY, "account"])[["bank_line_id", "rank"]].transform("first")
    # Nothing stands where all are undone; what is booked is a person's to take out.
    is_copy = (first["bank_line_id"] != rows["bank_line_id"]) & (first["rank"] < 3) & (rows["rank"] != 0)
    found = first["bank_line_id"].where(is_copy, 0).set_axis(rows["bank_line_id"])
    return found.reindex(lines["bank_line_id"], fill_value=0).astype("int64")


def _accounts(lines: pd.DataFrame) -> pd.Series[str]:
    """The account of each line; where its file names none, that of the line beside which it is, or was, held."""
    by_id = lines.set_index("bank_line_id")["account"]
    named = lines[(lines["account"] != "") & ~lines["is_own"]]
    of_copies = named[named["copy_of_line_id"] != 0].groupby("copy_of_line_id")["account"].min()
    linked = by_id.reindex(lines["copy_of_line_id"]).fillna("").set_axis(lines.index)
    linked = linked.where(linked != "", of_copies.reindex(lines["bank_line_id"]).fillna("").set_axis(lines.index))
    least = named.groupby(_MONEY)["account"].min()
    least = least.reindex(pd.MultiIndex.from_frame(lines[_MONEY])).fillna("").set_axis(lines.index)
    return lines["account"].where(lines["account"] != "", linked.where(linked != "", least))
