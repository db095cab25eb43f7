"""``claims users``: who may sign in to the web application, as what, and up to which limit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for

if TYPE_CHECKING:
    from claims.service.context import Context

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the person signs in with.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Take the password from the first line of a file that only you can read."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="People who may sign in to the web application.")
    group.command("add")(add)
    group.command("list")(list_people)
    group.command("role")(role)
    group.command("limit")(limit)
    group.command("reset")(reset)
    group.command("disable")(disable)
    app.add_typer(group, name="users")


def add(
    name: Name,
    role: Annotated[list[str], typer.Option(help="biller, supervisor, auditor or admin; may be given twice.")],
    limit: Annotated[str, typer.Option(metavar="DOLLARS", help="May write off so much alone.")] = "0",
    password_file: PasswordFile = None,
) -> None:
    """Add a person; prints a link for the first sign-in, good for three days and once.

    Example: claims users add ann --role biller --limit 25
    """

    output = console.current()
    output.document(add_person(context_for(output, "people.manage"), name, role, _cents(limit), password_file))


def list_people() -> None:
    """List who may sign in, with roles and limits.

    Example: claims users list
    """
    from claims.service import people
    from claims.service.context import open_context

    output = console.current()
    rows = console.records(people.listed(open_context(actor=output.actor)))
    output.document({"people": rows})
    columns = ["Name", "Roles", "State", "Second factor", ">Writes off alone"]
    shown = [
        (
            row["name"],
            row["roles"],
            row["state"],
            "yes" if row["has_second_factor"] else "not yet",
            console.dollars(row["write_off_limit_cents"]),
        )
        for row in rows
    ]
    output.table("People", columns, shown)


def role(
    name: Name, roles: Annotated[list[str], typer.Argument(metavar="ROLE...", help="All that it shall be.")]
) -> None:
    """Give a person other roles; their sessions end.

    Example: claims users role ann biller supervisor
    """
    from claims.service import people

    output = console.current()
    chosen = people.set_roles(context_for(output, "people.manage"), name, roles, datetime.now(UTC))
    output.document({"name": name, "roles": list(chosen)})
    output.say(f"{name} is {' and '.join(chosen)} now, from the next sign-in on.")


def limit(name: Name, dollars: Annotated[str, typer.Argument(metavar="DOLLARS", help="Like 25 or 99.50.")]) -> None:
    """Say how much a person may write off alone; above it a second one is asked.

    Example: claims users limit ann 25
    """
    from claims.service import people

    output = console.current()
    cents = _cents(dollars)
    people.set_limit(context_for(output, "people.manage"), name, cents)
    output.document({"name": name, "write_off_limit_cents": cents})
    output.say(f"{name} may write off {console.dollars(cents)} alone.")


def reset(name: Name) -> None:
    """Take password and second factor away, end all sessions, and print a new link for the next sign-in.

    Example: claims users reset ann
    """
    from claims.service import people

    output = console.current()
    token = people.reset(context_for(output, "people.manage"), name, datetime.now(UTC))
    output.document(_link(output, name, token))


def disable(name: Name) -> None:
    """Let a person in no more; what is open ends at once. `claims users reset` lets them in again.

    Example: claims users disable ann
    """
    from claims.service import people

    output = console.current()
    ended = people.disable(context_for(output, "people.manage"), name, datetime.now(UTC))
    output.document({"name": name, "sessions_ended": ended})
    output.say(f"{name} can sign in no more; {ended} session(s) ended.")


def add_person(
    ctx: Context, name: str, roles: list[str], limit_cents: int, password_file: Path | None
) -> dict[str, Any]:
    """Add a person, with a password from a file or a link that is printed; give what a document says of it."""
    from claims.service import people

    now = datetime.now(UTC)
    password = None if password_file is None else _password(password_file, name)
    token = people.add(ctx, name, roles, now, write_off_limit_cents=limit_cents)
    if password is None:
        return _link(console.current(), name, token)
    people.set_password(ctx, name, password, now)
    console.current().say(f"{name} is added; the second factor is set up at the first sign-in.")
    return {"name": name, "sign_in": "/login"}


def _link(output: console.Output, name: str, token: str) -> dict[str, Any]:
    output.say(f"{name} sets a password and a second factor here, once, within three days (after: claims serve):")
    output.say(f"  http://127.0.0.1:8000/enrol/{token}")
    output.say("Give the link to nobody else. Where the desk has another address, that stands before /enrol.")
    return {"name": name, "sign_in": f"/enrol/{token}", "lasts_days": 3}


def _password(path: Path, name: str) -> str:
    from claims.errors import UsageError
    from claims.people import names, passwords

    if path.stat().st_mode & 0o077:
        raise UsageError(f"{path} can be read by others; run chmod 600 on it.")
    password = path.read_text(encoding="utf-8").split("\n", maxsplit=1)[0].rstrip("\r")
    passwords.require_good(password, name=names.checked(name))
    return password


def _cents(dollars: str) -> int:
    from claims.errors import UsageError
    from claims.money import cents

    value = cents(dollars)
    if value is None or value < 0:
        raise UsageError("A limit is an amount like 25 or 99.50.")
    return value
