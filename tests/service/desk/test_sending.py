"""A denied claim goes out again from its case, to the same payer or the next; its money moves when the claim leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import sqlalchemy as sa

from claims.service import desk_case
from claims.service.desk import actions, parts, queue, sending
from claims.service.identities import resolve_identities
from claims.service.resubmit import Change
from claims.service.runs import running
from claims.service.scrub import scrub
from claims.service.submit import submit
from claims.service.timeline import timeline
from claims.service.verify import verify
from claims.store import audit, schema
from claims.store.engine import write
from tests.books import remit
from tests.charges.test_charges_file import written
from tests.service.desk.conftest import as_person, cases, chosen, copy_of, events, opened
from tests.service.outgoing import DAY, NOW, PAYER, PERSON, make_ready, master, rows
from tests.service.test_next_payer import DRAGONFLY, SECOND

KNOWN = master(payers=[PAYER, DRAGONFLY])
NO_SEVENS = master(payers=[PAYER | {"takes_replacement": False}, DRAGONFLY])


def decision(number, group="CO", reason="16", remark="", trace="1", paid=0, icn="", charge=145):
    """A remittance of the first payer for a claim, denied or paid."""
    text = f"""BPR*{"I" if paid else "H"}*{paid}*C*{"ACH" if paid else "NON"}************2026102{trace}~
