"""S24: codes that do not fit the patient's age or sex, and diagnoses that do not support a procedure.

Limits and policies are master data; without a row nothing is said.
"""

from __future__ import annotations

import numpy as np

from claims.charges.scrub import diagnosis_rows
from claims.charges.scrub.bundling import fits
from claims.charges.scrub.columns import Coded, Integers
from claims.charges.scrub.work import Found, Look, Work
from claims.findings import shown


def look(work: Work) -> Look:
    """Check procedures and diagnoses against the patient."""
    if not len(work.rules("demographic_limits")):
        return
    yield from _limits(work, "procedure", work.lines.coded("procedure_code"), work.claim, work.line_day)
    rows = diagnosis_rows.of(work)
    days = np.append(work.first_day, 0)[rows.claim]
    for found in _limits(work, "diagnosis", rows.code, rows.claim, days):
        yield found._replace(line=np.full(len(found.claim), -1, np.int64), element="HI")


def _limits(work: Work, kind: str, code: Coded, claim: Integers, days: Integers) -> Look:
    rules, claims = work.rules("demographic_limits"), work.claims
    row = rules.best("code", code, days, rules.coded("code_kind").are((kind,)))
    gender = claims.coded("patient_gender").take(claim)
    wanted = rules.coded("gender").take(row)
    known = (row >= 0) & gender.are(("F", "M"))
    together = np.array([[one not in ("", other) for other in gender.values] for one in wanted.values], np.bool_)
    wrong = np.flatnonzero(known & together[wanted.at, gender.at])
    yield Found("S24a", claim[wrong], wrong, "", shown(code.texts(wrong), 8), wanted.texts(wrong))
    birth = np.append(claims.numbers("patient_birth_date"), 0)[claim]
    age = (days - birth) // 10_000
    least, most = rules.numbers("age_from"), rules.numbers("age_to")
    known = (row >= 0) & (birth > 0) & (days > 0)
    wrong = np.flatnonzero(known & ((age < np.append(least, 0)[row]) | (age > np.append(most, 0)[row])))
    ages = [f"{least[one]} to {most[one]}" for one in row[wrong].tolist()]
    yield Found("S24b", claim[wrong], wrong, "", shown(code.texts(wrong), 8), ages)


def look_at_policies(work: Work) -> Look:
    """Check that a line points to a diagnosis that its payer's policy names for the procedure."""
    rules = work.rules("coverage_policies")
    if not len(rules):
        return
    lines, rows = work.lines.coded("procedure_code"), diagnosis_rows.of(work)
    payer = work.line_payer_code
    own = rules.find({"payer_code": payer, "procedure_code": lines}, work.line_day) >= 0
    general = rules.exact({"payer_code": payer, "procedure_code": lines}, work.line_day) >= 0
    if not general.any():
        return
    pointed = [np.append(rows.code.at, len(rows.code.values))[one] for one in diagnosis_rows.pointed(work)]
    supported = np.zeros(len(lines.at), np.bool_)
    columns = [rules.coded(name) for name in ("payer_code", "procedure_code", "diagnosis_code")]
    for number in range(len(rules)):
        code, procedure, diagnosis = (column.values[column.at[number]] for column in columns)
        if procedure not in lines.values:
            continue
        mine = np.flatnonzero(lines.are((procedure,)) & (payer.are((code,)) if code else ~own))
        mine = mine[rules.holds(np.full(len(mine), number), work.line_day[mine])]
        good = np.array([fits(text, diagnosis) for text in rows.code.values] + [False], np.bool_)
        supported[mine] |= np.logical_or.reduce([good[one[mine]] for one in pointed])
    wrong = np.flatnonzero(general & ~supported)
    yield work.at_lines("S24c", wrong, found=shown(lines.texts(wrong), 5))
