"""Rows that change without an event of their own are sealed: whenever the program has written some of them, it appends
two hashes of each to a chain: as it stood before, and as it stands at the end of the transaction.

Writers say which rows they are about to write (`note`) or have put in (`note_new`); the shared inserts and updates of
`store.rows` do so by themselves. `store.engine` lets the seals be written before it commits. What somebody changes,
adds or deletes beside the program is found against the last seal of each row (`store.checking_seals`), and stays found
when the program writes that row again: what stood before is then not what the seal before it says.

The chain of seals is keyed: the hash of each row is a mac with the audit key, so nobody appends to it who has only the
database. The chains of journals and of events are plain; each stretch that is appended to one of them has a row of
seals that tells its first and last number and the hash of the last (`stretch`), so what was put in between or behind is
in no stretch; where the audit chain has come to they tell as well (`store.chain_heads`). The first row that is keyed is
`BEGINNING`. In new books that is the first of all. Those of an earlier version have it once they were taken over
(`begin`): it tells where their other chains ended by then, and until then nothing more is sealed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.errors import SealsNotKeyedError
from claims.store import audit, chain, clock, ids, schema
from claims.store.engine import AUDIT_KEY_FILE, BEFORE_COMMIT
from claims.store.load import frame

Keys = np.ndarray[Any, np.dtype[np.int64]]

ROWS_AT_ONCE = 20_000
_IN_LIST = 900
# A seal of one row: its key, and the beginning of a SHA-256 over it (128 bits), as hex digits.
SEAL = np.dtype([("key", ">i8"), ("hash", "V16")])
ABSENT = bytes(16)  # in place of the hash of a row that is not there
SEALS = schema.row_seals
# The chains of which seals tell each stretch, and the name under which the first keyed row tells their ends.
PLAIN = (schema.journals, schema.denial_events, schema.variance_events, schema.exception_events)
BEGINNING = "chains"
_STRETCH = re.compile(r"(\d{1,18}) (\d{1,18}) (\S+)", re.ASCII)

# Tables whose rows are sealed, and of which columns: None is all. What a file says of a claim is held against the file,
# what an event leaves of a case against the event; here is what else moves.
_CLAIM = ("claim_id", "family_id", "origin", "state", "reason_code", "purpose", "life", "follows_claim_id", "version")
# What a file says of a remittance is held against the file, too.
_REMITTANCE = ("remit_id", "state", "reason_code", "generation", "posting_date")
_SET = ("transaction_id", "state", "reason_code")
# By these worklists are chosen and sorted; points and rank are worked out anew each night.
_CASE = ("case_id", "queue", "snoozed_until_date", "deadline_sort_date", "remit_sort_date", "pattern_id")
_LEFT_OUT = {
    schema.users.name: ("last_step",),  # moves with each sign-in
    schema.claim_postings.name: ("denials_at", "life_at", "priced_at"),  # sealed by step: store.step_marks
}
_CHOSEN: dict[sa.Table, tuple[str, ...] | None] = {
    schema.acknowledgements: None,
    schema.act_reasons: None,
    schema.appeals: None,
    schema.batch_sets: None,
    schema.batches: None,
    schema.claim_postings: None,
    schema.claims: _CLAIM,
    schema.claim_work: None,
    schema.classifications: None,
    schema.contract_states: None,
    schema.denial_actions: None,
    schema.denial_cases: _CASE,
    schema.deposit_candidates: None,
    schema.deposit_matches: None,
    schema.edit_findings: None,
    schema.edit_proposals: None,
    schema.exceptions: None,
    schema.expected_allowed: None,
    schema.files: None,
    schema.master_rows: None,
    schema.matches: None,
    schema.money_requests: None,
    schema.past_exceptions: None,
    schema.patient_payments: None,
    schema.patient_refunds: None,
    schema.patient_statements: None,
    schema.receipts: None,
    schema.recovery_codes: None,
    schema.rejections: None,
    schema.remittances: _REMITTANCE,
    schema.runs: None,
    schema.submissions: None,
    schema.transactions: _SET,
    schema.undone_postings: None,
    schema.undone_remittances: None,
    schema.users: None,
}
HELD: dict[str, list[sa.Column[Any]]] = {
    table.name: [
        column
        for column in table.columns
        if (chosen is None or column.name in chosen) and column.name not in _LEFT_OUT.get(table.name, ())
    ]
    for table, chosen in _CHOSEN.items()
}


class Head(NamedTuple):
    """The last seals that were written."""

    row_seal_id: int
    hash: str


def head(conn: sa.Connection) -> Head:
    """Give the last row of the chain of seals; 0 and the start of a chain where there is none."""
    return Head(*chain.end(conn, SEALS))


def leads_to(conn: sa.Connection, known: Head) -> bool:
    """Tell whether the seal of a head that was noted is there, as it was."""
    told = conn.scalar(sa.select(SEALS.c.hash).where(SEALS.c.row_seal_id == known.row_seal_id))
    return not known.row_seal_id or told == known.hash


def key_of(conn: sa.Connection) -> bytes:
    """Read the audit key, of which the engine was told where it lies."""
    return audit.load_key(conn.get_execution_options()[AUDIT_KEY_FILE])


def begun_at(conn: sa.Connection) -> int:
    """Give the number of the first seal that is keyed; 0 where there is none, as in books of an earlier version."""
    first = sa.select(SEALS.c.row_seal_id).where(SEALS.c.table_name == BEGINNING).order_by(SEALS.c.row_seal_id).limit(1)
    return int(conn.scalar(first) or 0)


def stretch(conn: sa.Connection, table: sa.Table, first: int, hashes: Sequence[str]) -> None:
    """Seal that rows are about to be appended to a chain: from number `first` on, with these hashes."""
    told = f"{first} {first + len(hashes) - 1} {hashes[-1]}"
    write(conn, [{"table_name": table.name, "seals": told, "befores": ""}])


def stretches(conn: sa.Connection, table: sa.Table, false: Collection[int]) -> Iterator[tuple[int, int, str]]:
    """Give first and last number of each stretch of a chain, and the hash of the last.

    `false`: numbers of seals that the program has not written so (`store.checking_seals`); they tell nothing.
    """
    select = sa.select(SEALS.c.row_seal_id, SEALS.c.seals).where(SEALS.c.table_name == table.name)
    for number, text in conn.execute(select.order_by(SEALS.c.row_seal_id)):
        told = _STRETCH.fullmatch(str(text))
        if told is not None and number not in false:
            yield int(told[1]), int(told[2]), told[3]


def begin(conn: sa.Connection) -> None:
    """Key the seals of books of an earlier version from now on; what their other chains hold by now is taken as it is.

    To be called on books that were looked at, and once: whoever could let it be done again would let forged rows in.
    """
    ends = {table.name: chain.end(conn, table) for table in PLAIN}
    _append(conn, [{"table_name": BEGINNING, "seals": json.dumps(ends), "befores": ""}])


def note(
    conn: sa.Connection, table: sa.Table, row_ids: Iterable[int] | pd.Series, changed: Iterable[str] | None = None
) -> None:
    """Say that rows are about to be written or deleted, so that they are sealed as they stand before and at the end.

    `changed`: only these columns of them. To be called before they are written: what stands there is read.
    """
    held = HELD.get(table.name)
    if held is None or (changed is not None and not {column.name for column in held} & set(changed)):
        return
    given = np.unique(np.asarray(list(row_ids), dtype="int64"))
    if len(given):
        _noted(conn).before(conn, table, given)


def note_new(conn: sa.Connection, table: sa.Table, row_ids: Iterable[int] | pd.Series) -> None:
    """Say that rows were put in under keys that this transaction took, so that they are sealed at the end."""
    given = np.asarray(list(row_ids), dtype="int64")
    if table.name in HELD and len(given):
        _noted(conn).new.setdefault(table.name, []).append(given)


def accept(conn: sa.Connection, table: sa.Table, key: int) -> None:
    """Seal a row as somebody left it beside the program, or that it is gone: the seal before it tells that it broke."""
    now = next(hashed(table, _rows(conn, table, np.asarray([key], dtype="int64"))), ABSENT)
    write(conn, [_told(table, [key], [now], now)])


class _Noted:
    """The rows that one transaction has written so far, by table; called before it commits."""

    def __init__(self) -> None:
        self.new: dict[str, list[Keys]] = {}
        self.stood: dict[str, dict[int, bytes]] = {}

    def before(self, conn: sa.Connection, table: sa.Table, keys: Keys) -> None:
        """Read how rows stand that this transaction has not written yet."""
        for mine in self.new.get(table.name, ()):  # few: keys are taken in blocks
            if mine[0] <= keys[-1] and mine[-1] >= keys[0]:
                keys = keys[~np.isin(keys, mine)]
                if not len(keys):
                    return
        stood = self.stood.setdefault(table.name, {})
        if stood:
            keys = np.asarray([key for key in keys.tolist() if key not in stood], dtype="int64")
        for start in range(0, len(keys), ROWS_AT_ONCE):
            part = keys[start : start + ROWS_AT_ONCE]
            rows = _rows(conn, table, part)
            if len(rows) < len(part):
                stood.update(dict.fromkeys(part.tolist(), ABSENT))
            stood.update(zip(rows[_key(table).name].tolist(), hashed(table, rows), strict=True))

    def __call__(self, conn: sa.Connection) -> None:
        told: list[dict[str, str]] = []
        for name in sorted({*self.new, *self.stood}):
            table, stood = schema.metadata.tables[name], self.stood.get(name, {})
            new = self.new.get(name)
            for keys, before in (
                (np.unique(np.concatenate(new)) if new else _NONE, {}),
                (np.sort(np.fromiter(stood, dtype="int64", count=len(stood))), stood),
            ):
                for start in range(0, len(keys), ROWS_AT_ONCE):
                    told += _seals(conn, table, keys[start : start + ROWS_AT_ONCE], before)
        write(conn, told)


_NONE: Keys = np.empty(0, dtype="int64")


def _noted(conn: sa.Connection) -> _Noted:
    noted: _Noted = conn.info.setdefault(BEFORE_COMMIT, _Noted())
    return noted


def _seals(conn: sa.Connection, table: sa.Table, keys: Keys, before: Mapping[int, bytes]) -> Iterator[dict[str, str]]:
    """Give the seals of some rows, if they moved; `before`: the hash of each as it stood, none for new rows."""
    rows = _rows(conn, table, keys)
    found, hashes = rows[_key(table).name].tolist(), list(hashed(table, rows))
    gone = set(before).intersection(keys.tolist()).difference(found) if len(found) < len(keys) else set()
    for key in sorted(gone):
        if before[key] != ABSENT:
            found.append(key)
            hashes.append(ABSENT)
    # What is written as it stood needs no seal: its last one still tells of it, or what was changed beside the program.
    moved = [(key, now) for key, now in zip(found, hashes, strict=True) if before.get(key) != now]
    if moved:
        keys_moved, now_moved = [key for key, _ in moved], [now for _, now in moved]
        yield _told(table, keys_moved, now_moved, b"".join(before[key] for key in keys_moved) if before else b"")


def _told(table: sa.Table, keys: list[int], hashes: list[bytes], befores: bytes) -> dict[str, str]:
    seals = np.empty(len(keys), dtype=SEAL)
    seals["key"], seals["hash"] = keys, hashes
    return {"table_name": table.name, "seals": seals.tobytes().hex(), "befores": befores.hex()}


def write(conn: sa.Connection, told: list[dict[str, str]]) -> None:
    """Append seals (table_name, seals, befores) to the chain, in their order."""
    if not told:
        return
    if not begun_at(conn):
        if head(conn).row_seal_id:
            raise SealsNotKeyedError
        told = [{"table_name": BEGINNING, "seals": "{}", "befores": ""}, *told]
    _append(conn, told)


def _append(conn: sa.Connection, told: list[dict[str, str]]) -> None:
    now = clock.now()
    rows = [{**one, "recorded_at": now} for one in told]  # a handful, of many rows each
    first = ids.take(conn, SEALS, len(rows))
    values = (tuple(row[column.name] for column in OWN) for row in rows)
    hashes = chain.linked(head(conn).hash, values, key_of(conn))
    keyed = [
        {**row, "hash": own, "row_seal_id": first + at} for at, (row, own) in enumerate(zip(rows, hashes, strict=True))
    ]
    conn.execute(sa.insert(SEALS), keyed)


def _rows(conn: sa.Connection, table: sa.Table, keys: Keys) -> pd.DataFrame:
    """Read what is held of these rows: by a range where they stand side by side, as new ones do."""
    select, key = sa.select(*HELD[table.name]), _key(table)
    if keys[-1] - keys[0] < 2 * len(keys):
        rows = frame(conn, select.where(key.between(int(keys[0]), int(keys[-1]))))
        return rows[rows[key.name].isin(keys)]
    parts = [keys[start : start + _IN_LIST].tolist() for start in range(0, len(keys), _IN_LIST)]
    return pd.concat([frame(conn, select.where(key.in_(part))) for part in parts], ignore_index=True)


def hashed(table: sa.Table, rows: pd.DataFrame) -> Iterator[bytes]:
    """One hash per row, of its table and its values as they are read back; ASCII, so the same in every Python."""
    for row in zip(*(rows[column.name].tolist() for column in HELD[table.name]), strict=True):
        yield sha256(f"{table.name}{row!a}".encode()).digest()[: SEAL["hash"].itemsize]


def _key(table: sa.Table) -> sa.Column[int]:
    return next(iter(table.primary_key.columns))


# What a seal says, in the order of the table: its own hash covers it and the hash of the seal before it.
OWN = [column for column in SEALS.columns if column.name not in ("row_seal_id", "hash")]
