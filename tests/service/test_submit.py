"""Submitting: every ready claim leaves once, in a file that its partner takes, and nothing else leaves."""

from __future__ import annotations

import collections
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims import x12
from claims.errors import UsageError
from claims.service import verify_files
from claims.service.master import import_files
from claims.service.scrub_shown import not_sendable
from claims.service.standing_claims import stand
from claims.service.submit import submit
from claims.store import clock, schema
from claims.store.engine import rehearsal, write
from tests.books import remit
from tests.charges.test_charges_file import written
from tests.service.outgoing import BILLING, DAY, NOW, PERSON, RENDERING, charges, make_ready, master, rows, set_life
from tests.x12.reference import reference_of

SAMPLES = Path(__file__).parents[2] / "edi_samples" / "master"


def outbox(practice):
    return sorted(practice.ctx.settings.outbox_folder.rglob("*.837"))


def sent_numbers(practice):
    numbers = []
    for path in outbox(practice):
        numbers += x12.read(path).frames["claims"]["claim_number"].tolist()
    return numbers


def import_master(practice):
    """Let some master data change; which does not matter."""
    import_files(practice.ctx, [SAMPLES / "payers.csv"])


def lives(practice):
    return dict(collections.Counter(rows(practice, schema.claims)["life"]))


def send(practice, **options):
    return submit(practice.ctx, DAY, now=NOW, **({"master": master()} | options))


def _make_ready(practice):
    practice.drop(charges(20), day=DAY)
    make_ready(practice)


@pytest.fixture
def ready(begun):
    """Twenty professional claims that are ready."""
    return begun(_make_ready)


@pytest.mark.long
def test_numbers_that_differ_in_their_case_only_are_one_claim(practice):
    practice.drop(*(charges(1, claim_number=number) for number in ("EX1", "ex1", "Ex1")), day=DAY)
    make_ready(practice)
    assert send(practice).counts["claims_sent"] == 1
    assert sorted(rows(practice, schema.claims)["state"]) == ["duplicate", "duplicate", "stored"]
    assert len(rows(practice, schema.families)) == 1


def test_of_two_claims_with_one_number_on_the_wire_that_leaves_which_a_person_chooses(practice):
    again = [{"claim_number": "AB2", "frequency_code": "7", "original_reference": icn} for icn in ("ICN1", "ICN2")]
    told = [{"claim_number": "ab1", "member_id": "W8"}, {"claim_number": "AB1"}, {"claim_number": "AB2"}, *again]
    practice.drop(*(charges(1, **one) for one in told), day=DAY)
    make_ready(practice)
    assert send(practice).counts["claims_sent"] == 1
    assert practice.exceptions() == ["CLAIM_CONFLICT"] * 4
    why = "the other one has a wrong number"
    table = schema.exceptions
    found = practice.rows(
        sa.select(table.c.family_id, table.c.exception_id).order_by(*table.c["family_id", "exception_id"])
    )
    (_, one), (_, other), *_, (_, replacement) = found
    for number in (one, replacement):
        stand(practice.ctx, number, why, DAY)
    stood = rows(practice, schema.claims).query("state == 'stored' and frequency_code == '7'")
    assert stood[["purpose", "version"]].values.tolist() == [["replacement", 2]]
    assert stood["follows_claim_id"].notna().all()
    set_life(practice, "ready", schema.claims.c.life == "draft", schema.claims.c.state == "stored")
    assert send(practice).counts["claims_sent"] == 2
    with pytest.raises(UsageError, match="is in a batch or was sent, so it stands"):
        stand(practice.ctx, other, why, DAY)


@pytest.mark.long
def test_a_line_is_found_by_its_number_as_it_was_sent_however_it_was_written(practice):
    line = PERSON | {"claim_number": "low1", "procedure_code": "99214", "charge": "205.00"}
    practice.drop(written(line, line), day=DAY)
    make_ready(practice)
    send(practice)
    assert rows(practice, schema.service_lines)["line_control_number"].tolist() == ["LOW1L1", "LOW1L2"]
    text = """BPR*I*100*C*ACH************20261021~
TRN*1*T1*1512345678~
CLP*LOW1*1*410*100**12*ICN1~
SVC*HC:99214*205*100**1~
CAS*CO*45*105~
REF*6R*low1l2~
SVC*HC:99214*205*0**1~
CAS*CO*16*205~
REF*6R*LOW1L1~"""
    practice.night(remit(text, payee=BILLING["npi"], payer="FABLEWOOD HEALTH PLAN"), day=DAY)
    told = rows(practice, schema.line_matches)
    assert told[["line_number", "rule"]].values.tolist() == [[2, "line-control-number"], [1, "line-control-number"]]


