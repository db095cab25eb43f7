"""Frames of answers in, the insides of 999 transaction sets and TA1 segments out.

Frames as in docs/frames.md: `interchange_acknowledgements` (TA1; optional `interchange_time`),
`group_acknowledgements` (optional `error_codes`), `set_acknowledgements`, `segment_errors`, `contexts` (CTX*CLM01:...;
optional), `element_errors` (999; optional `data_element`, `bad_value`).
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from claims.x12.write_columns import Columns
from claims.x12.write_content import Content, positions
from claims.x12.write_pieces import Part, gathered, joined, spread, whole_numbers


def interchange_acknowledgements(content: Content, transactions: Columns) -> Part:
    """Write the TA1 segment of each row of `transactions`, ordered alike."""
    sets = transactions.integers("seg")
    a, owner = content.children("interchange_acknowledgements", "transaction_seg", sets, optional=False)
    control = pc.utf8_lpad(spread(a.text("control_number"), len(a)), 9, "0")
    day = pc.utf8_slice_codeunits(pc.utf8_lpad(spread(a.date("interchange_date"), len(a)), 8, " "), 2)
    texts = joined(
        "TA1*", control, "*", pc.utf8_ltrim(day, " "), "*", a.text("interchange_time", "0000"), "*",
        a.text("status_code"), "*", a.text("note_code", "000"), "~",
    )  # fmt: skip
    return gathered(texts, owner, len(sets))


def implementation_acknowledgements(content: Content, transactions: Columns) -> Part:
    """Write the inside of the 999 sets named by `transactions`."""
    keys = transactions.integers("seg")
    groups, of_group = content.children("group_acknowledgements", "transaction_seg", keys, optional=False)
    sets, of_set = content.children("set_acknowledgements", "group_seg", groups.integers("seg"))
    segments, of_segment = content.children("segment_errors", "set_seg", sets.integers("seg"))
    elements, of_element = content.children("element_errors", "segment_seg", segments.integers("seg"))
    of_segments, of_elements = _contexts(content, segments, elements)
    below = gathered(joined(_elements(elements), of_elements), of_element, len(segments))
    below = gathered(joined(_segments(segments), of_segments, below), of_segment, len(sets))
    below = gathered(joined(_opened(sets), below, _verdict(sets)), of_set, len(groups))
    return gathered(joined(_group(groups), below, _result(groups)), of_group, len(keys))


def _group(g: Columns) -> Part:
    return joined("AK1*", g.text("functional_code"), "*", g.text("control_number"), "*", g.text("version"), "~")


def _result(g: Columns) -> Part:
    counts = [whole_numbers(g.integers(name)) for name in ("included", "received", "accepted")]
    codes = g.listed("error_codes", as_elements=True)
    return joined("AK9*", g.text("status_code"), *(part for count in counts for part in ("*", count)), "*", codes, "~")


def _opened(s: Columns) -> Part:
    return joined("AK2*", s.text("set_code"), "*", s.text("control_number"), "*", s.text("guide"), "~")


def _verdict(s: Columns) -> Part:
    return joined("IK5*", s.text("status_code"), "*", s.listed("error_codes", as_elements=True), "~")


def _segments(e: Columns) -> Part:
    return joined(
        "IK3*", e.text("segment_id"), "*", whole_numbers(e.integers("position")), "*", e.text("loop"), "*",
        e.text("error_code"), "~",
    )  # fmt: skip


def _elements(x: Columns) -> Part:
    place = joined(whole_numbers(x.integers("element")), ":", x.count("component"), ":", x.count("repeat"))
    code = x.text("error_code")
    return joined("IK4*", place, "*", x.text("data_element"), "*", code, "*", x.text("bad_value"), "~")


def _contexts(content: Content, segments: Columns, elements: Columns) -> tuple[Part, Part]:
    """Write the CTX of each segment error, and of each element error."""
    every = content.columns("contexts")
    of_element = every.integers("element_seg") > 0
    found: list[Part] = []
    for owners, column, mine in ((segments, "segment_seg", ~of_element), (elements, "element_seg", of_element)):
        number = np.where(mine, positions(owners.integers("seg"), every.integers(column)), -1)
        rows = np.flatnonzero(number >= 0)
        rows = rows[np.lexsort((every.integers("seg")[rows], number[rows]))]
        found.append(gathered(_context(every.at(rows)), number[rows], len(owners)))
    return found[0], found[1]


def _context(c: Columns) -> Part:
    """The business unit of an error, or what triggered it and where that stands."""
    place = joined(c.count("element"), ":", c.count("component"), ":", c.count("repeat"))
    return joined(
        "CTX*", c.text("name"), ":", c.text("reference"), "*", c.text("segment_id"), "*", c.count("position"), "*",
        c.text("loop"), "*", place, "~",
    )  # fmt: skip
