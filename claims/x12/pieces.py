"""Tokens of a window in; its pieces (elements cut at component and repetition separators) and their places out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claims.x12.blanks import trimmed
from claims.x12.numbers import Integers
from claims.x12.tokens import Tokens


@dataclass(frozen=True)
class Pieces:
    """Piece `k` is `data[start[k]:end[k]]`, blanks at both ends left out, and stands in segment `row` of the window.

    `element` counts from 0 (the segment id), `component` from 1, anew after each repetition separator.
    """

    start: Integers
    end: Integers
    row: Integers
    element: Integers
    component: Integers


def pieces(tokens: Tokens) -> Pieces:
    """Cut every element of a window."""
    counts = tokens.last - tokens.first + 1
    row = np.repeat(np.arange(len(tokens)), counts)
    element = _running(counts)
    token = tokens.first[row] + element
    start, end = tokens.start_of(token), tokens.te[token]
    start[element == 0] = tokens.start

    delimiters, data = tokens.delimiters, tokens.data[: tokens.size]
    at_separator = data == delimiters.component
    if delimiters.repetition >= 0:
        at_separator |= data == delimiters.repetition
    separators = np.flatnonzero(at_separator)
    owner = np.searchsorted(start, separators, side="right") - 1
    inside = owner >= 0
    inside[inside] = separators[inside] < end[owner[inside]]
    separators, owner = separators[inside], owner[inside]
    if not len(separators):
        return Pieces(start, end, row, element, np.ones_like(row))

    begins = np.concatenate([start, separators + 1])
    owner = np.concatenate([np.arange(len(start)), owner])
    resets = np.concatenate([np.ones(len(start), np.bool_), data[separators] == delimiters.repetition])
    order = np.argsort(begins, kind="stable")
    begins, owner, resets = begins[order], owner[order], resets[order]
    ends = end[owner]
    followed = owner[1:] == owner[:-1]
    ends[:-1][followed] = begins[1:][followed] - 1
    number = np.arange(len(begins))
    component = number - np.maximum.accumulate(np.where(resets, number, 0)) + 1
    begins, ends = trimmed(tokens.data, begins, ends)
    return Pieces(begins, ends, row[owner], element[owner], component)


def _running(counts: Integers) -> Integers:
    """Count from 0 within each of runs of so many."""
    before = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) - np.repeat(before, counts)
