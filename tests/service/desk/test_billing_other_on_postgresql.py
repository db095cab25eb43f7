"""Another payer is billed on the other engine."""

import pytest

from claims.service.desk import actions
from claims.service.desk.billing_other import Coverage
from claims.service.submit import submit
from claims.store import schema
from tests.charges.test_charges_file import written
from tests.service.desk.conftest import chosen
from tests.service.desk.test_billing_other import KNOWN
from tests.service.desk.test_sending import decision
from tests.service.outgoing import DAY, NOW, PERSON, make_ready, rows


@pytest.mark.long
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_before_and_after_the_payer_that_denied(practice):
    for number in ("K1", "K2"):
        practice.drop(written(PERSON | {"claim_number": number}), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=KNOWN)
    practice.night(decision("K1"), decision("K2", "OA", "109"), day=DAY)
    for number, order in (("K1", "before"), ("K2", "after")):
        coverage = Coverage("MOONB", "M1", order)
        assert actions.preview(
            practice.ctx, actions.bill_other, chosen(practice, number), DAY, coverage, master=KNOWN
        ).done
        done = actions.bill_other(practice.ctx, chosen(practice, number), DAY, coverage, master=KNOWN)
        assert len(done.done) == 1 and done.blocked.empty
    made = rows(practice, schema.claims)[["payer_code", "payer_sequence", "life"]].to_numpy().tolist()
    assert made[2:] == [["MOONB", "P", "ready"], ["MOONB", "S", "ready"]]
