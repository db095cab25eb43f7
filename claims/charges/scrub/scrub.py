"""Claims to send in; what stops each or is odd about it, where, and the switch that decided, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.charges.scrub import (
    addresses,
    bundling,
    characters,
    circumstances,
    code_lists,
    contracts,
    coordination,
    dates,
    dental,
    diagnoses,
    duplicates,
    filing,
    identifiers,
    institutional,
    limits,
    money,
    persons,
    plausible,
    procedures,
)
from claims.charges.scrub.columns import Integers
from claims.charges.scrub.edits import BLOCK, NOTE, OFF, Edit, edits
from claims.charges.scrub.switches import Switches
from claims.charges.scrub.work import Found, Look, Work
from claims.frames import empty, joined

LOOKS: tuple[Callable[[Work], Look], ...] = (
    money.look,
    limits.look,
    limits.look_at_usage,
    limits.look_at_file,
    diagnoses.look,
    diagnoses.look_at_pointers,
    code_lists.look,
    identifiers.look_at_npis,
    identifiers.look_at_names,
    identifiers.look_at_taxonomies,
    identifiers.look_at_members,
    addresses.look,
    persons.look,
    persons.look_at_relation,
    circumstances.look_at_frequency,
    circumstances.look_at_places,
    circumstances.look_at_accidents,
    characters.look,
    procedures.look,
    procedures.look_at_certificates,
    procedures.look_at_drugs,
    procedures.look_at_authorizations,
    coordination.look,
    coordination.look_at_remittances,
    institutional.look,
    institutional.look_at_codes,
    duplicates.look,
    bundling.look,
    bundling.look_at_partners,
    plausible.look,
    plausible.look_at_policies,
    contracts.look_at_eligibility,
    contracts.look_at_fees,
    contracts.look_at_enrolment,
    filing.look,
    dates.look,
    dental.look,
)

_FINDINGS = {
    "claim_seg": "int",
    "service_seg": "int",
    "edit_id": "text",
    "severity": "text",
    "element": "text",
    "line_number": "int",
    "found": "text",
    "expected": "text",
    "message": "text",
    "switch": "text",
}
_NOT_CHECKED = {"edit_id": "text", "claims": "int"}


class Scrubbed(NamedTuple):
    """What scrubbing found.

    `findings`: claim_seg, service_seg, edit_id, severity (block, warn), element, line_number (of its claim, 0: the
    claim), found, expected, message, switch. `not_checked`: edit_id of what no list covers, and of how many claims.
    `is_blocked`: for each row of claims.
    """

    findings: pd.DataFrame
    not_checked: pd.DataFrame
    is_blocked: pd.Series[bool]


def scrub(work: Work, looks: Sequence[Callable[[Work], Look]] = LOOKS) -> Scrubbed:
    """Look at all claims with every edit."""
    switches = Switches(work.rules("edit_settings").frame, work.today)
    parts, not_checked = [], []
    for look in looks:
        for said in look(work):
            edit = edits()[said.edit_id]
            found = _of_kinds(work, edit, said)
            if not len(found.claim):
                continue
            if edit.severity == NOTE:
                not_checked.append((edit.edit_id, _claims_of(work, edit, found, switches)))
            else:
                rows = _rows(work, edit, found, switches)
                parts.append(rows[rows["severity"] != OFF])
    findings = joined([empty(_FINDINGS), *parts])
    findings = findings.sort_values(
        ["claim_seg", "service_seg", "edit_id", "element"], kind="stable", ignore_index=True
    )
    blocked = findings.loc[findings["severity"] == BLOCK, "claim_seg"].unique()
    is_blocked = pd.Series(np.isin(work.claims.numbers("seg"), blocked), dtype="bool")
    notes = pd.DataFrame([one for one in not_checked if one[1]], columns=list(_NOT_CHECKED))
    return Scrubbed(findings, notes.astype({"edit_id": "str", "claims": "int64"}), is_blocked)


def said_by(work: Work, edit_id: str, looks: Sequence[Callable[[Work], Look]] = LOOKS) -> pd.DataFrame:
    """Give the findings of one edit, also where it is switched off: what it would have stopped."""
    switches, edit = Switches(work.rules("edit_settings").frame, work.today), edits()[edit_id]
    found = [_of_kinds(work, edit, one) for look in looks for one in look(work) if one.edit_id == edit_id]
    return joined([empty(_FINDINGS), *(_rows(work, edit, one, switches) for one in found if len(one.claim))])


def _of_kinds(work: Work, edit: Edit, found: Found) -> Found:
    """Keep what is about a claim of one of the edit's kinds."""
    if not len(found.claim):
        return found
    mine = np.append(work.is_kind(edit.kinds.replace(" ", "")), False)[found.claim]
    if mine.all():
        return found
    texts = [one if isinstance(one, str) else list(compress(one, mine.tolist())) for one in found[3:]]
    return Found(edit.edit_id, found.claim[mine], found.line[mine], *texts)


def _severities(work: Work, edit: Edit, rows: Integers, switches: Switches) -> tuple[list[str], list[str]]:
    """Decide for each row of claims what the edit counts."""
    at, pairs = work.payers_and_partners
    decided = {place: switches.decide(edit, *pairs[place]) for place in np.unique(at[rows]).tolist()}
    places = at[rows].tolist()
    return [decided[place][0] for place in places], [decided[place][1] for place in places]


def _claims_of(work: Work, edit: Edit, found: Found, switches: Switches) -> int:
    rows = np.unique(found.claim)
    return sum(one != OFF for one in _severities(work, edit, rows, switches)[0])


def _rows(work: Work, edit: Edit, found: Found, switches: Switches) -> pd.DataFrame:
    claim, line = found.claim, found.line
    severity, switch = _severities(work, edit, claim, switches)
    count = len(claim)
    element, said, expected = (_spread(texts, count) for texts in (found.element, found.found, found.expected))
    kinds = work.claims.coded("kind").texts(claim)
    element = [one or edit.element_of(kind) for one, kind in zip(element, kinds, strict=True)]
    message = [edit.sentence.format(found=one, expected=other) for one, other in zip(said, expected, strict=True)]
    return pd.DataFrame(
        {
            "claim_seg": work.claims.numbers("seg")[claim],
            "service_seg": np.append(work.lines.numbers("seg"), 0)[line],
            "edit_id": pd.array([edit.edit_id] * count, dtype="str"),
            "severity": pd.array(severity, dtype="str"),
            "element": pd.array(element, dtype="str"),
            "line_number": np.append(work.place, 0)[line],
            "found": pd.array(said, dtype="str"),
            "expected": pd.array(expected, dtype="str"),
            "message": pd.array(message, dtype="str"),
            "switch": pd.array(switch, dtype="str"),
        }
    )


def _spread(texts: str | Sequence[str], count: int) -> list[str]:
    return [texts] * count if isinstance(texts, str) else list(texts)
