"""What was received in; what the answers' own guides let us say of it out: codes of their lists, lengths, digits."""

from __future__ import annotations

from functools import cache

import pandas as pd

from claims.x12.acknowledge.terms import Terms
from claims.x12.conform import maps
from claims.x12.conform.nodes import Element

GUIDE = "005010X231A1"
# CTX01-2
LONGEST_REFERENCE = 35
_UNNAMED = "000000000"
_LONGEST_VERSION = 12


@cache
def codes(guide: str, segment_id: str, element: int) -> frozenset[str]:
    """Return the codes that a guide lists for an element."""
    segment = next(one for one in maps.tree(guide).segments() if one.id == segment_id)
    item = segment.elements[element - 1]
    assert isinstance(item, Element) and item.codes is not None
    return item.codes


def can_be_named(groups: pd.DataFrame) -> pd.Series[bool]:
    """Tell whether AK1 can name a group: by a functional code of its list, a number of one to nine digits, and GS08.

    AK103 must be sent and is GS08 as received: one that does not fit would name a version that nobody sent.
    """
    is_known = groups["functional_code"].isin(codes(GUIDE, "AK1", 1))
    can_be_said = (groups["version"] == "") | (version(groups["version"]) != "")
    return is_known & groups["control_number"].str.fullmatch("[0-9]{1,9}") & can_be_said


def version(received: pd.Series[str]) -> pd.Series[str]:
    """Return AK103 for a GS08, without empty components behind it; "" for one that cannot be sent."""
    return printable(received.str.replace("[^0-9A-Za-z]+$", "", regex=True), _LONGEST_VERSION)


def has_named_control(control_number: pd.Series[str]) -> pd.Series[bool]:
    """Tell whether TA1 can name an interchange: by a number of nine digits, leading zeros aside."""
    return control_number.str.fullmatch("0*[0-9]{1,9}")


def interchange_control(control_number: pd.Series[str]) -> pd.Series[str]:
    """Return TA101; zeros for what is no number."""
    return control_number.str[-9:].str.zfill(9).where(has_named_control(control_number), _UNNAMED)


def interchange_instant(interchanges: pd.DataFrame, terms: Terms) -> dict[str, pd.Series]:
    """Return TA102 and TA103: date and time as received; those of the answer where they are none."""
    day, time = interchanges["interchange_date"], interchanges["interchange_time"]
    is_time = time.str.fullmatch("([01][0-9]|2[0-3])[0-5][0-9]")
    is_day = pd.to_datetime(day.astype("str"), format="%Y%m%d", errors="coerce").notna()
    return {"interchange_date": day.where(is_day, terms.date), "interchange_time": time.where(is_time, terms.time)}


def set_identifier(set_code: pd.Series[str]) -> pd.Series[str]:
    """Return AK201 (837 of 837P); "" for a set that AK2 cannot name."""
    identifier = set_code.str[:3]
    return identifier.where(identifier.isin(codes(GUIDE, "AK2", 1)), "")


def set_control(control_number: pd.Series[str]) -> pd.Series[str]:
    """Return AK202, of four to nine characters: shorter numbers are filled with zeros, longer ones cut."""
    return control_number.str.replace("[^!-~]", "", regex=True).str[:9].str.zfill(4)


def printable(text: pd.Series[str], longest: int) -> pd.Series[str]:
    """Return text that fits an element as it is, else ""."""
    return text.where(text.str.fullmatch(f"[!-~ ]{{1,{longest}}}"), "")
