"""What a replacement or void ends when the payer has taken it: the claim before it, and a void that did its work."""

from __future__ import annotations

import pytest

from claims.service import versions
from claims.service.alarms import MISSING
from claims.service.submit import submit
from claims.store import schema
from tests.answers import ca_277, replied
from tests.service.outgoing import DAY, NOW, rows
from tests.service.test_imported_versions import (
    FIRST,
    LATER,
    decision,
    lives,
    make_drafts_ready,
    paying,
    send,
    taken_back,
)
from tests.service.test_next_payer import KNOWN, open_rows

LATE = LATER.replace(year=2027)


def _begin(practice):
    send(practice, *(FIRST | {"claim_number": name} for name in ("K1", "K2")))
    practice.night(decision(1, 145, 0, icn="ICN1", status=4), decision(2, 145, 100, icn="ICN2", name="K2"), day=DAY)
    versions.replace(practice.ctx, [1], versions.NO_CHANGES, LATER, KNOWN)
    versions.void(practice.ctx, [2], LATER, KNOWN)
    practice.reconcile(LATER)
    make_drafts_ready(practice)
    submit(practice.ctx, LATER, now=NOW, master=KNOWN)
    told = [("K1V2", "A2:20:PR", "145"), ("K2V2", "A2:20:PR", "145")]
    practice.night(replied(ca_277("0000000020001", *told)), day=LATER)


@pytest.fixture
def answered(begun):
    """K1 was denied and is replaced, K2 was paid and is voided; the payer has taken both versions."""
    return begun(_begin)


@pytest.mark.long
@pytest.mark.parametrize("named", ["K2", "K2V2"])
def test_a_version_that_is_taken_ends_the_claim_before_it_and_a_void_ends_with_the_reversal(answered, named):
    assert lives(answered) == {1: "replaced", 2: "voided", 3: "accepted", 4: "accepted"}
    back = paying([taken_back(named, "ICN2")], [-100], 3, "20261110")
    answered.night(back, decision(4, 145, 90, icn="ICNK1V2", name="K1V2", day="20261110"), day=LATER)
    assert lives(answered) == {1: "replaced", 2: "voided", 3: "paid", 4: "voided"}
    answered.reconcile(LATE)
    assert open_rows(answered, MISSING) == []
    assert open_rows(answered, "REVERSAL_ORPHAN") == []
    assert open_rows(answered, "LIFE_CONTRADICTION") == []
    assert rows(answered, schema.submissions)["state"].tolist() == ["denied", "voided", "paid", "voided"]


@pytest.mark.long
def test_the_next_version_names_the_payers_number_of_the_one_that_it_follows(answered):
    assert versions.replace(answered.ctx, [3], versions.NO_CHANGES, LATER, KNOWN).refused.empty
    made = rows(answered, schema.claims).iloc[-1]
    assert (made["claim_number"], made["original_reference"]) == ("K1V3", "ICNK1V2")
