"""Identifiers of providers in a part's frames; NPIs, taxonomy codes and tax numbers of the wrong form out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from claims.identifiers import has_npi_form, is_npi, is_tax_id, is_taxonomy, npi_check_digit
from claims.x12.edits.part import Part, coded
from claims.x12.edits.report import Report
from claims.x12.numbers import Integers

NPI_FORM, NPI_CHECK = "npi-form", "npi-check-digit"
TAXONOMY, TAX_ID = "taxonomy-form", "tax-id-form"
_ELEMENTS = {"NM1": "NM109", "N1": "N104", "REF": "REF02", "PRV": "PRV03"}


class _Source(NamedTuple):
    """Where identifiers stand: a frame, the column and values that tell them, the column that holds them."""

    frame: str
    told_by: str
    qualifiers: tuple[str, ...]
    column: str
    fault: Callable[[str], str]
    rules: tuple[str, ...]


def _npi_fault(value: str) -> str:
    if not has_npi_form(value):
        return NPI_FORM
    return "" if is_npi(value) else NPI_CHECK


def _taxonomy_fault(value: str) -> str:
    return "" if is_taxonomy(value) else TAXONOMY


def _tax_id_fault(value: str) -> str:
    return "" if is_tax_id(value) else TAX_ID


_SOURCES = (
    _Source("parties", "identifier_qualifier", ("XX",), "identifier", _npi_fault, (NPI_FORM, NPI_CHECK)),
    _Source("references", "qualifier_code", ("HPI",), "reference", _npi_fault, (NPI_FORM, NPI_CHECK)),
    _Source("taxonomies", "qualifier_code", ("PXC",), "code", _taxonomy_fault, (TAXONOMY,)),
    _Source("parties", "identifier_qualifier", ("FI",), "identifier", _tax_id_fault, (TAX_ID,)),
    _Source("references", "qualifier_code", ("EI", "TJ"), "reference", _tax_id_fault, (TAX_ID,)),
)


def look(part: Part, report: Report) -> None:
    """Check every identifier whose qualifier says what it is; one that was not sent is the guide's matter."""
    for source in _SOURCES:
        if part.count(source.frame) and report.wants(*source.rules):
            _look(part, report, source)


def _look(part: Part, report: Report, source: _Source) -> None:
    rows = np.flatnonzero(part.coded(source.frame, source.told_by).are(source.qualifiers))
    if not len(rows):
        return
    values = coded(part.arrow(source.frame, source.column).take(pa.array(rows)))
    faults = [source.fault(value) if value else "" for value in values.values]
    for rule in source.rules:
        wrong = np.flatnonzero(np.array([fault == rule for fault in faults], np.bool_)[values.at])
        if len(wrong):
            _tell(part, report, rule, source.frame, rows[wrong], values.texts(wrong))


def _tell(part: Part, report: Report, rule: str, frame: str, rows: Integers, texts: list[str]) -> None:
    """Tell of wrong identifiers without quoting them."""
    place = part.place(frame, rows)
    elements = [_ELEMENTS.get(name, name) for name in part.segment_ids(place.seg)]
    if rule == NPI_CHECK:
        report.add(
            rule, place, elements, found=[text[9] for text in texts], expected=[npi_check_digit(t) for t in texts]
        )
    else:
        report.add(rule, place, elements, found=[f"{len(text)} characters" for text in texts])
