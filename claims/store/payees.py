"""To whom of us a line of the ledger belongs, where balances are kept apart by payee."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from claims.store import schema

FORWARDS = "2110"  # a forward balance comes back in a payment to the payee whose payment it lowered


def payee_of(lines: Any, remits: Any) -> sa.ColumnElement[str]:
    """The payee of ledger lines whose remittances are joined as `remits`; "" on accounts that no payee divides."""
    own = sa.func.coalesce(remits.c.payee_identifier, "")
    return sa.case((lines.c.account == FORWARDS, own), else_="")


def with_remittance(lines: Any) -> tuple[sa.FromClause, sa.ColumnElement[bool]]:
    """What to join (outer) to ledger lines for `payee_of`: an alias of the remittances, and on what."""
    remits = schema.remittances.alias()
    return remits, remits.c.remit_id == lines.c.remit_id
