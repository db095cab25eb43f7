"""A draft is finished with words for its gaps and files for its exhibits; as it is nobody notes it as sent unasked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
import typst

from claims.errors import UsageError
from claims.letters import page_count
from claims.service import appeals, master
from claims.service.appeal_added import MOST_BYTES, Attached, Removed, keep
from claims.service.desk import actions
from claims.service.report import verify_reports
from claims.service.verify import verify
from claims.store import schema
from claims.store.engine import write
from tests.service.appealed import answers, begun, case_id, copied, denied, sent
from tests.service.conftest import DAY

REASON = "Authorization 12345 was given on May 1, 2025."
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


def record(pages: int = 2) -> bytes:
    """A PDF of so many pages."""
    text = " #pagebreak() ".join(f"page {number}" for number in range(1, pages + 1))
    made = typst.compile(text.encode(), timestamp=datetime(2025, 1, 1, tzinfo=UTC))
    assert isinstance(made, bytes)
    return made


@pytest.fixture(scope="module")
def folder(sqlite_template, tmp_path_factory):
    """A practice whose claim was denied for want of an authorization."""

    def begin(practice):
        sent(practice)
        practice.night(*answers(), denied("197"))

    return begun(tmp_path_factory.mktemp("denied"), sqlite_template, begin)


@pytest.fixture
def practice(folder, tmp_path):
    with copied(folder, tmp_path / "home") as books:
        yield books


def cases(practice):
    table = schema.denial_cases
    return practice.rows(sa.select(table.c.case_id, table.c.version))


@pytest.mark.long
def test_a_packet_is_finished_and_its_exhibit_is_in_it_behind_a_sheet(practice):
    case = case_id(practice)
    draft = appeals.prepare(practice.ctx, case, day=DAY)
    assert [(gap.key, gap.how) for gap in draft.open_gaps] == [
        ("authorization_reason", "words"),
        ("authorization", "file"),
    ]
    plain_pages = page_count((draft.folder / "packet.pdf").read_bytes(), "pdf", 50)
    half = appeals.prepare(practice.ctx, case, day=DAY, words={"authorization_reason": REASON})
    assert [gap.key for gap in half.open_gaps] == ["authorization"]
    done = appeals.prepare(practice.ctx, case, day=DAY, attached=[Attached("", record())])
    assert done.gaps == ()  # what was filled in before is still there
    made = appeals.assembled(practice.ctx, case, day=DAY)
    assert REASON in "".join(run.text for paragraph in made.packet.letter.paragraphs for run in paragraph)
    assert not made.packet.is_draft
    (exhibit,) = [one for one in made.packet.exhibits if one.added]
    assert (exhibit.label, exhibit.title, exhibit.added[0].pages) == (
        "Exhibit C", "The authorization or the request for it", 2
    )  # fmt: skip
    assert page_count((done.folder / "packet.pdf").read_bytes(), "pdf", 50) == plain_pages + 3
    assert practice.ctx.vault.read(exhibit.added[0].sha256) == record()
    again = appeals.prepare(practice.ctx, case, day=DAY)
    assert again.sha256 == done.sha256
    (found,) = verify_reports(done.folder)
    assert found["problems"] == [] and not [check.name for check in verify(practice.ctx) if check.broken]


@pytest.mark.long
def test_a_draft_is_noted_as_sent_only_with_a_reason(practice):
    case = case_id(practice)
    appeals.prepare(practice.ctx, case, day=DAY)
    done = actions.appeal_sent(practice.ctx, cases(practice), 1, "fax", DAY)
    assert done.refused["reason"].tolist() == ["has-gaps"] and not done.done
    appeals.prepare(practice.ctx, case, day=DAY, words={"authorization_reason": REASON})
    assert actions.appeal_sent(practice.ctx, cases(practice), 1, "fax", DAY).done == []
    preview = actions.preview(
        practice.ctx, actions.appeal_sent, cases(practice), 1, "fax", DAY, "the form of the payer"
    )
    assert preview.done == [case]
    appeals.prepare(practice.ctx, case, day=DAY, attached=[Attached("authorization", PNG)])
    assert actions.appeal_sent(practice.ctx, cases(practice), 1, "fax", DAY).done == [case]


@pytest.mark.long
def test_an_exhibit_is_taken_out_before_the_appeal_is_sent_and_stays_in_the_vault(practice):
    case = case_id(practice)
    words = {"authorization_reason": REASON}
    appeals.prepare(practice.ctx, case, day=DAY, words=words)
    full = appeals.prepare(practice.ctx, case, day=DAY, attached=[Attached("authorization", PNG)])
    (one,) = full.attached
    seen = appeals.assembled(practice.ctx, case, day=DAY)  # somebody else looks at it
    with pytest.raises(UsageError, match="not attached any more"):
        appeals.prepare(practice.ctx, case, day=DAY, removed=[Removed("authorization", "0" * 64)])
    without = appeals.prepare(practice.ctx, case, day=DAY, removed=[Removed("", one.sha256[:10])])
    assert without.attached == () and [gap.key for gap in without.open_gaps] == ["authorization"]
    assert appeals.prepare(practice.ctx, case, day=DAY).sha256 == without.sha256  # and none that follows has it
    assert practice.ctx.vault.read(one.sha256) == PNG
    done = actions.appeal_sent(practice.ctx, cases(practice), 1, "fax", DAY)
    assert done.refused["reason"].tolist() == ["has-gaps"]  # the draft of before is the newest again
    event = schema.denial_events
    (body,) = practice.rows(sa.select(event.c.body).where(event.c.kind == "appeal_file_removed"))[0]
    assert json.loads(body) == {"level": 1, "removed": [{"exhibit": "authorization", "sha256": one.sha256}]}
    with pytest.raises(UsageError, match="not attached any more"):
        appeals.prepare(practice.ctx, case, day=DAY, removed=[one])
    with write(practice.ctx.engine) as conn, pytest.raises(UsageError, match="since you saw it"):
        keep(
            practice.ctx, conn, case, 1, replace(seen.added, words={"authorization_reason": "Other."}), DAY.isoformat()
        )
    appeals.prepare(practice.ctx, case, day=DAY, attached=[Attached("authorization", PNG)])
    assert actions.appeal_sent(practice.ctx, cases(practice), 1, "fax", DAY).done == [case]
    with pytest.raises(UsageError):  # what was sent stays as it was
        appeals.prepare(practice.ctx, case, 1, day=DAY, removed=[one])
    assert len(practice.rows(sa.select(event.c.event_id).where(event.c.kind == "appeal_file_removed"))) == 1
    assert not [check.name for check in verify(practice.ctx) if check.broken]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"MZ\x90", "PDF, PNG or JPEG"),
        (b"%PDF-1.7 rubbish", "cannot be read"),
        (b"%PDF-" + b"0" * MOST_BYTES, "at most 15 MB"),
        (PNG[:16] + (20_000).to_bytes(4, "big") * 2 + PNG[24:], "million pixels"),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08\x80\x00\x80\x00\x03" + b"0" * 20, "million pixels"),
        (b"\xff\xd8\xff\xda" + b"0" * 20, "million pixels"),
        (b"%PDF-1.7 1 0 obj<</Type/Page/MediaBox [0 0 200000.5 10]>>", "larger than 200 inches"),
    ],
)
def test_a_file_that_is_no_exhibit_is_refused_and_leaves_nothing(practice, content, says):
    before = practice.count(schema.denial_events)
    with pytest.raises(UsageError, match=says):
        appeals.prepare(practice.ctx, case_id(practice), day=DAY, attached=[Attached("", content)])
    assert (practice.count(schema.denial_events), practice.count(schema.appeals)) == (before, 0)


@pytest.mark.parametrize(
    "fact",
    [
        *("nonsense", "denied_amount", "patient_name", "member_id", "sent_date", "receipt_date", "filing_limit"),
        *("days_used", "latest_receipt_date", "codes", "payer_address", "appeal_reason"),
    ],
)
def test_what_this_draft_does_not_lack_cannot_be_written(practice, fact):
    with pytest.raises(UsageError, match=f"no gap {fact} "):
        appeals.prepare(practice.ctx, case_id(practice), day=DAY, words={fact: "x"})


@pytest.mark.long
def test_what_a_person_wrote_is_named_as_such_and_can_be_corrected(practice):
    case = case_id(practice)
    wrong = appeals.assembled(practice.ctx, case, day=DAY)
    assert [(one.key, one.words) for one in wrong.fields] == [("authorization_reason", "")]
    appeals.prepare(practice.ctx, case, day=DAY, words={"authorization_reason": "Autorisation 1"})
    made = appeals.assembled(practice.ctx, case, day=DAY)
    assert [(one.key, one.words) for one in made.fields] == [("authorization_reason", "Autorisation 1")]
    (table,) = [one for one in made.packet.facts if one.title.startswith("Written by the practice")]
    assert [row[1] for row in table.rows] == ["Autorisation 1"]
    assert "what the practice wrote" in made.packet.enclosures[0][0].text
    done = appeals.prepare(practice.ctx, case, day=DAY, words={"authorization_reason": REASON})
    assert json.loads((done.folder / "manifest.json").read_text())["written"] == ["authorization_reason"]
    assert appeals.assembled(practice.ctx, case, day=DAY).fields[0].words == REASON
    empty = appeals.prepare(practice.ctx, case, day=DAY, words={"authorization_reason": ""})
    assert "authorization_reason" in [gap.key for gap in empty.open_gaps]


def test_what_the_practice_does_not_say_of_itself_is_a_gap_that_says_where(practice):
    path = practice.folder / "providers.csv"
    text = (
        path.read_text().replace("BILLING DESK,8005550100", ",").replace("100 INVENTED WAY,NOWHERE,OH,459990100", ",,,")
    )
    path.write_text(text)
    (done,) = master.import_files(practice.ctx, [path])
    assert done.state == "stored", done.findings
    gaps = appeals.assembled(practice.ctx, case_id(practice), day=DAY).gaps
    said = [gap.label.split(":")[0] for gap in gaps if gap.how == "elsewhere"]
    assert said == ["address of the practice", "who signs for the practice", "telephone of the practice"]
    assert all("providers.csv" in gap.label for gap in gaps if gap.how == "elsewhere")


def test_diagnoses_are_written_with_their_point(practice):
    values = appeals.assembled(practice.ctx, case_id(practice), day=DAY).plan.values
    assert values["diagnosis_codes"] and all(
        len(code) == 3 or code[3] == "." for code in values["diagnosis_codes"].split(", ")
    )
