"""Prepare the appeal of a denial case: a letter, and a packet that proves what it says, from the books alone."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import pandas as pd

from claims import codes
from claims.denials import appeals as rules
from claims.denials.appeals import Plan
from claims.errors import NotFoundError, UsageError
from claims.letters import Added, Packet, Template, compose, find_template, letter_docx, packet_pdf
from claims.letters import templates as letter_templates
from claims.reports import manifest
from claims.reports.report import Check, Report
from claims.service import appeal_added
from claims.service.appeal_added import NOTHING, Attached, Filled, Removed, before, keep, merged
from claims.service.appeal_facts import Gathered, gather
from claims.service.appeal_gaps import WORDS, Gap, gaps
from claims.service.appeal_packet import packet
from claims.service.audited import record
from claims.service.context import Context
from claims.service.outbox import place, require_room, unedited
from claims.service.queue import KEY_LENGTH, AmbiguousKeyError
from claims.store import appeals as store
from claims.store import clock, filing
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import appeals as rows_of

PACKET, LETTER, CONTENT = "packet.pdf", "letter.docx", "appeal"
OWN_LAYOUT = "letter.docx"
STATES = ("prepared", "sent", "replaced")
NO_WORDS: Mapping[str, str] = MappingProxyType({})


class AppealRefusedError(UsageError):
    """There is no appeal to be made: `refused` is the code of the reason (codes/appeal_refusals.csv)."""

    def __init__(self, refused: str, reason: str) -> None:
        super().__init__(f"No appeal: {reason}.")
        self.refused = refused


@dataclass(frozen=True)
class Appeal:
    """A prepared appeal; `folder` holds its files. A draft has `gaps`: what a person fills in before it is sent."""

    appeal_id: int
    key: str
    level: int
    level_name: str
    kind: str
    template: str
    template_sha256: str
    deadline: date | None
    deadline_rule: str
    gaps: tuple[str, ...]
    open_gaps: tuple[Gap, ...]  # the same, and how each is filled
    folder: Path
    sha256: dict[str, str]
    manifest_sha256: str
    attached: tuple[Removed, ...] = ()  # the files that people attached, as they are named to be taken out


def case_named(ctx: Context, key: str) -> int:
    """Give the case whose key begins so. Raises UsageError, NotFoundError or AmbiguousKeyError."""
    if not key.strip():
        raise UsageError("The key of a case is wanted, as claims denials list shows it.")
    with read(ctx.engine) as conn:
        found = rows_of.cases_named(conn, key.strip().lower())
    if found.empty:
        raise NotFoundError("denial case", "with this key")
    if len(found) > 1:
        raise AmbiguousKeyError()
    return int(found["case_id"].iloc[0])


@dataclass(frozen=True)
class Assembled:
    """An appeal before it is written: what was decided, what it was made of, and the packet."""

    plan: Plan
    got: Gathered
    template: Template
    packet: Packet
    fields: tuple[Gap, ...]  # what a person may write, with the words that stand there now
    added: Filled = NOTHING  # what of it is new and not kept yet
    files: Mapping[str, tuple[Added, ...]] = field(default_factory=dict)  # by exhibit: what people attached
    seen: int = 0  # how often something was added to it or taken out: what `prepare` wants to know was seen

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Say what it lacks, and how each of it is filled."""
        return gaps(self.plan, self.packet.gaps)


def planned(ctx: Context, case_id: int, level: int | None = None, *, day: date | None = None) -> Plan:
    """Say what appeal could be made of a case, or why none, without making it and without patient data."""
    today = day or ctx.settings.today()
    return replace(rules.plan(gather(ctx, case_id, today).facts, today, level), values={})


