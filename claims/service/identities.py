"""Who is who: claims and remittances that were just stored become standing, duplicate or held."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
import pandas as pd

from claims.ledger.identity import common_payees, remit_keys
from claims.service.context import Context
from claims.service.placing import place_versions
from claims.store import exceptions, identities, placing
from claims.store.engine import write
from claims.store.handles import Connection
from claims.store.replaced import CONFLICT


def resolve_identities(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Decide which stored claims and remittances are duplicates, conflicts, or stand.

    Same key and content: the one first by content (sha256 of the file, seg) stands, unless one is posted already. Same
    key and other content: all that are not posted are held, whatever order they came in; beside a claim that a person
    said stands (`standing_claims`), all others.
    """
    with write(ctx.engine) as conn:
        remits = _with_chosen(identities.new_remittances(conn), identities.chosen_remittances(conn))
        # One whose posting was undone stands as if it were posted: a copy of it is no news.
        remits["state"] = remits["state"].where(remits["state"] != "undone", "posted")
        others = identities.under_other_payees(conn)
        remits = _under_common_payees(remits, others, identities.tax_numbers(conn) if len(others) else {})
        remits = _resolve(remits, "payment", "posted", "ready", CONFLICT)
        # A held copy of what a person let stand is replaced by it (`store.replaced`), and was held on the days before.
        remits = remits[(remits["state"] != "held") | (remits["state_new"] != "duplicate")]
        identities.set_remittance_states(conn, remits)
        repeated = _repeated_notices(conn)
        identities.set_remittance_states(conn, repeated)
        held = pd.concat([remits[remits["state_new"] == "held"], repeated], ignore_index=True)
        held = held.assign(
            type_code="REMIT_CONFLICT",
            exception_key="REMIT_CONFLICT:" + held["remit_key"] + ":" + held["body_hash"].str[:16],
            amount_cents=held["payment_cents"],
        )
        exceptions.open_all(conn, held, posting_date)
        claims, again = identities.new_claims(conn), placing.unplaced(conn)
        is_chosen = claims["is_chosen"].groupby(claims["claim_key"]).transform("any")
        waits = ~is_chosen | (claims["state"] == "new")  # beside what a person chose all others stay as they are
        claims = resolved_claims(claims, claims["is_decided"] | claims["is_chosen"])
        claims = claims[waits.reindex(claims.index)]
        identities.set_claim_states(conn, claims)
        place_versions(conn, again)
        conflict = conflicts(claims)
        exceptions.open_all(conn, conflict, posting_date)
        counts = {
            "remittances_ready": int((remits["state_new"] == "ready").sum()) - len(repeated),
            "remittances_duplicate": int((remits["state_new"] == "duplicate").sum()),
            "remittances_conflicting": len(held),
            "claims_new": int((claims["state_new"] == "stored").sum()),
            "claims_duplicate": int((claims["state_new"] == "duplicate").sum()),
            "claims_conflicting": len(conflict),
        }
    return counts


def resolved_claims(claims: pd.DataFrame, stands: pd.Series) -> pd.DataFrame:
    """Give state_new and reason_new to claims of some keys that change, where `stands` tells those that stay."""
    claims = claims.assign(state=claims["state"].where(~stands, "decided"))
    return _resolve(claims, "claim_key", "decided", "stored", identities.CLAIM_CONFLICT)


def conflicts(claims: pd.DataFrame) -> pd.DataFrame:
    """Give the exceptions of claims that came to be held (state_new): one for each content of a key."""
    held = claims[claims["state_new"] == "held"]
    keys = identities.conflict_keys(held)
    return held.assign(type_code=identities.CONFLICT_TYPE, exception_key=keys, amount_cents=held["charge_cents"])


