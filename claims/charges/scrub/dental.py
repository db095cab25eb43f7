"""S30: what a dental procedure asks for: tooth, surface, quadrant, and of a prosthesis whether it replaces one."""

from __future__ import annotations

import re

import numpy as np

from claims.charges.scrub.columns import Flags, some
from claims.charges.scrub.work import Look, Work
from claims.findings import shown

# Permanent teeth 1 to 32, primary A to T; supernumerary ones have 50 more, or an S behind.
_TOOTH = re.compile(r"[1-9]|[12][0-9]|3[0-2]|5[1-9]|[67][0-9]|8[0-2]|[A-T]S?", re.ASCII)
_SURFACES = frozenset("BDFILMO")
_REPLACES, _PRIOR_PLACEMENT = "R", "441"


def look(work: Work) -> Look:
    """Check the dental lines; which procedure needs what is master data."""
    if not work.is_kind("D").any():
        return
    teeth, line, lines = work.table("teeth"), work.line_of("teeth"), work.lines
    tooth, surfaces = teeth.coded("tooth_code"), teeth.coded("surface_codes")
    has_tooth = some(line[~tooth.are(("",))], len(lines))
    has_surface = some(line[~surfaces.are(("",))], len(lines))
    prosthesis = lines.coded("prosthesis_code")
    yield work.at_lines("S30a", _needs(work, "needs_tooth") & ~has_tooth)
    yield work.at_lines("S30b", _needs(work, "needs_surface") & ~has_surface)
    yield work.at_lines("S30c", _needs(work, "needs_quadrant") & ~lines.is_filled("oral_cavity_codes"))
    yield work.at_lines("S30d", _needs(work, "needs_prosthesis") & ~prosthesis.are(("I", "R")))
    dates = work.table("dates")
    placed = dates.coded("qualifier_code").are((_PRIOR_PLACEMENT,)) & (dates.numbers("date") > 0)
    has_date = some(work.line_of("dates")[placed], len(lines))
    on_claim = some(work.claim_of("dates")[placed & (work.line_of("dates") < 0)], len(work.claims))
    yield work.at_lines("S30e", prosthesis.are((_REPLACES,)) & ~has_date & ~np.append(on_claim, False)[work.claim])
    wrong = np.flatnonzero(tooth.are(lambda text: text != "" and not _TOOTH.fullmatch(text)) & (line >= 0))
    yield work.at_lines("S30f", line[wrong], "TOO02", shown(tooth.texts(wrong), 2))
    wrong = np.flatnonzero(surfaces.are(lambda text: not set(text.split()) <= _SURFACES) & (line >= 0))
    yield work.at_lines("S30f", line[wrong], "TOO03", shown(surfaces.texts(wrong), 9))


def _needs(work: Work, trait: str) -> Flags:
    return work.trait(trait) >= 0
