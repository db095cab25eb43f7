"""The segments of a stored file that say something of one claim, with those of the envelope and levels above it.

Nothing of another claim is among them, and nothing of the bank account in an 835.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from claims import x12
from claims.service.context import Context

COLUMNS = ("seg", "offset", "length", "text")
_ENVELOPE = ("segments", "hierarchy")
_OF_LEVEL = {"837": ("HL", "NM1"), "277CA": ("HL", "NM1", "TRN", "DTP", "STC")}
_ENDS = {
    "837": ("CLM", "HL", "SE"),
    "277CA": ("TRN", "HL", "SE"),
    "835": ("CLP", "LX", "PLB", "SE"),
    "999": ("AK2", "AK9", "SE"),
}


def quoted(ctx: Context, sha256: str, seg: int, content: str) -> pd.DataFrame:
    """Read the segments about what stands at `seg`: seg, offset, length, text.

    `content`: 837 (at a CLM), TA1, 999 (at an AK1 or AK2), 277CA (at an STC) or 835 (at a CLP).
    """
    segments, hierarchy = _read(ctx, sha256, seg)
    here = segments.index[segments["seg"] == seg]
    if not len(here):
        return pd.DataFrame({name: [] for name in COLUMNS})
    own = int(here[0])
    chosen = {*_envelope(segments, own), *_BODIES[content](segments, hierarchy, own)}
    rows = segments.loc[sorted(chosen), ["seg", "offset", "length"]].reset_index(drop=True)
    with ctx.vault.open(sha256) as file:
        texts = []
        for offset, length in rows[["offset", "length"]].itertuples(index=False, name=None):
            file.seek(int(offset))
            texts.append(file.read(int(length)).decode("utf-8", "replace").strip("\r\n"))
    return rows.assign(text=pd.Series(texts, dtype="str"))


def elements(rows: pd.DataFrame, segment_id: str) -> list[list[str]]:
    """Give the elements of the segments with this id, its id first."""
    found = rows.loc[rows["text"].str.startswith(segment_id), "text"]
    if found.empty or not rows["text"].iloc[0].startswith("ISA"):
        return []
    isa = str(rows["text"].iloc[0])
    separator, end = isa[3], isa[105:106]  # a line end that ends segments is gone
    cut = [str(text).removesuffix(end).split(separator) for text in found]
    return [one for one in cut if one[0] == segment_id]


def _read(ctx: Context, sha256: str, seg: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a file as far as it is needed."""
    parts: list[dict[str, pd.DataFrame]] = []
    for part in x12.scan(ctx.vault.path(sha256)):
        parts.append({name: part.frames[name] for name in _ENVELOPE})
        if len(part.frames["segments"]) and int(part.frames["segments"]["seg"].max()) >= seg:
            break
    joined = [pd.concat([part[name] for part in parts], ignore_index=True) for name in _ENVELOPE]
    return joined[0], joined[1]


def _envelope(segments: pd.DataFrame, own: int) -> list[int]:
    """Give the rows of ISA, GS, ST and BHT above a row."""
    head = segments.iloc[: own + 1]
    row = segments.loc[own]
    in_set = head["seg"] >= row["transaction_seg"]
    wanted = (head["seg"] == row["interchange_seg"]) | (in_set & head["segment_id"].isin(["ST", "BHT"]))
    groups = head.index[(head["segment_id"] == "GS") & (head["seg"] > row["interchange_seg"])]
    return [*head.index[wanted], *groups[-1:]]


def _until(segments: pd.DataFrame, own: int, ends: tuple[str, ...]) -> list[int]:
    """Give a row and those after it, up to the next that begins something else."""
    after = segments.iloc[own + 1 :]
    stops = after.index[after["segment_id"].isin(list(ends))]
    return list(range(own, int(stops[0]) if len(stops) else len(segments)))


def _levels(segments: pd.DataFrame, hierarchy: pd.DataFrame, own: int, content: str) -> list[int]:
    """Give the rows of the levels above a row: who the parties are, and what is said of all below."""
    before = hierarchy[hierarchy["seg"] < segments.loc[own, "seg"]]
    parent_of = dict(zip(before["seg"], before["parent_seg"], strict=True))
    found: list[int] = []
    level = int(before["seg"].iloc[-1]) if len(before) else 0
    while level in parent_of:
        start = int(segments.index[segments["seg"] == level][0])
        rows = _until(segments, start, ("HL", "CLM", "SE"))
        is_last = not found
        if is_last and content == "277CA":  # of the patient, the name; the status has its own rows
            rows = [row for row in rows if segments.loc[row, "segment_id"] in ("HL", "NM1")]
        found += [row for row in rows if segments.loc[row, "segment_id"] in _OF_LEVEL[content]]
        level = int(parent_of.pop(level))
    return found


def _of_837(segments: pd.DataFrame, hierarchy: pd.DataFrame, own: int) -> list[int]:
    return [*_levels(segments, hierarchy, own, "837"), *_until(segments, own, _ENDS["837"])]


def _of_277ca(segments: pd.DataFrame, hierarchy: pd.DataFrame, own: int) -> list[int]:
    traces = segments.index[(segments["segment_id"] == "TRN") & (segments.index < own)]
    start = int(traces[-1]) if len(traces) else own
    return [*_levels(segments, hierarchy, own, "277CA"), *_until(segments, start, _ENDS["277CA"])]


def _of_999(segments: pd.DataFrame, hierarchy: pd.DataFrame, own: int) -> list[int]:
    of_group = segments.index[segments["segment_id"].isin(["AK1"]) & (segments.index <= own)]
    ends = segments.index[segments["segment_id"].isin(["AK9"]) & (segments.index >= own)]
    mine = [own] if segments.loc[own, "segment_id"] == "AK1" else _until(segments, own, _ENDS["999"])
    # What is wrong with which claim (IK3, CTX, IK4) may name another patient's.
    mine = [row for row in mine if segments.loc[row, "segment_id"] in ("AK1", "AK2", "IK5", "AK5")]
    return [*of_group[-1:], *mine, *ends[:1]]


def _of_ta1(segments: pd.DataFrame, hierarchy: pd.DataFrame, own: int) -> list[int]:
    return [own]


def _of_835(segments: pd.DataFrame, hierarchy: pd.DataFrame, own: int) -> list[int]:
    in_set = segments["transaction_seg"] == segments.loc[own, "transaction_seg"]
    body = segments.index[in_set & segments["segment_id"].isin(["LX", "CLP"])]
    head = segments.index[in_set & (segments.index < body[0])]
    named = [row for row in head if segments.loc[row, "segment_id"] in ("TRN", "DTM", "N1")]
    return [*named, *_until(segments, own, _ENDS["835"])]


_BODIES: dict[str, Callable[[pd.DataFrame, pd.DataFrame, int], list[int]]] = {
    "837": _of_837,
    "277CA": _of_277ca,
    "999": _of_999,
    "TA1": _of_ta1,
    "835": _of_835,
}
