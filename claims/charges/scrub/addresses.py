"""S07: addresses that receivers refuse: a PO box, a ZIP code too short, a state that does not exist."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from claims import codes
from claims.charges.scrub.work import Look, Work

_BOX = re.compile(r"\b(?:P\s*\.?\s*O\s*\.?\s*(?:BOX|DRAWER)|POST\s+OFFICE\s+BOX|POSTAL\s+BOX)\b", re.IGNORECASE)
# Where each address stands in a professional, institutional and dental claim.
_LOOPS = {
    "billing": ("2010AA",) * 3,
    "facility": ("2310C", "2310E", "2310C"),
    "subscriber": ("2010BA",) * 3,
    "patient": ("2010CA",) * 3,
}
_NINE = ("billing", "facility")


def look(work: Work) -> Look:
    """Check the addresses of each claim; where none is told, nothing is said but of the billing provider's."""
    claims, kind = work.claims, work.claims.coded("kind")
    yield work.at_claims("S07a", claims.coded("billing_address").are(lambda text: bool(_BOX.search(text))))
    for column, element in (("address", "N301"), ("city", "N401"), ("zip", "N403")):
        yield work.at_claims("S07b", ~claims.is_filled(f"billing_{column}"), f"{element} of 2010AA")
    for name, loops in _LOOPS.items():
        code, state = claims.coded(f"{name}_zip"), claims.coded(f"{name}_state")
        is_home = ~state.are(_provinces())
        digits = (9,) if name in _NINE else (5, 9)
        wrong = np.flatnonzero(code.are(lambda text, digits=digits: _is_wrong(text, digits)) & is_home)  # type: ignore[misc]
        elements = [f"N403 of {loops['PID'.find(one)]}" for one in kind.texts(wrong)]
        found = [f"{len(text)} characters" for text in code.texts(wrong)]
        yield work.at_claims("S07c" if name in _NINE else "S07d", wrong, elements, found)
        wrong = np.flatnonzero(state.are(lambda text: text != "" and text not in _states()))
        yield work.at_claims("S07e", wrong, [f"N402 of {loops['PID'.find(one)]}" for one in kind.texts(wrong)])


def _is_wrong(text: str, digits: tuple[int, ...]) -> bool:
    return text != "" and not (text.isascii() and text.isdecimal() and len(text) in digits)


@cache
def _states() -> frozenset[str]:
    return frozenset(codes.table("states")["code"])


@cache
def _provinces() -> frozenset[str]:
    states = codes.table("states")
    return frozenset(states.loc[states["country"] != "US", "code"])
