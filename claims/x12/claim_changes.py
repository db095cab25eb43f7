"""The claims of two files in, each with the other it answers to; what differs, field by field and to the cent, out.

A change is a row: `pair` (of claims), `line_a` and `line_b` (ordinals of a service line in each file, 0 for the claim
itself or where there is none), `field`, `how` (as in `difference_fields.csv`: also the form of a code, as in shown.py;
`service`: a procedure and its charge), the values `a` and `b`, and `cents`, the
difference of amounts.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from claims.money import amount
from claims.x12.numbers import Integers
from claims.x12.pairing import paired

_PLACES = ["pair", "line_a", "line_b"]
COLUMNS = dict.fromkeys(_PLACES, "int64") | dict.fromkeys(("field", "how", "a", "b"), "object") | {"cents": "int64"}
# By family: the frame of claims and that of their lines.
FRAMES = {"835": ("claim_payments", "service_payments"), "837": ("claims", "service_lines")}
ADJUSTMENT, LINE, SERVICE = "adjustment", "service_line", "service"
_SEGMENTS_OF_SUMS = {
    "adjustment": "CAS", "remark": "LQ MIA MOA", "paid_by": "AMT SBR", "provider_adjustment": "PLB",
    "service_line": "LX SV1 SV2 SV3 SVC",
}  # fmt: skip
# The payer's number of a claim: what it gave, or what a corrected claim refers to.
_PAYER_NUMBER = {"claim_payments": "payer_claim_number", "claims": "original_reference"}
_REVERSAL = "22"
_CLAIM_PASSES = (
    ("set", "claim_number", "body"),
    ("set", "claim_number", "payer_number", "frequency_code", "is_reversal", "charge_cents"),
    ("set", "claim_number", "payer_number", "frequency_code", "is_reversal"),
    ("set", "claim_number", "is_reversal"),
    # Sets may have been split or joined on the way.
    ("claim_number", "body"),
    ("claim_number", "payer_number", "frequency_code", "is_reversal"),
    ("claim_number", "is_reversal"),
    ("claim_number",),
)
_LINE_PASSES = (
    ("pair", "line_control_number", "procedure_code", "charge_cents"),
    ("pair", "line_control_number"),
    ("pair", "procedure_code", "modifiers", "service_date", "charge_cents"),
    ("pair", "procedure_code", "service_date"),
    ("pair", "procedure_code"),
    ("pair",),
)


@cache
def fields(frame: str) -> dict[str, str]:
    """Return the columns of a frame that are compared, and how their values are shown."""
    with (resources.files(__package__) / "difference_fields.csv").open(encoding="utf-8") as stream:
        return {row["column"]: row["how"] for row in csv.DictReader(stream) if row["frame"] == frame}


@cache
def told_by() -> dict[str, frozenset[str]]:
    """Return the ids of the segments in which each field, or sum by its first word, stands."""
    found = {label: set(ids.split()) for label, ids in _SEGMENTS_OF_SUMS.items()}
    with (resources.files(__package__) / "difference_fields.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["column"], set()).update(row["segments"].split())
    return {field: frozenset(ids) for field, ids in found.items()}


def pair_claims(name: str, a: pd.DataFrame, b: pd.DataFrame, first: int) -> pd.DataFrame:
    """Number pairs of claims from `first` on, in a column `pair` of both frames; return the rows of each pair.

    The frames say their `set` (equal where sets are paired) and `body` (equal where all segments are).
    """

    def keyed(frame: pd.DataFrame) -> pd.DataFrame:
        reversal = frame["status_code"] == _REVERSAL if "status_code" in frame else False
        return frame.assign(is_reversal=reversal, payer_number=frame[_PAYER_NUMBER[name]])

    pairs = paired(keyed(a), keyed(b), _CLAIM_PASSES)
    number(a, b, pairs, first)
    return pairs


def number(a: pd.DataFrame, b: pd.DataFrame, pairs: pd.DataFrame, first: int = 0) -> None:
    """Add a column `pair` to two frames: the number of the pair of each row, -1 for none."""
    numbers = np.arange(first, first + len(pairs))
    for frame, which in ((a, "a"), (b, "b")):
        frame["pair"] = pd.Series(numbers, index=pairs[which]).reindex(frame.index, fill_value=-1)


def claim_changes(
    family: str, frames: Sequence[dict[str, pd.DataFrame]], claims: Sequence[pd.DataFrame], pairs: pd.DataFrame
) -> pd.DataFrame:
    """Return the changes between claims of two files that `pair_claims` has paired."""
    name, line_name = FRAMES[family]
    of_claim = [side.set_index("seg")["pair"] for side in claims]
    a, b = (_of_pairs(side[line_name], of) for side, of in zip(frames, of_claim, strict=True))
    line_pairs = paired(a, b, _LINE_PASSES, named="line_control_number")
    for lines, others, which, that in ((a, b, "a", "b"), (b, a, "b", "a")):
        partner = others.loc[line_pairs[that], "ordinal"].set_axis(line_pairs[which])
        lines[f"line_{which}"] = lines["ordinal"]
        lines[f"line_{that}"] = partner.reindex(lines.index, fill_value=0)
    found = [
        changed_fields(name, claims[0], claims[1], pairs),
        changed_fields(line_name, a, b, line_pairs),
        _lone(a, "a"),
        _lone(b, "b"),
    ]
    for sums in _SUMS[family]:
        one, other = (_of_pairs(side[sums.frame], of) for side, of in zip(frames, of_claim, strict=True))
        found.append(changed_sums(sums, _on_lines(one, a), _on_lines(other, b)))
    return changes(found)


def changes(found: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put changes together, in the order of pairs and lines."""
    filled = [part for part in found if len(part)]
    if not filled:
        return pd.DataFrame({column: pd.Series([], dtype=kind) for column, kind in COLUMNS.items()})
    whole = pd.concat(filled, ignore_index=True)[list(COLUMNS)].astype(COLUMNS)
    return whole.sort_values(["pair", "line_a", "line_b"], kind="stable", ignore_index=True)


