"""A letter comes in; the same letter as DOCX, to be edited and signed, goes out, the same bytes each time.

The layout is our own, or the practice's: a DOCX with the names of `layout` in double braces.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Inches, Pt
from docxtpl import DocxTemplate, RichText
from jinja2.sandbox import SandboxedEnvironment

from claims.errors import UsageError
from claims.letters.packet import Packet
from claims.letters.text import Run

_WRITTEN = (1980, 1, 1, 0, 0, 0)  # of each part of the file: the first day that the format knows


class LayoutError(UsageError):
    """The practice's own layout of letters cannot be used."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The layout letter.docx cannot be used: {problem}.")


def letter_docx(packet: Packet, own_layout: bytes | None = None) -> bytes:
    """Write the letter of a packet."""
    try:
        template = DocxTemplate(io.BytesIO(own_layout if own_layout is not None else layout()))
        template.render(_context(packet), SandboxedEnvironment(autoescape=True))
    except Exception as error:
        if own_layout is None:
            raise
        raise LayoutError(type(error).__name__) from None
    about = template.docx.core_properties
    about.created = about.modified = datetime(packet.day.year, packet.day.month, packet.day.day, 12)
    about.author = about.last_modified_by = packet.sender.name[:255]
    about.title, about.revision, about.comments = "".join(run.text for run in packet.letter.title)[:255], 1, ""
    written = io.BytesIO()
    template.save(written)
    return _unstamped(written.getvalue())


def _context(packet: Packet) -> dict[str, Any]:
    return {
        "is_draft": packet.is_draft,
        "sender": {"name": packet.sender.name, "lines": list(packet.sender.lines), "about": list(packet.sender.about)},
        "date": packet.date_words,
        "to": [_rich(one) for one in packet.to],
        "about": [{"label": label, "value": _rich((value,))} for label, value in packet.about],
        "title": _rich(packet.letter.title, bold=True),
        "greeting": packet.greeting,
        "paragraphs": [_rich(one) for one in packet.letter.paragraphs],
        "closing": packet.closing,
        "signature": list(packet.signature),
        "enclosures": [_rich(one) for one in packet.enclosures],
    }


def _rich(runs: Sequence[Run], *, bold: bool = False) -> RichText:
    text = RichText()
    for run in runs:
        # The library escapes the text; a gap is seen in yellow.
        text.add(run.text, bold=bold, highlight="#ffff00" if run.is_gap else None)
    return text


def layout() -> bytes:
    """Build our own layout, with the names that a practice's may use."""
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Inches(8.5), Inches(11)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Inches(1)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(11)
    normal.paragraph_format.space_after = Pt(0)

    def line(text: str, *, after: int = 0, bold: bool = False, size: int = 0, centred: bool = False) -> None:
        paragraph = document.add_paragraph()
        run = paragraph.add_run(text)
        run.bold = bold
        run.font.size = Pt(size) if size else None
        paragraph.paragraph_format.space_after = Pt(after)
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER

    line("{{ sender.name }}", bold=True, size=14, centred=True)
    for name in ("sender.lines", "sender.about"):
        line(f"{{%p for one in {name} %}}")
        line("{{ one }}", size=9, centred=True)
        line("{%p endfor %}")
    line("{%p if is_draft %}")
    line("DRAFT: fill in what is marked before it is sent", bold=True, after=6, centred=True)
    line("{%p endif %}")
    line("{{ date }}", after=12)
    line("{%p for one in to %}")
    line("{{r one }}")
    line("{%p endfor %}")
    line("", after=6)
    line("{{r title }}", after=6)
    table = document.add_table(rows=3, cols=2)
    table.rows[0].cells[0].text = "{%tr for row in about %}"
    table.rows[1].cells[0].text, table.rows[1].cells[1].text = "{{ row.label }}", "{{r row.value }}"
    table.rows[2].cells[0].text = "{%tr endfor %}"
    for row in table.rows:
        row.cells[0].width, row.cells[1].width = Inches(2.0), Inches(4.5)
    line("", after=6)
    line("{{ greeting }}", after=8)
    line("{%p for one in paragraphs %}")
    line("{{r one }}", after=8)
    line("{%p endfor %}")
    line("{{ closing }}", after=36)
    line("{%p for one in signature %}")
    line("{{ one }}")
    line("{%p endfor %}")
    line("", after=6)
    line("Enclosures", bold=True)
    line("{%p for one in enclosures %}")
    line("{{r one }}")
    line("{%p endfor %}")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _unstamped(content: bytes) -> bytes:
    """Write the parts again without the time at which they were written."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            part = zipfile.ZipInfo(name, _WRITTEN)
            part.compress_type, part.create_system, part.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            new.writestr(part, old.read(name))
    return written.getvalue()
