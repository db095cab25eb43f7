"""Diagnoses and the other health information of claims in, their HI segments out, in the order of the guide.

Rows of `diagnoses` say it in full: qualifier_code, code, and beside the columns of docs/frames.md, all optional,
`present_on_admission_code`, `date`, `date_to` (procedures, occurrences), `amount_cents` (values). Principal and other
diagnoses may stand in `diagnosis_codes` of `claims` alone, which wins where the two differ. Institutional claims may
also have `admitting_diagnosis_code`, `reason_for_visit_codes` and `external_cause_codes` (blank-separated).
Which qualifiers share a segment, and in which order segments follow, stands in layouts/health_information.csv.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12.layout import table
from claims.x12.numbers import Flags, Integers
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content
from claims.x12.write_pieces import (
    TEXT,
    Part,
    Texts,
    choice,
    chosen,
    differ,
    filled,
    gathered,
    is_among,
    joined,
    optional,
    segment_starts,
    spread,
    when,
)

_PER_SEGMENT = 12
# Columns of claims, and the qualifiers that their rows have in `diagnoses`; the last is written for what has no row.
_COLUMNS = (
    ("diagnosis_codes", ("BK", "BF", "ABK", "ABF")),
    ("admitting_diagnosis_code", ("BJ", "ABJ")),
    ("reason_for_visit_codes", ("PR", "APR")),
    ("external_cause_codes", ("BN", "ABN")),
)
# Components between amount and present on admission.
_MORE = ("quantity", "version", "end_code")


def diagnoses(content: Content, claims: Columns, kind: str) -> Part:
    """Write the HI segments of each claim."""
    rows, owner = content.children("diagnoses", "claim_seg", claims.integers("seg"))
    qualifier, code = spread(rows.text("qualifier_code"), len(owner)), _plain(rows.text("code"), len(owner))
    kept = np.ones(len(owner), np.bool_)
    more: list[tuple[Integers, Texts, Texts]] = []
    for column, qualifiers in _COLUMNS:
        if column not in claims:
            continue
        codes = _plain(claims.text(column), len(claims))
        mine = np.asarray(is_among(qualifier, qualifiers))
        other = np.asarray(differ(codes, _listed(code, owner, mine, len(claims))))
        if other.any():
            kept &= ~(mine & other[owner])
            more.append(_rows_of(codes, np.flatnonzero(other), qualifiers))
    texts = joined(qualifier, ":", code, _details(rows))
    rank = _ranks(qualifier, kind)
    if more:
        place = np.flatnonzero(kept)
        added = [joined(each, ":", code) for _, each, code in more]
        texts = pa.concat_arrays([spread(one, 0) for one in (chosen(texts, place), *added)])
        owner = np.concatenate([owner[place], *(one[0] for one in more)])
        rank = np.concatenate([rank[place], *(_ranks(one[1], kind) for one in more)])
    return _segments(texts, owner, rank, len(claims)) if len(owner) else ""


def _plain(codes: Part, rows: int) -> Texts:
    """Codes go without their decimal point."""
    return pc.replace_substring(spread(codes, rows), ".", "")


def _listed(code: Texts, owner: Integers, mine: Flags, claims: int) -> Texts:
    """Give the codes of each claim as its own column has them."""
    edges = np.searchsorted(owner[mine], np.arange(claims + 1))
    lists = pa.LargeListArray.from_arrays(pa.array(edges), code.filter(pa.array(mine)))
    return pc.binary_join(lists, pa.scalar(" ", TEXT))


def _rows_of(codes: Texts, claims: Integers, qualifiers: tuple[str, ...]) -> tuple[Integers, Texts, Texts]:
    """Make a row of each code in a column, with the qualifiers of ICD-10."""
    sent = claims[np.asarray(filled(chosen(codes, claims)))]
    lists = pc.split_pattern(chosen(codes, sent), " ")
    place = np.asarray(pc.list_parent_indices(lists), np.int64)
    is_first = np.diff(place, prepend=-1) > 0
    first = qualifiers[-2] if len(qualifiers) > 2 else qualifiers[-1]
    return sent[place], spread(choice(is_first, first, qualifiers[-1]), len(place)), pc.list_flatten(lists)


def _details(rows: Columns) -> Part:
    """Write what follows the code: date, amount, present on admission."""
    if not {"present_on_admission_code", "date", "amount_cents", *_MORE} & set(rows.frame.columns):
        return ""
    day, last = rows.date("date"), rows.date("date_to")
    period = when(filled(day), choice(filled(last), "RD8:", "D8:"), day, optional("-", last, ""))
    period = choice(filled(period), period, ":")
    more = joined(*(part for name in _MORE for part in (":", rows.text(name))))
    return joined(":", period, ":", rows.money("amount_cents"), more, ":", rows.text("present_on_admission_code"))


@cache
def _order(kind: str) -> tuple[pa.Array, Integers]:
    mine = [row for row in table("health_information") if row["sets"] == f"837{kind}"]
    return pa.array([row["qualifier"] for row in mine], TEXT), np.array([int(row["segment"]) for row in mine] + [99])


def _ranks(qualifier: Texts, kind: str) -> Integers:
    known, ranks = _order(kind)
    place = pc.fill_null(pc.index_in(qualifier, known), len(known))
    return np.asarray(ranks[np.asarray(place)], np.int64)


def _segments(texts: Texts, owner: Integers, rank: Integers, claims: int) -> Texts:
    """Put up to twelve composites of one rank into a segment."""
    if (owner[1:] < owner[:-1]).any() or ((rank[1:] < rank[:-1]) & (owner[1:] == owner[:-1])).any():
        order = np.lexsort((rank, owner))
        texts, owner, rank = chosen(texts, order), owner[order], rank[order]
    changes = np.append(True, (owner[1:] != owner[:-1]) | (rank[1:] != rank[:-1]))
    opens = segment_starts(changes, _PER_SEGMENT)
    closes = np.append(opens[1:], True)
    return gathered(joined(choice(opens, "HI*", "*"), texts, choice(closes, "~", "")), owner, claims)