def assembled(
    ctx: Context,
    case_id: int,
    level: int | None = None,
    *,
    day: date | None = None,
    words: Mapping[str, str] | None = None,
    attached: Sequence[Attached] = (),
    removed: Sequence[Removed] = (),
    seen: int | None = None,
) -> Assembled:
    """Put letter and packet together without writing anything; raises what `prepare` raises.

    It holds patient data: whoever shows it records that (`service.audited`).
    """
    today = day or ctx.settings.today()
    got = gather(ctx, case_id, today)
    plan = rules.plan(got.facts, today, level)
    if plan.refused:
        raise AppealRefusedError(plan.refused, plan.reason)
    return _assembled(ctx, case_id, got, plan, today, words or {}, attached, removed, seen)


def looked_at(ctx: Context, case_id: int) -> tuple[Plan, Assembled | None]:
    """Give what `planned` says and, where an appeal can be made, what `assembled` gives, gathered once."""
    today = ctx.settings.today()
    got = gather(ctx, case_id, today)
    plan = rules.plan(got.facts, today, None)
    made = None if plan.refused else _assembled(ctx, case_id, got, plan, today)
    return replace(plan, values={}), made


def _assembled(
    ctx: Context, case_id: int, got: Gathered, plan: Plan, today: date, words: Mapping[str, str] = NO_WORDS,
    attached: Sequence[Attached] = (), removed: Sequence[Removed] = (), seen: int | None = None,
) -> Assembled:  # fmt: skip
    payer_code = str(got.facts.payer.get("payer_code") or got.facts.case["payer_code"])
    with read(ctx.engine) as conn:
        old = before(ctx, conn, case_id, plan.level, seen)
    filled, new = merged(plan, old, words, attached, removed)
    used = [find_template(ctx.settings.letters_folder, kind, plan.level, payer_code) for kind in (plan.kind, "closing")]
    # What the books alone leave open is what may be written; all else in the letter is theirs to say.
    draft = _put_together(plan, got, used, today, replace(filled, words={}))
    wanted = [one for one in gaps(plan, draft.gaps) if one.how == WORDS]
    _require_known(words, {one.key for one in wanted})
    fields = tuple(replace(one, words=filled.words.get(one.key, "")) for one in wanted)
    filled = replace(filled, words={one.key: one.words for one in fields if one.words})
    made = _put_together(plan, got, used, today, filled) if filled.words else draft
    plan = replace(plan, values={**plan.values, **filled.words})
    return Assembled(plan, got, used[0], made, fields, new, filled.files, old.seen)


def _put_together(plan: Plan, got: Gathered, used: Sequence[Template], today: date, filled: Filled) -> Packet:
    """Put a packet together from its template and the closing one, with what people added."""
    facts = codes.table("appeal_facts")
    labels = dict(zip(facts["fact"], facts["label"], strict=True))
    plan = replace(plan, values={**plan.values, **filled.words})
    letter, closing = (compose(one, plan.values, labels, filled.words) for one in used)
    origin = tuple(f"Made from the template {template_named(one)}, sha256 {one.sha256}." for one in used)
    return packet(plan, got, letter, closing, origin, today, filled)


def _require_known(words: Mapping[str, str], known: set[str]) -> None:
    unknown = [key for key in words if key not in known]
    if unknown:
        text = f"This letter has no gap {unknown[0]} to write into"
        raise UsageError(f"{text}; what it lacks, and how that is called, is shown with it.")


