"""Batches as if `claims submit` had sent them: an 837 of the books' claims in, rows of batches and submissions out."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.service.life import record
from claims.store import ids, schema, seals
from claims.store.engine import write
from tests.service.conftest import DAY

B, BS, S, C, T = schema.batches, schema.batch_sets, schema.submissions, schema.claims, schema.transactions


def send(practice, content: bytes, *, number="000000009", reference="B1", partner="PRETEND", day=DAY):
    """Ingest an 837, and make its claims ours: charged to be sent, and sent in one batch."""
    group = number.lstrip("0").encode()
    content = content.replace(b"*1*X*", b"*" + group + b"*X*").replace(b"GE*1*1~", b"GE*1*" + group + b"~")
    practice.night(content, day=day)
    with write(practice.ctx.engine) as conn:
        ((transaction_id, file_id, control),) = conn.execute(
            sa.select(T.c.transaction_id, T.c.file_id, T.c.control_number).where(T.c.batch_reference == reference)
        )
        mine = C.c.transaction_id == transaction_id
        seals.note(conn, C, conn.scalars(sa.select(C.c.claim_id).where(mine)))
        conn.execute(sa.update(C).where(mine).values(origin="to_send", life="ready"))
        return resend(
            conn, mine, number=number, reference=reference, partner=partner, day=day, file_id=file_id, control=control
        )


def resend(conn, which, *, number, reference, file_id, control="0001", partner="PRETEND", day=DAY):
    """Send the claims that are ready among some once more, as if they stood in a file that we have."""
    rows = conn.execute(sa.select(C).where(which, C.c.life == "ready").order_by(C.c.seg)).all()
    batch_id, set_id = (ids.take(conn, table, 1) for table in (B, BS))
    sums = {"claims": len(rows), "service_lines": len(rows), "charge_cents": sum(row.charge_cents for row in rows)}
    conn.execute(
        sa.insert(B).values(
            batch_id=batch_id, interchange_control_number=number, partner_code=partner, kind="P", usage_code="P",
            sender_id="SENDER", receiver_id="RECEIVER", state="released",
            snapshot_file_id=file_id, file_id=file_id, file_name="x", posting_date=day, actor="t",
            recorded_at="x", **sums,
        )
    )  # fmt: skip
    conn.execute(
        sa.insert(BS).values(
            batch_set_id=set_id, batch_id=batch_id, set_control_number=control, batch_reference=reference, **sums
        )
    )
    first = ids.take(conn, S, len(rows))
    events = []
    for place, row in enumerate(rows):
        attempt = 1 + (conn.scalar(sa.select(sa.func.max(S.c.attempt)).where(S.c.claim_id == row.claim_id)) or 0)
        conn.execute(
            sa.insert(S).values(
                submission_id=first + place, claim_id=row.claim_id, family_id=row.family_id, batch_id=batch_id,
                batch_set_id=set_id, attempt=attempt, ordinal=place + 1, claim_number=row.claim_number,
                snapshot_hash="x", state="ready", charge_cents=row.charge_cents, seg=row.seg, recorded_at="x",
            )
        )  # fmt: skip
        events += [(row.claim_id, name, f"{name}:{first + place}", first + place) for name in ("batched", "released")]
    for table, keys in ((B, [batch_id]), (BS, [set_id]), (S, range(first, first + len(rows)))):
        seals.note_new(conn, table, keys)
    record(conn, pd.DataFrame(events, columns=["claim_id", "event", "event_key", "submission_id"]), day)
    return batch_id
