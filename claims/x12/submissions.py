"""What is special to an 837: its frames of one window in; parties by hierarchy, fall-backs, checks and sums out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12 import balance
from claims.x12.extract import Extract
from claims.x12.hashes import Canonical
from claims.x12.levels import Levels
from claims.x12.numbers import Flags, Integers, integers, pack
from claims.x12.segments import CODES
from claims.x12.texts import even_texts, no_texts, size_of
from claims.x12.window import Window

if TYPE_CHECKING:
    from claims.x12.sets import SetReader

# Which HI components are diagnoses: principal and other, ICD-10 and ICD-9.
_DIAGNOSES = ["ABK", "ABF", "BK", "BF"]
_CLAIM_ENDS = [CODES[name] for name in ("CLM", "HL", "SE")]
_NEVER = 99999999


def complete(reader: SetReader, found: dict[str, Extract | None]) -> None:
    """Fill in, check and count the frames of an 837."""
    claims, lines = found["claims"], found["service_lines"]
    reader.orphans(lines, "CLM")
    checked = balance.charges(reader.window, claims, lines)
    reader.findings += checked.findings
    reader.count("claims", claims)
    reader.count("service_lines", lines)
    reader.sum("charge_cents", claims, "charge_cents")
    if claims is not None:
        reader.tally("claim_off", claims.rows[~checked.claim_good])
        _parties(reader.window, reader.levels, claims)
        claims.columns["kind"] = _kinds(reader.window, claims, lines)
        claims.columns["diagnosis_codes"] = codes_of_claims(reader.window, claims, found["diagnoses"], _DIAGNOSES)
        claims.columns["body_hash"] = _hashes(reader.window, reader.canonical, claims)
    if lines is not None:
        _line_numbers(reader.window, lines)
        if claims is not None:
            _dates(reader.window, claims, lines)
    _count_adjustments(reader)


def _parties(window: Window, levels: Levels, claims: Extract) -> None:
    """Take the billing provider, subscriber and patient of each claim from the levels that it hangs on."""
    columns = claims.columns
    billing, subscriber, patient = levels.ancestors(window.seg(claims.rows), window.owners.seg_of(claims.rows))
    columns["billing_seg"], columns["subscriber_seg"] = levels.segs(billing), levels.segs(subscriber)
    columns["patient_seg"] = levels.segs(patient)
    of_billing, of_subscriber = levels.choice(billing), levels.choice(subscriber)
    for name in ("billing_npi", "billing_tax_id", "billing_name"):
        columns[name] = levels.text(name, of_billing)
    for name in ("payer_code", "payer_name", "payer_sequence", "filing_indicator_code", "member_id"):
        columns[name] = levels.text(name, of_subscriber)
    is_self = patient == subscriber
    of_patient = of_subscriber if is_self.all() else levels.choice(patient)
    for name in ("last_name", "first_name"):
        columns[f"subscriber_{name}"] = theirs = levels.text(f"subscriber_{name}", of_subscriber)
        own = levels.text(f"patient_{name}", of_patient)
        columns[f"patient_{name}"] = or_theirs(own, theirs, is_self)
    born, theirs_born = levels.date("patient_birth_date", patient), levels.date("subscriber_birth_date", subscriber)
    columns["patient_birth_date"] = np.where(is_self, theirs_born, born)


def or_theirs(own: pa.Array, theirs: pa.Array, is_self: Flags) -> pa.Array:
    """Return what is said of the patient; of one who is the subscriber and has nothing of his own, the subscriber's."""
    if is_self.all() and not size_of(own):
        return theirs
    return pc.if_else(pc.and_(pa.array(is_self), pc.equal(own, "")), theirs, own)


def _kinds(window: Window, claims: Extract, lines: Extract | None) -> pa.Array:
    """Return P, I or D: as the guide says, else as the claim's lines show."""
    kind = window.plan.set_code[3:]
    if kind or lines is None:
        return even_texts(kind.encode("ascii") * len(claims), 1) if kind else no_texts(len(claims))
    code, owner = window.tokens.code[lines.rows], window.owner("claim", lines.rows)
    which = np.zeros(len(claims) + 1, np.int64)
    for number, name in enumerate(("SV1", "SV2", "SV3"), 1):
        which[owner[code == CODES[name]]] = number
    return pa.array(["", "P", "I", "D"], pa.large_string()).take(pa.array(which[:-1]))


