"""Claim statuses in, the inside of 277CA transaction sets out.

Either as they are read (docs/frames.md): `claim_statuses` with `hl_seg`, their levels in `hierarchy`, names in
`parties`, and what stands beside them in `references`, `dates` and `amounts`; a status of a line may have
`procedure_qualifier procedure_code line_charge_cents`. Or as they are built: one row of `claim_statuses` per HL in
document order, with `parent_seg` (the `seg` of the row above, 0 for none), `level` source, batch, provider or claim,
and, all optional, `name`, `first_name`, `identifier`, `identifier_qualifier`, `accepted`, `rejected` (counts),
`accepted_cents`, `rejected_cents`, `clearing_house_trace` (REF*D9), `service_from_date`, `service_to_date`.
Transactions may have `batch_reference`, `batch_date`, `batch_time`.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from claims.x12.numbers import Flags
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content, positions
from claims.x12.write_pieces import (
    Part,
    choice,
    either,
    filled,
    flags,
    gathered,
    joined,
    optional,
    same,
    when,
    whole_numbers,
)
from claims.x12.write_rest import Owners, Rest

_LEVELS = {"source": "20", "batch": "21", "provider": "19", "claim": "PT"}
_PARTIES = {
    "source": ("NM1*AY*2*", "46"), "batch": ("NM1*41*2*", "46"), "provider": ("NM1*85*2*", "XX"),
    "claim": ("NM1*QC*1*", "MI"),
}  # fmt: skip
# The letter of each level's loops, and its TRN01.
_LETTERS = {"source": "A", "batch": "B", "provider": "C", "claim": "D"}
_TRACES = {"source": "1", "batch": "2", "provider": "1", "claim": "2"}


def claim_acknowledgements(content: Content, transactions: Columns) -> Part:
    """Write the inside of the 277CA sets named by `transactions`."""
    keys = transactions.integers("seg")
    is_built = "parent_seg" in content.columns("claim_statuses") or "hierarchy" not in content
    name = "claim_statuses" if is_built else "hierarchy"
    levels, of_set = content.children(name, "transaction_seg", keys, optional=False)
    number = np.arange(len(levels)) - np.searchsorted(of_set, of_set) + 1
    parent = positions(levels.integers("seg"), levels.integers("parent_seg"))
    is_parent = np.zeros(len(levels), np.bool_)
    is_parent[parent[parent >= 0]] = True
    above = when(parent >= 0, whole_numbers(number[parent])) if len(levels) else ""
    head = joined("HL*", whole_numbers(number), "*", above, "*")
    texts = joined(head, _built(levels, is_parent) if is_built else _read(content, levels, is_parent))
    return joined(_header(transactions), gathered(texts, of_set, len(keys)))


def _header(t: Columns) -> Part:
    batch = either(t.text("batch_reference"), t.text("control_number"))
    time = t.text("batch_time", "0000")
    return joined("BHT*0085*08*", batch, "*", t.date("batch_date"), "*", time, "*TH~")


def _status(c: Columns, *, is_dated: bool = True) -> Part:
    code, day = c.text("category_code"), c.date("status_date") if is_dated else ""
    return when(
        filled(code), "STC*", code, ":", c.text("status_code"), ":", c.text("entity_code"), "*", day, "*",
        c.text("action_code"), "*", c.money("charge_cents"), "~",
    )  # fmt: skip


# ---- one row per level, as built


def _built(c: Columns, is_parent: Flags) -> Part:
    levels = _lower(c, "level")
    return joined(*(when(same(levels, level), *_level(c, level, is_parent)) for level in _LEVELS))


def _level(c: Columns, level: str, is_parent: Flags) -> list[Part]:
    beginning, qualifier = _PARTIES[level]
    child = choice(is_parent, "1", "0") if level != "claim" else ""
    identifier = c.text("identifier")
    stated = either(c.text("identifier_qualifier"), qualifier)
    return [
        _LEVELS[level], "*", child, "~", beginning, c.names("name"), "*", c.names("first_name"), "****",
        when(filled(identifier), stated, "*", identifier), f"~TRN*{_TRACES[level]}*", c.text("trace"), "~",
        *_facts(c, level),
    ]  # fmt: skip


def _facts(c: Columns, level: str) -> list[Part]:
    """Give what follows the trace: dates, status, and the totals or the claim's own facts."""
    if level == "source":
        return ["DTP*050*D8*", c.date("status_date"), "~DTP*009*D8*", c.date("status_date"), "~"]
    if level == "claim":
        start, end = c.date("service_from_date"), c.date("service_to_date")
        period = when(filled(start), "DTP*472*RD8*", start, "-", either(end, start), "~")
        numbers = [
            optional("REF*1K*", c.text("payer_claim_number")), optional("REF*D9*", c.text("clearing_house_trace")),
        ]  # fmt: skip
        return [_status(c), *numbers, period]
    counts = ("90", "AA") if level == "batch" else ("QA", "QC")
    return [
        _status(c, is_dated=level != "provider"),  # the guide has no date there
        optional(f"QTY*{counts[0]}*", c.count("accepted")), optional(f"QTY*{counts[1]}*", c.count("rejected")),
        optional("AMT*YU*", c.money("accepted_cents", zero="")),
        optional("AMT*YY*", c.money("rejected_cents", zero="")),
    ]  # fmt: skip


# ---- as read


def _read(content: Content, levels: Columns, is_parent: Flags) -> Part:
    rest, code, keys = Rest(content), levels.text("level_code"), levels.integers("seg")
    statuses, owner = content.children("claim_statuses", "hl_seg", keys)
    first = np.append(np.searchsorted(owner, np.arange(len(keys))), 0)[:-1]
    one = statuses.at(np.where(np.append(owner, -1)[first] == np.arange(len(keys)), first, -1))
    is_line = flags(same(_lower(statuses, "level"), "line"), len(statuses))
    own, lines = np.flatnonzero(~is_line), np.flatnonzero(is_line)
    told = gathered(_status(statuses.at(own)), owner[own], len(keys))
    told_of_lines = gathered(_lines(statuses.at(lines), rest), owner[lines], len(keys))
    found: list[Part] = []
    is_left: Flags = np.ones(len(keys), np.bool_)
    for level, letter in _LETTERS.items():
        mine = is_left & flags(same(code, _LEVELS[level]), len(keys)) if level != "claim" else is_left
        is_left = is_left & ~mine
        owners, loop = Owners("level", np.where(mine, keys, 0)), f"2200{letter}"
        rest.take("references", loop, ("1K",), owners)
        child = choice(is_parent, "1", "0") if level != "claim" else ""
        below = joined(
            told, rest.at(loop, owners, "AMT"), optional("REF*1K*", one.text("payer_claim_number")),
            rest.at(loop, owners, "REF"), rest.at(loop, owners), told_of_lines,
        )  # fmt: skip
        # A level's trace is known from its status; where it has none, 0 says that there is none.
        trace = when(filled(below), f"TRN*{_TRACES[level]}*", one.text("trace", "0"), "~")
        found.append(when(mine, code, "*", child, "~", rest.at(f"2100{letter}", owners), trace, below))
    return joined(*found)


def _lines(c: Columns, rest: Rest) -> Part:
    owners = Owners("status", c.integers("seg"))
    procedure = joined(c.text("procedure_qualifier", "HC"), ":", c.text("procedure_code"))
    charge = c.money("line_charge_cents")
    return joined("SVC*", procedure, "*", charge, "~", _status(c), rest.at("2220D", owners))


def _lower(c: Columns, column: str) -> Part:
    values = c.text(column)
    return values if isinstance(values, str) else pc.utf8_lower(values)
