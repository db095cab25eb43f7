"""S03e, S13a and S17d: codes that no list has on the day of the service.

Which codes answer to which list stands in `code_lists.csv`. A day that no list covers gives a note, and stops no claim.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import numpy as np

from claims.charges.scrub import diagnosis_rows
from claims.charges.scrub.columns import Coded, Integers
from claims.charges.scrub.work import Found, Look, Work
from claims.findings import shown


@cache
def uses() -> tuple[dict[str, str], ...]:
    """Return the rows of `code_lists.csv`."""
    text = resources.files("claims.charges.scrub").joinpath("code_lists.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def look(work: Work) -> Look:
    """Ask the lists for the codes of diagnoses, procedures and drugs."""
    for use in uses():
        code, qualifier, claim, line, day = _columns(work, use)
        begins = code.are(lambda text, how=use["begins"]: _begins(text, how))  # type: ignore[misc]
        rows = np.flatnonzero(qualifier.are(use["qualifiers"].split()) & begins & (claim >= 0))
        if not len(rows):
            continue
        known = work.lists.get(use["list"])
        covered = known.covers(day[rows]) if known else np.zeros(len(rows), np.bool_)
        lost = rows[~covered]
        yield Found(use["note_id"], claim[lost], line[lost])
        if known:
            rows = rows[covered]
            plain = [text.replace(".", "") for text in code.values]
            wrong = rows[~known.valid(plain, code.at[rows], day[rows])]
            found, days = shown(code.texts(wrong), 11), [str(one) for one in day[wrong].tolist()]
            yield Found(use["edit_id"], claim[wrong], line[wrong], "", found, days)


def _columns(work: Work, use: dict[str, str]) -> tuple[Coded, Coded, Integers, Integers, Integers]:
    """Return code, qualifier, claim, line and day; a diagnosis of an institutional claim answers for its last day."""
    if use["frame"] == "diagnoses":
        rows = diagnosis_rows.of(work)
        day = np.append(np.where(work.is_kind("I"), work.last_day, work.first_day), 0)[rows.claim]
        return rows.code, rows.qualifier, rows.claim, np.full(len(rows.claim), -1, np.int64), day
    table = work.table(use["frame"])
    code, qualifier = table.coded(use["code_column"]), table.coded(use["qualifier_column"])
    line = np.arange(len(table)) if use["frame"] == "service_lines" else work.line_of(use["frame"])
    return code, qualifier, np.append(work.claim, -1)[line], line, np.append(work.line_day, 0)[line]


def _begins(text: str, how: str) -> bool:
    if how == "letter":
        return text[:1].isalpha()
    return text[:1].isdecimal() if how == "digit" else text != ""
