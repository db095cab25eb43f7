"""The command ``claims``: arguments come in, an exit code goes out.

0 done; 1 done, with something held, refused or found wrong; 2 wrong use; 3 the machine, the database or we failed. A
command module has ``register(app)``, imports nothing heavy at its top, and speaks through `claims.cli.console`.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import inspect
import logging
import os
import re
import sys
import traceback
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from claims.cli import console
from claims.errors import ClaimsError

MODULES = (
    "init",
    "read",
    "check",
    "redact",
    "diff",
    "write",
    "charges",
    "ingest",
    "scrub",
    "reconcile",
    "submit",
    "batches",
    "run",
    "runs",
    "schedule",
    "denials",
    "appeals",
    "exceptions",
    "takebacks",
    "variances",
    "price",
    "claim",
    "rejections",
    "blocked",
    "resubmit",
    "received",
    "deposits",
    "payments",
    "statements",
    "undo",
    "report",
    "simulate",
    "demo",
    "audit",
    "periods",
    "db",
    "master",
    "config",
    "users",
    "serve",
)
MACHINE_FAILED = 3
_MISUSE: type[Exception] = typer.BadParameter.__mro__[1]  # any wrong use of words, as typer raises it


def main() -> None:
    """Run the command line of this process and exit."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every failure becomes one sentence on stderr."""
    os.umask(0o077)  # what a command writes may hold patient data: it is its owner's alone
    _silence_libraries()
    console.begin(as_json=False, quiet=False, actor="")
    try:
        command = _command(build)
        code = command.main(args=list(arguments), prog_name="claims", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except _MISUSE as error:
        return _misused(error, arguments)
    except typer.Abort:
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except ClaimsError as error:
        console.current().warn(f"Error: {error}")
        _show_traceback_if_asked()
        return error.exit_code
    except OSError as error:  # without its file name, which may be that of an inbox file
        console.current().warn(f"Error: the machine said {error.strerror or type(error).__name__}. {_NOTHING_HALF}")
        _show_traceback_if_asked()
        return MACHINE_FAILED
    except Exception as error:
        console.current().warn(_internal(error))
        _show_traceback_if_asked()
        return MACHINE_FAILED


@functools.cache
def _command(made_by: Callable[[], typer.Typer]) -> Any:
    """Make the commands once for a process: most of what a short one takes."""
    return typer.main.get_command(made_by())


def _misused(error: Any, arguments: Sequence[str]) -> int:
    """Say what was wrong with the words of a command without repeating them: one may be a claim number or a name."""
    from typer.rich_utils import rich_format_error

    typed = {part for word in arguments for part in (word, word.partition("=")[2]) if part}
    error.message = re.sub(
        r"'([^']*)'|\"([^\"]*)\"",
        lambda found: "what was typed" if (found[1] or found[2]) in typed else found[0],
        re.sub(r" \(.*\)$", "", error.message) if "unexpected extra argument" in error.message else error.message,
    )
    error.message = error.message.replace("No such command what was typed", "There is no such command")
    rich_format_error(error)
    return int(error.exit_code)


_NOTHING_HALF = "Nothing half-done was kept; CLAIMS_DEBUG=1 shows more (it may show patient data)."


def build() -> typer.Typer:
    """Put all commands together."""
    app = typer.Typer(
        name="claims",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback()
    def claims(
        version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
    ) -> None:
        """Medical billing and claims batch processor: X12 837 and 835 in and out, an exact ledger, the denial queue.

        New here? Run: claims demo
        """

    for name in MODULES:
        importlib.import_module(f"claims.cli.{name}").register(app)
    _add_common_options(app)
    return app


def with_common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--json``, ``--quiet`` and ``--as``, and tell the console what they were."""
    options = {
        "output_json": (bool, typer.Option("--json", help="Print one JSON document on stdout.")),
        "output_quiet": (bool, typer.Option("--quiet", help="Print nothing but errors.")),
        "acting_user": (str, typer.Option("--as", metavar="USER", help="Who acts, if not the system's user.")),
    }
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=kind(), annotation=Annotated[kind, option])
        for name, (kind, option) in options.items()
    ]

    @functools.wraps(function)
    def command(*args: Any, output_json: bool, output_quiet: bool, acting_user: str, **keywords: Any) -> Any:
        console.begin(as_json=output_json, quiet=output_quiet, actor=acting_user)
        return function(*args, **keywords)

    hints = typing.get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    own = [parameter.replace(annotation=hints[name]) for name, parameter in signature.parameters.items()]
    command.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    command.__doc__ = _unwrapped(function.__doc__ or "")
    command.__annotations__ = hints | {parameter.name: parameter.annotation for parameter in added}
    return command


def _unwrapped(text: str) -> str:
    """Put each paragraph of a docstring on one line, to be wrapped to the screen; examples keep their lines."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        part if part.startswith("Example") or "\n " in part or "\n-" in part else " ".join(part.split("\n"))
        for part in paragraphs
    )


def _add_common_options(app: typer.Typer) -> None:
    for info in app.registered_commands:
        assert info.callback is not None
        info.callback = with_common_options(info.callback)
    own = app.registered_callback
    if own is not None and own.callback is not None and app.info.invoke_without_command is True:
        own.callback = with_common_options(own.callback)  # a group that is a command too, like claims statements
    for group in app.registered_groups:
        assert group.typer_instance is not None
        info_of = group.typer_instance.info
        if isinstance(info_of.help, str):
            info_of.help = _unwrapped(info_of.help)
        _add_common_options(group.typer_instance)


def _print_version(asked: bool) -> None:
    if asked:
        console.current().say(f"claims {importlib.metadata.version('claims-batch')}")
        raise typer.Exit


def _internal(error: Exception) -> str:
    """Describe a bug of ours by type and place: its own text may quote a patient. Same bug, same number."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame for frame in frames if "claims" in Path(frame.filename).parts or "flows" in Path(frame.filename).parts
    ]
    place = ours[-1] if ours else frames[-1]
    where = f"{'/'.join(Path(place.filename).parts[-3:])}:{place.lineno}"
    number = hashlib.sha256(f"{type(error).__name__} {where}".encode()).hexdigest()[:8]
    return f"Error {number}: an unexpected {type(error).__name__} at {where}. {_NOTHING_HALF}"


def _show_traceback_if_asked() -> None:
    if os.environ.get("CLAIMS_DEBUG") == "1":
        traceback.print_exc()


def _silence_libraries() -> None:
    """Let nobody else write to our log: pyx12, for one, quotes element values."""
    logging.getLogger().handlers = [logging.NullHandler()]
