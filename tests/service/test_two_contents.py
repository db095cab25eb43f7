"""Two remittances of one payment with different content: one of them is posted, never both, and a person says which."""

import pytest
import sqlalchemy as sa

from claims.errors import PostingRefusedError
from claims.service.master import import_files
from claims.service.replay import replay
from claims.service.undo import undo
from claims.store import schema
from claims.store.engine import read, write
from claims.store.overview import overview
from tests.books import NPI, bank, claims
from tests.service.conftest import DAY
from tests.service.test_reconcile import BILL, broken, paid, states


def test_one_payment_with_two_contents_is_held_whole(practice):
    practice.night(claims(BILL), paid(), paid(icn="ICN2"))
    assert states(practice, schema.remittances) == [("held", "remit-conflict")] * 2
    assert practice.exceptions() == ["REMIT_CONFLICT", "REMIT_CONFLICT"]
    assert practice.balances() == {"1100": 15000, "4000": -15000}


@pytest.mark.long
def test_a_later_content_for_a_posted_payment_is_held_alone(practice):
    practice.night(claims(BILL), paid())
    practice.night(paid(icn="ICN2"))
    assert states(practice, schema.remittances) == [("held", "remit-conflict"), ("posted", None)]
    assert practice.balances(account="1050") == {"1050": 8800}


@pytest.mark.long
def test_the_other_content_of_a_payment_is_posted_in_its_place_once_it_is_undone(practice):
    practice.night(claims(BILL), paid(), bank(("2025-03-11", "88.00", "T1")))
    practice.night(paid(icn="ICN2"))
    balances = practice.balances()
    with pytest.raises(PostingRefusedError, match="claims undo remit:1"):
        replay(practice.ctx, "remit:2", DAY)
    undo(practice.ctx, "remit:1", DAY)
    assert practice.exceptions() == ["DEPOSIT_FOR_HELD_REMIT", "REMIT_CONFLICT", "UNDONE"]
    replay(practice.ctx, "remit:2", DAY)
    assert (practice.balances(), practice.exceptions()) == (balances, [])
    assert broken(practice) == []
    with pytest.raises(PostingRefusedError, match="claims undo remit:2"):
        replay(practice.ctx, "remit:1", DAY)
    copies = [paid(icn=icn).replace(b"000000001", b"000000778") for icn in ("ICN1", "ICN2")]
    practice.night(*copies)
    remits = schema.remittances
    kept = practice.rows(sa.select(remits.c.state).order_by(remits.c.remit_id))
    assert [state for (state,) in kept] == ["undone", "posted", "duplicate", "duplicate"]
    # And back: what stood is undone, both wait to be posted again, and one of them is.
    undo(practice.ctx, "remit:2", DAY)
    assert practice.exceptions() == ["DEPOSIT_WITHOUT_REMIT", "UNDONE", "UNDONE"]
    replay(practice.ctx, "remit:1", DAY)
    assert (practice.balances(), practice.exceptions()) == (balances, [])
    assert broken(practice) == []


@pytest.mark.long
def test_of_held_copies_of_one_content_one_is_posted_and_no_other(practice):
    copy = paid(icn="ICN2").replace(b"000000001", b"000000778")
    practice.night(claims(BILL), paid(), paid(icn="ICN2"), copy)
    replay(practice.ctx, "remit:3", DAY)
    once = practice.balances()
    assert (once["1050"], practice.exceptions()) == (8800, ["REMIT_CONFLICT", "REMIT_WITHOUT_DEPOSIT"])
    with read(practice.ctx.engine) as conn:
        assert overview(conn, 1).held_remittances.count == 1, "the copy is replaced by what stands"
    for other in (1, 2):
        with pytest.raises(PostingRefusedError, match="claims undo remit:3"):
            replay(practice.ctx, f"remit:{other}", DAY)
    undo(practice.ctx, "remit:3", DAY)
    with pytest.raises(PostingRefusedError, match="claims replay remit:3"):
        replay(practice.ctx, "remit:2", DAY)
    replay(practice.ctx, "remit:3", DAY)
    assert (practice.balances(), broken(practice)) == (once, [])
    with write(practice.ctx.engine) as conn:
        conn.exec_driver_sql("UPDATE remittances SET state = 'posted' WHERE remit_id = 2")
    assert "remittances 3 and 2" in broken(practice)


def test_what_comes_of_a_payment_after_the_choice_is_never_posted_by_itself(practice):
    practice.night(claims(BILL), paid(), paid(icn="ICN2"))
    replay(practice.ctx, "remit:1", DAY)
    once = practice.balances()
    practice.night(paid(icn="ICN2").replace(b"000000001", b"000000778"))  # a copy of the one that does not hold
    undo(practice.ctx, "remit:1", DAY)
    replay(practice.ctx, "remit:2", DAY)
    practice.night(paid(icn="ICN3"))
    kept = practice.rows(sa.select(schema.remittances.c.state).order_by(schema.remittances.c.remit_id))
    assert [state for (state,) in kept] == ["undone", "posted", "held", "held"]
    assert (practice.balances(), broken(practice)) == (once, [])


BY_TAX_NUMBER = paid().replace(f"XX*{NPI}".encode(), b"FI*123456789")


def test_a_payee_named_by_tax_number_and_by_npi_is_one_until_somebody_says_otherwise(practice, tmp_path):
    practice.night(claims(BILL), paid(), bank(("2025-03-11", "88.00", "T1")))
    practice.night(BY_TAX_NUMBER)
    assert states(practice, schema.remittances) == [("held", "remit-conflict"), ("posted", None)]
    assert (practice.exceptions(), practice.balances(account="1050")) == (["REMIT_CONFLICT"], {})
    with pytest.raises(PostingRefusedError, match="claims undo remit:1"):
        replay(practice.ctx, "remit:2", DAY)
    practice.night(BY_TAX_NUMBER.replace(b"000000001", b"000000778"))  # a copy of what is held is held, too
    assert states(practice, schema.remittances) == [("held", "remit-conflict")] * 2 + [("posted", None)]
    (tmp_path / "providers.csv").write_text(f"npi,entity_type,last_name,tax_id\n{NPI},2,OUR PRACTICE,987654321\n")
    import_files(practice.ctx, [tmp_path / "providers.csv"])
    replay(practice.ctx, "remit:2", DAY)  # two payees: two payments
    assert practice.balances(account="2200") == {"2200": -8800}
    assert broken(practice) == []
