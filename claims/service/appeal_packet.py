"""A planned appeal and what was gathered for it come in; the letter and the packet, in words, go out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from claims import codes
from claims.denials.appeal_facts import Window
from claims.denials.appeal_values import words_of
from claims.denials.appeals import Plan
from claims.letters import Exhibit, File, Letter, Packet, Party, Run, Table
from claims.letters.text import Paragraph, gap
from claims.money import dollars
from claims.service.appeal_facts import Answer, Gathered, Quote, trace_of_transmission

PAYER_ADDRESS = "address of the payer's appeals department"
_SAID = {
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
}
_ENVELOPE_DAY = "day of its interchange"


def packet(plan: Plan, got: Gathered, letter: Letter, closing: Letter, origin: tuple[str, ...], today: date) -> Packet:
    """Put a packet together."""
    address = _address(got.facts.payer, "payer") if plan.decided_by == "payer" else ()
    exhibits = _exhibits(plan, got)
    lost = tuple(one.title for one in plan.exhibits if one.source == "books" and one.title not in exhibits)
    about, missing = _about(plan.values)
    gaps = tuple(
        dict.fromkeys(
            (*letter.gaps, *missing, *(() if address else (PAYER_ADDRESS,)), *plan.gaps, *lost, *closing.gaps)
        )
    )
    labelled = tuple(
        Exhibit(f"Exhibit {chr(ord('A') + place)}", title, *parts)
        for place, (title, parts) in enumerate(exhibits.items())
    )
    to: tuple[Paragraph, ...] = ((Run(plan.values.get("payer_name", "")),), (Run("Attention: Appeals"),))
    if plan.decided_by != "payer":
        to = ((gap(plan.decided_by),),)
    return Packet(
        day=today,
        date_words=words_of(today),
        case_number=str(got.facts.case["case_key"])[:10],
        is_draft=bool(gaps),
        sender=_sender(plan.values, got.facts.provider),
        to=(*to, *(((Run(line),) for line in address) if address else ((gap(PAYER_ADDRESS),),))),
        about=about,
        greeting="".join(run.text for run in closing.title),
        letter=Letter(letter.title, (*letter.paragraphs, *closing.paragraphs), letter.gaps),
        closing="Sincerely,",
        signature=tuple(
            plan.values[name] for name in ("contact_name", "provider_name", "contact_phone") if name in plan.values
        ),
        enclosures=(
            (Run("Claim facts"),),
            *((Run(f"{one.label}: {one.title}"),) for one in labelled),
            *((gap(one.title),) for one in plan.exhibits if one.source == "person"),
        ),
        gaps=gaps,
        facts=(*_claim_tables(got), _clocks(plan, got), _timeline(got)),
        exhibits=labelled,
        origin=origin,
    )


def _sender(values: Mapping[str, str], provider: Mapping[str, Any]) -> Party:
    heads = (("provider_npi", "NPI"), ("provider_tax_id", "Tax ID"), ("contact_phone", "Telephone"))
    about = tuple(f"{head} {values[name]}" for name, head in heads if name in values)
    return Party(values.get("provider_name", ""), _address(provider, ""), about)


def _address(row: Mapping[str, Any], whose: str) -> tuple[str, ...]:
    prefix = f"{whose}_" if whose else ""
    street, city, state, zip_code = (str(row.get(prefix + name) or "") for name in ("address", "city", "state", "zip"))
    if not street or not city:
        return ()
    zip_code = f"{zip_code[:5]}-{zip_code[5:]}" if len(zip_code) == 9 else zip_code
    return street, f"{city}, {state} {zip_code}".strip()


def _about(values: Mapping[str, str]) -> tuple[tuple[tuple[str, Run], ...], tuple[str, ...]]:
    rows = codes.table("appeal_facts")
    shown: list[tuple[str, Run]] = []
    missing = [str(row["label"]) for row in rows.to_dict("records") if row["needed"] and row["fact"] not in values]
    for row in rows[rows["heading"] != ""].to_dict("records"):
        if row["fact"] in values:
            shown.append((str(row["heading"]), Run(values[row["fact"]])))
        elif row["needed"]:
            shown.append((str(row["heading"]), gap(str(row["label"]))))
    return tuple(shown), tuple(missing)


def _claim_tables(got: Gathered) -> list[Table]:
    """Give the lines and the adjustments as the payer decided them: they add up to the cent."""
    lines, adjustments = got.lines, got.adjustments
    ordinal = lines.set_index("service_payment_id")["ordinal"]
    at = ordinal.reindex(adjustments["service_payment_id"]).fillna(0).astype("int64").to_numpy()
    adjusted = adjustments.assign(at=at)
    of_line = adjusted.groupby("at")["amount_cents"].sum()
    claim = got.facts.claim
    days = {str(claim.get(name) or "") for name in ("statement_from_date", "statement_to_date")}
    service = days.pop() if len(days) == 1 else ""
    rows = [
        (
            str(row["ordinal"]),
            " ".join(part for part in (row["procedure_code"], row["modifiers"]) if part),
            row["service_date"] or service,
            dollars(row["charge_cents"]),
            "" if pd.isna(row["allowed_cents"]) else dollars(row["allowed_cents"]),
            dollars(int(of_line.get(row["ordinal"], 0))),
            dollars(row["paid_cents"]),
        )
        for row in lines.to_dict("records")
    ]
    if 0 in of_line.index:
        rows.append(("claim", "", "", "", "", dollars(int(of_line[0])), ""))
    charge, paid = int(got.facts.decision["charge_cents"]), int(got.facts.decision["paid_cents"])
    total = int(adjustments["amount_cents"].sum())
    sums = ("", "Claim", "", dollars(charge), "", dollars(total), dollars(paid))
    left = charge - total - paid
    note = f"{dollars(charge)} billed - {dollars(total)} adjusted - {dollars(paid)} paid = {dollars(left)} unexplained"
    columns = ("Line", "+Procedure", "Service", ">Billed", ">Allowed", ">Adjusted", ">Paid")
    titles = codes.table("carc")
    words = titles[titles["code"] != ""].drop_duplicates("code", keep="last").set_index("code")["own_title"]
    shown = [
        (
            str(row["at"] or "claim"),
            f"{row['group_code']}-{row['reason_code']}",
            str(words.get(row["reason_code"], "")),
            dollars(row["amount_cents"]),
        )
        for row in adjusted.to_dict("records")
    ]
    spoken = codes.table("rarc").set_index("code")["own_title"]
    told = [
        (str(int(ordinal.get(one, 0)) or "claim"), str(code), str(spoken.get(code, "")))
        for one, code in zip(got.remarks["service_payment_id"], got.remarks["remark_code"], strict=True)
    ]
    found = [
        Table("Lines of the claim, as the remittance decides them", columns, tuple(rows), sums, note),
        Table("Adjustments", ("Line", "Code", "+Meaning, in our words", ">Amount"), tuple(shown),
              ("", "", "Sum", dollars(total))),
    ]  # fmt: skip
    return [*found, Table("Remarks", ("Line", "Code", "+Meaning, in our words"), tuple(told))] if told else found


def _clocks(plan: Plan, got: Gathered) -> Table:
    rows = [("This appeal" + (f" ({plan.level_name})" if plan.level_name else ""), *_window(plan.deadline))]
    rows.append(("First claim to this payer", *_window(plan.filing)))
    return Table("Time limits", ("Limit for", "Counts from", "Limit", "Last day", "+Source"), tuple(rows))


def _window(window: Window) -> tuple[str, str, str, str]:
    limit = window.limit
    source = limit.source + ("" if limit.is_verified or not limit.length else " (to be confirmed with the payer)")
    start = f"{limit.anchor_words}, {window.start}" if window.start else limit.anchor_words
    length = limit.words.split(" from ")[0]
    return start or "not known", length or "not known", str(window.last_day or "not known"), source


def _timeline(got: Gathered) -> Table:
    case, sent = got.facts.case, got.sent
    steps: list[tuple[str, str, str]] = []
    claim = got.facts.claim
    service = str(claim.get("statement_from_date") or case["service_date"] or "")
    if service:
        steps.append((service, "Service", ""))
    if sent is not None and got.facts.filing.sent_date:
        steps.append((str(got.facts.filing.sent_date), "Claim sent (837)", _place(sent)))
    for one in got.answers:
        steps.append((str(one.day or ""), f"{one.stage}: {_SAID[one.said]}", _place(one.quote)))
    if got.facts.decision.get("received_date"):
        text = "Day of receipt, as the remittance names it"
        steps.append((str(got.facts.decision["received_date"]), text, _place(got.decided)))
    steps.append((str(case["remit_date"] or ""), "Remittance (835) with this decision", _place(got.decided)))
    for appeal in got.facts.earlier:
        steps.append((str(appeal.sent_date or ""), f"Appeal of level {appeal.level} sent", ""))
    return Table("Timeline", ("Day", "+Step", "File and segment"), tuple(sorted(steps, key=lambda step: step[0])))


def _place(quote: Quote) -> str:
    return f"{quote.sha256[:12]}, segment {quote.seg}"


Parts = tuple[tuple[str, ...], tuple[Table, ...], tuple[File, ...]]


def _exhibits(plan: Plan, got: Gathered) -> dict[str, Parts]:
    """Make the exhibits that the books have, by title, in the order of the plan."""
    found: dict[str, Parts] = {}
    for one in plan.exhibits:
        if one.exhibit == "remittance":
            found[one.title] = ((), (), (_file("Remittance (835)", got.decided),))
        elif one.exhibit == "claim" and got.sent is not None:
            found[one.title] = ((), (), (_file("Claim (837)", got.sent),))
        elif one.exhibit == "filing" and got.sent is not None:
            answers = tuple(_file(_title(answer), answer.quote) for answer in got.answers)
            files = (_file("Claim as sent (837)", got.sent), *answers)
            found[one.title] = (_says(plan, got), (_chain(got), _count(plan, got)), files)
    return found


def _says(plan: Plan, got: Gathered) -> tuple[str, ...]:
    taken, last = got.facts.filing.accepted_date, plan.filing.last_day
    if taken is None:
        return ("No acceptance by the payer is in our books: what follows shows how far the claim came.",)
    if last is None or taken > last:
        return (f"The payer accepted the claim for adjudication on {words_of(taken)}.",)
    return (
        f"The payer accepted the claim for adjudication on {words_of(taken)}, "
        f"{(last - taken).days} days before the last day for filing it, {words_of(last)}.",
    )


def _chain(got: Gathered) -> Table:
    """List the sending and each answer to it, with the numbers that tie them to each other."""
    sent, filing = got.sent, got.facts.filing
    assert sent is not None
    trace = trace_of_transmission(sent.rows)
    numbers = (
        f"ISA13 {filing.interchange_number}, GS06 {filing.group_number}, ST02 {filing.set_number}, "
        f"BHT03 {filing.batch_reference}, CLM01 {filing.claim_number}" + (f", REF*D9 {trace}" if trace else "")
    )
    rows = [("Claim sent (837)", str(filing.sent_date or ""), numbers, _place(sent), _bytes(sent))]
    for one in got.answers:
        named = " ".join(part for part in (one.codes, f"from {one.source}" if one.source else "") if part)
        number = f", payer's number {one.payer_claim_number}" if one.payer_claim_number else ""
        rows.append((f"{one.stage}: {_SAID[one.said]}", str(one.day or ""), named + number, _place(one.quote),
                     _bytes(one.quote)))  # fmt: skip
    columns = ("Step", "Day", "+Numbers and codes", "File and segment", "Bytes")
    note = f"The day of a TA1 or 999 is the {_ENVELOPE_DAY}; that of a 277CA the day of its status (STC02)."
    return Table("The acknowledgment chain", columns, tuple(rows), note=note)


def _bytes(quote: Quote) -> str:
    own = quote.rows[quote.rows["seg"] == quote.seg]
    if own.empty:
        return ""
    first = int(own["offset"].iloc[0])
    return f"{first}-{first + int(own['length'].iloc[0]) - 1}"


def _count(plan: Plan, got: Gathered) -> Table:
    """Count the days from the service to the receipt, and hold them against the limit in force."""
    window, taken = plan.filing, got.facts.filing.accepted_date
    rows = [("Counts from", f"{window.limit.anchor_words}, {window.start}" if window.start else "not known")]
    rows.append(("Accepted by the payer", str(taken or "not known")))
    if taken and window.start:
        rows.append(("Days between", str((taken - window.start).days)))
    rows.append(("Limit in force", window.limit.words or "not known"))
    rows.append(("Its source", _window(window)[3] or "not known"))
    rows.append(("Its last day", str(window.last_day or "not known")))
    if taken and window.last_day:
        rows.append(("Days left on the day of acceptance", str((window.last_day - taken).days)))
    return Table("From service to receipt", ("What", "+Day or count"), tuple(rows))


def _title(answer: Answer) -> str:
    return f"{answer.stage}: {_SAID[answer.said]}" + (f", {answer.day}" if answer.day else "")


def _file(title: str, quote: Quote) -> File:
    rows = quote.rows[["seg", "offset", "length", "text"]].itertuples(index=False, name=None)
    return File(title, quote.sha256, tuple((int(a), int(b), int(c), str(text)) for a, b, c, text in rows))
