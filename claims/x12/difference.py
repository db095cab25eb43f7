"""Two files in; what changed between them in sets, claims, lines and cents, out."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from claims.x12.claim_changes import (
    FRAMES,
    Sums,
    changed_fields,
    changed_sums,
    changes,
    claim_changes,
    number,
    pair_claims,
)  # fmt: skip
from claims.x12.difference_totals import PROVIDER_ADJUSTMENT, Sides, totals
from claims.x12.file import X12File
from claims.x12.pairing import paired
from claims.x12.read import read
from claims.x12.segment_changes import Segments
from claims.x12.source import Readable

IDENTICAL, ENVELOPE, DIFFERENT = "identical", "envelope", "different"
_SET_PASSES = (
    ("family", "body_hash"),
    ("family", "reference", "control_number"),
    ("family", "reference"),
    ("family", "control_number"),
)
# The batch header is of the envelope: number, date and time of the batch.
_HEADER = {"BHT"}
_PROVIDER = Sums(PROVIDER_ADJUSTMENT, "provider_adjustments", ("reason_code",), "amount_cents", "cents")
_CENTS = ["charge_cents", "paid_cents", "patient_responsibility_cents"]
_CLAIM = ["set_code", "seg", "claim_number", *_CENTS, "pair"]
_REMITTANCE = "835"
_LONGEST_KIND = 5


@dataclass(frozen=True)
class Difference:
    """What changed between two files.

    `sets` and `claims`: by file, those of the file, with the number of their `pair` (-1: the other file has none).
    Changes (see `claim_changes`) and `segments` (see `segment_changes`) are by these numbers.
    """

    files: tuple[X12File, X12File]
    verdict: str
    totals: pd.DataFrame
    sets: Sides
    claims: Sides
    set_changes: pd.DataFrame
    claim_changes: pd.DataFrame
    segments: pd.DataFrame


def families(file: X12File) -> set[str]:
    """Name the kinds of sets of a file: 835, 837, 277 and so on."""
    return {code for code in _kinds(file.transactions).str[:3] if code.isalnum()}


def _kinds(sets: pd.DataFrame) -> pd.Series:
    """Return the kind of each set; ST01 of a set that is not read may be anything, but no kind is without a digit."""
    kind = sets["set_code"]
    return kind.where((kind.str.len() <= _LONGEST_KIND) & kind.str.contains("[0-9]"), "other")


def difference(a: Readable, b: Readable) -> Difference:
    """Compare two files (paths, or their bytes)."""
    files = read(a), read(b)
    segments = Segments.of(files, (a, b))
    sets = _sets(files[0], segments.batch_references(0)), _sets(files[1], segments.batch_references(1))
    number(*sets, paired(*sets, _SET_PASSES, named="reference"))
    found: list[Sides] = []
    parts: list[pd.DataFrame] = []
    first = 0
    present = [family for family, (name, _) in FRAMES.items() if any(len(file.frames[name]) for file in files)]
    for family in present or [_REMITTANCE]:
        name = FRAMES[family][0]
        own = _claims(files, sets, segments, name)
        pairs = pair_claims(name, *own, first)
        parts.append(claim_changes(family, [file.frames for file in files], own, pairs))
        found.append(own)
        first += len(pairs)
    claims = _joined(found, 0), _joined(found, 1)
    by_claim = changes(parts)
    remittances, by_set = _set_changes(files, sets)
    by_segment = segments.changes([_by_seg(side) for side in claims], [_by_seg(side) for side in sets])
    has_payments = any(_REMITTANCE in families(file) for file in files)
    sums = totals(files, sets, claims, remittances, by_set, by_claim, has_payments=has_payments)
    alone = any((side["pair"] < 0).any() for side in (*sets, *claims))
    verdict = DIFFERENT
    if files[0].sha256 == files[1].sha256:
        verdict = IDENTICAL
    elif not (alone or len(by_set) or len(by_claim)) and set(by_segment["segment_id"]) <= _HEADER:
        verdict = ENVELOPE
    return Difference(files, verdict, sums, sets, claims, by_set, by_claim, by_segment)


def _sets(file: X12File, batch_references: pd.Series) -> pd.DataFrame:
    """Return the sets of a file with their family and what refers to them: trace and payer, or number of the batch."""
    rows = file.transactions[["seg", "control_number", "claims", "body_hash"]].copy()
    rows["set_code"] = _kinds(file.transactions)
    remits = file.frames["remittances"].drop_duplicates("transaction_seg").set_index("transaction_seg")
    trace, payer = remits["trace_number"], remits["payer_identifier"]
    references = pd.concat([trace.where(trace == "", trace + " " + payer), batch_references])
    rows["reference"] = references[~references.index.duplicated()].reindex(rows["seg"], fill_value="").to_numpy()
    rows["payment_cents"] = remits["payment_cents"].astype("Int64").reindex(rows["seg"]).to_numpy()
    rows["family"] = rows["set_code"].str[:3]
    return rows


def _claims(files: tuple[X12File, X12File], sets: Sides, segments: Segments, name: str) -> Sides:
    """Return the claims of both files with the pair of their set; sets without one share no number with another."""
    found = []
    for side, (file, own) in enumerate(zip(files, sets, strict=True)):
        rows = file.frames[name]
        of_set = own.set_index("seg")
        pair = of_set["pair"].reindex(rows["transaction_seg"], fill_value=-1).to_numpy()
        alone = -1 - 2 * rows["transaction_seg"].to_numpy() - side
        found.append(
            rows.assign(
                set=pd.Series(pair, index=rows.index).where(pair >= 0, alone),
                set_code=of_set["set_code"].reindex(rows["transaction_seg"], fill_value="").to_numpy(),
                body=segments.bodies(side).reindex(rows["seg"], fill_value=0).to_numpy(),
            )
        )
    return found[0], found[1]


def _joined(found: list[Sides], side: int) -> pd.DataFrame:
    """Put the claims of all families under each other; what a family does not have is absent."""
    parts = [own[side] for own in found if len(own[side])] or [found[0][side]]
    kinds = dict.fromkeys(_CENTS, "Int64") | {"seg": "int64", "pair": "int64"}
    return pd.concat([part.reindex(columns=_CLAIM).astype(kinds) for part in parts], ignore_index=True)


def _set_changes(files: tuple[X12File, X12File], sets: Sides) -> tuple[Sides, pd.DataFrame]:
    """Compare payments and provider adjustments of paired sets; also return both files' payments with their pair."""

    def placed(side: int, name: str) -> pd.DataFrame:
        rows = files[side].frames[name]
        pair = _by_seg(sets[side]).reindex(rows["transaction_seg"], fill_value=-1).to_numpy()
        return rows.assign(pair=pair, line_a=0, line_b=0)

    one, other = remittances = placed(0, "remittances"), placed(1, "remittances")
    both = paired(one[one["pair"] >= 0], other[other["pair"] >= 0], [("pair",)])
    a, b = (placed(side, _PROVIDER.frame) for side in (0, 1))
    found = [
        changed_fields("remittances", one, other, both),
        changed_sums(_PROVIDER, a[a["pair"] >= 0], b[b["pair"] >= 0]),
    ]
    for side, which in zip(remittances, "ab", strict=True):
        side.loc[~side.index.isin(both[which]), "pair"] = -1
    return remittances, changes(found)


def _by_seg(rows: pd.DataFrame) -> pd.Series:
    return rows.set_index("seg")["pair"]
