"""A practice with a claim that its payer took in time and denied as filed too late: books for tests of appeals."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from claims import config
from claims.service import master
from claims.service.context import open_context
from claims.store import audit, schema
from tests.answers import ack_999, ca_277, ta1
from tests.books import NPI, PAYER_ID, Bill, claims, remit
from tests.service.conftest import Practice
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
# The claim of the tests is A1; those of two other patients go with it.
BILLS = [Bill(f"A{number}", [("99213", "100"), ("85025", "50")], member=f"W{number}") for number in (0, 1, 2)]
_LINES = claims(*BILLS).replace(b"CLM*A1*150***11:B:1*Y*A*Y*Y~", b"CLM*A1*150***11:B:1*Y*A*Y*Y~REF*D9*CH0001~")
SENT = re.sub(rb"SE\*(\d+)\*", lambda count: b"SE*%d*" % (int(count[1]) + 1), _LINES)  # the clearing house's number


def payer(filing: str = "90", appeal: str = "180", *, name: str = "PLAN ONE", street: str = "1 MAIN ST") -> str:
    """Master data of the payer of `tests.books`."""
    return (
        f"{PAYERS}{PAYER_ID},{name},{street},{'TOWN,NY,100010001' if street else ',,'},PRETEND,commercial,{filing},"
        f"{appeal},2020-01-01\n"
    )


def denied(
    reason: str = "29", *, remarks: str = "", number: str = "A1", day: str = "20250610", trace: str = "T1"
) -> bytes:
    """An 835 that denies both lines of a claim, and pays another one."""
    told = "".join(f"LQ*HE*{code}~\n" for code in remarks.split())
    return remit(
        f"""BPR*I*150*C*ACH************{day}~
        TRN*1*{trace}*{PAYER_ID}~
        CLP*{number}*4*150*0**12*ICN1~
        SVC*HC:99213*100*0**1~
        CAS*CO*{reason}*100~
        {told}
        SVC*HC:85025*50*0**1~
        CAS*CO*{reason}*50~
        {told}
        CLP*A2*1*150*150**12*ICN2~
        SVC*HC:99213*100*100**1~
        SVC*HC:85025*50*50**1~"""
    )


def know(practice, *texts: str) -> None:
    """Import master data."""
    for text in texts:
        path = practice.folder / ("payers.csv" if text.startswith("payer_code") else "providers.csv")
        path.write_text(text)
        (done,) = master.import_files(practice.ctx, [path])
        assert done.state == "stored", done.findings


def answers() -> tuple[bytes, bytes, bytes]:
    """What everybody answers to what was sent: interchange, set, and the payer."""
    taken = ca_277("B1", *((bill.number, "A2:20", "150") for bill in BILLS))
    return ta1("000000009"), ack_999("9", "A", ("0001", "A", "")), taken


def case_id(practice) -> int:
    """Give the one case."""
    ((found,),) = practice.rows(sa.select(schema.denial_cases.c.case_id))
    return int(found)


def appealed(practice, **changes) -> int:
    """Send, take and deny the claim; give the case."""
    sent(practice, **changes)
    practice.night(*answers(), denied())
    return case_id(practice)


def sent(practice, **changes) -> None:
    """Send the claim to a payer that master data know; nobody has answered yet."""
    send(practice, SENT)
    know(practice, payer(**changes), PROVIDERS)


def begun(folder: Path, template: Path, begin: Callable[[Practice], object]) -> Path:
    """Build the data folder of a practice, to be copied as it is."""
    (folder / "claims.db").write_bytes(template.read_bytes())
    settings = config.load(home=folder)
    audit.create_key(settings.audit_key_file)
    with opened(folder) as practice:
        begin(practice)
    return folder


@contextmanager
def opened(folder: Path) -> Iterator[Practice]:
    """Open the data folder of a practice."""
    ctx = open_context(config.load(home=folder), actor="tester")
    (folder / "files").mkdir(exist_ok=True)
    yield Practice(ctx, folder / "files")
    ctx.engine.dispose()


@contextmanager
def copied(folder: Path, to: Path) -> Iterator[Practice]:
    """Open a copy of the data folder of a practice."""
    shutil.copytree(folder, to)
    with opened(to) as practice:
        practice.number = len(list((to / "files").iterdir()))
        yield practice
