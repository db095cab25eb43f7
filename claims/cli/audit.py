"""``claims audit verify``: recount the books from their rows and files."""

from __future__ import annotations

import typer

from claims.cli import console


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Prove that the books are sound.")
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def verify() -> None:
    """Recount the ledger invariants L1 to L10, hash stored files, walk the chains of journals and audit.

    Ends with 1 when anything is wrong, and names it.

    Example: claims audit verify
    """
    from claims import config
    from claims.service import verify as verbs
    from claims.service.context import open_context

    output = console.current()
    checks = verbs.verify(open_context(config.load(), actor=output.actor))
    broken = [problem for check in checks for problem in check.broken]
    output.document(
        {
            "sound": not broken,
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
    for problem in broken[:50]:
        output.warn(f"Wrong: {problem}.")
    if broken:
        raise typer.Exit(1)
    output.say("The books are sound.")
