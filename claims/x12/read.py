"""Bytes in, frames out: `read` a whole file, `scan` it in parts whose memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from claims import findings
from claims.findings import Finding
from claims.x12 import guides
from claims.x12.allocator import keep_freed_memory
from claims.x12.collect import Collector
from claims.x12.completed import head
from claims.x12.conform import Conformance
from claims.x12.delimiters import Delimiters
from claims.x12.dirt import Dirt
from claims.x12.envelope import Envelope, Place
from claims.x12.file import X12File, joined, refused
from claims.x12.hashes import Canonical
from claims.x12.layout import plan
from claims.x12.levels import Levels
from claims.x12.lossless import with_raw_segments
from claims.x12.numbers import Integers
from claims.x12.owners import Owners
from claims.x12.places import places
from claims.x12.rows import Rows
from claims.x12.segments import CODES
from claims.x12.sets import SetReader
from claims.x12.source import Readable, Source
from claims.x12.survey import Span, Survey, not_x12, survey
from claims.x12.texts import segment_ids
from claims.x12.tokens import Tokens
from claims.x12.totals import transaction_row
from claims.x12.window import Window
from claims.x12.windows import WINDOW, windows

PART = 4 << 20
_NO_LIMIT = 1 << 62
_TAIL = 2048

_SET_STARTS = np.array([CODES[name] for name in ("ISA", "GS", "ST")], np.uint8)
# Where a window may begin: by kind of set, at a set, a claim or a level.
_CUTS_OF = {"": ("CLP", "CLM", "HL"), "835": ("CLP",), "837": ("CLM", "HL"), "277": ("HL",), "999": (), "997": ()}
_CUTS = np.zeros((len(_CUTS_OF), 256), np.bool_)
_CUTS[:, _SET_STARTS] = True
for _row, _names_of in enumerate(_CUTS_OF.values()):
    _CUTS[_row, [CODES[name] for name in _names_of]] = True
_STARTS = np.asarray(_CUTS.any(axis=0))


def read(readable: Readable, *, lossless: bool = False, complete: bool = False, hashes: bool = True) -> X12File:
    """Read a whole file (a path, or its bytes) into frames; content never raises, it becomes findings.

    `lossless` adds the frame `raw_segments`, which holds every byte: see `claims.x12.lossless`. `complete` adds to the
    frames of claims (837) all that writing them anew needs: see `claims.x12.completed`. Without `hashes` every
    `body_hash` and the file's `sha256` are empty, which saves a quarter of the time: for who wants what a file says,
    not whether it came before.
    """
    return joined(list(scan(readable, part=_NO_LIMIT, lossless=lossless, complete=complete, hashes=hashes)), readable)


def scan(
    readable: Readable,
    *,
    part: int = PART,
    window: int = WINDOW,
    lossless: bool = False,
    complete: bool = False,
    hashes: bool = True,
    conformance: Conformance | None = None,
) -> Iterator[X12File]:
    """Read a file of any size in parts of about `part` bytes, each a run of whole transaction sets.

    A transaction set longer than a part comes in several, cut where a claim begins: see `X12File.continues`. With
    `conformance`, the findings hold also what is wrong by the guides.
    """
    with Source(readable) as source:
        keep_freed_memory()
        parts = _Scan(source, part, window, conformance, complete=complete, hashes=hashes).parts()
        yield from with_raw_segments(parts, source) if lossless else parts


class _Scan:
    def __init__(
        self,
        source: Source,
        part: int,
        window: int,
        conformance: Conformance | None = None,
        *,
        complete: bool = False,
        hashes: bool = True,
    ) -> None:
        self.complete, self.hashes = complete, hashes
        self.source, self.part, self.window, self.conformance = source, part, window, conformance
        self.envelope, self.dirt = Envelope(), Dirt()
        self.levels: dict[str, Levels] = {}
        self.survey = Survey()
        self.seg = 0
        self.previous_end = 0
        self._start_part(continued=False)

    def _start_part(self, *, continued: bool) -> None:
        self.collector = Collector(complete=self.complete)
        self.findings: list[Finding] = []
        self.size = 0
        self.expected = max(1, min(self.part, self.source.size - self.previous_end))
        self.continued = continued
        opened = self.envelope.transaction
        self.open_from = opened.seg if opened else 0
        self.open_size = 0

    def parts(self) -> Iterator[X12File]:
        self.survey = survey(self.source, hashes=self.hashes)
        if not self.survey.spans:
            empty = self.collector.frames()
            yield refused(self.survey.sha256, self.source.size, empty, not_x12(self.source))
            return
        for number, span in enumerate(self.survey.spans):
            self._note_span(span)
            for _, tokens, end in windows(self.source, span, self.survey.encoding, self._cut, self.window):
                is_end = end == span.end
                self._take(tokens, span)
                if is_end:
                    self.envelope.end(self._after())
                    self._collect()
                if self._is_full() and not (is_end and number == len(self.survey.spans) - 1):
                    yield self._finish_part()
        self._finish_file()
        yield self._finish_part()

    def _is_full(self) -> bool:
        if self.size < self.part:
            return False
        return self.envelope.transaction is None or self.open_size >= self.part

    def _finish_part(self) -> X12File:
        frames = self.collector.frames()
        frames["findings"] = findings.frame(self.findings)
        continues = self.envelope.transaction is not None
        found = X12File(self.survey.sha256, self.source.size, frames, self.continued, continues)
        self._start_part(continued=continues)
        return found

    # ---- windows

    def _cut(self, tokens: Tokens, size: int) -> int:
        """Return the last segment that a window may begin with, 0 for none."""
        is_full, starts = self.size + size >= self.part, np.zeros(0, np.int64)
        # Near the end of its part a window had better end before a set; else a look at its last segments will do.
        for tail in (len(tokens),) if is_full else (_TAIL, len(tokens)):
            starts = self._starts(tokens, max(1, len(tokens) - tail))
            if len(starts):
                break
        if not len(starts):
            return 0
        if is_full:
            begun = starts[np.isin(tokens.code[starts], _SET_STARTS)]
            if len(begun):
                return int(begun[-1])
        return int(starts[-1])

    def _starts(self, tokens: Tokens, begin: int) -> Integers:
        """Return the segments from `begin` on that a window may begin with."""
        starts = np.flatnonzero(_STARTS.take(tokens.code[begin:])) + begin
        # What begins a claim or a level depends on the set: a CLM in an 835 begins nothing.
        st = np.flatnonzero(tokens.code == CODES["ST"])
        opened = self.envelope.transaction
        sets = [opened.set_code if opened else "", *_names(tokens, st)]
        kinds = np.array([_kind(name) for name in sets], np.int64)
        found: Integers = starts[_CUTS[kinds[np.searchsorted(st, starts, side="right")], tokens.code[starts]]]
        return found

    # ---- one window

    def _take(self, tokens: Tokens, span: Span) -> None:
        before = self.seg
        if not len(tokens):
            self.findings += self.dirt.empty(tokens, before)
            return
        self.seg += len(tokens)
        canonical = Canonical(tokens) if self.hashes else None
        owners = self._walk(tokens, before, span, canonical)
        size = _end(tokens, -1) - int(tokens.offset[0])
        self.size += size
        self.collector.share = min(1.0, self.size / self.expected)
        self.findings += self.dirt.look(tokens, owners, before)
        if self.conformance:
            self.findings += self.conformance.look(tokens, owners, before)
        self._read_sets(tokens, before, owners, canonical)
        self.collector.add(
            "segments",
            len(tokens),
            {
                "seg": np.arange(before + 1, self.seg + 1), "offset": tokens.offset, "length": tokens.length,
                "segment_id": segment_ids(tokens), "transaction_seg": owners.write_transaction_seg,
                "interchange_seg": owners.write_interchange_seg,
            },
        )  # fmt: skip
        opened = self.envelope.transaction
        for levels in self.levels.values():
            levels.leave(opened.seg if opened else 0)
        self.previous_end = _end(tokens, -1)
        if opened:
            self.open_size = self.open_size + size if opened.seg == self.open_from else size
            self.open_from = opened.seg
        self._collect()

    def _read_sets(self, tokens: Tokens, before: int, owners: Owners, canonical: Canonical | None) -> None:
        for code in sorted({own.set_code for own in owners.transactions}.intersection(guides.READ)):
            own = plan(code, complete=self.complete)
            rows = Rows(tokens, owners.mine(code), own.wanted)
            placed = places(rows, code, len(tokens), complete=self.complete)
            window = Window(tokens, own, rows, placed, owners, before)
            levels = self.levels.setdefault(code, Levels())
            reader = SetReader(window, canonical, levels)
            reader.read(self.collector)
            self.findings += reader.findings

    def _walk(self, tokens: Tokens, seg_before: int, span: Span, canonical: Canonical | None) -> Owners:
        """Go over the envelope segments; return which set and which ISA each segment of this window belongs to."""
        envelope = self.envelope
        rows = np.flatnonzero(tokens.code <= _LAST_OF_ENVELOPE)
        rows = rows[tokens.code[rows] > 0]
        owners = Owners(len(tokens), seg_before, envelope.interchange_seg)
        begun, opened = 0, envelope.transaction
        if opened:
            owners.transactions.append(opened)

        def leave(row: int, after: int) -> None:
            """The open set's segments of this window end before `row`; they are hashed, and owned up to `after`."""
            if opened is not None:
                owners.own(begun, after)
                body = begun + 1 if seg_before + 1 + begun == opened.seg else begun
                opened.is_hashed = canonical is not None
                if canonical is not None:
                    opened.hasher.update(canonical.of(body, row))

        for row, code in zip(rows.tolist(), tokens.code[rows].tolist(), strict=True):
            name, seg = _NAMES[code], seg_before + 1 + row
            before = _end(tokens, row - 1) if row else self.previous_end
            place = Place(seg, int(tokens.offset[row]), int(tokens.length[row]), seg - 1, before)
            values = tokens.elements(row)
            if name == "TA1":
                envelope.ta1(place, values)
                owners.acknowledgements.append(row)
                continue
            leave(row, row + 1 if name == "SE" else row)
            if name == "ISA":
                envelope.isa(place, values, _shown(span.delimiters))
                owners.enter(row, seg)
            elif name == "IEA":
                envelope.iea(place, values)
                owners.enter(row + 1, 0)
            elif name == "GS":
                envelope.gs(place, values)
            elif name == "GE":
                envelope.ge(place, values)
            elif name == "ST":
                owners.transactions.append(envelope.st(place, values))
            else:
                envelope.se(place, values)
            opened, begun = envelope.transaction, row if name == "ST" else row + 1
        leave(len(tokens), len(tokens))
        return owners

    # ---- rows and findings of the envelope

    def _after(self) -> Place:
        return Place(self.seg, self.previous_end, 0, self.seg, self.previous_end)

    def _collect(self) -> None:
        envelope = self.envelope
        self.collector.add_rows("interchanges", envelope.interchanges)
        self.collector.add_rows("groups", envelope.groups)
        self.collector.add_rows("interchange_acknowledgements", envelope.acknowledgements)
        rows = [transaction_row(own, self.findings) for own in envelope.closed]
        if self.complete:
            rows = [{**row, **head(own)} for row, own in zip(rows, envelope.closed, strict=True)]
        self.collector.add_rows("transactions", rows)
        self.findings += envelope.findings
        envelope.interchanges, envelope.groups, envelope.acknowledgements = [], [], []
        envelope.closed, envelope.findings = [], []

    def _note_span(self, span: Span) -> None:
        for note in self.survey.notes:
            if span.start >= note.offset >= 0 and note.code not in _SAID_AT_END:
                self.findings.append(note._replace(seg=self.seg + 1))
        self.survey.notes = [
            note for note in self.survey.notes if note.offset > span.start or note.code in _SAID_AT_END
        ]

    def _finish_file(self) -> None:
        self.findings += [note._replace(seg=self.seg) for note in self.survey.notes]


