"""A file in; its acknowledgements as frames, as bytes or as files out."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from claims.x12.acknowledge.answer import Answers, answers
from claims.x12.acknowledge.gather import Gather
from claims.x12.acknowledge.terms import Terms, control_of
from claims.x12.acknowledge.values import Values
from claims.x12.check import scan_checked
from claims.x12.file import X12File
from claims.x12.read import PART
from claims.x12.source import Readable, Source
from claims.x12.write import write
from claims.x12.write_columns import Frames
from claims.x12.write_text import Delimiters, plain_ascii

# How many segment errors (IK3) of one transaction set are told; how many were left out is told too.
MOST_ERRORS = 1000
# In this order: the usual ones first. None is a character that another one is spelt with in ASCII.
_MARKS = "*:^~|>!+;<{}=#%&$@?[]"
_NAME_LENGTH = 16


class Acknowledgements(NamedTuple):
    """The bytes of the TA1s and of the 999s, empty where there is nothing to answer, and what was left out.

    `left_out` has a row for each set (`transaction_seg`) with more segment errors than are told, and their number.
    """

    ta1: bytes
    implementation: bytes
    left_out: pd.DataFrame

    def __repr__(self) -> str:
        """Say how large the answers are: what they hold is for files."""
        sizes = f"TA1 {len(self.ta1):,} bytes, 999 {len(self.implementation):,} bytes"
        return f"<Acknowledgements: {sizes}, left out in {len(self.left_out)} sets>"


def acknowledge(
    readable: Readable, *, day: date | None = None, control: int | None = None, copy_values: bool = False,
    most: int = MOST_ERRORS, part: int = PART,
) -> Acknowledgements:  # fmt: skip
    """Check a file (a path, or its bytes) and answer it; the same file, day and control number give the same bytes.

    `day` is the date of the answers, today by default; a datetime gives the time too. `control` is their first control
    number, by default one that follows from the file's hash. `copy_values` puts values in error into IK404: they may
    name a person. Of each transaction set `most` segment errors are told.
    """
    _, found = _answers(readable, day, control, copy_values, most, part)
    return Acknowledgements(written(found.interchange), written(found.implementation), found.left_out)


def acknowledgement_files(
    path: str | Path, folder: str | Path, *, day: date | None = None, control: int | None = None,
    copy_values: bool = False, most: int = MOST_ERRORS,
) -> list[Path]:  # fmt: skip
    """Write the answers to a file into a folder, as `acknowledge` gives them; return the files written.

    They are named after the file's hash, `<hash>.ta1` and `<hash>.999`; each appears whole, readable by its owner only.
    """
    sha256, found = _answers(path, day, control, copy_values, most, PART)
    folder = Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {"ta1": written(found.interchange), "999": written(found.implementation)}
    return [_put(folder / f"{sha256[:_NAME_LENGTH]}.{kind}", data) for kind, data in contents.items() if data]


def acknowledgement_frames(
    parts: Iterable[X12File], *, day: date | None = None, control: int | None = None, values: Values | None = None,
    most: int = MOST_ERRORS,
) -> Answers:  # fmt: skip
    """Answer a checked file that comes whole or in the parts of `scan_checked`, as frames for `x12.write`."""
    return _gathered(parts, day, control, values, most)[1]


def written(frames: Frames) -> bytes:
    """Write frames of answers between delimiters that do not occur in them; nothing for no frames."""
    if not frames:
        return b""
    texts = [frame[name] for frame in frames.values() for name in frame.select_dtypes(["str", "object"]).columns]
    used = {char for text in texts for char in plain_ascii("".join(text.unique().tolist()))}
    free = [mark for mark in _MARKS if mark not in used][:4]
    if len(free) < 4:
        free, blanks = list(_MARKS[:4]), str.maketrans(dict.fromkeys(_MARKS[:4], " "))
        frames = {name: _translated(frame, blanks) for name, frame in frames.items()}
    return write(frames, delimiters=Delimiters(*free), upper=False)


def _translated(frame: pd.DataFrame, table: dict[int, str]) -> pd.DataFrame:
    names = frame.select_dtypes(["str", "object"]).columns
    return frame.assign(**{name: [text.translate(table) for text in frame[name].tolist()] for name in names})


def _answers(
    readable: Readable, day: date | None, control: int | None, copy_values: bool, most: int, part: int
) -> tuple[str, Answers]:
    parts = scan_checked(readable, part=part)
    if not copy_values:
        return _gathered(parts, day, control, None, most)
    with Source(readable) as source:
        return _gathered(parts, day, control, Values(source), most)


def _gathered(
    parts: Iterable[X12File], day: date | None, control: int | None, values: Values | None, most: int
) -> tuple[str, Answers]:
    gather, sha256 = Gather(most, values), ""
    for part in parts:
        gather.take(part)
        sha256 = part.sha256
    found = answers(gather, Terms(day or date.today(), control_of(sha256) if control is None else control))
    return sha256, Answers(_plain(found.interchange), _plain(found.implementation), found.left_out)


def _plain(frames: Frames) -> Frames:
    """Spell all text in ASCII: what a file was sent with, an answer has to repeat as well as it can be written."""
    found = {}
    for name, frame in frames.items():
        texts = {column: frame[column].tolist() for column in frame.select_dtypes(["str", "object"]).columns}
        odd = {column: values for column, values in texts.items() if not "".join(values).isascii()}
        plain = {column: pd.Series([plain_ascii(one) for one in values], dtype="str") for column, values in odd.items()}
        found[name] = frame.assign(**{column: values.to_numpy() for column, values in plain.items()})
    return found


def _put(path: Path, data: bytes) -> Path:
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        return temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
