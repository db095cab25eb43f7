"""What people wrote on an act stands with a row, and the audit chain keeps a mac of it: both, to be compared."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame

AUDIT, REASON = schema.audit_events, schema.act_reasons
PP, RF, D = schema.patient_payments, schema.patient_refunds, schema.deposit_matches
MR = schema.money_requests
# The words of these acts stand in a column of what they are about.
_VOID, _REFUND, _ASKED = "payment.void", "patient.refund-requested", "money.requested"
_TIES = ("deposit.tie", "deposit.tie-patients", "deposit.difference", "deposit.take-back")
_UNTIE = "deposit.untie"
_UNTIES = (_UNTIE, "deposit.difference-taken-back")
_BANK_LINE = "bank line "


def told(conn: sa.Connection) -> pd.DataFrame:
    """Read events that seal words: action, subject, body."""
    names = (AUDIT.c.action, AUDIT.c.subject, AUDIT.c.body)
    return frame(conn, sa.select(*names).where(AUDIT.c.body.contains('"reason_mac":')).order_by(AUDIT.c.seq))


def place(action: str, subject: str, act_reason_id: object) -> str:
    """Name the row where the words of an event stand.

    Several ties of a bank line share a name; what took one apart stands with the other line of a return, too.
    """
    if act_reason_id:
        return f"{action} {act_reason_id}"
    return _UNTIE if action in _UNTIES else f"{'tie' if action in _TIES else action} {subject}"


def kept(conn: sa.Connection) -> pd.DataFrame:
    """Read what people wrote, each with its `place`: place, subject, words."""
    act = sa.select(
        (REASON.c.action + sa.literal(" ") + _text(REASON.c.act_reason_id)).label("place"),
        (sa.literal("reason ") + _text(REASON.c.act_reason_id)).label("subject"),
        REASON.c.reason.label("words"),
    )
    payment, refund = _named("payment ", PP.c.patient_payment_id), _named("refund ", RF.c.patient_refund_id)
    line = _named(_BANK_LINE, D.c.bank_line_id)
    selects = (
        act,
        _of(_VOID, payment, PP.c.void_reason).where(sa.func.coalesce(PP.c.void_reason, "") != ""),
        _of(_REFUND, refund, RF.c.reason),
        _of(_ASKED, _named("request ", MR.c.money_request_id), MR.c.reason),
        _of("tie", line, D.c.words).where(D.c.words != ""),
        sa.select(sa.literal(_UNTIE).label("place"), line.label("subject"), D.c.ended_words.label("words")).where(
            D.c.ended_words != ""
        ),
    )
    return pd.concat([frame(conn, one) for one in selects], ignore_index=True)


def _text(column: sa.Column[int]) -> sa.ColumnElement[str]:
    return sa.cast(column, sa.String)


def _named(kind: str, column: sa.Column[int]) -> sa.ColumnElement[str]:
    return sa.literal(kind) + _text(column)


def _of(act: str, subject: sa.ColumnElement[str], words: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select((sa.literal(f"{act} ") + subject).label("place"), subject.label("subject"), words.label("words"))
