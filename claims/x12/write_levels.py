"""Claims in; the loops of an 837 that they stand in (billing provider, subscriber, patient), ordered and numbered, out.

Claims that share a loop are brought together, loops in order of first appearance. Where claims say which levels they
were read from (`billing_seg`, `subscriber_seg`, `patient_seg`), these are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claims.x12.numbers import Flags, Integers
from claims.x12.write_columns import Columns
from claims.x12.write_pieces import Part, differ, filled, flags, numbered, whole_numbers

CLAIMS_PER_LOOP = 100  # the guide's limit of CLM under one HL

_BILLING = [
    *("billing_npi", "billing_tax_id", "billing_name", "billing_taxonomy"),
    *("billing_address", "billing_city", "billing_state", "billing_zip", "billing_first_name"),
    *("pay_to_address", "pay_to_city", "pay_to_state", "pay_to_zip"),
]
_SUBSCRIBER = [
    *("payer_code", "payer_name", "payer_sequence", "filing_indicator_code", "member_id", "group_number"),
    *("subscriber_last_name", "subscriber_first_name", "subscriber_gender"),
    *("subscriber_address", "subscriber_city", "subscriber_state", "subscriber_zip"),
]
_PATIENT = [
    *("patient_last_name", "patient_first_name", "patient_gender", "relationship_code"),
    *("patient_address", "patient_city", "patient_state", "patient_zip"),
]


@dataclass
class Level:
    """The loops of one level, in document order: a claim that shows each, its parent loop, its HL01."""

    rows: Integers
    parent: Integers
    number: Integers


@dataclass
class Levels:
    """`order` puts claims into document order; then `of_claim` is the patient loop that each stands in.

    A patient who is the subscriber has a patient loop without an HL: `has_level` is False.
    """

    order: Integers
    of_claim: Integers
    billing: Level
    subscriber: Level
    patient: Level
    has_level: Flags


def levels(claims: Columns, of_set: Integers) -> Levels:
    """Bring the claims of each set into loops."""
    count = len(claims)
    dependent = dependents(claims)
    billing = numbered(*_keys(claims, "billing", _BILLING), whole_numbers(of_set), rows=count)
    facts = [*_keys(claims, "subscriber", _SUBSCRIBER), claims.date("subscriber_birth_date")]
    subscriber = numbered(*facts, whole_numbers(billing), whole_numbers(dependent.astype(np.int64)), rows=count)
    if len(subscriber) and subscriber[-1] == count - 1:  # each claim has its own
        runs = [_runs(billing), subscriber, subscriber]
        if (billing[1:] >= billing[:-1]).all():
            return _numbered(np.arange(count), of_set, runs, dependent)
    who = [*_keys(claims, "patient", _PATIENT), claims.date("patient_birth_date")]
    full = _running(numbered(*who, whole_numbers(subscriber), rows=count)) // CLAIMS_PER_LOOP
    if full.any():  # a patient who is the subscriber needs another subscriber loop
        subscriber = numbered(whole_numbers(subscriber), whole_numbers(np.where(dependent, 0, full)), rows=count)
    patient = numbered(*who, whole_numbers(subscriber), whole_numbers(full), rows=count)
    patient = np.where(dependent, patient, -1 - subscriber)
    order = np.lexsort((np.arange(count), patient, subscriber, billing)).astype(np.int64)
    runs = [_runs(level[order]) for level in (billing, subscriber, patient)]
    return _numbered(order, of_set[order], runs, dependent[order])


def dependents(claims: Columns) -> Flags:
    """Tell whose patient is not the subscriber."""
    patient, subscriber = claims.integers("patient_seg"), claims.integers("subscriber_seg")
    known = "patient_seg" in claims and "subscriber_seg" in claims
    has_level = np.asarray((patient != subscriber) & (patient != 0) & known)
    relationship = claims.text("relationship_code")
    return np.where(flags(filled(relationship), len(claims)), flags(differ(relationship, "18"), len(claims)), has_level)


def _keys(claims: Columns, level: str, names: list[str]) -> list[Part]:
    return [*(claims.text(name) for name in names if name in claims), claims.count(f"{level}_seg")]


def _running(name: Integers) -> Integers:
    """Count from 0 within all that have the same number."""
    if np.bincount(name, minlength=1).max() <= CLAIMS_PER_LOOP:
        return np.zeros(len(name), np.int64)
    order = np.argsort(name, kind="stable")
    found = np.empty(len(name), np.int64)
    found[order] = np.arange(len(name)) - np.searchsorted(name[order], name[order])
    return found


def _runs(ordered: Integers) -> Integers:
    """Number the runs of equal values."""
    change = ordered[1:] != ordered[:-1]
    return np.append(0, np.cumsum(change))[: len(ordered)].astype(np.int64)


def _numbered(order: Integers, of_set: Integers, runs: list[Integers], dependent: Flags) -> Levels:
    """Number the HLs 1, 2, 3... in document order, anew in each set."""
    first = [np.flatnonzero(np.diff(run, prepend=-1)) for run in runs]
    set_of, billing_of, subscriber_of = of_set[first[0]], runs[0][first[1]], runs[1][first[2]]
    has_level = dependent[first[2]]
    # Before each loop: all loops of its own and upper levels so far, and those below earlier ones.
    patients_above = np.searchsorted(subscriber_of[has_level], np.arange(len(first[1]) + 1))
    subscribers_above = np.searchsorted(billing_of, np.arange(len(first[0])))
    place = np.arange(len(first[0])) + subscribers_above + patients_above[subscribers_above]
    sub_place = billing_of + 1 + np.arange(len(first[1])) + patients_above[:-1]
    patient_place = billing_of[subscriber_of] + 1 + subscriber_of + 1 + np.cumsum(has_level) - 1
    start = place[np.searchsorted(set_of, set_of)]
    set_start = start[billing_of]
    return Levels(
        order,
        runs[2],
        Level(first[0], set_of, place - start + 1),
        Level(first[1], billing_of, sub_place - set_start + 1),
        Level(first[2], subscriber_of, patient_place - set_start[subscriber_of] + 1),
        has_level,
    )
