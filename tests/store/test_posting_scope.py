"""A scope of more claim payments than one statement takes values for."""

from claims.store import posting
from claims.store.engine import write


def test_a_remittance_of_any_size_is_one_scope(database):
    with write(database) as conn:
        with posting.not_posted(conn, range(1, 260_001)) as scope:
            assert posting.claim_payments(conn, scope).empty
            assert posting.receivables(conn, scope).empty
        with posting.not_posted(conn, [7, 7]) as scope:  # the next one is a scope of its own
            assert posting.claim_payments(conn, scope).empty