def changed_fields(name: str, a: pd.DataFrame, b: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Compare all columns of a frame between rows that are paired; those of `a` say `pair` and perhaps the lines."""
    left, right = a.loc[pairs["a"]].reset_index(drop=True), b.loc[pairs["b"]].reset_index(drop=True)
    places = left.reindex(columns=_PLACES, fill_value=0)
    found = []
    for column, how in fields(name).items():
        one, other = left[column], right[column]
        same = (one == other).fillna(False).astype("bool") | (one.isna() & other.isna())
        differs = np.flatnonzero(~same)
        if not len(differs):
            continue
        cents = (_cents(other) - _cents(one))[differs] if how == "cents" else 0
        values = {"a": one[differs].astype("object"), "b": other[differs].astype("object")}
        found.append(places.iloc[differs].assign(field=column, how=how, cents=cents, **values))
    return changes(found)


@dataclass(frozen=True)
class Sums:
    """Amounts that are compared as sums: the column `amount` of a frame, by `keys`, which name the field."""

    label: str
    frame: str
    keys: tuple[str, ...]
    amount: str
    how: str


def changed_sums(sums: Sums, a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Compare sums by pair, line and keys between two frames that say `pair`, `line_a` and `line_b`."""
    by = [*_PLACES, *sums.keys]
    sides = [a[by].assign(a=_cents(a[sums.amount]), b=0), b[by].assign(a=0, b=_cents(b[sums.amount]))]
    both = pd.concat([side for side in sides if len(side)] or sides).groupby(by, as_index=False)[["a", "b"]].sum()
    both = both[both["a"] != both["b"]]
    field = np.full(len(both), sums.label, dtype="object")
    for key in sums.keys:
        field = field + " " + both[key].astype("object").to_numpy()
    cents = both["b"] - both["a"] if sums.how == "cents" else 0
    return changes([both.assign(field=field, how=sums.how, cents=cents)])


_SUMS = {
    "835": (
        Sums(ADJUSTMENT, "adjustments", ("group_code", "reason_code"), "amount_cents", "cents"),
        Sums("remark", "remarks", ("remark_code",), "one", "count"),
    ),
    "837": (Sums("paid_by", "other_payers", ("payer_code",), "paid_cents", "cents"),),
}


def _of_pairs(frame: pd.DataFrame, pair: pd.Series) -> pd.DataFrame:
    """Return the rows of paired claims, with the `pair` of each."""
    of = pair.reindex(frame["claim_seg"], fill_value=-1).to_numpy()
    return frame[of >= 0].assign(pair=of[of >= 0], one=1)


def _on_lines(rows: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Add the ordinals of the service line in which each row stands, 0 for none."""
    if "service_seg" not in rows:
        return rows.assign(line_a=0, line_b=0)
    of = lines.set_index("seg")[["line_a", "line_b"]].reindex(rows["service_seg"], fill_value=0)
    return rows.assign(line_a=of["line_a"].to_numpy(), line_b=of["line_b"].to_numpy())


def _lone(lines: pd.DataFrame, which: str) -> pd.DataFrame:
    """Return a change for each line that has no partner: procedure and charge on its side."""
    alone = lines[lines["line_b" if which == "a" else "line_a"] == 0]
    codes, charges = alone["procedure_code"].tolist(), alone["charge_cents"].tolist()
    told = [f"{code} {amount(cents)}".strip() for code, cents in zip(codes, charges, strict=True)]
    values = {"a": "", "b": "", which: told}
    return alone[_PLACES].assign(field=LINE, how=SERVICE, cents=0, **values)


def _cents(values: pd.Series) -> Integers:
    return np.asarray(values.astype("Int64").fillna(0), np.int64)
