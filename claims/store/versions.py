"""Claims that a new version is made of: where they are, what the payer calls them, and which versions there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.posting import STANDING
from claims.store.rows import IN_LIST, frame_of

C, F, FAM, S, B = schema.claims, schema.files, schema.families, schema.submissions, schema.batches
CP, M, R, P = schema.claim_payments, schema.matches, schema.remittances, schema.claim_postings
# A version that is over says nothing of what may follow.
OVER = ("replaced", "voided", "withdrawn")
# The turn of a decision, the latest last: of one day, what stands came after what was taken back.
_IN_FORCE = sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None))
_STANDS = sa.case((sa.and_(P.c.outcome == "posted", P.c.is_superseded == STANDING), 1), else_=0).label("stands")
_TURN = (R.c.payment_date, _STANDS, R.c.remit_key, CP.c.claim_payment_id)
_TURN_NAMES = [column.name for column in _TURN]


def sources(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Claims with what a version of them needs; first_number is CLM01 of the first version."""
    select = (
        sa.select(
            C.c.claim_id, C.c.family_id, C.c.file_id, F.c.sha256, C.c.seg, C.c.kind, C.c.life, C.c.purpose, C.c.state,
            C.c.version,
            C.c.frequency_code, C.c.original_reference, C.c.payer_code, C.c.statement_from_date,
            FAM.c.claim_number.label("first_number"),
        )
        .join(F, F.c.file_id == C.c.file_id)
        .join(FAM, FAM.c.family_id == C.c.family_id)
    )  # fmt: skip
    return frame_of(conn, select, C.c.claim_id, claim_ids)


def last_versions(conn: sa.Connection, family_ids: Sequence[int]) -> pd.Series:
    """The highest version of each family, by family_id."""
    select = sa.select(C.c.family_id, sa.func.max(C.c.version).label("version")).group_by(C.c.family_id)
    return frame_of(conn, select, C.c.family_id, family_ids).set_index("family_id")["version"]


def is_followed(conn: sa.Connection, claims: pd.DataFrame) -> pd.Series:
    """Tell of claims (claim_id, family_id, payer_code, version) whether a later version for the payer is not over."""
    select = sa.select(C.c.family_id, C.c.payer_code, C.c.version.label("later")).where(C.c.life.not_in(OVER))
    later = frame_of(conn, select, C.c.family_id, claims["family_id"].drop_duplicates().tolist())
    highest = later.groupby(["family_id", "payer_code"])["later"].max().reset_index()
    found = claims.merge(highest, how="left", on=["family_id", "payer_code"])["later"].fillna(0)
    return pd.Series(found.to_numpy() > claims["version"].to_numpy(), index=claims.index)


def is_taken(conn: sa.Connection, numbers: pd.DataFrame) -> pd.Series:
    """Tell of numbers (billing_npi, claim_number_normal) whether a claim or a family of that provider has them."""
    selects = [sa.select(of.c.billing_npi, of.c.claim_number_normal) for of in (C, FAM)]
    found = [frame(conn, select.where(sa.false())) for select in selects]
    wanted = numbers["claim_number_normal"].drop_duplicates().tolist()
    for start in range(0, len(wanted), IN_LIST):
        part = wanted[start : start + IN_LIST]
        found += [frame(conn, select.where(select.selected_columns[1].in_(part))) for select in selects]
    known = pd.MultiIndex.from_frame(pd.concat(found, ignore_index=True))
    return pd.Series(pd.MultiIndex.from_frame(numbers).isin(known), index=numbers.index)


def payer_numbers(conn: sa.Connection, claim_ids: Sequence[int], but: Collection[int] = ()) -> pd.DataFrame:
    """What payers call claims: claim_id, payer_claim_number, source (277CA, decision), the latest of each source last.

    What a payer takes back says nothing new, and its number is that of whatever it decided before. `but`: payments that
    are not asked.
    """
    decided = frame_of(
        conn,
        sa.select(M.c.claim_id, CP.c.payer_claim_number, *_TURN)
        .join(CP, CP.c.claim_payment_id == M.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(P, _IN_FORCE)
        .where(M.c.ended_at.is_(None), M.c.rule != "none", CP.c.payer_claim_number != "", CP.c.status_code != "22"),
        M.c.claim_id,
        claim_ids,
    ).sort_values(_TURN_NAMES, kind="stable")
    decided = decided[~decided["claim_payment_id"].isin(but)]
    answered = frame_of(
        conn,
        sa.select(S.c.claim_id, S.c.attempt, S.c.payer_claim_number).where(S.c.payer_claim_number != ""),
        S.c.claim_id,
        claim_ids,
    ).sort_values("attempt", kind="stable")
    both = [answered.assign(source="277CA"), decided.assign(source="decision")]
    return pd.concat([one[["claim_id", "payer_claim_number", "source"]] for one in both], ignore_index=True)


def first_released(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.Series:
    """The accounting day (ISO) on which claims of ours left first, by claim_id."""
    day = sa.func.min(sa.cast(B.c.posting_date, sa.String)).label("released_on")
    select = sa.select(S.c.claim_id, day).join(B, B.c.batch_id == S.c.batch_id).where(B.c.state == "released")
    rows = frame_of(conn, select.group_by(S.c.claim_id), S.c.claim_id, claim_ids)
    return rows.set_index("claim_id")["released_on"]


def payer_claim_numbers(conn: sa.Connection, claims: pd.DataFrame) -> pd.Series:
    """What the payer calls each claim (claim_id, family_id, payer_code).

    By its own latest decision, else by its own 277CA, else by the latest decision on another version.
    """
    decided = frame_of(
        conn,
        sa.select(M.c.family_id, M.c.payer_code, CP.c.payer_claim_number, *_TURN)
        .join(CP, CP.c.claim_payment_id == M.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(P, _IN_FORCE)
        .where(M.c.ended_at.is_(None), M.c.rule != "none", CP.c.payer_claim_number != "", R.c.state == "posted"),
        M.c.family_id,
        claims["family_id"].drop_duplicates().tolist(),
    )
    decided = decided.sort_values(_TURN_NAMES).drop_duplicates(["family_id", "payer_code"], keep="last")
    own = payer_numbers(conn, claims["claim_id"].tolist()).drop_duplicates("claim_id", keep="last")
    own_number = own.set_index("claim_id")["payer_claim_number"].reindex(claims["claim_id"]).to_numpy()
    of_family = claims.merge(decided, how="left", on=["family_id", "payer_code"])["payer_claim_number"].fillna("")
    told = pd.Series(own_number, index=claims.index).fillna(of_family.set_axis(claims.index))
    return told.astype("str")


def ids_in_file(conn: sa.Connection, file_id: int) -> pd.DataFrame:
    """Claims of a file: claim_id, seg."""
    return frame_of(conn, sa.select(C.c.claim_id, C.c.seg), C.c.file_id, [file_id])


def charges(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.Series[int]:
    """The total charge of each claim, in cents by claim_id."""
    rows = frame_of(conn, sa.select(C.c.claim_id, C.c.charge_cents), C.c.claim_id, [int(one) for one in claim_ids])
    return rows.drop_duplicates("claim_id").set_index("claim_id")["charge_cents"].astype("int64")
