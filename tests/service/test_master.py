"""Master data is imported: each file in one transaction, with its history, and read back as it was known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service import master
from claims.store import clock, schema
from claims.store.engine import read

SAMPLES = Path(__file__).resolve().parents[2] / "edi_samples" / "master"
HEADER = "payer_code,payer_name,partner_code,effective_from,effective_to\n"


@pytest.fixture
def load(practice, tmp_path):
    """Import a payers file of these rows, or a file of a name."""

    def call(text: str, name: str = "payers.csv", *, replace: bool = False) -> master.Imported:
        path = tmp_path / name
        path.write_text(HEADER + text if name == "payers.csv" else text)
        (done,) = master.import_files(practice.ctx, [path], replace=replace)
        return done

    return call


def names(practice, day: int, known_at: str | None = None) -> list[str]:
    return master.load_master(practice.ctx, known_at).at("payers", day)["payer_name"].tolist()


def changed(done: master.Imported) -> list[int]:
    return [done.counts[name] for name in ("added", "changed", "unchanged", "ended", "refused")]


@pytest.mark.long
def test_the_samples_come_in_whole_and_a_second_time_change_nothing(practice):
    paths = master.find_master_files([SAMPLES])
    first = master.import_files(practice.ctx, paths)
    assert {one.state for one in first} == {"stored"} and all(one.is_changed for one in first)
    assert master.gaps(practice.ctx, 20260908).empty
    rows = practice.count(schema.master_rows)
    changes = sa.select(schema.audit_events.c.seq).where(schema.audit_events.c.action != "chains.told")
    audited = practice.rows(changes)
    again = master.import_files(practice.ctx, paths)
    assert not any(one.is_changed for one in again)
    assert practice.count(schema.master_rows) == rows
    assert practice.rows(changes) == audited
    assert practice.count(schema.receipts) == 2 * len(paths)


def test_a_row_stands_where_its_file_says(practice, load):
    load("A,Alpha,P,,\nB,Beta,P,,\n")
    rows, files = schema.master_rows, schema.files
    select = sa.select(rows.c.row_key, rows.c.seg, rows.c.offset, rows.c.length, files.c.sha256, files.c.content)
    found = practice.rows(select.join(files, files.c.file_id == rows.c.file_id).order_by(rows.c.seg))
    assert [(key, seg, content) for key, seg, *_, content in found] == [('["A"]', 1, "master"), ('["B"]', 2, "master")]
    _, _, offset, length, sha256, _ = found[1]
    assert practice.ctx.vault.read(sha256, offset, length) == b"B,Beta,P,,\n"


def test_a_change_is_seen_at_once_and_what_was_known_before_stays_known(practice, load):
    assert names(practice, 20260101) == []
    load("A,Alpha,P,,\n")
    then = clock.now()
    assert changed(load("A,Alpha and sons,P,,\nA,Alpha Inc,P,2026-07-01,\n")) == [1, 1, 0, 0, 0]
    assert (names(practice, 20260630), names(practice, 20260701)) == (["Alpha and sons"], ["Alpha Inc"])
    assert names(practice, 20260701, then) == ["Alpha"]
    assert changed(load("A,Alpha and sons,P,,\n")) == [0, 0, 1, 0, 0]


def test_master_data_is_read_once_for_each_change(practice, load):
    load("A,Alpha,P,,\n")
    first = master.load_master(practice.ctx)
    assert master.load_master(practice.ctx) is first
    load("A,Beta,P,,\n")
    assert master.load_master(practice.ctx) is not first


def test_replace_ends_what_the_file_lacks_and_takes_no_file_with_a_wrong_row(practice, load):
    load("A,Alpha,P,,\nB,Beta,P,,\n")
    assert load("A,Alpha,P,,\nC,,P,,\n", replace=True).state == "refused"
    assert names(practice, 20260101) == ["Alpha", "Beta"]
    assert changed(load("A,Alpha,P,,\n", replace=True)) == [0, 0, 1, 1, 0]
    assert names(practice, 20260101) == ["Alpha"]


def test_wrong_rows_are_refused_alone_and_listed_until_a_good_file_comes(practice, load):
    done = load("A,Alpha,P,,\nB,,P,,\nA,Late,P,2026-01-01,2025-01-01\n")
    assert done.state == "held" and changed(done) == [1, 0, 0, 0, 2]
    assert done.findings["element"].tolist() == ["payer_name", "effective_to"]
    assert practice.exceptions() == ["FILE_HELD"]
    assert load("A,Alpha,P,,\nB,Beta,P,,\n").state == "stored"
    assert practice.exceptions() == []


def test_a_row_that_overlaps_with_a_known_one_is_refused(practice, load):
    load("A,Alpha,P,2026-01-01,2026-12-31\n")
    done = load("A,Beta,P,2026-07-01,\n")
    assert (done.state, done.findings["code"].tolist()) == ("refused", ["master-overlap", "master-refused"])
    assert names(practice, 20260801) == ["Alpha"]


def test_a_file_of_another_kind_is_refused_and_can_still_be_ingested(practice, load):
    done = load("date,amount,trace_number\n2026-09-23,1.00,T\n", "bank.csv")
    assert (done.kind, done.state) == ("", "refused")
    assert practice.count(schema.files) == 0


def test_an_import_is_audited_with_its_counts(practice, load):
    load("A,Alpha,P,,\n")
    events = schema.audit_events
    ((actor, body),) = practice.rows(sa.select(events.c.actor, events.c.body).where(events.c.action == "master-import"))
    assert actor == "tester" and json.loads(body)["added"] == 1
    assert "Alpha" not in body


def test_a_code_list_goes_into_its_folder_once_it_is_sound(practice, load):
    text = "code_list,code,effective_from,effective_to\nHCPCS,J1885,1991-01-01,\n"
    done = load(text, "hcpcs.csv")
    assert (done.kind, done.state, done.counts["added"]) == ("code_list", "stored", 1)
    place = practice.ctx.settings.code_list_folder / "hcpcs.csv"
    assert place.read_text() == text
    assert not load(text, "hcpcs.csv").is_changed
    done = load(text.replace("1991-01-01", "never"), "hcpcs.csv")
    assert done.state == "refused" and "row 1" in done.findings["message"][0]
    assert place.read_text() == text
    assert [path.name for path in place.parent.iterdir()] == ["hcpcs.csv"]


def test_a_partner_in_test_mode_is_told(practice, tmp_path):
    text = pd.read_csv(SAMPLES / "partners.csv", comment="#", dtype=str).drop(columns="usage_code").to_csv(index=False)
    path = tmp_path / "partners.csv"
    path.write_text(text.replace("#", ""))
    (done,) = master.import_files(practice.ctx, [path])
    assert done.state == "stored" and len(done.notes) == 2 and "test mode" in done.notes[0]
    assert "partner-test-mode" in set(master.gaps(practice.ctx, 20260908)["code"])


def test_a_folder_without_csv_files_is_wrong_use(tmp_path):
    with pytest.raises(UsageError):
        master.find_master_files([tmp_path])


def test_a_file_that_was_ingested_by_mistake_can_still_be_imported(practice, load):
    practice.drop((HEADER + "A,Alpha,P,,\n").encode())
    assert practice.exceptions() == ["FILE_REFUSED"]
    assert load("A,Alpha,P,,\n").state == "stored"
    assert names(practice, 20260101) == ["Alpha"] and practice.exceptions() == []


def test_instants_are_as_the_tables_keep_them(practice, load):
    load("A,Alpha,P,,\n")
    with read(practice.ctx.engine) as conn:
        recorded = conn.scalar(sa.select(schema.master_rows.c.recorded_at))
    assert datetime.fromisoformat(recorded).tzinfo == UTC
