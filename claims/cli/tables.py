"""How a table for people is laid out in so many columns: nothing is cut, and no value breaks inside itself.

Texts wrap at their blanks. A date, an amount, a number, a hash, a trace number stays on one line. Where a table is too
wide for that it gives way in this order, each step only as far as it is needed:

1. columns in which nothing stands in any row are left out;
2. codes wrap behind ``-`` and ``_``, where they are letters alone (``claim-out-of-balance``);
3. on a terminal the hashes inside of longer keys are shortened to their first digits and ``…``;
4. columns move below their row, as ``Heading value``: first those that alone are wider than the screen, then those that
   the table names as the first to go, then the last ones. The first column is the last to move.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

RIGHT = ">"  # a heading that begins with it is that of a column aligned right
BETWEEN = "  "
_EDGE = 1  # blanks before the first column
_PROSE = 24  # what a text that wraps wants at least: two thirds of it, and no more than this
_GLUE = "\0"  # between a heading and its value below a row: no cell has one
_HASH = re.compile(r"(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{20,}(?![0-9a-f])")
_CODE = re.compile(r"[A-Za-z]+(?:[-_][A-Za-z]+)+[.,;:]?")

Styled = tuple[str, str]  # a text and its style


class Layout(NamedTuple):
    """Which columns stand beside each other, by their places, and how wide; which move below their row."""

    beside: list[int]
    widths: list[int]
    below: list[int]
    codes_wrap: bool
    hashes_are_short: bool


def lay_out(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    first_to_go: Sequence[str] = (),
    may_shorten: bool = False,
) -> Layout:
    """Choose how a table stands in `width` columns of a screen; `may_shorten` the hashes in its keys."""
    names = [column.removeprefix(RIGHT) for column in columns]
    kept = list(range(len(columns)))
    steps = [(False, False, False), (True, False, False), (True, True, False), (True, True, may_shorten)]
    for without_empty, codes_wrap, short in dict.fromkeys(steps):
        measured = [_measured(name, [row[at] for row in rows], codes_wrap, short) for at, name in enumerate(names)]
        if without_empty:
            kept = [at for at in kept if at == 0 or any(row[at] for row in rows)]
        if _needed(kept, measured) <= width:
            return Layout(kept, _widths(kept, measured, width), [], codes_wrap, short)
    beside = [at for at in kept if _EDGE + measured[at].least <= width]
    named = [names.index(name) for name in first_to_go if name in names]
    going = [at for at in (*named, *reversed(kept)) if at in beside and at != 0]
    for at in [*dict.fromkeys(going), *beside[:1]]:
        if _needed(beside, measured) <= width:
            break
        beside = [one for one in beside if one != at]
    for at in dict.fromkeys([*(at for at in kept if at not in named), *named]):  # room that a wider one left
        if at in kept and at not in beside and _needed([*beside, at], measured) <= width:
            beside = sorted([*beside, at])
    below = [at for at in kept if at not in beside]
    return Layout(beside, _widths(beside, measured, width), below, codes_wrap, short)


def needed(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> int:
    """Say how wide a table is in which only texts wrap, and only what alone is wider than `width` moves below."""
    names = [column.removeprefix(RIGHT) for column in columns]
    measured = [_measured(name, [row[at] for row in rows], False, False) for at, name in enumerate(names)]
    return _needed([at for at, one in enumerate(measured) if _EDGE + one.least <= width], measured)


def lines(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    layout: Layout,
    width: int,
    styles: Mapping[str, str],
) -> Iterator[list[Styled]]:
    """Give the lines of a table, heading first, each as texts with a style; `styles` are of cells with such a text."""
    names = [column.removeprefix(RIGHT) for column in columns]
    right = [column.startswith(RIGHT) for column in columns]
    if layout.beside:
        heads = [(at, textwrap.wrap(names[at], size, break_long_words=False) or [""]) for at, size in _sizes(layout)]
        tallest = max(len(parts) for _, parts in heads)
        heads = [(at, [""] * (tallest - len(parts)) + parts) for at, parts in heads]
        yield from _beside(heads, layout, right, dict.fromkeys(layout.beside, "bold"))
        yield [(" " * _EDGE + "─" * (sum(layout.widths) + len(BETWEEN) * (len(layout.widths) - 1)), "")]
    indent = " " * min(_EDGE + (layout.widths[0] + len(BETWEEN) if layout.widths else 0), width // 8)
    for row in rows:
        cells = [(at, wrapped(row[at], size, layout)) for at, size in _sizes(layout)]
        yield from _beside(cells, layout, right, {at: styles.get(row[at], "") for at in layout.beside})
        told = [f"{names[at]}{_GLUE}{_short(row[at], layout.hashes_are_short)}" for at in layout.below if row[at]]
        for line in _joined(told, width - len(indent)):
            yield [(indent + line.replace(_GLUE, " "), "")]


def wrapped(cell: str, size: int, layout: Layout) -> list[str]:
    """Give the lines of a cell: as many words on each as fit."""
    done, line = [], ""
    for glue, part in _parts(_short(cell, layout.hashes_are_short), layout.codes_wrap):
        if line and _length(line + glue + part) > size:
            done.append(line)
            line = part
        else:
            line = line + glue + part if line else part
    return [*done, line]


def _beside(
    cells: list[tuple[int, list[str]]], layout: Layout, right: Sequence[bool], styles: Mapping[int, str]
) -> Iterator[list[Styled]]:
    for number in range(max((len(parts) for _, parts in cells), default=0)):
        line: list[Styled] = [(" " * _EDGE, "")]
        for (at, parts), size in zip(cells, layout.widths, strict=True):
            text = parts[number] if number < len(parts) else ""
            blanks = " " * (size - _length(text))
            line += [(blanks, ""), (text, styles[at])] if right[at] else [(text, styles[at]), (blanks, "")]
            line.append((BETWEEN, ""))
        while line and not line[-1][0].strip():  # nothing but blanks at its end
            line.pop()
        yield line


def _sizes(layout: Layout) -> Iterator[tuple[int, int]]:
    return zip(layout.beside, layout.widths, strict=True)


class _Column(NamedTuple):
    """How wide a column has to be, and would be with nothing wrapped."""

    least: int
    whole: int


def _measured(name: str, cells: Sequence[str], codes_wrap: bool, short: bool) -> _Column:
    heading = max((len(word) for word in name.split()), default=0)
    least, whole = heading, len(name)
    for cell in dict.fromkeys(cells):
        shown = _short(cell, short)
        parts = list(_parts(shown, codes_wrap))
        long = _length(shown)
        is_prose = any(glue for glue, _ in parts[1:])
        prose = min(long * 2 // 3, _PROSE) if is_prose else 0
        least = max(least, prose, *(_length(part) for _, part in parts))
        whole = max(whole, long)
    return _Column(least, whole)


def _parts(cell: str, codes_wrap: bool) -> Iterator[tuple[str, str]]:
    """Give what may stand on a line of its own, each with what joins it to the one before: a blank or nothing."""
    for word in cell.split(" "):
        if codes_wrap and _CODE.fullmatch(word):
            pieces = re.findall(r"[^-_]+[-_]?", word)
            yield " ", pieces[0]
            yield from (("", piece) for piece in pieces[1:])
        else:
            yield " ", word


def _needed(places: Sequence[int], measured: Sequence[_Column]) -> int:
    return _EDGE + sum(measured[at].least for at in places) + len(BETWEEN) * max(len(places) - 1, 0)


def _widths(places: Sequence[int], measured: Sequence[_Column], width: int) -> list[int]:
    """Share out what is left over: the narrowest that still wraps has the next column."""
    sizes = {at: measured[at].least for at in places}
    for _ in range(width - _needed(places, measured)):
        wanting = [at for at in places if sizes[at] < measured[at].whole]
        if not wanting:
            break
        sizes[min(wanting, key=lambda at: sizes[at])] += 1
    return [sizes[at] for at in places]


def _joined(told: Sequence[str], width: int) -> Iterator[str]:
    """Put what moved below on as few lines as it needs; a value never breaks, words wrap."""
    line = ""
    for one in told:
        if line and _length(f"{line} · {one}") > width:
            yield line
            line = ""
        line = f"{line} · {one}" if line else one
        if _length(line) > width:
            *whole, line = _filled(line, width)
            yield from whole
    if line:
        yield line


def _filled(text: str, width: int) -> list[str]:
    """Break a text at its blanks, as many words on each line as fit; between wide characters where one is too long."""
    done, line = [], ""
    for word in text.split(" "):
        if line and _length(f"{line} {word}") > width:
            done.append(line.rstrip())
            line = word
        else:
            line = f"{line} {word}" if line else word
        if _length(line) > max(len(line), width):  # one word by now; it takes more columns than it has characters
            from rich.cells import chop_cells

            *whole, line = chop_cells(line.replace(_GLUE, " "), max(width, 2))
            done += whole
    return [*done, line]


def _short(cell: str, asked: bool) -> str:
    return _HASH.sub(r"\1…", cell) if asked else cell


def _length(text: str) -> int:
    """How many columns of a screen a text takes: a Chinese character takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text.replace(_GLUE, " "))
