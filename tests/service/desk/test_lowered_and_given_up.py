"""What a correction takes off a charge is given up once: by the correction, not by a write-off of the denial too."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from claims.service.desk import actions
from claims.service.reconcile import reconcile
from claims.service.resubmit import Change
from claims.store import schema
from claims.store.engine import read
from claims.store.queries import given_up
from tests.service.desk.conftest import as_person, cases, chosen
from tests.service.desk.test_sending import KNOWN, leave, practice, sent_home  # noqa: F401
from tests.service.outgoing import DAY

LESS = [Change(1, "charge_cents", "125.00")]


def balances(made, *accounts):
    """What stands on accounts, in cents."""
    line = schema.ledger_lines
    rows = made.rows(sa.select(line.c.account, sa.func.sum(line.c.amount_cents)).group_by(line.c.account))
    return [dict(rows).get(one, 0) for one in accounts]


def test_what_a_correction_takes_off_is_not_given_up_a_second_time(practice):  # noqa: F811
    ctx = as_person(practice, "anna")
    assert balances(practice, "4200") == [0]
    actions.resubmit(ctx, chosen(practice, "K1"), DAY, LESS, master=KNOWN)
    for act in (actions.preview, lambda ctx, do: do(ctx)):  # and the preview says it
        done = act(ctx, lambda on: actions.write_off(on, chosen(practice, "K1"), "small", 10**6, DAY))
        assert (done.done, done.refused["reason"].tolist()) == ([], ["charge-being-lowered"])
        assert "claim 6" in done.refused["says"].iloc[0]
    assert leave(practice) == 1
    reconcile(ctx, DAY)
    held = balances(practice, "1110")[0]
    done = actions.write_off(ctx, chosen(practice, "K1"), "small", 10**6, DAY)
    assert (done.done, done.amount_cents) == ([int(cases(practice).loc["K1", "case_id"])], 12500)
    assert balances(practice, "4200", "1110") == [12500, held - 14500]
    with read(ctx.engine) as conn:
        assert given_up.on_day(conn, "anna", DAY, "9999") == 2000 + 12500
    assert "CREDIT_BALANCE" not in practice.exceptions()
