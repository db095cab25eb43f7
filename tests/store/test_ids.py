"""Blocks of keys follow each other, whatever rolls back in between."""

from __future__ import annotations

import pytest

from claims.errors import KeyBlockError
from claims.store import engine, ids, schema


def test_blocks_follow_each_other_per_table(database):
    with engine.write(database) as conn:
        assert ids.take(conn, schema.claims, 10) == 1
        assert ids.take(conn, "claims", 0) == 11
        assert ids.take(conn, "claims", 2**40) == 11
        assert ids.take(conn, schema.families, 1) == 1
    with engine.write(database) as conn:
        assert ids.take(conn, "claims", 1) == 11 + 2**40


def test_a_rolled_back_block_is_given_again(database):
    with pytest.raises(ZeroDivisionError), engine.write(database) as conn:
        ids.take(conn, "claims", 10)
        raise ZeroDivisionError
    with engine.write(database) as conn:
        assert ids.take(conn, "claims", 1) == 1


@pytest.mark.parametrize(("table", "n"), [("no_such_table", 1), ("claims", -1)])
def test_nonsense_is_refused(database, table, n):
    with pytest.raises(KeyBlockError), engine.write(database) as conn:
        ids.take(conn, table, n)
