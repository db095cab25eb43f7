"""The facts of an appeal come in; what the sentences of a letter may say of them, by name and in words, goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from claims.denials.appeal_facts import Earlier, Facts, Receipt, Window
from claims.money import dollars


def values(
    facts: Facts,
    today: date,
    names: tuple[str, str],
    level: int,
    deadline: Window,
    filing: Window,
    receipt: Receipt,
) -> dict[str, str]:
    """Give every fact that is known; ``names`` are those of this level of appeal and of the one before."""
    case, claim, decision, sent = facts.case, facts.claim, facts.decision, facts.filing
    taken, received = sent.accepted_date, day_of(decision.get("received_date"))
    earlier = previous(facts, level)
    had = receipt.day
    is_kept = had is not None and filing.last_day is not None and had <= filing.last_day
    known = {
        **of_any_letter(facts, today),
        "level_name": names[0],
        "procedure_codes": ", ".join(_text(case, "procedure_codes").split()),
        "denied_amount": dollars(int(case["denied_cents"])),
        "asked_amount": dollars(asked) if (asked := _asked(facts)) > 0 else "",
        "codes": ", ".join(_text(case, "all_codes").split()),
        "remark_codes": ", ".join(_text(case, "remark_codes").split()),
        "cause": _text(case, "cause"),
        "diagnosis_codes": ", ".join(map(_diagnosis, _text(claim, "diagnosis_codes").split())),
        "prior_authorization": _text(claim, "prior_authorization"),
        "sent_date": words_of(sent.sent_date),
        "interchange_number": sent.interchange_number,
        "group_number": sent.group_number,
        "set_number": sent.set_number,
        "batch_reference": sent.batch_reference,
        "acknowledgments": _listed(sent.acknowledgments),
        "receipt_date": words_of(taken),
        "remit_receipt_date": words_of(received),
        "latest_receipt_date": words_of(had),
        "days_used": str((had - filing.start).days) if had and filing.start else "",
        "filing_anchor": filing.limit.anchor_words if filing.start else "",
        # Only a limit that was kept, as far as we know, is an argument.
        "filing_limit": filing.limit.words if is_kept else "",
        "filing_source": filing.limit.source if is_kept else "",
        "filing_last_day": words_of(filing.last_day) if is_kept else "",
        "appeal_deadline": words_of(deadline.last_day),
        "previous_level_name": names[1],
        "previous_sent_date": words_of(earlier.sent_date),
        "previous_decision_date": words_of(earlier.decision_date),
    }
    return {name: value for name, value in known.items() if value}


def of_any_letter(facts: Facts, today: date) -> dict[str, str]:
    """Give what every letter about a decision may say: who writes to whom, of which claim, service and remittance.

    Empty where it is not known. Of `facts.case`: payer_name, payer_claim_number, claim_number, service_date and
    remit_date.
    """
    case, claim, decision, provider = facts.case, facts.claim, facts.decision, facts.provider
    first, last = service_days(facts)
    patient = _name(claim, "patient") or _name(decision, "patient")
    subscriber = _name(claim, "subscriber")
    return {
        "letter_date": words_of(today),
        "provider_name": " ".join(_texts(provider, "first_name", "last_name")),
        "provider_npi": _text(provider, "npi") or _text(claim, "billing_npi"),
        "provider_tax_id": _tax_id(provider, claim),
        "contact_name": _text(provider, "contact_name"),
        "contact_phone": _phone(_text(provider, "contact_phone")),
        "payer_name": _text(facts.payer, "payer_name") or _text(case, "payer_name"),
        "patient_name": patient,
        "patient_birth_date": words_of(day_of(claim.get("patient_birth_date"))),
        "member_id": _text(claim, "member_id") or _text(decision, "member_id"),
        "subscriber_name": subscriber if subscriber != patient else "",
        "payer_claim_number": _text(case, "payer_claim_number"),
        "claim_number": facts.filing.claim_number or _text(claim, "claim_number") or _text(case, "claim_number"),
        "service_dates": " to ".join(dict.fromkeys(filter(None, (words_of(first), words_of(last))))),
        "charge_amount": dollars(int(decision["charge_cents"])),
        "expected_amount": "" if facts.expected_cents is None else dollars(facts.expected_cents),
        "remit_date": words_of(day_of(case["remit_date"])),
        "trace_number": _text(decision, "trace_number"),
    }


def previous(facts: Facts, level: int) -> Earlier:
    return next((one for one in facts.earlier if one.level == level - 1), Earlier(level - 1, None))


def service_days(facts: Facts) -> tuple[date | None, date | None]:
    first = day_of(facts.claim.get("statement_from_date")) or day_of(facts.case["service_date"])
    return first, day_of(facts.claim.get("statement_to_date")) or first


def _name(row: Mapping[str, Any], whose: str) -> str:
    return " ".join(_texts(row, f"{whose}_first_name", f"{whose}_last_name"))


def _texts(row: Mapping[str, Any], *names: str) -> Sequence[str]:
    return [text for name in names if (text := _text(row, name))]


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None or value is pd.NA else str(value).strip()


def _asked(facts: Facts) -> int:
    """Give what the payer is asked for: never more than it denied, and of a later payer what is open on it."""
    denied = int(facts.case["denied_cents"])
    return denied if facts.open_cents is None else min(facts.open_cents, denied)


def _listed(names: Sequence[str]) -> str:
    """Write a list as people do: TA1, 999 and 277CA."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _diagnosis(code: str) -> str:
    """Write a code as people do: with its point, which files leave out."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 and "." not in code else code


def _phone(digits: str) -> str:
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if len(digits) == 10 and digits.isdigit() else digits


def _tax_id(provider: Mapping[str, Any], claim: Mapping[str, Any]) -> str:
    number = _text(provider, "tax_id") or _text(claim, "billing_tax_id")
    is_employer = _text(provider, "tax_id_qualifier") == "EI" and len(number) == 9 and number.isdigit()
    return f"{number[:2]}-{number[2:]}" if is_employer else number


def day_of(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    return date.fromisoformat(value) if isinstance(value, str) and value else None


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def words_of(day: date | None) -> str:
    """Write a day as letters do, whatever the locale: February 1, 2025; empty for None."""
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}" if day else ""
