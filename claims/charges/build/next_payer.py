"""Claims that a payer has decided, and what it decided, in; the claims for the next payer (loops 2320, 2330, 2430) out.

The charge and the lines stay whole: the next payer is told what each earlier one paid and why not the rest. Only the
decision in force counts, all claim payments of a payer for the claim added up, with the signs of the 835.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.charges.build.rows import integers, optional_cents, texts
from claims.frames import next_seg

Frames = dict[str, pd.DataFrame]
Integers = npt.NDArray[np.int64]

ORDER = {letter: place for place, letter in enumerate("PSTABCDEFGH")}
_CAS_REASONS = 6  # of one group in one CAS
_CAS_SEGMENTS = 5  # of one payer on a claim or a line

# What a claim says of its own payer and subscriber, and the names of the same things in a row of `other_payers`.
SIDES = {
    **{name: name for name in ("payer_sequence", "filing_indicator_code", "payer_code", "payer_name", "member_id")},
    **{name: name for name in ("relationship_code", "group_number", "group_name", "insurance_type_code")},
    **{
        f"subscriber_{name}": f"subscriber_{name}"
        for name in ("last_name", "first_name", "birth_date", "gender", "address", "city", "state", "zip")
    },
}
_PATIENT = ("last_name", "first_name", "birth_date", "gender", "address", "city", "state", "zip")
_DATES = ("subscriber_birth_date", "patient_birth_date")
_CAS = "other_payer_adjustments"
_PERMISSIONS = ("G1", "9F")  # REF01: an authorization, a referral


class Decided(NamedTuple):
    """The decision in force of each claim's own payer; keys are those of the claims' frames.

    `claims`: claim_seg, paid_cents, paid_date (YYYYMMDD), payer_claim_number, remark_codes. `lines`: claim_seg,
    service_seg, paid_cents, procedure_qualifier, procedure_code, modifiers, revenue_code, paid_units_milli, paid_date,
    bundled_line_number ("" when paid by itself). `adjustments`: claim_seg, service_seg (0: of the claim), group_code,
    reason_code, amount_cents, quantity_milli.
    """

    claims: pd.DataFrame
    lines: pd.DataFrame
    adjustments: pd.DataFrame


class NextClaims(NamedTuple):
    """Frames of the claims that can go on, and one row for each that cannot: claim_seg, reason, found, expected."""

    frames: Frames
    refused: pd.DataFrame


def next_claims(frames: Frames, decided: Decided) -> NextClaims:
    """Turn claims to their next payer.

    `frames` are those of `x12.read(complete=True)`; every claim of `decided` must be among them. A claim is refused
    when it names no next payer, when the decision does not balance (claim_837 section 6, equations 1 to 4), when a
    line was not decided, or when there are more adjustments than a claim can carry.
    """
    claims = frames["claims"].set_index("seg", drop=False).rename_axis(None)
    claims = claims.loc[claims.index.isin(decided.claims["claim_seg"])]
    following = _following(claims, frames["other_payers"])
    adjustments = _fitting(decided.adjustments)
    refused = _refused(claims, following, frames["service_lines"], decided, adjustments)
    kept = claims.loc[~claims.index.isin(refused["claim_seg"])]
    following = following.loc[kept.index]
    told = {name: _of(frame, kept.index) for name, frame in frames.items() if "claim_seg" in frame}
    told = without_permissions(without_payers(told, following["seg"]))
    turned = {name: frame for name, frame in frames.items() if name not in told} | told
    turned["claims"] = _turned(kept, following)
    _add(
        turned,
        kept,
        Decided(*(_of(frame, kept.index) for frame in (decided.claims, decided.lines, adjustments))),
        next_seg(frames),
    )
    return NextClaims(turned, refused)


def _of(frame: pd.DataFrame, claims: pd.Index) -> pd.DataFrame:
    return frame[frame["claim_seg"].isin(claims)]


def _following(claims: pd.DataFrame, other_payers: pd.DataFrame) -> pd.DataFrame:
    """Give each claim the row of its next payer: the first in order behind its own; seg 0 when there is none."""
    own = claims["payer_sequence"].map(ORDER).astype("float64").fillna(len(ORDER))
    rank = other_payers["payer_sequence"].map(ORDER).astype("float64")
    behind = other_payers[rank > own.reindex(other_payers["claim_seg"]).to_numpy()]
    behind = behind.assign(rank=rank).sort_values(["claim_seg", "rank", "seg"], kind="stable")
    first = behind.drop_duplicates("claim_seg").set_index("claim_seg")
    rows = first.reindex(claims.index)
    return rows.assign(seg=rows["seg"].fillna(0).astype("int64"))


def _fitting(adjustments: pd.DataFrame) -> pd.DataFrame:
    """Add up equal reasons; where a payer gave more than fit, add up each group under its first reason."""
    keys = ["claim_seg", "service_seg", "group_code", "reason_code"]
    added = adjustments.groupby(keys, sort=False, as_index=False).agg(
        {"amount_cents": "sum", "quantity_milli": "first"}
    )
    added = added[added["amount_cents"] != 0]
    group = added.groupby(keys[:3], sort=False)["reason_code"].transform("size")
    segments = (-(-group // _CAS_REASONS)).where(~added.duplicated(keys[:3]), 0)
    crowded = segments.groupby([added[name] for name in keys[:2]]).transform("sum") > _CAS_SEGMENTS
    if not crowded.any():
        return added
    merged = (
        added[crowded]
        .groupby(keys[:3], sort=False, as_index=False)
        .agg({"reason_code": "first", "amount_cents": "sum", "quantity_milli": "first"})
    )
    return pd.concat([added[~crowded], merged[merged["amount_cents"] != 0]], ignore_index=True)


def _refused(
    claims: pd.DataFrame, following: pd.DataFrame, lines: pd.DataFrame, decided: Decided, adjustments: pd.DataFrame
) -> pd.DataFrame:
    """Name the claims that cannot go on, each by the first reason; amounts in cents."""
    by_claim = decided.claims.set_index("claim_seg")["paid_cents"].reindex(claims.index).to_numpy(np.int64)
    on_claim = adjustments["service_seg"] == 0
    of_claim = _sum(adjustments[on_claim], "claim_seg", claims.index)
    of_lines = _sum(adjustments[~on_claim], "claim_seg", claims.index)
    lines = _of(lines, claims.index)
    charge = claims["charge_cents"].to_numpy(np.int64)
    charged = _sum(lines.rename(columns={"charge_cents": "amount_cents"}), "claim_seg", claims.index)
    paid_lines = _sum(decided.lines.rename(columns={"paid_cents": "amount_cents"}), "claim_seg", claims.index)
    has_lines = claims.index.isin(decided.lines["claim_seg"])
    known = lines["seg"].isin(decided.lines["service_seg"])
    silent = (~known).groupby(lines["claim_seg"]).sum().reindex(claims.index, fill_value=0).to_numpy(np.int64)
    silent = np.where(has_lines, silent, 0)
    explained = _sum(adjustments[~on_claim], "service_seg", lines["seg"])
    explained = explained + _sum(
        decided.lines.rename(columns={"paid_cents": "amount_cents"}), "service_seg", lines["seg"]
    )
    wrong = known.to_numpy() & (explained != lines["charge_cents"].to_numpy(np.int64))
    uneven = (
        pd.Series(wrong).groupby(lines["claim_seg"].to_numpy()).sum().reindex(claims.index, fill_value=0).to_numpy()
    )
    crowded = claims.index.isin(_crowded(adjustments))
    zero = np.zeros(len(claims), np.int64)
    reasons = [
        ("no-next-payer", following["seg"].to_numpy() == 0, zero, zero),
        ("lines-differ-from-claim", charged != charge, charged, charge),
        ("line-not-decided", silent > 0, silent, zero),
        ("line-out-of-balance", uneven.astype(np.int64) > 0, uneven.astype(np.int64), zero),
        ("claim-out-of-balance", by_claim + of_claim + of_lines != charge, by_claim + of_claim + of_lines, charge),
        ("paid-differs", has_lines & (by_claim != paid_lines - of_claim), by_claim, paid_lines - of_claim),
        ("too-many-adjustments", crowded, zero, zero),
    ]
    rows = [
        pd.DataFrame({"claim_seg": claims.index, "reason": reason, "found": found, "expected": expected})[flags]
        for reason, flags, found, expected in reasons
    ]
    first: pd.DataFrame = pd.concat(rows, ignore_index=True).drop_duplicates("claim_seg").astype({"reason": "str"})
    return first


def _sum(rows: pd.DataFrame, key: str, keys: pd.Index | pd.Series) -> Integers:
    return rows.groupby(key)["amount_cents"].sum().reindex(keys, fill_value=0).to_numpy(np.int64)


def _crowded(adjustments: pd.DataFrame) -> pd.Series:
    keys = ["claim_seg", "service_seg", "group_code"]
    size = adjustments.groupby(keys)["reason_code"].size()
    segments = (-(-size // _CAS_REASONS)).groupby(level=[0, 1]).sum()
    crowded: pd.Series = segments[segments > _CAS_SEGMENTS].reset_index()["claim_seg"]
    return crowded


def without_payers(frames: Frames, dropped: pd.Series) -> Frames:
    """Take the next payers out of the other payers, with all that stands in their loops (2320, 2330)."""
    payers = frames["other_payers"].sort_values("seg")
    gone = payers["seg"].isin(dropped[dropped > 0])
    result = dict(frames)
    for name, frame in frames.items():
        if name == "other_payers" or "loop" not in frame or frame.empty or payers.empty:
            continue
        inside = frame["loop"].str.startswith(("2320", "2330")).to_numpy(bool)
        at = np.searchsorted(payers["seg"], frame["seg"], side="right") - 1
        of_gone = (at >= 0) & gone.to_numpy()[np.maximum(at, 0)]
        result[name] = frame[~(inside & of_gone)]
    if _CAS in frames and len(frames[_CAS]):
        cas = frames[_CAS]
        owner = _owners(frames, "other_payers", "claim_seg")
        result[_CAS] = cas[~owner.isin(payers["seg"][gone])]
    result["other_payers"] = frames["other_payers"][~frames["other_payers"]["seg"].isin(payers["seg"][gone])]
    return result


def without_permissions(frames: Frames) -> Frames:
    """Take out the authorizations and referrals of claims and lines: the payer before gave them, to nobody else."""
    result = dict(frames)
    if "references" in frames:
        rows = frames["references"]
        of_other = rows["loop"].str.startswith(("2320", "2330")) if "loop" in rows else False
        result["references"] = rows[~rows["qualifier_code"].isin(_PERMISSIONS) | of_other]
    if "prior_authorization" in frames["service_lines"]:
        lines = frames["service_lines"].assign(prior_authorization="")
        result["service_lines"] = lines.astype({"prior_authorization": "str"})
    return result


def _owners(frames: Frames, above: str, key: str) -> pd.Series:
    """Name the payer (or the line decision) that each adjustment stands under, 0 for none: the last before it."""
    cas, owners = frames[_CAS], frames[above].sort_values("seg")
    column = "other_payer_seg" if above == "other_payers" else "other_payer_line_seg"
    if column in cas:
        return cas[column]
    mine = (cas["service_seg"] == 0) if key == "claim_seg" else (cas["service_seg"] > 0)
    if owners.empty:
        return pd.Series(0, index=cas.index)
    at = np.searchsorted(owners["seg"], cas["seg"], side="right") - 1
    same = (at >= 0) & (owners[key].to_numpy()[np.maximum(at, 0)] == cas[key].to_numpy()) & mine.to_numpy()
    return pd.Series(np.where(same, owners["seg"].to_numpy()[np.maximum(at, 0)], 0), index=cas.index, dtype="int64")


def _turned(claims: pd.DataFrame, following: pd.DataFrame) -> pd.DataFrame:
    """Put the next payer and its subscriber where the claim had its own; levels of the old file no longer hold."""
    columns: dict[str, pd.Series | str | int] = {}
    relation = texts(following, "relationship_code").replace("", "18")
    itself = relation == "18"
    for name, other in SIDES.items():
        if name in _DATES:
            value = integers(following, other)
            mine = integers(claims, name.replace("subscriber_", "patient_"))
            columns[name] = value.where((value != 0) | ~itself, mine).astype("int32")
        elif name.startswith("subscriber_"):
            value = texts(following, other)
            columns[name] = value.where((value != "") | ~itself, texts(claims, name.replace("subscriber_", "patient_")))
        else:
            columns[name] = texts(following, other)
    columns["relationship_code"] = relation
    turned = claims.assign(**columns, frequency_code="1", original_reference="", prior_authorization="")
    return turned.assign(subscriber_seg=np.int64(0), patient_seg=np.int64(0)).reset_index(drop=True)


def _add(frames: Frames, claims: pd.DataFrame, decided: Decided, first: int) -> None:
    """Tell what the payer that was asked last has decided, as the last of the other payers."""
    by_claim = decided.claims.set_index("claim_seg").reindex(claims.index)
    has_lines = claims.index.isin(decided.lines["claim_seg"])
    owed = decided.adjustments[decided.adjustments["group_code"] == "PR"]
    payer_seg = pd.Series(np.arange(len(claims)) + first, index=claims.index)
    payers = as_other_payers(claims, payer_seg).assign(
        paid_cents=by_claim["paid_cents"].astype("Int64"),
        paid_date=by_claim["paid_date"].where(~has_lines, 0).astype("int32"),
        payer_claim_number=by_claim["payer_claim_number"].astype("str"),
        remark_codes=by_claim["remark_codes"].astype("str"),
        remaining_cents=optional_cents(_sum(owed, "claim_seg", claims.index), ~has_lines),
    )
    first += len(claims)
    lines = decided.lines.reset_index(drop=True)
    of_line = claims["payer_code"].reindex(lines["claim_seg"])
    line_seg = np.arange(len(lines)) + first
    first += len(lines)
    # A line may be decided in several parts (split, bundled): its adjustments stand under the first of them.
    opens = ~lines["service_seg"].duplicated()
    holder = pd.Series(line_seg, dtype="int64")[opens].set_axis(lines["service_seg"][opens])
    remaining = _sum(owed[owed["service_seg"] > 0], "service_seg", lines["service_seg"])
    lines = lines.assign(
        transaction_seg=claims["transaction_seg"].reindex(lines["claim_seg"]).to_numpy(),
        seg=line_seg, payer_code=of_line.to_numpy(),
        remaining_cents=optional_cents(remaining, opens.to_numpy() & (remaining > 0)),
    )  # fmt: skip
    cas = decided.adjustments.reset_index(drop=True)
    on_claim = cas["service_seg"] == 0
    cas = cas.assign(
        transaction_seg=claims["transaction_seg"].reindex(cas["claim_seg"]).to_numpy(),
        seg=np.arange(len(cas)) + first,
        other_payer_seg=payer_seg.reindex(cas["claim_seg"]).where(on_claim.to_numpy(), 0).to_numpy(np.int64),
        other_payer_line_seg=holder.reindex(cas["service_seg"], fill_value=0)
        .where(~on_claim.to_numpy(), 0)
        .to_numpy(np.int64),
    )  # fmt: skip
    if _CAS in frames and len(frames[_CAS]):
        earlier = frames[_CAS].assign(
            other_payer_seg=_owners(frames, "other_payers", "claim_seg"),
            other_payer_line_seg=_owners(frames, "other_payer_lines", "service_seg"),
        )
        cas = pd.concat([earlier.drop(columns="ordinal", errors="ignore"), cas], ignore_index=True)
    frames["other_payers"] = stacked(frames["other_payers"], payers)
    frames["other_payer_lines"] = stacked(frames.get("other_payer_lines"), lines)
    frames[_CAS] = cas


def as_other_payers(claims: pd.DataFrame, segs: pd.Series[int]) -> pd.DataFrame:
    """Give the payers of claims (index: their segs) as other payers of theirs: who, and whose insurance it is."""
    return pd.DataFrame({other: texts(claims, name) for name, other in SIDES.items() if name not in _DATES}).assign(
        relationship_code=texts(claims, "relationship_code").replace("", "18"),
        transaction_seg=claims["transaction_seg"],
        claim_seg=claims.index,
        seg=segs,
        assignment_code=texts(claims, "benefits_code").replace("", "Y"),
        release_code=texts(claims, "release_code").replace("", "Y"),
    )


def stacked(above: pd.DataFrame | None, below: pd.DataFrame) -> pd.DataFrame:
    """Put rows under others; a text that one of them does not have is empty, a number 0."""
    if above is None or above.empty:
        return below.reset_index(drop=True)
    rows = pd.concat([above, below], ignore_index=True)
    for name in rows.columns:
        kinds = {frame[name].dtype for frame in (above, below) if name in frame}
        if len(kinds) == 1 and name not in ("paid_cents", "remaining_cents", "noncovered_cents"):
            kind = kinds.pop()
            rows[name] = rows[name].fillna("" if kind == "str" else 0).astype(kind)
    return rows
