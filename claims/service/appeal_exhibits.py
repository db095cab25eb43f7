"""What proves an appeal: the segments of the claim, of each answer and of the decision, and the count of the days."""

from __future__ import annotations

import pandas as pd

from claims.denials.appeal_facts import Window
from claims.denials.appeal_values import words_of
from claims.denials.appeals import REMITTED, Plan
from claims.letters import Exhibit, File, Table
from claims.money import dollars
from claims.service.appeal_facts import Answer, Gathered, Quote, trace_of_transmission
from claims.service.quoted import elements

SAID = {
    "interchange-accepted": "took the interchange",
    "interchange-rejected": "refused the interchange",
    "syntax-accepted": "accepted the transaction set",
    "syntax-rejected": "refused the transaction set",
    "set-refused": "refused the transaction set because of another claim",
    "received": "received by the clearing house, not judged",
    "accepted": "accepted by the clearing house",
    "rejected": "refused by the clearing house",
    "received by the payer": "received by the payer, not judged",
    "accepted by the payer": "accepted by the payer for adjudication",
    "rejected by the payer": "refused by the payer",
    "not-found": "the claim was not found",
    "contradicted": "says two things of the claim",
    "not-usable": "says nothing of the claim",
}


def place(quote: Quote) -> str:
    return f"{quote.sha256[:12]}, segment {quote.seg}"


def limit_words(window: Window) -> tuple[str, str, str, str]:
    limit = window.limit
    source = limit.source + ("" if limit.is_verified or not limit.length else " (to be confirmed with the payer)")
    start = f"{limit.anchor_words}, {window.start}" if window.start else limit.anchor_words
    length = limit.words.split(" from ")[0]
    return start or "not known", length or "not known", str(window.last_day or "not known"), source


def exhibits(plan: Plan, got: Gathered) -> tuple[tuple[Exhibit, ...], tuple[str, ...]]:
    """Make the exhibits of a plan that the books have, in its order; give the titles of those that they lack too."""
    found: list[Exhibit] = []
    lacking: list[str] = []
    for one in (one for one in plan.exhibits if one.source == "books"):
        label = f"Exhibit {chr(ord('A') + len(found))}"
        if one.exhibit == "remittance":
            found.append(Exhibit(label, one.title, files=(file_of("Remittance (835)", got.decided),)))
        elif one.exhibit == "priced":
            if len(got.priced):  # else the page of the contract says it, which a person adds
                found.append(Exhibit(label, one.title, tables=(priced_table(got),)))
        elif got.sent is None:
            lacking.append(one.title)
        elif one.exhibit == "claim":
            found.append(Exhibit(label, one.title, files=(file_of("Claim as sent (837)", got.sent),)))
        else:
            files = (
                file_of("Claim as sent (837)", got.sent),
                *(file_of(_title(each), each.quote) for each in got.answers),
            )
            tables = (_chain(got, got.sent), _count(plan, got))
            found.append(Exhibit(label, one.title, (_says(plan, got),), tables, files))
    return tuple(found), tuple(lacking)


def _says(plan: Plan, got: Gathered) -> str:
    had, last = plan.receipt.day, plan.filing.last_day
    taken = got.facts.filing.accepted_date
    said = []
    if taken is None:
        said.append("No acceptance by the payer is in our books: what follows shows how far the claim came.")
    else:
        said.append(f"The payer accepted the claim for adjudication on {words_of(taken)}.")
    if plan.receipt.by == REMITTED:
        said.append(f"Its remittance names {words_of(had)} as the day of receipt.")
    if had and last and had <= last:
        said.append(f"That is {(last - had).days} days before the last day for filing it, {words_of(last)}.")
    return " ".join(said)


