"""A file and a key in; the same file with people masked and its structure kept, out."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from claims.errors import UsageError
from claims.x12.days import BEGINS, People
from claims.x12.mask import Mask, fill_of
from claims.x12.pseudonyms import Pseudonyms
from claims.x12.redact_rules import Rules, rules
from claims.x12.source import Readable, Source
from claims.x12.survey import survey
from claims.x12.tokens import Tokens
from claims.x12.windows import WINDOW, windows

_SHORTEST_KEY = 32
_BLANKS = bytes(range(33))
_BOM = b"\xef\xbb\xbf"


class RedactKeyError(UsageError):
    """The key for aliases cannot be used."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"The key {path} {problem}.")


@dataclass
class Redaction:
    """What was done to a file: sizes, hashes and counts, nothing of what stood in it."""

    sha256: str = ""
    bytes: int = 0
    is_x12: bool = True
    segments: int = 0
    segments_not_known: int = 0
    removed_bytes: int = 0
    masked: dict[str, int] = field(default_factory=dict)
    out_bytes: int = 0
    out_sha256: str = ""


def redact(path: str | Path, out: str | Path, key: bytes, *, replace: bool = False) -> Redaction:
    """Write a masked copy of a file, its owner's alone; it appears whole or not at all.

    Raises FileExistsError unless `replace`. Nothing is written when no X12 is in the file.
    """
    path, out = Path(path), Path(out)
    done, digest = Redaction(), hashlib.sha256()
    temporary = out.with_name(f".{secrets.token_hex(16)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target:
            for block in copy(path, key, done):
                digest.update(block)
                done.out_bytes += target.write(block)
            target.flush()
            os.fsync(target.fileno())
        done.out_sha256 = digest.hexdigest()
        if done.is_x12:
            _name(temporary, out, replace=replace)
    finally:
        temporary.unlink(missing_ok=True)
    return done


def key_of(path: Path) -> tuple[bytes, bool]:
    """Return the key in a file, and whether it was made just now because there was no such file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.is_dir():
            raise RedactKeyError(str(path), "is a folder; name a file") from None
        if path.stat().st_mode & 0o077:
            raise RedactKeyError(str(path), "can be read by others; run chmod 600 on it") from None
        key = path.read_bytes().strip()
        if len(key) < _SHORTEST_KEY:
            raise RedactKeyError(str(path), f"holds less than {_SHORTEST_KEY} characters") from None
        return key, False
    key = secrets.token_hex(_SHORTEST_KEY).encode("ascii")
    with os.fdopen(descriptor, "wb") as target:
        target.write(key + b"\n")
    return key, True


def copy(
    readable: Readable, key: bytes, done: Redaction, *, table: Rules | None = None, window: int = WINDOW
) -> Iterator[bytes]:
    """Yield the bytes of the masked copy of a file (a path, or its bytes); tell in `done` what was done."""
    pseudonyms = Pseudonyms(key)
    mask = Mask(table or rules(), pseudonyms)
    with Source(readable) as source:
        surveyed = survey(source)
        done.sha256, done.bytes, done.is_x12 = surveyed.sha256, source.size, bool(surveyed.spans)
        position = 0
        for span in surveyed.spans:
            yield from _outside(source, position, span.start, done)
            people = People(pseudonyms.days)
            for raw, tokens, _ in windows(source, span, surveyed.encoding, _cut, window):
                # Bytes without segments are blanks and terminators.
                masked = mask.masked(raw, tokens, people.days(tokens)) if len(tokens) else bytes(raw)
                yield from _filled(masked, tokens, source)
                done.segments += len(tokens)
                done.segments_not_known += int((tokens.code == 0).sum())
            position = span.end
        if surveyed.spans:
            yield from _outside(source, position, source.size, done)
    done.masked = dict(mask.counts)


def _cut(tokens: Tokens, _: int) -> int:
    """Return the last segment of a window that begins a person, 0 for none."""
    rows = np.flatnonzero(BEGINS[tokens.code[1:]]) + 1
    return int(rows[-1]) if len(rows) else 0


def _filled(masked: bytes, tokens: Tokens, source: Source) -> Iterator[bytes]:
    """Put what is left out of a window back in, letters and digits filled over."""
    begin, position = 0, tokens.base
    fill = fill_of(tokens).tobytes()
    for hole in tokens.holes:
        end = begin + hole.begin - position
        yield masked[begin:end]
        for _, block in source.blocks(hole.begin, hole.end):
            yield block.translate(fill)
        begin, position = end, hole.end
    yield masked[begin:]


def _outside(source: Source, start: int, end: int, done: Redaction) -> Iterator[bytes]:
    """Leave text outside the interchanges out; a byte order mark and blanks alone stay."""
    if start == 0 and source.slice(0, min(3, end)) == _BOM:
        yield _BOM
        start = 3
    if any(block.replace(_BOM, b"").strip(_BLANKS) for _, block in source.blocks(start, end)):
        done.removed_bytes += end - start
        return
    for _, block in source.blocks(start, end):
        yield block


def _name(temporary: Path, out: Path, *, replace: bool) -> None:
    """Give a finished file its name; another file of this name is never lost unless `replace`."""
    if replace:
        temporary.replace(out)
        return
    try:
        os.link(temporary, out)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if out.exists():
            raise FileExistsError(out) from None
        temporary.replace(out)
