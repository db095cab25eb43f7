"""A denied claim becomes a letter and a packet that proves it, from the books alone; what is not there is a gap."""

from __future__ import annotations

import hashlib
import io
import json
import shutil

import lxml.html
import pytest
import sqlalchemy as sa
from docx import Document

from claims.errors import NotFoundError, UsageError
from claims.letters.packet import packet_html
from claims.reports.manifest import ReportFolderError
from claims.service import appeals
from claims.service.desk import actions
from claims.service.report import verify_reports
from claims.service.verify import verify
from claims.store import schema
from tests.answers import ca_277
from tests.letters.packets import HOSTILE
from tests.service.appealed import answers, begun, case_id, copied, denied, know, opened, payer, sent
from tests.service.conftest import DAY
from tests.service.test_appeals_filled import PNG


@pytest.fixture(scope="module")
def folder_sent(sqlite_template, tmp_path_factory):
    """The data folder of a practice that sent a claim."""
    return begun(tmp_path_factory.mktemp("sent"), sqlite_template, sent)


@pytest.fixture(scope="module")
def folder_denied(folder_sent, tmp_path_factory):
    """The data folder of the same practice when the claim was taken, and denied."""
    with copied(folder_sent, tmp_path_factory.mktemp("denied") / "home") as practice:
        practice.night(*answers(), denied())
    return practice.ctx.settings.home


@pytest.fixture(scope="module")
def books(folder_denied, tmp_path_factory):
    """That practice, shared: tests add appeals to it, and change nothing else."""
    with copied(folder_denied, tmp_path_factory.mktemp("books") / "home") as practice:
        yield practice


@pytest.fixture
def denied_case(folder_denied, tmp_path):
    """A case of its own to go on with."""
    with copied(folder_denied, tmp_path / "home") as practice:
        yield practice


@pytest.fixture
def sent_claim(folder_sent, tmp_path):
    """A claim that was sent; nobody has answered yet."""
    with copied(folder_sent, tmp_path / "home") as practice:
        yield practice


@pytest.fixture
def practice(sqlite_template, tmp_path):
    """A practice with nothing in its books."""
    (tmp_path / "home").mkdir()
    with opened(begun(tmp_path / "home", sqlite_template, lambda practice: None)) as empty:
        yield empty


def shown(practice, **changes) -> str:
    """The texts of the packet."""
    made = appeals.assembled(practice.ctx, case_id(practice), day=DAY, **changes)
    return " ".join(lxml.html.fromstring(packet_html(made.packet)).text_content().split())


def letter_of(made) -> str:
    document = Document(io.BytesIO((made.folder / "letter.docx").read_bytes()))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([one.text for one in document.paragraphs] + cells)


def version_of(practice) -> list[tuple[int, int]]:
    cases = schema.denial_cases
    return practice.rows(sa.select(cases.c.case_id, cases.c.version))


@pytest.mark.long
def test_the_packet_proves_that_the_claim_was_filed_in_time(books):
    text = shown(books)
    for said in (
        "ISA13 000000009, GS06 9, ST02 0001, BHT03 B1, CLM01 A1, REF*D9 CH0001",
        "A, ISA13 000000009",
        "A, GS06 9, ST02 0001",
        "A2 20, BHT03 B1, CLM01 A1, payer's number ICNA1",
        "accepted it for adjudication on March 12, 2025",
        "From the first day of service to March 12, 2025 are 39 days.",
        "you had the claim on March 12, 2025; the last day for filing it was May 2, 2025.",
        "The limit for filing is 90 days from the first day of service (the payer's own rule",
        "That is 51 days before the last day for filing it, May 2, 2025.",
        "$150.00 billed - $150.00 adjusted - $0.00 paid = $0.00 unexplained",
        "Remittance (835) with this decision",
    ):
        assert said in text
    assert "to be filled in" not in text and "Draft" not in text


