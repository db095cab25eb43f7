"""Two 999s about one set contradict each other: the later stands, a person is told, and no claim goes twice unseen."""

from __future__ import annotations

import pytest

from claims.service.submit import submit
from tests.answers import ack_999, ca_277, replied
from tests.service.outgoing import DAY, NOW, charges, make_ready, master
from tests.service.test_answers_of_strangers import listed, lives

REFUSED = replied(ack_999("1", "R", ("0001", "R", "IK3*CLM*23**8~CTX*CLM01:A00001~IK4*2*782*1~")))
TAKEN = replied(ack_999("1", "A", ("0001", "A", ""), own="000000202"))
TAKEN_LATER = TAKEN.replace(b"*250310*1200*^", b"*250311*1200*^")


def _send(practice):
    practice.drop(charges(2), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=master())


@pytest.fixture
def sent(begun):
    """Two claims that were sent in batch 000000001."""
    return begun(_send)


def night(practice, *files):
    practice.drop(*files, day=DAY)
    return practice.reconcile(DAY)


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("order", [(REFUSED, TAKEN_LATER), (TAKEN_LATER, REFUSED)])
def test_the_later_999_stands_and_nothing_goes_again(sent, order):
    for file in order:
        night(sent, file)
    assert lives(sent) == ["acknowledged", "acknowledged"]
    assert listed(sent) == ["ANSWER_CONTRADICTS"]
    assert submit(sent.ctx, DAY, now=NOW, master=master()).counts["claims_sent"] == 0


@pytest.mark.few(1)
@pytest.mark.parametrize("order", [(REFUSED, TAKEN), (TAKEN, REFUSED)])
def test_of_one_day_the_refusal_stands_and_a_person_is_told(sent, order):
    for file in order:
        night(sent, file)
    assert lives(sent) == ["rejected", "ready"]
    assert listed(sent) == ["ANSWER_CONTRADICTS"]


@pytest.mark.long
def test_a_999_that_takes_a_set_whose_claims_went_again_is_told(sent):
    night(sent, REFUSED)
    assert submit(sent.ctx, DAY, now=NOW, master=master()).counts["claims_sent"] == 1
    night(sent, TAKEN_LATER)
    assert listed(sent) == ["ANSWER_CONTRADICTS"]


@pytest.mark.long
def test_the_payers_word_on_the_claims_ends_it(sent):
    night(sent, REFUSED, TAKEN_LATER)
    night(sent, replied(ca_277("0000000010001", ("A00001", "A2:20", "195"), ("A00002", "A2:20", "145"))))
    assert (lives(sent), listed(sent)) == (["accepted", "accepted"], [])
