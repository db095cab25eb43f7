"""The audit chain: who did what to what, each row sealed with the row before it (HMAC-SHA256).

`append` writes inside the caller's write transaction: the change and its record commit together. The key is a file of
its own, never in the database. `head` is to be kept elsewhere too (reports, backups): only that shows a chain that was
cut at its end.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from claims.errors import AuditKeyError
from claims.store.schema import audit_events

_START = "0" * 64
_ROW = (
    audit_events.c.seq,
    audit_events.c.recorded_at,
    audit_events.c.actor,
    audit_events.c.action,
    audit_events.c.subject,
    audit_events.c.body,
    audit_events.c.previous_mac,
    audit_events.c.mac,
)


class Head(NamedTuple):
    """The last row of the chain."""

    seq: int
    mac: str


def append(
    conn: sa.Connection, key: bytes, *, actor: str, action: str, subject: str, body: Mapping[str, Any], recorded_at: str
) -> Head:
    """Add one event. `body` holds ids, codes, counts and names of changed fields: no patient data."""
    last = head(conn)
    text = json.dumps(dict(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    row = (last.seq + 1, recorded_at, actor, action, subject, text, last.mac)
    mac = _mac(key, *row)
    conn.execute(audit_events.insert(), dict(zip((column.name for column in _ROW), (*row, mac), strict=True)))
    return Head(row[0], mac)


def fields_of(text: str) -> dict[str, Any]:
    """Read the body of an event, or what is held against one; empty where somebody has spoiled it."""
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def words_mac(key: bytes, words: str) -> str:
    """Give what the chain keeps of words that may name a patient: nobody reads them in it, and it still seals them."""
    stored = words.replace("\0", "\ufffd")  # as store.bulk keeps them
    return hmac.new(key, b"words\n" + stored.encode(), hashlib.sha256).hexdigest()[:32]


def head(conn: sa.Connection) -> Head:
    """Give the last row's number and mac; 0 and zeros for an empty chain."""
    last = conn.execute(sa.select(audit_events.c.seq, audit_events.c.mac).order_by(sa.desc("seq")).limit(1)).first()
    return Head(0, _START) if last is None else Head(last.seq, last.mac)


def leads_to(conn: sa.Connection, known: Head) -> bool:
    """Tell whether the chain has the event of a head that was kept elsewhere, as it was."""
    mac = conn.scalar(sa.select(audit_events.c.mac).where(audit_events.c.seq == known.seq))
    return not known.seq or mac == known.mac


def verify(conn: sa.Connection, key: bytes, anchor: Head | None = None) -> str | None:
    """Check the whole chain: None when sound, else what is wrong and where. `anchor` is a head kept elsewhere."""
    previous, count = _START, 0
    events = sa.select(*_ROW).order_by(audit_events.c.seq).execution_options(yield_per=10_000)
    with conn.execute(events) as rows:
        for row in rows:
            count += 1
            if row.seq != count:
                return f"event {count} is missing"
            if row.previous_mac != previous or not hmac.compare_digest(_mac(key, *row[:7]), row.mac):
                return f"event {count} was altered"
            previous = row.mac
            if anchor is not None and count == anchor.seq and previous != anchor.mac:
                return f"events up to {count} were rewritten"
    if anchor is not None and count < anchor.seq:
        return f"the chain was cut: it ends at event {count}, event {anchor.seq} is known"
    return None


def create_key(path: Path) -> bytes:
    """Create the key file (0600) unless it is there, and return the key."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return load_key(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as target:
        target.write(secrets.token_hex(32) + "\n")
        target.flush()
        os.fsync(target.fileno())
    return load_key(path)


def load_key(path: Path) -> bytes:
    """Read the key; refuse one that others can read, or that is not 64 hex digits."""
    try:
        mode = path.stat().st_mode
        text = path.read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        raise AuditKeyError(str(path), "is missing; run claims init, or put it back from the backup") from None
    if mode & 0o077:
        raise AuditKeyError(str(path), "can be read by others; run chmod 600 on it")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise AuditKeyError(str(path), "does not hold 64 hex digits")
    return key


def _mac(key: bytes, *fields: Any) -> str:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
