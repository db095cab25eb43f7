"""A file of the vault appears in a folder under its name: whole or not at all, and only once with the same bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Container, Iterable
from pathlib import Path

from claims.errors import UsageError
from claims.reports import manifest

MOST_FOLDERS = 100


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


def unedited(folder: Path, names: Iterable[str], own: Container[str]) -> Path:
    """Give the folder, or the next beside it where somebody has edited what was put there: their work stays.

    `own`: the hashes of all that was ever put there.
    """
    ways = (folder, *(folder.with_name(f"{folder.name}-{number}") for number in range(2, MOST_FOLDERS)))
    return next((one for one in ways if not edited(one, names, own)), folder)


def edited(folder: Path, names: Iterable[str], own: Container[str]) -> list[str]:
    """Name the files of a folder that have other bytes than any that were put there (`own`: their hashes)."""
    there = [folder / name for name in names if (folder / name).is_file()]
    return [path.name for path in there if digest(path) not in own]


def require_room(folder: Path, report: str, case: str, names: Iterable[str], own: Container[str]) -> None:
    """Raise ReportFolderError where a folder holds a report, the packet of another case, or what somebody edited."""
    if (folder / manifest.NAME).exists():
        old = manifest.load(folder)
        if (old["report"], old.get("parameters", {}).get("case")) != (report, case):
            raise manifest.ReportFolderError("holds something else; choose another one for this packet")
    if changed := edited(folder, names, own):
        text = f"holds a {' and a '.join(changed)} that somebody edited; choose another one, or move it away"
        raise manifest.ReportFolderError(text)


def digest(path: Path) -> str:
    """Give the sha256 of a file, as the vault names it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
