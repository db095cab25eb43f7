"""``claims appeals``: prepare the appeal of a denial case, list what was prepared, and the templates of letters."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.service.appeal_added import Attached, Removed
    from claims.service.appeals import Appeal

Case = Annotated[str, typer.Argument(metavar="CASE", help="The key that claims denials list shows, or its beginning.")]
Level = Annotated[int | None, typer.Option(min=1, help="1 first level or redetermination, 2 ...; default: the next.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Appeal denied claims: letters, packets, proof of timely filing.")
    group.command("prepare")(prepare)
    group.command("list")(list_appeals)
    group.command("show")(show)
    group.command("templates")(templates)
    app.add_typer(group, name="appeals")


def prepare(
    case: Case,
    level: Level = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default: appeals/CASE/level-N in the data folder.")] = None,
    filled: Annotated[
        list[str] | None, typer.Option("--set", metavar="GAP=WORDS", help="Fill a gap; empty words empty it again.")
    ] = None,
    attach: Annotated[
        list[str] | None,
        typer.Option(metavar="[EXHIBIT=]FILE", help="PDF, PNG or JPEG for an exhibit; default: the first that waits."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="[EXHIBIT=]SHA256", help="Take an attached file out again; the first digits will do."),
    ] = None,
) -> None:
    """Write the letter (DOCX) and the packet (PDF) of a case with a manifest. Holds patient data; this is audited.

    What the books do not know is a marked gap: the letter is a draft until it is filled in with --set and --attach.
    What was filled in once is kept for the next packet.

    Example: claims appeals prepare 3f2a91c04b --set appeal_reason="The visit stood alone." --attach record.pdf
    """
    from claims.service import appeals

    output = console.current()
    ctx = context_for(output, "desk.act")
    case_id, words, files = appeals.case_named(ctx, case), _words(filled or []), _files(attach or [])
    gone = _removed(remove or [])
    made = appeals.prepare(ctx, case_id, level, out, words=words, attached=files, removed=gone)
    output.document(_document(made))
    what = "Draft of an appeal" if made.gaps else "Appeal"
    output.say(f"{what} of case {made.key}: level {made.level} ({made.level_name}), {made.kind.replace('-', ' ')}")
    by = f"{made.deadline} ({made.deadline_rule})" if made.deadline else "not known; ask the payer"
    output.say(f"  Send by   {by}")
    output.say(f"  Template  {made.template}, sha256 {made.template_sha256[:12]}")
    for name, sha256 in sorted(made.sha256.items()):
        output.say(f"  File      {made.folder / name}, sha256 {sha256[:12]}")
    for one in made.attached:
        output.say(f"  Attached  {one.exhibit}, sha256 {one.sha256[:12]}; take it out: --remove {one.sha256[:12]}")
    for gap in made.open_gaps:
        how = {"words": f"--set {gap.key}=... : ", "file": f"--attach {gap.key}=FILE : "}.get(gap.how, "")
        output.say(f"  Fill in   {how}{gap.label}")
    output.say(f"Check it any time: claims report verify {made.folder}")


def list_appeals(
    state: Annotated[str, typer.Option(help="prepared, sent, or replaced by a newer one; default: all.")] = "",
    limit: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 50,
) -> None:
    """List the newest appeals: case, level, kind of letter, gaps, until when, whether it was sent.

    Example: claims appeals list --state prepared
    """
    from claims.service import appeals

    output = console.current()
    rows = console.records(appeals.appeals(context_for(output, "desk.read"), state=state, limit=limit))
    output.document({"appeals": rows, "count": len(rows)})
    output.table(
        "Appeals, the newest first",
        ["Case", ">Level", "Letter", "Payer", "Codes", ">Denied", "State", "Prepared", "Send by", ">Gaps"],
        [
            (
                row["key"],
                row["level"],
                row["kind"],
                row["payer_name"] or row["payer_code"],
                row["all_codes"],
                console.dollars(row["denied_cents"]),
                f"sent {row['sent_date']}" if row["state"] == "sent" else row["state"],
                row["prepared_date"],
                row["deadline_date"] or "not known",
                len(row["gaps"]),
            )
            for row in rows
        ],
    )


def show(case: Case) -> None:
    """Show the appeals of a case, and which one could be prepared now, or why none.

    Example: claims appeals show 3f2a91c04b
    """
    from claims.service import appeals

    output = console.current()
    ctx = context_for(output, "desk.read")
    case_id = appeals.case_named(ctx, case)
    rows, plan = console.records(appeals.of_case(ctx, case_id)), appeals.planned(ctx, case_id)
    following: dict[str, Any] = {
        "level": plan.level,
        "level_name": plan.level_name,
        "kind": plan.kind,
        "deadline": plan.deadline.last_day,
        "deadline_rule": plan.deadline.limit.words,
        "deadline_source": plan.deadline.limit.source,
        "gaps": plan.gaps,
        "refused": plan.refused,
        "reason": plan.reason,
    }
    output.document({"appeals": rows, "next": following})
    for row in rows:
        sent = f", sent {row['sent_date']}" if row["state"] == "sent" else ""
        output.say(
            f"Level {row['level']}: {row['kind']}, prepared {row['prepared_date']} by {row['prepared_by']}{sent}"
        )
        output.say(f"  Template  {row['template']}, sha256 {row['template_sha256'][:12]}")
        output.say(f"  Packet    {row['packet_sha256'][:12]}, letter {row['letter_sha256'][:12]}")
        for label in row["gaps"]:
            output.say(f"  Fill in   {label}")
    if plan.refused:
        output.say(f"No appeal can be made now: {plan.reason}.")
        return
    output.say(f"Next: level {plan.level} ({plan.level_name}), {plan.kind.replace('-', ' ')}")
    output.say(f"  Send by   {plan.deadline.last_day or 'not known; ask the payer'}")
    for label in plan.gaps:
        output.say(f"  Wanted    {label}")


def templates() -> None:
    """List the templates of letters: built in, the practice's own, and its own for one payer, with their sha256.

    Example: claims appeals templates
    """
    from claims.service import appeals
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(actor=output.actor)
    found = appeals.templates(ctx)
    rows = [
        {"name": one.name, "origin": one.origin, "payer_code": one.payer_code, "sha256": one.sha256} for one in found
    ]
    output.document({"templates": rows, "folder": ctx.settings.letters_folder})
    output.table(
        "Templates of letters",
        ["Template", "Whose", "Payer", "Sha256"],
        [(row["name"], row["origin"], row["payer_code"], row["sha256"][:12]) for row in rows],
    )
    output.say(f"Your own go into {ctx.settings.letters_folder}, those for one payer into a folder of its code there.")


def _words(texts: list[str]) -> dict[str, str]:
    """Read GAP=WORDS."""
    pairs = [text.partition("=") for text in texts]
    if not all(key.strip() and sign for key, sign, _ in pairs):
        raise UsageError("--set wants GAP=WORDS, as --set appeal_reason=...")
    return {key.strip(): words for key, _, words in pairs}


def _files(texts: list[str]) -> list[Attached]:
    """Read [EXHIBIT=]FILE."""
    from claims.service.appeal_added import Attached

    found = []
    for text in texts:
        exhibit, sign, name = text.partition("=")
        path = Path(name if sign else text).expanduser()
        if not path.is_file():
            raise UsageError("A file that --attach names is not there.")
        found.append(Attached(exhibit.strip() if sign else "", path.read_bytes()))
    return found


def _removed(texts: list[str]) -> list[Removed]:
    """Read [EXHIBIT=]SHA256."""
    from claims.service.appeal_added import Removed

    pairs = [text.strip().rpartition("=") for text in texts]
    return [Removed(exhibit.strip(), sha256.strip().lower()) for exhibit, _, sha256 in pairs]


def _document(made: Appeal) -> dict[str, Any]:
    files = [{"name": name, "sha256": sha256} for name, sha256 in sorted(made.sha256.items())]
    rest = {name: value for name, value in asdict(made).items() if name not in ("appeal_id", "sha256")}
    return rest | {"is_draft": bool(made.gaps), "files": files}
