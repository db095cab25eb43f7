"""The addenda record of a CCD+ payment, wherever a bank puts it: texts in, trace number and payer id of the 835 out.

A payer sends the TRN segment of its remittance with the money (`TRN*1*trace*1payer~`); a CTX payment may have an RMR.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Banks hand back ~ or \ as the end of a segment, or drop it. Without one a blank ends a payer id that is whole, and
# the end of the text ends anything.
_TRACE = r"TRN\*1\*([^*~\\\s]{1,50})"
_CLOSED = re.compile(_TRACE + r"(?:\*(1?\d{9}))?(?:\*[^~\\]*)?[~\\]")
_OPEN = re.compile(_TRACE + r"\*(1\d{9})(?=\s|$)")
_LAST = re.compile(_TRACE + r"(?:\*(1?\d{9}))?(?=\s|$)")
_RMR = re.compile(r"RMR\*[A-Z0-9]{2,3}\*([^*~\\\s]{1,50})(?:\*|[~\\]|$)")


def trace_of(texts: Sequence[str]) -> tuple[str, str]:
    """Give `(trace number, payer id)` of the first TRN in some lines of text, else the reference of an RMR, else empty.

    A segment may be cut by a line end: lines are read one by one first, then put together without anything between.
    """
    whole = "".join(texts)
    for pattern, places in ((_CLOSED, (*texts, whole)), (_OPEN, (*texts, whole)), (_LAST, (whole,))):
        for text in places:
            if found := pattern.search(text):
                return found.group(1), found.group(2) or ""
    for text in (*texts, whole):
        if found := _RMR.search(text):
            return found.group(1), ""
    return "", ""


_LABELS = r"(?:ORIG(?:INATING)? CO(?:MPANY)? NAME|CO(?:MPANY)? NAME|ORIGINATOR|ORIG NAME|SENDER NAME)"
_NEXT = r"\s(?:ORIG|SEC|DES|DESC|INDN|IND|CO|COMPANY|TRACE|ENTRY|EFF|ID)\b[A-Z ]*[:=]"
_NAME = re.compile(_LABELS + r"\s*[:=]\s*(.+?)(?=\s{2,}|[,;~\\]|" + _NEXT + "|$)")
_PAYER_ID = re.compile(r"(?:ORIG(?:INATING)?(?: CO(?:MPANY)?)? ID|CO(?:MPANY)? ID)\s*[:=]\s*(\d{9,10})\b")


def payer_of(texts: Sequence[str]) -> tuple[str, str]:
    """Give `(name, id)` of the company that paid, as banks label them; without a label the first text is the name."""
    name = next((found.group(1) for text in texts if (found := _NAME.search(text.upper()))), "")
    payer_id = next((found.group(1) for text in texts if (found := _PAYER_ID.search(text.upper()))), "")
    if not name and texts:
        name = "" if re.match(r"\s*(?:TRN|RMR)\*", texts[0]) else texts[0]
    return name.strip(), payer_id
