"""The segments of a window in; what each of them is in its guide, and what is missing, unknown or too often, out.

The automaton runs over one integer for each segment. Everything that counts is worked out from its steps for all
segments at once, each count beginning anew where the loop around it begins; counts go on from window to window.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate
from operator import attrgetter, getitem

import numpy as np
import pandas as pd

from claims.x12.conform.grammar import Grammar
from claims.x12.conform.nodes import UNLIMITED
from claims.x12.conform.text import Text
from claims.x12.numbers import Bytes, Flags, Integers
from claims.x12.segments import IDS

_NUMBER = attrgetter("number")


@dataclass
class Walked:
    """What the segments `rows` are: their nodes in the guide (-1 for unknown ones); and what is wrong with their order.

    `missing` has a row for each thing missing: the segment at which it was noticed, and its node. `fitting`: which
    qualifiers would let an unknown segment stand where it does, for those whose own one no segment with its id has.
    """

    rows: Integers
    node: Integers
    missing: list[tuple[Integers, int, bool]] = field(default_factory=list)
    fitting: dict[int, tuple[str, ...]] = field(default_factory=dict)
    unused: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    too_often: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    loop_too_often: Integers = field(default_factory=lambda: np.zeros(0, np.int64))

    def without(self, which: Flags) -> Walked:
        """Leave some segments out: they were walked over, and are judged elsewhere."""
        return replace(self, rows=self.rows[~which], node=self.node[~which]) if which.any() else self


class Walker:
    """Walks one guide through the windows of a file."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._state = grammar.start
        # Occurrences so far, in the loops that are open where the last window ended.
        self._counts: Integers = np.zeros(len(grammar.paths), np.int64)
        self._symbols: dict[int, int] = {}
        places = [grammar.key_place(name) for name in IDS]
        self._key_element = np.array([place[0] for place in places], np.int64)
        self._is_component = np.array([place[1] for place in places], np.bool_)
        # The code of each id, 0 for one that is not in the guide.
        self._known_code = np.array([code if name in grammar.ids else 0 for code, name in enumerate(IDS)], np.int64)
        self._max_use = np.array([node.max_use for node in grammar.nodes], np.int64)
        self._max_repeat = [loop.max_repeat for loop in grammar.loops]
        self._node_path = np.array(grammar.node_path, np.int64)
        self._loop_path = np.array(grammar.loop_path, np.int64)
        self._path_owner = np.array(grammar.path_owner, np.int64)

    def walk(self, text: Text, rows: Integers, strays: Integers) -> Walked:
        """Walk on over the segments `rows` of a window; `strays` are STs of this guide in a group of another."""
        symbols = self._symbols_of(text, rows)
        for place in np.searchsorted(rows, strays).tolist():
            symbols[place] = self.grammar.anew(int(symbols[place]))
        states = list(accumulate(symbols.tolist(), getitem, initial=self._state))
        self._state = states[-1]
        step = np.fromiter(map(_NUMBER, states[1:]), np.int64, len(rows))
        steps = self.grammar.steps
        node = np.array([one.node for one in steps], np.int64).take(step)
        loop = np.array([one.loop for one in steps], np.int64).take(step)
        has_missing = np.array([bool(one.missing) for one in steps], np.bool_).take(step)
        walked = Walked(rows, node)
        is_unused = np.array([one.is_unused for one in steps], np.bool_).take(step)
        walked.unused = rows[is_unused]
        may_repeat = np.array([one.may_repeat for one in steps], np.bool_).take(step)
        lost = np.flatnonzero(node < 0)
        if len(lost):
            before = [states[place].number for place in lost.tolist()]
            fits = map(self.grammar.fitting, before, symbols[lost].tolist())
            walked.fitting = {row: values for row, values in zip(rows[lost].tolist(), fits, strict=True) if values}
        counting = _Counting(self, node, loop)
        if has_missing.any():
            at = np.flatnonzero(has_missing)
            for number in np.unique(step[at]).tolist():
                here = at[step[at] == number]
                for one in steps[number].missing:
                    lost = here[counting.is_missing(one.path, here)]
                    if len(lost):
                        walked.missing.append((rows[lost], self.grammar.number_of(one.segment), one.loop is not None))
        walked.too_often = rows[counting.segments_too_often(self._max_use, may_repeat)]
        walked.loop_too_often = rows[counting.loops_too_often(self._max_repeat)]
        self._counts = counting.at_end()
        return walked

    def is_known(self, code: Bytes) -> Flags:
        """Tell of the codes of segment ids which are in the guide."""
        return np.asarray(self._known_code.take(code) > 0)

    # ---- symbols

    def _symbols_of(self, text: Text, rows: Integers) -> Integers:
        """Return the symbol of each segment: its id and, where the guide asks for it, its qualifier."""
        code = self._known_code.take(text.code.take(rows))
        element = self._key_element.take(code)
        word = np.zeros(len(rows), np.uint64)
        keyed = np.flatnonzero((element > 0) & (element <= text.elements[rows]))
        token = text.first[rows[keyed]] + element[keyed]
        word[keyed] = text.word(token)
        component = self._is_component[code[keyed]]
        if component.any():
            word[keyed[component]] = text.first_component(token[component])
        trailing = ~component & (text.data[text.end[token] - 1] == text.tokens.delimiters.component)
        if trailing.any():
            word[keyed[trailing]] = [_without_trailing(text, one) for one in token[trailing].tolist()]
        # Two steps over small numbers: the distinct qualifiers, then those with their ids.
        number, distinct = pd.factorize(word)
        pair, pairs = pd.factorize(number * 256 + code)
        found = np.empty(len(pairs), np.int64)
        for place, one in enumerate(pairs.tolist()):
            found[place] = self._symbol(one & 255, int(distinct[one >> 8]))
        symbols = found.take(pair)
        is_long = (word[keyed] == 0) & (text.end[token] - text.start[token] > 8)
        if text.tokens.has_nul:
            is_long |= text.has_nul(token)
        if is_long.any():
            self._long_keys(text, rows, keyed[is_long], token[is_long], symbols)
        return symbols

    def _symbol(self, code: int, word: int) -> int:
        key = word << 8 | code
        if key not in self._symbols:
            value = word.to_bytes(8, "little").rstrip(b"\0").decode("latin-1")
            self._symbols[key] = self.grammar.symbol(IDS[code], value)
        return self._symbols[key]

    def _long_keys(self, text: Text, rows: Integers, keyed: Integers, token: Integers, symbols: Integers) -> None:
        """Qualifiers that are no words (a CTX has some of more than eight bytes) are compared one by one."""
        for place, one in zip(keyed.tolist(), token.tolist(), strict=True):
            value = text.bytes_between(int(text.start[one]), int(text.end[one]))
            code = int(text.code[rows[place]])
            if self._is_component[code]:
                value = value.split(bytes([text.tokens.delimiters.component]))[0]
            symbols[place] = self.grammar.symbol(IDS[code], value.decode("latin-1"))


