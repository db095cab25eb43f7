"""Held remittances that nothing waits for any more: a corrected copy was posted, or another copy of what was chosen."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from claims.store import schema

R = schema.remittances
CONFLICT = "remit-conflict"  # why each of several remittances of one payment with other content is held


def _posted(good: sa.FromClause) -> sa.ColumnElement[bool]:
    return good.c.state == "posted"


def is_replaced(stands: Callable[[sa.FromClause], sa.ColumnElement[bool]] = _posted) -> sa.ColumnElement[bool]:
    """Condition on remittances: held for its content, and the same payment is posted from other content.

    The same payment has its key; or, as the amount of what does not add up need not be that of the payment, its trace
    number, payer, payee and day. A notice without money has no trace number of its own. Of several contents of one
    payment, of which a person lets one stand, the other copies of that one are replaced, too. `stands`: which of the
    others count (those that are posted now).
    """
    good = R.alias("good")
    same = [good.c[name] == R.c[name] for name in ("trace_number", "payer_code", "payee_identifier", "payment_date")]
    moves = sa.and_(good.c.payment_cents != 0, R.c.trace_number != "")
    is_same = sa.or_(good.c.remit_key == R.c.remit_key, sa.and_(*same, moves))
    other = sa.select(sa.literal(1)).where(good.c.remit_id != R.c.remit_id, is_same, stands(good)).correlate(R)
    is_conflict = sa.func.coalesce(R.c.reason_code, "") == CONFLICT
    chosen = R.alias("chosen")
    copy = sa.select(sa.literal(1)).where(
        *(chosen.c[name] == R.c[name] for name in ("trace_number", "body_hash", "reason_code")),
        *(chosen.c.remit_id != R.c.remit_id, stands(chosen)),
    )
    is_either = sa.or_(sa.and_(~is_conflict, other.exists()), sa.and_(is_conflict, copy.correlate(R).exists()))
    return sa.and_(R.c.state == "held", is_either)
