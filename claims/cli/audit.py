"""``claims audit verify``: recount the books from their rows and files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claims.cli import console


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Prove that the books are sound.")
    group.command("verify")(verify)
    group.command("head")(head)
    group.command("acknowledge")(acknowledge)
    app.add_typer(group, name="audit")


def head() -> None:
    """Print the heads of all chains in one line: note it where nobody who writes to the database can write.

    claims audit verify --head compares them later: only so it shows when one was cut or rewritten.

    Example: claims audit head
    """
    from claims import config
    from claims.service import heads
    from claims.service.context import open_context
    from claims.store.engine import read

    output = console.current()
    with read(open_context(config.load(), actor=output.actor).engine) as conn:
        last = heads.of(conn)
    output.document({"events": last.event.seq, "head": heads.text(last)})
    output.say(heads.text(last))


def acknowledge(
    row: Annotated[str, typer.Argument(metavar="ROW", help='As verify names it: "claim 12", "person 3".')],
) -> None:
    """Note that you have seen that a row was changed beside the program: verify names it no more.

    Who did so, when and of which row stands in the audit chain. A row that is still as it was left is sealed so. Rows
    that are sealed together are named together.

    Example: claims audit acknowledge "claim 12"
    Example: claims audit acknowledge "claim families 1 to 9"
    """
    from claims.cli.acting import context_for
    from claims.service import acknowledging

    output = console.current()
    seal = acknowledging.acknowledge(context_for(output, acknowledging.PERMISSION), row)
    output.document({"row": row.strip(), "seal": seal})
    output.say(f"What was found of {row.strip()} is acknowledged" + (f", up to seal {seal}." if seal else "."))


def verify(
    known: Annotated[
        str, typer.Option("--head", metavar="HEAD", help="What claims audit head printed earlier, kept elsewhere.")
    ] = "",
    reports: Annotated[
        Path | None, typer.Option("--reports", help="A folder of written reports: each holds such a head.")
    ] = None,
) -> None:
    """Recount the books, walk the chains of journals and audit, and read every stored file again.

    Ends with 1 when anything is wrong, and names it. A head that was noted, or reports that were written and kept
    elsewhere, show it too when all tables were put back together to an earlier day.

    Example: claims audit verify
    Example: claims audit verify --reports month-end
    """
    from claims import config
    from claims.service import heads
    from claims.service import verify as verbs
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(config.load(), actor=output.actor)
    checks = verbs.verify(
        ctx, heads.read(known) if known else None, heads.of_reports(reports) if reports is not None else None
    )
    unknown = verbs.unknown_files(ctx)
    broken = [problem for check in checks for problem in check.broken]
    output.document(
        {
            "sound": not broken,
            "unknown_files": unknown,
            "checks": [
                {"name": one.name, "rule": one.rule, "checked": one.checked, "broken": list(one.broken)}
                for one in checks
            ],
        }
    )
    output.table(
        "",
        ("Check", "What holds", ">Looked at", "Result"),
        [
            (one.name, one.rule, f"{one.checked:,}", "holds" if not one.broken else f"{len(one.broken)} broken")
            for one in checks
        ],
    )
    for sha256 in unknown[:50]:
        output.warn(
            f"Look: file {sha256[:12]} lies in the vault and no row knows it: left by a run that was stopped or only "
            "tried out, or put there by somebody."
        )
    for problem in broken[:50]:
        output.warn(f"Wrong: {problem}.")
    if broken:
        raise typer.Exit(1)
    output.say("The books are sound.")
