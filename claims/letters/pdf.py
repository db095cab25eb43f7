"""A Typst document and its data come in; a PDF (or pictures of its pages) goes out, the same bytes each time.

The data come as JSON beside the document and are read there as values: nothing in them is ever read as markup. Only the
fonts inside Typst are used, and the document's own day is its time stamp.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst


def pdf(document: str, data: Mapping[str, Any], day: date, files: Mapping[str, bytes] | None = None) -> bytes:
    """Write the document ``templates/<document>.typ`` as PDF; ``files`` are what it shows pages of, by name."""
    return b"".join(_compiled(document, data, day, "pdf", files))


def pages(document: str, data: Mapping[str, Any], day: date, files: Mapping[str, bytes] | None = None) -> list[bytes]:
    """Draw each page as PNG, for looking at."""
    return _compiled(document, data, day, "png", files)


def html(document: str, data: Mapping[str, Any], day: date) -> str:
    """Give the texts of the document as HTML, without its looks."""
    return b"".join(_compiled(document, data, day, "html")).decode()


def page_count(content: bytes, suffix: str, most: int) -> int:
    """Count the pages of a PDF, or the one of a picture; 0 where it cannot be shown, ``most`` + 1 where it has more."""

    def has(number: int) -> bool:
        source = f'#set page(width: auto, height: auto)\n#image("one.{suffix}"'
        source += f", page: {number})" if suffix == "pdf" else ")"
        try:
            _in_folder(source.encode(), {f"one.{suffix}": content}, format="pdf")
        except typst.TypstError:
            return False
        return True

    if not has(1):
        return 0
    low, high = 1, most + 1
    while suffix == "pdf" and low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if has(middle) else (low, middle - 1)
    return low


def _compiled(
    document: str, data: Mapping[str, Any], day: date, form: Any, files: Mapping[str, bytes] | None = None
) -> list[bytes]:
    source = (resources.files(__package__) / "templates" / f"{document}.typ").read_bytes()
    compiled = _in_folder(
        source,
        files or {},
        format=form,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
        timestamp=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
    )
    return [compiled] if isinstance(compiled, bytes) else list(compiled or ())


def _in_folder(source: bytes, files: Mapping[str, bytes], **how: Any) -> Any:
    """Compile a document; where it shows files, in a folder that holds them and nothing else."""
    if not files:
        return typst.compile(source, ignore_system_fonts=True, **how)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        (folder / "main.typ").write_bytes(source)
        return typst.compile(str(folder / "main.typ"), root=name, ignore_system_fonts=True, **how)
