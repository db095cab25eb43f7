"""A guide's tree in, an automaton over small integers out: where a segment leads from where we stand, made when asked.

What a segment means is decided by where the last known one stood, the new one's id and its qualifier, never by counts:
so each question is answered once, by walking the tree, and then looked up. An answer (`Step`) says which segment of the
guide it is, which loop it begins, and what the guide requires between the two places: those count as missing when
they have not occurred. The order in which places are tried is pyx12's, whose maps these are.
"""

from __future__ import annotations

from dataclasses import dataclass

from claims.x12.conform.nodes import Composite, Element, Loop, Segment

# Segments that begin their loop wherever they stand and whatever they hold.
FORCED = {"ISA": "/ISA_LOOP", "GS": "/ISA_LOOP/GS_LOOP"}


@dataclass(frozen=True)
class Missing:
    """Something required that was passed: it is missing when its `path` has not occurred in its loop."""

    segment: Segment
    loop: Loop | None
    path: int


@dataclass(frozen=True)
class Step:
    """What one segment is: its place (`node`, -1 for none), the loop it begins (-1 for none), what was passed.

    `may_repeat`: it can have stood in its loop before. Places are left behind for good, so only those at the position
    where we stood can come again.
    """

    node: int
    loop: int
    missing: tuple[Missing, ...]
    is_unused: bool = False
    may_repeat: bool = False


class Grammar:
    """A compiled guide. `nodes` are its segments, `loops` those that have occurrences, `paths` what is counted."""

    def __init__(self, root: Loop) -> None:
        self.root = root
        self.nodes = list(root.segments())
        self.loops = [loop for loop in root.loops() if loop.first_segment is not None]
        self._node_number = {id(node): number for number, node in enumerate(self.nodes)}
        self._loop_number = {id(loop): number for number, loop in enumerate(self.loops)}
        names = [node.path for node in self.nodes] + [loop.path for loop in self.loops]
        self.paths = list(dict.fromkeys(names))
        number = {path: place for place, path in enumerate(self.paths)}
        self.node_path = [number[node.path] for node in self.nodes]
        self.loop_path = [number[loop.path] for loop in self.loops]
        # The loop whose occurrences begin each count anew; the last loop of all stands for none.
        self.path_owner = [len(self.loops)] * len(self.paths)
        for node, path in zip(self.nodes, self.node_path, strict=True):
            self.path_owner[path] = self._counted(node.parent)
        for loop, path in zip(self.loops, self.loop_path, strict=True):
            self.path_owner[path] = self._counted(loop.parent)
        self._keys: dict[str, tuple[int, int]] = {}
        self._values: dict[str, set[str]] = {}
        for node in self.nodes:
            key = node.key
            if key:
                self._keys[node.id] = key[1:]
                self._values.setdefault(node.id, set()).update(key[0].listed)
        self.ids = frozenset(node.id for node in self.nodes)
        self._symbols: dict[tuple[str, str], int] = {("", ""): 0}
        self.meanings: list[tuple[str, str]] = [("", "")]
        self.steps: list[Step] = [Step(-1, -1, ())]
        self._step_number: dict[tuple[int, int], int] = {}
        self._states: dict[int, State] = {}
        self._anew: dict[int, int] = {}
        self._plain: dict[int, int] = {}
        self._fitting: dict[tuple[int, int], tuple[str, ...]] = {}
        self.start = self.state(self._begin())

    def key_place(self, segment_id: str) -> tuple[int, int]:
        """Return the element and component that tell segments with this id apart; (0, 0) for none."""
        return self._keys.get(segment_id, (0, 0))

    def symbol(self, segment_id: str, value: str) -> int:
        """Return the number of an id with a qualifier; all ids that are not in the guide share number 0."""
        if segment_id not in self.ids:
            return 0
        meaning = (segment_id, value if value in self._values.get(segment_id, ()) else "")
        if meaning not in self._symbols:
            self._symbols[meaning] = len(self.meanings)
            self.meanings.append(meaning)
        return self._symbols[meaning]

    def state(self, number: int) -> State:
        """Return the state after step `number`."""
        if number not in self._states:
            self._states[number] = State(self, number)
        return self._states[number]

    def anew(self, symbol: int) -> int:
        """Return the symbol for the same segment where a set of this guide stands in a group of another, or in none."""
        if symbol not in self._anew:
            self._anew[symbol] = len(self.meanings)
            self._plain[len(self.meanings)] = symbol
            self.meanings.append(self.meanings[symbol])
        return self._anew[symbol]

    def step(self, before: int, symbol: int) -> int:
        """Return the number of the step that `symbol` takes after step number `before`."""
        if symbol in self._plain:
            return self.step(self.start.number, self._plain[symbol])
        here = self._place(before)
        if (here, symbol) not in self._step_number:
            found = self._walk(self.nodes[here], *self.meanings[symbol])
            if found.node < 0:
                # An unknown segment leaves us where we were.
                self._after_unknown.append(here)
            else:
                self._after_unknown.append(-1)
            self._step_number[here, symbol] = len(self.steps)
            self.steps.append(found)
        return self._step_number[here, symbol]

    def fitting(self, before: int, symbol: int) -> tuple[str, ...]:
        """Return the qualifiers with which a segment of `symbol`'s id could stand after step number `before`.

        None for a qualifier that the guide knows: then it is the place that is wrong.
        """
        segment_id, value = self.meanings[symbol]
        if value or segment_id not in self._values:
            return ()
        key = (self._place(before), symbol)
        if key not in self._fitting:
            steps = {one: self.steps[self.step(before, self.symbol(segment_id, one))] for one in
                     sorted(self._values[segment_id])}  # fmt: skip
            found = [one for one, step in steps.items() if step.node >= 0]
            whole = [one for one in found if not steps[one].missing]
            self._fitting[key] = tuple(whole or found)
        return self._fitting[key]

    def _place(self, number: int) -> int:
        """Return the node that a step leaves us at."""
        return self.steps[number].node if self.steps[number].node >= 0 else self._after_unknown[number]

    def _begin(self) -> int:
        """Return the step before all others: in a functional group, as a bare set would stand."""
        gs = next((number for number, node in enumerate(self.nodes) if node.id == "GS"), 0)
        self._after_unknown: list[int] = [gs]
        return 0

    def _counted(self, loop: Loop | None) -> int:
        """Return the number of the innermost loop with occurrences that is `loop` or around it."""
        while loop is not None and id(loop) not in self._loop_number:
            loop = loop.parent
        return len(self.loops) if loop is None else self._loop_number[id(loop)]

    # ---- the walk: one question

    def _walk(self, start: Segment, segment_id: str, value: str) -> Step:
        if segment_id in FORCED:
            path = FORCED[segment_id]
            loop = next((loop for loop in self.loops if loop.path == path), None)
            if loop is not None and loop.first_segment is not None:
                return Step(self._node_number[id(loop.first_segment)], self._loop_number[id(loop)], ())
        return _Walk(self, start, segment_id, value).step()

    def number_of(self, node: Segment) -> int:
        """Return a segment's number in `nodes`."""
        return self._node_number[id(node)]

    def missing(self, segment: Segment, loop: Loop | None) -> Missing:
        """Return a required segment, or the first segment of a required loop, as one that was passed."""
        path = self.node_path[self.number_of(segment)] if loop is None else self.loop_path[self._loop_number[id(loop)]]
        return Missing(segment, loop, path)

    def is_shared(self, segment: Segment) -> bool:
        """Tell whether another place is counted together with this one."""
        return self.node_path.count(self.node_path[self.number_of(segment)]) > 1

    def number_of_loop(self, loop: Loop) -> int:
        """Return a loop's number in `loops`."""
        return self._loop_number[id(loop)]