def _with_chosen(remits: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Add remittances that a person let stand, under the key of their payment: what comes of it later is no first."""
    if chosen.empty:
        return remits
    # Both made anew: as they are stored, days are written in another way than in the key.
    key = pd.Series(remits["remit_key"].to_numpy(), index=remit_keys(remits))
    key = key[~key.index.duplicated()].reindex(remit_keys(chosen))
    own = chosen.assign(remit_key=key.fillna("").to_numpy())
    own = own[own["remit_key"] != ""].astype(remits.dtypes)
    return pd.concat([remits, own]).sort_values(["remit_key", "sha256", "seg"], ignore_index=True)


def _under_common_payees(
    remits: pd.DataFrame, others: pd.DataFrame, tax_numbers: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """Name the `payment` of each remittance: its key; one for all where one payee is named by two numbers.

    `others` (of the same day and amount, and another payee) stay out where none of `remits` is of their payment.
    """
    more = others[~others["remit_id"].isin(remits["remit_id"])].drop_duplicates("remit_id")
    rows = pd.concat([remits, more.astype(remits.dtypes)], ignore_index=True) if len(more) else remits
    rows = rows.assign(payment=rows["remit_key"])
    if others.empty:
        return rows
    rows["state"] = rows["state"].where(rows["state"] != "undone", "posted")
    payee = common_payees(rows, tax_numbers)
    common = remit_keys(rows.assign(payee_identifier=payee))
    is_joined = (payee != rows["payee_identifier"]).groupby(common).transform("any")
    rows["payment"] = rows["payment"].where(~is_joined, common)
    is_asked = rows["payment"].isin(rows.loc[rows["remit_id"].isin(remits["remit_id"]), "payment"])
    return rows[is_asked].sort_values(["payment", "sha256", "seg"], ignore_index=True)


def _repeated_notices(conn: Connection) -> pd.DataFrame:
    """Hold remittances without money that say again what another one of the same payment says in other words.

    A trace number of such a payment need not be unique, so that its content is part of its key; what tells a copy from
    another remittance is that it decides a claim as the other did, or has the same provider adjustments and no claim.
    """
    rows = identities.notices(conn)
    if rows.empty:
        return rows.assign(state_new="", reason_new="")
    rows["payment"] = remit_keys(rows.assign(body_hash=""))
    several = rows.groupby("payment")["body_hash"].transform("nunique") > 1
    rows = rows[several & (rows["state"] == "ready").groupby(rows["payment"]).transform("any")]
    said = identities.notice_keys(conn, rows["remit_id"].tolist()).merge(rows, on="remit_id")
    bodies = said.groupby(["payment", "claim_key"])["body_hash"].transform("nunique")
    again = said.loc[bodies > 1, "remit_id"]
    held = rows[rows["remit_id"].isin(again) & (rows["state"] == "ready")]
    return held.assign(state_new="held", reason_new=CONFLICT).astype({"state_new": "str", "reason_new": "str"})


def _resolve(rows: pd.DataFrame, key: str, settled: str, stands: str, conflict: str) -> pd.DataFrame:
    """Give state_new and reason_new to rows that change; rows are ordered by key and content."""
    if rows.empty:
        return rows.assign(state_new="", reason_new="")
    by_key = rows.groupby(key)
    bodies = by_key["body_hash"].transform("nunique")
    is_settled = rows["state"] == settled
    # Of one payment several may have been posted, one after the other, as a person undid one for the other.
    is_settled_body = is_settled.groupby([rows[key], rows["body_hash"]]).transform("any")
    has_settled = is_settled.groupby(rows[key]).transform("any")
    first_of_body = ~rows.duplicated([key, "body_hash"])
    state = np.select(
        [
            is_settled,
            is_settled_body,
            has_settled,
            bodies > 1,
            first_of_body,
        ],
        [settled, "duplicate", "held", "held", stands],
        "duplicate",
    )
    result = rows.assign(state_new=state, reason_new=np.where(state == "held", conflict, "")).astype(
        {"state_new": "str", "reason_new": "str"}
    )
    return result[(result["state_new"] != result["state"]) & ~is_settled]
