"""A practice with a claim that its payer took in time and denied as filed too late: books for tests of appeals."""

from __future__ import annotations

import sqlalchemy as sa

from claims.service import master
from claims.store import schema
from tests.answers import ack_999, ca_277, ta1
from tests.books import NPI, PAYER_ID, Bill, claims, remit
from tests.service.sending import send

PAYERS = (
    "payer_code,payer_name,payer_address,payer_city,payer_state,payer_zip,partner_code,payer_type,filing_limit_days,"
    "appeal_limit_days,effective_from\n"
)
PROVIDERS = (
    "npi,entity_type,last_name,tax_id,address,city,state,zip,contact_name,contact_phone,effective_from\n"
    f"{NPI},2,MADE UP FAMILY PRACTICE,900000099,100 INVENTED WAY,NOWHERE,OH,459990100,BILLING DESK,8005550100,"
    "2020-01-01\n"
)
BILL = Bill("A1", [("99213", "100"), ("85025", "50")])
SENT = claims(BILL)


def payer(filing: str = "90", appeal: str = "180", *, name: str = "PLAN ONE", street: str = "1 MAIN ST") -> str:
    """Master data of the payer of `tests.books`."""
    return (
        f"{PAYERS}{PAYER_ID},{name},{street},{'TOWN' if street else ''},NY,100010001,PRETEND,commercial,{filing},"
        f"{appeal},2020-01-01\n"
    )


def denied(reason: str = "29", *, remarks: str = "", number: str = "A1", day: str = "20250610", extra: str = "",
           trace: str = "T1") -> bytes:  # fmt: skip
    """An 835 that denies both lines of `BILL`."""
    told = "".join(f"LQ*HE*{code}~\n" for code in remarks.split())
    return remit(
        f"""BPR*I*0*C*NON************{day}~
        TRN*1*{trace}*{PAYER_ID}~
        CLP*{number}*4*150*0**12*ICN1~
        {extra}
        SVC*HC:99213*100*0**1~
        CAS*CO*{reason}*100~
        {told}
        SVC*HC:85025*50*0**1~
        CAS*CO*{reason}*50~
        {told}"""
    )


def know(practice, *texts: str) -> None:
    """Import master data."""
    for text in texts:
        path = practice.folder / ("payers.csv" if text.startswith("payer_code") else "providers.csv")
        path.write_text(text)
        (done,) = master.import_files(practice.ctx, [path])
        assert done.state == "stored", done.findings


def answered(practice, *, day: str = "20250312") -> None:
    """Let everybody answer to what was sent: interchange, set, and the payer."""
    practice.night(
        ta1("000000009"), ack_999("9", "A", ("0001", "A", "")), ca_277("B1", ("A1", "A2:20", "150"), day=day)
    )


def case_id(practice) -> int:
    """Give the one case."""
    ((found,),) = practice.rows(sa.select(schema.denial_cases.c.case_id))
    return int(found)


def appealed(practice, decision: bytes | None = None, **changes) -> int:
    """Send, take and deny the claim; give the case."""
    send(practice, SENT)
    know(practice, payer(**changes), PROVIDERS)
    answered(practice)
    practice.night(decision or denied())
    return case_id(practice)
