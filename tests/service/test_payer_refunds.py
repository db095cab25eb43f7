"""Refunds to payers: what the books know of them, once, withdrawn and reversed."""

import pytest

from claims.errors import PostingRefusedError
from claims.service import money_approvals, money_requests, payer_refunds, takebacks
from tests.books import claims, remit
from tests.service.conftest import DAY
from tests.service.test_takebacks import ANNOUNCED, BILL, OTHER, PAID, PAYER, TAKEN, check


def test_a_refund_to_a_payer_names_what_the_books_know_or_says_why_not(practice):
    practice.night(claims(BILL), remit(PAID))
    for number, cents in (("NEVER1", 100), ("ICN1", 8801)):
        with pytest.raises(PostingRefusedError, match="say why it goes all the same"):
            payer_refunds.request(practice.ctx, PAYER, number, cents, DAY, DAY, reason="letter")
    asked = payer_refunds.request(practice.ctx, PAYER, "NEVER1", 100, DAY, DAY, reason="letter", although="its typo")
    assert (asked["known_cents"], asked["unannounced_cents"], practice.balances(account="2100")) == (0, 100, {})


def test_what_a_payer_announced_goes_back_once(practice):
    """Asked for twice under either number of the claim, or taken by the payer before somebody approves."""
    practice.night(claims(BILL, OTHER), remit(PAID), remit(ANNOUNCED))

    def ask(cheque, number="ICN1", **named):
        return payer_refunds.request(
            practice.ctx, PAYER, number, 8800, DAY, DAY, reason="letter", cheque=cheque, **named
        )["request"]

    first = ask("1001")
    for number in ("ICN1", "A1"):
        with pytest.raises(PostingRefusedError, match=r"know \$0\.00 of it"):
            ask("1002", number)
    practice.night(remit(TAKEN))
    with pytest.raises(PostingRefusedError, match=r"By now the books know only \$0\.00 of it"):
        money_approvals.approve(practice.ctx, first, DAY)
    money_requests.withdraw(practice.ctx, first, "the payer took it", DAY)
    with pytest.raises(PostingRefusedError, match=r"know \$0\.00 of it"):
        ask("1003")
    assert practice.balances(account="2100") == {}
    # Who says why lets it go all the same.
    number = ask("1004", although="a letter wants it twice")
    assert money_approvals.approve(practice.ctx, number, DAY) == 8800
    check(practice)


@pytest.mark.long
def test_a_refund_to_a_payer_is_withdrawn_before_and_reversed_after_the_approval(practice):
    practice.night(claims(BILL), remit(PAID), remit(ANNOUNCED))
    before = practice.balances()

    def ask():
        return payer_refunds.request(practice.ctx, PAYER, "ICN1", 8800, DAY, DAY, reason="letter")["request"]

    money_requests.withdraw(practice.ctx, ask(), "typed wrong", DAY)
    number = ask()
    assert practice.balances() == before
    money_approvals.approve(practice.ctx, number, DAY)
    assert practice.balances(account="2100") == {}
    assert payer_refunds.reverse(practice.ctx, number, "never sent", DAY) == 8800
    assert practice.balances() == before
    listed = takebacks.listed(practice.ctx, as_of=DAY)
    assert listed[["refunded_cents", "open_cents"]].to_numpy().tolist() == [[0, 8800]]
    check(practice)
    number = ask()  # the same again, for it does not stand
    money_approvals.approve(practice.ctx, number, DAY)
    practice.night(b"date,amount,trace_number,payer_name,reference,type\n2025-06-30,-88.00,,,,CHECK\n")
    with pytest.raises(PostingRefusedError, match="bank line has paid"):
        payer_refunds.reverse(practice.ctx, number, "never sent", DAY)
    check(practice)