def _kind(set_code: str) -> int:
    """Return the row of `_CUTS` for a set; the first for one that is not read."""
    kinds = list(_CUTS_OF)
    return kinds.index(set_code[:3]) if set_code[:3] in kinds else 0


def _names(tokens: Tokens, rows: Integers) -> list[str]:
    """Return the first element of a few segments."""
    return [[*tokens.elements(row), ""][1].upper() for row in rows.tolist()]


_SAID_AT_END = {"text-after-interchange"}
_NAMES = {CODES[name]: name for name in ("ISA", "IEA", "GS", "GE", "ST", "SE", "TA1")}
# The segments of the envelope have the first codes of all.
_LAST_OF_ENVELOPE = len(_NAMES)
assert set(_NAMES) == set(range(1, _LAST_OF_ENVELOPE + 1))


def _end(tokens: Tokens, row: int) -> int:
    return int(tokens.offset[row] + tokens.length[row])


def _shown(delimiters: Delimiters) -> dict[str, str]:
    element = delimiters.two_bytes.decode("utf-8") if delimiters.two_bytes else chr(delimiters.element)
    return {
        "repetition_separator": chr(delimiters.repetition) if delimiters.repetition >= 0 else "",
        "component_separator": chr(delimiters.component),
        "element_separator": element,
        "terminator": chr(delimiters.terminator),
    }
