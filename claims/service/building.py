"""Claims of a part are read from the vault and built: what is sent of each, and what cannot be sent."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from claims.charges import build
from claims.master import Master
from claims.service import contents, envelopes
from claims.service.context import Context
from claims.service.routing import Part
from claims.store import control_numbers, sending
from claims.store.engine import read
from claims.x12.write_text import plain_ascii

Frames = dict[str, pd.DataFrame]
_NONE_REFUSED = pd.DataFrame({"claim_id": pd.Series(dtype="int64"), "rule": "", "element": ""})


class Built(NamedTuple):
    """Frames to be sent; claims that cannot be (claim_id, rule, element); lines with a new control number.

    `lost` are claims whose file does not say what the books say.
    """

    frames: Frames
    refused: pd.DataFrame
    renumbered: pd.DataFrame
    lost: list[int]


def built(ctx: Context, part: Part, master: Master, *, is_dry: bool = False) -> Built:
    """Build the claims of a part; a dry run takes no numbers."""
    frames = contents.joined(list(contents.read(ctx, part.claims)))
    lost = contents.lost(part.claims, frames)
    if not frames:
        return Built({"claims": part.claims.iloc[:0]}, _NONE_REFUSED, pd.DataFrame(), lost)
    frames = build.enriched(frames, master)
    frames, faults = build.cleaned(frames, envelopes.marks(part.partner), plain_ascii)
    id_of = frames["claims"].set_index("seg")["claim_id"]
    refused = faults.assign(
        claim_id=id_of.reindex(faults["claim_seg"], fill_value=0).to_numpy(), rule=faults["edit_id"]
    )[["claim_id", "rule", "element"]]
    if len(refused):
        good = frames["claims"][~frames["claims"]["claim_id"].isin(refused["claim_id"])]
        frames = contents.of_claims(frames, good.reset_index(drop=True))
    lines = frames["service_lines"]
    before = lines["line_control_number"]
    lines = lines.assign(line_control_number=before.str.upper())  # as they are written
    wanting = build.to_number(lines, _elsewhere(ctx, lines))
    if wanting.any():
        lines = build.numbered_lines(lines, wanting, 1 if is_dry else _numbers(ctx, lines, wanting))
    frames = frames | {"service_lines": lines}
    is_new = wanting | (lines["line_control_number"] != before)
    renumbered = lines.loc[is_new, ["service_line_id", "line_control_number"]]
    return Built(frames, refused, renumbered, lost)


def files(found: Frames, claims_per_file: int) -> list[Frames]:
    """Cut what was built into files, each with its claims in sending order and a hash of what is said of each."""
    claims = found["claims"]
    cuts = range(0, len(claims), claims_per_file)
    own = [claims.iloc[start : start + claims_per_file].reset_index(drop=True) for start in cuts]
    cut = [found] if len(own) == 1 else [contents.of_claims(found, one) for one in own]
    return [_hashed(build.in_sending_order(one)) for one in cut]


def _hashed(frames: Frames) -> Frames:
    hashes = build.content_hashes(frames)
    return frames | {"claims": frames["claims"].assign(snapshot_hash=hashes.to_numpy())}


def _elsewhere(ctx: Context, lines: pd.DataFrame) -> pd.Series:
    with read(ctx.engine) as conn:
        return sending.repeated_line_numbers(conn, lines["line_control_number"].drop_duplicates().tolist())


def _numbers(ctx: Context, lines: pd.DataFrame, wanting: pd.Series) -> int:
    """Take numbers that no line has, not even one that somebody else numbered as we do."""
    while True:
        first = control_numbers.take(ctx.engine, control_numbers.LINE, int(wanting.sum()))
        numbers = build.numbered_lines(lines, wanting, first).loc[wanting, "line_control_number"].tolist()
        with read(ctx.engine) as conn:
            if not sending.known_line_numbers(conn, numbers):
                return first
