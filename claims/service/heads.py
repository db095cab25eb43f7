"""The ends of all chains as one line of text, to be noted elsewhere; each written report has it in its manifest.

Nothing inside the books tells that all tables were put back together to how they once stood; a head that was kept
where nobody who writes to the database can write does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from claims.errors import UsageError
from claims.reports import manifest
from claims.store import audit, chain_heads, seals
from claims.store.handles import Connection


class Head(NamedTuple):
    """The ends of the audit chain, of the chain of seals and of all others, to be noted elsewhere."""

    event: audit.Head
    seal: seals.Head
    chains: chain_heads.Head | None = None


def of(conn: Connection) -> Head:
    """Give the ends of all chains as they are."""
    return Head(audit.head(conn), seals.head(conn), chain_heads.head(conn))


def text(head: Head) -> str:
    """Write a head in one line: number and seal of an event, number and hash of a seal, those of the other chains."""
    told = ":".join(map(str, (*head.event, *head.seal)))
    return told if head.chains is None else f"{told}:{'-'.join(map(str, head.chains.numbers))}:{head.chains.hash}"


def ends(conn: Connection) -> dict[str, list[int | str]]:
    """Give number and hash of the last row of each chain, by its table: what the last part of a head is a hash of."""
    return chain_heads.ends(conn)


def read(told: str) -> Head:
    """Read what `text` wrote; what earlier versions wrote ends before the other chains. Raises UsageError."""
    parts = told.strip().split(":")
    filling = ["0", "0" * 64] if len(parts) == 4 else [""] * 6
    event, mac, number, hashed, numbers, joined = [*parts, *filling][:6]
    is_number = all(_is_number(one) for one in (event, number, *numbers.split("-")))
    if not (is_number and len(mac) == len(hashed) == len(joined) == 64 and len(parts) in (4, 6)):
        raise UsageError("--head wants what claims audit head printed: numbers, colons and 64 digits, as they stood.")
    others = chain_heads.Head(tuple(map(int, numbers.split("-"))), joined.lower()) if len(parts) == 6 else None
    return Head(audit.Head(int(event), mac.lower()), seals.Head(int(number), hashed.lower()), others)


def of_reports(folder: Path) -> dict[str, Head | None]:
    """Read the head of each report in a folder and below it, by the path of its manifest there; None: none, or no head.

    Raises ReportFolderError where there is no report, or one that cannot be read. Letters are no reports.
    """
    found = sorted(folder.rglob(manifest.NAME)) if folder.is_dir() else []
    if not found:
        manifest.load(folder)
    told = {str(path.relative_to(folder)): manifest.load(path.parent) for path in found}
    noted = {where: one.get("run", {}).get(manifest.HEAD, "") for where, one in told.items() if _is_report(one)}
    return {where: _read_if_one(str(head)) for where, head in noted.items()}


def _read_if_one(told: str) -> Head | None:
    try:
        return read(told)
    except UsageError:
        return None


def _is_report(content: Mapping[str, Any]) -> bool:
    return "known_at" in content.get("parameters", {})


def lost(conn: Connection, noted: Mapping[str, Head | None]) -> list[str]:
    """Name each place whose noted head the chains do not lead to any more, or that holds none (taken out, or old)."""
    told = {where: _lost(conn, head) for where, head in noted.items() if head is not None}
    found = [f"the books do not lead to the head in {where}: {what}" for where, what in told.items() if what]
    return found + [f"{where} holds no head as it was written" for where, head in noted.items() if head is None]


def _lost(conn: Connection, head: Head) -> str:
    """Say which chain is another by now, the first; empty where all of them lead there."""
    if not audit.leads_to(conn, head.event):
        return f"event {head.event.seq} of the audit chain is gone or another"
    if not seals.leads_to(conn, head.seal):
        return f"seal {head.seal.row_seal_id} is gone or another"
    if head.chains is not None and not chain_heads.leads_to(conn, head.chains):
        return "journals or events are gone or others"
    return ""


def _is_number(told: str) -> bool:
    return told.isascii() and told.isdigit() and len(told) <= 18
