"""The facts of a denied claim come in; the appeal that can be made of them goes out, or why there is none.

Which letter (by ``codes/appeal_letters.csv``), which level and until when, which exhibits, and what its sentences may
say. A fact that is not in the books is not there: the letter leaves its sentence out or marks the gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from claims import codes
from claims.denials import limits
from claims.denials.appeal_facts import Facts, Receipt, Window
from claims.denials.appeal_values import day_of, previous, service_days, values
from claims.denials.deadlines import appeal_steps

CLOSED, PENDING = "closed", "pending"
ACCEPTED, REMITTED = "277CA", "835"
TIMELY = "timely-filing"
ACCEPTANCE = "the payer's acceptance (277CA) of the claim"
_SET = "set it in master data (payers.csv: filing_limit_days, filing_limit_anchor)"
FILING_LIMITS = (
    f"the filing limit of this payer: {_SET}",
    f"the filing limit of the contract, only a usual one is known: {_SET}",
)
_NO_DECISION = ("23", "25")  # CLP02: forwarded without a decision; an estimate
_FIRST_PAYER = ("P", "U", "")


@dataclass(frozen=True)
class Exhibit:
    """What is enclosed: made from the books, or to be added by a person (``source`` books, person)."""

    exhibit: str
    source: str
    title: str


@dataclass(frozen=True)
class Plan:
    """An appeal: ``values`` are the facts that a letter may name, by name, in words; what is missing is not there.

    ``refused`` is a code of ``codes/appeal_refusals.csv``, or empty; ``reason`` says it with its figures.
    """

    kind: str
    level: int
    level_name: str
    decided_by: str
    deadline: Window
    filing: Window
    receipt: Receipt
    exhibits: tuple[Exhibit, ...]
    values: Mapping[str, str]
    gaps: tuple[str, ...]
    refused: str = ""
    reason: str = ""


def plan(facts: Facts, today: date, level: int | None = None) -> Plan:
    """Decide on the appeal of a case; ``level`` is the one after the last that was sent unless given."""
    kind, barred = _kind(facts.case)
    sent = max((one.level for one in facts.earlier), default=0)
    level = sent + 1 if level is None else level
    step = _level(str(facts.case["payer_type"]), level)
    filing = _filing(facts)
    had = receipt(facts.filing.accepted_date, day_of(facts.decision.get("received_date")))
    deadline = _deadline(facts, str(step.get("event", "")), level)
    refused, figures = _refusal(facts, barred, level, sent, step, deadline, filing, had, kind, today)
    exhibits = _exhibits(kind)
    before = _level(str(facts.case["payer_type"]), level - 1)
    names = str(step.get("name", "")), str(before.get("name", ""))
    return Plan(
        kind=kind,
        level=level,
        level_name=names[0],
        decided_by=str(step.get("decided_by", "")),
        deadline=deadline,
        filing=filing,
        receipt=had,
        exhibits=exhibits,
        values=values(facts, today, names, level, deadline, filing, had),
        gaps=(*(one.title for one in exhibits if one.source == "person"), *_unproven(kind, filing, had)),
        refused=refused,
        reason=_says(refused) + figures if refused else "",
    )


def barred(cases: pd.DataFrame) -> pd.Series[str]:
    """Say of each case which of its codes rules an appeal out (codes/appeal_refusals.csv); empty where none does.

    ``cases``: reason_code, remark_codes, category. The desk and the letters ask the same.
    """
    return _of_codes(cases, 1)


def kinds(cases: pd.DataFrame) -> pd.Series[str]:
    """Give the kind of letter of each case, by the same columns."""
    return _of_codes(cases, 0)


def _of_codes(cases: pd.DataFrame, part: int) -> pd.Series[str]:
    names = ["reason_code", "remark_codes", "category"]
    at = cases.groupby(names, sort=False).ngroup()
    distinct = cases[names].drop_duplicates().to_dict("records")
    found = [_kind({str(name): value for name, value in case.items()})[part] for case in distinct]
    return pd.Series([found[one] for one in at], index=cases.index, dtype="str")


def _kind(case: Mapping[str, Any]) -> tuple[str, str]:
    """Give the first rule that fits: the kind of letter, and the refusal that it may be instead."""
    effects = codes.table("rarc").set_index("code")["effect"]
    remarks = str(case["remark_codes"]).split()
    said = {str(effects.get(code, "")) for code in remarks}
    kind, refused = "", ""
    rules = codes.table("appeal_letters")
    for rule in rules.iloc[rules["priority"].astype("int64").argsort()].to_dict("records"):
        fits = (
            rule["reason_code"] in ("", str(case["reason_code"]))
            and (not rule["remark_code"] or rule["remark_code"] in remarks)
            and (not rule["remark_effect"] or rule["remark_effect"] in said)
            and rule["category"] in ("", str(case["category"]))
        )
        if fits and rule["refused"]:
            refused = refused or str(rule["refused"])
        elif fits:
            kind = str(rule["kind"])
            break
    return kind, refused


def _level(payer_type: str, level: int) -> dict[str, Any]:
    steps = appeal_steps(payer_type)
    return {str(name): value for name, value in steps.loc[level].items()} if level in steps.index else {}


def _exhibits(kind: str) -> tuple[Exhibit, ...]:
    rows = codes.table("appeal_exhibits").query("kind == @kind")
    return tuple(Exhibit(*row) for row in rows[["exhibit", "source", "title"]].itertuples(index=False, name=None))


def _deadline(facts: Facts, event: str, level: int) -> Window:
    limit = limits.appeal(facts.payer, str(facts.case["payer_type"]), event)
    remit = day_of(facts.case["remit_date"])
    decided = remit if level == 1 else previous(facts, level).decision_date
    # A remittance counts as received on its date: a later receipt would only lengthen the limit.
    anchors = {"remit_date": remit, "remit_receipt": remit, "determination": remit, "decision_receipt": decided}
    return Window(limit, limit.start(anchors), limit.last_day(anchors))


def filing_window(
    payer: Mapping[str, Any],
    payer_type: str,
    payer_sequence: str,
    service: tuple[date | None, date | None],
    primary_remit: date | None,
) -> Window:
    """Give the limit for the first filing of a claim; ``payer`` is its row as it was on the day of the service."""
    is_later = payer_sequence not in _FIRST_PAYER
    limit = limits.first_filing(payer, payer_type, is_later_payer=is_later)
    first, last = service
    anchors = {"service_from": first, "service_through": last, "primary_remit_date": primary_remit}
    return Window(limit, limit.start(anchors), limit.last_day(anchors))


def receipt(accepted: date | None, received: date | None) -> Receipt:
    """Give the earlier of the two days that the payer itself names: its 277CA's, and its remittance's."""
    known = [Receipt(day, by) for day, by in ((accepted, ACCEPTED), (received, REMITTED)) if day]
    return min(known, key=lambda one: one.day or date.max, default=Receipt())


def filed_late(had: Receipt, filing: Window) -> str:
    """Say with its figures that a claim came after the limit that we know; empty where it did not, or nobody knows."""
    if had.day is None or filing.last_day is None or had.day <= filing.last_day:
        return ""
    return f"taken {had.day}, last day {filing.last_day}: {filing.limit.words}; {_source(filing)}"


def _filing(facts: Facts) -> Window:
    case = facts.case
    before = day_of(facts.claim.get("primary_remit_date"))
    sequence = str(case["payer_sequence"])
    return filing_window(facts.payer, str(case["payer_type"]), sequence, service_days(facts), before)


def _refusal(
    facts: Facts,
    barred: str,
    level: int,
    sent: int,
    step: Mapping[str, Any],
    deadline: Window,
    filing: Window,
    had: Receipt,
    kind: str,
    today: date,
) -> tuple[str, str]:
    """Give the first reason against an appeal, and its figures."""
    case = facts.case
    is_pending = (
        case["next_action"] == "WAIT"
        or "pending" in facts.classes
        or str(facts.decision.get("status_code", "")) in _NO_DECISION
    )
    if case["state"] == CLOSED:
        return CLOSED, f" ({str(case['outcome']).replace('_', ' ')})" if case["outcome"] else ""
    if is_pending:
        return PENDING, ""
    if facts.classes and set(facts.classes) <= {"patient"}:
        return "patient-share", ""
    if barred:
        return barred, ""
    if level <= sent:
        return "sent-already", f" (level {sent} was sent)"
    if not step:
        return "no-level", f" (level {level})"
    if step["letter"] != "Y":
        return "no-letter", f" (level {level}: {step['name']})"
    if deadline.last_day is not None and today > deadline.last_day:
        return "window-passed", f": its last day was {deadline.last_day} ({deadline.limit.words}; {_source(deadline)})"
    late = filed_late(had, filing) if kind == TIMELY else ""
    return ("filed-late", f" ({late})") if late else ("", "")


def _says(refused: str) -> str:
    return str(codes.table("appeal_refusals").set_index("refused")["says"][refused])


def _source(window: Window) -> str:
    return window.limit.source + ("" if window.limit.is_verified else ", confirm with the payer")


def _unproven(kind: str, filing: Window, had: Receipt) -> tuple[str, ...]:
    """Say what a letter on filing in time cannot prove from the books."""
    if kind != TIMELY:
        return ()
    taken = had.day
    gaps = []
    if taken is None:
        gaps.append(ACCEPTANCE)
    if filing.last_day is None:
        gaps.append(FILING_LIMITS[0])
    elif not filing.limit.is_verified:
        gaps.append(FILING_LIMITS[1])
    return tuple(gaps)
