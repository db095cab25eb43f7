"""Code lists with dates: CSV files of a folder in (docs/files.md), one `CodeList` for each list out.

A list covers stretches of days. Outside of them, or without the list, nothing can be said of a code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.codes import icd10cm, table
from claims.errors import CodeListError

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

OPEN = 99991231
# The columns of each kind of file, by which it is known; those after the first two or three may be missing.
_KINDS = {
    "codes": ("code_list", "code", "effective_from", "effective_to"),
    "pairs": ("column_one", "column_two", "effective_from", "effective_to", "modifier_indicator"),
    "units": ("mue_code", "max_units", "effective_from", "effective_to", "adjudication_indicator"),
}
_NAMES = {"pairs": "NCCI", "units": "MUE"}
_EVERY = "*"
_DAY = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"


@dataclass(frozen=True)
class CodeList:
    """Rows by `code` with `from_date`, `to_date` (YYYYMMDD) and the columns of their kind; and the days covered."""

    name: str
    rows: pd.DataFrame
    coverage: tuple[tuple[int, int], ...]

    def covers(self, days: Integers) -> Flags:
        """Tell on which days the list can say something."""
        found: Flags = np.zeros(len(days), np.bool_)
        for first, last in self.coverage:
            found |= (days >= max(first, 1)) & (days <= last)
        return found

    def valid(self, codes: Sequence[str], at: Integers, days: Integers) -> Flags:
        """Tell which of `codes[at]` are in the list on their day."""
        first, last = self.spans(codes)
        start, rest = first[at], (last - first)[at]
        since, until = self.rows["from_date"].to_numpy(), self.rows["to_date"].to_numpy()
        found: Flags = np.zeros(len(at), np.bool_)
        for number in range(int(rest.max(initial=0))):
            row = np.where(rest > number, start + number, 0)
            found |= (rest > number) & (since[row] <= days) & (days <= until[row])
        return found

    def spans(self, codes: Sequence[str]) -> tuple[Integers, Integers]:
        """Return the first row of each code and the row after its last; both 0 for a code without rows."""
        place = self._names.get_indexer(np.array(codes, object))
        edges = np.append(self._first, len(self.rows))
        return np.where(place < 0, 0, edges[place]), np.where(place < 0, 0, np.append(edges[1:], 0)[place])

    @cached_property
    def _first(self) -> Integers:
        """The first row of each distinct code."""
        own = self.rows["code"].to_numpy(object)
        return np.flatnonzero(np.append(True, own[1:] != own[:-1])[: len(own)])

    @cached_property
    def _names(self) -> Any:
        return pd.Index(self.rows["code"].to_numpy(object)[self._first], dtype=object)


CodeLists = Mapping[str, CodeList]
# Lists by the hash of their file: a process reads each once.
_LOADED: dict[str, tuple[CodeList, ...]] = {}


def load(folder: Path | None = None) -> CodeLists:
    """Return the lists of a folder, and those that come with a package for what the folder lacks."""
    found: dict[str, list[CodeList]] = {}
    for path in sorted(folder.glob("*.csv")) if folder and folder.is_dir() else []:
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 not in _LOADED:
            _LOADED[sha256] = _parsed(path.name, data)
        for one in _LOADED[sha256]:
            found.setdefault(one.name, []).append(one)
    lists = {name: _merged(parts) for name, parts in found.items()}
    shipped = _shipped()
    return {**({shipped.name: shipped} if shipped else {}), **lists}


def is_list_file(header: Sequence[str]) -> bool:
    """Tell whether these column names (lower case) are those of a code list."""
    return any(set(columns[:3]) <= set(header) for columns in _KINDS.values())


def read_list_file(name: str, data: bytes) -> tuple[CodeList, ...]:
    """Read one file; raise CodeListError, which names `name`, the row and the problem, when it cannot be used."""
    return _parsed(name, data)


@cache
def _shipped() -> CodeList | None:
    found = icd10cm.codes()
    if found is None:
        return None
    names, since, until = found
    rows = pd.DataFrame({"code": names, "from_date": since, "to_date": until})
    return CodeList("ICD10CM", rows, ((since, until),))


def _parsed(name: str, data: bytes) -> tuple[CodeList, ...]:
    try:
        rows = pd.read_csv(BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, pd.errors.ParserError):
        raise CodeListError(name, 0, "is no CSV file in UTF-8") from None
    rows.columns = rows.columns.str.strip().str.lower()
    kind = next((kind for kind, columns in _KINDS.items() if {*columns[:2], columns[2]} <= set(rows.columns)), None)
    if kind is None:
        raise CodeListError(name, 0, "has none of the headers of docs/files.md, Code lists")
    rows = rows.reindex(columns=list(_KINDS[kind]), fill_value="").apply(lambda column: column.str.strip())
    if kind == "codes":
        names = rows["code_list"].str.upper()
        _refuse(name, ~names.isin(_names_of("codes")), f"code_list can be {', '.join(_names_of('codes'))}")
        rows = rows.assign(code=rows["code"].str.upper().str.replace(r"[.\- ]", "", regex=True))
        return tuple(_list(name, one, rows[names == one]) for one in sorted(set(names)))
    first = _KINDS[kind][0]
    rows = rows.rename(columns={first: "code"})
    rows = rows.assign(code=rows["code"].str.upper())
    if kind == "pairs":
        rows["column_two"] = rows["column_two"].str.upper()
    else:
        is_number = rows["max_units"].str.fullmatch(r"\d{1,9}") | (rows["code"] == _EVERY)
        _refuse(name, ~is_number, "max_units is a whole number")
        rows["max_units"] = pd.to_numeric(rows["max_units"].replace("", "0")).astype("int64")
    return (_list(name, _NAMES[kind], rows),)


def _list(file: str, name: str, rows: pd.DataFrame) -> CodeList:
    """Turn days into numbers and find out what is covered."""
    _refuse(file, rows["code"] == "", "the code is missing")
    days = {}
    for column, short, default in (("effective_from", "from_date", 0), ("effective_to", "to_date", OPEN)):
        text = rows[column]
        _refuse(file, ~text.str.fullmatch(_DAY) & (text != ""), f"{column} is a day like 2026-01-31, or empty")
        days[short] = pd.to_numeric(text.str.replace("-", "").replace("", str(default))).astype("int64")
    rows = rows.drop(columns=["effective_from", "effective_to", "code_list"], errors="ignore").assign(**days)
    is_coverage = rows["code"] == _EVERY
    stated = rows[is_coverage]
    rows = rows[~is_coverage].sort_values("code", kind="stable", ignore_index=True)
    if len(stated):
        return CodeList(name, rows, tuple(zip(stated["from_date"].tolist(), stated["to_date"].tolist(), strict=True)))
    named = pd.concat([rows["from_date"], rows["to_date"]])
    named = named[(named > 0) & (named < OPEN)]
    return CodeList(name, rows, ((int(named.min()), int(named.max())),) if len(named) else ())


def _merged(parts: list[CodeList]) -> CodeList:
    """Put the parts of one list together; each speaks for the days that it covers only."""
    if len(parts) == 1:
        return parts[0]
    kept = []
    for part in parts:
        for first, last in part.coverage:
            since, until = part.rows["from_date"].clip(lower=first), part.rows["to_date"].clip(upper=last)
            kept.append(part.rows.assign(from_date=since, to_date=until)[since <= until])
    rows = pd.concat(kept, ignore_index=True) if kept else parts[0].rows.iloc[:0]
    coverage = tuple(span for part in parts for span in part.coverage)
    return CodeList(parts[0].name, rows.sort_values("code", kind="stable", ignore_index=True), coverage)


def _refuse(file: str, wrong: pd.Series[bool], problem: str) -> None:
    """Name the first row that cannot be used; rows are counted as in docs/files.md, the one after the header is 1."""
    if wrong.any():
        raise CodeListError(file, int(wrong.index[wrong.to_numpy()][0]) + 1, problem)


def _names_of(kind: str) -> list[str]:
    known = table("code_lists")
    return known.loc[known["kind"] == kind, "name"].tolist()
