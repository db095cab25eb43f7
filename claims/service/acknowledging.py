"""Acknowledge a row that was changed beside the program: an auditor has seen it, and `verify` names it no more."""

from __future__ import annotations

from claims.errors import NotFoundError, UsageError
from claims.service.audited import record
from claims.service.context import Context
from claims.store import checking_seals, schema, seals
from claims.store.engine import write

PERMISSION = "audit.acknowledge"
_TABLES = {called: schema.metadata.tables[name] for name, called in checking_seals.CALLED.items()}


def acknowledge(ctx: Context, called: str) -> int:
    """Note that who acts has seen what `verify` says of a row ("claim 12"), and give the seal up to which they have.

    A row that is still as somebody left it is sealed so: it stands from now on. What is changed after this seal is
    named as before. Raises UsageError where nothing is to be said of the row, NotFoundError where there never was one.
    """
    kind, _, number = called.strip().rpartition(" ")
    if kind not in _TABLES or not (number.isascii() and number.isdigit() and len(number) <= 18):
        known = ", ".join(sorted(_TABLES))
        raise UsageError(f"A row is named as claims audit verify names it: a number after one of {known}.")
    table, key = _TABLES[kind], int(number)
    with write(ctx.engine) as conn:
        if not checking_seals.is_as_sealed(conn, table, key):
            seals.accept(conn, table, key)
        last = checking_seals.broken_at(conn, table, key)
        if not last:
            if not checking_seals.is_known(conn, table, key):
                raise NotFoundError("row", f"{kind} {key}")
            raise UsageError(f"Nothing is to be acknowledged of {kind} {key}: it is as the program wrote it.")
        if last <= checking_seals.acknowledged(conn).get(checking_seals.subject(table.name, key), 0):
            raise UsageError(f"What was found of {kind} {key} is acknowledged already.")
        body = checking_seals.acknowledged_body(last)
        record(ctx, conn, checking_seals.ACKNOWLEDGED, checking_seals.subject(table.name, key), body)
    return last