def test_ready_claims_leave_in_one_file(ready):
    done = send(ready)
    (path,) = outbox(ready)
    assert path.name == "PRETEND_837P_20261020103005_000000001.837"
    assert done.counts["claims_sent"] == 20
    assert done.counts["sent_cents"] == 20 * 14500 + 10 * 5000
    assert sorted(sent_numbers(ready)) == [f"A{number:05d}" for number in range(1, 21)]
    assert lives(ready) == {"sent": 20}
    checked = x12.check(path)
    assert checked.findings[checked.findings["severity"] != "note"].empty
    assert reference_of(path.read_bytes()).pairs == set()


def test_a_file_says_what_master_data_say(ready):
    send(ready)
    text = outbox(ready)[0].read_text()
    assert "\n" not in text
    assert "N3*100 INVENTED WAY~N4*NOWHERE*OH*459990100~" in text
    assert "NM1*87*2~N3*PO BOX 99~" in text
    assert "NM1*PR*2*FABLEWOOD HEALTH PLAN*****PI*60054~" in text
    assert "NM1*82*1*STETHOSCOPE*AVERY****XX*1999999026~PRV*PE*PXC*207R00000X~" in text
    assert text.count("HL*") == 1 + 7  # one billing provider, seven members


def test_the_batch_says_what_was_sent_of_whom(ready):
    send(ready)
    (batch,) = rows(ready, schema.batches).to_dict("records")
    assert (batch["state"], batch["claims"], batch["service_lines"]) == ("released", 20, 30)
    (of_set,) = rows(ready, schema.batch_sets).to_dict("records")
    assert (of_set["set_control_number"], of_set["batch_reference"]) == ("0001", "0000000010001")
    told = rows(ready, schema.submissions, schema.submissions.c.ordinal)
    data = outbox(ready)[0].read_bytes()
    for claim in told.itertuples():
        segment = data[claim.offset : claim.offset + claim.length].decode()
        assert segment.startswith(f"CLM*{claim.claim_number}*")
    assert told["ordinal"].tolist() == list(range(1, 21))
    assert set(told["state"]) == {"sent"}
    events = rows(ready, schema.claim_events)
    assert collections.Counter(events["event"]) == {"batched": 20, "released": 20}


def test_a_second_run_sends_nothing(ready):
    send(ready)
    before = [path.name for path in outbox(ready)]
    again = send(ready)
    assert [path.name for path in outbox(ready)] == before
    assert not any(again.counts.values())


def test_a_dry_run_changes_nothing(ready):
    done = send(ready, dry_run=True)
    assert (done.counts["claims_sent"], done.batches[0]["state"]) == (20, "planned")
    assert outbox(ready) == []
    assert lives(ready) == {"ready": 20}
    assert rows(ready, schema.control_numbers).empty


@pytest.mark.long
def test_files_and_sets_keep_the_limits_of_the_partner(ready):
    send(ready, master=master(partner={"claims_per_set": 3, "claims_per_file": 8}))
    sizes = [x12.read(path).transactions["claims"].tolist() for path in outbox(ready)]
    assert sizes == [[3, 3, 2], [3, 3, 2], [3, 1]]
    assert sorted(sent_numbers(ready)) == [f"A{number:05d}" for number in range(1, 21)]
    assert rows(ready, schema.batches)["interchange_control_number"].is_unique


def test_more_than_a_hundred_claims_of_one_member_need_more_levels(practice):
    practice.drop(charges(250, member_id="W1", subscriber_last_name="TEACUP"), day=DAY)
    make_ready(practice)
    send(practice)
    frames = x12.read(outbox(practice)[0]).frames
    assert frames["claims"].groupby("subscriber_seg").size().tolist() == [100, 100, 50]


def test_a_partner_gets_its_own_delimiters(ready):
    marks = {"element_separator": "|", "component_separator": ">", "segment_terminator": "'", "line_ends": True}
    send(ready, master=master(partner=marks | {"interchange_acknowledgement": True}))
    data = outbox(ready)[0].read_bytes()
    head = data.splitlines()[0].decode()
    assert (head[3], head[104], head[105]) == ("|", ">", "'")
    assert head.split("|")[14] == "1"
    assert reference_of(data).pairs == set()


@pytest.mark.long
def test_a_test_partner_gets_one_test_file_and_the_claims_stay_ready(ready):
    tests = master(partner={"usage_code": "T"})
    done = send(ready, master=tests)
    (path,) = outbox(ready)
    assert path.parent.name == "test"
    assert x12.read(path).interchanges["usage_code"].tolist() == ["T"]
    assert done.counts["claims_tested"] == 20
    assert lives(ready) == {"ready": 20}
    assert not any(send(ready, master=tests).counts.values())
    assert send(ready).counts["claims_sent"] == 20


