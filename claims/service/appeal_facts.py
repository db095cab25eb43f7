"""All that an appeal of one case can be made of, read from books, master data and stored files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from claims.denials.appeal_facts import Earlier, Facts, Filing
from claims.denials.cases import EARLIER
from claims.errors import NotFoundError
from claims.master import Master
from claims.service.addressed import is_addressed, member_id
from claims.service.answer_events import STATE_AFTER, said_by
from claims.service.context import Context
from claims.service.filed import SENDING, accepted, decided_before_each, payers
from claims.service.master import load_master
from claims.service.quoted import elements, quoted
from claims.store.balances import open_on
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import appeals as rows_of
from claims.store.queries import queue, variances

# The first letter of a rank: how far from us the answer comes from.
STAGES = {"0": "TA1", "1": "TA1", "2": "999", "3": "277CA", "4": "277CA"}
_PAYER = "4"


@dataclass(frozen=True)
class Quote:
    """Segments of a stored file: what it is, its sha256, its segment that matters, all segments quoted."""

    content: str
    sha256: str
    seg: int
    rows: pd.DataFrame

    @property
    def day(self) -> date | None:
        """Give the day in its envelope (ISA09)."""
        return day_of(_element(self.rows, "ISA", 9))


@dataclass(frozen=True)
class Answer:
    """An answer to the sending: who it comes from, what it says, since when, and its segments."""

    stage: str
    said: str
    day: date | None
    codes: str
    source: str
    payer_claim_number: str
    quote: Quote


@dataclass(frozen=True)
class Gathered:
    """The facts, and the rows and segments that the packet shows."""

    facts: Facts
    lines: pd.DataFrame
    adjustments: pd.DataFrame
    remarks: pd.DataFrame
    sent: Quote | None
    answers: tuple[Answer, ...]
    decided: Quote
    priced: pd.DataFrame  # line_number, expected_cents, term, arithmetic of the part; none where a line has no price


def gather(ctx: Context, case_id: int, today: date) -> Gathered:
    """Read what is known of a case. Raises NotFoundError."""
    master = load_master(ctx)
    with read(ctx.engine) as conn:
        case = first_row(rows_of.case(conn, case_id))
        if not case:
            raise NotFoundError("denial case", "with this number")
        of, family = int(case["claim_payment_id"]), int(case["family_id"])
        decision = first_row(rows_of.decision(conn, of))
        claim = first_row(rows_of.claim(conn, of, family)) if family else {}
        lines, adjustments, remarks = queue.lines(conn, of), queue.adjustments(conn, of), queue.remarks(conn, of)
        priced = priced_in(variances.priced_lines(conn, of), int(case["line_number"]))
        place = str(case["payer_sequence"])
        if claim:
            theirs = str(decision["member_id"] or "")
            claim |= {"member_id": member_id(ctx, conn, family, place, claim, theirs)}
        left = open_on(conn, family, place) if family and place in EARLIER else None
        before = str(decided_before_each(conn, pd.DataFrame([case]))[0])
        sendings = rows_of.sendings(conn, family, case["payer_sequence"]) if family else pd.DataFrame()
        heard = rows_of.answers(conn, sendings["claim_id"].unique().tolist()) if len(sendings) else pd.DataFrame()
        earlier = _earlier(conn, case_id, day_of(case["decision_date"]), day_of(case["remit_date"]))
    sending, answers = _chosen(sendings, heard)
    sent = quote_of(ctx, "837", sending) if sending else None
    accepted_date = day_of(sending.get("accepted_date"))
    told = tuple(_answer(ctx, row) for row in answers)
    decided = quote_of(ctx, "835", decision)
    payer, provider = master_rows(master, case, claim, today)
    payer = payer if payer.get("payer_address") else payer | address_in(decided.rows)
    provider = provider or billing_in(sent, str(decision["payee_name"]))
    if payer.get("payer_type", "other") != "other":
        case = case | {"payer_type": payer["payer_type"]}
    facts = Facts(
        case=case,
        decision=decision,
        classes=tuple(sorted(set(_of_part(case, lines, adjustments)["adjustment_class"]) - {""})),
        claim=claim | {"primary_remit_date": before} if claim else {},
        payer=payer,
        provider=provider,
        filing=_filing(sent, accepted_date, tuple(dict.fromkeys(one.stage for one in told))),
        earlier=earlier,
        open_cents=left,
        expected_cents=int(priced["expected_cents"].sum()) if len(priced) else None,
    )
    return Gathered(facts, lines, adjustments, remarks, sent, told, decided, priced)


def priced_in(lines: pd.DataFrame, line_number: int) -> pd.DataFrame:
    """Give how the contract prices the lines of a case (0: all of the claim); nothing where it does not price one."""
    own = lines[(lines["ended_at"] == "") & ((lines["line_number"] == line_number) | (line_number == 0))]
    is_whole = bool(own["expected_cents"].notna().all())
    return own.loc[[is_whole] * len(own), ["line_number", "expected_cents", "term", "arithmetic"]]


def _earlier(conn: Connection, case_id: int, decision_day: date | None, remit_day: date | None) -> tuple[Earlier, ...]:
    """Give the appeals that were sent, and the decision on the last.

    It came on the day that the case says, else with a remittance that denies the case after that.
    """
    sent = rows_of.sent(conn, [case_id])
    found = [Earlier(int(level), day_of(day)) for level, day in zip(sent["level"], sent["sent_date"], strict=True)]
    if found and decision_day:
        found[-1] = replace(found[-1], decision_date=decision_day)
    elif found and remit_day and found[-1].sent_date and remit_day >= found[-1].sent_date:
        found[-1] = replace(found[-1], decision_date=remit_day)
    return tuple(found)


def _chosen(sendings: pd.DataFrame, heard: pd.DataFrame) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Choose the sending that proves most: the first that the payer accepted and did not refuse later, else the first.

    Gives it with all answers to it, lowest rank first.
    """
    if sendings.empty:
        return {}, []
    told = heard.assign(said=said_by(heard))
    taken = accepted(heard).merge(sendings[SENDING], on=SENDING)
    sending = first_row(sendings.merge(taken, on=SENDING).sort_values(["accepted_date", *SENDING])) or first_row(
        sendings
    )
    mine = told[(told["claim_id"] == sending["claim_id"]) & (told["submission_id"] == sending["submission_id"])]
    return sending, [{str(name): value for name, value in one.items()} for one in mine.to_dict("records")]


