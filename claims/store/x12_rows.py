"""X12 frames become rows: the frames of a file come in, tables of remittances and claims are filled.

`save_sets` writes interchanges, transaction sets and findings of a file and gives their keys; the other functions then
write the frames of each chunk under those keys. Everything in the caller's one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import schema, undo_bank
from claims.store.banking import UNDONE, known_lines, line_states
from claims.store.bulk import maybe_overlong
from claims.store.rows import insert_keyed

Frames = Mapping[str, pd.DataFrame]


def iso_dates(days: pd.Series) -> pd.Series:
    """Whole numbers YYYYMMDD to ISO text; 0, and what no calendar has, to ""."""
    numbers, distinct = pd.factorize(days)
    named = np.array([_iso(day) for day in distinct.tolist()], dtype=object)
    return pd.Series(named[numbers] if len(named) else [], index=days.index, dtype="str")


def _iso(day: int) -> str:
    try:
        return date(day // 10_000, day // 100 % 100, day % 100).isoformat()
    except ValueError:
        return ""


def with_iso_dates(rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows with their days (`_date`) as ISO text."""
    changed = {name: iso_dates(rows[name]) for name in rows.columns if name.endswith("_date")}
    return rows.assign(**changed)


def in_capitals(lines: pd.DataFrame) -> pd.DataFrame:
    """Give lines with the control numbers by which the books know them: as they leave, in capitals."""
    return lines.assign(line_control_number=lines["line_control_number"].str.upper())


def _look_up(keys: pd.Series, ids: pd.Series) -> pd.Series:
    """Ids by segment number; 0 where there is none."""
    return pd.Series(ids.reindex(keys, fill_value=0).to_numpy(), index=keys.index, dtype="int64")


def save_sets(
    conn: sa.Connection, file_id: int, interchanges: pd.DataFrame, transactions: pd.DataFrame, findings: pd.DataFrame
) -> pd.Series:
    """Write interchanges, sets (with `state`, `reason_code`) and findings; ids of the sets by ST segment."""
    insert_keyed(conn, schema.interchanges, with_iso_dates(interchanges).assign(file_id=file_id))
    keyed = insert_keyed(conn, schema.transactions, transactions.assign(file_id=file_id))
    ids = keyed.set_index("seg")["transaction_id"]
    insert_keyed(
        conn,
        schema.findings,
        findings.assign(file_id=file_id, transaction_id=_look_up(findings["transaction_seg"], ids)),
    )
    return ids


def save_remittances(conn: sa.Connection, file_id: int, remittances: pd.DataFrame) -> pd.Series:
    """Write remittances (with transaction_id, remit_key, state, totals); ids by ST segment."""
    rows = with_iso_dates(remittances).assign(file_id=file_id)
    return insert_keyed(conn, schema.remittances, rows).set_index("transaction_seg")["remit_id"]


def save_claim_payments(conn: sa.Connection, file_id: int, frames: Frames, remit_ids: pd.Series) -> None:
    """Write claim payments and all that hangs on them: lines, adjustments, remarks, provider adjustments."""
    claims = with_iso_dates(frames["claim_payments"])
    claims = claims.assign(file_id=file_id, remit_id=_look_up(claims["transaction_seg"], remit_ids))
    claims = insert_keyed(conn, schema.claim_payments, claims[claims["remit_id"] != 0])
    claim_ids = claims.set_index("seg")["claim_payment_id"]
    lines = with_iso_dates(in_capitals(frames["service_payments"]))
    lines = lines.assign(file_id=file_id, claim_payment_id=_look_up(lines["claim_seg"], claim_ids))
    lines = insert_keyed(conn, schema.service_payments, lines[lines["claim_payment_id"] != 0])
    line_ids = lines.set_index("seg")["service_payment_id"]
    for name, table in (("adjustments", schema.adjustments), ("remarks", schema.remarks)):
        rows = frames[name]
        rows = rows.assign(
            file_id=file_id,
            claim_payment_id=_look_up(rows["claim_seg"], claim_ids),
            service_payment_id=_look_up(rows["service_seg"], line_ids),
        )
        insert_keyed(conn, table, rows[rows["claim_payment_id"] != 0])
    plb = frames["provider_adjustments"]
    plb = plb.assign(file_id=file_id, remit_id=_look_up(plb["transaction_seg"], remit_ids))
    insert_keyed(conn, schema.provider_adjustments, plb[plb["remit_id"] != 0])


def family_ids(conn: sa.Connection, claims: pd.DataFrame) -> pd.Series:
    """Ids of the families of claims, by billing NPI and claim number in capitals; new families are written."""
    table = schema.families
    claims = claims[["billing_npi", "claim_number", "claim_number_normal"]].assign(
        as_sent=claims["claim_number"].str.upper()
    )
    wanted = claims.drop_duplicates(["billing_npi", "as_sent"])
    known: dict[tuple[str, str], int] = {}
    numbers = wanted["claim_number_normal"].drop_duplicates().tolist()
    for start in range(0, len(numbers), 900):
        found = conn.execute(
            sa.select(table.c.billing_npi, table.c.claim_number, table.c.family_id).where(
                table.c.claim_number_normal.in_(numbers[start : start + 900])
            )
        )
        known.update({(str(npi), str(number).upper()): int(family_id) for npi, number, family_id in found})
    pairs = list(zip(wanted["billing_npi"].tolist(), wanted["as_sent"].tolist(), strict=True))
    new = insert_keyed(conn, table, wanted.loc[[pair not in known for pair in pairs]])
    for npi, number, family_id in zip(new["billing_npi"], new["as_sent"], new["family_id"].tolist(), strict=True):
        known[(npi, number)] = family_id
    all_pairs = zip(claims["billing_npi"].tolist(), claims["as_sent"].tolist(), strict=True)
    return pd.Series([known[pair] for pair in all_pairs], index=claims.index, dtype="int64")


