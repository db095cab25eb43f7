"""How fast claims become checked files: `python benchmarks/submit.py [CLAIMS]` prints rates in processor time, warm.

The charges are invented here, the same in every run: two lines for each claim, three claims for each member. No test is
timed.
"""

from __future__ import annotations

import csv
import io
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from claims import config, x12
from claims.charges import build, read_charges
from claims.master import Master
from claims.service import building, envelopes, intake, proof, snapshots
from claims.service.context import open_context
from claims.service.envelopes import Interchange
from claims.service.reconcile import resolve_identities
from claims.service.submit import submit
from claims.store import audit, engine
from claims.x12.write_text import plain_ascii

CLAIMS, PER_FILE, FOR_OTHERS = 100_000, 20_000, 10_000
DAY, MOMENT = date(2026, 10, 20), datetime(2026, 10, 20, 10, 30)
NAMES = ("WAFFLEWORTH", "TEACUP", "MUFFINGTON", "PENCIL", "MARZIPAN", "BUTTERCUP", "THIMBLE")
CLAIM = {
    "payer_code": "FABLE", "payer_name": "FABLEWOOD HEALTH PLAN", "filing_indicator_code": "12",
    "billing_npi": "1999999018", "billing_name": "MADE UP FAMILY PRACTICE", "rendering_npi": "1999999026",
    "subscriber_first_name": "ODETTE", "subscriber_birth_date": "1989-04-08", "subscriber_gender": "F",
    "subscriber_address": "181 PENCIL WAY", "subscriber_city": "NOWHERE", "subscriber_state": "OH",
    "subscriber_zip": "45999", "place_of_service": "11", "diagnosis_codes": "E119 I10", "service_from": "2026-09-08",
}  # fmt: skip
LINES = (
    {"procedure_code": "99214", "modifiers": "25", "diagnosis_pointers": "1 2", "charge": "205.00"},
    {"procedure_code": "85025", "modifiers": "", "diagnosis_pointers": "1", "charge": "50.00"},
)
MASTER = {
    "payers": [
        {"payer_code": "FABLE", "payer_name": "FABLEWOOD HEALTH PLAN", "payer_identifier": "60054",
         "partner_code": "PRETEND"},
    ],
    "providers": [
        {"npi": "1999999018", "entity_type": "2", "last_name": "MADE UP FAMILY PRACTICE", "tax_id": "900000099",
         "address": "100 INVENTED WAY", "city": "NOWHERE", "state": "OH", "zip": "459990100",
         "contact_name": "BILLING DESK", "contact_phone": "8005550100"},
        {"npi": "1999999026", "entity_type": "1", "last_name": "STETHOSCOPE", "first_name": "AVERY"},
    ],
    "partners": [
        {"partner_code": "PRETEND", "partner_name": "PRETEND CLEARING HOUSE", "receiver_identifier": "PRETEND01",
         "submitter_name": "MADE UP FAMILY PRACTICE", "submitter_identifier": "MADEUP01",
         "contact_name": "BILLING DESK", "contact_phone": "8005550100", "usage_code": "P",
         "claims_per_file": PER_FILE},
    ],
}  # fmt: skip


def charges(first: int, count: int) -> bytes:
    """Write charges for claims numbered from `first`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*CLAIM, "claim_number", "member_id", "subscriber_last_name", *LINES[0]])
    writer.writeheader()
    for number in range(first, first + count):
        own = {"claim_number": f"A{number:08d}", "member_id": f"W{number // 3:08d}"}
        claim = CLAIM | own | {"subscriber_last_name": NAMES[number // 3 % len(NAMES)]}
        writer.writerows(claim | line for line in LINES)
    return text.getvalue().encode()


def master() -> Master:
    """Give the master data."""
    dated = {"effective_from": 18800101, "effective_to": 99991231}
    return Master.of({kind: pd.DataFrame([row | dated for row in rows]) for kind, rows in MASTER.items()})


def partner(known: Master) -> dict[str, Any]:
    """Give the partner's row."""
    return {str(name): value for name, value in known.rows("partners").iloc[0].to_dict().items()}


def content(first: int, count: int) -> dict[str, pd.DataFrame]:
    """Give the frames of claims as they come from the vault."""
    file = read_charges(charges(first, count))
    frames = dict(file.frames)
    return frames | {"claims": frames["claims"].assign(claim_id=frames["claims"]["seg"], family_id=1)}


