"""Frames of an 837 in a window in; the columns that only a complete reading fills, and `other_segments`, out.

Most of these columns stand in the tables `layouts/complete_*.csv`; here are those that the tables cannot say: what
belongs to the level that a claim hangs on, the components of health information, and the head of a transaction set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12.envelope import Transaction
from claims.x12.extract import Extract
from claims.x12.layout import frame_kinds
from claims.x12.levels import Levels
from claims.x12.numbers import Maybe, cents, dates, end_dates, no_values, together
from claims.x12.other_segments import other_segments
from claims.x12.rows import Components
from claims.x12.segments import CODES, IDS
from claims.x12.submissions import codes_of_claims, or_theirs
from claims.x12.texts import named, texts, upper
from claims.x12.tokens import Tokens
from claims.x12.window import Window

if TYPE_CHECKING:
    from claims.x12.sets import SetReader

# Columns of claims, and the qualifiers that their rows have in `diagnoses`.
_CODES = {
    "admitting_diagnosis_code": ("BJ", "ABJ"),
    "reason_for_visit_codes": ("PR", "APR"),
    "external_cause_codes": ("BN", "ABN"),
}
# Lines: the segment, and the kind of claim that it is made for.
_LINE_KINDS = sorted((CODES[segment], kind) for segment, kind in (("SV1", "P"), ("SV2", "I"), ("SV3", "D")))
_LINES, _KINDS = np.array([code for code, _ in _LINE_KINDS]), tuple(kind for _, kind in _LINE_KINDS)
# Times of claims: the qualifier and the format of the date that tells one, and where it begins there.
_TIMES = {"admission_time": ("435", "DT", 8), "discharge_time": ("096", "TM", 0)}
_CODE_DETAILS = {"quantity": 6, "version": 7, "end_code": 8, "present_on_admission_code": 9}
# The head of a set: elements of BHT, and of NM1 by its qualifier.
_BATCH = {"purpose_code": 2, "batch_reference": 3, "batch_time": 5, "claim_use_code": 6}
_ENDS = {"41": "submitter", "40": "receiver"}
_NO_HEAD = {
    **dict.fromkeys((*_BATCH, "submitter_contact", "submitter_phone"), ""),
    **{f"{who}_{what}": "" for who in _ENDS.values() for what in ("name", "id")},
    "batch_date": 0,
}


def complete(reader: SetReader, found: dict[str, Extract | None]) -> None:
    """Fill in what only a complete reading wants."""
    claims, lines, diagnoses = found["claims"], found["service_lines"], found["diagnoses"]
    if lines is not None:
        codes = reader.window.tokens.code[lines.rows]
        lines.columns["line_kind"] = named(_KINDS, np.searchsorted(_LINES, codes))
    if diagnoses is not None:
        _details(reader.window, diagnoses)
    if claims is not None:
        _of_levels(reader.levels, claims)
        _times(reader.window, claims, found["dates"])
        for column, qualifiers in _CODES.items():
            claims.columns[column] = codes_of_claims(reader.window, claims, diagnoses, qualifiers)
    for own, begin, after in reader.own_sets():
        # A set that goes on from the window before may end before the first segment of this one, another's ST.
        if reader.window.seg(begin) == own.seg:
            own.head = _head(reader.window.tokens, begin, after)
    found["other_segments"] = other_segments(reader, found)


def head(own: Transaction) -> dict[str, Any]:
    """Return the columns of `transactions` that say what the head of a set says."""
    return {**_NO_HEAD, **own.head}


def _head(tokens: Tokens, begin: int, after: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in range(begin + 1, after):
        segment = IDS[int(tokens.code[row])]
        if segment == "HL":
            break
        values = [*tokens.elements(row), *[""] * 10]
        if segment == "BHT":
            found |= {name: values[element] for name, element in _BATCH.items()}
            at = tokens.at(np.array([row]), 4)
            found["batch_date"] = int(dates(tokens.values(at))[0])
        elif segment == "NM1" and values[1] in _ENDS:
            found |= {f"{_ENDS[values[1]]}_name": values[3], f"{_ENDS[values[1]]}_id": values[9]}
        elif segment == "PER" and values[3] == "TE" and "submitter_phone" not in found:
            found |= {"submitter_contact": values[2], "submitter_phone": values[4]}
    return found


def _of_levels(levels: Levels, claims: Extract) -> None:
    """Take what is known of each claim's biller, subscriber and patient from its levels."""
    columns = claims.columns
    billing, subscriber, patient = (
        levels.rows(np.asarray(columns[f"{who}_seg"])) for who in ("billing", "subscriber", "patient")
    )
    is_self = patient == subscriber
    who_of = {"billing": billing, "subscriber": subscriber, "patient": patient}
    choices = {who: levels.choice(rows) for who, rows in who_of.items()}
    every, read_always = frame_kinds(complete=True)["(levels)"], frame_kinds()["claims"]
    for name, kind in every.items():
        if name in read_always or name not in frame_kinds(complete=True)["claims"]:
            continue
        who, _, what = name.partition("_")
        level = "patient" if name == "relationship_code" else who if who in who_of else "subscriber"
        is_date = kind == "date"
        columns[name] = levels.date(name, who_of[level]) if is_date else levels.text(name, choices[level])
        if who == "patient":
            theirs = columns[f"subscriber_{what}"]
            columns[name] = or_theirs(columns[name], theirs, is_self)


def _times(window: Window, claims: Extract, rows: Extract | None) -> None:
    """Take times of day from the dates of each claim; the first of several counts."""
    for column, (qualifier, form, begin) in _TIMES.items():
        place = np.full(len(claims) + 1, -1, np.int64)
        if rows is not None:
            is_time = window.places.loop[rows.rows] == window.plan.loops.index("2300")
            for name, code in (("qualifier_code", qualifier), ("format_code", form)):
                is_time &= np.asarray(pc.equal(rows.columns[name], code))
            at = np.flatnonzero(is_time)[::-1]
            place[window.owner("claim", rows.rows[at])] = at
        times = rows.columns["value"] if rows is not None else pa.array([], pa.large_string())
        found = times.take(pa.array(place[:-1], mask=place[:-1] < 0)).fill_null("")
        claims.columns[column] = pc.utf8_slice_codeunits(found, begin, begin + 4)


def _details(window: Window, diagnoses: Extract) -> None:
    """Read the components of health information behind the code."""
    tokens, rows, code = window.tokens, window.rows, CODES["HI"]
    count, groups = rows.count(code), int(diagnoses.repeat.max()) + 1
    every = together([rows.values(code, group) or no_values(count) for group in range(1, groups + 1)])
    place = np.searchsorted(rows.of(code), diagnoses.rows)
    parts = Components(tokens, every.take(diagnoses.repeat * count + place))
    day, amount = parts.part(4), parts.part(5)
    value, is_good = cents(tokens.data, amount)
    diagnoses.columns |= {
        "date": dates(day).astype(np.int32),
        "date_to": end_dates(tokens.view, day).astype(np.int32),
        "amount_cents": Maybe(value, ~is_good),
        **{name: upper(texts(tokens, parts.part(number))) for name, number in _CODE_DETAILS.items()},
    }
