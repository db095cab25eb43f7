"""A file of the vault appears in a folder under its name: whole or not at all, and only once with the same bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from claims.errors import UsageError


def place(source: Path, folder: Path, name: str) -> Path:
    """Put a file into the outbox: written beside its place, synced, then renamed; found done when it lies there.

    Raises UsageError when `name` is not that of a file in the folder.
    """
    if not name.strip(".") or Path(name).name != name or "\\" in name or "\0" in name:
        raise UsageError("the name of a file for the outbox is no plain file name")
    target = folder / name
    if target.is_file() and digest(target) == source.name:
        return target
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = folder / f"{name}.tmp"
    with (
        os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
        source.open("rb") as data,
    ):
        shutil.copyfileobj(data, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(target)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return target


def digest(path: Path) -> str:
    """Give the sha256 of a file, as the vault names it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
