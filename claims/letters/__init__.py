"""Letters: facts in words come in; a DOCX to go on editing and a PDF packet, the same bytes each time, go out."""

from claims.letters.docx import letter_docx
from claims.letters.glyphs import missing, named
from claims.letters.packet import Added, Exhibit, File, Packet, Party, Table, packet_pdf
from claims.letters.pdf import page_count
from claims.letters.picture_size import picture_size
from claims.letters.text import Letter, Run, Template, TemplateError, compose, find_template, templates

__all__ = [
    "Added",
    "Exhibit",
    "File",
    "Letter",
    "Packet",
    "Party",
    "Run",
    "Table",
    "Template",
    "TemplateError",
    "compose",
    "find_template",
    "letter_docx",
    "missing",
    "named",
    "packet_pdf",
    "page_count",
    "picture_size",
    "templates",
]