def _answer(ctx: Context, row: Mapping[str, Any]) -> Answer:
    rank = str(row["answer_rank"])
    content = STAGES[rank[0]]
    quote = quote_of(ctx, content, row)
    day = day_of(row["effective_date"]) if content == "277CA" else quote.day
    codes = str(row["detail_code"]) if content == "277CA" else str(row["status_code"])
    said = str(row["said"])
    said = f"{said} by the payer" if rank[0] == _PAYER and said in STATE_AFTER else said
    return Answer(content, said, day, codes, str(row["source_identifier"]), str(row["payer_claim_number"]), quote)


def quote_of(ctx: Context, content: str, row: Mapping[str, Any]) -> Quote:
    """Read the segments about a claim from a stored file (sha256, seg), with those above them."""
    sha256, seg = str(row["sha256"]), int(row["seg"])
    return Quote(content, sha256, seg, quoted(ctx, sha256, seg, content))


def _filing(sent: Quote | None, accepted_date: date | None, acknowledgments: tuple[str, ...]) -> Filing:
    """Read the numbers that the claim was sent under from the bytes that were sent."""
    if sent is None or sent.rows.empty:
        return Filing()
    return Filing(
        sent_date=sent.day,
        accepted_date=accepted_date,
        interchange_number=_element(sent.rows, "ISA", 13),
        group_number=_element(sent.rows, "GS", 6),
        set_number=_element(sent.rows, "ST", 2),
        batch_reference=_element(sent.rows, "BHT", 3),
        claim_number=_element(sent.rows, "CLM", 1),
        acknowledgments=acknowledgments,
    )


