"""What simulated payers make of a file before they look at claims: its TA1s and 999s, and the sets that they read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims import frames as frame_parts
from claims.payer.books import Books
from claims.payer.draws import keys
from claims.x12.acknowledge import acknowledgement_frames
from claims.x12.acknowledge.files import written
from claims.x12.check import scan_checked
from claims.x12.file import X12File
from claims.x12.source import Source

Frames = dict[str, pd.DataFrame]

SEEN_BEFORE = "025"
_TIME = time(6, 0)
_NO_DAY = date(2000, 1, 3)  # of a file that does not say when it was written
_SETS = ("837P", "837I", "837D", "837")


class Received(NamedTuple):
    """A file: its day, its interchanges, the sets whose claims are read, its answers, and what was refused."""

    sha256: str
    day: date
    interchanges: pd.DataFrame
    sets: pd.DataFrame
    ta1: bytes
    implementation: bytes
    refused: list[tuple[str, str]]


def received(path: Path, books: Books, day: date | None) -> Received:
    """Check a file and answer its envelopes; `day` is the day it comes, else the one that it says it was written on."""
    parts = scan_checked(path)
    first = next(parts)
    came = day or _day_of(first)
    seen: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    answers = acknowledgement_frames(
        _noting(chain([first], parts), seen), day=datetime.combine(came, _TIME), control=books.next_control
    )
    books.next_control += sum(
        len(frames[name])
        for frames in (answers.interchange, answers.implementation)
        for name in ("interchanges", "groups")
        if name in frames
    )
    interchanges = frame_parts.joined([one for one, _ in seen])
    sets = frame_parts.joined([two for _, two in seen])
    ta1, implementation, repeated = _without_repeats(
        dict(answers.interchange), dict(answers.implementation), interchanges, books
    )
    judged = implementation.get("set_acknowledgements")
    good = [] if judged is None else judged.loc[judged["status_code"].isin(["A", "E"]), "seg"].tolist()
    claims = sets["set_code"].isin(_SETS)
    read = sets[claims & sets["seg"].isin(good)]
    refused = [("refused_interchange", note) for note in repeated]
    if ta1:
        told = ta1["interchange_acknowledgements"]
        notes = told.loc[(told["status_code"] == "R") & (told["note_code"] != SEEN_BEFORE), "note_code"]
        refused += [("refused_interchange", str(note)) for note in notes]
    if judged is not None:
        bad = judged[(judged["status_code"] == "R") & judged["seg"].isin(sets.loc[claims, "seg"])]
        refused += [("refused_set", str(codes)) for codes in bad["error_codes"]]
    return Received(first.sha256, came, interchanges, read, written(ta1), written(implementation), refused)


def _day_of(first: X12File) -> date:
    for frame, column in (("interchanges", "interchange_date"), ("groups", "group_date")):
        for value in first.frames[frame][column].tolist():
            try:
                return datetime.strptime(str(value), "%Y%m%d").date()
            except ValueError:
                continue
    return _NO_DAY


def _noting(parts: Iterator[X12File], seen: list[tuple[pd.DataFrame, pd.DataFrame]]) -> Iterator[X12File]:
    """Keep of each part what is needed once the file is answered."""
    for part in parts:
        sets = part.frames["transactions"][["seg", "interchange_seg", "set_code"]]
        seen.append((part.frames["interchanges"].drop(columns=["offset", "length"]), sets))
        yield part


def _without_repeats(
    ta1: Frames, implementation: Frames, interchanges: pd.DataFrame, books: Books
) -> tuple[Frames, Frames, list[str]]:
    """Refuse interchanges whose number came before from the same sender (TA1 note 025), and answer no group of them."""
    if not ta1 or interchanges.empty:
        return ta1, implementation, []
    names = ("sender_qualifier", "sender_id", "receiver_id", "control_number")
    key = keys(*(interchanges[name] for name in names))
    is_repeat = books.interchanges.of(key) > 0
    repeats = interchanges.loc[is_repeat, "seg"]
    told = ta1["interchange_acknowledgements"]
    mine = told["seg"].isin(repeats)
    told = told.assign(
        status_code=told["status_code"].mask(mine, "R"), note_code=told["note_code"].mask(mine, SEEN_BEFORE)
    )
    accepted = told.loc[told["status_code"] != "R", "seg"]
    fresh = interchanges["seg"].isin(accepted).to_numpy()
    books.interchanges.add(np.unique(key[fresh]), np.ones(len(np.unique(key[fresh])), np.int64))
    ta1 = {**ta1, "interchange_acknowledgements": told}
    return ta1, _of_others(implementation, repeats), [SEEN_BEFORE] * int(mine.sum())


def _of_others(implementation: Frames, repeats: pd.Series) -> Frames:
    """Leave out the 999s to some interchanges; no frames at all when nothing is left."""
    if not implementation or repeats.empty:
        return implementation
    found = dict(implementation)
    found["interchanges"] = found["interchanges"][~found["interchanges"]["seg"].isin(repeats)]
    if found["interchanges"].empty:
        return {}
    for name in ("groups", "transactions"):
        found[name] = found[name][~found[name]["interchange_seg"].isin(repeats)]
    for name, column, of in (
        ("group_acknowledgements", "transaction_seg", "transactions"),
        ("set_acknowledgements", "group_seg", "group_acknowledgements"),
        ("segment_errors", "set_seg", "set_acknowledgements"),
    ):
        found[name] = found[name][found[name][column].isin(found[of]["seg"])]
    for name in ("element_errors", "contexts"):
        found[name] = found[name][found[name]["segment_seg"].isin(found["segment_errors"]["seg"])]
    return found


def with_senders(claims: pd.DataFrame, sets: pd.DataFrame, interchanges: pd.DataFrame, day: int) -> pd.DataFrame:
    """Say with each claim when it came and from whom to whom."""
    of = sets.set_index("seg")["interchange_seg"].reindex(claims["transaction_seg"])
    around = interchanges.set_index("seg").reindex(of)
    names = ("sender_qualifier", "sender_id", "receiver_qualifier", "receiver_id", "usage_code")
    return claims.assign(received_date=day, interchange_seg=of.to_numpy(), **{n: around[n].to_numpy() for n in names})


def batches(part: X12File, path: Path, before: pd.DataFrame | None) -> pd.DataFrame:
    """Give of each set of a part who sent and received it, and its number (BHT03); `before` is that of an earlier part.

    A loop over sets, not claims: no frame has BHT03.
    """
    parties = part.frames["parties"]
    named = {}
    for who, loop in (("submitter", "1000A"), ("receiver", "1000B")):
        own = parties[parties["loop"] == loop].drop_duplicates("transaction_seg").set_index("transaction_seg")
        named[f"{who}_name"], named[f"{who}_id"] = own["last_name"], own["identifier"]
    segments = part.frames["segments"]
    headers = segments[segments["segment_id"] == "BHT"].drop_duplicates("transaction_seg")
    marks = part.interchanges.set_index("seg")["element_separator"].to_dict() if len(part.interchanges) else {}
    if before is not None:
        marks |= before.set_index("interchange_seg")["element_separator"].to_dict()
    rows, names = [], ["transaction_seg", "interchange_seg", "offset", "length"]
    with Source(path) as source:
        for seg, around, offset, length in headers[names].to_numpy(np.int64).tolist():
            mark = marks.get(around, "*")
            elements = source.slice(offset, offset + length).decode("latin-1").split(mark)
            rows.append((seg, (elements + [""] * 4)[3].strip()[:50], around, mark))
    columns = ["transaction_seg", "batch_reference", "interchange_seg", "element_separator"]
    found = pd.DataFrame(rows, columns=columns).astype({"transaction_seg": "int64", "interchange_seg": "int64"})
    for name, values in named.items():
        found[name] = values.reindex(found["transaction_seg"]).fillna("").to_numpy()
    return found if before is None else pd.concat([before, found], ignore_index=True)
