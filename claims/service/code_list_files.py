"""A code list that was read without fault is kept: in the vault, as a file row, and in the folder that checks read."""

from __future__ import annotations

import os

from claims.service.audited import record
from claims.service.context import Context
from claims.store import filing
from claims.store.engine import write


def keep_list_file(ctx: Context, run_id: int, name: str, data: bytes, rows: int) -> dict[str, int]:
    """Put a list under its name into the folder; say whether it is added, changed or unchanged there."""
    folder = ctx.settings.code_list_folder
    place = folder / name
    before = place.read_bytes() if place.is_file() else None
    if before == data:
        return {"unchanged": rows}
    if before is not None:
        ctx.vault.put(before)
    sha256 = ctx.vault.put(data)
    how = {"added" if before is None else "changed": rows}
    with write(ctx.engine) as conn:
        file_id, _, _ = filing.register(conn, sha256, len(data), name, run_id)
        filing.finish(conn, file_id, content="code_list", sets="", state="stored", reason_code="", counts=how)
        record(ctx, conn, "code-list-import", f"file {sha256[:12]}", how)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = folder / f".{name}.tmp"
        with temporary.open("wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(place)
    return how
