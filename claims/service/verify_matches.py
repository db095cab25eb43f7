"""Each match is weighed again: its score and evidence follow from its claim payment and its claim, which stored files
say; those of a person from what the audit chain says."""

from __future__ import annotations

import json

import pandas as pd

from claims.ledger import match, match_versions
from claims.service.matching import paid_facts, version_facts
from claims.service.matching_by_hand import BY_HAND
from claims.store import audit
from claims.store import checking_matches as rows_of
from claims.store.handles import Connection

ROWS_AT_ONCE = 20_000
_PLACE = ["remit_key", "ordinal"]
_TOLD = ["claim_payment_id", "claim_id", "evidence", "although"]


def unfounded(conn: Connection, audit_key: bytes) -> pd.DataFrame:
    """Name claim payments with a match, or a claim not taken, that says something else than its rows do
    (remit_key, ordinal, why); words of people are held against the chain by its key."""
    found = [_weighed_again(conn, table) for table in rows_of.TABLES]
    people = _of_people(conn, audit_key).assign(why="was matched by hand otherwise")
    none = rows_of.scored_without_claim(conn).assign(why="found no claim and says otherwise")
    return pd.concat([*found, people[[*_PLACE, "why"]], none], ignore_index=True).drop_duplicates()


def _weighed_again(conn: Connection, table: str) -> pd.DataFrame:
    found, after = [pd.DataFrame({"remit_key": [], "ordinal": [], "why": []}).astype("str")], 0
    while True:
        told = rows_of.told(conn, table, match.RULES, after, ROWS_AT_ONCE)
        if told.empty:
            return pd.concat(found, ignore_index=True)
        after = int(told["row_id"].max())
        payments = rows_of.payments(conn, told["claim_payment_id"].drop_duplicates().tolist())
        weighed = match.weigh(told.merge(paid_facts(conn, payments), on="claim_payment_id"))
        off = weighed["score"].to_numpy() != weighed["told_score"].to_numpy()
        is_told = weighed["told_evidence"].str.contains('"version"', regex=False)
        chosen = weighed[is_told]
        facts = match_versions.in_words(version_facts(conn, chosen)).reindex(weighed.index, fill_value="")
        own = match.evidence(weighed, facts)
        off |= pd.Series(own, dtype="str").to_numpy() != weighed["told_evidence"].to_numpy()
        wrong = weighed.loc[off, ["remit_key_paid", "ordinal_paid"]].set_axis(_PLACE, axis=1)
        found.append(wrong.assign(why=f"score and evidence in {table} do not follow from payment and claim"))


def _of_people(conn: Connection, audit_key: bytes) -> pd.DataFrame:
    stored = rows_of.of_people(conn)
    said = set()
    for payment, body in rows_of.said_by_people(conn).itertuples(index=False):
        told = audit.fields_of(body)
        facts = {**told.get("facts", {}), "said": BY_HAND}
        why = told.get("although_mac", "")
        said.add((int(payment), told.get("claim_id"), json.dumps(facts, sort_keys=True), why))
    own = [
        (
            int(payment),
            int(claim),
            json.dumps(audit.fields_of(evidence), sort_keys=True),
            audit.words_mac(audit_key, although) if although else "",
        )
        for payment, claim, evidence, although in stored[_TOLD].itertuples(index=False)
    ]
    is_told = pd.Series([one in said for one in own], index=stored.index, dtype="bool")
    return stored[~is_told | (stored["score"] != 100)]