TRN*1*T{number}{trace}*1512345678~
CLP*{number}*{1 if paid else 4}*{charge}*{paid}**12*{icn or "ICN" + number}~
SVC*HC:99213*{charge}*{paid}**1~
CAS*{group}*{45 if paid else reason}*{charge - paid}~"""
    text += f"\nLQ*HE*{remark}~" if remark else ""
    return remit(text, payee="1999999018", payer="FABLEWOOD HEALTH PLAN", control=f"00000010{trace}")


@pytest.fixture(scope="module")
def sent_home(sqlite_template, tmp_path_factory):
    """The data folder of a practice that has sent five claims; each was denied for its own reason."""
    home = tmp_path_factory.mktemp("sent") / "claims-data"
    home.mkdir(mode=0o700)
    (home / "claims.db").write_bytes(sqlite_template.read_bytes())
    audit.create_key(home / "audit.key")
    made = opened(home)
    for number in ("K1", "K2", "K3", "K4"):
        made.drop(written(PERSON | SECOND | {"claim_number": number}), day=DAY)
    made.drop(written(PERSON | {"claim_number": "K5"}), day=DAY)
    make_ready(made)
    submit(made.ctx, DAY, now=NOW, master=KNOWN)
    made.night(
        decision("K1", remark="N290"), decision("K2", remark="MA130"), decision("K3", remark="N185"),
        decision("K4", "OA", "109"), decision("K5", "OA", "109"), decision("X9", charge=77), day=DAY,
    )  # fmt: skip
    made.ctx.engine.dispose()
    return home


@pytest.fixture
def practice(sent_home, tmp_path):
    """A copy of that practice."""
    yield from copy_of(sent_home, tmp_path)


def leave(practice):
    """Let the edits look at drafts, and send what is ready."""
    with running(practice.ctx, "resubmit", DAY) as (run_id, _):
        resolve_identities(practice.ctx, run_id, DAY)
    scrub(practice.ctx, DAY, master=KNOWN)
    return submit(practice.ctx, DAY, now=NOW, master=KNOWN).counts["claims_sent"]


def claims_of(practice):
    table = rows(practice, schema.claims)
    table = table[~table["claim_number"].isin(["K3", "K4", "K5"])]
    return table[["claim_id", "purpose", "frequency_code", "life"]].to_numpy().tolist()


@pytest.mark.long
def test_a_replacement_unless_the_payer_demands_a_new_claim(practice):
    done = actions.resubmit(
        practice.ctx, chosen(practice, "K1", "K2"), DAY, [Change(0, "member_id", "W9")], master=KNOWN
    )
    assert len(done.done) == 2 and done.refused.empty, done
    assert claims_of(practice)[2:] == [[6, "replacement", "7", "ready"], [7, "correction", "1", "ready"]]
    assert claims_of(practice)[:2] == [[1, "original", "1", "denied"], [2, "original", "1", "replaced"]]
    assert set(rows(practice, schema.claims)["member_id"][5:]) == {"W9"}
    assert cases(practice).loc[["K1", "K2"], "waiting_for"].tolist() == ["resubmitted"] * 2
    again = actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY, master=KNOWN)
    assert again.refused["reason"].tolist() == ["under-way"]
    assert leave(practice) == 2
    practice.night(decision("K1", trace="3", paid=100, icn="ICN9"), day=date(2026, 10, 25))
    case = cases(practice).loc["K1"]
    assert case[["state", "outcome", "recovered_cents", "waiting_for"]].tolist() == ["closed", "overturned", 10000, ""]


@pytest.mark.long
def test_the_new_claim_came_in_by_who_asked_for_it_on_that_day(practice):
    actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY, master=KNOWN)
    steps = timeline(practice.ctx, "K1")
    (made,) = steps[(steps["kind"] == "import") & (steps["step"] != "original")].to_dict("records")
    assert (made["actor"], made["posting_date"], made["day"]) == (practice.ctx.actor, DAY.isoformat(), DAY.isoformat())


@pytest.mark.long
def test_what_cannot_go_out_again_says_why(practice):
    done = actions.resubmit(practice.ctx, chosen(practice, "K3", "X9"), DAY, master=KNOWN)
    reasons = dict(zip(done.refused["case_id"], done.refused["reason"], strict=True))
    ids = cases(practice)["case_id"]
    assert reasons == {ids["K3"]: "do-not-resend", ids["X9"]: "claim-unknown"} and done.action_id == 0
    assert len(claims_of(practice)) == 2


def test_a_payer_that_takes_no_replacements_gets_a_new_claim_and_a_late_one_wants_a_reason(practice):
    late = date(2027, 6, 1)
    refused = actions.resubmit(practice.ctx, chosen(practice, "K1"), late, master=NO_SEVENS)
    assert refused.refused["reason"].tolist() == ["window-passed"]
    done = actions.resubmit(practice.ctx, chosen(practice, "K1"), late, late_reason="they lost it", master=NO_SEVENS)
    assert len(done.done) == 1
    assert claims_of(practice)[2][1:3] == ["correction", "1"]


@pytest.mark.long
def test_a_claim_paid_in_part_goes_as_a_new_one_to_a_payer_that_takes_no_replacements(practice):
    two = [PERSON | {"claim_number": "K6", "charge": charge, "procedure_code": code} for code, charge in LINES]
    practice.drop(written(*two), day=DAY)
    leave(practice)
    practice.night(in_part("6", "145*100", "16"), day=DAY)
    assert rows(practice, schema.claims).set_index("claim_number").loc["K6", "life"] == "partly_paid"
    seen = chosen(practice, "K6")
    refused = actions.resubmit(practice.ctx, seen, DAY, as_new=True, master=KNOWN)
    assert refused.refused["reason"].tolist() == ["takes-a-replacement"]
    assert actions.preview(practice.ctx, actions.resubmit, seen, DAY, master=KNOWN).new_claims == 0
    looked = actions.preview(practice.ctx, actions.resubmit, seen, DAY, master=NO_SEVENS)
    assert (len(looked.done), looked.new_claims) == (1, 1), looked.refused
    assert len(actions.resubmit(practice.ctx, seen, DAY, master=NO_SEVENS).done) == 1
    assert leave(practice) == 1
    made = rows(practice, schema.claims).set_index("claim_number").loc["K6V2"]
    assert made[["frequency_code", "life", "charge_cents"]].tolist() == ["1", "sent", 24500]
    before = practice.balances()
    practice.night(in_part("7", "145*0", "18", "K6V2", 90), day=DAY)  # what was paid comes back as a repeat
    told = cases(practice).loc["K6", ["state", "outcome", "at_risk_cents"]].fillna("")
    assert told.to_numpy().tolist() == [["closed", "overturned", 10000], ["new", "", 0]]
    assert practice.balances(account="1110")["1110"] == before["1110"] - 10000
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


LINES = (("99213", "145.00"), ("99214", "100.00"))


def in_part(trace, first, reason, number="K6", second=0):
    """A remittance for a claim of two lines: the first paid or a repeat, the second denied or paid."""
    paid = int(first.split("*")[1])
    return remit(
        f"""BPR*I*{paid + second}*C*ACH************2026102{trace}~
            TRN*1*T{number}*1512345678~
            CLP*{number}*1*245*{paid + second}**12*ICN{number}~
            SVC*HC:99213*{first}**1~CAS*CO*{45 if paid else reason}*{145 - paid}~
            SVC*HC:99214*100*{second}**1~CAS*CO*{45 if second else 16}*{100 - second}~""",
        payee="1999999018", payer="FABLEWOOD HEALTH PLAN", control=f"00000010{trace}",
    )  # fmt: skip


@pytest.mark.long
def test_a_replacement_that_has_not_left_is_withdrawn_by_undo(practice):
    done = actions.resubmit(practice.ctx, chosen(practice, "K1", "K2"), DAY, master=KNOWN)
    undone = actions.undo(practice.ctx, done.action_id, DAY)
    assert undone.refused["reason"].tolist() == ["place-taken"]  # K2's new claim has taken the place of the first
    assert "is not brought back" in undone.refused["says"].iloc[0]
    assert [row[3] for row in claims_of(practice)] == ["denied", "replaced", "withdrawn", "ready"]
    assert cases(practice).loc["K1", ["state", "waiting_for"]].tolist() == ["new", ""]
    again = actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY, master=KNOWN)
    assert len(again.done) == 1 and leave(practice) == 2
    assert actions.undo(practice.ctx, again.action_id, DAY).refused["reason"].tolist() == ["claim-has-left"]


@pytest.mark.long
def test_what_an_edit_stops_is_named_and_corrected_in_its_place(practice):
    looked = actions.preview(practice.ctx, actions.resubmit, chosen(practice, "K1"), posting_date=DAY)  # no master data
    done = actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY)
    assert len(done.done) == 1 and "S07b" in done.blocked["edit_id"].tolist()
    assert looked.blocked["edit_id"].tolist() == done.blocked["edit_id"].tolist()
    assert claims_of(practice)[2][1:] == ["replacement", "7", "blocked"]
    row = queue.page(practice.ctx, queue.Filters(state="waiting")).rows.iloc[0]
    assert (row["made_claim_id"], row["made_life"]) == (6, "blocked") and "S07b" in row["edits"]
    unchanged = actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY, master=KNOWN)
    assert unchanged.refused["reason"].tolist() == ["under-way"]
    mended = actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY, [Change(0, "member_id", "W9")], master=KNOWN)
    assert len(mended.done) == 1 and mended.blocked.empty
    assert [row[1:] for row in claims_of(practice)[2:]] == [
        ["replacement", "7", "replaced"], ["replacement", "7", "ready"]
    ]  # fmt: skip
    undone = actions.undo(practice.ctx, mended.action_id, DAY)
    assert len(undone.done) == 1, undone.refused  # nothing left: the one before waits again, and the edits look at it
    assert [row[3] for row in claims_of(practice)[2:]] == ["blocked", "withdrawn"]
    assert len(actions.undo(practice.ctx, done.action_id, DAY).done) == 1
    assert claims_of(practice)[2][3] == "withdrawn" and cases(practice).loc["K1", "state"] == "new"


@pytest.mark.long
def test_a_preview_makes_no_claim_and_puts_nothing_into_the_vault(practice):
    stored = list(practice.ctx.vault.entries())
    seen = chosen(practice, "K1")
    looked = actions.preview(practice.ctx, actions.resubmit, seen, posting_date=DAY, master=KNOWN)
    assert len(looked.done) == 1 and len(claims_of(practice)) == 2
    assert list(practice.ctx.vault.entries()) == stored
    assert actions.resubmit(practice.ctx, seen, DAY, master=KNOWN).done == looked.done


@pytest.mark.long
def test_others_write_between_the_parts_of_a_preview(practice, monkeypatch):
    seen, other = chosen(practice, "K1", "K2", "K3", "X9"), chosen(practice, "K4")
    whole = actions.preview(practice.ctx, actions.resubmit, seen, posting_date=DAY, master=KNOWN)
    monkeypatch.setattr(parts, "CASES", 1)
    wrote = []

    def another(_):
        with ThreadPoolExecutor(1) as pool:
            wrote.append(pool.submit(actions.tag, practice.ctx, other, f"t{len(wrote)}", DAY).result())

    monkeypatch.setattr(parts.time, "sleep", another)
    looked = actions.preview(practice.ctx, actions.resubmit, seen, posting_date=DAY, master=KNOWN)
    assert [one.done or one.stale for one in wrote] == [[other[0][0]]] * 3
    assert sorted(looked.done) == sorted(whole.done) and looked.amount_cents == whole.amount_cents
    reasons = [dict(zip(one.refused["case_id"], one.refused["reason"], strict=True)) for one in (looked, whole)]
    assert reasons[0] == reasons[1] and len(reasons[0]) == 2 and len(claims_of(practice)) == 2


def test_cases_of_one_claim_are_in_one_part(practice, monkeypatch):
    monkeypatch.setattr(parts.desk, "families", lambda *_: {1: 7, 2: 8, 3: 7, 4: 0, 5: 0, 6: 7})
    monkeypatch.setattr(parts, "CASES", 2)
    cut = [
        sorted(case_id for case_id, _ in part) for part in parts.by_claim(practice.ctx, [(n, 1) for n in range(1, 7)])
    ]
    assert cut == [[4, 5], [1, 3, 6], [2]]
    assert list(parts.by_claim(practice.ctx, [])) == [[]]


@pytest.mark.long
def test_the_money_goes_to_the_next_payer_when_its_claim_leaves(practice):
    assert cases(practice).loc["K4", ["next_payer_code", "own_payer_code"]].tolist() == ["DRAGN", "FABLE"]
    done = actions.bill_next(practice.ctx, chosen(practice, "K4"), DAY, master=KNOWN)
    assert len(done.done) == 1, done.refused
    with running(practice.ctx, "reconcile", DAY) as (run_id, _):
        assert sending.post_transfers(practice.ctx, run_id, DAY)["denials_transferred"] == 0
    assert practice.balances(account="1110") == {"1110": 5 * 14500}
    assert leave(practice) == 1
    lines = schema.ledger_lines
    owed = sa.select(lines.c.payer_code, lines.c.payer_sequence, lines.c.amount_cents).where(lines.c.rule_id == "E11")
    assert sorted(practice.rows(owed)) == [("DRAGN", "S", 14500), ("FABLE", "P", -14500)]
    assert practice.balances(account="1110") == {"1110": 4 * 14500}
    assert events(practice, "K4") == ["opened", "billed_other", "transferred"]
    with running(practice.ctx, "reconcile", DAY) as (run_id, _):
        assert sending.post_transfers(practice.ctx, run_id, DAY)["denials_transferred"] == 0
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
    assert actions.undo(practice.ctx, done.action_id, DAY).refused["reason"].tolist() == ["claim-has-left"]


def test_a_run_that_dies_leaves_neither_claim_nor_action(practice, monkeypatch):
    seen = chosen(practice, "K1")

    def dies(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sending, "change", dies)
    with pytest.raises(KeyboardInterrupt):
        actions.resubmit(practice.ctx, seen, DAY, master=KNOWN)
    assert len(claims_of(practice)) == 2
    assert practice.count(schema.denial_actions) == 0
    told = sa.select(schema.audit_events.c.action).where(schema.audit_events.c.action.like("denial.%"))
    assert practice.rows(told) == []
    monkeypatch.undo()
    assert len(actions.resubmit(practice.ctx, seen, DAY, master=KNOWN).done) == 1


def test_the_payer_after_the_last_is_nobody(practice):
    done = actions.bill_next(practice.ctx, chosen(practice, "K5"), DAY, master=KNOWN)
    assert done.refused["reason"].tolist() == ["no-next-payer"]
    with write(practice.ctx.engine) as conn:  # nothing of it is left half done
        assert conn.scalar(sa.select(sa.func.count()).select_from(schema.denial_actions)) == 0


@pytest.mark.long
def test_a_correction_that_took_the_place_of_another_is_taken_back_first(practice):
    ann, bob = as_person(practice, "ann"), as_person(practice, "bob")
    line = {"procedure_code": "85025", "charge": "50"}
    lines = ({}, line, {"procedure_code": "80053", "charge": "30"})
    practice.drop(written(*(PERSON | one | {"claim_number": "K7"} for one in lines)), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=KNOWN)
    text = """BPR*I*30*C*ACH************20261021~
