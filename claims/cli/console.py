"""How commands speak: text and tables for people on stdout, or one JSON document; warnings and progress on stderr.

Every command gets ``--json``, ``--quiet`` and ``--as USER`` (see `claims.cli.with_common_options`) and asks `current`
what they were. Whatever is printed loses its control characters: a name from a file cannot move the cursor or fake a
line.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from claims.masking import MASK

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

PIPE_WIDTH = 160  # columns of a table that goes to a file or another program, unless COLUMNS says
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

Part = str | tuple[str, str]  # of a line: a text, or a text and its style


def _system_user() -> str:
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError):  # a process without a user name
        return "os:unknown"


@dataclass
class Output:
    """What the options of the running command ask for, and the ways to print."""

    json: bool = False
    quiet: bool = False
    actor: str = field(default_factory=_system_user)

    def say(self, text: str = "") -> None:
        """Print a line for people; nothing with --json or --quiet."""
        if not self.json and not self.quiet:
            _print(text, sys.stdout)

    def warn(self, text: str) -> None:
        """Print a line on stderr, whatever the options."""
        _print(text, sys.stderr)

    def document(self, value: Any) -> None:
        """Print the command's JSON document; nothing without --json."""
        if self.json:
            sys.stdout.write(to_json(value) + "\n")
            sys.stdout.flush()

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        styles: Mapping[str, str] | None = None,
        *,
        first_to_go: Sequence[str] = (),
    ) -> None:
        """Print a table for people; one line when it has no rows. A column named ``>...`` is aligned right.

        `styles` gives cells that hold just such a text a style. What does not fit beside each other moves below its
        row, the columns of `first_to_go` first (`claims.cli.tables`).
        """
        if self.json or self.quiet:
            return
        rows = list(rows)
        if not rows:
            self.say(f"{title or 'Rows'}: none")
            return
        from claims.cli import tables

        cells = [[clean("" if cell is None else str(cell)) for cell in row] for row in rows]
        width, is_terminal = self.width, sys.stdout.isatty()
        if not is_terminal and not _asked_width():  # a line of a file may be as long as its columns are
            width = max(width, tables.needed(columns, cells, width))
        layout = tables.lay_out(columns, cells, width, first_to_go=first_to_go, may_shorten=is_terminal)
        heading: list[list[Part]] = [[(clean(title), "italic")]] if title else []
        self.lines([*heading, [], *tables.lines(columns, cells, layout, width, styles or {}), []])

    @property
    def width(self) -> int:
        """Return how many columns a line for people has."""
        return _rich(sys.stdout).width

    def lines(self, lines: Iterable[Sequence[Part]]) -> None:
        """Print lines for people as they are, whatever the width; colours show on a terminal only."""
        if self.json or self.quiet:
            return
        screen = _rich(sys.stdout)
        if screen.color_system is None:
            for line in lines:
                _print("".join(part if isinstance(part, str) else part[0] for part in line), sys.stdout)
            return
        from rich.text import Text

        for line in lines:
            parts = [(part, "") if isinstance(part, str) else part for part in line]
            screen.print(Text.assemble(*((clean(text), style) for text, style in parts)), soft_wrap=True)

    @contextlib.contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Show a bar on stderr while a command works through `total` things; call what is given once for each.

        Only on a terminal, and not with --quiet or --json.
        """
        if self.quiet or self.json or not sys.stderr.isatty():
            yield lambda: None
            return
        from rich.progress import Progress

        with Progress(console=_rich(sys.stderr), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)


_current = Output()


def current() -> Output:
    """Give the options and the voice of the running command."""
    return _current


def begin(*, as_json: bool, quiet: bool, actor: str) -> None:
    """Start a command with these options; an empty `actor` is the operating system's user."""
    global _current  # noqa: PLW0603 one command runs per process
    _current = Output(json=as_json, quiet=quiet, **({"actor": clean(actor)} if actor else {}))


def dollars(cents: int | None) -> str:
    """Write cents for people: $1,234.56, -$5.00; empty for None."""
    if cents is None:
        return ""
    whole, rest = divmod(abs(int(cents)), 100)
    return f"{'-' if cents < 0 else ''}${whole:,}.{rest:02d}"


def counted(count: int, name: str) -> str:
    """Write a count for people: 1 byte, 1,234 bytes."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def mask(text: str, *, show: bool = False) -> str:
    """Hide a name, number or free text of a patient unless `show`; what is empty stays empty."""
    return text if show or not text else MASK


def clean(text: str) -> str:
    """Replace control characters, line ends and text-direction marks by a blank."""
    return _CONTROL.sub(" ", text)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a frame into rows for `Output.document`: plain values, None for what is missing."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def to_json(value: Any) -> str:
    """Write one JSON document; days as ISO text, what is missing as null."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # pandas, without importing it
        return None
    if isinstance(value, bool | int | str):
        return value
    if hasattr(value, "item"):  # a numpy scalar
        return _plain(value.item())
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a JSON document")


def _print(text: str, stream: TextIO) -> None:
    lines = [clean(line) for line in text.split("\n")]
    stream.write("\n".join(lines) + "\n")
    stream.flush()


def _asked_width() -> int:
    """How many columns COLUMNS asks for; 0: it does not."""
    asked = os.environ.get("COLUMNS", "")
    return int(asked) if asked.isascii() and asked.isdigit() else 0


def _rich(stream: TextIO) -> Console:
    from rich.console import Console

    width = None if stream.isatty() else _asked_width() or PIPE_WIDTH
    return Console(file=stream, highlight=False, markup=False, width=width)
