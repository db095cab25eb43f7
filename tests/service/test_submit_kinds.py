"""Claims that came in as an 837 go out as one, of each kind, with all that they said and no finding above a note."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims import x12
from claims.service.charges import import_charges
from claims.service.submit import submit
from claims.store import schema
from claims.store.engine import write
from tests.books import Bill, claims
from tests.service.outgoing import DAY, NOW, PARTNER, make_ready, master, rows
from tests.x12.reference import reference_of

SAMPLES = Path(__file__).parents[2] / "edi_samples"
PLAN, NPI = ("FABLEWOOD HEALTH PLAN", "FABLE"), "1999999018"
MANY = 23  # the number of the second set's ST among the segments, less three: once that of the set that was sent
# Claims that say what no column of theirs has a place for: a country in CLM11, and a segment of their own.
OWN = {
    number: f"*P*AA::::{country}~DTP*439*D8*20260831~PWK*OZ*BM***AC*{number}"
    for number, country in (("N4", "CA"), ("N17", "MX"))
}


def ready(practice, kind):
    """Let the samples of a kind be claims to send; give master data in which a partner takes them."""
    practice.night(*(path.read_bytes() for path in sorted((SAMPLES / f"837{kind.lower()}" / "pass").glob("*.edi"))))
    with write(practice.ctx.engine) as conn:
        where = schema.claims.c.state == "stored"
        conn.execute(sa.update(schema.claims).where(where).values(origin="to_send", life="ready"))
    codes = rows(practice, schema.claims)["payer_code"].drop_duplicates().tolist()
    payers = [{"payer_code": code, "payer_name": "PLAN", "partner_code": "PRETEND"} for code in codes if code]
    return master(payers=payers, partners=[PARTNER])


@pytest.mark.long
@pytest.mark.few(2)
@pytest.mark.parametrize("kind", ["P", "I", "D"])
def test_what_was_said_is_sent(practice, kind):
    known = ready(practice, kind)
    count = len(rows(practice, schema.claims).query("life == 'ready'"))
    done = submit(practice.ctx, DAY, now=NOW, master=known)
    messages = rows(practice, schema.exceptions)["message"].tolist()
    assert (done.counts["claims_sent"], messages) == (count, messages), messages
    paths = sorted(practice.ctx.settings.outbox_folder.glob("*.837"))
    for path in paths:
        checked = x12.check(path)
        assert checked.findings[checked.findings["severity"] != "note"].empty
        assert kind == "D" or reference_of(path.read_bytes()).pairs == set()
    lines = sum(len(x12.read(path).frames["service_lines"]) for path in paths)
    assert lines == int(rows(practice, schema.batches)["service_lines"].sum())


def two_sets() -> bytes:
    """An 837P with a claim in its first set and many in its second; some say what no column has a place for."""
    bills = [Bill(f"N{n}", [("99213", "145")], f"W{n:02d}", PLAN, day="20260901") for n in range(1, MANY + 1)]
    first, second = (claims(*some, npi=NPI).decode() for some in (bills[:1], bills[1:]))
    for number, own in OWN.items():
        second = re.sub(rf"(CLM\*{number}\*[^~]*)~", rf"\1{own}~", second)
    second = second[second.index("ST*") : second.index("GE*")].replace("*0001", "*0002").replace("*B1*", "*B2*")
    second = second.replace("NM1*41*2*OUR PRACTICE*", "NM1*41*1*STRANGER*STRANGE")
    second = re.sub(r"SE\*\d+", f"SE*{second.count('~')}", second)
    return first.replace("GE*1*", f"{second}GE*2*").encode()


def said_of_claims(data: bytes) -> dict[str, list[str]]:
    """Give the segments of each claim, from its CLM to the next level, but for the numbers that we give to lines."""
    found = re.findall(r"(?<=~)(CLM\*([^*]*)\*.*?~)(?=HL\*|SE\*)", data.decode().replace("\n", ""))
    return {number: [one for one in text.split("~") if not one.startswith("REF*6R")] for text, number in found}


def test_each_claim_of_many_says_its_own_and_nothing_of_another(practice):
    path = practice.folder / "many.837"
    path.write_bytes(two_sets())
    import_charges(practice.ctx, [path], DAY)
    make_ready(practice)
    done = submit(practice.ctx, DAY, now=NOW, master=master())
    messages = rows(practice, schema.exceptions)["message"].tolist()
    assert (done.counts["claims_sent"], done.counts["batches"], messages) == (MANY, 1, [])
    (sent,) = practice.ctx.settings.outbox_folder.glob("*.837")
    assert said_of_claims(sent.read_bytes()) == said_of_claims(path.read_bytes())
    assert len(said_of_claims(path.read_bytes())) == MANY
    assert b"STRANGE" not in sent.read_bytes()
