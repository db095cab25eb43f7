"""Write an event of the audit chain in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.service.context import Context
from claims.store import audit, clock, reasons
from claims.store.engine import write
from claims.store.handles import Connection


def record(ctx: Context, conn: Connection, action: str, subject: str, body: Mapping[str, Any]) -> int:
    """Append one event: who (`ctx.actor`) did `action` to `subject`; `body` holds ids, codes and counts only.

    Gives its number in the chain.
    """
    key = audit.load_key(ctx.settings.audit_key_file)
    at = clock.now()
    return audit.append(conn, key, actor=ctx.actor, action=action, subject=subject, body=body, recorded_at=at).seq


def record_with_reason(
    ctx: Context, conn: Connection, action: str, subject: str, body: Mapping[str, Any], reason: str
) -> None:
    """Append an event whose reason no other row keeps: the words stand beside the chain, which names and seals them."""
    if not reason:
        record(ctx, conn, action, subject, body)
        return
    number = reasons.keep(conn, action, reason, ctx.actor)
    record(ctx, conn, action, subject, {**body, "act_reason_id": number, "reason_mac": sealed_words(ctx, reason)})


def sealed_words(ctx: Context, words: str) -> str:
    """Give what a body may hold of words that a person wrote; the words themselves belong to the row they are about."""
    return audit.words_mac(audit.load_key(ctx.settings.audit_key_file), words)


def record_shown(ctx: Context, subject: str, body: Mapping[str, Any] | None = None) -> None:
    """Append that patient data of `subject` was shown to the actor; `body` holds ids, hashes and counts only."""
    action = "phi-shown-emergency" if ctx.is_emergency else "phi-shown"
    with write(ctx.recorder or ctx.engine) as conn:
        record(ctx, conn, action, subject, body or {})
