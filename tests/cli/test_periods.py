"""claims periods and claims exceptions match: what the commands say and end with."""

from __future__ import annotations

from datetime import date

import pytest

from claims import config
from claims.service.context import open_context
from claims.service.intake import ingest
from claims.service.reconcile import reconcile
from tests.books import Bill, remit
from tests.books import claims as claims_file

PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T1*1512345678~
          CLP*TYPO9*1*150*88**12*ICN1~
          SVC*HC:99213*150*88**1~
          CAS*CO*45*62~"""


def test_a_period_closes_once_and_refuses_what_is_posted_into_it(claims):
    assert claims("init").code == 0
    assert claims("periods", "list", "--json").json == {"closings": []}
    looked = claims("periods", "close", "2025-03-31", "--dry-run", "--json").json
    assert claims("periods", "list", "--json").json == {"closings": []}
    closed = claims("periods", "close", "2025-03-31", "--json").json
    assert (closed["closed_through"], closed["journals"], closed["balances"]) == ("2025-03-31", 0, [])
    assert looked == closed | {"dry_run": True}
    assert claims("periods", "close", "2025-03-31").code == 2
    said = claims("reconcile", "--date", "2025-03-31")
    assert said.code == 2
    assert "2025-04-01" in said.err
    assert claims("periods", "list", "--json").json["closings"][0]["through_date"] == "2025-03-31"


def test_what_is_typed_in_the_wrong_place_is_not_repeated(claims):
    assert claims("init").code == 0
    for words in ("periods close SECRET1", "report SECRET1", "periods list SECRET1", "denials show SECRET1"):
        said = claims(*words.split())
        assert (said.code, "SECRET1" in said.out + said.err) == (2, False), words
        assert said.err


@pytest.mark.long
def test_a_person_matches_a_payment_by_the_number_of_its_exception(claims, tmp_path):
    assert claims("init").code == 0
    paths = []
    for number, content in enumerate((claims_file(Bill("A1", [("99213", "150")])), remit(PAID))):
        paths.append(tmp_path / f"{number}.dat")
        paths[-1].write_bytes(content)
    ctx = open_context(config.load(), actor="tester")
    ingest(ctx, paths, date(2025, 6, 30))
    reconcile(ctx, date(2025, 6, 30))
    ctx.engine.dispose()
    listed = claims("exceptions", "list", "--type", "UNMATCHED_CLAIM", "--json").json["exceptions"]
    number = listed[0]["exception_id"]
    assert claims("exceptions", "match", number, "--claim", "NOBODY").code == 2
    assert claims("exceptions", "match", "x", "--claim", "A1").code == 2
    assert claims("exceptions", "match", number, "--claim", "A1", "--json").json["matched"] is True
    assert claims("exceptions", "unmatch", number, "--json").json["matched"] is False
    assert claims("exceptions", "unmatch", number).code == 2