def save_claims(
    conn: sa.Connection, file_id: int, claims: pd.DataFrame, lines: pd.DataFrame, other_payers: pd.DataFrame
) -> int:
    """Write claims (with claim_key, state, origin, transaction_id) with their lines and payers; give their number.

    A claim that is a version of another brings its `family_id`.
    """
    claims = with_iso_dates(claims).assign(file_id=file_id)
    if "family_id" not in claims:
        claims["family_id"] = family_ids(conn, claims)
    claims = claims.rename(columns=RENAMED)
    claims = insert_keyed(conn, schema.claims, claims)
    claim_ids = claims.set_index("seg")["claim_id"]
    rows = with_iso_dates(in_capitals(lines))
    rows = rows.assign(file_id=file_id, claim_id=_look_up(rows["claim_seg"], claim_ids), line_number=rows["ordinal"])
    insert_keyed(conn, schema.service_lines, rows[rows["claim_id"] != 0])
    own = claims[
        ["claim_id", "family_id", "payer_sequence", "payer_code", "payer_name", "filing_indicator_code", "seg"]
    ]
    other = other_payers.assign(claim_id=_look_up(other_payers["claim_seg"], claim_ids))
    other = other[other["claim_id"] != 0]
    family_of = claims.set_index("claim_id")["family_id"]
    other = other.assign(family_id=family_of.reindex(other["claim_id"]).to_numpy())
    insert_keyed(conn, schema.claim_payers, pd.concat([own, other[own.columns]], ignore_index=True))
    return len(claims)


def save_acknowledgements(conn: sa.Connection, file_id: int, rows: pd.DataFrame) -> None:
    """Write what TA1, 999, 997 and 277CA said."""
    insert_keyed(conn, schema.acknowledgements, rows.assign(file_id=file_id))


def save_bank_lines(conn: sa.Connection, file_id: int, rows: pd.DataFrame) -> dict[str, int]:
    """Write bank lines that are not stored yet; give how many there were: new, known (of an earlier file), known_cents.

    What is known may be the same deposit in a statement that overlaps, or a second one that the bank says nothing else
    of: only a person can tell. What is known of a file that is undone stands `again`.
    """
    is_known = rows["line_key"].isin(list(known_lines(conn, rows["line_key"].tolist())))
    stored = undo_bank.of_file(conn, [], rows.loc[is_known, "line_key"].tolist())
    again = stored[stored["state"] == UNDONE]
    undo_bank.stand_again(conn, again["bank_line_id"].tolist())
    own = [name for name in rows.columns if name in schema.bank_lines.c]
    new = rows.loc[~is_known, own].assign(file_id=file_id, rest_cents=rows.loc[~is_known, "amount_cents"])
    insert_keyed(conn, schema.bank_lines, new.assign(state=line_states(new["rest_cents"])))
    is_counted = is_known & ~rows["line_key"].isin(again["line_key"])
    known_cents = int(rows.loc[is_counted, "amount_cents"].sum())
    counts = {"new": int((~is_known).sum()), "known": int(is_counted.sum()), "known_cents": known_cents}
    return counts | ({"again": len(again)} if len(again) else {})


# CLM05-1 is the place of service of a professional claim, the facility type of an institutional one.
RENAMED = {"facility_code": "place_of_service"}

TEXT_TABLES = {
    "interchanges": schema.interchanges,
    "transactions": schema.transactions,
    "remittances": schema.remittances,
    "claim_payments": schema.claim_payments,
    "service_payments": schema.service_payments,
    "adjustments": schema.adjustments,
    "remarks": schema.remarks,
    "provider_adjustments": schema.provider_adjustments,
    "claims": schema.claims,
    "service_lines": schema.service_lines,
    "other_payers": schema.claim_payers,
}


def shorten(frames: Frames) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Cut texts that are longer than their column: `(frames, cut)`.

    `cut` names each: transaction_seg, seg, offset, column, length, limit. X12 itself allows no text that long, so the
    set is held by a finding; the vault keeps the whole text.
    """
    result = dict(frames)
    cuts: list[pd.DataFrame] = []
    for name, table in TEXT_TABLES.items():
        rows = result.get(name)
        if rows is None or rows.empty:
            continue
        rows = rows.rename(columns=RENAMED) if table is schema.claims else rows
        for column, texts, limit in list(maybe_overlong(table, rows)):
            lengths = texts.str.len()
            long = lengths > limit
            if not long.any():
                continue
            at = rows[long]
            cuts.append(
                pd.DataFrame(
                    {
                        "transaction_seg": at["transaction_seg"] if "transaction_seg" in at else at["seg"],
                        "seg": at["seg"],
                        "offset": at["offset"],
                        "column": column,
                        "length": lengths[long],
                        "limit": limit,
                    }
                )
            )
            rows = rows.assign(**{column: rows[column].str[:limit]})
        result[name] = rows
    empty = pd.DataFrame({"transaction_seg": [], "seg": [], "offset": [], "column": [], "length": [], "limit": []})
    return result, pd.concat(cuts, ignore_index=True) if cuts else empty
