"""The segments of two files in; which of them stand on one side alone, by claim and by set, out.

Their order is no change. They show that nothing differs but what has been told: every byte between ST and SE is in some
segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from claims.x12.file import X12File
from claims.x12.numbers import Integers, Words
from claims.x12.segment_texts import segment_texts
from claims.x12.segments import CODES
from claims.x12.source import Readable

NOT_KNOWN = "unknown"
_CLAIMS = ("CLP", "CLM")
# What ends the claim before it, too; an LX does so in an 835 only.
_ENDS = ("HL", "PLB", "ST", "SE", "TS2", "TS3")
_ENVELOPE = ("", "ISA", "IEA", "GS", "GE", "ST", "SE", "TA1")


@dataclass(frozen=True)
class Segments:
    """Both files: a frame each of `seg, segment_id, transaction_seg, claim_seg, code`; `texts[code]` is the segment."""

    sides: tuple[pd.DataFrame, pd.DataFrame]
    texts: pa.Array

    @classmethod
    def of(cls, files: Sequence[X12File], readables: Sequence[Readable]) -> Segments:
        """Number the distinct segments of both files together."""
        texts = [segment_texts(readable) for readable in readables]
        coded = pa.chunked_array([*texts[0].chunks, *texts[1].chunks], pa.large_binary()).combine_chunks()
        coded = coded.dictionary_encode()
        codes = np.asarray(coded.indices, np.int64)
        parts = np.split(codes, [len(texts[0])])
        one, other = (_with_claims(file, part) for file, part in zip(files, parts, strict=True))
        return cls((one, other), coded.dictionary)

    def batch_references(self, side: int) -> pd.Series:
        """Return BHT03 of each set that has one, by `transaction_seg`."""
        rows = self.sides[side]
        rows = rows[(rows["segment_id"] == "BHT") & (rows["transaction_seg"] > 0)].drop_duplicates("transaction_seg")
        elements = [self.texts[code].as_py().split(b"*") for code in rows["code"]]
        values = [parts[3].decode("latin-1") if len(parts) > 3 else "" for parts in elements]
        return pd.Series(values, index=rows["transaction_seg"].to_numpy(), dtype="str")

    def bodies(self, side: int) -> pd.Series:
        """Return a number for each claim, by its `seg`, that depends on its segments alone."""
        rows = self.sides[side]
        rows = rows[rows["claim_seg"] > 0]
        mixed = pd.Series(_mixed(rows["code"].to_numpy()).view(np.int64), index=rows.index)
        return mixed.groupby(rows["claim_seg"]).sum()

    def changes(self, claim_pairs: Sequence[pd.Series], set_pairs: Sequence[pd.Series]) -> pd.DataFrame:
        """Count segments that the other side has not, by `claim` pair or, where it is -1, by `set` pair, and id.

        The pairs give for each file the number of the pair by the `seg` of claim and set; what has no pair is left out.
        """
        counts = []
        for rows, claims, sets in zip(self.sides, claim_pairs, set_pairs, strict=True):
            body = rows[~rows["segment_id"].isin(_ENVELOPE)]
            claim = claims.reindex(body["claim_seg"], fill_value=-1).to_numpy()
            own = np.where(claim >= 0, -1, sets.reindex(body["transaction_seg"], fill_value=-1).to_numpy())
            kept = (claim >= 0) | ((own >= 0) & (body["claim_seg"] == 0).to_numpy())
            placed = pd.DataFrame({"claim": claim, "set": own, "code": body["code"].to_numpy()})[kept]
            counts.append(placed.groupby(["claim", "set", "code"]).size())
        both = pd.concat(counts, axis=1, keys=["a", "b"]).fillna(0).astype("int64")
        both = both[both["a"] != both["b"]].reset_index()
        ids = [_id(self.texts[code].as_py()) for code in both["code"]]
        more = both["a"] - both["b"]
        both = both.assign(segment_id=pd.Series(ids, dtype="str"), a=more.clip(lower=0), b=(-more).clip(lower=0))
        return both.groupby(["claim", "set", "segment_id"], as_index=False)[["a", "b"]].sum()


def _with_claims(file: X12File, codes: Integers) -> pd.DataFrame:
    """Add to the segments of a file the claim in which each stands, 0 for none."""
    rows = file.frames["segments"][["seg", "segment_id", "transaction_seg"]].assign(code=codes)
    sets = file.transactions
    remits = sets.loc[sets["set_code"] == "835", "seg"]
    ids = rows["segment_id"]
    begins = ids.isin(_CLAIMS)
    edges = begins | ids.isin(_ENDS) | ((ids == "LX") & rows["transaction_seg"].isin(remits))
    seg = np.where(begins, rows["seg"], 0)[edges.to_numpy()]
    place = np.cumsum(edges.to_numpy()) - 1
    claim = np.append(seg, 0)[place]
    return rows.assign(claim_seg=np.where(rows["transaction_seg"] > 0, claim, 0))


def _id(segment: bytes) -> str:
    """Return the id of a segment; what is none that is known may be anybody's text, and is not repeated."""
    found = segment.split(b"*")[0].upper().decode("latin-1")
    return found if found in CODES else NOT_KNOWN


def _mixed(codes: Integers) -> Words:
    """Spread small numbers over all 64 bits, so that their sums differ."""
    found = codes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    found ^= found >> np.uint64(31)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(found ^ (found >> np.uint64(29)), np.uint64)
