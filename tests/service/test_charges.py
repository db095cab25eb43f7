"""Claims to send come in by charges CSV and 837: the good go in, the wrong are named, twice changes nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service import intake
from claims.service.charges import charges_to_send, import_charges
from claims.service.runs import running
from claims.store import schema
from tests.books import Bill, claims, remit
from tests.charges.test_charges_written import DENTAL, INSTITUTIONAL, PROFESSIONAL, charges
from tests.service.conftest import DAY

C = schema.claims
GOOD, SPOILED = b"SV1*HC:99213*100*UN", b"SV1*HC:99213*1o0*UN"


@pytest.fixture
def bring(practice):
    """Write files, and import them as charges."""

    def call(*files: bytes):
        paths = []
        for content in files:
            practice.number += 1
            paths.append(practice.folder / f"{practice.number:03d}.dat")
            paths[-1].write_bytes(content)
        return import_charges(practice.ctx, paths, DAY)

    return call


def two_claims() -> bytes:
    """An 837 with two claims."""
    return claims(Bill("C1", [("99213", "100")]), Bill("C2", [("99214", "150")], member="W2"))


def stored(practice) -> list[tuple]:
    """Each claim: number, kind, origin, purpose, life, state, reason."""
    columns = C.c.claim_number, C.c.kind, C.c.origin, C.c.purpose, C.c.life, C.c.state
    reason = sa.func.coalesce(C.c.reason_code, "")
    return practice.rows(sa.select(*columns, reason).order_by(C.c.claim_id))


def test_a_csv_of_all_kinds_goes_in_as_drafts(practice, bring):
    report = bring(charges(PROFESSIONAL, INSTITUTIONAL, DENTAL))
    assert report.counts == {"stored": 1, "held": 0, "refused": 0, "duplicate": 0}
    assert stored(practice) == [
        (number, kind, "to_send", "original", "draft", "new", "")
        for number, kind in (("P1", "P"), ("I1", "I"), ("D1", "D"))
    ]
    assert (report.files[0].claims, report.files[0].charge_cents) == (3, 20500 + 450000 + 98000)
    payers = schema.claim_payers
    order = sa.select(payers.c.payer_sequence, payers.c.payer_code, payers.c.seg).order_by(payers.c.claim_payer_id)
    assert practice.rows(order)[:3] == [("P", "FABLE", 1), ("P", "FABLE", 2), ("P", "FABLE", 3)]
    assert practice.rows(order)[3:5] == [("S", "DRAGN", 1), ("T", "UNICN", 1)]


def test_the_same_files_again_change_nothing(practice, bring):
    files = charges(PROFESSIONAL), two_claims()
    bring(*files)
    before = stored(practice), practice.count(schema.findings), practice.count(schema.exceptions)
    report = bring(*files)
    assert report.counts == {"stored": 0, "held": 0, "refused": 0, "duplicate": 2}
    assert [(file.state, file.claims, len(file.refusals)) for file in report.files] == [("duplicate", 0, 0)] * 2
    assert (stored(practice), practice.count(schema.findings), practice.count(schema.exceptions)) == before


def test_wrong_rows_are_named_and_the_other_claims_go_in(practice, bring):
    report = bring(charges(PROFESSIONAL, {**PROFESSIONAL, "claim_number": "P2", "charge": "1.001"}, DENTAL))
    (file,) = report.files
    assert report.counts["held"] == 1
    assert file.refusals[["seg", "element", "code"]].to_numpy().tolist() == [[2, "charge", "charges-row"]]
    assert [row[0] for row in stored(practice)] == ["P1", "D1"]
    assert practice.exceptions() == ["FILE_HELD"]


def test_the_corrected_file_adds_what_was_refused_and_nothing_twice(practice, bring):
    second = {**PROFESSIONAL, "claim_number": "P2"}
    bring(charges(PROFESSIONAL, {**second, "charge": "1.001"}))
    bring(charges(PROFESSIONAL, second))
    practice.reconcile()
    assert sorted((row[0], row[5]) for row in stored(practice)) == [
        ("P1", "duplicate"),
        ("P1", "stored"),
        ("P2", "stored"),
    ]


def test_an_837_goes_in_as_claims_to_send(practice, bring):
    report = bring(two_claims())
    assert report.files[0].state == "stored"
    assert stored(practice) == [(number, "P", "to_send", "original", "draft", "new", "") for number in ("C1", "C2")]


def test_ingest_takes_an_837_as_sent_elsewhere(practice):
    practice.drop(two_claims())
    assert {row[2:5] for row in stored(practice)} == {("sent", "original", "sent")}


def test_a_charges_csv_that_ingest_finds_is_to_be_sent(practice):
    practice.drop(charges(PROFESSIONAL))
    assert {row[2:5] for row in stored(practice)} == {("to_send", "original", "draft")}


def test_a_claim_with_a_finding_is_held_alone(practice, bring):
    (file,) = bring(two_claims().replace(GOOD, SPOILED)).files
    assert [(row[0], row[5], row[6]) for row in stored(practice)] == [
        ("C1", "held", "amount-not-readable"),
        ("C2", "new", ""),
    ]
    assert (file.state, file.claims, file.charge_cents, file.refused_claims) == ("held", 1, 15000, 1)
    assert file.refusals[["element", "code"]].to_numpy().tolist() == [["SV102", "amount-not-readable"]]
    table, sets = schema.exceptions, schema.transactions
    assert practice.rows(sa.select(table.c.type_code, table.c.amount_cents)) == [("CLAIM_HELD", 10000)]
    assert practice.rows(sa.select(sets.c.state, sets.c.reason_code)) == [("held", "amount-not-readable")]


def test_a_finding_of_the_set_holds_all_its_claims(practice, bring):
    content = two_claims()
    count = content.split(b"SE*")[1].split(b"*")[0]
    (file,) = bring(content.replace(b"SE*" + count + b"*", b"SE*99*")).files
    assert {(row[5], row[6]) for row in stored(practice)} == {("held", "set-count-differs")}
    assert (file.claims, file.refused_claims) == (0, 2)


def test_ingest_still_holds_the_whole_set_for_one_claim(practice):
    practice.drop(two_claims().replace(GOOD, SPOILED))
    assert {row[5] for row in stored(practice)} == {"held"}


def test_a_file_cannot_be_sent_elsewhere_and_to_be_sent(practice, bring):
    practice.drop(two_claims())
    (file,) = bring(two_claims()).files
    assert (file.state, file.outcome.reason_code, file.claims) == ("refused", "sent-elsewhere", 0)
    other = claims(Bill("C3", [("99213", "100")]))
    bring(other)
    report = practice.drop(other)
    assert [outcome.reason_code for outcome in report.outcomes] == ["charges-to-send"]
    assert report.counts["refused"] == 1
    assert {row[0]: row[2] for row in stored(practice)} == {"C1": "sent", "C2": "sent", "C3": "to_send"}


@pytest.mark.parametrize("sent_first", [True, False])
def test_a_claim_that_was_sent_elsewhere_is_not_sent_again(practice, bring, sent_first):
    """The same claims in another envelope, so that the files differ."""
    sent, to_send = two_claims(), two_claims().replace(b"000000009", b"000000010")
    steps = [lambda: practice.drop(sent), lambda: bring(to_send)]
    for step in steps if sent_first else reversed(steps):
        step()
        practice.reconcile()
    assert {(row[2], row[5]) for row in stored(practice)} == {("sent", "stored"), ("to_send", "duplicate")}
    assert charges_to_send(practice.ctx)[0].empty


def test_what_an_import_left_unread_is_still_to_be_sent(practice):
    path = practice.folder / "left.837"
    path.write_bytes(two_claims())
    with running(practice.ctx, intake.CHARGES_RUN, DAY) as (run_id, _):
        intake.register(practice.ctx, run_id, [path])  # and then the process died
    practice.drop()
    assert {row[2:5] for row in stored(practice)} == {("to_send", "original", "draft")}


def test_other_files_are_refused_and_left_to_ingest(practice, bring):
    payment = remit("""BPR*I*0*C*NON************20250611~
                       TRN*1*T1*1512345678~""")
    report = bring(payment, b"rubbish", charges(PROFESSIONAL))
    assert [(file.state, file.outcome.reason_code) for file in report.files] == [
        ("refused", "not-charges"),
        ("refused", "not-charges"),
        ("stored", ""),
    ]
    assert practice.count(schema.files) == 1
    assert practice.drop(payment).counts["duplicate"] == 0


def test_a_test_file_is_not_to_be_sent(practice, bring):
    (file,) = bring(claims(Bill("C1", [("99213", "100")]), usage="T")).files
    assert [row[5] for row in stored(practice)] == ["informational"]
    assert file.claims == 0


def test_what_waits_is_summed_up_and_claim_numbers_are_masked(practice, bring):
    bring(charges(PROFESSIONAL, INSTITUTIONAL, DENTAL))
    practice.drop(two_claims())
    practice.reconcile()
    sums, rows = charges_to_send(practice.ctx)
    assert sums[["life", "payer_code", "kind", "claims", "charge_cents"]].to_numpy().tolist() == [
        ["draft", "FABLE", "D", 1, 98000],
        ["draft", "FABLE", "I", 1, 450000],
        ["draft", "FABLE", "P", 1, 20500],
    ]
    assert rows["charge_cents"].tolist() == [450000, 98000, 20500]
    assert set(rows["claim_number"]) == {"•••"}
    assert charges_to_send(practice.ctx, limit=1, show_phi=True)[1]["claim_number"].tolist() == ["I1"]
    events = schema.audit_events
    assert practice.rows(sa.select(events.c.action).where(events.c.action == "phi-shown")) == [("phi-shown",)]
    assert charges_to_send(practice.ctx, life="ready")[0].empty
    assert charges_to_send(practice.ctx, payer="DRAGN")[0].empty
    with pytest.raises(UsageError):
        charges_to_send(practice.ctx, life="lost")


def test_a_wrong_cell_of_a_column_with_a_long_name_is_a_finding(practice):
    practice.drop(charges({**PROFESSIONAL, "secondary_subscriber_birth_date": "yesterday"}))
    findings = schema.findings
    assert practice.rows(sa.select(findings.c.code, findings.c.element)) == [
        ("charges-row", "secondary_subscriber_birth_date")
    ]
    assert practice.exceptions() == ["FILE_REFUSED"]
