"""What matches keep as codes comes in; words for a report go out, never more than which facts agree or differ."""

from __future__ import annotations

import json

import pandas as pd

# Whatever else may stand there stays there: no evidence brings a name, a day of birth or a number of a member.
FACTS = ("charge", "payee", "dates", "member", "payer", "patient", "lines")
WORDS = ("agrees", "differs", "part", "unknown")
VERSION = {"frequency", "lines"}
NOT_FOUND = {
    "no-candidate": "no claim has its number, its lines or its member",
    "ambiguous": "several claims fit alike",
    "charge-differs": "the claims that its number leads to have another charge",
    "payee-differs": "the claims that its number leads to are of another provider",
    "facts-differ": "the claims that its number leads to differ in too much",
    "unmatched-by-hand": "a person has said that it is not of that claim",
}
BY_HAND, BY_RULE = "by-hand", "rule"
OUTCOMES = {
    "posted": "posted on the claim",
    "reversal": "takes a decision back",
    "memo": "repeats what was decided before",
    "unapplied": "waits on unapplied cash",
    "informational": "moves nothing",
    "": "not posted",
}
KEY = [
    *("payment_date", "payer_code", "payer_name", "remit_key", "trace_number", "clp", "status_code"),
    *("payer_claim_number", "claim_number_paid"),
]
COLUMNS = [
    *KEY,
    *("billing_npi", "claim_number", "version", "payer_sequence", "charge_cents", "paid_cents"),
    *("rule", "score", "evidence", "matched_by", "candidates", "state", "waits_because"),
    *("sha256", "seg", "offset", "length"),
]
FORMER = [*KEY, "billing_npi", "claim_number", "version", "rule", "score", "evidence", "matched_by"]
NOT_TAKEN = [*KEY, "billing_npi", "claim_number", "version", "rule", "score", "why", "evidence"]


def in_force(rows: pd.DataFrame) -> pd.DataFrame:
    """Tell each match in force: COLUMNS. `rows`: `queries.matches.Matches.in_force`."""
    told = _told(rows)
    state = rows["outcome"].map(OUTCOMES).fillna(rows["outcome"]).astype("str")
    # What is posted may carry the word of what was lowered in it: it waits for nothing.
    waits = rows["reason_code"].where(rows["outcome"] == "unapplied", "")
    return told.assign(state=state, waits_because=waits)[COLUMNS]


def former(rows: pd.DataFrame) -> pd.DataFrame:
    """Tell each match that holds no more: FORMER."""
    return _told(rows)[FORMER]


def not_taken(rows: pd.DataFrame) -> pd.DataFrame:
    """Tell each claim that was looked at and not taken: NOT_TAKEN."""
    return rows.assign(evidence=_in_words(rows["evidence"]))[NOT_TAKEN]


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    is_persons = (rows["rule"] == BY_HAND) | rows["evidence"].str.contains("unmatched-by-hand", regex=False)
    by = rows["actor"].where(is_persons, BY_RULE)
    return rows.assign(matched_by=by.astype("str"), evidence=_in_words(rows["evidence"]))


def _in_words(evidence: pd.Series[str]) -> pd.Series[str]:
    words = {text: said(text) for text in evidence.unique().tolist()}
    return pd.Series([words[text] for text in evidence.tolist()], index=evidence.index, dtype="str")


def said(evidence: str) -> str:
    """Say in words what the evidence of a match says: `agree: charge, payee; differ: dates`."""
    told = json.loads(evidence or "{}")
    if told.get("why"):
        return NOT_FOUND.get(str(told["why"]), "no claim was taken")
    groups = {word: [name for name in FACTS if told.get(name) == word] for word in WORDS}
    parts = [
        f"{says}: {', '.join(groups[word])}"
        for word, says in zip(WORDS, ("agree", "differ", "part of the claim", "not known"), strict=True)
        if groups[word]
    ]
    versions = [word for word in str(told.get("version", "")).replace(",", " ").split() if word in VERSION]
    parts += [f"version by: {', '.join(versions)}"] if versions else []
    return "; ".join(parts)
