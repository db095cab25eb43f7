"""Letters to payers about lines that were paid below the contract: what the books say of one case, and nothing else.

What they do not know (an address, who signs) is a marked gap: such a letter is a draft, to be finished by hand. Letter
and packet are kept in the vault, and an event of the case names them; no money moves, and who sends it disputes it.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd

from claims import codes
from claims.denials.appeal_facts import Facts
from claims.denials.appeal_values import of_any_letter, words_of
from claims.errors import NotFoundError, UsageError
from claims.letters import Exhibit, Letter, Packet, Run, Template, compose, find_template, letter_docx, packet_pdf
from claims.letters.text import Paragraph, gap
from claims.master import Master
from claims.money import dollars
from claims.reports import manifest
from claims.reports.report import Check, Report
from claims.service import variance_acts
from claims.service.appeal_exhibits import file_of, priced_table
from claims.service.appeal_facts import (
    Gathered,
    Quote,
    address_in,
    billing_in,
    first_row,
    master_rows,
    priced_in,
    quote_of,
)
from claims.service.appeal_packet import address_lines, claim_tables, lacking_of_ours, sender
from claims.service.appeals import LETTER, OWN_LAYOUT, PACKET, template_named
from claims.service.audited import record
from claims.service.context import Context
from claims.service.master import load_master
from claims.service.outbox import place, require_room, unedited
from claims.service.queue import KEY_LENGTH
from claims.store import clock, filing
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import appeals as rows_of
from claims.store.queries import queue, variances

KIND, CLOSING, REPORT = "variance", "variance-closing", "variance-letter"
ADDRESS = "address of the payer"
EVENT = variance_acts.LETTER


@dataclass(frozen=True)
class Assembled:
    """A letter before it is written: its case, packet and template."""

    case: Mapping[str, Any]
    got: Gathered
    packet: Packet
    template: Template


class Prepared(NamedTuple):
    """A letter that was written; a draft has `gaps`: what a person fills in before it is sent."""

    key: str
    folder: Path
    gaps: tuple[str, ...]
    sha256: dict[str, str]
    template: str
    manifest_sha256: str


def why_not(case: Mapping[str, Any]) -> str:
    """Say why no letter is written about a case; empty: one can be."""
    if case["kind"] != "underpaid":
        return "more was paid than the contract allows: there is nothing to ask for"
    if case["state"] not in ("open", "disputed") or int(case["open_cents"]) <= 0:
        return "nothing of it is open, or it was accepted or closed: take that back first"
    return ""


def assembled(ctx: Context, key: str, *, day: date | None = None) -> Assembled:
    """Put letter and packet of a case together without writing anything.

    It holds patient data: whoever shows it records that. Raises NotFoundError, TemplateError, and UsageError for a case
    of which nothing is asked.
    """
    today, master = day or ctx.settings.today(), load_master(ctx)
    with read(ctx.engine) as conn:
        case = _case(conn, key)
        if why := why_not(case):
            raise UsageError(f"No letter: {why}.")
        got, behind = _gathered(ctx, conn, master, case, today)
    values = _values(case, got, today)
    payer_code = str(got.facts.payer.get("payer_code") or case["payer_code"])
    facts = codes.table("appeal_facts")
    labels = dict(zip(facts["fact"], facts["label"], strict=True))
    used = [find_template(ctx.settings.letters_folder, one, 1, payer_code) for one in (KIND, CLOSING)]
    letter, closing = (compose(one, values, labels) for one in used)
    origin = tuple(f"Made from the template {template_named(one)}, sha256 {one.sha256}." for one in used)
    return Assembled(case, got, _packet(case, got, behind, values, letter, closing, origin, today), used[0])


def prepare(ctx: Context, key: str, out: Path | None = None, *, day: date | None = None) -> Prepared:
    """Write letter and packet of a case into `out` (default: a folder of its own under ``variances``).

    The same books, templates and day give the same bytes. What somebody edited there is never written over. Raises what
    `assembled` does, and ReportFolderError.
    """
    made = assembled(ctx, key, day=day)
    case_id, name = int(made.case["variance_case_id"]), str(made.case["case_key"])[:KEY_LENGTH]
    own = {one[which] for one in told(ctx, name) for which in (LETTER, PACKET)}
    folder = out or unedited(ctx.settings.variances_folder / name, (LETTER, PACKET), own)
    require_room(folder, REPORT, name, (LETTER, PACKET), own)
    layout = ctx.settings.letters_folder / OWN_LAYOUT
    with TemporaryDirectory() as scratch:
        (Path(scratch) / PACKET).write_bytes(packet_pdf(made.packet))
        (Path(scratch) / LETTER).write_bytes(
            letter_docx(made.packet, layout.read_bytes() if layout.is_file() else None)
        )
        content = _manifest(Path(scratch), made, name)
        hashes = {file: ctx.vault.put(Path(scratch) / file) for file in (LETTER, PACKET)}
    at = clock.now()
    with write(ctx.engine) as conn:
        for sha256 in hashes.values():
            size = ctx.vault.path(sha256).stat().st_size
            filing.register_produced(conn, sha256, size, content=KIND, sets="", counts={}, run_id=0)
        body = {"files": hashes, "gaps": list(made.packet.gaps), "template": template_named(made.template)}
        variance_acts.tell(ctx, conn, case_id, EVENT, body, made.packet.day)
        record(ctx, conn, "phi-shown", f"variance {name}", {"part": "letter", "sha256": sorted(hashes.values())})
    for file, sha256 in hashes.items():
        place(ctx.vault.path(sha256), folder, file)
    manifest.save(folder, content, {"generated_at": at, "generated_by": ctx.actor})
    template = template_named(made.template)
    return Prepared(name, folder, made.packet.gaps, hashes, template, content[manifest.SEAL])


def told(ctx: Context, key: str) -> list[dict[str, Any]]:
    """List the letters that were written about a case, the newest last: day, actor, gaps, and the hash of each file."""
    with read(ctx.engine) as conn:
        events = variances.events(conn, int(_case(conn, key)["variance_case_id"]))
    rows = events[events["kind"] == EVENT]
    return [
        {"day": day, "actor": actor, "gaps": body["gaps"], "template": body["template"], **body["files"]}
        for day, actor, body in zip(rows["posting_date"], rows["actor"], map(json.loads, rows["body"]), strict=True)
    ]


def file_named(ctx: Context, key: str, sha256: str) -> tuple[str, bytes]:
    """Give name and bytes of a file of a letter about this case; raise NotFoundError for any other.

    Whoever shows it records that.
    """
    for one in told(ctx, key):
        for name in (LETTER, PACKET):
            if one[name] == sha256:
                return name, ctx.vault.read(sha256)
    raise NotFoundError("letter of this variance", sha256[:12])


def _case(conn: Connection, key: str) -> dict[str, Any]:
    found = variances.find(conn, key.strip().lower()) if key.strip() else pd.DataFrame()
    if len(found) != 1:
        raise NotFoundError("variance" if found.empty else "single variance", "with this key")
    return first_row(found)


def _gathered(
    ctx: Context, conn: Connection, master: Master, case: Mapping[str, Any], today: date
) -> tuple[Gathered, list[Quote]]:
    """Read what is known of a case, and the segments of the decisions behind it."""
    of, family = int(case["claim_payment_id"]), int(case["family_id"])
    decision, claim = first_row(rows_of.decision(conn, of)), first_row(rows_of.claim(conn, of, family))
    events = variances.events(conn, int(case["variance_case_id"]))
    ids = {of, int(case["recovered_claim_payment_id"]), *events["claim_payment_id"].tolist()}
    behind = variances.decisions(conn, sorted(ids - {0}))
    own = first_row(behind[behind["claim_payment_id"] == of])
    rows = [{str(name): value for name, value in row.items()} for row in behind.to_dict("records")]
    quotes = [quote_of(ctx, "835", row) for row in rows]
    decided = quotes[behind["claim_payment_id"].tolist().index(of)]
    known = {
        **case,
        "payer_claim_number": own["payer_claim_number"],
        "remit_date": own["payment_date"],
    }
    payer, provider = master_rows(master, known, claim, today)
    payer = payer if payer.get("payer_address") else payer | address_in(decided.rows)
    provider = provider or billing_in(None, str(decision["payee_name"]))
    priced = priced_in(variances.priced_lines(conn, of), int(case["line_number"]))
    if int(priced["expected_cents"].sum()) != int(case["expected_cents"]):
        priced = priced.head(0)  # priced otherwise by now than when it differed: the case says how it was then
    facts = Facts(case=known, decision=decision, classes=(), claim=claim, payer=payer, provider=provider)
    tables = (queue.lines(conn, of), queue.adjustments(conn, of), queue.remarks(conn, of))
    return Gathered(facts, *tables, None, (), decided, priced), quotes


def _values(case: Mapping[str, Any], got: Gathered, today: date) -> dict[str, str]:
    """Give every fact that is known, in words."""
    granted = (
        ("paid", "paid_cents"),
        ("the patient's share", "patient_cents"),
        ("sequestration", "sequestration_cents"),
    )
    parts = [f"{dollars(int(case[name]))} {word}" for word, name in granted if case[name] or name == "paid_cents"]
    code = " ".join(f"{case['procedure_code']} {case['modifiers']}".split())
    line = f"line {case['line_number']}" + (f", procedure {code}" if code else "")
    known = {
        **of_any_letter(got.facts, today),
        "part": line if case["line_number"] else "as a whole",
        "contract_term": str(case["term"]),
        "contract_sum": str(case["arithmetic"]),
        "contract_amount": dollars(int(case["expected_cents"])),
        "allowed_amount": dollars(int(case["allowed_cents"])),
        "paid_amount": dollars(int(case["paid_cents"])),
        "allowed_sum": " + ".join(parts),
        "difference_amount": dollars(int(case["expected_cents"]) - int(case["allowed_cents"])),
        "recovered_amount": dollars(int(case["recovered_cents"])) if case["recovered_cents"] else "",
        "open_amount": dollars(int(case["open_cents"])),
    }
    return {name: value for name, value in known.items() if value}


def _packet(
    case: Mapping[str, Any], got: Gathered, behind: list[Quote], values: Mapping[str, str], letter: Letter,
    closing: Letter, origin: tuple[str, ...], today: date,
) -> Packet:  # fmt: skip
    address = address_lines(got.facts.payer, "payer")
    about, missing = _about(values)
    exhibits = [Exhibit("Exhibit A", "The remittance", files=tuple(file_of("Remittance (835)", one) for one in behind))]
    if len(got.priced):
        title = "What the contract allows for each line"
        exhibits.append(Exhibit("Exhibit B", title, tables=(priced_table(got),)))
    no_address = () if address else (ADDRESS,)
    gaps = dict.fromkeys((*letter.gaps, *missing, *no_address, *closing.gaps, *lacking_of_ours(got)))
    lines: tuple[Paragraph, ...] = tuple((Run(line),) for line in address) if address else ((gap(ADDRESS),),)
    return Packet(
        day=today,
        date_words=words_of(today),
        case_number=str(case["case_key"])[:KEY_LENGTH],
        is_draft=bool(gaps),
        sender=sender(values, got.facts.provider),
        to=((Run(values.get("payer_name", "")),), (Run("Attention: Provider services"),), *lines),
        about=about,
        greeting="".join(run.text for run in closing.title),
        letter=Letter(letter.title, (*letter.paragraphs, *closing.paragraphs), letter.gaps),
        closing="Sincerely,",
        signature=tuple(values[one] for one in ("contact_name", "provider_name", "contact_phone") if one in values),
        enclosures=((Run("Claim facts"),), *((Run(f"{one.label}: {one.title}"),) for one in exhibits)),
        gaps=tuple(gaps),
        facts=tuple(claim_tables(got)),
        exhibits=tuple(exhibits),
        origin=origin,
        called="Variance",
    )


def _about(values: Mapping[str, str]) -> tuple[tuple[tuple[str, Run], ...], tuple[str, ...]]:
    """Give the block before the text, and what every letter needs that is not known."""
    rows = codes.table("appeal_facts").query("variance_heading != ''").to_dict("records")
    missing = tuple(str(row["label"]) for row in rows if row["needed"] and row["fact"] not in values)
    shown = [
        (str(row["variance_heading"]), Run(values[row["fact"]]) if row["fact"] in values else gap(str(row["label"])))
        for row in rows
        if row["fact"] in values or row["needed"]
    ]
    return tuple(shown), missing


def _manifest(folder: Path, made: Assembled, key: str) -> dict[str, Any]:
    case, got = made.case, made.got
    expected, allowed, open_cents = (int(case[name]) for name in ("expected_cents", "allowed_cents", "open_cents"))
    granted = sum(int(case[name]) for name in ("paid_cents", "patient_cents", "sequestration_cents"))
    checks = (
        Check("allowed is paid, the patient's share and sequestration", granted, allowed),
        Check("open is what the contract allows less what was allowed and came back",
              expected - allowed - int(case["recovered_cents"]), open_cents),
    )  # fmt: skip
    tables = {"lines": got.lines[["ordinal", "charge_cents", "allowed_cents", "paid_cents"]]}
    report = Report(REPORT, tables, {"expected": expected, "allowed": allowed, "open": open_cents}, checks)
    parameters = {
        "case": key,
        "date": made.packet.day.isoformat(),
        "template": template_named(made.template),
        "template_sha256": made.template.sha256,
        "format": "packet",
    }
    files = [folder / LETTER, folder / PACKET]
    content = manifest.of(report, files, parameters, importlib.metadata.version("claims-batch"))
    content |= {"gaps": list(made.packet.gaps)}
    content[manifest.SEAL] = manifest.seal(content)
    return content