TRN*1*TK7*1512345678~
CLP*K7*1*225*30**12*ICNK7~
SVC*HC:99213*145*0**1~
CAS*CO*16*145~
SVC*HC:85025*50*0**1~
CAS*CO*197*50~
SVC*HC:80053*30*30**1~"""
    practice.night(remit(text, payee="1999999018", payer="FABLEWOOD HEALTH PLAN", control="000000107"), day=DAY)

    def seen(place):
        row = cases(practice).loc["K7"].sort_values("line_number").iloc[place]
        return [(row["case_id"], row["version"])]

    first = actions.resubmit(ann, seen(0), DAY, [Change(0, "member_id", "W9")], master=KNOWN)
    second = actions.resubmit(bob, seen(1), DAY, [Change(0, "member_id", "W99")], master=KNOWN)
    lives = [row[3] for row in claims_of(practice)[2:]]
    assert (len(first.done), len(second.done), lives) == (1, 1, ["partly_paid", "replaced", "ready"])
    refused = actions.undo(ann, first.action_id, DAY).refused
    assert refused["reason"].tolist() == ["corrected-since"]
    assert f"undo action {second.action_id} first" in refused["says"].iloc[0]
    key = cases(practice).loc["K7"].sort_values("line_number")["case_key"].iloc[0]
    shown = desk_case.happened(practice.ctx, desk_case.of_key(practice.ctx, key))
    assert not shown["can_undo"].any(), "not offered where it would be refused"
    assert len(actions.undo(bob, second.action_id, DAY).done) == 1
    assert len(actions.undo(ann, first.action_id, DAY).done) == 1
    lives = [row[3] for row in claims_of(practice)[2:]]
    assert lives == ["partly_paid", "withdrawn", "withdrawn"]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []
