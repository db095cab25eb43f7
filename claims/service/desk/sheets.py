"""A claim as whoever corrects it has to see it: who, to whom, under which numbers, its diagnoses and its lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from claims.service import payer_names
from claims.service.changes import text_of
from claims.service.context import Context
from claims.service.queue import KEY_LENGTH
from claims.store import desk, versions
from claims.store.engine import read
from claims.store.handles import Connection

_FREQUENCIES = {"1": "new claim", "7": "replacement", "8": "void"}


class Line(NamedTuple):
    """A service line in words; `drug`: NDC and quantity where it has one, `is_denied`: the case is about it."""

    number: int
    days: str
    procedure: str
    modifiers: str
    pointers: str
    units: str
    charge_cents: int
    drug: str
    is_denied: bool


class Sheet(NamedTuple):
    """What stands on a claim now. All of it is patient data: the caller records that it was shown."""

    claim_id: int
    claim_number: str
    payer_claim_number: str
    goes_as: str
    payer: str
    patient: str
    member_id: str
    charge_cents: int
    diagnoses: list[str]
    lines: list[Line]


class OtherCase(NamedTuple):
    """Another open case of the same claim and payer."""

    case_id: int
    version: int
    key: str
    line_number: int
    cause: str
    at_risk_cents: int
    state: str


def sheet(ctx: Context, sources: pd.DataFrame, frames: Mapping[str, pd.DataFrame], denied: tuple[int, ...]) -> Sheet:
    """Make it of the row of `versions.sources` and the frames of one claim; `denied`: lines of the case, 0 for all."""
    claim, source = frames["claims"].iloc[0], sources.iloc[0]
    with read(ctx.engine) as conn:
        number = str(versions.payer_claim_numbers(conn, sources).iloc[0])
    patient = [str(claim[f"patient_{name}"]) for name in ("last_name", "first_name")]
    return Sheet(
        claim_id=int(source["claim_id"]),
        claim_number=str(claim["claim_number"]),
        payer_claim_number=number,
        goes_as=_FREQUENCIES.get(str(source["frequency_code"]), f"frequency {source['frequency_code']}"),
        payer=payer_names.one(ctx, str(claim["payer_code"]), str(claim["payer_name"])),
        patient=", ".join(part for part in patient if part),
        member_id=str(claim["member_id"]),
        charge_cents=int(claim["charge_cents"]),
        diagnoses=str(claim["diagnosis_codes"]).split(),
        lines=_lines(frames, denied),
    )


def other_cases(conn: Connection, case: pd.Series[Any]) -> list[OtherCase]:
    """Give the other open cases of the claim of a case, by line: they can join what is made of it."""
    if not case["family_id"]:
        return []
    rows = desk.open_of_claim(conn, int(case["family_id"]), str(case["payer_sequence"]))
    rows = rows[rows["case_id"] != case["case_id"]]
    rows = rows.assign(key=rows.pop("case_key").str[:KEY_LENGTH])
    return [OtherCase(**row) for row in rows.to_dict("records")]


def _lines(frames: Mapping[str, pd.DataFrame], denied: tuple[int, ...]) -> list[Line]:
    drugs = frames.get("drugs")
    found = []
    for row in frames["service_lines"].sort_values("ordinal").to_dict("records"):
        of_line = drugs[drugs["service_seg"] == row["seg"]] if drugs is not None and len(drugs) else None
        first, last = (text_of(name, row.get(name)) for name in ("service_date", "service_to_date"))
        number = int(row["ordinal"])
        found.append(
            Line(
                number=number,
                days=f"{first} to {last}" if last and last != first else first,
                procedure=str(row["procedure_code"] or row.get("revenue_code", "")),
                modifiers=str(row["modifiers"]),
                pointers=str(row.get("diagnosis_pointers", "")),
                units=text_of("units_milli", row["units_milli"]),
                charge_cents=int(row["charge_cents"]),
                drug="; ".join(_drug(one) for one in of_line.to_dict("records")) if of_line is not None else "",
                is_denied=0 in denied or number in denied,
            )
        )
    return found


def _drug(row: Mapping[Any, Any]) -> str:
    units = text_of("units_milli", row.get("units_milli"))
    return " ".join(part for part in (str(row["code"]), units, str(row.get("unit_code", ""))) if part)
