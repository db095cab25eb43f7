"""A window's tokens and the node of each segment in; what was sent, field by field and component by component, out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claims.x12.conform import fields as f
from claims.x12.conform.fields import Fields
from claims.x12.conform.shapes import MOST_ELEMENTS
from claims.x12.conform.text import Text
from claims.x12.conform.values import Values
from claims.x12.numbers import Flags, Integers, Words
from claims.x12.segments import CODES

_ISA = CODES["ISA"]
_BIT: Words = np.array([0] + [1 << number for number in range(1, MOST_ELEMENTS + 1)] + [0], np.uint64)


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

    `compound` are tokens of simple elements with components in them, `repeated` tokens with repetitions that their
    field does not allow.
    """

    values: Values
    composites: Composites
    sent: Words
    compound: Integers
    repeated: Integers


def split(text: Text, node: Integers, fields: Fields) -> Split:
    """Split the segments whose `node` is not -1."""
    known = node >= 0
    row_base = np.where(known, fields.base[node], 0)
    row_width = np.where(known, fields.widths[node], 0)
    row, element = text.row, text.element
    field = row_base[row] + element
    field[(element <= 0) | (element > row_width[row]) | (row < 0)] = 0
    is_sent = text.end > text.start
    role = fields.role[field]
    places, place_token = _separators(text, text.tokens.component_places)
    place_role = role[place_token]
    compound = np.unique(place_token[place_role == f.SIMPLE])
    role_of_value = role == f.SIMPLE
    if len(compound):
        role_of_value[compound] = False
    simple = np.flatnonzero(role_of_value & is_sent)
    values = Values(text.start[simple], text.end[simple], field[simple], simple, np.zeros(len(simple), np.int64))
    composite = np.flatnonzero((role == f.COMPOSITE) & is_sent)
    is_unused = (place_role == f.UNUSED_COMPOSITE) | (place_role == f.NONE)
    if is_unused.any():
        _empty_when_only_separators(text, is_sent, place_token[is_unused])
    repeats, repeat_token = _repetitions(text)
    allowed = (role[repeat_token] == f.COMPOSITE) & (fields.repeat[field[repeat_token]] > 1)
    composites, parts = _composites(
        text, composite, field, fields, places[place_role == f.COMPOSITE], repeats[allowed]
    )  # fmt: skip
    is_empty = np.ones(len(is_sent), np.bool_)
    is_empty[composites.token[composites.sent != 0]] = False
    is_sent[composite[is_empty[composite]]] = False
    number = np.minimum(np.maximum(element, 0), MOST_ELEMENTS + 1)
    bits = np.where(is_sent & (row >= 0), _BIT[number], np.uint64(0))
    sent = np.bitwise_or.reduceat(bits, text.first) if len(text.first) else bits[:0]
    repeated = np.unique(repeat_token[~allowed & (role[repeat_token] != f.NONE)])
    return Split(_together(values, parts), composites, sent, compound, repeated)


def _separators(text: Text, places: Integers) -> tuple[Integers, Integers]:
    """Return the separators that stand inside tokens, and their tokens; an ISA only names them."""
    if not text.count:
        return places[:0], places[:0]
    token = np.searchsorted(text.end, places, side="right")
    inside = token < text.count
    token = np.minimum(token, text.count - 1)
    inside &= (text.start[token] <= places) & (text.code[text.row[token]] != _ISA)
    return places[inside], token[inside]


def _repetitions(text: Text) -> tuple[Integers, Integers]:
    repetition = text.tokens.delimiters.repetition
    if repetition < 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _separators(text, np.flatnonzero(text.data[: text.tokens.size] == repetition))


def _empty_when_only_separators(text: Text, is_sent: Flags, tokens: Integers) -> None:
    token, count = np.unique(tokens, return_counts=True)
    is_sent[token[text.end[token] - text.start[token] == count]] = False


def _composites(
    text: Text, token: Integers, field: Integers, fields: Fields, components: Integers, repeats: Integers
) -> tuple[Composites, Values]:
    """Cut composites at repetitions, then at components."""
    start = np.sort(np.concatenate([text.start[token], repeats + 1])) if len(repeats) else text.start[token]
    end = np.sort(np.concatenate([text.end[token], repeats])) if len(repeats) else text.end[token]
    owner = np.searchsorted(text.start[token], start, side="right") - 1 if len(repeats) else np.arange(len(token))
    repeat = np.arange(len(start)) - np.searchsorted(owner, owner)
    part_start = np.sort(np.concatenate([start, components + 1]))
    part_end = np.sort(np.concatenate([end, components]))
    instance = np.searchsorted(start, part_start, side="right") - 1
    first = np.searchsorted(instance, np.arange(len(start)))
    number = np.arange(len(part_start)) - first[instance] + 1
    of_instance = field[token][owner]
    part_field = fields.parts[of_instance][instance] + number
    part_field[number > fields.part_count[of_instance][instance]] = 0
    is_sent = part_end > part_start
    bits = np.where(is_sent, _BIT[np.minimum(number, MOST_ELEMENTS + 1)], np.uint64(0))
    sent = np.bitwise_or.reduceat(bits, first) if len(first) else bits[:0]
    count = np.diff(np.append(first, len(part_start)))
    composites = Composites(token[owner], of_instance, repeat, count, sent)
    kept = np.flatnonzero(is_sent & (part_field > 0))
    owner_of = owner[instance[kept]]
    parts = Values(part_start[kept], part_end[kept], part_field[kept], token[owner_of], repeat[instance[kept]])
    return composites, parts


def _together(one: Values, other: Values) -> Values:
    return Values(
        np.concatenate([one.start, other.start]), np.concatenate([one.end, other.end]),
        np.concatenate([one.field, other.field]), np.concatenate([one.token, other.token]),
        np.concatenate([one.repeat, other.repeat]),
    )  # fmt: skip
