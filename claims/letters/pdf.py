"""A Typst document and its data come in; a PDF (or pictures of its pages) goes out, the same bytes each time.

The data come as JSON beside the document and are read there as values: nothing in them is ever read as markup. Only the
fonts inside Typst are used, and the document's own day is its time stamp.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any

import typst


def pdf(document: str, data: Mapping[str, Any], day: date) -> bytes:
    """Write the document ``templates/<document>.typ`` as PDF."""
    return b"".join(_compiled(document, data, day, "pdf"))


def pages(document: str, data: Mapping[str, Any], day: date) -> list[bytes]:
    """Draw each page as PNG, for looking at."""
    return _compiled(document, data, day, "png")


def html(document: str, data: Mapping[str, Any], day: date) -> str:
    """Give the texts of the document as HTML, without its looks."""
    return b"".join(_compiled(document, data, day, "html")).decode()


def _compiled(document: str, data: Mapping[str, Any], day: date, form: Any) -> list[bytes]:
    source = (resources.files(__package__) / "templates" / f"{document}.typ").read_bytes()
    compiled = typst.compile(
        source,
        format=form,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
        timestamp=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
    )
    return [compiled] if isinstance(compiled, bytes) else list(compiled or ())
