"""What a biller reads out when calling a payer about a case, and whom the cases of a list are about.

All of it names a patient: whoever shows it has it recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from claims.service.addressed import member_id
from claims.service.context import Context
from claims.service.desk import made
from claims.service.desk_case import Case
from claims.service.master import load_master
from claims.store import desk
from claims.store.engine import read
from claims.store.queries import case_facts as rows
from claims.store.queries import made_claims

_HEAD = 8_000  # bytes of a remittance in which its payer names itself
# Who a payer wants to be called about claims (PER01), the best first.
_CONTACTS = ("CX", "BL")


def patients(ctx: Context, case_ids: Sequence[int]) -> dict[int, str]:
    """Give the patient of each case, LAST, FIRST; empty where the payer names none."""
    with read(ctx.engine) as conn:
        found = rows.patients(conn, list(case_ids))
    names = zip(found["patient_last_name"], found["patient_first_name"], strict=True)
    return dict(zip(found["case_id"].tolist(), [_name(*one) for one in names], strict=True))


def facts(ctx: Context, case: Case, asked: str | None = None) -> dict[str, str]:
    """Give what a payer asks for on the phone, by name; what is not known is empty.

    patient, subscriber (where another), birth_date, member_id, payer_claim_number, diagnoses, service, billing and
    rendering provider, authorization, phone and contact of the payer. `asked`: another payer that owes the answer, as
    `made.with_claims` names it, where that is known already; empty where none does.
    """
    with read(ctx.engine) as conn:
        told = _first(rows.said_by_payer(conn, case.claim_payment_id))
        own = _first(rows.claim(conn, case.claim_payment_id, case.family_id)) if case.family_id else {}
        member = str(told["member_id"] or "")
        if own:
            member = member_id(ctx, conn, case.family_id, str(told["payer_sequence"] or ""), own, member)
        if asked is None:
            known = made.with_claims(conn, desk.cases(conn, [case.case_id]))
            asked = "".join(known["asked_payer"])
        asked_member = str(made_claims.of_cases(conn, [case.case_id])["member_id"].iloc[0]) if asked else ""
        head = {} if asked else _first(rows.head_of_remittance(conn, case.claim_payment_id))
    raw = ctx.vault.read(head["sha256"], int(head["offset"]), min(int(head["length"]), _HEAD)) if head else b""
    contact, phone = contact_of(raw)
    patient = _name(own.get("patient_last_name", ""), own.get("patient_first_name", ""))
    patient = patient or _name(told["patient_last_name"], told["patient_first_name"])
    subscriber = _name(own.get("subscriber_last_name", ""), own.get("subscriber_first_name", ""))
    first = own.get("statement_from_date") or told["statement_from_date"] or told["service_date"]
    last = own.get("statement_to_date") or told["statement_to_date"]
    providers = _providers(ctx, [own.get("billing_npi", ""), own.get("rendering_npi", "")])
    return {
        "patient": patient,
        "subscriber": subscriber if subscriber != patient else "",
        "birth_date": own.get("patient_birth_date", ""),
        "asked_payer": asked,
        "member_id": asked_member if asked else member,
        "payer_claim_number": "" if asked else told["payer_claim_number"],
        "service": f"{first} to {last}" if last and last != first else first,
        "diagnoses": own.get("diagnosis_codes", ""),
        "authorization": "" if asked else own.get("prior_authorization", ""),
        "billing": providers[0],
        "rendering": providers[1] if providers[1] != providers[0] else "",
        "contact": contact,
        "phone": phone,
    }


def contact_of(head: bytes) -> tuple[str, str]:
    """Give name and telephone of whom a payer wants to be called about claims, from the first segments of an 835."""
    text = head.decode("utf-8", "replace")
    payment = text.find("BPR", 2)
    if not text.startswith("ST") or payment < 0:
        return "", ""
    separator, before = text[2], text[:payment].rstrip("\r\n")
    end = before[-1] if before and not before[-1].isalnum() else "\n"
    found: dict[str, tuple[str, str]] = {}
    for segment in text.split(end):
        cells = segment.strip("\r\n").split(separator)
        if cells[0] in ("LX", "CLP"):
            break
        if cells[0] == "PER" and len(cells) > 4:
            numbers = dict(zip(cells[3::2], cells[4::2], strict=False))
            if numbers.get("TE"):
                found.setdefault(cells[1], (cells[2], _phone(numbers["TE"], numbers.get("EX", ""))))
    return next((found[one] for one in _CONTACTS if one in found), ("", ""))


def _phone(number: str, extension: str) -> str:
    whole = f"{number[:3]}-{number[3:6]}-{number[6:]}" if len(number) == 10 and number.isdigit() else number
    return f"{whole} ext. {extension}" if extension else whole


def _providers(ctx: Context, npis: Sequence[str]) -> list[str]:
    """Give each provider as NAME (NPI), as master data call it today; the number alone where they do not."""
    found = load_master(ctx).at("providers", int(ctx.settings.today().strftime("%Y%m%d")))
    known = found[found["npi"].isin(npis)].drop_duplicates("npi").set_index("npi")
    told = []
    for npi in npis:
        name = _name(known.loc[npi, "last_name"], known.loc[npi, "first_name"]) if npi and npi in known.index else ""
        told.append(f"{name} (NPI {npi})" if name else f"NPI {npi}" if npi else "")
    return told


def _name(last: Any, first: Any) -> str:
    return ", ".join(str(part) for part in (last, first) if part)


def _first(found: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in found.iloc[0].items()} if len(found) else {}
