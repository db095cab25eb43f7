"""Holds rows that change without an event against their seals (`store.seals`): what was changed, put in or deleted
beside the program is named by its table and our number.

A row that the program wrote again after that is named, too: what stood before is not what the seal before it says. It
is named until somebody acknowledges it (`acknowledge`), which is an event of the audit chain.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import chain, schema
from claims.store.load import frame
from claims.store.seals import ABSENT, HELD, OWN, ROWS_AT_ONCE, SEAL, Head, begun_at, hashed, head, key_of, leads_to

SEALS = schema.row_seals
ACKNOWLEDGED = "seal.acknowledged"
_TOLD = np.dtype([("key", "i8"), ("hash", "V16"), ("before", "V16"), ("number", "i8")])
Seals = np.ndarray[Any, np.dtype[Any]]
_SEALS_AT_ONCE = 500
# What a row of a table is called, before its number.
CALLED = {
    "act_reasons": "reason of an act",
    "acknowledgements": "answer",
    "appeals": "appeal",
    "batch_sets": "set of a batch",
    "batches": "batch",
    "claim_postings": "claim posting",
    "claims": "claim",
    "claim_work": "work on a blocked claim",
    "classifications": "reading of adjustment",
    "contract_states": "state of contracts",
    "denial_actions": "action",
    "denial_cases": "denial case",
    "deposit_candidates": "candidate of a tie",
    "deposit_matches": "tie",
    "edit_findings": "edit finding",
    "edit_proposals": "edit proposal",
    "exceptions": "exception",
    "expected_allowed": "expected amount",
    "files": "row of file",
    "master_rows": "master row",
    "matches": "match",
    "money_requests": "money request",
    "past_exceptions": "past exception",
    "patient_payments": "patient payment",
    "patient_refunds": "patient refund",
    "patient_statements": "patient statement",
    "receipts": "receipt",
    "recovery_codes": "recovery code",
    "rejections": "rejection",
    "remittances": "state of remittance",
    "runs": "run",
    "submissions": "submission",
    "transactions": "verdict on a set",
    "undone_postings": "undone posting",
    "undone_remittances": "undone remittance",
    "users": "person",
}


def rows_held(conn: sa.Connection) -> int:
    """Count the rows that are held by seals."""
    tables = (schema.metadata.tables[name] for name in HELD)
    return sum(int(conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0) for table in tables)


def unlike(conn: sa.Connection, false: Iterable[int], known: Head | None = None) -> list[str]:
    """Name rows that are not as the program wrote them last, and seals that are not as they were written.

    `false`: what the function of that name gives. `known`: a head that was noted elsewhere; only it shows seals that
    were cut at the end or all written anew.
    """
    found = [f"seal {number} or the one before it was altered, removed or put in between" for number in false]
    found += _missing(conn)
    if known is not None and not leads_to(conn, known):
        found.append(f"the seals do not lead to the head that was noted: {known.row_seal_id} is gone or another")
    seen = acknowledged(conn)
    for name in HELD:
        told = _every_seal(conn, name)
        found += [
            f"{subject(name, key)} was changed beside the program before it was written again (seal {number})"
            for key, number in _breaks(told).itertuples(index=False, name=None)
            if number > seen.get(subject(name, key), 0)
        ]
        rows = _differing(conn, schema.metadata.tables[name], _last(told))
        found += [f"{CALLED[name]} {key} {why}" for key, why in rows]
    return found


def subject(table_name: str, key: int) -> str:
    """Name a row in the event that acknowledges what was found of it."""
    return f"{CALLED[table_name]} {key}"


def broken_at(conn: sa.Connection, table: sa.Table, key: int) -> int:
    """Give the number of the last seal of a row before which it was changed beside the program; 0: none."""
    told = _every_seal(conn, table.name)
    return max(_breaks(told[told["key"] == key])["number"].tolist(), default=0)


def is_as_sealed(conn: sa.Connection, table: sa.Table, key: int) -> bool:
    """Tell whether a row stands as its last seal says, or is rightly not there."""
    own = next(iter(table.primary_key.columns))
    rows = frame(conn, sa.select(*HELD[table.name]).where(own == key))
    told = _every_seal(conn, table.name)
    last = told[told["key"] == key]["hash"][-1:].tolist()
    return next(hashed(table, rows), ABSENT) == (bytes(last[0]) if last else ABSENT)


def is_known(conn: sa.Connection, table: sa.Table, key: int) -> bool:
    """Tell whether a row was ever sealed."""
    return bool((_every_seal(conn, table.name)["key"] == key).any())


def acknowledged_body(number: int) -> dict[str, int]:
    """What the event says: up to which seal of the row somebody has seen what was found."""
    return {"row_seal_id": number}


def acknowledged(conn: sa.Connection) -> dict[str, int]:
    """Up to which seal what was found of a row is acknowledged, by the name of the row."""
    events, known = schema.audit_events, dict[str, int]()
    told = sa.select(events.c.subject, events.c.body).where(events.c.action == ACKNOWLEDGED)
    for name, body in conn.execute(told):
        with contextlib.suppress(ValueError, KeyError, TypeError):  # spoiled: the audit chain names it
            known[str(name)] = max(known.get(str(name), 0), int(json.loads(body)["row_seal_id"]))
    return known


def _differing(conn: sa.Connection, table: sa.Table, told: Seals) -> Iterator[tuple[int, str]]:
    key, start = next(iter(table.primary_key.columns)), chain.LEAST
    while True:
        rows = frame(conn, sa.select(*HELD[table.name]).where(key >= start).order_by(key).limit(ROWS_AT_ONCE))
        is_all = len(rows) < ROWS_AT_ONCE
        last = np.iinfo(np.int64).max if is_all else int(rows[key.name].max())
        wanted = told[(told["key"] >= start) & (told["key"] <= last)]
        stored = dict(zip(rows[key.name].tolist(), hashed(table, rows), strict=True))
        sealed = dict(zip(wanted["key"].tolist(), wanted["hash"].tolist(), strict=True))
        sealed = {one: hash_ for one, hash_ in sealed.items() if hash_ != ABSENT}
        yield from ((one, "was deleted") for one in sealed if one not in stored)
        yield from ((one, "was put in beside the program") for one in stored if one not in sealed)
        yield from (
            (one, "is not as it was last written") for one, hash_ in stored.items() if sealed.get(one, hash_) != hash_
        )
        if is_all:
            return
        start = last + 1


def _every_seal(conn: sa.Connection, table_name: str) -> Seals:
    """Give the seals of a table by key, those of one row as they were written: 48 bytes for each."""
    select = sa.select(SEALS.c.row_seal_id, SEALS.c.seals, SEALS.c.befores).where(SEALS.c.table_name == table_name)
    parts = [np.empty(0, dtype=_TOLD)]
    with conn.execute(select.order_by(SEALS.c.row_seal_id).execution_options(yield_per=_SEALS_AT_ONCE)) as rows:
        parts += [_read(*row) for row in rows]
    every = np.concatenate(parts)
    sorted_: Seals = every[np.argsort(every["key"], kind="stable")]
    return sorted_


def _last(told: Seals) -> Seals:
    """Give the last seal of each row."""
    last: Seals = told[np.append(told["key"][1:] != told["key"][:-1], True)] if len(told) else told
    return last


def _breaks(told: Seals) -> pd.DataFrame:
    """Name seals before which their row did not stand as the seal before them left it: key, number."""
    before = np.empty(len(told), dtype=SEAL["hash"])
    before[1:] = told["hash"][:-1]
    is_first = np.append(True, told["key"][1:] != told["key"][:-1])[: len(told)]
    before[is_first] = np.void(ABSENT)
    differs = (_words(before) != _words(np.ascontiguousarray(told["before"]))).any(axis=1)
    found = told[differs]
    return pd.DataFrame({"key": found["key"].astype("int64"), "number": found["number"].astype("int64")})


def _words(hashes: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Two numbers for each hash: quick to compare."""
    return hashes.view("u8").reshape(-1, 2)