def _chain(got: Gathered, sent: Quote) -> Table:
    """List the sending and each answer to it, with the numbers that tie them to each other."""
    filing = got.facts.filing
    trace = trace_of_transmission(sent.rows)
    numbers = (
        f"ISA13 {filing.interchange_number}, GS06 {filing.group_number}, ST02 {filing.set_number}, "
        f"BHT03 {filing.batch_reference}, CLM01 {filing.claim_number}" + (f", REF*D9 {trace}" if trace else "")
    )
    rows = [("Claim sent (837)", str(filing.sent_date or ""), numbers, place(sent), _bytes(sent))]
    for one in got.answers:
        rows.append((f"{one.stage}: {SAID[one.said]}", str(one.day or ""), _tie(one), place(one.quote),
                     _bytes(one.quote)))  # fmt: skip
    columns = ("Step", "Day", "+Numbers and codes", "File and segment", "Bytes")
    note = "The day of a TA1 or 999 is the day of its interchange; that of a 277CA the day of its status (STC02)."
    return Table("The acknowledgment chain", columns, tuple(rows), note=note)


def _tie(answer: Answer) -> str:
    """Say what an answer says, and what it names of what was sent, as its segments have it."""
    rows = answer.quote.rows
    asked = {"TA1": (("TA1", 1, "ISA13"),), "999": (("AK1", 2, "GS06"), ("AK2", 2, "ST02"))}.get(answer.stage, ())
    named = [
        (name, one[number])
        for segment_id, number, name in asked
        for one in elements(rows, segment_id)
        if len(one) > number
    ]
    named += list(zip(("BHT03", "CLM01"), _traces(rows), strict=False))
    parts = [answer.codes, *(f"{name} {number}" for name, number in named)]
    if answer.payer_claim_number:
        parts.append(f"payer's number {answer.payer_claim_number}")
    return ", ".join(part for part in parts if part)


def _traces(rows: pd.DataFrame) -> list[str]:
    """Give the numbers of batch and claim that a 277CA names (TRN*2)."""
    return [one[2] for one in elements(rows, "TRN") if len(one) > 2 and one[1] == "2"]


def _bytes(quote: Quote) -> str:
    own = quote.rows[quote.rows["seg"] == quote.seg]
    if own.empty:
        return ""
    first = int(own["offset"].iloc[0])
    return f"{first}-{first + int(own['length'].iloc[0]) - 1}"


def _count(plan: Plan, got: Gathered) -> Table:
    """Count the days from the service to the receipt, and hold them against the limit in force."""
    window, had = plan.filing, plan.receipt.day
    rows = [("Counts from", f"{window.limit.anchor_words}, {window.start}" if window.start else "not known")]
    rows.append(("Accepted by the payer (277CA)", str(got.facts.filing.accepted_date or "not known")))
    rows.append(("Received, as the remittance names it", str(got.facts.decision["received_date"] or "not named")))
    if had and window.start:
        rows.append((f"Days between, to {had}", str((had - window.start).days)))
    rows.append(("Limit in force", window.limit.words or "not known"))
    rows.append(("Its source", limit_words(window)[3] or "not known"))
    rows.append(("Its last day", str(window.last_day or "not known")))
    if had and window.last_day:
        rows.append(("Days left on that day", str((window.last_day - had).days)))
    return Table("From service to receipt", ("What", "+Day or count"), tuple(rows))


def priced_table(got: Gathered) -> Table:
    """Show the sum by which the contract allows what it does, line by line."""
    rows = got.priced.sort_values("line_number").itertuples(index=False, name=None)
    told = tuple((str(line), term or "fee schedule", sum_, dollars(int(cents))) for line, cents, term, sum_ in rows)
    sums = ("", "", "Together", dollars(int(got.priced["expected_cents"].sum())))
    columns = ("Line", "Term of the contract", "+Worked out as", ">It allows")
    return Table("What the contract allows", columns, told, sums)


def _title(answer: Answer) -> str:
    return f"{answer.stage}: {SAID[answer.said]}" + (f", {answer.day}" if answer.day else "")


def file_of(title: str, quote: Quote) -> File:
    """Show the segments of a stored file."""
    rows = quote.rows[["seg", "offset", "length", "text"]].itertuples(index=False, name=None)
    return File(title, quote.sha256, tuple((int(a), int(b), int(c), str(text)) for a, b, c, text in rows))