def test_an_identifier_with_a_delimiter_blocks_its_claim_only(practice):
    practice.drop(charges(3) + charges(1, claim_number="A9", member_id="W:9").split(b"\n", 1)[1], day=DAY)
    make_ready(practice)
    done = send(practice)
    assert (done.counts["claims_sent"], done.counts["claims_blocked"]) == (3, 1)
    assert lives(practice) == {"sent": 3, "blocked": 1}
    assert practice.exceptions() == ["CLAIM_NOT_SENDABLE"]
    (message,) = rows(practice, schema.exceptions)["message"].tolist()
    assert message == "building: S12 member_id refuses the claim; it was not sent"


@pytest.mark.long
def test_what_the_guide_refuses_does_not_leave_and_the_others_do(practice):
    practice.drop(charges(5) + charges(1, claim_number="A9", member_id="9").split(b"\n", 1)[1], day=DAY)
    make_ready(practice)  # a member id of one character is too short
    done = send(practice)
    assert (done.counts["claims_sent"], done.counts["claims_blocked"], done.counts["batches_cancelled"]) == (5, 1, 1)
    assert sorted(sent_numbers(practice)) == [f"A{number:05d}" for number in range(1, 6)]
    assert practice.exceptions() == ["CLAIM_NOT_SENDABLE"]
    events = rows(practice, schema.claim_events, schema.claim_events.c.event_id)
    first = events[events["claim_id"] == 6]["event"].tolist()
    assert first == ["batched", "unbatched", "blocked"]
    assert set(rows(practice, schema.batches)["state"]) == {"cancelled", "released"}


@pytest.mark.long
def test_what_could_not_be_sent_is_tried_again_when_master_data_have_changed(practice, monkeypatch):
    practice.drop(charges(1, member_id="9"), day=DAY)
    make_ready(practice)
    send(practice)
    with write(practice.ctx.engine) as conn:  # edits find nothing
        conn.execute(sa.update(schema.claims).values(life="ready"))
    again = send(practice)
    assert (again.counts["claims_blocked"], len(again.batches)) == (0, 0)
    assert not_sendable(practice.ctx) == not_sendable(practice.ctx, payer="FABLE") == {
        "claims": 1, "charge_cents": int(rows(practice, schema.claims)["charge_cents"].sum())
    }  # fmt: skip
    assert not_sendable(practice.ctx, payer="OTHER")["claims"] == 0
    with monkeypatch.context() as patch:  # a clock may go back
        patch.setattr(clock, "now", lambda: "2020-01-01T00:00:00.000000Z")
        import_master(practice)
    assert not_sendable(practice.ctx) == {"claims": 0, "charge_cents": 0}
    assert send(practice).counts["claims_blocked"] == 1
    assert practice.exceptions() == ["CLAIM_NOT_SENDABLE"]
    assert practice.exceptions("closed") == ["CLAIM_NOT_SENDABLE"]


def test_claims_without_a_partner_are_listed_until_there_is_one(ready):
    nobody = master(payer={"payer_code": "OTHER"})
    done = send(ready, master=nobody)
    assert done.counts["claims_without_partner"] == 20
    assert ready.exceptions() == ["CLAIM_WITHOUT_PARTNER"] * 20
    send(ready)
    assert ready.exceptions() == []


@pytest.mark.long
def test_line_numbers_are_unique_in_the_whole_system(practice):
    practice.drop(charges(4), charges(4, billing_npi="1999999034", line_control_number=""), day=DAY)
    make_ready(practice)
    providers = [BILLING | {"npi": npi} for npi in ("1999999018", "1999999034")]
    send(practice, master=master(providers=[*providers, RENDERING]))
    lines = x12.read(outbox(practice)[0]).frames["service_lines"]["line_control_number"]
    assert len(lines) == 12
    assert lines.is_unique
    stored = rows(practice, schema.service_lines)["line_control_number"]
    assert sorted(stored) == sorted(lines)
    with rehearsal(practice.ctx.engine) as conn:  # those that we gave are held by their seal, for no file says them
        assert verify_files.differing(practice.ctx, conn)[1] == []
        last = sa.select(sa.func.max(schema.service_lines.c.service_line_id)).scalar_subquery()
        changed = sa.update(schema.service_lines).where(schema.service_lines.c.service_line_id == last)
        conn.execute(changed.values(line_control_number="LN0000000999"))
        (found,) = verify_files.differing(practice.ctx, conn)[1]
        assert "service_lines, line_control_number is" in found
