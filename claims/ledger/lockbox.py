"""A lockbox deposit and its items: which items are the details of which deposit, and which of the two are bank lines.

A bank says of a lockbox the sum (BAI2 115), its items (116), or both, today the one and tomorrow the other. Money is
counted once: where items add up to a deposit they are the lines, for they name the cheques; a deposit that an earlier
statement brought stays the line.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import pandas as pd

ITEM = "lockbox_item"
SUM = "115"  # the type of a deposit as a whole; 118 and 415 correct one
NO_LINE = -1
ALL_CREDITS, ALL_LOCKBOX = "100", "110"  # sums of an account (03)


class Sets(NamedTuple):
    """Of each row the set it belongs to (0: none; NO_LINE: a detail that is in no total), and what does not add up.

    `odd`: labels of deposits that stand beside items which add up to no deposit.
    """

    numbers: pd.Series
    odd: list[int]


def sets_of(rows: pd.DataFrame, totals: Mapping[tuple[str, str], Mapping[str, int]]) -> Sets:
    """Put each deposit and the items that add up to it into one set, by account and day.

    `rows`, in order of the file: account, bank_date, type_code, kind, amount_cents, reference. `totals`: by account and
    day, the cents of the types ALL_CREDITS and ALL_LOCKBOX that the account itself (03) gives: where one of them tells
    whether items are money beside deposits, it decides.
    """
    numbers = pd.Series(0, index=rows.index, dtype="int64")
    odd: list[int] = []
    count = 0
    is_of_lockbox = (rows["type_code"] == SUM) | (rows["kind"] == ITEM)
    for key, own in rows[is_of_lockbox].groupby(["account", "bank_date"], sort=False):
        items = own[own["kind"] == ITEM]
        if len(items) in (0, len(own)):
            continue
        found = _adding_up(own)
        in_sets = {label for one in found for label in one}
        sums = own.loc[own.index.isin(in_sets) & (own["kind"] != ITEM), "amount_cents"]
        of_day = rows[(rows["account"] == key[0]) & (rows["bank_date"] == key[1]) & (rows["amount_cents"] > 0)]
        told = totals.get((str(key[0]), str(key[1])), {})
        counted = {ALL_CREDITS: int(of_day["amount_cents"].sum()), ALL_LOCKBOX: int(own["amount_cents"].sum())}
        over = {counted[name] - cents for name, cents in told.items()}
        if 0 in over and int(sums.sum()) not in over:
            continue  # all of them are money
        loose = items[~items.index.isin(in_sets)]
        if len(loose) and int(sums.sum() + loose["amount_cents"].sum()) in over:
            numbers[loose.index] = NO_LINE
        elif len(loose):
            odd += own.index[(own["kind"] != ITEM) & ~own.index.isin(in_sets)].tolist()
        for one in found:
            count += 1
            numbers[one] = count
    return Sets(numbers, odd)


def _adding_up(own: pd.DataFrame) -> list[list[int]]:
    """Find sets of one account and day: items with the deposit's reference, those that follow it, all that are left."""
    cents = dict(zip(own.index.tolist(), own["amount_cents"].tolist(), strict=True))
    is_item = (own["kind"] == ITEM).tolist()
    alike: dict[str, tuple[list[int], list[int]]] = {}  # deposits and items of a reference
    follow: dict[int, list[int]] = {}  # items up to the next deposit
    run: list[int] = []
    for label, named, item in zip(cents, own["reference"].tolist(), is_item, strict=True):
        alike.setdefault(named, ([], []))[item].append(label)
        if item:
            run.append(label)
        else:
            run = follow[label] = []
    found = [
        [*deposits, *items]
        for named, (deposits, items) in alike.items()
        if named and items and len(deposits) == 1 and sum(map(cents.__getitem__, items)) == cents[deposits[0]]
    ]
    used = {label for one in found for label in one}
    for deposit in [label for label in follow if label not in used]:
        if chosen := _start([label for label in follow[deposit] if label not in used], cents, cents[deposit]):
            found.append([deposit, *chosen])
            used.update(found[-1])
    left = [label for label in cents if label not in used]
    deposits = [label for label in left if label in follow]
    items = [label for label in left if label not in follow]
    if deposits and items and sum(map(cents.__getitem__, deposits)) == sum(map(cents.__getitem__, items)):
        found.append(left)
    return found


def _start(run: list[int], cents: Mapping[int, int], target: int) -> list[int]:
    """Give the shortest beginning of a run that adds up to something."""
    total = 0
    for number, label in enumerate(run, 1):
        total += cents[label]
        if total == target:
            return run[:number]
    return []


