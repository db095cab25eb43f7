"""A folder of frames as `claims read --frames` writes it (CSV or Parquet) in, the frames out, ready to be written.

Text stays text, whatever it looks like: no zero in front is lost. Which columns are numbers, days or flags says
layouts/frames.csv with complete_frames.csv; of a column that is not listed there, the ending of its name (`_cents`,
`_milli`, `_seg`, `is_`).
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from claims.errors import UsageError
from claims.x12.layout import frame_kinds

# What reading gives beside the facts: nothing of it is written.
_NOT_WRITTEN = {"segments", "findings"}
_FILE = re.compile(r"(?P<name>[a-z_0-9]+?)(-\d{4})?\.(?P<format>csv|parquet)")
_ENDINGS = {"_cents": "cents?", "_milli": "milli?", "_seg": "int", "seg": "int", "ordinal": "int", "_date": "date"}
_FLAGS = {"True": True, "true": True, "1": True, "False": False, "false": False, "0": False, "": False}


def read_frames(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the frames of a folder; files that are no frames are left alone."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.")
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        found = _FILE.fullmatch(path.name)
        if found and found["name"] not in _NOT_WRITTEN:
            files.setdefault(found["name"], []).append(path)
    if not files:
        raise UsageError(f"{folder} holds no frames; claims read FILE --frames {folder} writes them.")
    return {name: _frame(name, paths) for name, paths in files.items()}


def frame_paths(folder: Path) -> list[Path]:
    """Return the files of a folder, and of its folders 001, 002 ..., that hold frames as reading gives them."""
    known = {*frame_kinds(complete=True), *frame_kinds(), "raw_segments", "findings", "segments"}
    folders = [folder, *(path for path in folder.iterdir() if path.is_dir() and re.fullmatch(r"\d{3,}", path.name))]
    return [
        path
        for one in folders
        for path in one.iterdir()
        if path.is_file() and (found := _FILE.fullmatch(path.name)) and found["name"] in known
    ]


def _frame(name: str, paths: list[Path]) -> pd.DataFrame:
    if len({path.suffix for path in paths}) > 1:
        raise UsageError(f"Frame {name} is there both as CSV and as Parquet; leave one.")
    if paths[0].suffix == ".parquet":
        return pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)
    text = pd.concat([pd.read_csv(path, dtype="str", keep_default_na=False) for path in paths], ignore_index=True)
    return pd.DataFrame({column: _typed(name, str(column), text[column]) for column in text})


def _typed(frame: str, column: str, values: pd.Series) -> pd.Series:
    kind = frame_kinds(complete=True).get(frame, {}).get(column) or _kind(column)
    if kind in ("text", "code"):
        return values
    try:
        if kind.startswith("flag"):
            return pd.Series([_FLAGS[value] for value in values.tolist()], dtype="bool")
        return pd.Series(pd.array([int(value) if value else None for value in values.tolist()], dtype="Int64"))
    except (KeyError, ValueError):
        raise UsageError(
            f"Frame {frame}, column {column}: a whole number or nothing is expected in each row."
        ) from None


def _kind(column: str) -> str:
    if column.startswith("is_"):
        return "flag"
    return next((kind for ending, kind in _ENDINGS.items() if column.endswith(ending)), "text")
