"""The denial queue as a biller reads it, and the story of one case down to the bytes of its segments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pandas as pd

from claims import codes
from claims.denials import undone
from claims.errors import NotFoundError, UsageError
from claims.masking import MASK
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.desk import made, steps
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import queue
from claims.store.queries.queue import Filter

KEY_LENGTH = 10
# Events that close a case.
CLOSING = (
    *("overturned", "partly_overturned", "superseded", "written_off", "expired", "duplicate", "billed_patient"),
    "recovery_reversed",
)
STATES = ("open", "new", "assigned", "in_work", "waiting", "closed")
# What people write on a case may name a patient; the rest of what an event says does not.
FREE = ("note", "reason", "proof", "basis", "late_reason", "despite_gaps", "words")
FACTS = {"assignee": "to", "next_payer_code": "to", "order": "", "until": "until", "level": "level", "tag": ""}
# Elements of a stored segment that name a patient or a claim.
PRIVATE_ELEMENTS = {"CLP": (1, 7)}


class AmbiguousKeyError(UsageError):
    """A short key fits several cases."""

    def __init__(self) -> None:
        super().__init__("Several cases have keys that begin so; give more of the key.")


def denial_queue(
    ctx: Context,
    *,
    payer: str = "",
    category: str = "",
    state: str = "open",
    due_within: int | None = None,
    limit: int = 50,
    show_phi: bool = False,
) -> tuple[pd.DataFrame, int, int]:
    """Give the cases asked for, most money at risk first, with their number and money at risk in all.

    ``due_within``: days from today (the practice's day); cases past their deadline are among them. Raises UsageError
    for a category or state that does not exist.
    """
    categories = codes.table("categories")["category"].tolist()
    if category and category.upper() not in categories:
        raise UsageError(f"There is no category {category}; there are: {', '.join(categories)}.")
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}.")
    today = ctx.settings.today()
    asked = Filter(payer, category, state, None if due_within is None else today + timedelta(days=due_within))
    with read(ctx.engine) as conn:
        rows = made.with_claims(conn, queue.cases(conn, asked, limit))
        number, cents = queue.totals(conn, asked)
    rows = steps.told(ctx, rows, today)
    rows.insert(0, "key", rows["case_key"].str[:KEY_LENGTH])
    if show_phi:
        record_shown(ctx, "denial queue", {"cases": rows["case_id"].tolist()})
    else:
        rows["claim_number"] = _masked(rows["claim_number"])
    return rows, number, cents


def denial_story(ctx: Context, key: str, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one case: what was billed and decided, to the cent, in words and in the payer's own segments.

    Raises UsageError, NotFoundError or AmbiguousKeyError. What names a patient is masked unless ``show_phi``, which is
    audited.
    """
    if not key.strip():
        raise UsageError("The key of a case is wanted, as claims denials list shows it.")
    with read(ctx.engine) as conn:
        found = queue.find(conn, key.strip().lower())
        if found.empty:
            raise NotFoundError("denial case", "with this key")
        if len(found) > 1:
            raise AmbiguousKeyError()
        known = made.with_claims(conn, found)
        case = _row(found)
        of = int(case["claim_payment_id"])
        decision = _row(queue.decision(conn, of))
        patient = (decision.pop("patient_last_name"), decision.pop("patient_first_name"))
        decision["patient_name"] = ", ".join(name for name in patient if name)
        lines = queue.lines(conn, of)
        adjustments = queue.adjustments(conn, of)
        remarks = queue.remarks(conn, of)
        ledger = queue.ledger(conn, of)
        events = queue.events(conn, int(case["case_id"]))
        closing = _closing(conn, case, events)
    case |= _row(steps.told(ctx, known, ctx.settings.today()))
    if show_phi:
        record_shown(ctx, f"denial case {case['case_key'][:KEY_LENGTH]}")
    else:
        for name in ("claim_number", "payer_claim_number"):
            case[name] = MASK if case[name] else ""
        for name in ("claim_number", "payer_claim_number", "our_claim_number", "patient_name"):
            decision[name] = MASK if decision[name] else ""
        if closing.get("words"):
            closing["words"] = MASK
    explained = _explained(adjustments, lines)
    return {
        "key": case["case_key"][:KEY_LENGTH],
        "case": {
            name: value for name, value in case.items() if name not in ("case_id", "family_id", "claim_payment_id")
        },
        "next_action_label": case["next_action_label"],
        "then_action_label": case["then_action_label"],
        "proof_needed": case["proof_needed"],
        "days_left": case["days_left"],
        "made": _row(known[["is_elsewhere", "is_forwarded", "made_claim_id", "made_life", "edits", "asked_payer"]]),
        "closing": closing,
        "decision": decision | {"status": _status(decision)},
        "match": _match(decision),
        "lines": _line_rows(lines, explained, case),
        "adjustments": explained.drop(columns=["offset", "length", "service_payment_id"]),
        "sums": _sums(decision, explained),
        "remarks": _remark_rows(remarks, lines),
        "ledger": _named_accounts(ledger),
        "events": events.drop(columns=["event_id", "case_id", "claim_payment_id"])
        .assign(body=[words(body, show_phi=show_phi) for body in events["body"]])
        .rename(columns={"body": "reason"}),
        "segments": _segments(ctx, decision, [lines, adjustments, remarks], show_phi),
    }


def _row(rows: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in rows.iloc[0].items()}


def _masked(texts: pd.Series[str]) -> pd.Series[str]:
    return texts.where(texts == "", MASK)


def _status(decision: dict[str, Any]) -> str:
    statuses = _words_of("claim_status", "code", "own_label")
    return statuses.get(str(decision["status_code"]), statuses["other"])


@cache
def _words_of(table: str, key: str, column: str) -> Mapping[str, str]:
    """Give a column of a table of codes by another, the last row of each; read once, for every page asks for it."""
    rows = codes.table(table)
    rows = rows[rows[key] != ""]
    return dict(zip(rows[key].tolist(), rows[column].tolist(), strict=True))


def _closing(conn: Connection, case: dict[str, Any], events: pd.DataFrame) -> dict[str, Any]:
    """Say how a closed case ended: outcome, day, actor, recovered_cents, words, and the decision that ended it.

    Of that: decided_by (claim payment, 0: a person closed it), status, status_code, paid_cents,
    patient_responsibility_cents, trace_number, payment_date, and its place. Nothing of a case that is open.
    """
    if case["state"] != steps.CLOSED:
        return {}
    # What an undo took back ended nothing, until a replay has restored it; what an undo closed, that undo has ended.
    stood = events[events["kind"].isin(CLOSING) & ~events["event_id"].isin(undone.taken_back(events))]
    ended = events[events["kind"] == undone.UNDONE] if case["outcome"] == undone.UNDONE else stood
    last = _row(ended.tail(1)) if len(ended) else {}
    decided_by = int(last.get("claim_payment_id", 0))
    told = {
        "outcome": case["outcome"] or "",
        "day": case["closed_posting_date"] or "",
        "actor": last.get("actor", ""),
        "recovered_cents": int(case["recovered_cents"]),
        "amount_cents": int(last.get("amount_cents", 0)),
        "words": str(json.loads(last["body"]).get("reason", "")) if last else "",
        "decided_by": decided_by,
    }
    if decided_by:
        new = _row(queue.decision(conn, decided_by))
        names = (
            *("status_code", "paid_cents", "patient_responsibility_cents", "trace_number", "payment_date"),
            *("sha256", "seg", "offset", "length"),
        )
        told |= {name: new[name] for name in names} | {"status": _status(new)}
    return told


def _ordinals(rows: pd.DataFrame, lines: pd.DataFrame) -> Any:
    """Give the SVC ordinal that each row belongs to, 0 for the claim level."""
    known = lines.set_index("service_payment_id")["ordinal"]
    return known.reindex(rows["service_payment_id"]).fillna(0).astype("int64").to_numpy()


def _explained(adjustments: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Put plain words to each adjustment: the title of the rule that classified it."""
    titles, by_code = (_words_of("carc", key, "own_title") for key in ("priority", "code"))
    both = zip(adjustments["rule_priority"].tolist(), adjustments["reason_code"].tolist(), strict=True)
    words = [titles.get(str(priority), by_code.get(code, "")) for priority, code in both]
    told = pd.Series(words, index=adjustments.index, dtype="str")
    rows = adjustments.assign(words=told, counts_as_denial=adjustments["counts_as_denial"] == 1)
    rows.insert(0, "svc", _ordinals(adjustments, lines))
    return rows


def _line_rows(lines: pd.DataFrame, explained: pd.DataFrame, case: dict[str, Any]) -> pd.DataFrame:
    """Give billed, allowed, adjusted and paid per line; what is left must be zero."""
    adjusted = explained.groupby("svc")["amount_cents"].sum().reindex(lines["ordinal"], fill_value=0).to_numpy("int64")
    denied = explained[explained["counts_as_denial"]].groupby("svc")["amount_cents"].sum()
    number = lines["line_number"] if case["family_id"] else lines["ordinal"]
    rows = lines.drop(columns=["service_payment_id", "offset", "length"]).assign(
        adjusted_cents=adjusted,
        denied_cents=denied.reindex(lines["ordinal"], fill_value=0).to_numpy("int64"),
        left_cents=lines["charge_cents"] - lines["paid_cents"] - adjusted,
        is_in_case=(case["line_number"] == 0) | (number == case["line_number"]),
    )
    return rows.rename(columns={"ordinal": "svc"})


def _sums(decision: dict[str, Any], explained: pd.DataFrame) -> dict[str, int]:
    adjusted = int(explained["amount_cents"].sum())
    charge, paid = int(decision["charge_cents"]), int(decision["paid_cents"])
    return {
        "charge_cents": charge,
        "adjusted_cents": adjusted,
        "paid_cents": paid,
        "left_cents": charge - adjusted - paid,
    }


def _match(decision: dict[str, Any]) -> dict[str, Any]:
    """Say why the payment belongs to its claim, or why to none."""
    try:
        evidence = json.loads(decision["match_evidence"] or "{}")
    except ValueError:
        evidence = {}
    return {"rule": decision["match_rule"] or "none", "score": int(decision["match_score"]), "evidence": evidence}


def _remark_rows(remarks: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    titles, alerts = (_words_of("rarc", "code", column) for column in ("own_title", "alert"))
    named = remarks["remark_code"].tolist()
    rows = remarks[["source", "remark_code", "seg"]].assign(
        words=pd.Series([titles.get(one, "not in our table") for one in named], remarks.index, dtype="str"),
        informs_only=pd.Series([alerts.get(one) == "Y" for one in named], remarks.index, dtype="bool"),
    )
    rows.insert(0, "svc", _ordinals(remarks, lines))
    return rows


def _named_accounts(ledger: pd.DataFrame) -> pd.DataFrame:
    names = _words_of("accounts", "account", "name")
    told = [names.get(one, "") for one in ledger["account"].tolist()]
    return ledger.assign(name=pd.Series(told, ledger.index, dtype="str"))


def words(body: str, *, show_phi: bool) -> str:
    """Give what an event says in words: who a case was given to and such as they are, what people wrote masked."""
    said = json.loads(body)
    facts = [f"{word} {said[name]}".strip() for name, word in FACTS.items() if said.get(name)]
    written = next((str(said[name]) for name in FREE if said.get(name)), "")
    return ", ".join([*facts, *([written if show_phi else MASK] if written else [])]) or str(
        said.get("action_reason", "")
    )


def _segments(
    ctx: Context, decision: dict[str, Any], parts: list[pd.DataFrame], show_phi: bool
) -> list[dict[str, Any]]:
    """Read the segments of the decision from the stored file: file hash, segment, offset, and their text."""
    sha256 = str(decision["sha256"])
    names = ["seg", "offset", "length"]
    own = [tuple(int(decision[name]) for name in names)]
    others = [row for part in parts for row in zip(*(part[name].tolist() for name in names), strict=True)]
    places = {row[0]: row for row in reversed([*own, *others])}
    rows = []
    for seg, offset, length in sorted(places.values()):
        raw = ctx.vault.read(sha256, int(offset), int(length)).decode("utf-8", "replace")
        rows.append(
            {"sha256": sha256, "seg": int(seg), "offset": int(offset), "text": raw if show_phi else masked_segment(raw)}
        )
    return rows


def masked_segment(raw: str) -> str:
    """Mask the elements of a segment that name a patient or a claim."""
    text = raw.strip()
    for segment_id, elements in PRIVATE_ELEMENTS.items():
        if text.startswith(segment_id) and len(text) > len(segment_id):
            separator = text[len(segment_id)]
            # A terminator that is no line end stays visible.
            end = len(text) - (0 if text[-1].isalnum() else 1)
            cells = text[:end].split(separator)
            cells = [MASK if at in elements and cell else cell for at, cell in enumerate(cells)]
            return separator.join(cells) + text[end:]
    return text