class State(dict[int, "State"]):
    """Where a step left us: the state after each symbol, found when first asked for. `number` is the step's.

    States refer to states, so that a run over symbols is one call after another of the same function of C.
    """

    __slots__ = ("grammar", "number")

    def __init__(self, grammar: Grammar, number: int) -> None:
        super().__init__()
        self.grammar, self.number = grammar, number

    def __missing__(self, symbol: int) -> State:
        found = self.grammar.state(self.grammar.step(self.number, symbol))
        self[symbol] = found
        return found


class _Walk:
    """One search of the tree, from the place of one segment for another."""

    def __init__(self, grammar: Grammar, start: Segment, segment_id: str, value: str) -> None:
        self.grammar, self.start, self.id, self.value = grammar, start, segment_id, value
        self.passed: list[Missing] = []
        inside: Loop | None = start.parent
        self.inside: set[int] = set()
        while inside is not None:
            self.inside.add(id(inside))
            inside = inside.parent

    def step(self) -> Step:
        loop: Loop | None = self.start.parent
        position = self.start.position
        while loop is not None:
            for child in loop.children:
                if child.position < position:
                    continue
                found = self._segment(loop, child, position) if isinstance(child, Segment) else self._loop(child)
                if found is not None:
                    return found
            position, loop = loop.position, loop.parent
        return Step(-1, -1, ())

    def _matches(self, segment: Segment) -> bool:
        if segment.id != self.id:
            return False
        key = segment.key
        return key is None or self.value in key[0].listed

    def _segment(self, loop: Loop, child: Segment, position: int) -> Step | None:
        if self._matches(child):
            if self._begins(loop):
                return self._enter(loop)
            # A requirement is met by any segment of the same id in a loop of the same id.
            left = [
                one
                for one in self.passed
                if (one.segment.id, one.segment.parent.id) != (child.id, child.parent.id)
                and one.segment.position != child.position
            ]
            may_repeat = child.position == position or self.grammar.is_shared(child)
            return Step(self.grammar.number_of(child), -1, tuple(left), child.usage == "N", may_repeat)
        if child.usage == "R" and child.path != self.start.path:
            self.passed.append(self.grammar.missing(child, None))
        return None

    def _loop(self, loop: Loop) -> Step | None:
        return self._enter(loop) if self._begins(loop) else None

    def _begins(self, loop: Loop) -> bool:
        """Tell whether the segment begins a loop, or one of the loops that it wraps."""
        if not loop.children:
            return False
        if loop.is_wrapper:
            return any(isinstance(child, Loop) and self._begins(child) for child in loop.children)
        first = loop.first_segment
        assert first is not None
        if self._matches(first):
            return True
        if loop.usage == "R" and id(loop) not in self.inside:
            self.passed.append(self.grammar.missing(first, loop))
        return False

    def _enter(self, loop: Loop) -> Step:
        found = self._first(loop)
        assert found is not None
        inner, first = found
        return Step(
            self.grammar.number_of(first), self.grammar.number_of_loop(inner), tuple(self.passed), inner.usage == "N"
        )

    def _first(self, loop: Loop) -> tuple[Loop, Segment] | None:
        first = loop.first_segment
        if first is not None and self._matches(first):
            return loop, first
        for child in loop.children:
            if isinstance(child, Loop):
                found = self._first(child)
                if found is not None:
                    return found
        return None


def parts(segment: Segment) -> list[Element]:
    """Return all simple elements and components of a segment."""
    found: list[Element] = []
    for element in segment.elements:
        found += element.elements if isinstance(element, Composite) else [element]
    return found
