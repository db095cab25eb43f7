"""The rows of an appeal are the same on the other engine."""

import pytest

from claims.service import appeals
from tests.service.appealed import appealed
from tests.service.conftest import DAY


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_packet_is_made_and_listed(practice):
    made = appeals.prepare(practice.ctx, appealed(practice), day=DAY)
    (row,) = appeals.appeals(practice.ctx).to_dict("records")
    assert row["packet_sha256"] == made.sha256["packet.pdf"] and row["deadline_date"] == "2025-12-07"
    assert made.gaps == () and made.kind == "timely-filing"
