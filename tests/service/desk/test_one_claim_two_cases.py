"""Two lines of a claim are denied, two cases wait for one replacement: undo of one leaves what the other waits for."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service.desk import actions
from claims.service.desk.billing_other import Coverage, hindrances
from claims.service.desk.correcting import correctable
from claims.service.resubmit import changes_of
from claims.service.submit import submit
from claims.store import audit, schema
from claims.store.engine import read
from claims.store.load import frame
from tests.books import remit
from tests.charges.test_charges_file import written
from tests.service.desk.conftest import copy_of, opened
from tests.service.desk.test_sending import KNOWN, decision
from tests.service.outgoing import DAY, NOW, PERSON, make_ready, rows
from tests.service.test_next_payer import SECOND

LINES = remit(
    """BPR*I*145*C*ACH************20261021~
       TRN*1*TK9*1512345678~
       CLP*K9*1*435*145**12*ICNK9~
       SVC*HC:99213*145*0**1~
       CAS*CO*16*145~
       LQ*HE*N290~
       SVC*HC:99214*145*0**1~
       CAS*CO*16*145~
       LQ*HE*N290~
       SVC*HC:99212*145*145**1~""",
    payee="1999999018", payer="FABLEWOOD HEALTH PLAN", control="000000777",
)  # fmt: skip


@pytest.fixture(scope="module")
def two_home(sqlite_template, tmp_path_factory):
    """The data folder of a practice with a claim of which two lines are denied, and one that has a next payer."""
    home = tmp_path_factory.mktemp("two") / "claims-data"
    home.mkdir(mode=0o700)
    (home / "claims.db").write_bytes(sqlite_template.read_bytes())
    audit.create_key(home / "audit.key")
    made = opened(home)
    line = PERSON | {"claim_number": "K9"}
    made.drop(written(line, line | {"procedure_code": "99214"}, line | {"procedure_code": "99212"}), day=DAY)
    made.drop(written(PERSON | SECOND | {"claim_number": "K4"}), day=DAY)
    make_ready(made)
    submit(made.ctx, DAY, now=NOW, master=KNOWN)
    made.night(LINES, decision("K4", "OA", "109"), day=DAY)
    made.ctx.engine.dispose()
    return home


@pytest.fixture
def practice(two_home, tmp_path):
    """A copy of that practice."""
    yield from copy_of(two_home, tmp_path)


def cases_of(practice, number="K9"):
    """The cases of a claim, in order of their lines."""
    with read(practice.ctx.engine) as conn:
        case = schema.denial_cases
        return frame(conn, sa.select(case).where(case.c.claim_number == number).order_by(case.c.line_number))


def seen(practice, *places, number="K9"):
    rows_of = cases_of(practice, number).iloc[list(places)]
    return list(zip(rows_of["case_id"].tolist(), rows_of["version"].tolist(), strict=True))


def lives(practice):
    table = rows(practice, schema.claims)
    return table.loc[table["purpose"] != "original", "life"].tolist()


def waiting_for(practice):
    return cases_of(practice)["waiting_for"].tolist()


@pytest.mark.long
def test_a_claim_that_another_case_waits_for_is_not_withdrawn(practice):
    done = actions.resubmit(practice.ctx, seen(practice, 0, 1), DAY, master=KNOWN)
    assert len(done.done) == 2 and len(lives(practice)) == 1
    actions.assign(practice.ctx, seen(practice, 0), "bea", DAY)
    undone = actions.undo(practice.ctx, done.action_id, DAY)
    assert undone.refused["reason"].tolist() == ["moved-on"] and len(undone.done) == 1
    assert waiting_for(practice) == ["resubmitted", ""]
    assert "withdrawn" not in lives(practice)


@pytest.mark.long
def test_the_claim_is_withdrawn_when_no_case_waits_for_it(practice):
    done = actions.resubmit(practice.ctx, seen(practice, 0, 1), DAY, master=KNOWN)
    assert len(actions.undo(practice.ctx, done.action_id, DAY).done) == 2
    assert waiting_for(practice) == ["", ""] and lives(practice) == ["withdrawn"]


@pytest.mark.few(1)
@pytest.mark.long
@pytest.mark.parametrize(("number", "act"), [("K9", actions.resubmit), ("K4", actions.bill_next)])
def test_a_claim_that_was_withdrawn_is_not_brought_back_by_undo(practice, number, act):
    done = act(practice.ctx, seen(practice, 0, number=number), DAY, master=KNOWN)
    undone = actions.undo(practice.ctx, done.action_id, DAY)
    with pytest.raises(UsageError, match="made anew by sending it again"):
        actions.undo(practice.ctx, undone.action_id, DAY)
    assert cases_of(practice, number)["state"].iloc[0] == "new" and lives(practice) == ["withdrawn"]
    again = act(practice.ctx, seen(practice, 0, number=number), DAY, master=KNOWN)
    assert len(again.done) == 1 and len(lives(practice)) == 2


@pytest.mark.long
def test_the_case_of_another_line_joins_the_claim_that_is_made(practice):
    first = actions.resubmit(practice.ctx, seen(practice, 0), DAY, master=KNOWN)
    second = actions.resubmit(practice.ctx, seen(practice, 1), DAY, master=KNOWN)
    assert len(first.done) == len(second.done) == 1 and second.refused.empty
    assert len(lives(practice)) == 1 and waiting_for(practice) == ["resubmitted"] * 2
    again = actions.resubmit(practice.ctx, seen(practice, 1), DAY, master=KNOWN)
    assert again.done == [] and len(again.refused) == 1
    assert len(actions.undo(practice.ctx, first.action_id, DAY).done) == 1
    assert "withdrawn" not in lives(practice) and waiting_for(practice) == ["", "resubmitted"]
    assert len(actions.undo(practice.ctx, second.action_id, DAY).done) == 1
    assert lives(practice) == ["withdrawn"] and waiting_for(practice) == ["", ""]


def test_a_case_that_demands_a_new_claim_does_not_join_a_replacement(practice):
    actions.resubmit(practice.ctx, seen(practice, 0), DAY, master=KNOWN)
    other = actions.resubmit(practice.ctx, seen(practice, 1), DAY, as_new=True, master=KNOWN)
    assert other.done == [] and len(lives(practice)) == 1
    assert waiting_for(practice) == ["resubmitted", ""]


def test_who_corrects_a_claim_sees_the_other_cases_and_takes_them_along(practice):
    first, second = cases_of(practice).to_dict("records")
    can = correctable(practice.ctx, first["case_id"], DAY)
    assert [(one.case_id, one.version, one.line_number) for one in can.others] == [
        (second["case_id"], second["version"], second["line_number"])
    ]
    assert [line.is_denied for line in can.sheet.lines].count(True) == 1 and len(can.sheet.lines) == 3
    wanted = changes_of(["member_id=W9"])
    done = actions.resubmit(practice.ctx, seen(practice, 0, 1), DAY, wanted, master=KNOWN)
    assert len(done.done) == 2 and len(lives(practice)) == 1 and waiting_for(practice) == ["resubmitted"] * 2
    assert correctable(practice.ctx, first["case_id"], DAY).sheet.member_id == "W9"


def test_what_a_payer_has_paid_a_part_of_is_billed_to_no_other_in_its_place(practice):
    done = actions.bill_other(practice.ctx, seen(practice, 0), DAY, Coverage("DRAGN", "D1"), master=KNOWN)
    assert done.refused["reason"].tolist() == ["paid-in-part"] and lives(practice) == []
    says = hindrances(practice.ctx, int(seen(practice, 0)[0][0]), "instead")
    assert says == done.refused["says"].tolist(), "and so it is said before anything is typed"
    assert not any("has paid a part" in one for one in hindrances(practice.ctx, int(seen(practice, 0)[0][0]), "after"))
