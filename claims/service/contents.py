"""The full frames of claims to send, read again from the stored files that they stand in.

The database keeps what is searched and summed; a claim's content is the row group of a charges CSV or the CLM of an 837
at (file, seg), read from the vault for one batch at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from claims import x12
from claims.charges import is_charges_file, read_charges_at
from claims.errors import FrameError
from claims.frames import joined as joined_frame
from claims.service.context import Context
from claims.service.stretches import stretches
from claims.store import contents as addresses
from claims.store.engine import read as read_transaction

Frames = dict[str, pd.DataFrame]

_HEAD = 65_536
# Frames of a file that say nothing of a claim's content.
_ENVELOPE = ("segments", "interchanges", "groups", "transactions", "findings", "remittances", "raw_segments")
_KEYS = ("billing_seg", "subscriber_seg", "patient_seg")
_BILLING, _LEVELS_BELOW = "20", ("22", "23")


def read(ctx: Context, claims: pd.DataFrame) -> Iterator[Frames]:
    """Give the frames of `claims` (claim_id, family_id, file_id, sha256, seg), as `x12.read` names them.

    `seg` is unique over all that is given; the frame `claims` has claim_id and family_id too, `service_lines`
    service_line_id and the control number that the database knows a line by. Claims of one 837 may come in several
    parts that repeat the levels they share: `joined` puts parts together.

    A claim that cannot be read, or has another number or charge there than in the books, is not given: see `lost`.
    """
    base = 0
    with read_transaction(ctx.engine) as conn:
        lines = addresses.line_addresses(conn, claims["claim_id"].tolist())
        said = addresses.said(conn, claims["claim_id"].tolist())
        sets = addresses.set_addresses(conn, claims["claim_id"].tolist())
    of_file = dict(list(lines.groupby("file_id")))
    for file_id, asked in claims.groupby("file_id", sort=True):
        path = ctx.vault.path(str(asked["sha256"].iloc[0]))
        own = of_file.get(file_id, lines.iloc[:0])
        booked = said.reindex(asked["claim_id"])
        wanted = asked[["claim_id", "family_id", "seg"]].assign(
            number=booked["claim_number"].to_numpy(), cents=booked["charge_cents"].to_numpy()
        )
        highest = 0
        for frames in _of_file(path, wanted, own, sets.reindex(asked["claim_id"]).reset_index(drop=True)):
            highest = max(highest, *(int(rows["seg"].max()) for rows in frames.values() if len(rows)))
            yield _moved(_known(frames, wanted, own), base)
        base += highest


def lost(claims: pd.DataFrame, frames: Frames) -> list[int]:
    """Tell which of `claims` were not read: claim_ids."""
    found = frames["claims"]["claim_id"].tolist() if "claims" in frames else []
    return [int(one) for one in claims.loc[~claims["claim_id"].isin(found), "claim_id"]]


def joined(parts: Sequence[Frames]) -> Frames:
    """Put what `read` gave together; levels that several parts repeat stand once."""
    names = dict.fromkeys(name for part in parts for name in part)
    found = {name: joined_frame(_alike([part[name] for part in parts if name in part])) for name in names}
    if len(parts) > 1:
        found = {name: _once(rows) for name, rows in found.items()}
    return found


def _alike(parts: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Give all parts the columns of each: a charges CSV and an 837 do not say the same things."""
    kinds = {name: rows[name].dtype for rows in parts for name in rows.columns}
    if all(len(rows.columns) == len(kinds) for rows in parts):
        return list(parts)
    return [rows.assign(**{name: _nothing(kinds[name], rows.index) for name in kinds if name not in rows})
            for rows in parts]  # fmt: skip


def _nothing(kind: Any, index: pd.Index) -> pd.Series:
    """Say of each row that a column says nothing: no text, 0, or missing where that means something."""
    if kind == "str":
        return pd.Series("", index=index, dtype="str")
    absent = pd.NA if pd.api.types.is_extension_array_dtype(kind) else False if kind == "bool" else 0
    return pd.Series(absent, index=index, dtype=kind)


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """Drop repeated rows of levels: those of claims never repeat."""
    if "claim_seg" not in rows and "hl_seg" not in rows:
        return rows
    of_level = rows["claim_seg"] == 0 if "claim_seg" in rows else pd.Series(True, index=rows.index)
    if not of_level.any():
        return rows
    again = rows[of_level].duplicated()
    return rows.drop(index=again.index[again]).reset_index(drop=True) if again.any() else rows


def _of_file(path: Path, wanted: pd.DataFrame, lines: pd.DataFrame, sets: pd.DataFrame) -> Iterator[Frames]:
    with path.open("rb") as file:
        is_charges = is_charges_file(file.read(_HEAD))
    if is_charges:
        yield from _of_charges(path, wanted, lines)
    else:
        for stretch in stretches(path, sets):
            mine = wanted[stretch.has.to_numpy()]
            for frames in _of_x12(stretch.readable, mine.assign(seg=mine["seg"] - stretch.before)):
                yield {
                    name: _in_file(rows, stretch.bytes_before) for name, rows in _moved(frames, stretch.before).items()
                }


def _in_file(rows: pd.DataFrame, before: int) -> pd.DataFrame:
    return rows.assign(offset=rows["offset"] + before) if before and "offset" in rows else rows


