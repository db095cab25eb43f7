"""Claims that no edit stops, and what to change in them: a kind and the changes in, what is scrubbed out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from claims.charges.scrub import Work
from claims.codes.lists import CodeList

TODAY = 20260915
LINE_SEG = 100

PERSON = {
    "last_name": "TEACUP",
    "first_name": "PIP",
    "birth_date": 19890408,
    "gender": "F",
    "address": "1 PENCIL WAY",
    "city": "NOWHERE",
    "state": "OH",
    "zip": "45999",
}
CLAIM: dict[str, Any] = {
    "seg": 1,
    "claim_id": 1,
    "kind": "P",
    "claim_number": "EX1",
    "charge_cents": 10000,
    "facility_code": "11",
    "frequency_code": "1",
    "original_reference": "",
    "prior_authorization": "",
    "payer_code": "FABLE",
    "payer_name": "FABLEWOOD HEALTH PLAN",
    "payer_sequence": "P",
    "filing_indicator_code": "12",
    "member_id": "FW10851",
    "relationship_code": "18",
    "billing_npi": "1999999018",
    "billing_tax_id": "900000099",
    "billing_taxonomy": "207Q00000X",
    "billing_name": "MADE UP FAMILY PRACTICE",
    "billing_address": "100 INVENTED WAY",
    "billing_city": "NOWHERE",
    "billing_state": "OH",
    "billing_zip": "459990100",
    "rendering_npi": "1999999026",
    "diagnosis_codes": "E119 I10",
    "related_cause_codes": "",
    "accident_state": "",
    "accident_date": 0,
    "admission_date": 0,
    "delay_reason_code": "",
    "statement_from_date": 20260901,
    "statement_to_date": 20260901,
    "transaction_seg": 0,
    "subscriber_seg": 0,
    "patient_seg": 0,
    **{f"subscriber_{name}": value for name, value in PERSON.items()},
    **{f"patient_{name}": value for name, value in PERSON.items()},
}
LINE: dict[str, Any] = {
    "claim_seg": 1,
    "line_number": "1",
    "procedure_qualifier": "HC",
    "procedure_code": "99213",
    "modifiers": "",
    "revenue_code": "",
    "charge_cents": 10000,
    "unit_code": "UN",
    "units_milli": 1000,
    "place_of_service": "",
    "diagnosis_pointers": "1",
    "service_date": 20260901,
    "service_to_date": 20260901,
    "line_control_number": "EX1L1",
    "prior_authorization": "",
    "oral_cavity_codes": "",
    "prosthesis_code": "",
}
HOSPITAL = {
    "kind": "I",
    "facility_code": "11",
    "attending_npi": "1999999026",
    "rendering_npi": "",
    "patient_status_code": "01",
    "admission_type_code": "1",
    "admission_date": 20260901,
    "admission_time": "0900",
    "statement_to_date": 20260904,
}
STAY = {"revenue_code": "0120", "procedure_code": "", "procedure_qualifier": "", "unit_code": "DA", "units_milli": 3000}
DENTAL = {"kind": "D"}
FILLING = {"procedure_qualifier": "AD", "procedure_code": "D2391", "unit_code": ""}
MARKED = [
    {"claim_seg": 1, "qualifier_code": "ABK", "code": "E119", "present_on_admission_code": "Y"},
    {"claim_seg": 1, "qualifier_code": "ABF", "code": "I10", "present_on_admission_code": "N"},
]
PAYER = {"payer_code": "FABLE", "partner_code": "PRETEND", "payer_type": "other", "takes_replacement": True}
PARTNER = {"partner_code": "PRETEND", "usage_code": "P"}


def professional(**changes: Any) -> Work:
    """Give a professional claim with its changes."""
    return _work({}, {}, changes)


def hospital(**changes: Any) -> Work:
    """Give an inpatient claim with its changes."""
    return _work(HOSPITAL, STAY, {"diagnoses": MARKED, **changes})


def dental(**changes: Any) -> Work:
    """Give a dental claim with its changes."""
    return _work(DENTAL, FILLING, changes)


def _work(own_claim: dict, own_line: dict, changes: dict) -> Work:
    """Put a claim together.

    `claim` and `line` change the claim and its line, `lines` are changes of several lines, `claims` those of several
    claims; any other name is a frame (rows as dicts), `master` kinds of master data, or an argument of `Work`.
    """
    changes = dict(changes)
    claims = [{**CLAIM, **own_claim, **changes.pop("claim", {}), **one} for one in changes.pop("claims", [{}])]
    line, lines = {**LINE, **own_line, **changes.pop("line", {})}, changes.pop("lines", [{}])
    rows = [{"seg": LINE_SEG + place, **line, **one} for place, one in enumerate(lines)]
    seen: dict[int, int] = {}
    for row, given in zip(rows, lines, strict=True):
        seen[row["claim_seg"]] = seen.get(row["claim_seg"], 0) + 1
        if "line_number" not in given:
            row["line_number"] = str(seen[row["claim_seg"]])
    if len(lines) > 1:  # their sum, unless the only line's charge is what a case is about
        for claim in claims:
            own = [row["charge_cents"] for row in rows if row["claim_seg"] == claim["seg"]]
            claim["charge_cents"] = sum(own)
    known = {"payers": [PAYER], "partners": [PARTNER], **changes.pop("master", {})}
    master = {kind: pd.DataFrame([_dated(row) for row in found]) for kind, found in known.items() if found}
    own = {name: changes.pop(name) for name in ("usage", "lists", "is_file", "today") if name in changes}
    for name in ("history", "adjudications", "answered"):
        if name in changes:
            own[name] = pd.DataFrame(changes.pop(name))
    frames = {"claims": pd.DataFrame(claims), "service_lines": pd.DataFrame(rows)}
    frames |= {name: _frame(found) for name, found in changes.items() if found}
    return Work(frames, **{"today": TODAY, "master": master, **own})


def _frame(rows: list[dict]) -> pd.DataFrame:
    """Give rows as the reader does: absent amounts are NA, other numbers 0, texts empty."""
    frame = pd.DataFrame(rows)
    for name in frame:
        if name.endswith("_cents"):
            frame[name] = frame[name].astype("Int64")
        elif name.endswith(("seg", "date", "date_to", "_milli")):
            frame[name] = frame[name].fillna(0).astype("int64")
        else:
            frame[name] = frame[name].fillna("").astype("str")
    return frame


def _dated(row: dict) -> dict:
    return {"effective_from": 18800101, "effective_to": 99991231, **row}


def code_list(name: str, *codes: str, covered: tuple[int, int] = (20260101, 20261231), **columns: list) -> CodeList:
    """Give a list of codes that are valid in all the days that it covers."""
    rows = pd.DataFrame({"code": sorted(codes), "from_date": covered[0], "to_date": covered[1], **columns})
    return CodeList(name, rows, (covered,))
