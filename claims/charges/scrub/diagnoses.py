"""S03 and S04: diagnoses that are missing, too many, repeated or of the wrong form, and pointers to nothing."""

from __future__ import annotations

import re

import numpy as np

from claims.charges.scrub import diagnosis_rows
from claims.charges.scrub.columns import counts, some
from claims.charges.scrub.diagnosis_rows import MOST_POINTERS, POINTED
from claims.charges.scrub.work import Look, Work
from claims.findings import shown

_ICD10, _ICD9 = ("ABK", "ABF", "ABJ", "ABN", "APR"), ("BK", "BF", "BJ", "BN", "PR")
_FORM = {
    **dict.fromkeys(_ICD10, re.compile(r"[A-Z][0-9][A-Z0-9]{1,5}", re.ASCII)),
    **dict.fromkeys(_ICD9, re.compile(r"[0-9VE][0-9]{2,4}", re.ASCII)),
}
_FIRST_ICD10_DAY = 20151001
# How many codes of a kind a claim may have: by kind of claim, the qualifiers counted together.
_MOST = (
    ("P", POINTED, 12),
    ("D", POINTED, 4),
    ("I", ("ABK", "BK"), 1),
    ("I", ("ABF", "BF"), 24),
    ("I", ("ABJ", "BJ"), 1),
    ("I", ("APR", "PR"), 3),
    ("I", ("ABN", "BN"), 12),
)


def look(work: Work) -> Look:
    """Check the diagnoses of each claim."""
    rows = diagnosis_rows.of(work)
    claims = len(work.claims)
    yield work.at_claims("S03a", rows.each == 0)
    for kind, qualifiers, most in _MOST:
        each = counts(rows.claim[rows.qualifier.are(qualifiers)], claims)
        over = np.flatnonzero((each > most) & work.is_kind(kind))
        yield work.at_claims("S03b", over, found=[str(one) for one in each[over].tolist()], expected=str(most))

    own = np.flatnonzero(rows.is_pointed)
    key = rows.claim[own] * max(len(rows.code.values), 1) + rows.code.at[own]
    order = np.argsort(key, kind="stable")
    again = own[order[1:][key[order[1:]] == key[order[:-1]]]]
    yield work.at_claims("S03c", rows.claim[again], found=shown(rows.code.texts(again), 8))

    for qualifier in rows.qualifier.values:
        if qualifier in _FORM:
            wrong = ~rows.code.are(lambda code, form=_FORM[qualifier]: form.fullmatch(code) is not None)  # type: ignore[misc]
            bad = np.flatnonzero(wrong & rows.qualifier.are((qualifier,)))
            yield work.at_claims("S03d", rows.claim[bad], found=shown(rows.code.texts(bad), 8))

    old, new = (some(rows.claim[rows.qualifier.are(names)], claims) for names in (_ICD9, _ICD10))
    day = work.last_day
    mixed = old & new
    yield work.at_claims("S03f", mixed, found="codes of both lists", expected="one list")
    late = np.flatnonzero(old & ~mixed & (day >= _FIRST_ICD10_DAY))
    yield work.at_claims("S03f", late, found="ICD-9", expected="ICD-10")
    early = np.flatnonzero(new & ~mixed & (day > 0) & (day < _FIRST_ICD10_DAY))
    yield work.at_claims("S03f", early, found="ICD-10", expected="ICD-9")


def look_at_pointers(work: Work) -> Look:
    """Check the pointers of each line."""
    pointers = work.lines.coded("diagnosis_pointers")
    split = [text.split() for text in pointers.values]
    yield work.at_lines("S04a", pointers.are(("",)))
    highest = np.array([max((_number(one) for one in words), default=0) for words in split], np.int64)[pointers.at]
    unreadable = pointers.are(lambda text: any(_number(one) == 0 for one in text.split()))
    most = work.on_lines(diagnosis_rows.of(work).each)
    out = np.flatnonzero(unreadable | (highest > most))
    expected = [str(one) for one in most[out].tolist()]
    yield work.at_lines("S04b", out, found=shown(pointers.texts(out), 8), expected=expected)
    wrong = np.flatnonzero(pointers.are(lambda text: _is_too_many(text.split())))
    yield work.at_lines("S04c", wrong, found=shown(pointers.texts(wrong), 14))


def _number(pointer: str) -> int:
    """Read a pointer: 0 for one that is no number, a number beyond all diagnoses for one that is too long."""
    if not (pointer.isascii() and pointer.isdecimal()):
        return 0
    return int(pointer) if len(pointer) <= 2 else 99


def _is_too_many(words: list[str]) -> bool:
    return len(words) > MOST_POINTERS or len(set(words)) < len(words)
