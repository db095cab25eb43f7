"""Rejections: a queue of their own that no figure of denials counts; fixed and sent again at once; edits learn."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, PeriodClosedError, UsageError
from claims.service import (
    audit_list,
    blocked_queue,
    edit_proposals,
    exception_acts,
    lowered_requests,
    money_approvals,
    money_requests,
    overview,
    people,
    rejection_acts,
    rejection_pages,
    rejection_queue,
    several,
)
from claims.service.lowered_charges import AboveLimitError
from claims.service.master import import_files, load_master
from claims.service.periods import close_period
from claims.service.queue import denial_queue
from claims.service.report import write_report
from claims.service.resubmit import changes_of, resubmit
from claims.service.submit import submit
from claims.service.timeline import SeveralClaimsError, timeline
from claims.store import audit, clock, schema
from claims.store.engine import read, write
from claims.store.queries import given_up, searching, stopped_claims
from claims.store.queries.stopped_claims import Asked
from tests.answers import ca_277, replied
from tests.books import Bill, claims
from tests.service.conftest import DAY
from tests.service.outgoing import DAY as SENT_DAY
from tests.service.outgoing import NOW, charges, make_ready, master
from tests.service.sending import send
from tests.service.test_answers import lives, queue

R, E = schema.rejections, schema.exceptions
SENT = claims(Bill("A1", [("99213", "100")]), Bill("A2", [("99213", "50")]))
REFUSED = ca_277("B1", ("A1", "A7:33:IL", "100"), ("A2", "A8:448", "50"))


def _begin(practice):
    send(practice, SENT)
    practice.night(REFUSED)


@pytest.fixture
def books(begun):
    return begun(_begin)


@pytest.mark.long
def test_rejections_are_in_no_queue_total_or_report_of_denials(books, tmp_path):
    assert len(rejection_queue.listed(books.ctx)) == 2
    rows, number, cents = denial_queue(books.ctx, state="")
    assert (len(rows), number, cents) == (0, 0, 0)
    assert books.count(schema.denial_cases) == books.count(schema.denial_events) == 0
    assert overview.overview(books.ctx, 1).open_denials.count == 0
    out = tmp_path / "denials"
    write_report(books.ctx, "denials", DAY, clock.now(), "csv", out)
    for file in out.glob("*.csv"):
        assert b"A7" not in file.read_bytes() and b"100.00" not in file.read_bytes()


def test_the_queue_is_masked_and_says_why_and_what_to_do(books):
    rows = rejection_queue.listed(books.ctx)
    for asked in (Asked(), Asked(""), Asked(payer_code=str(rows["payer_code"].iloc[0]))):
        first = rejection_pages.page(books.ctx, asked, size=1)
        last = rejection_pages.page(books.ctx, asked, first.next, size=1)
        assert [one.rows["amount_cents"].tolist() for one in (first, last)] == [[10000], [5000]] and last.next is None
        assert rejection_pages.page(books.ctx, asked, last.previous, size=1).rows["rejection_id"].tolist() == [1]
        assert rejection_pages.totals(books.ctx, asked) == (2, 15000)
    assert [name for _, name in rejection_pages.payers(books.ctx)] == rows["payer_name"].unique().tolist()
    assert blocked_queue.page(books.ctx).rows.empty and blocked_queue.totals(books.ctx, given_up=True) == (0, 0)
    assert blocked_queue.page(books.ctx, (5, 5), "ann").rows.empty and not blocked_queue.listed(
        books.ctx, given_up=True
    )
    assert rows["amount_cents"].tolist() == [10000, 5000]
    assert set(rows["claim_number"]) == {"•••"}
    assert rows["cause"].tolist() == [
        "Rejected, data wrong: Subscriber and member number are not found (subscriber)",
        "Rejected, fields contradict each other: These codes may not be billed together",
    ]
    assert rows["next_step"].tolist() == [
        "Check the insurance card and correct the member number",
        "Correct the codes or add the modifier",
    ]
    assert rows["edit_id"].tolist() == ["S09b", "S23a"]
    assert rejection_queue.told(books.ctx, 1, show_phi=True)["claim_number"] == "A1"


def test_giving_up_withdraws_the_claim(books):
    rejection_queue.close(books.ctx, 1, DAY)
    assert lives(books) == {"A1": "withdrawn", "A2": "rejected"}
    with pytest.raises(UsageError, match="closed already"):
        rejection_queue.close(books.ctx, 1, DAY)
    with pytest.raises(NotFoundError):
        rejection_queue.close(books.ctx, 99, DAY)
    books.reconcile()
    assert len(rejection_queue.listed(books.ctx)) == 1


def test_what_is_given_up_is_an_exception_until_it_is_taken_up_or_accepted_within_a_limit(books):
    listed = sa.select(E.c.exception_id, E.c.state, E.c.amount_cents).where(E.c.type_code == "CLAIM_WITHDRAWN")
    rejection_queue.close(books.ctx, 1, DAY)
    ((number, state, cents),) = books.rows(listed)
    assert (state, cents) == ("open", 10000)
    with pytest.raises(UsageError, match="above your own limit"):  # the machine's user has none
        exception_acts.accept(books.ctx, number, "billed by the hospital", DAY)
    rejection_queue.reopen(books.ctx, 1, DAY, "not billed by them")
    assert lives(books)["A1"] == "rejected" and books.rows(listed)[0][1] == "closed"
    with pytest.raises(UsageError, match="not given up"):
        rejection_queue.reopen(books.ctx, 1, DAY, "once more")
    people.add(books.ctx, "bert", ["biller"], datetime.now(UTC), write_off_limit_cents=14999)
    people.set_password(books.ctx, "bert", "a long password 12", datetime.now(UTC))
    bert = replace(books.ctx, actor="bert")
    for rejection in (1, 2):
        rejection_queue.close(bert, rejection, DAY)
    first, second = (row[0] for row in books.rows(listed.order_by(E.c.amount_cents.desc())))
    exception_acts.accept(bert, first, "billed by the hospital", DAY)
    with pytest.raises(UsageError, match="above your own limit"):  # with what was accepted today
        exception_acts.accept(bert, second, "billed by the hospital", DAY)
    with write(books.ctx.engine) as conn:  # and counts with what is written off on the desk
        assert given_up.on_day(conn, "bert", DAY, "9999") == 10000


@pytest.mark.long
def test_a_charge_that_is_lowered_above_the_limit_waits_for_a_second_person(books):
    audit.create_key(books.ctx.settings.people_key_file)
    for name, limit in (("bert", 2000), ("sue", 8000)):
        people.add(books.ctx, name, ["supervisor"], datetime.now(UTC), write_off_limit_cents=limit)
    with write(books.ctx.engine) as conn:
        conn.execute(sa.update(schema.users).values(state="active"))
    bert, sue = (replace(books.ctx, actor=name) for name in ("bert", "sue"))
    changes = changes_of(["1:charge=50.00"])
    with pytest.raises(AboveLimitError, match=r"takes \$50\.00 off"):
        lowered_requests.of_claims(bert, ["A1"], changes, DAY)
    asked = lowered_requests.of_claims(bert, ["A1"], changes, DAY, lowered_reason="one visit, not two")
    assert asked == {"charge_lowered_cents": 5000, "request": 1} and lives(books)["A1"] == "rejected"
    assert lowered_requests.waiting_of(sue, claim_id=1) == (1, 5000, "bert")
    with pytest.raises(UsageError, match="another person"):
        money_approvals.approve(bert, 1, DAY)
    lowered_requests.of_claims(sue, ["A1"], changes_of(["1:charge=99.00"]), DAY)
    with pytest.raises(UsageError, match="Claim 1 is replaced"):  # it is not what was asked for any more
        money_approvals.approve(sue, 1, DAY)
    money_requests.withdraw(bert, 1, "it was corrected", DAY)
    (made,) = books.rows(sa.select(schema.claims.c.claim_id).where(schema.claims.c.version == 2))[0]
    again = lowered_requests.of_claim(bert, made, changes, DAY, lowered_reason="one visit, not two")
    assert (again.claim_id, again.request, again.lowered_cents) == (0, 3, 4900)
    assert money_approvals.approve(sue, 3, DAY) == 4900
    charge = sa.select(schema.claims.c.charge_cents).order_by(schema.claims.c.version.desc()).limit(1)
    assert books.rows(charge)[0][0] == 5000


def test_pages_of_rejections_and_blocked_claims_are_read_by_an_index(books):
    asked = [
        Asked(state, owner, payer) for state in ("open", "closed") for owner in ("", "ann") for payer in ("", "P1")
    ]
    selects = {str(one): stopped_claims.page_select(one, (100, 9), 51) for one in asked}
    selects |= {f"sum of {one}": stopped_claims.totals_select(one, one.state) for one in asked}
    selects["blocked"] = stopped_claims.blocked_select((100, 9), 51)
    selects["blocked of a payer"] = stopped_claims.blocked_select((100, 9), 51, payer="P1")
    selects["payers of blocked"] = stopped_claims.blocked_payers_select(200)
    indexes = {"blocked": "ix_claims_life", "blocked of a payer": "ix_claims_blocked_payer (life=? AND payer_code=?"}
    indexes["payers of blocked"] = "COVERING INDEX ix_claims_blocked_payer (life=? AND payer_code>?)"
    with read(books.ctx.engine) as conn:
        if conn.dialect.name != "sqlite":
            pytest.skip("plans of SQLite")
        for name, select in selects.items():
            text = select.compile(conn, compile_kwargs={"literal_binds": True})
            steps = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
            wanted = indexes.get(name, "_by_amount (state=?")
            assert any(wanted in step for step in steps), (name, steps)
            scans = [step for step in steps if step.startswith("SCAN") and step != "SCAN found"]
            assert not scans and not [step for step in steps if "TEMP B-TREE" in step], (name, steps)


def test_a_patients_name_is_looked_for_by_an_index(books):
    with read(books.ctx.engine) as conn:
        is_sqlite = conn.dialect.name == "sqlite"
        if not is_sqlite:
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")  # so few rows are read as they lie
        text = searching.claims_select("X", "", [["X"]]).compile(conn, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        plan = [str(row[-1]) for row in conn.exec_driver_sql(f"{explain} {str(text).replace('%', '%%')}")]
        accented = sa.select(searching.folded(schema.claims.c.patient_last_name))
        accented = accented.where(searching.accented(schema.claims.c.patient_last_name))
        text = str(accented.compile(conn, compile_kwargs={"literal_binds": True})).replace("%", "%%")
        steps = " ".join(str(row[-1]) for row in conn.exec_driver_sql(f"{explain} {text}"))
        assert "ix_claims_last_name_accented" in steps, steps
    for name in ("ix_claims_last_name", "ix_claims_first_name"):
        assert [step for step in plan if name in step], plan
    assert not [step for step in plan if step.startswith("SCAN claims") or "Seq Scan on claims" in step], plan


def test_a_list_is_bounded_and_so_is_what_the_chain_says_of_it(books):
    shown = rejection_queue.listed(books.ctx, limit=1, show_phi=True)
    with read(books.ctx.engine) as conn:
        last = conn.execute(
            sa.select(schema.audit_events.c.body).order_by(schema.audit_events.c.seq.desc()).limit(1)
        ).scalar_one()
    assert len(shown) == 1 and '"rejections":[1]' in last
    with pytest.raises(UsageError, match="no state shut"):
        rejection_queue.states_of("shut")


def test_a_payer_is_found_by_its_name_in_master_data(books, tmp_path):
    (code,) = [code for code, _ in rejection_pages.payers(books.ctx)]
    path = tmp_path / "payers.csv"
    rows = f"{code},MOONLIGHT MUTUAL,{code},PRETEND\nP9,MOON CO,99999,PRETEND\n"
    path.write_text("payer_code,payer_name,payer_identifier,partner_code\n" + rows)
    import_files(books.ctx, [path])
    assert rejection_pages.payer(books.ctx, "moon") == code, "of the payers of rejections only"
    assert rejection_pages.payer(books.ctx, "SUN") == "SUN" and rejection_pages.payer(books.ctx, "") == ""
    with write(books.ctx.engine) as conn:
        conn.execute(sa.update(R).where(R.c.rejection_id == 2).values(payer_code="P9", payer_name="MOON CO"))
    with pytest.raises(UsageError, match="Several payers fit moon"):
        rejection_pages.payer(books.ctx, "moon")
    assert rejection_pages.payer(books.ctx, "P9") == "P9"


def test_a_preview_of_a_list_writes_nothing_and_an_act_is_one_event(books):
    seen = rejection_acts.selection(books.ctx, Asked())
    give_up = partial(rejection_acts.close, seen=seen, posting_date=DAY, reason="billed by the hospital")
    looks = several.preview(books.ctx, give_up)
    assert (looks.act, looks.done, looks.cents) == (0, [1, 2], 15000) and set(lives(books).values()) == {"rejected"}
    events = sa.select(sa.func.count()).select_from(schema.audit_events)
    before = books.rows(events)[0][0]
    done = give_up(books.ctx)
    assert done[1:] == looks[1:] and books.rows(events)[0][0] == before + 1
    named = [("shown", "rejection 2"), ("", "rejection 2")]
    told = [audit_list.events(books.ctx, audit_list.Asked(action=how, subject=of))["seq"].tolist() for how, of in named]
    assert done.act in told[1] and done.act not in told[0], "who asks about one finds what was done with many"
    assert rejection_acts.close(books.ctx, seen, DAY, "again").stale == [1, 2]
    with pytest.raises(NotFoundError):
        rejection_acts.close(books.ctx, [(99, None)], DAY)
    rejection_queue.reopen(books.ctx, 1, DAY, "not theirs")
    rejection_queue.close(books.ctx, 1, DAY, "theirs after all")
    back = rejection_acts.undo(books.ctx, done.act, DAY)
    assert back.done == [2] and back.refused == {several.MOVED_ON: [1]}
    assert lives(books) == {"A1": "withdrawn", "A2": "rejected"}


def test_on_a_closed_day_nothing_is_corrected_or_given_up(books):
    close_period(books.ctx, DAY)
    with pytest.raises(PeriodClosedError):
        rejection_queue.close(books.ctx, 1, DAY)
    with pytest.raises(PeriodClosedError):
        resubmit(books.ctx, ["A1"], [], DAY, master=master())
    assert lives(books) == {"A1": "rejected", "A2": "rejected"}
    assert len(rejection_queue.listed(books.ctx)) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("member_id", "column=value"),
        ("claim_number=X", "cannot be set"),
        ("no_such=X", "cannot be set"),
        ("member_id=", "needs a value"),
        ("member_id=" + "X" * 81, "at most 80"),
        ("rendering_npi=1999999027", "check digit"),
        ("service_from=2025-02-01", "1:service_from"),
        ("1:service_from=tomorrow", "day"),
        ("x:charge=1", "column=value"),
    ],
)
def test_a_change_is_checked_as_a_cell_of_a_charges_file_and_never_quoted(text, says):
    with pytest.raises(UsageError, match=says) as caught:
        changes_of([text])
    value = text.partition("=")[2]
    assert not value or len(value) < 3 or value not in str(caught.value)


@pytest.mark.long
def test_fix_and_resubmit_is_one_command_and_the_fixed_claim_goes_out(practice):
    practice.drop(charges(2))
    make_ready(practice)
    submit(practice.ctx, SENT_DAY, now=NOW, master=master())
    ((reference,),) = practice.rows(sa.select(schema.batch_sets.c.batch_reference))
    answer = replied(ca_277(reference, ("A00001", "A7:33:IL", "195"), ("A00002", "A2:20", "145"), day="20261021"))
    practice.night(answer, day=SENT_DAY)
    assert lives(practice) == {"A00001": "rejected", "A00002": "accepted"}
    changes = changes_of(["member_id=W5", "1:charge=90.00"])
    counts = resubmit(practice.ctx, ["A00001", "A00001"], changes, SENT_DAY, master=master())
    assert (counts["claims_corrected"], counts["claims_refused"]) == (1, 0)
    assert counts["claims_ready"] + counts["claims_blocked"] == 1
    assert lives(practice)["A00001"] == "replaced"
    assert [row[4:] for row in queue(practice)] == [("closed", "corrected")]
    versions = timeline(practice.ctx, "A00001")
    assert versions.loc[versions["kind"] == "import", "amount_cents"].tolist() == [19500, 14000]
    with pytest.raises(UsageError, match="only a claim that was rejected"):
        resubmit(practice.ctx, ["A00002"], [], SENT_DAY, master=master())
    # What did not leave yet, blocked or ready, can be corrected once more.
    again = resubmit(practice.ctx, ["A00001"], changes_of(["member_id=W6"]), SENT_DAY, master=master())
    assert again["claims_corrected"] == 1
    versions = timeline(practice.ctx, "A00001")
    assert versions.loc[versions["kind"] == "import", "amount_cents"].tolist() == [19500, 14000, 14000]


def test_our_own_number_is_that_claim_and_never_another_patients(practice):
    practice.drop(charges(1, claim_number="2"), charges(1, claim_number="B1"))
    make_ready(practice)
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(schema.claims).values(life="rejected"))
    with pytest.raises(SeveralClaimsError, match="id:1, id:2"):
        resubmit(practice.ctx, ["2"], changes_of(["member_id=W5"]), SENT_DAY, master=master())
    resubmit(practice.ctx, ["id:2"], changes_of(["member_id=W5"]), SENT_DAY, master=master())
    assert lives(practice) == {"2": "rejected", "B1": "replaced", "B1V2": "ready"}
    with pytest.raises(UsageError, match="Claim 2 is replaced"):
        resubmit(practice.ctx, ["id:2"], changes_of(["member_id=W6"]), SENT_DAY, master=master())


def proposals(practice):
    names = ["edit_id", "payer_code", "present_severity", "rejections", "amount_cents"]
    return edit_proposals.listed(practice.ctx)[names].values.tolist()


def test_a_rejection_that_an_edit_should_have_caught_proposes_its_switch(books):
    payer = books.rows(sa.select(schema.claims.c.payer_code))[0][0]
    assert proposals(books) == [["S23a", payer, "warn", 1, 5000]]  # S09b blocks already
    number = edit_proposals.listed(books.ctx).set_index("edit_id")["edit_proposal_id"]["S23a"]
    cells = edit_proposals.accept(books.ctx, int(number))
    assert (cells["edit_id"], cells["payer_code"], cells["severity"]) == ("S23a", payer, "block")
    settings = load_master(books.ctx).rows("edit_settings")
    assert settings[["edit_id", "payer_code", "severity"]].values.tolist() == [["S23a", payer, "block"]]
    assert proposals(books) == []
    with pytest.raises(NotFoundError):
        edit_proposals.accept(books.ctx, int(number))