@pytest.mark.long
def test_each_segment_in_the_packet_stands_where_it_says(books):
    made = appeals.assembled(books.ctx, case_id(books), day=DAY).packet
    quoted = [file for exhibit in made.exhibits for file in exhibit.files]
    assert [file.segments[-1][3][:3] for file in quoted] == ["DTP", "TA1", "AK9", "DTP", "CAS"]
    for file in quoted:
        for _, offset, length, text in file.segments:
            assert books.ctx.vault.read(file.sha256, offset, length).decode() == text
    assert len({file.sha256 for file in quoted}) == 5


@pytest.mark.long
def test_preparing_is_written_down_and_the_same_again_gives_the_same_bytes(books):
    before = books.count(schema.audit_events)
    first = appeals.prepare(books.ctx, case_id(books), day=DAY)
    files = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    again = appeals.prepare(books.ctx, case_id(books), day=DAY)
    assert first == again and first.folder.parent.name == first.key
    for name in ("packet.pdf", "letter.docx"):
        assert (again.folder / name).read_bytes() == files[name]
        assert hashlib.sha256(files[name]).hexdigest() == first.sha256[name]
        assert books.ctx.vault.verify(first.sha256[name]) == "sound"
    assert json.loads(files["manifest.json"])["manifest_sha256"] == first.manifest_sha256
    (row,) = appeals.of_case(books.ctx, case_id(books)).to_dict("records")
    assert (row["level"], row["state"], row["gaps"], row["prepared_by"]) == (1, "prepared", [], "tester")
    assert (row["packet_sha256"], row["template_sha256"]) == (first.sha256["packet.pdf"], first.template_sha256)
    events = books.rows(sa.select(schema.audit_events.c.action, schema.audit_events.c.subject).offset(before))
    assert events == [("phi-shown", f"appeal of case {first.key}")] * 2
    assert not [check.name for check in verify(books.ctx) if check.broken]


def test_a_letter_that_somebody_edited_stays_and_the_next_lies_beside_it(books, tmp_path):
    first = appeals.prepare(books.ctx, case_id(books), day=DAY)
    letter = first.folder / "letter.docx"
    letter.write_bytes(b"edited and signed by a person")
    try:
        second = appeals.prepare(books.ctx, case_id(books), day=DAY)
        assert letter.read_bytes() == b"edited and signed by a person"
        assert (first.folder.name, second.folder.name) == ("level-1", "level-1-2")
        assert (second.folder / "letter.docx").is_file()
        assert appeals.prepare(books.ctx, case_id(books), day=DAY).folder == second.folder
        with pytest.raises(ReportFolderError, match=r"holds a letter\.docx that somebody edited"):
            appeals.prepare(books.ctx, case_id(books), out=first.folder, day=DAY)
    finally:
        shutil.rmtree(first.folder.parent)


def test_the_packet_is_verified_by_its_manifest(books, tmp_path):
    made = appeals.prepare(books.ctx, case_id(books), out=tmp_path / "packet", day=DAY)
    (found,) = verify_reports(made.folder)
    assert (found["report"], found["problems"], found["manifest_sha256"]) == ("appeal", [], made.manifest_sha256)
    assert sorted(path.name for path in made.folder.iterdir()) == ["letter.docx", "manifest.json", "packet.pdf"]
    told = json.loads((made.folder / "manifest.json").read_text())
    assert told["control_totals_cents"] == {"adjusted": 15000, "billed": 15000, "paid": 0}
    assert told["parameters"]["template_sha256"] == made.template_sha256
    told["parameters"]["case"] = "another"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(ReportFolderError, match="holds something else"):
        appeals.prepare(books.ctx, case_id(books), out=tmp_path / "other", day=DAY)
    (made.folder / "packet.pdf").write_bytes(b"%PDF-")
    (found,) = verify_reports(made.folder)
    assert len(found["problems"]) == 1 and "packet.pdf" in found["problems"][0]


def test_the_letter_of_a_payer_is_the_practices_own_and_named_by_its_hash(books, tmp_path):
    folder = books.ctx.settings.letters_folder / "1512345678"
    folder.mkdir(parents=True)
    text = b"title: Ours\n\nYou took {claim_number} on {receipt_date}."
    try:
        (folder / "timely-filing.txt").write_bytes(text)
        made = appeals.prepare(books.ctx, case_id(books), out=tmp_path / "own", day=DAY)
    finally:
        (folder / "timely-filing.txt").unlink(missing_ok=True)
    assert "You took A1 on March 12, 2025." in letter_of(made)
    assert "for payer 1512345678" in made.template
    assert made.template_sha256 == hashlib.sha256(text).hexdigest()


def test_what_cannot_be_appealed_is_refused_and_leaves_nothing(books):
    before = [books.count(table) for table in (schema.appeals, schema.audit_events)]
    with pytest.raises(appeals.AppealRefusedError, match="last day was 2025-12-07") as caught:
        appeals.prepare(books.ctx, case_id(books), day=DAY.replace(year=2026))
    assert caught.value.refused == "window-passed"
    with pytest.raises(appeals.AppealRefusedError, match="level 3"):
        appeals.prepare(books.ctx, case_id(books), 3, day=DAY)
    with pytest.raises(NotFoundError):
        appeals.prepare(books.ctx, 999, day=DAY)
    assert [books.count(table) for table in (schema.appeals, schema.audit_events)] == before


@pytest.mark.long
def test_without_an_acceptance_nothing_is_proved_and_a_hostile_name_is_text(sent_claim):
    name = HOSTILE.replace('"', "")[:55].upper()
    know(sent_claim, payer(street="", name=name))
    sent_claim.night(ca_277("B1", ("A1", "A2:20", "150"), source="AY"), denied(remarks="N210"))
    made = appeals.prepare(sent_claim.ctx, case_id(sent_claim), day=DAY)
    assert "the payer's acceptance (277CA) of the claim" in made.gaps
    assert "TOWN, NY 10001" in letter_of(made)  # as the remittance has it
    text, told = letter_of(made), shown(sent_claim)
    assert text.count("DRAFT") == 1 and "you had the claim on" not in text and "Your claim acknowledgment" not in text
    assert " days." not in text and "each acknowledgment of it too (277CA)" in text
    assert "277CA: accepted by the clearing house" in told and "days before the last day" not in told
    assert name in text and name in told and "N210" in text
    for fact in ("receipt_date", "days_used", "latest_receipt_date", "filing_limit"):
        with pytest.raises(UsageError, match=f"no gap {fact} "):
            appeals.assembled(sent_claim.ctx, case_id(sent_claim), day=DAY, words={fact: "1"})
    proof = appeals.assembled(sent_claim.ctx, case_id(sent_claim), day=DAY, attached=[appeals.Attached("", PNG)])
    assert "the payer's acceptance (277CA) of the claim" not in proof.packet.gaps
    assert proof.packet.exhibits[-1].title == "Proof of receipt"


@pytest.mark.long
def test_a_letter_names_no_acknowledgment_where_none_came_and_no_limit_but_that_of_its_last_day(sent_claim):
    know(sent_claim, payer(filing=""))
    sent_claim.night(denied())
    made = appeals.prepare(sent_claim.ctx, case_id(sent_claim), day=DAY)
    text = letter_of(made)
    assert "cknowledgment" not in text and "as it was sent on March 10, 2025" in text
    elsewhere = [one.label for one in made.open_gaps if one.how == "elsewhere"]
    assert len(elsewhere) == 1 and "only a usual one is known: set it in master data" in elsewhere[0]


@pytest.mark.long
def test_what_the_payer_refused_later_is_no_acceptance(sent_claim):
    later = ca_277("B1", ("A1", "A7:21", "150"), day="20250320", own="000000302")
    lost = ca_277("B1", ("A1", "A4:35", "150"), day="20250325", own="000000303")
    sent_claim.night(ca_277("B1", ("A1", "A2:20", "150")), later, lost, denied())
    made = appeals.assembled(sent_claim.ctx, case_id(sent_claim), day=DAY)
    assert "the payer's acceptance (277CA) of the claim" in made.packet.gaps and made.got.sent is not None
    text = shown(sent_claim)
    assert "277CA: refused by the payer" in text and "277CA: the claim was not found" in text


@pytest.mark.long
def test_a_claim_that_we_never_sent_has_no_filing_to_show(practice):
    practice.night(denied("50", number="ELSEWHERE"))
    made = appeals.prepare(practice.ctx, case_id(practice), day=DAY)
    assert made.kind == "medical-necessity" and "The claim as it was sent" in made.gaps
    assert "The medical record of the service" in made.gaps
    assert "Claim as sent" not in shown(practice)


def test_nothing_of_another_patient_is_in_the_packet(books):
    made = appeals.assembled(books.ctx, case_id(books), day=DAY)
    text = lxml.html.fromstring(packet_html(made.packet)).text_content()
    assert "*W1~" in text and "CLM*A1*" in text and "TRN*2*A1~" in text and "CLP*A1*" in text
    assert not [word for word in ("A0", "A2*150", "A2~", "W0", "W2", "PERSON2", "ICNA0", "BPR") if word in text]


@pytest.mark.long
def test_after_the_first_level_was_sent_the_second_comes(denied_case):
    practice, case = denied_case, case_id(denied_case)
    appeals.prepare(practice.ctx, case, day=DAY)
    done = actions.appeal_sent(practice.ctx, version_of(practice), 1, "tracking number", DAY)
    with pytest.raises(appeals.AppealRefusedError, match="level 1 was sent"):
        appeals.prepare(practice.ctx, case, 1, day=DAY)
    practice.night(denied(day="20250720", trace="T9"), day=DAY.replace(month=7, day=21))
    made = appeals.prepare(practice.ctx, case, day=DAY.replace(month=7, day=22))
    assert (made.level, made.template, str(made.deadline)) == (2, "timely-filing-2 (built in)", "2025-09-18")
    assert "Our first-level appeal of June 30, 2025 was decided on July 20, 2025." in letter_of(made)
    rows = appeals.of_case(practice.ctx, case)
    assert rows[["level", "state", "sent_date"]].values.tolist() == [[1, "sent", "2025-06-30"], [2, "prepared", ""]]
    assert appeals.appeals(practice.ctx, state="sent")["level"].tolist() == [1]
    assert done.done == [case]


def test_a_sending_that_is_undone_was_none_and_one_without_a_packet_is_one(denied_case):
    practice, case = denied_case, case_id(denied_case)
    done = actions.appeal_sent(practice.ctx, version_of(practice), 1, "by fax", DAY, packet="")
    made = appeals.planned(practice.ctx, case, day=DAY)
    assert (made.level, made.level_name, made.deadline.last_day) == (2, "second-level appeal", None)
    actions.undo(practice.ctx, done.action_id, DAY)
    assert appeals.planned(practice.ctx, case, day=DAY).level == 1


def test_of_many_at_once_each_sending_names_its_packet_and_one_without_is_refused(denied_case):
    practice, case = denied_case, case_id(denied_case)
    none = actions.appeal_sent(practice.ctx, version_of(practice), 1, "certified mail", DAY)
    assert (none.done, none.refused["reason"].tolist()) == ([], ["no-packet"])
    made = appeals.prepare(practice.ctx, case, day=DAY)
    assert actions.appeal_sent(practice.ctx, version_of(practice), 1, "certified mail", DAY).done == [case]
    event = schema.denial_events
    ((body,),) = practice.rows(sa.select(event.c.body).where(event.c.kind == "appealed"))
    assert json.loads(body)["packet"] == made.sha256["packet.pdf"]


def test_a_newer_packet_takes_the_place_of_an_older_one(denied_case):
    practice, case = denied_case, case_id(denied_case)
    for day in (DAY, DAY.replace(month=7)):
        appeals.prepare(practice.ctx, case, day=day)
    rows = appeals.of_case(practice.ctx, case)
    assert rows[["state", "prepared_date"]].values.tolist() == [["replaced", "2025-06-30"], ["prepared", "2025-07-30"]]
    with pytest.raises(UsageError, match="no state lost"):
        appeals.appeals(practice.ctx, state="lost")