def prepare(
    ctx: Context,
    case_id: int,
    level: int | None = None,
    out: Path | None = None,
    *,
    day: date | None = None,
    words: Mapping[str, str] | None = None,
    attached: Sequence[Attached] = (),
    removed: Sequence[Removed] = (),
    seen: int | None = None,
) -> Appeal:
    """Write letter and packet of a case into ``out`` (default: a folder of its own under ``appeals``).

    ``level``: the one after the last that was sent unless given; ``day``: of the letter, default today. ``words`` by
    key of the gap and files ``attached`` fill what the books lack; they are kept, and later packets of the level have
    them too; what is ``removed`` is in none that follows. ``seen``: `Assembled.seen` of what the person looked at. The
    same books, templates and day give the same bytes. Raises AppealRefusedError, NotFoundError, TemplateError,
    AppealChangedError where somebody else added to it since it was seen, and UsageError for words or files that cannot
    be.
    """
    made = assembled(ctx, case_id, level, day=day, words=words, attached=attached, removed=removed, seen=seen)
    plan, got, template, today = made.plan, made.got, made.template, made.packet.day
    key = str(got.facts.case["case_key"])[:KEY_LENGTH]
    own = _own(ctx, case_id)
    folder = out or unedited(ctx.settings.appeals_folder / key / f"level-{plan.level}", (LETTER, PACKET), own)
    require_room(folder, "appeal", key, (LETTER, PACKET), own)
    with TemporaryDirectory() as scratch:
        content = _written(ctx, Path(scratch), made, key)
        hashes = {name: ctx.vault.put(Path(scratch) / name) for name in (LETTER, PACKET)}
    at = clock.now()
    row = {
        "case_id": case_id,
        "level": plan.level,
        "kind": plan.kind,
        "template": template_named(template),
        "template_sha256": template.sha256,
        "packet_sha256": hashes[PACKET],
        "letter_sha256": hashes[LETTER],
        "manifest_sha256": content[manifest.SEAL],
        "gaps": json.dumps(made.packet.gaps),
        "deadline_date": str(plan.deadline.last_day or ""),
        "prepared_date": today.isoformat(),
        "prepared_at": at,
        "prepared_by": ctx.actor,
    }
    with write(ctx.engine) as conn:
        if (rows_of.sent(conn, [case_id])["level"] == plan.level).any():  # meanwhile: no other packet takes its place
            raise UsageError("This appeal was sent: what it had stays with it.")
        appeal_id = store.put(conn, row)
        keep(ctx, conn, case_id, plan.level, made.added, today.isoformat())
        for sha256 in hashes.values():
            size = ctx.vault.path(sha256).stat().st_size
            filing.register_produced(conn, sha256, size, content=CONTENT, sets="", counts={}, run_id=0)
        record(
            ctx, conn, "phi-shown", f"appeal of case {key}", {"level": plan.level, "sha256": sorted(hashes.values())}
        )
    for name, sha256 in hashes.items():
        place(ctx.vault.path(sha256), folder, name)
    manifest.save(folder, content, {"generated_at": at, "generated_by": ctx.actor})
    limit = plan.deadline.limit
    return Appeal(
        appeal_id=appeal_id,
        key=key,
        level=plan.level,
        level_name=plan.level_name,
        kind=plan.kind,
        template=template_named(template),
        template_sha256=template.sha256,
        deadline=plan.deadline.last_day,
        deadline_rule=f"{limit.words} ({limit.source})" if limit.words else "",
        gaps=made.packet.gaps,
        open_gaps=made.gaps,
        folder=folder,
        sha256=hashes,
        manifest_sha256=content[manifest.SEAL],
        attached=tuple(Removed(exhibit, one.sha256) for exhibit, files in made.files.items() for one in files),
    )


def of_case(ctx: Context, case_id: int) -> pd.DataFrame:
    """List the appeals of a case by level, the newest of a level last: template, hashes, gaps, state, days, who."""
    with read(ctx.engine) as conn:
        return _shown(conn, rows_of.of_case(conn, case_id))


def words_then(ctx: Context, case_id: int, level: int, seen: int) -> dict[str, str]:
    """Give the words that stood in the gaps of a level when it had been added to ``seen`` times, by key."""
    with read(ctx.engine) as conn:
        return appeal_added.words_then(conn, case_id, level, seen)


def newest_packet(ctx: Context, case_id: int, level: int) -> str:
    """Give the sha256 of the packet of a level that was prepared last; empty where there is none."""
    with read(ctx.engine) as conn:
        return "".join(rows_of.newest_packets(conn, [case_id], level)["packet_sha256"])


