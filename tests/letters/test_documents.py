"""PDF and DOCX: the same bytes each time, and every text is text, whatever it looks like."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile

import lxml.html
import pytest
from docx import Document
from lxml import etree

from claims.letters import letter_docx, missing, packet_pdf
from claims.letters.docx import LayoutError, layout
from claims.letters.packet import packet_html, packet_pages
from tests.letters.packets import HOSTILE, packet

_BY_ITSELF = """
import hashlib, sys
from claims.letters import letter_docx, packet_pdf
from tests.letters.packets import HOSTILE, packet
print(*(hashlib.sha256(make(packet(HOSTILE))).hexdigest() for make in (packet_pdf, letter_docx)))
"""


def texts(content: bytes) -> list[str]:
    """All paragraphs of a DOCX, those of tables too."""
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [one.text for one in document.paragraphs] + cells


def test_the_same_packet_gives_the_same_bytes_anywhere_and_any_time():
    here = [hashlib.sha256(make(packet(HOSTILE))).hexdigest() for make in (packet_pdf, letter_docx)]
    ambient = os.environ | {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    there = subprocess.run([sys.executable, "-c", _BY_ITSELF], env=ambient, capture_output=True, text=True, check=True)
    assert there.stdout.split() == here
    assert packet_pdf(packet("other")) != packet_pdf(packet())


def test_hostile_text_is_text_in_the_letter():
    content = letter_docx(packet(HOSTILE, is_draft=True))
    found = texts(content)
    assert found.count(HOSTILE) >= 8 and f"{HOSTILE}[to be filled in: {HOSTILE}]" in found
    assert any(text.startswith("DRAFT") for text in found)
    assert not any(text.startswith("DRAFT") for text in texts(letter_docx(packet(HOSTILE))))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.endswith(".xml"):
                etree.fromstring(parts.read(name))
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_hostile_text_is_text_in_the_packet():
    found = lxml.html.fromstring(packet_html(packet(HOSTILE))).text_content()
    assert found.count(HOSTILE) == lxml.html.fromstring(packet_html(packet("aQz"))).text_content().count("aQz") > 25
    assert len(packet_pages(packet())) == 3
    assert packet_pdf(packet("\x00\u202e\ud800" + HOSTILE)).startswith(b"%PDF-")


def test_a_file_of_the_practice_can_be_the_layout():
    document = Document()
    document.add_paragraph("OUR OWN {{ sender.name }} {{ date }}")
    own = io.BytesIO()
    document.save(own)
    assert texts(letter_docx(packet("NAME"), own.getvalue())) == ["OUR OWN NAME June 30, 2025"]
    assert letter_docx(packet(), layout()) == letter_docx(packet())


@pytest.mark.parametrize("line", ["{{ open }", "{{ sender.__class__.__mro__ }}", "{% import 'os' %}", "{{ date.join }"])
def test_a_layout_with_a_fault_is_refused(line):
    document = Document()
    document.add_paragraph(line)
    own = io.BytesIO()
    document.save(own)
    with pytest.raises(LayoutError):
        letter_docx(packet(), own.getvalue())


def test_what_is_no_document_is_refused():
    with pytest.raises(LayoutError):
        letter_docx(packet(), b"no document")


def test_lines_stand_in_both_documents_and_characters_without_a_shape_are_named():
    made = packet("One.\nTwo.")
    found = lxml.html.fromstring(packet_html(made))
    assert [one.tail for one in found.iter("br")].count("Two.") >= 3
    with zipfile.ZipFile(io.BytesIO(letter_docx(made))) as parts:
        assert parts.read("word/document.xml").count(b"<w:br/>") >= 3
    assert missing(["Łukasz Иван ≥ µ ½ “x” Nguyễn Thị Hạnh Ελένη\u200d"]) == ()
    assert missing(["体温 38°", "👩\u200d⚕ ok"]) == ("体", "温", "👩")
