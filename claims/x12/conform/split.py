"""A window's tokens and the node of each segment in; what was sent, field by field and component by component, out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claims.x12.conform import fields as f
from claims.x12.conform.fields import Fields
from claims.x12.conform.shapes import MOST_ELEMENTS
from claims.x12.conform.text import Text
from claims.x12.conform.values import Values
from claims.x12.numbers import Integers, Words
from claims.x12.segments import CODES

_ISA = CODES["ISA"]
_BIT: Words = np.array([0, *(1 << number for number in range(1, MOST_ELEMENTS + 1)), 0], np.uint64)
_NO_FIELD = -(1 << 30)


@dataclass
class Composites:
    """Composites that were sent, one row for each repetition: token, field, repetition, components, which were sent."""

    token: Integers
    field: Integers
    repeat: Integers
    count: Integers
    sent: Words


@dataclass
class Split:
    """What a guide's segments of a window hold. `sent` has, for each segment of the window, the elements sent as bits.

    `simple` are all tokens of the window, `parts` the components of composites. `compound` are tokens of simple
    elements with components in them, `repeated` tokens with repetitions that their field does not allow.
    """

    simple: Values
    parts: Values
    composites: Composites
    sent: Words
    compound: Integers
    repeated: Integers


def split(text: Text, node: Integers, fields: Fields) -> Split:
    """Split the segments whose `node` is not -1."""
    field = _fields(text, node, fields)
    is_sent = text.end > text.start
    bits = fields.bit.take(field)
    bits *= is_sent
    role = fields.role.take(field)
    places, place_token = _separators(text, text.component_places)
    place_role = role[place_token]
    compound = np.unique(place_token[place_role == f.SIMPLE])
    is_value = role == f.SIMPLE
    is_value[compound] = False
    is_value &= is_sent
    nothing = np.zeros(1, np.int64)
    simple = Values(text.start, text.end, np.where(is_value, field, 0), None, nothing)
    composite = np.flatnonzero((role == f.COMPOSITE) & is_sent)
    _clear_only_separators(text, bits, place_token[place_role == f.UNUSED_COMPOSITE])
    repeats, repeat_token = _repetitions(text)
    allowed = (role[repeat_token] == f.COMPOSITE) & (fields.repeat[field[repeat_token]] > 1)
    components = places[place_role == f.COMPOSITE]
    composites, parts = _composites(text, composite, field, fields, components, repeats[allowed])
    is_empty = np.zeros(text.count, np.bool_)
    is_empty[composite] = True
    is_empty[composites.token[composites.sent != 0]] = False
    bits[is_empty] = 0
    sent = np.bitwise_or.reduceat(bits, text.first) if len(text.first) else bits[:0]
    repeated = np.unique(repeat_token[~allowed & (role[repeat_token] != f.NONE)])
    return Split(simple, parts, composites, sent, compound, repeated)


def _fields(text: Text, node: Integers, fields: Fields) -> Integers:
    """Return the field of each token: its segment's first one and its element's number; 0 for none."""
    # The number of a token less that of its segment's first one is its element: one step gives the field.
    shift = np.append(np.where(node >= 0, fields.base.take(node) - text.first, _NO_FIELD), _NO_FIELD).astype(np.int32)
    has_gaps = len(text.tokens.empty_at) > 0
    by_token = shift[text.row] if has_gaps else np.repeat(shift[:-1], text.elements + 1)
    field: Integers = np.arange(text.count, dtype=np.int32) + by_token
    np.maximum(field, 0, out=field)
    field[text.first] = 0
    for row in np.flatnonzero((node >= 0) & (text.elements > fields.widths.take(node))).tolist():
        field[int(text.first[row] + fields.widths[int(node[row])]) + 1 : int(text.last[row]) + 1] = 0
    return field


def _separators(text: Text, places: Integers) -> tuple[Integers, Integers]:
    """Return the separators that stand inside tokens, and their tokens; an ISA only names them."""
    if not text.count or not len(places):
        return places[:0], places[:0]
    token = np.searchsorted(text.end, places, side="right")
    inside = token < text.count
    token = np.minimum(token, text.count - 1)
    inside &= text.start[token] <= places
    for row in np.flatnonzero(text.code == _ISA).tolist():
        inside &= (token < text.first[row]) | (token > text.last[row])
    return places[inside], token[inside]


def _repetitions(text: Text) -> tuple[Integers, Integers]:
    repetition = text.tokens.delimiters.repetition
    if repetition < 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _separators(text, np.flatnonzero(text.data[: text.tokens.size] == repetition))


def _clear_only_separators(text: Text, bits: Words, tokens: Integers) -> None:
    """An unused composite of nothing but separators was not sent."""
    token, count = np.unique(tokens, return_counts=True)
    bits[token[text.end[token] - text.start[token] == count]] = 0


def _composites(
    text: Text, token: Integers, field: Integers, fields: Fields, components: Integers, repeats: Integers
) -> tuple[Composites, Values]:
    """Cut composites at repetitions, then at components."""
    start, end, owner = text.start[token], text.end[token], np.arange(len(token))
    if len(repeats):
        owner = np.searchsorted(start, np.sort(np.concatenate([start, repeats + 1])), side="right") - 1
        start, end = np.sort(np.concatenate([start, repeats + 1])), np.sort(np.concatenate([end, repeats]))
    repeat = np.arange(len(start)) - np.searchsorted(owner, owner)
    # How many separators stand before each composite gives the places of its parts.
    cuts = np.searchsorted(components, end) - np.searchsorted(components, start)
    first = np.zeros(len(start) + 1, np.int64)
    np.cumsum(cuts + 1, out=first[1:])
    instance = np.repeat(np.arange(len(start)), cuts + 1)
    number = np.arange(len(instance)) - first[instance] + 1
    part_start, part_end = np.empty(len(instance), np.int64), np.empty(len(instance), np.int64)
    is_first, is_last = number == 1, np.zeros(len(instance), np.bool_)
    is_last[first[1:] - 1] = True
    part_start[is_first], part_end[is_last] = start, end
    part_start[~is_first], part_end[~is_last] = components + 1, components
    of_instance = field[token][owner]
    part_field = fields.parts[of_instance][instance] + number
    part_field[number > fields.part_count[of_instance][instance]] = 0
    is_sent = part_end > part_start
    bits = np.where(is_sent, _BIT[np.minimum(number, MOST_ELEMENTS + 1)], np.uint64(0))
    sent = np.bitwise_or.reduceat(bits, first[:-1]) if len(start) else bits[:0]
    composites = Composites(token[owner], of_instance, repeat, cuts + 1, sent)
    part_field[~is_sent] = 0
    return composites, Values(part_start, part_end, part_field, token[owner[instance]], repeat[instance])