def codes_of_claims(window: Window, claims: Extract, diagnoses: Extract | None, qualifiers: Sequence[str]) -> pa.Array:
    """Return the codes of each claim in `diagnoses` that have one of the qualifiers."""
    if diagnoses is None:
        return no_texts(len(claims))
    owner, codes = window.owner("claim", diagnoses.rows), diagnoses.columns["code"]
    wanted = _has_one_of(diagnoses, qualifiers) & (owner >= 0)
    if not wanted.all():
        owner, codes = owner[wanted], codes.filter(pa.array(wanted))
    edges = np.searchsorted(owner, np.arange(len(claims) + 1)).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(edges), codes), pa.scalar(" ", pa.large_string()))


def _has_one_of(diagnoses: Extract, qualifiers: Sequence[str]) -> Flags:
    values = diagnoses.values_of.get("qualifier_code")
    found: Flags = np.zeros(len(diagnoses), np.bool_)
    if values is not None:
        for qualifier in qualifiers:
            found |= values.code == np.uint64(pack(qualifier))
    return found


def _hashes(window: Window, canonical: Canonical | None, claims: Extract) -> pa.Array:
    if canonical is None:
        return no_texts(len(claims))
    ends = np.concatenate([window.owners.edges(), *(window.rows.of(code) for code in _CLAIM_ENDS)])
    ends = np.append(np.sort(ends), len(window.tokens))
    after = ends[np.searchsorted(ends, claims.rows, side="right")]
    return even_texts(b"".join(canonical.hashes(claims.rows, after)).hex().encode("ascii"), 64)


def _line_numbers(window: Window, lines: Extract) -> None:
    """LX01 of the LX before the line, in the same claim."""
    numbered, values = window.rows.of(CODES["LX"]), window.rows.values(CODES["LX"], 1)
    found = np.zeros(len(lines), np.int64)
    if values is not None:
        value, _ = integers(values)
        owner, of_number = window.owner("claim", lines.rows), window.owner("claim", numbered)
        if not _alternate(numbered, lines.rows):
            place = np.searchsorted(numbered, lines.rows) - 1
            of_number, value = np.where(place >= 0, of_number[place], -1), value[place]
        mine = (of_number == owner) & (owner >= 0)
        found = value if mine.all() else np.where(mine, value, 0)
    lines.columns["line_number"] = found


def _alternate(ones: Integers, others: Integers) -> bool:
    """Tell whether one of some segments stands before each of others, as an LX almost always does before a line."""
    return len(ones) == len(others) and bool((ones < others).all() and (others[:-1] < ones[1:]).all())


def _dates(window: Window, claims: Extract, lines: Extract) -> None:
    """A line without a date has the claim's; a claim without statement dates has its lines' first and last."""
    owner = window.owner("claim", lines.rows)
    start = np.asarray(lines.columns["service_date"])
    end = np.asarray(lines.columns["service_to_date"])
    own_start = np.append(claims.columns["statement_from_date"], np.int32(0))
    own_end = np.append(claims.columns["statement_to_date"], np.int32(0))
    lines.columns["service_date"] = np.where(start == 0, own_start[owner], start)
    lines.columns["service_to_date"] = np.where(start == 0, own_end[owner], end)
    dated = start > 0
    first, last = np.full(len(own_start), _NEVER, np.int32), np.zeros(len(own_start), np.int32)
    np.minimum.at(first, owner[dated], start[dated])
    np.maximum.at(last, owner[dated], end[dated])
    first[first == _NEVER] = 0
    unset = own_start[:-1] == 0
    claims.columns["statement_from_date"] = np.where(unset, first[:-1], own_start[:-1])
    claims.columns["statement_to_date"] = np.where(unset, last[:-1], own_end[:-1])


def _count_adjustments(reader: SetReader) -> None:
    """Count the reasons of all CAS, of the claim (2320) and of its lines (2430)."""
    rows = reader.window.rows.of(CODES["CAS"])
    for element in range(2, 20, 3):
        values = reader.window.rows.values(CODES["CAS"], element)
        if values is None:
            return
        reader.tally("adjustments", rows[values.length > 0])
