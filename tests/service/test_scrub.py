"""Claims that wait are blocked or ready by what the edits say of them; a second look changes nothing."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from claims.service import scrub_shown
from claims.service.scrub import scrub
from claims.store import schema
from claims.store.engine import write
from tests.service import outgoing
from tests.service.outgoing import DAY, charges, master

EDIT, C, EVENT = schema.edit_findings, schema.claims, schema.claim_events
GOOD = {"service_from": "2026-10-01"}


@pytest.fixture
def drafts(practice):
    """Drop files of charges; every claim in them is a draft."""

    def drop(*files):
        practice.drop(*files, day=DAY)
        outgoing.make_ready(practice)
        with write(practice.ctx.engine) as conn:
            conn.execute(sa.update(C).where(C.c.life == "ready").values(life="draft"))
        return practice

    return drop


def lives(practice):
    return dict(practice.rows(sa.select(C.c.life, sa.func.count()).group_by(C.c.life)))


def standing(practice):
    return practice.rows(
        sa.select(EDIT.c.edit_id, EDIT.c.severity, EDIT.c.element, EDIT.c.line_number, EDIT.c.recorded_at)
        .where(EDIT.c.ended_at.is_(None))
        .order_by(EDIT.c.edit_finding_id)
    )


def test_clean_claims_become_ready(drafts):
    practice = drafts(charges(4, **GOOD))
    counts = scrub(practice.ctx, DAY, master=master())
    assert (counts["claims"], counts["claims_ready"], counts["claims_blocked"]) == (4, 4, 0)
    assert lives(practice) == {"ready": 4} and not standing(practice)
    assert counts["ready_cents"] == practice.rows(sa.select(sa.func.sum(C.c.charge_cents)))[0][0]


def test_a_claim_is_blocked_by_what_is_wrong_and_the_others_go(drafts):
    practice = drafts(charges(2, **GOOD), charges(1, claim_number="B1", member_id="W9", subscriber_gender="", **GOOD))
    counts = scrub(practice.ctx, DAY, master=master())
    assert lives(practice) == {"ready": 2, "blocked": 1} and counts["blocked_cents"] == 19500
    assert [row[:4] for row in standing(practice)] == [("S10c", "block", "DMG03 of 2010BA", 0)]
    events = practice.rows(sa.select(EVENT.c.event, EVENT.c.life_before, EVENT.c.life_after, EVENT.c.detail_code))
    assert sorted(events) == [("blocked", "draft", "blocked", "S10c"), *[("passed", "draft", "ready", "")] * 2]


def test_a_second_look_changes_nothing(drafts):
    practice = drafts(charges(3, service_from="2026-11-01"))
    first = scrub(practice.ctx, DAY, master=master())
    before = standing(practice), practice.count(EVENT)
    again = scrub(practice.ctx, DAY, master=master())
    assert first["findings_begun"] > 0 and (again["findings_begun"], again["findings_ended"]) == (0, 0)
    assert (standing(practice), practice.count(EVENT)) == before


def test_what_is_no_longer_true_is_ended_and_the_claim_goes(drafts):
    practice = drafts(charges(1, service_from="2026-10-21"))
    scrub(practice.ctx, DAY, master=master())
    assert lives(practice) == {"blocked": 1}
    counts = scrub(practice.ctx, DAY.replace(day=21), master=master())
    assert lives(practice) == {"ready": 1} and counts["findings_ended"] == 1 and not standing(practice)
    assert practice.count(EDIT) == 1  # kept, with the day on which it ended


def test_a_switch_of_a_payer_lets_its_claims_go_and_takes_them_back(drafts):
    practice = drafts(charges(1, service_from="2026-10-21"))
    off = [{"edit_id": "S08", "payer_code": "FABLE", "partner_code": "", "severity": "warn"}]
    scrub(practice.ctx, DAY, master=master(edit_settings=off))
    assert lives(practice) == {"ready": 1} and [row[1] for row in standing(practice)] == ["warn"]
    scrub(practice.ctx, DAY, master=master())
    assert lives(practice) == {"blocked": 1} and [row[1] for row in standing(practice)] == ["block"]


def test_some_claims_alone(drafts):
    practice = drafts(charges(3, **GOOD))
    (claim_id,) = practice.rows(sa.select(sa.func.min(C.c.claim_id)))[0]
    assert scrub(practice.ctx, DAY, [claim_id], master=master())["claims"] == 1
    assert lives(practice) == {"ready": 1, "draft": 2}


def test_master_data_is_asked_by_our_name_of_the_payer(drafts):
    practice = drafts(charges(1, **GOOD))
    counts = scrub(practice.ctx, DAY, master=master(payer={"member_id_pattern": "[0-9]+"}))
    assert counts["claims_blocked"] == 1 and [row[0] for row in standing(practice)] == ["S09b"]


def test_a_service_that_was_sent_is_told_of(drafts):
    practice = drafts(charges(2, **GOOD), charges(1, claim_number="B1", member_id="W1", **GOOD))
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(C).where(C.c.claim_number == "A00001").values(life="accepted"))
        conn.execute(sa.update(C).where(C.c.claim_number == "B1").values(subscriber_last_name="TEACUP1"))
    scrub(practice.ctx, DAY, master=master())
    assert {row[:2] for row in standing(practice)} == {("S22a", "warn")}


def test_what_blocks_what_is_told_with_its_money_and_nobody_is_named(drafts):
    practice = drafts(charges(2, **GOOD), charges(1, claim_number="B1", member_id="W9", subscriber_gender="", **GOOD))
    scrub(practice.ctx, DAY, master=master())
    (row,) = scrub_shown.by_edit(practice.ctx).to_dict("records")
    assert (row["edit_id"], row["claims"], row["charge_cents"]) == ("S10c", 1, 19500)
    assert (
        scrub_shown.by_edit(practice.ctx, payer="OTHER").empty and scrub_shown.by_edit(practice.ctx, edit="S22").empty
    )
    (claim,) = scrub_shown.by_claim(practice.ctx).to_dict("records")
    assert claim["claim_number"] == "•••" and claim["fix"]
    assert scrub_shown.by_claim(practice.ctx, show_phi=True)["claim_number"].tolist() == ["B1"]
    assert scrub_shown.totals(practice.ctx)["blocked"] == {"claims": 1, "charge_cents": 19500}


@pytest.fixture
def known(monkeypatch):
    """Let the command know of master data."""

    def know(**kinds):
        for module in ("claims.service.scrub.load_master", "claims.service.scrub_shown.load_master"):
            monkeypatch.setattr(module, lambda ctx: master(**kinds))

    return know


def run(practice, capsys, *words):
    from claims import cli

    code = cli.execute(["scrub", *words])
    return code, capsys.readouterr()


@pytest.fixture
def command(practice, monkeypatch, capsys):
    """Run ``claims scrub`` in the practice of the test, on its day."""
    monkeypatch.setenv("CLAIMS_HOME", str(practice.ctx.settings.home))
    monkeypatch.setattr("claims.service.context.open_context", lambda *_, **__: practice.ctx)
    monkeypatch.setattr("claims.config.Settings.today", lambda self: DAY)
    return lambda *words: run(practice, capsys, *words)


@pytest.mark.long
def test_the_command_says_what_blocks_what(drafts, known, command):
    drafts(charges(2, **GOOD), charges(1, claim_number="B1", member_id="W9", subscriber_gender="", **GOOD))
    known()
    code, said = command()
    assert code == 1 and "S10c" in said.out and "1 claim(s) blocked, $195.00" in said.out
    assert "2 claim(s) ready" in said.out and "B1" not in said.out
    code, said = command("--all", "--json")
    (claim,) = json.loads(said.out)["claims"]
    assert claim["element"] == "DMG03 of 2010BA" and claim["claim_number"] == "•••"
    assert command("--claim", str(claim["claim_id"]))[0] == 1
    assert command("--claim", "999")[0] == 2 and command("--edit", "S99")[0] == 2


def test_the_command_ends_well_when_all_is_ready(drafts, known, command):
    drafts(charges(1, **GOOD))
    known()
    code, said = command()
    assert code == 0 and "What the edits say: none" in said.out


def test_the_command_lists_edits_with_their_switches(practice, known, command):
    row = {"edit_id": "S22", "payer_code": "FABLE", "partner_code": "", "severity": "block"}
    known(edit_settings=[row])
    code, said = command("--list", "--edit", "s22", "--json")
    listed = json.loads(said.out)["edits"]
    assert code == 0 and [one["edit_id"] for one in listed] == ["S22a", "S22b", "S22c"]
    assert listed[0]["switches"] == [{"severity": "block", "switch": "S22 for FABLE"}]
