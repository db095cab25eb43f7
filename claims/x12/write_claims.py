"""Claims in, their loops 2300 with everything below out: claim, health information, providers, other payers, lines.

Columns of `claims` beside docs/frames.md, all optional:

- CLM: `signature_code` (CLM06: Y), `assignment_code` (CLM07: A), `benefits_code` (CLM08: Y), `release_code` (CLM09: Y),
  `patient_signature_code`, `related_cause_codes` (blank-separated), `accident_state`, `special_program_code`,
  `delay_reason_code`; `submission_reason_code` (CLM19) is one that is read;
- dates: `accident_date` (439), `admission_date` and `admission_time` (435), `discharge_time` (096, HHMM);
- institutional: `admission_type_code admission_source_code patient_status_code` (CL1), `estimated_due_cents` (AMT*F3);
- `note` (NTE*ADD); providers as in write_providers, health information as in write_diagnoses.

`patient_paid_cents` (AMT*F5) has no place in an institutional claim, and is written only where it was read from one.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12.numbers import Integers
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content
from claims.x12.write_diagnoses import diagnoses
from claims.x12.write_lines import line_texts
from claims.x12.write_other_payers import other_payer_texts
from claims.x12.write_pieces import TEXT, Part, choice, chosen, filled, gathered, joined, optional, spread, when
from claims.x12.write_providers import provider_texts
from claims.x12.write_rest import Owners, Rest
from claims.x12.write_service_dates import service_dates

# The state is the fourth component, after up to three causes.
_TO_FOURTH = pa.array([":::", "::", ":"], TEXT)
# Columns that dates of some qualifiers have; of a time, only where it was read as one.
_TYPED_DATES = {"accident_date": ("439", ""), "admission_date": ("435", ""), "discharge_time": ("096", "TM")}


def claim_texts(content: Content, claims: Columns, rest: Rest, kind: str) -> Part:
    """Write each claim with its lines."""
    owners = Owners("claim", claims.integers("seg"))
    lines, of_claim = content.children("service_lines", "claim_seg", owners.keys)
    dates = service_dates(claims, lines, of_claim, rest, kind)
    for column, (qualifier, form) in _TYPED_DATES.items():
        if column in claims:
            rest.take("dates", "2300", (qualifier,), owners, form=form)
    paid = rest.take("amounts", "2300", ("F5",), owners).integers("seg") > 0
    if "estimated_due_cents" in claims:
        rest.take("amounts", "2300", ("F3",), owners)
    return joined(
        rest.over("CLM", _claim(claims, kind), "2300", owners), dates.claims, _dates(claims),
        rest.at("2300", owners, "DTP", "DN1"), _tooth_statuses(content, owners.keys, rest),
        _admission(claims, rest, owners), rest.at("2300", owners, "PWK", "CN1"),
        when(paid if kind == "I" else True, optional("AMT*F5*", claims.money("patient_paid_cents", zero=""))),
        optional("AMT*F3*", claims.money("estimated_due_cents", zero="")), rest.at("2300", owners, "AMT"),
        rest.reference(claims, "prior_authorization", "G1", "2300", owners),
        rest.reference(claims, "original_reference", "F8", "2300", owners), rest.at("2300", owners, "REF", "K3"),
        rest.note(claims, "2300", owners), rest.at("2300", owners, "NTE", "CR1", "CR2", "CRC"),
        diagnoses(content, claims, kind), rest.at("2300", owners),
        provider_texts(claims, rest, kind), other_payer_texts(content, claims, rest, kind),
        line_texts(content, lines, of_claim, len(claims), dates.lines, rest, kind),
    )  # fmt: skip


def _claim(c: Columns, kind: str) -> Part:
    is_institutional = kind == "I"
    return joined(
        "CLM*", c.text("claim_number"), "*", c.money("charge_cents"), "***",
        c.text("facility_code", "" if is_institutional else "11"), ":",
        c.text("facility_qualifier", "A" if is_institutional else "B"), ":",
        c.text("frequency_code", "1"), "*", c.text("signature_code", "" if is_institutional else "Y"), "*",
        c.text("assignment_code", "A"), "*", c.text("benefits_code", "Y"), "*", c.text("release_code", "Y"),
        _claim_tail(c), "~",
    )  # fmt: skip


def _claim_tail(c: Columns) -> Part:
    """Write CLM10 to CLM20, when there is any of them."""
    causes, state = c.listed("related_cause_codes"), c.text("accident_state")
    to_state = chosen(_TO_FOURTH, np.minimum(pc.count_substring(spread(causes, len(c)), ":"), 2))
    signature, program = c.text("patient_signature_code"), c.text("special_program_code")
    reason, delay = c.text("submission_reason_code"), c.text("delay_reason_code")
    is_any = filled(signature) | filled(causes) | filled(state) | filled(program) | filled(reason) | filled(delay)
    stated = when(filled(state), to_state, state)
    return when(is_any, "*", signature, "*", causes, stated, "*", program, "*" * 7, reason, "*", delay)


def _dates(c: Columns) -> Part:
    day, time = c.date("admission_date"), c.text("admission_time")
    return joined(
        optional("DTP*439*D8*", c.date("accident_date")),
        when(filled(day), "DTP*435*", choice(filled(time), "DT*", "D8*"), day, time, "~"),
        optional("DTP*096*TM*", c.text("discharge_time")),
    )


def _tooth_statuses(content: Content, keys: Integers, rest: Rest) -> Part:
    rows, owner = content.children("tooth_statuses", "claim_seg", keys)
    if not len(rows):
        return ""
    texts = joined("DN2*", rows.text("tooth_code"), "*", rows.text("status_code"), "~")
    return gathered(rest.with_read("DN2", texts, rows.integers("seg")), owner, len(keys))


def _admission(c: Columns, rest: Rest, owners: Owners) -> Part:
    names = ("admission_type_code", "admission_source_code", "patient_status_code")
    if not any(name in c for name in names):
        return ""
    kind, source, status = (c.text(name) for name in names)
    is_known = filled(kind) | filled(source) | filled(status)
    return rest.over("CL1", when(is_known, "CL1*", kind, "*", source, "*", status, "~"), "2300", owners)