def _read(number: int, seals: str, befores: str) -> Seals:
    """Read seals that somebody may have spoiled: the chain names those."""
    data, stood = _bytes(str(seals)), _bytes(str(befores))
    plain = np.frombuffer(data[: len(data) // SEAL.itemsize * SEAL.itemsize], dtype=SEAL)
    told = np.empty(len(plain), dtype=_TOLD)
    told["key"], told["hash"], told["number"] = plain["key"], plain["hash"], number
    size = len(plain) * len(ABSENT)
    told["before"] = np.frombuffer(stood[:size].ljust(size, b"\0"), dtype=SEAL["hash"])
    return told


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def false(conn: sa.Connection) -> list[int]:
    """Give the numbers of seals that are not as they were written, or follow such a one.

    From the beginning of the keyed part on each hash is a mac: a plain one behind it is of somebody without the key.
    """
    found, previous, start = list[int](), chain.START, chain.LEAST
    begun, key = begun_at(conn), key_of(conn)
    while True:
        select = sa.select(*SEALS.columns).where(SEALS.c.row_seal_id >= start).order_by(SEALS.c.row_seal_id)
        rows = frame(conn, select.limit(_SEALS_AT_ONCE))
        if rows.empty:
            break
        told, keys = rows["hash"].tolist(), rows["row_seal_id"].tolist()
        by = [key if begun and one >= begun else b"" for one in keys]
        own = chain.followed([previous, *told[:-1]], OWN, rows, by)
        found += [number for number, one, other in zip(keys, own, told, strict=True) if one != other]
        previous, start = told[-1], keys[-1] + 1
    return found


def _missing(conn: sa.Connection) -> list[str]:
    """Say when seals are missing at the end, or none is keyed."""
    found, last = [], head(conn).row_seal_id
    if last and not begun_at(conn):
        found.append("no seal is made with the audit key; claims init takes books of an earlier version over")
    given = conn.scalar(sa.select(schema.id_blocks.c.next_id).where(schema.id_blocks.c.table_name == SEALS.name))
    if int(given or 1) != last + 1:
        found.append(f"the seals were cut: {int(given or 1) - 1} were written, the last one here is {last}")
    return found
