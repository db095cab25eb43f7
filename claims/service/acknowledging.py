"""Acknowledge a row that was changed beside the program: an auditor has seen it, and `verify` names it no more."""

from __future__ import annotations

import re

from claims.errors import NotFoundError, UsageError
from claims.service.audited import record
from claims.service.context import Context
from claims.store import batch_seals, checking_seals, schema, seals, step_marks
from claims.store.engine import write
from claims.store.handles import Connection

PERMISSION = "audit.acknowledge"
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
_BATCHES = {called: schema.metadata.tables[name] for name, called in batch_seals.CALLED.items()}
_TABLES = {called: schema.metadata.tables[name] for name, called in checking_seals.CALLED.items()}


def acknowledge(ctx: Context, called: str) -> int:
    """Note that who acts has seen what `verify` says of a row ("claim 12"), and give the seal up to which they have.

    Of rows that are sealed together ("claim families 1 to 9"), or were put in beside those, it is how they stand that
    was seen; gives 0.
    So are the marks of the steps of a night on a posting ("steps of claim posting 12").
    A row that is still as somebody left it is sealed so: it stands from now on. What is changed after this seal is
    named as before. Raises UsageError where nothing is to be said of the row, NotFoundError where there never was one.
    """
    batch = batch_seals.NAMED.fullmatch(called.strip())
    if batch and batch[1] in _BATCHES:
        with write(ctx.engine) as conn:
            _batch(conn, ctx, batch[1], int(batch[2]), int(batch[3]))
        return 0
    kind, _, number = called.strip().rpartition(" ")
    if kind == step_marks.CALLED and _NUMBER.fullmatch(number):
        with write(ctx.engine) as conn:
            return _steps(conn, ctx, int(number))
    if kind not in _TABLES or not _NUMBER.fullmatch(number):
        known, several = ", ".join(sorted([*_TABLES, step_marks.CALLED])), ", ".join(sorted(_BATCHES))
        raise UsageError(
            f"A row is named as claims audit verify names it: a number after one of {known}; "
            f"or two numbers with to between them after one of {several}."
        )
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


def _steps(conn: Connection, ctx: Context, claim_posting_id: int) -> int:
    """Seal the marks of a posting as they stand, and note that; give the last seal."""
    if not step_marks.accept(conn, claim_posting_id):
        name = step_marks.subject(claim_posting_id)
        raise UsageError(f"Nothing is to be acknowledged of {name}: they are as the night has left them.")
    last = seals.head(conn).row_seal_id
    body = checking_seals.acknowledged_body(last)
    record(ctx, conn, checking_seals.ACKNOWLEDGED, step_marks.subject(claim_posting_id), body)
    return last


def _batch(conn: Connection, ctx: Context, kind: str, first: int, last: int) -> None:
    """Note how rows stand that were sealed together, or put in beside the program."""
    table = _BATCHES[kind]
    stands, sealed = batch_seals.as_found(conn, table, first, last)
    name = batch_seals.subject(table, first, last)
    if not sealed:
        raise NotFoundError("batch of rows", name)
    if stands in sealed:
        raise UsageError(f"Nothing is to be acknowledged of {name}: they are as the program wrote them.")
    if batch_seals.is_acknowledged(conn, name, stands):
        raise UsageError(f"What was found of {name} is acknowledged already.")
    record(ctx, conn, checking_seals.ACKNOWLEDGED, name, batch_seals.acknowledged_body(stands))