def _of_charges(path: Path, wanted: pd.DataFrame, lines: pd.DataFrame) -> Iterator[Frames]:
    """Read the rows of the claims, and no others; by halves where one of them keeps the others from being read."""
    own = lines[lines["claim_id"].isin(wanted["claim_id"])]
    try:
        frames = dict(read_charges_at(path, own[["seg", "offset", "length"]]).frames)
    except FrameError:
        frames = {}
    if frames and int(_agrees(frames["claims"], wanted).sum()) == len(wanted):
        yield frames
    elif len(wanted) > 1:
        middle = len(wanted) // 2
        yield from _of_charges(path, wanted.iloc[:middle], own)
        yield from _of_charges(path, wanted.iloc[middle:], own)


def _agrees(claims: pd.DataFrame, wanted: pd.DataFrame) -> pd.Series:
    """Tell which claims that were read are those wanted, with the number and the charge of the books."""
    own = wanted.set_index("seg").reindex(claims["seg"])
    is_number = own["number"].fillna("").str.upper().to_numpy() == claims["claim_number"].str.upper().to_numpy()
    return pd.Series(is_number & (own["cents"].to_numpy() == claims["charge_cents"].to_numpy()), index=claims.index)


def _of_x12(readable: Path | bytes, wanted: pd.DataFrame) -> Iterator[Frames]:
    """Read an 837 up to the last claim that is wanted."""
    levels = _Levels()
    segs = wanted["seg"]
    missing = len(segs)
    for part in x12.scan(readable, complete=True):
        frames = {name: rows for name, rows in part.frames.items() if name not in _ENVELOPE}
        claims = frames["claims"]
        mine = claims[claims["seg"].isin(segs)].reset_index(drop=True)
        frames = levels.with_earlier(frames)
        missing -= len(mine)
        mine = mine[_agrees(mine, wanted)].reset_index(drop=True)
        if len(mine):
            yield of_claims(frames, mine)
        if not missing:
            return
        levels.remember(frames if part.continues else {})


def of_claims(frames: Frames, claims: pd.DataFrame) -> Frames:
    """Keep the rows of some `claims` and of the levels above them."""
    levels = pd.Index(np.unique(claims[list(_KEYS)].to_numpy()))
    levels = levels[levels > 0]
    found: Frames = {"claims": claims}
    hierarchy = frames["hierarchy"]["seg"].to_numpy() if "hierarchy" in frames else np.zeros(0, np.int64)
    for name, rows in frames.items():
        if name == "claims" or not {"claim_seg", "hl_seg"} & set(rows.columns):
            continue
        keep = np.isin(_level_of(rows, hierarchy, name), levels)
        if "claim_seg" in rows:
            own = rows["claim_seg"].to_numpy()
            keep = np.where(own > 0, np.isin(own, claims["seg"]), keep)
        found[name] = rows[keep].reset_index(drop=True)
    return found


def _level_of(rows: pd.DataFrame, hierarchy: np.ndarray, name: str) -> np.ndarray:
    """Give the HL that each row stands under, 0 for none (the head of a set)."""
    if "hl_seg" in rows:
        return rows["hl_seg"].to_numpy()
    if name == "hierarchy":
        return rows["seg"].to_numpy()
    starts = np.append(0, np.sort(hierarchy))
    return starts[np.searchsorted(starts, rows["seg"].to_numpy(), side="right") - 1]


class _Levels:
    """Levels of a set that goes on in the next part: every billing provider, the last subscriber and patient."""

    def __init__(self) -> None:
        self._rows: Frames = {}

    def with_earlier(self, frames: Frames) -> Frames:
        """Put the levels of earlier parts before those of this one."""
        if not self._rows:
            return frames
        return {name: joined_frame([self._rows[name], rows]) if name in self._rows else rows
                for name, rows in frames.items()}  # fmt: skip

    def remember(self, frames: Frames) -> None:
        """Keep what claims of the next part may hang on."""
        self._rows = {}
        if not frames:
            return
        hierarchy = frames["hierarchy"]
        kept = [hierarchy.loc[hierarchy["level_code"] == _BILLING, "seg"]]
        kept += [hierarchy.loc[hierarchy["level_code"] == level, "seg"].tail(1) for level in _LEVELS_BELOW]
        levels = pd.concat(kept).to_numpy()
        for name, rows in frames.items():
            if name == "claims" or not {"claim_seg", "hl_seg"} & set(rows.columns):
                continue
            keep = np.isin(_level_of(rows, hierarchy["seg"].to_numpy(), name), levels)
            keep &= (rows["claim_seg"] == 0).to_numpy() if "claim_seg" in rows else True
            self._rows[name] = rows[keep]


def _known(frames: Frames, wanted: pd.DataFrame, lines: pd.DataFrame) -> Frames:
    """Add our own keys, and the number by which the database knows each line."""
    ids = wanted.set_index("seg")[["claim_id", "family_id"]].reindex(frames["claims"]["seg"])
    claims = frames["claims"].assign(claim_id=ids["claim_id"].to_numpy(), family_id=ids["family_id"].to_numpy())
    own = lines.set_index("seg").reindex(frames["service_lines"]["seg"])
    told = frames["service_lines"].assign(
        service_line_id=own["service_line_id"].fillna(0).to_numpy(np.int64),
        line_control_number=own["line_control_number"].fillna("").to_numpy(),
    )
    told = told.astype({"line_control_number": "str"})
    return frames | {"claims": claims.astype({"claim_id": "int64", "family_id": "int64"}), "service_lines": told}


def _moved(frames: Frames, base: int) -> Frames:
    """Add `base` to every key that names a row."""
    if not base:
        return frames
    return {name: _moved_rows(rows, base) for name, rows in frames.items()}


def _moved_rows(rows: pd.DataFrame, base: int) -> pd.DataFrame:
    keys = [column for column in rows.columns if column == "seg" or column.endswith("_seg")]
    return rows.assign(**{key: rows[key].where(rows[key] == 0, rows[key] + base) for key in keys})