def is_with_payer(ctx: Context, case_id: int) -> bool:
    """Tell whether an appeal of a case was sent and waits for the payer's decision."""
    with read(ctx.engine) as conn:
        case = rows_of.case(conn, case_id)
    return bool(((case["state"] == "waiting") & (case["waiting_for"] == "appealed")).any())


def appeals(ctx: Context, *, state: str = "", limit: int = 50) -> pd.DataFrame:
    """List the newest appeals of one of STATES, or of all."""
    if state and state not in STATES:
        raise UsageError(f"There is no state {state}; there are: {', '.join(STATES)}.")
    with read(ctx.engine) as conn:
        return _shown(conn, rows_of.listed(conn, state, limit))


def templates(ctx: Context) -> list[Template]:
    """List the templates of letters: those built in, the practice's, and the practice's for one payer."""
    return letter_templates(ctx.settings.letters_folder)


def _shown(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    sent = rows_of.sent(conn, rows["case_id"].drop_duplicates().tolist())
    rows = rows.merge(sent, on=["case_id", "level"], how="left").fillna({"sent_date": "", "sent_by": ""})
    rows[["sent_date", "sent_by"]] = rows[["sent_date", "sent_by"]].where(rows["state"] == "sent", "")
    rows = rows.drop(columns=["appeal_id", "case_id"]).assign(gaps=[json.loads(text) for text in rows["gaps"]])
    rows.insert(0, "key", rows.pop("case_key").str[:KEY_LENGTH])
    return rows


def _own(ctx: Context, case_id: int) -> set[str]:
    """Give the hashes of all letters and packets that were prepared for a case."""
    with read(ctx.engine) as conn:
        made = rows_of.of_case(conn, case_id)
    return {*made["letter_sha256"], *made["packet_sha256"]}


def template_named(template: Template) -> str:
    """Say which template it is, and whose."""
    whose = f"{template.origin}, for payer {template.payer_code}" if template.payer_code else template.origin
    return f"{template.name} ({whose})"[:120]


def _written(ctx: Context, folder: Path, made: Assembled, key: str) -> dict[str, Any]:
    """Write the files of a packet; give what its manifest says."""
    plan, got, template = made.plan, made.got, made.template
    own = ctx.settings.letters_folder / OWN_LAYOUT
    (folder / PACKET).write_bytes(packet_pdf(made.packet))
    (folder / LETTER).write_bytes(letter_docx(made.packet, own.read_bytes() if own.is_file() else None))
    decision = got.facts.decision
    charge, paid = int(decision["charge_cents"]), int(decision["paid_cents"])
    adjusted = int(got.adjustments["amount_cents"].sum())
    tables = {
        "lines": got.lines[["ordinal", "charge_cents", "allowed_cents", "paid_cents"]],
        "adjustments": got.adjustments[["group_code", "reason_code", "amount_cents"]],
    }
    checks = (
        Check("billed is adjusted and paid", charge, adjusted + paid),
        Check("lines add up to what is billed", int(got.lines["charge_cents"].sum()), charge),
    )
    report = Report(
        "appeal", tables, {"billed": charge, "adjusted": adjusted, "paid": paid}, checks[: 2 if len(got.lines) else 1],
        {"adjusted": ("adjustments", "amount_cents")},
    )  # fmt: skip
    parameters = {
        "case": key,
        "level": str(plan.level),
        "kind": plan.kind,
        "date": made.packet.day.isoformat(),
        "template": template_named(template),
        "template_sha256": template.sha256,
        "format": "packet",
    }
    files = [folder / LETTER, folder / PACKET]
    content = manifest.of(report, files, parameters, importlib.metadata.version("claims-batch"))
    content |= {
        "gaps": list(made.packet.gaps),
        "written": [one.key for one in made.fields if one.words],
        "exhibits": [
            {
                "label": one.label,
                "title": one.title,
                "files": [*(file.sha256 for file in one.files), *(file.sha256 for file in one.added)],
            }
            for one in made.packet.exhibits
        ],
    }
    content[manifest.SEAL] = manifest.seal(content)
    return content