def _without_trailing(text: Text, token: int) -> int:
    """Return a qualifier that is followed by empty components, as a word."""
    value = text.bytes_between(int(text.start[token]), int(text.end[token]))
    value = value.rstrip(bytes([text.tokens.delimiters.component]))
    return int.from_bytes(value, "little") if len(value) <= 8 else 0


class _Counting:
    """Occurrences of paths in a window: `node` and `loop` say what each segment is and begins, -1 for nothing."""

    def __init__(self, walker: Walker, node: Integers, loop: Integers) -> None:
        self._node, self._loop, self._carried = node, loop, walker._counts
        self._owner, self._loop_path = walker._path_owner, walker._loop_path
        self._path = np.where(node >= 0, walker._node_path[node], -1)
        begins = np.flatnonzero(loop >= 0)
        order = begins[np.argsort(loop[begins], kind="stable")]
        edges = np.searchsorted(loop[order], np.arange(len(walker._loop_path) + 2))
        self._begins, self._begin_edges = order, edges
        self._events: dict[int, Integers] = {}

    def _beginnings(self, loop: int) -> Integers:
        """Return the segments that begin a loop, in order."""
        return self._begins[self._begin_edges[loop] : self._begin_edges[loop + 1]]

    def _of(self, path: int) -> Integers:
        """Return the segments at which a path occurs."""
        if path not in self._events:
            loops = np.flatnonzero(self._loop_path == path)
            if len(loops):
                self._events[path] = np.sort(np.concatenate([self._beginnings(one) for one in loops.tolist()]))
            else:
                self._events[path] = np.flatnonzero(self._path == path)
        return self._events[path]

    def is_missing(self, path: int, at: Integers) -> Flags:
        """Tell for segments whether a path has not occurred before them in the loop that is then open."""
        event = _last_before(self._of(path), at)
        begun = _last_before(self._beginnings(int(self._owner[path])), at)
        if self._carried[path]:
            return np.asarray((begun >= 0) & (event < begun))
        return np.asarray((event < 0) | (event < begun))

    def segments_too_often(self, most: Integers, may_repeat: Flags) -> Integers:
        """Return the segments that are one more than their loop may have."""
        can_repeat = np.zeros(len(self._owner) + 1, np.bool_)
        can_repeat[self._path[may_repeat]] = True
        can_repeat[-1] = False
        known = np.flatnonzero(can_repeat[self._path])
        if not len(known):
            return known
        path = self._path[known]
        instance = self._instances(known, self._owner[path])
        group, _ = pd.factorize(instance * (len(self._owner) + 1) + path)
        size = np.bincount(group)
        limit = most[self._node[known]]
        carried = np.where(instance < 0, self._carried[path], 0)
        suspect = np.flatnonzero(size[group] + carried > limit)
        if not len(suspect):
            return suspect
        rank = pd.Series(group[suspect]).groupby(group[suspect]).cumcount().to_numpy() + 1
        # All segments of a suspect group are suspects, unless two places that share a path have other limits.
        whole = np.isin(group, group[suspect])
        if int(whole.sum()) != len(suspect):
            place = np.flatnonzero(whole)
            full = pd.Series(group[place]).groupby(group[place]).cumcount().to_numpy() + 1
            rank = full[np.searchsorted(place, suspect)]
        return known[suspect[rank + carried[suspect] > limit[suspect]]]

    def _instances(self, rows: Integers, owner: Integers) -> Integers:
        """Return the segment that began the loop each row stands in; negative for one begun in an earlier window."""
        instance = np.empty(len(rows), np.int64)
        for loop in np.flatnonzero(np.bincount(owner)).tolist():
            here = owner == loop
            instance[here] = _last_before(self._beginnings(loop), rows[here] + 1)
        return instance

    def loops_too_often(self, most: list[int]) -> Integers:
        """Return the segments that begin a loop one time more than it may be begun."""
        found = [np.zeros(0, np.int64)]
        for loop, limit in enumerate(most):
            begins = self._beginnings(loop)
            path = int(self._loop_path[loop])
            if limit == UNLIMITED or len(begins) + int(self._carried[path]) <= limit:
                continue
            around = self._beginnings(int(self._owner[path]))
            instance = np.searchsorted(around, begins, side="right")
            rank = np.arange(len(begins)) - np.searchsorted(instance, instance) + 1
            rank += np.where(instance == 0, self._carried[path], 0)
            found.append(begins[rank > limit])
        return np.sort(np.concatenate(found))

    def at_end(self) -> Integers:
        """Return how often each path has occurred in the loops that are open after the last segment."""
        last = np.full(len(self._loop_path) + 1, -1, np.int64)
        has = self._begin_edges[1:] > self._begin_edges[:-1]
        loops = np.flatnonzero(has[: len(self._loop_path)])
        last[loops] = self._begins[self._begin_edges[loops + 1] - 1]
        begun = last[self._owner]
        counts = np.where(begun < 0, self._carried, 0)
        rows = np.flatnonzero(self._node >= 0)
        path = self._path[rows]
        counts = counts + np.bincount(path[rows >= begun[path]], minlength=len(counts))
        path = self._loop_path[self._loop[self._begins]]
        return np.asarray(counts + np.bincount(path[self._begins >= begun[path]], minlength=len(counts)), np.int64)


def _last_before(places: Integers, at: Integers) -> Integers:
    """Return the last of `places` (in order) before each of `at`, -1 for none."""
    if not len(places):
        return np.full(len(at), -1, np.int64)
    found = np.searchsorted(places, at, side="left") - 1
    return np.where(found >= 0, places[np.maximum(found, 0)], -1)