def trace_of_transmission(rows: pd.DataFrame) -> str:
    """Give the number that a clearing house knows the claim by (REF*D9); empty where none was sent."""
    return next((one[2] for one in elements(rows, "REF") if len(one) > 2 and one[1] == "D9"), "")


def _element(rows: pd.DataFrame, segment_id: str, number: int) -> str:
    found = elements(rows, segment_id)
    return found[0][number].strip() if found and len(found[0]) > number else ""


def day_of(text: Any) -> date | None:
    """Read an ISO day, or one of an envelope (YYMMDD); None for anything else."""
    text = str(text or "")
    try:
        if len(text) == 6 and text.isdigit():
            return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def master_rows(
    master: Master, case: Mapping[str, Any], claim: Mapping[str, Any], today: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give our row and the payer's: its limits for filing as of the service, for appeals as of the decision."""
    place = str(case["payer_sequence"])
    of = {
        "own_payer": str(claim.get("own_payer_code") or ""),
        "claim_payer": str(claim.get("payer_code") or "") if is_addressed(claim, place) else "",
        "payer_code": str(case["payer_code"]),
        "service_date": str(claim.get("statement_from_date") or case["service_date"] or ""),
        "remit_date": str(case["remit_date"] or ""),
    }
    payer = first_row(payers(master, pd.DataFrame([of]).astype("str"), today))
    payer = payer if payer.pop("is_known") else {}
    return payer, _in_force(master, "providers", "npi", str(claim.get("billing_npi") or ""), today)


def address_in(decided: pd.DataFrame) -> dict[str, Any]:
    """Read the payer's address from its remittance (N3 and N4 after N1*PR); nothing where there is none."""
    found: dict[str, Any] = {}
    is_payer = False
    for one in elements(decided, "N1", "N3", "N4"):
        is_payer = one[1] == "PR" if one[0] == "N1" else is_payer
        if is_payer and one[0] == "N3":
            found["payer_address"] = " ".join(part for part in one[1:3] if part)
        elif is_payer and one[0] == "N4":
            found |= dict(zip(("payer_city", "payer_state", "payer_zip"), one[1:4], strict=False))
    return found


def billing_in(sent: Quote | None, payee_name: str) -> dict[str, Any]:
    """Read who we are from the claim that was sent (NM1*85), else from the remittance, where master data do not say."""
    for one in elements(sent.rows, "NM1") if sent is not None else []:
        if one[1] == "85":
            return dict(zip(("last_name", "first_name"), one[3:5], strict=False))
    return {"last_name": payee_name} if payee_name else {}


def _in_force(master: Master, kind: str, key: str, value: str, day: date) -> dict[str, Any]:
    keys = pd.DataFrame({key: pd.Series([value], dtype="str")})
    row = first_row(master.look_up(kind, keys, pd.Series([int(day.strftime("%Y%m%d"))])))
    return row if row.pop("is_known") else {}


def _of_part(case: Mapping[str, Any], lines: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """Keep the adjustments of the part of the claim that the case is about."""
    if case["extent"] == "full":
        return adjustments
    number = lines["line_number"] if case["family_id"] else lines["ordinal"]
    mine = lines.loc[number == case["line_number"], "service_payment_id"]
    return adjustments[adjustments["service_payment_id"].isin([*mine] if case["line_number"] else [0])]


def first_row(rows: pd.DataFrame) -> dict[str, Any]:
    """Give the first row; nothing where there is none."""
    return {str(name): value for name, value in rows.iloc[0].items()} if len(rows) else {}
