"""Whether a payment and a claim name the same patient: as people would say it, whatever the spelling."""

from __future__ import annotations

import re
import unicodedata

from claims.ledger.match import AGREES, DIFFERS, UNKNOWN


def same_patient(paid: tuple[str, str], claimed: tuple[str, str]) -> str:
    """Compare two patients, each (last name, first name): agrees, differs, or unknown where a name is missing.

    Case, accents, blanks and hyphens say nothing; of first names the first word counts, or its initial alone.
    """
    (paid_last, paid_first), (last, first) = ((_letters(one[0]), _first(one[1])) for one in (paid, claimed))
    if not paid_last or not last:
        return UNKNOWN
    if paid_last != last:
        return DIFFERS
    if not paid_first or not first:
        return UNKNOWN
    is_initial = 1 in (len(paid_first), len(first))
    return AGREES if paid_first == first or (is_initial and paid_first[0] == first[0]) else DIFFERS


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).upper()
    return "".join(letter for letter in plain if letter.isalnum())


def _first(name: str) -> str:
    return next((word for part in re.split(r"[\s.]+", name) if (word := _letters(part))), "")
