"""A planned appeal and what was gathered for it come in; the letter and the packet, in words, go out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from claims import codes
from claims.denials.appeal_values import words_of
from claims.denials.appeals import Plan
from claims.letters import Exhibit, Letter, Packet, Party, Run, Table, missing, named
from claims.letters.text import Paragraph, gap
from claims.money import dollars
from claims.service.appeal_added import NOTHING, Filled
from claims.service.appeal_exhibits import SAID, exhibits, limit_words, place
from claims.service.appeal_facts import Gathered
from claims.service.appeal_gaps import OURSELVES, PAYER_ADDRESS, UNPRINTABLE, gaps


def packet(
    plan: Plan,
    got: Gathered,
    letter: Letter,
    closing: Letter,
    origin: tuple[str, ...],
    today: date,
    filled: Filled = NOTHING,
) -> Packet:
    """Put a packet together; ``filled`` is what people added to it."""
    address = address_lines(got.facts.payer, "payer") if plan.decided_by == "payer" else ()
    if filled.words.get("payer_address"):
        address = tuple(part.strip() for part in re.split(r"[;\n]", filled.words["payer_address"]) if part.strip())
    labelled, lost = _with_added(*exhibits(plan, got), plan, filled)
    about, lacking = _about(plan.values)
    wanted = _still_wanted(plan, filled)
    written = _written(filled)
    cells = (cell for one in written for row in one.rows for cell in row)
    boxes = _unprintable((*_texts(letter), *_texts(closing), *plan.values.values(), *address, *cells))
    ours = (*lacking_of_ours(got), *boxes)
    open_gaps = tuple(
        dict.fromkeys(
            (*letter.gaps, *lacking, *(() if address else (PAYER_ADDRESS,)), *wanted, *lost, *closing.gaps, *ours)
        )
    )
    to: tuple[Paragraph, ...] = ((Run(plan.values.get("payer_name", "")),), (Run("Attention: Appeals"),))
    if plan.decided_by != "payer" and not address:
        to = ((gap(plan.decided_by),),)
    return Packet(
        day=today,
        date_words=words_of(today),
        case_number=str(got.facts.case["case_key"])[:10],
        is_draft=bool(open_gaps),
        sender=sender(plan.values, got.facts.provider),
        to=(*to, *(((Run(line),) for line in address) if address else ((gap(PAYER_ADDRESS),),))),
        about=about,
        greeting="".join(run.text for run in closing.title),
        letter=Letter(letter.title, (*letter.paragraphs, *closing.paragraphs), letter.gaps),
        closing="Sincerely,",
        signature=tuple(
            plan.values[name] for name in ("contact_name", "provider_name", "contact_phone") if name in plan.values
        ),
        enclosures=(
            (Run("Claim facts" + ("; what the practice wrote into this letter is listed there" if written else "")),),
            *((Run(f"{one.label}: {one.title}"),) for one in labelled),
            *((gap(one.title),) for one in plan.exhibits if one.source == "person" and one.title in wanted),
        ),
        gaps=open_gaps,
        facts=(*claim_tables(got), _clocks(plan, got), _timeline(got), *written),
        exhibits=labelled,
        origin=origin,
    )


def _texts(letter: Letter) -> Iterable[str]:
    return (run.text for one in (letter.title, *letter.paragraphs) for run in one)


def _unprintable(texts: Iterable[str]) -> tuple[str, ...]:
    """Name the characters that would stand in the packet as empty boxes: who reads it could not know what was meant."""
    found = missing(texts)
    return (f"{UNPRINTABLE}: {named(found)}",) if found else ()


def _written(filled: Filled) -> tuple[Table, ...]:
    """List what a person wrote into the letter: nobody shall take it for what the books say."""
    facts = codes.table("appeal_facts")
    labels = {"payer_address": PAYER_ADDRESS, **dict(zip(facts["fact"], facts["label"], strict=True))}
    rows = tuple((labels[key], text) for key, text in sorted(filled.words.items()))
    return (Table("Written by the practice, not from its books", ("What", "+As written"), rows),) if rows else ()


def _still_wanted(plan: Plan, filled: Filled) -> tuple[str, ...]:
    """Give the gaps of a plan that nobody has filled."""
    has = {*filled.words, *filled.files}
    return tuple(one.label for one in gaps(plan, plan.gaps) if one.key not in has)


def lacking_of_ours(got: Gathered) -> tuple[str, ...]:
    """Give what the practice's own row in master data lacks of a letter's head and foot."""
    provider = got.facts.provider
    return tuple(label for names, label in OURSELVES.items() if not all(provider.get(name) for name in names))


def _with_added(
    made: tuple[Exhibit, ...], lost: tuple[str, ...], plan: Plan, filled: Filled
) -> tuple[tuple[Exhibit, ...], tuple[str, ...]]:
    """Put files that people added behind the exhibits made from the books, each behind a sheet that names it."""
    titles = {one.exhibit: one.title for one in plan.exhibits}
    found = list(made)
    for exhibit, added in filled.files.items():
        label = f"Exhibit {chr(ord('A') + len(found))}"
        title = titles.get(exhibit, exhibit.replace("_", " ").replace("-", " ").capitalize())
        text = tuple(
            f"{one.suffix.upper()}, {one.pages} page{'' if one.pages == 1 else 's'}, sha256 {one.sha256}."
            for one in added
        )
        found.append(Exhibit(label, title, ("Added by the practice; the pages follow.", *text), added=added))
    return tuple(found), tuple(title for title in lost if title not in {titles.get(one) for one in filled.files})


def sender(values: Mapping[str, str], provider: Mapping[str, Any]) -> Party:
    """Give the head of a letter."""
    heads = (("provider_npi", "NPI"), ("provider_tax_id", "Tax ID"), ("contact_phone", "Telephone"))
    about = tuple(f"{head} {values[name]}" for name, head in heads if name in values)
    return Party(values.get("provider_name", ""), address_lines(provider, ""), about)


def address_lines(row: Mapping[str, Any], whose: str) -> tuple[str, ...]:
    """Give the lines of an address (`whose`: what its columns begin with); none where street or city is not known."""
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


def claim_tables(got: Gathered) -> list[Table]:
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
    rows = [("This appeal" + (f" ({plan.level_name})" if plan.level_name else ""), *limit_words(plan.deadline))]
    rows.append(("First claim to this payer", *limit_words(plan.filing)))
    return Table("Time limits", ("Limit for", "Counts from", "Limit", "Last day", "+Source"), tuple(rows))


def _timeline(got: Gathered) -> Table:
    case, sent = got.facts.case, got.sent
    steps: list[tuple[str, str, str]] = []
    claim = got.facts.claim
    service = str(claim.get("statement_from_date") or case["service_date"] or "")
    if service:
        steps.append((service, "Service", ""))
    if sent is not None and got.facts.filing.sent_date:
        steps.append((str(got.facts.filing.sent_date), "Claim sent (837)", place(sent)))
    for one in got.answers:
        steps.append((str(one.day or ""), f"{one.stage}: {SAID[one.said]}", place(one.quote)))
    if got.facts.decision.get("received_date"):
        text = "Day of receipt, as the remittance names it"
        steps.append((str(got.facts.decision["received_date"]), text, place(got.decided)))
    steps.append((str(case["remit_date"] or ""), "Remittance (835) with this decision", place(got.decided)))
    for appeal in got.facts.earlier:
        steps.append((str(appeal.sent_date or ""), f"Appeal of level {appeal.level} sent", ""))
    return Table("Timeline", ("Day", "+Step", "File and segment"), tuple(sorted(steps, key=lambda step: step[0])))
