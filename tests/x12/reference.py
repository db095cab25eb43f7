"""pyx12's own validator, run quietly over bytes: what it raises, at which segment, and what it says of every set.

Errors are recorded where they are raised. pyx12 hangs them on a tree later, often on another segment, and loses some.
"""

from __future__ import annotations

import contextlib
import functools
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from unittest import mock

import pyx12.error_handler
import pyx12.errors
import pyx12.map_if
import pyx12.map_index
import pyx12.params
import pyx12.path
import pyx12.segment
import pyx12.x12file
import pyx12.x12n_document


class Detail(NamedTuple):
    """One error. `element` and `component` count from 1; 0 where pyx12 names none."""

    segment: int
    code: str
    element: int
    component: int
    sentence: str


@dataclass
class Reference:
    """What pyx12 has to say about a file. Segments are counted from 1, the first ISA.

    `stopped` says why it did not go through to the end; "" when it did. `segments` is the last segment it read.
    `verdicts` pairs the segment of every ST it knew with A or R. `nodes` holds the map node of every segment judged
    without a crash: the one before where it found none.
    """

    pairs: set[tuple[int, str]] = field(default_factory=set)
    details: list[Detail] = field(default_factory=list)
    verdicts: list[tuple[int, str]] = field(default_factory=list)
    accepted: bool = False
    stopped: str = ""
    segments: int = 0
    nodes: list[pyx12.map_if.segment_if] = field(default_factory=list)

    def record(self, level: str, code: str, sentence: str, element: int = 0, component: int = 0) -> None:
        """Add an error to the segment being read."""
        self.pairs.add((self.segments, f"{level} {code}"))
        self.details.append(Detail(self.segments, f"{level} {code}", element, component, sentence))


def reference_of(data: bytes) -> Reference:
    """Run pyx12 over a file."""
    found = Reference()
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        found.stopped = "not ascii"
        return found
    with recording(found) as (readers, trees):
        try:
            found.accepted = pyx12.x12n_document.x12n_document(
                _parameters(), io.StringIO(text), None, None, callback=lambda *seen: found.nodes.append(seen[2])
            )
        except Exception as error:
            found.stopped = _name_of(error)
    found.stopped = found.stopped or (readers[0].lines.stopped if readers[0].lines else "ISA not readable")
    found.verdicts = [
        (transaction.cur_line_st, transaction.ack_code)
        for tree in trees
        for interchange in tree.children
        for group in interchange.children
        for transaction in group.children
    ]
    return found


known_reference = functools.cache(reference_of)
"""The same, asked once in a process: for files that many tests look at, none of which changes what was found."""


def map_of(guide: str, kind: str) -> pyx12.map_if.map_if:
    """Give pyx12's map of a guide (GS08) and functional identifier (GS01)."""
    return _load_map(_index(None).get_filename("00501", guide, kind), _parameters(), None)


@contextlib.contextmanager
def recording(found: Reference) -> Iterator[tuple[list[_Reader], list[_Tree]]]:
    """Put recording classes in the place of pyx12's own, and maps that are loaded once; all is undone afterwards.

    Gives the readers and error trees that pyx12 makes meanwhile.
    """
    readers: list[_Reader] = []
    trees: list[_Tree] = []
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            mock.patch.object(pyx12.x12file, "X12Reader", functools.partial(_Reader, found, readers)),
            mock.patch.object(pyx12.error_handler, "err_handler", functools.partial(_Tree, found, trees)),
            mock.patch.object(pyx12.map_if, "load_map_file", _load_map),
            mock.patch.object(pyx12.map_index, "map_index", _index),
        ):
            yield readers, trees
    finally:
        logging.disable(before)


class _Lines:
    """pyx12's raw reader: counts the segments it hands out, and knows why it ended."""

    def __init__(self, raw: pyx12.rawx12file.RawX12File, found: Reference) -> None:
        self.raw, self.found, self.stopped = raw, found, ""

    def __iter__(self) -> Iterator[str]:
        at = self._position()
        for line in self.raw:
            self.found.segments += 1
            yield line
            at = self._position()
        if self._position() > at:
            self.stopped = "empty segment"
        elif (unread := self.raw.buffer + self.raw.fd.read()).strip():
            self.stopped = "segment too long" if self.raw.seg_term in unread else "bytes without terminator"

    def _position(self) -> int:
        return self.raw.fd.tell() - len(self.raw.buffer)


class _Reader(pyx12.x12file.X12Reader):
    """Records the errors of envelopes, counts and segment ids. pyx12 keeps them until a segment is in the map."""

    def __init__(self, found: Reference, made: list[_Reader], source: io.StringIO) -> None:
        made.append(self)
        self.found, self.lines = found, None
        super().__init__(source)  # raises where the ISA is not readable
        self.lines = self.raw = _Lines(self.raw, found)

    def _isa_error(self, err_cde, err_str):
        self.found.record("ISA", err_cde, err_str)
        super()._isa_error(err_cde, err_str)

    def _gs_error(self, err_cde, err_str):
        self.found.record("GS", err_cde, err_str)
        super()._gs_error(err_cde, err_str)

    def _st_error(self, err_cde, err_str):
        self.found.record("ST", err_cde, err_str)
        super()._st_error(err_cde, err_str)

    def _seg_error(self, err_cde, err_str, err_value=None, src_line=None):
        self.found.record("SEG", err_cde, err_str)
        super()._seg_error(err_cde, err_str, err_value, src_line)


class _Tree(pyx12.error_handler.err_handler):
    """Records the errors of the map: of the walk from segment to segment, and of elements."""

    def __init__(self, found: Reference, made: list[_Tree]) -> None:
        made.append(self)
        self.found, self.is_repeating, self.position = found, False, (0, 0)
        super().__init__()

    def handle_errors(self, err_list):
        self.is_repeating = True  # what the reader kept, and `_Reader` has recorded
        super().handle_errors(err_list)
        self.is_repeating = False

    def seg_error(self, err_cde, err_str, err_value=None, src_line=None):
        if not self.is_repeating:
            self.found.record("SEG", err_cde, err_str)
        super().seg_error(err_cde, err_str, err_value, src_line)

    def add_ele(self, map_node):
        is_inner = map_node.parent.is_composite()
        self.position = (map_node.parent.seq, map_node.seq) if is_inner else (map_node.seq, 0)
        super().add_ele(map_node)

    def ele_error(self, err_cde, err_str, bad_value, refdes=None):
        self.found.record("ELE", err_cde, err_str, *self.position)
        super().ele_error(err_cde, err_str, bad_value, refdes)


def _name_of(error: Exception) -> str:
    if isinstance(error, pyx12.errors.X12Error):  # an ISA without 16 elements
        return "ISA not readable"
    if isinstance(error, pyx12.errors.EngineError) and str(error).startswith("Map not found"):
        return "no map"
    return f"crash: {type(error).__name__}"


_parameters = functools.cache(pyx12.params.params)
_load_map = functools.cache(pyx12.map_if.load_map_file)  # a map holds no state of a run: pyx12 counts in its walker
_index = functools.cache(pyx12.map_index.map_index)