class Clock:
    """Processor time by what it was spent on."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, run: Callable[[], Any]) -> Any:
        """Run something and count it under a name."""
        began = time.process_time()
        result = run()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - began
        return result


def one_file(clock: Clock, frames: dict[str, pd.DataFrame], known: Master, number: int, settings: Any) -> bytes:
    """Build, freeze, write and check one file."""
    row = partner(known)
    wanted = Interchange(row, f"{number:09d}", "P", MOMENT)

    def built() -> dict[str, pd.DataFrame]:
        found, _ = build.cleaned(build.enriched(frames, known), envelopes.marks(row), plain_ascii)
        wanting = build.to_number(found["service_lines"], pd.Series(dtype="str"))
        found = found | {"service_lines": build.numbered_lines(found["service_lines"], wanting, 1)}
        return envelopes.enveloped(building.files(found, PER_FILE)[0], wanted)

    found = clock("build", built)
    clock("freeze", lambda: snapshots.packed(found))
    data: bytes = clock("write", lambda: x12.write(found, delimiters=envelopes.delimiters(found["interchanges"])))
    proved = clock("check", lambda: proof.prove(data, found, settings))
    assert proved.faults.empty, proved.faults
    return data


def rates(claims: int) -> None:
    """Print claims a second while building, writing and checking, file by file."""
    known, settings = master(), config.load(home=Path(tempfile.mkdtemp()))
    one_file(Clock(), content(0, 100), known, 1, settings)
    clock, done, longest = Clock(), 0, 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while done < claims:
        frames = content(done, min(PER_FILE, claims - done))
        longest = max(longest, len(one_file(clock, frames, known, 2, settings)))
        done += PER_FILE
    for name, seconds in clock.seconds.items():
        print(f"{name:<8} {claims / seconds:>10,.0f} claims/s")
    total = sum(clock.seconds.values())
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    size = f"files of {longest / 1e6:.1f} MB; {grown} MB above the libraries"
    print(f"{'all four':<8} {claims / total:>10,.0f} claims/s; {size}")


def other(claims: int = FOR_OTHERS) -> None:
    """Print how many times faster we write the same claims than x12sdk turns its objects into text."""
    try:
        from x12sdk.io import X12ModelReader
    except ImportError:
        print("x12sdk is not installed: no ratio")
        return
    known, settings = master(), config.load(home=Path(tempfile.mkdtemp()))
    data = one_file(Clock(), content(0, claims), known, 3, settings)
    frames = x12.read(data).frames
    with X12ModelReader(data.decode()) as reader:
        models = list(reader.models())
    clock = Clock()
    texts = clock("x12sdk", lambda: [model.x12() for model in models])
    clock("claims", lambda: x12.write(frames))
    assert sum(map(len, texts)) > len(data) // 2
    ratio = clock.seconds["x12sdk"] / clock.seconds["claims"]
    print(f"write {claims:,} claims: {claims / clock.seconds['claims']:,.0f} claims/s, {ratio:.1f} x x12sdk")


def whole(claims: int) -> None:
    """Print claims a second of all of `submit`: database, vault and outbox included, on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        settings = config.load(home=Path(folder) / "home")
        settings.home.mkdir()
        audit.create_key(settings.audit_key_file)
        engine.upgrade(settings.database_url)
        ctx = open_context(settings, actor="benchmark")
        paths = []
        for first in range(0, claims, PER_FILE):
            paths.append(Path(folder) / f"{first}.csv")
            paths[-1].write_bytes(charges(first, min(PER_FILE, claims - first)))
        intake.ingest(ctx, paths, DAY)
        resolve_identities(ctx, 1, DAY)
        with engine.write(ctx.engine) as conn:
            conn.exec_driver_sql("UPDATE claims SET life = 'ready'")
        began = time.process_time()
        done = submit(ctx, DAY, master=master())
        seconds = time.process_time() - began
        assert done.counts["claims_sent"] == claims, done.counts
        print(f"submit   {claims / seconds:>10,.0f} claims/s, with database, vault and outbox")
        ctx.engine.dispose()


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    rates(wanted)
    other(min(wanted, FOR_OTHERS))
    whole(wanted)
