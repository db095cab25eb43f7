"""A letter, the facts of its claim and the segments that prove them come in; one PDF with all of it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from claims.letters.pdf import html, pages, pdf
from claims.letters.text import Letter, Paragraph, Run, plain

DOCUMENT = "packet"


@dataclass(frozen=True)
class Party:
    """Who writes: the name, the lines of the address, and what else heads the letter."""

    name: str
    lines: tuple[str, ...]
    about: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table in words: a title, columns, rows, a last row of sums, a note.

    Before the name of a column ``>`` aligns it right, ``+`` gives it the room that is left. Cells keep their lines.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sums: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class File:
    """A stored file and some of its segments: number, first byte, number of bytes, text."""

    title: str
    sha256: str
    segments: tuple[tuple[int, int, int, str], ...]


@dataclass(frozen=True)
class Added:
    """A file that a person added: its bytes, sha256, suffix (pdf, png, jpg) and number of pages."""

    content: bytes
    sha256: str
    suffix: str
    pages: int

    @property
    def name(self) -> str:
        """Give the name that the document knows it by."""
        return f"{self.sha256}.{self.suffix}"


@dataclass(frozen=True)
class Exhibit:
    """What proves a part of the letter: tables, sentences, and segments as they stand in files."""

    label: str
    title: str
    text: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    files: tuple[File, ...] = ()
    added: tuple[Added, ...] = ()


@dataclass(frozen=True)
class Packet:
    """All that a packet holds. ``about`` is the block before the letter's text: label and value of each fact."""

    day: date
    date_words: str
    case_number: str
    is_draft: bool
    sender: Party
    to: tuple[Paragraph, ...]
    about: tuple[tuple[str, Run], ...]
    greeting: str
    letter: Letter
    closing: str
    signature: tuple[str, ...]
    enclosures: tuple[Paragraph, ...]
    gaps: tuple[str, ...]
    facts: tuple[Table, ...]
    exhibits: tuple[Exhibit, ...]
    origin: tuple[str, ...]
    called: str = "Appeal"  # what its pages are marked as, before the number of the case


def packet_pdf(packet: Packet) -> bytes:
    """Write a packet as PDF."""
    return pdf(DOCUMENT, _data(packet), packet.day, _files(packet))


def packet_pages(packet: Packet) -> list[bytes]:
    """Draw the pages of a packet as PNG, for looking at."""
    return pages(DOCUMENT, _data(packet), packet.day, _files(packet))


def packet_html(packet: Packet) -> str:
    """Give the texts of a packet as HTML, without its looks and without the pages of files that were added."""
    return html(DOCUMENT, _data(packet, added=False), packet.day)


def _files(packet: Packet) -> dict[str, bytes]:
    return {one.name: one.content for exhibit in packet.exhibits for one in exhibit.added}


def _data(packet: Packet, *, added: bool = True) -> dict[str, Any]:
    data: dict[str, Any] = _plain(
        {
            "date": packet.date_words,
            "case": packet.case_number,
            "called": packet.called,
            "draft": packet.is_draft,
            "sender": {"name": packet.sender.name, "lines": packet.sender.lines, "about": packet.sender.about},
            "to": [_runs(one) for one in packet.to],
            "about": [[label, _runs((value,))] for label, value in packet.about],
            "greeting": packet.greeting,
            "title": _runs(packet.letter.title),
            "paragraphs": [_runs(one) for one in packet.letter.paragraphs],
            "closing": packet.closing,
            "signature": packet.signature,
            "enclosures": [_runs(one) for one in packet.enclosures],
            "gaps": packet.gaps,
            "facts": [_table(one) for one in packet.facts],
            "exhibits": [_exhibit(one, added=added) for one in packet.exhibits],
            "origin": packet.origin,
        }
    )
    return data


def _runs(runs: Sequence[Run]) -> list[dict[str, Any]]:
    return [{"lines": run.text.splitlines() or [""], "gap": run.is_gap} for run in runs]


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "columns": [name.lstrip(">+") for name in table.columns],
        "right": [name.startswith(">") for name in table.columns],
        "wide": [name.startswith("+") for name in table.columns],
        "rows": [[cell.split("\n") for cell in row] for row in table.rows],
        "sums": table.sums,
        "note": table.note,
    }


def _exhibit(exhibit: Exhibit, *, added: bool) -> dict[str, Any]:
    return {
        "label": exhibit.label,
        "title": exhibit.title,
        "text": exhibit.text,
        "tables": [_table(one) for one in exhibit.tables],
        "files": [{"title": one.title, "sha256": one.sha256, "segments": one.segments} for one in exhibit.files],
        "pages": [
            {"name": one.name, "page": page, "many": one.suffix == "pdf"}
            for one in (exhibit.added if added else ())
            for page in range(1, one.pages + 1)
        ],
    }


def _plain(value: Any) -> Any:
    """Leave in texts what a document may hold."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
