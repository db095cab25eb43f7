"""Several remittances of one payment: one of them stands, never two; a person lets one that is held stand instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import pandas as pd

from claims.errors import PostingRefusedError
from claims.ledger.identity import common_payees, keys_of_chosen, remit_keys
from claims.store import exceptions, identities, posting
from claims.store import standing as rows
from claims.store.handles import Connection

_RIVAL = ["remit_id", "other_id", "other_state", "is_copy"]
CONFLICT, CAUSE = "REMIT_CONFLICT", "replaced"


def rivals(conn: Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Others of the same payment: remit_id, other_id, other_state, is_copy. All that were held for it, with other
    content or with the same (copies of one that a person chose), and those that stand or stood.

    Without money the payment is the same where they decide a claim alike, as for `identities.notice_keys`.
    """
    pairs = rows.pairs(conn, remit_ids)
    if pairs.empty:
        return pairs[_RIVAL]
    pairs = pairs[_is_one_payment(pairs, identities.tax_numbers(conn))]
    is_silent = (pairs["payment_cents"] == 0) | (pairs["method_code"] == "NON")
    said = identities.notice_keys(conn, sorted({*pairs.loc[is_silent, ["remit_id", "other_id"]].to_numpy().flat}))
    alike = said.merge(said.rename(columns={"remit_id": "other_id"}), on="claim_key")
    ids = ["remit_id", "other_id"]
    is_alike = pd.MultiIndex.from_frame(pairs[ids]).isin(pd.MultiIndex.from_frame(alike[ids]))
    return pairs.loc[~is_silent | is_alike, _RIVAL].reset_index(drop=True)


def _is_one_payment(pairs: pd.DataFrame, tax_numbers: Mapping[str, Collection[str]]) -> pd.Series[bool]:
    facts = [*identities.FACTS, identities.PAYEE]
    theirs = pairs[[f"other_{name}" for name in facts]].set_axis(facts, axis=1)
    own, other = (one.reset_index(drop=True).assign(body_hash="") for one in (pairs[facts], theirs))
    both = pd.concat([own, other], ignore_index=True)
    # Each pair by itself: another one of the day tells nothing of its payees.
    number = "#" + pd.Series([*own.index, *other.index], dtype="int64").astype("str")
    both["trace_number"] = both["trace_number"] + number
    keys = remit_keys(both.assign(payee_identifier=common_payees(both, tax_numbers))).to_numpy()
    return pd.Series(keys[: len(pairs)] == keys[len(pairs) :], index=pairs.index)


def beside(found: pd.DataFrame, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Those of `found` (rivals of these) that stand, or would stand with these; and the copy that stood, as it is the
    one to be posted again."""
    stands = found["other_state"].isin(["ready", "posted"]) | found["other_id"].isin(list(remit_ids))
    return found[stands | (found["is_copy"] & (found["other_state"] == "undone"))]


def require_none(stands: pd.DataFrame) -> None:
    """Refuse to post remittances beside a rival that stands. Raises PostingRefusedError."""
    if len(stands):
        own, other, state, _ = next(stands.itertuples(index=False, name=None))
        ways = {"posted": f"first claims undo remit:{other}", "undone": f"claims replay remit:{other}"}
        way = ways.get(state, "replay one of them alone")
        raise PostingRefusedError(
            f"Remittance {other} is of the same payment as remittance {own}; one of them is posted, never both: {way}."
        )


def choose(conn: Connection, remit_ids: Sequence[int], day: date) -> None:
    """Let held remittances stand: ready to post, under keys of their own. What holds copies of them is over."""
    held = rows.open_of(conn, CONFLICT, rows.held_copies(conn, remit_ids))
    facts = rows.keyed(conn, remit_ids)
    for remit_id, key in zip(facts["remit_id"].tolist(), keys_of_chosen(facts).tolist(), strict=True):
        rows.choose(conn, remit_id, key)
    exceptions.close_for(conn, "exception_id", held, [CONFLICT], "replayed", day)


def posted_twice(conn: Connection) -> pd.DataFrame:
    """Remittances that a person let stand, and others of the same payment that are posted beside them (as `rivals`)."""
    found = rivals(conn, rows.chosen(conn))
    return found[found["other_state"] == "posted"].reset_index(drop=True)


def set_aside(conn: Connection, found: pd.DataFrame, day: date) -> None:
    """What is undone waits no more to be posted again once a rival of it stands."""
    undone = found.loc[found["other_state"] == "undone", "other_id"].tolist()
    over = rows.open_of(conn, posting.UNDONE, undone)
    exceptions.close_for(conn, "exception_id", over, [posting.UNDONE], CAUSE, day)


def take_up(conn: Connection, remit_ids: Sequence[int], day: date) -> None:
    """Once what stood is undone, its rivals that are undone wait again."""
    found = rivals(conn, remit_ids)
    undone = found.loc[found["other_state"] == "undone", "other_id"].tolist()
    exceptions.reopen(conn, rows.closed_of(conn, posting.UNDONE, undone, CAUSE), day)
