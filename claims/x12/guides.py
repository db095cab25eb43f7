"""Which set a transaction is: ST01 with GS08 or ST03 in, set code, guide and findings about them out."""

from __future__ import annotations

import re

# Beginnings of the guides that are read, with or without an addendum after them.
_GUIDES = {
    ("837", "005010X222"): "837P",
    ("837", "005010X223"): "837I",
    ("837", "005010X224"): "837D",
    ("837", "004010X098"): "837P",
    ("837", "004010X096"): "837I",
    ("837", "004010X097"): "837D",
    ("835", "005010X221"): "835",
    ("277", "005010X214"): "277CA",
    ("999", "005010X231"): "999",
    ("997", "005010X230"): "997",
}
_GUIDE = re.compile(r"\d{6}X\d{3}")
READ = frozenset({"835", "837", "837P", "837I", "837D", "999", "997", "277CA"})


def set_code(st01: str, gs08: str, st03: str) -> tuple[str, str]:
    """Return the set code and the guide; GS08 decides, ST03 when GS08 names no guide of this set."""
    for guide in (gs08.upper(), st03.upper()):
        found = _GUIDE.match(guide)
        code = _GUIDES.get((st01, found.group())) if found else None
        if code:
            return code, guide
    return st01, gs08.upper() or st03.upper()


def is_known_version(set_code: str, guide: str) -> bool:
    """Tell whether a set's guide is one that is read: version 5010, or none stated where the set stands alone."""
    if set_code in ("997", "999") or not guide:
        return True
    return guide.startswith("005010")


def is_guide(text: str) -> bool:
    """Tell whether a text has the form of a version or of a guide (005010, 004010X098A1)."""
    return re.fullmatch(r"\d{6}(X\d{3}(A\d)?)?", text) is not None
