"""The matches of claim payments as a report: why each payment is of its claim, and which claims were not taken."""

from __future__ import annotations

from claims.reports import matches as rules
from claims.reports.report import Check, Parts, Report
from claims.store.handles import Connection
from claims.store.queries.asof import AsOf
from claims.store.queries.matches import Matches

NAME = "matches"


def matches(conn: Connection, at: AsOf) -> Report:
    """List the match in force of each claim payment, those before it, and the claims that were not taken."""
    rows = Matches(conn, at)
    held, before, others, cents = rows.counts()
    posted, matched = rows.of_ledger()
    payments, told = rows.of_remittances()
    checks = (
        Check("each claim payment on a claim in the ledger has one match in force, to that claim", posted, matched),
        Check("each claim payment of a posted remittance has one match in force", payments, told),
    )
    tables = {
        "matches": Parts((rules.in_force(one) for one in rows.in_force()), held),
        "former_matches": Parts((rules.former(one) for one in rows.former()), before),
        "not_taken": Parts((rules.not_taken(one) for one in rows.not_taken()), others),
    }

    def late() -> tuple[Check, ...]:
        return tuple(
            Check(f"every row of {name} is listed", table.rows, table.expected) for name, table in tables.items()
        )

    return Report(NAME, tables, {"paid": cents}, checks, {"paid": ("matches", "paid_cents")}, late)
