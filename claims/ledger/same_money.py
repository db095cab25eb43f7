"""One deposit in several bank files: what tells that lines of two of them are the same money, and which of them stands.

The key of a line (`bank_lines.Keys`) finds a statement that says a line again in the same words. Another export of the
same account writes it in other words: what stays are day, amount and trace number. The rule is the same: equal money is
told apart within one file only, by its place there.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import count
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.identifiers import normal_trace

_SLOT = ["money_key", "account", "money_place"]  # of one deposit
_OF = ["money_key", "account"]
_PAYER = ["payer_name", "payer_identifier"]
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
    alike: dict[tuple[str, str], dict[tuple[str, ...], set[int]]] = {}
    for key, account, place, *told in stored[[*_OF, "money_place", *TOLD]].itertuples(index=False):
        alike.setdefault((key, account), {}).setdefault(_plain(told), set()).add(place)
    own = rows.loc[has_key & several, ["line_key", *_OF, *TOLD]]
    taken: dict[tuple[str, str], set[int]] = {}
    for line_key, key, account in own[["line_key", *_OF]].itertuples(index=False):
        if line_key in known:
            taken.setdefault((key, account), set()).add(known[line_key])
    for label, line_key, key, account, *told in own.itertuples():
        if line_key in known:
            found[label] = known[line_key]
            continue
        here, others, said = taken.setdefault((key, account), set()), alike.get((key, account), {}), _plain(told)
        apart: set[int] = set()
        same: set[int] = set()
        for one, those in others.items():
            if _differ(one, said):
                apart |= those
            elif one[0] and one[0] == said[0]:
                same |= those - here
        found[label] = (
            min(same) if same else next(place for place in count(1) if place not in here and place not in apart)
        )
        here.add(int(found[label]))
    return found


def _plain(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(text.upper().split()) for text in texts)


def _differ(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether any two of these texts differ, where both are there."""
    return any(first and second and first != second for first, second in zip(one, other, strict=True))


def standing(lines: pd.DataFrame) -> pd.Series[int]:
    """Give for each line (bank_line_id) the other one as which its money stands; 0 where it stands itself.

    `lines`, all of some keys: bank_line_id, line_key, account, money_key, money_place, payer_name, payer_identifier,
    copy_of_line_id, is_booked (it is in the books), was_booked (it ever was), is_undone, is_own (a person said so).
    What is in the books stays, and so does what a person said to be money of its own; of others the one that was there
    before stands, else the first by its key, so that no order of files changes anything. Lines that name two payers are
    no copies of each other.
    """
    if lines.empty:
        return pd.Series(dtype="int64")
    stays = lines["is_booked"] | lines["is_own"]
    rows = lines.assign(rank=np.select([lines["is_undone"], stays, lines["was_booked"]], [3, 0, 1], 2))
    rows = _in_slots(rows).sort_values([*_SLOT, "rank", "line_key"], kind="stable")
    rows["payer"] = _payers(rows)
    first = rows.groupby([*_SLOT, "payer"])[["bank_line_id", "rank"]].transform("first")
    # Nothing stands where all are undone; what is booked is a person's to take out.
    is_copy = (first["bank_line_id"] != rows["bank_line_id"]) & (first["rank"] < 3) & (rows["rank"] != 0)
    found = first["bank_line_id"].where(is_copy & ~rows["is_own"], 0).set_axis(rows["bank_line_id"])
    return found.reindex(lines["bank_line_id"], fill_value=0).astype("int64")


class _Line(NamedTuple):
    at: int  # its row
    bank_line_id: int
    account: str
    place: int
    copy_of: int
    is_own: bool


def _in_slots(lines: pd.DataFrame) -> pd.DataFrame:
    """Give lines of files that name no account the account and place of the line whose money they say."""
    names = ["bank_line_id", "account", "money_place", "copy_of_line_id", "is_own"]
    is_named = lines["account"] != ""
    of_key = [is_named.eq(one).groupby(lines["money_key"]).transform("any") for one in (True, False)]
    mixed: dict[str, list[_Line]] = {}
    several = lines[of_key[0] & of_key[1]]
    for key, line in zip(several["money_key"], several[names].itertuples(), strict=True):
        mixed.setdefault(str(key), []).append(_Line(*line))
    found = {at: slot for same in mixed.values() for at, slot in _slots(same).items()}
    return lines.assign(
        account=[found[at][0] if at in found else one for at, one in lines["account"].items()],
        money_place=[found[at][1] if at in found else one for at, one in lines["money_place"].items()],
    )


def _slots(lines: Sequence[_Line]) -> dict[int, tuple[str, int]]:
    """Give rows of lines without an account, all of one key, the account and place of a line that has one.

    That beside which the line is, or was, held; else the one of the same place; else the next that no other place has,
    of whatever account. What a person said to be money of its own is found by its own place only.
    """
    slot_of = {line.bank_line_id: (line.account, line.place) for line in lines if line.account}
    held = {line.copy_of: slot_of[line.bank_line_id] for line in lines if line.account and not line.is_own}
    own = {slot_of[line.bank_line_id] for line in lines if line.account and line.is_own}
    free = sorted(set(slot_of.values()), key=lambda slot: (slot[1], slot[0]))
    unnamed = sorted((line for line in lines if not line.account), key=lambda line: (line.place, line.bank_line_id))
    own_places = {line.place for line in unnamed if line.is_own}
    slots: dict[int, tuple[str, int]] = {}

    def take(place: int, fitting: list[tuple[str, int]]) -> None:
        if place not in slots and fitting:
            slots[place] = fitting[0]
            free.remove(fitting[0])

    for line in unnamed:
        beside = (slot_of.get(line.copy_of), held.get(line.bank_line_id))
        take(line.place, [slot for slot in free if slot in beside])
    for line in unnamed:
        take(line.place, [slot for slot in free if slot[1] == line.place])
    for line in unnamed:
        take(line.place, [slot for slot in free if slot not in own and line.place not in own_places])
    return {line.at: slots[line.place] for line in unnamed if line.place in slots}


def _payers(rows: pd.DataFrame) -> pd.Series[int]:
    """Number the payers of lines of one slot, from 0: a line is of the first one that it does not differ from."""
    found = pd.Series(0, index=rows.index, dtype="int64")
    several = rows.groupby(_SLOT)[_PAYER].transform("nunique").gt(1).any(axis=1)
    for _, part in rows[several].groupby(_SLOT):
        heads: list[tuple[str, str]] = []
        for line, name, identifier in part[_PAYER].itertuples():
            same = [at for at, head in enumerate(heads) if not _is_other_payer(head, (name, identifier))]
            if not same:
                heads.append((name, identifier))
            found[line] = same[0] if same else len(heads) - 1
    return found


def _is_other_payer(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether two lines name two payers: by their numbers, else by names of which none is within the other.

    A text with an addendum in it (TRN*) is what the bank says where it names nobody.
    """
    identifiers = (_letters(one[1]), _letters(other[1]))
    first, second = identifiers if all(identifiers) else (_letters(one[0]), _letters(other[0]))
    return bool(first and second and first not in second and second not in first)


def _letters(text: str) -> str:
    return "" if "TRN*" in text.upper() else "".join(filter(str.isalnum, text.upper()))