class Said(NamedTuple):
    """The bank lines that a statement says: `lines` by their stored keys, and what of its rows others stand for.

    `by_items`: deposits whose items came in another statement; `by_sum`: items whose deposit did. `twice`: items that
    are lines, and their deposit, too.
    """

    lines: pd.DataFrame
    by_items: pd.DataFrame
    by_sum: pd.DataFrame
    twice: pd.DataFrame


def said(rows: pd.DataFrame, stored: Collection[str], elsewhere: pd.DataFrame) -> Said:
    """Choose of what a file says (`bank_lines`, with set_number) the bank lines, by what is stored already.

    `stored`: the keys of `rows` that are. `elsewhere`: stored rows of lockboxes of the same days, read from other
    files; a deposit that is not stored, because its items are, stands among them, too.
    """
    known_as = rows["former_key"].where(rows["former_key"].isin(stored), rows["line_key"])
    rows = rows.assign(line_key=known_as)
    is_stored, in_set = rows["line_key"].isin(stored), rows["set_number"] > 0
    is_item = rows["kind"] == ITEM
    of_sums = rows["set_number"].isin(rows.loc[in_set & ~is_item & is_stored, "set_number"]) & in_set
    covered, twice = rows[of_sums & is_item & ~is_stored], rows[of_sums & is_item & is_stored]
    lines = rows[~(in_set & ~is_item & ~of_sums) & ~(of_sums & is_item) & (rows["set_number"] != NO_LINE)]
    elsewhere = elsewhere[~elsewhere["line_key"].isin(lines["line_key"])]
    if elsewhere.empty:
        return Said(lines, rows.iloc[:0], covered, twice)
    new = lines[~lines["line_key"].isin(stored) & (lines["account"] != "")]
    by_items, first = _of_items(new[new["type_code"] == SUM], elsewhere)
    by_sum, second = _of_sums(new[(new["kind"] == ITEM) & (new["set_number"] == 0)], elsewhere)
    rest = lines[~lines.index.isin([*by_items, *by_sum])]
    chosen = pd.concat([rest, elsewhere.loc[[*first, *second], list(rows.columns)]], ignore_index=True)
    return Said(chosen, rows.loc[by_items], pd.concat([covered, rows.loc[by_sum]]), twice)


def _of_items(deposits: pd.DataFrame, elsewhere: pd.DataFrame) -> tuple[list[int], list[int]]:
    """Find deposits whose items another statement brought: their labels, and those of the items."""
    found: list[int] = []
    items: list[int] = []
    for label, row in deposits.iterrows():
        there = elsewhere[_same_day(elsewhere, row) & ~elsewhere.index.isin(items)]
        for _, file in there.groupby("file", sort=True):
            sets = file.loc[(file["line_key"] == row["line_key"]) & (file["set_number"] > 0), "set_number"]
            own = file[file["is_stored"] & (file["kind"] == ITEM)]
            chosen = own.index[own["set_number"].isin(sets)].tolist() or _run(own, int(row["amount_cents"]))
            if chosen:
                found.append(int(str(label)))
                items += chosen
                break
    return found, items


def _of_sums(items: pd.DataFrame, elsewhere: pd.DataFrame) -> tuple[list[int], list[int]]:
    """Find items whose deposit another statement brought: their labels, and those of the deposits."""
    found: list[int] = []
    deposits: list[int] = []
    elsewhere = elsewhere if len(items) else elsewhere.iloc[:0]
    for label, row in elsewhere[elsewhere["is_stored"] & (elsewhere["type_code"] == SUM)].iterrows():
        own = items[_same_day(items, row) & ~items.index.isin(found)]
        if chosen := _run(own, int(row["amount_cents"])):
            found += chosen
            deposits.append(int(str(label)))
    return found, deposits


def _same_day(rows: pd.DataFrame, row: pd.Series) -> pd.Series:
    same: pd.Series = (rows["account"] == row["account"]) & (rows["bank_date"] == row["bank_date"])
    return same


def _run(items: pd.DataFrame, target: int) -> list[int]:
    """Give the first items, one after the other, that add up to something."""
    labels, ends = items.index.tolist(), [0, *items["amount_cents"].cumsum().tolist()]
    first = {end: place for place, end in reversed(list(enumerate(ends)))}
    for place, end in enumerate(ends[1:], 1):
        begin = first.get(end - target)
        if begin is not None and begin < place:
            return labels[begin:place]
    return []
