"""Which version of a claim a payment decides: by what it says of itself, where that does not contradict itself."""

import pandas as pd
import pytest

from claims.ledger.match_versions import facts_of, told_versions

NOT_LEFT = pd.Series({}, dtype="str")
FIRST, AGAIN, BOTH = {10: "lines"}, {11: "frequency, lines"}, {}


@pytest.mark.parametrize(
    ("frequency", "procedure", "changes", "told"),
    [
        ("7", "99212", {}, AGAIN),
        ("7", "99215", {}, {11: "frequency"}),  # the payer changed the procedure, and nothing fits
        ("", "99212", {}, {11: "lines"}),
        ("1", "99213", {}, FIRST),
        ("7", "99213", {}, BOTH),  # it contradicts itself
        ("1", "99215", {}, BOTH),
        ("8", "99211", {}, BOTH),  # on both, and nobody sent a void
        ("7", "99212", {"status_code_paid": "22"}, BOTH),  # what is taken back is known by its number
        ("7", "99212", {"origin": "to_send"}, BOTH),  # it has not left
    ],
)
def test_frequency_and_procedures_tell_the_version(frequency, procedure, changes, told):
    pair = {"claim_payment_id": 1, "family_id": 5, "frequency_code_paid": frequency, "payment_date_paid": "2025-07-15"}
    pair |= {"status_code_paid": "1", "origin": "sent"} | changes
    rows = pd.DataFrame(
        [pair | {"claim_id": 10, "frequency_code": "1"}, pair | {"claim_id": 11, "frequency_code": "7"}]
    )
    paid = pd.DataFrame({"claim_payment_id": [1], "procedure_code": [procedure]})
    sent = [(10, "99213"), (10, "99211"), (11, "99212"), (11, "99211")]
    facts = facts_of(rows, paid, pd.DataFrame(sent, columns=["claim_id", "procedure_code"]))
    words = told_versions(rows, facts, NOT_LEFT)
    assert {claim: word for claim, word in zip(rows["claim_id"], words, strict=True) if word} == told
