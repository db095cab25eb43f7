"""Our conformance and pyx12's, side by side: a file in; what only one of the two raises out, and why that is right.

Compared are pairs of a segment's number and an error's code (`SEG 3`, `ELE 7`, `GS 4`), and the verdict of each set.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from claims import x12
from claims.findings import NOTE
from claims.x12 import X12File
from claims.x12.conform.rules import by_code
from tests.x12.reference import Reference, known_reference

Pair = tuple[int, str]
# Files that pyx12 says nothing about.
_NESTED = re.compile(r"(<ISA>(<GS>(<ST><SE>)*<GE>)*<IEA>)*")
NOT_PROCESSED = ("not ascii", "no map", "ISA not readable")
_LEVELS = {"TA1 ": "ISA ", "999 AK905 ": "GS ", "999 IK502 ": "ST "}


def our_pairs(file: X12File) -> set[Pair]:
    """Give our findings in pyx12's terms; those it has no code for are left out."""
    found = set()
    for row in file.findings.itertuples():
        rule = by_code().get(row.code)
        if rule:
            code = rule.reference
        elif row.severity == NOTE:
            continue
        else:
            level = next((one for one in _LEVELS if row.ack_code.startswith(one)), "")
            code = row.ack_code.replace(level, _LEVELS[level]) if level else ""
        if code:
            found.add((row.seg, code))
    return found


@dataclass
class Seen:
    """One file as both see it. `segments[n - 1]` is segment n as text without its terminator, `before[n - 1]` what
    stands between the terminator before it and its id.
    """

    data: bytes
    file: X12File
    reference: Reference
    segments: list[str]
    before: list[str]
    separator: str
    component: str
    only_ours: set[Pair] = field(default_factory=set)
    only_reference: set[Pair] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ids = [line.split(self.separator, 1)[0].strip(_BLANKS) for line in self.segments]
        self.first_unclean = next((seg for seg, line in enumerate(self.segments, 1) if self._is_unclean(seg, line)), 0)
        ids = "".join(f"<{name}>" for name in self.ids if name in ("ISA", "GS", "ST", "SE", "GE", "IEA"))
        self.is_nested = bool(_NESTED.fullmatch(ids))

    def _is_unclean(self, seg: int, line: str) -> bool:
        """Tell whether an id is not as it must be, or something other than line ends and blanks stands before it."""
        name = line.split(self.separator, 1)[0]
        return name != self.ids[seg - 1].upper() or self.before[seg - 1].lstrip("\r\n").strip(" ") != ""

    def id_of(self, seg: int) -> str:
        return self.ids[seg - 1] if 0 < seg <= len(self.ids) else ""


def see(data: bytes) -> Seen:
    """Run both over a file."""
    file, reference = x12.check(data), known_reference(data)
    text = data.decode("latin-1")
    frame = file.frames["segments"]
    begins, ends = frame["offset"].tolist(), (frame["offset"] + frame["length"]).tolist()
    segments = [text[begin : end - 1] for begin, end in zip(begins, ends, strict=True)]
    before = [text[end:begin].split(text[105:106])[-1] for end, begin in zip([0, *ends[:-1]], begins, strict=True)]
    seen = Seen(data, file, reference, segments, before, text[3:4] or "*", text[104:105] or ":")
    ours, theirs = our_pairs(file), reference.pairs
    if reference.stopped:
        # The segment that pyx12 stopped at, and what it says at the end of a file, do not count.
        ours = {pair for pair in ours if pair[0] < reference.segments}
        theirs = {pair for pair in theirs if pair[0] < reference.segments}
    seen.only_ours, seen.only_reference = ours - theirs, theirs - ours
    return seen


# ---- known differences: the pairs that each explains


class Known(NamedTuple):
    """A difference that is right, and why."""

    name: str
    reason: str
    explains: Callable[[Seen, Pair], bool]


def _envelope(seen: Seen, pair: Pair) -> bool:
    if seen.is_nested:
        return False
    # Before a GS, pyx12 has no map for the segments of a set; where trailers are missing, its counts run on.
    if pair[1].split()[0] in ("ISA", "GS", "ST") or _outside_groups(seen, pair) or _in_unknown_set(seen, pair):
        return True
    # A GS inside a set: lines before it pyx12 has not counted.
    heads = [name for name in seen.ids[: pair[0]] if name in ("GS", "ST")]
    return pair[1] == "SEG LX" and heads[-1:] == ["GS"]


def _outside_groups(seen: Seen, pair: Pair) -> bool:
    before = [name for name in seen.ids[: pair[0]] if name in ("ISA", "GS", "GE", "IEA")]
    return not before or before[-1] != "GS"


def _in_unknown_set(seen: Seen, pair: Pair) -> bool:
    """An ST of another guide in a set pyx12 does not know: it reads on in the other; we begin what it names."""
    heads = [seg for seg in range(1, pair[0] + 1) if seen.id_of(seg) in ("ST", "SE", "GS", "GE")][-2:]
    begun = [seen.id_of(seg) for seg in heads] == ["ST", "ST"]
    return begun and pair[1] == "SEG 1" and (heads[1], "SEG 1") in seen.only_reference


def _same_number(seen: Seen, pair: Pair) -> bool:
    """IEA02 and GE02 are numbers: 1 is 000000001."""
    header = {"ISA 001": ("ISA", 13), "GS 4": ("GS", 6)}.get(pair[1])
    if header is None:
        return False
    name, element = header
    before = [line for line in seen.segments[: pair[0]] if line.strip().startswith(name)]
    if not before:
        return False
    one = before[-1].split(seen.separator)[element].strip()
    other = [*seen.segments[pair[0] - 1].split(seen.separator), "", ""][2].strip()
    return one.isdecimal() and other.isdecimal() and int(one) == int(other)


def _trimmed(seen: Seen, pair: Pair) -> bool:
    """Blanks and control characters around a number are no part of it; the element rules name them."""
    if pair[1].split()[0] not in ("ISA", "GS", "ST") and pair[1] not in ("SEG HL1", "SEG HL2", "SEG LX"):
        return False
    name, number = {"SE": ("ST", 2), "GE": ("GS", 6), "IEA": ("ISA", 13)}.get(seen.id_of(pair[0]), ("", 0))
    opened = [seg for seg in range(1, pair[0]) if name and seen.id_of(seg) == name][-1:]
    texts = seen.segments[pair[0] - 1].split(seen.separator)[1:3]
    texts += [part for seg in opened for part in seen.segments[seg - 1].split(seen.separator)[number : number + 1]]
    return any(part != part.strip(_BLANKS) or part.rstrip(seen.component) != part for part in texts)


def _unclean_id(seen: Seen, pair: Pair) -> bool:
    """Where an id is in lower case or has blanks or controls beside it we refuse it and read on; pyx12 knows neither
    it nor what hangs on it.
    """
    first = seen.first_unclean
    return 0 < first <= pair[0] and {(first, "SEG 1")} <= our_pairs(seen.file) & seen.reference.pairs


def _no_parent_element(seen: Seen, pair: Pair) -> bool:
    """An HL that ends before HL02 names no parent; pyx12 finds it a wrong one, and then no level open."""
    if pair[1] != "SEG HL2" or pair not in seen.only_reference:
        return False
    begun = max((seg for seg in range(1, pair[0]) if seen.id_of(seg) == "ST"), default=0)
    lines = seen.segments[begun : pair[0]]
    return any(line.startswith("HL") and line.count(seen.separator) < 2 for line in lines)


def _of_another_kind(seen: Seen, pair: Pair) -> bool:
    """An HL02 that names an open level of a kind that cannot stand above the level."""
    if pair[1] != "SEG HL2" or pair not in seen.only_ours:
        return False
    begun = max((seg for seg in range(1, pair[0]) if seen.id_of(seg) == "ST"), default=0)
    levels = [[*seen.segments[seg - 1].split(seen.separator), "", "", ""][1:4] for seg in range(begun + 1, pair[0] + 1)
              if seen.id_of(seg) == "HL"]  # fmt: skip
    *above, (_, parent, kind) = [[part.strip(f"{_BLANKS}{seen.component}") for part in level] for level in levels]
    named = [other for number, _, other in above if number.lstrip("0") == parent.lstrip("0")]
    wanted = {"22": "20", "23": "22", "21": "20", "19": "21", "PT": "19"}.get(kind)
    return bool(named) and wanted is not None and named[-1] != wanted


def _guide_of_837p(seen: Seen, pair: Pair) -> bool:
    """ST03 of a set in a group of the 837P that is missing or is not GS08."""
    if seen.id_of(pair[0]) != "ST" or pair not in seen.only_ours or pair[1] not in ("ELE 1", "ELE 7"):
        return False
    group = max((seg for seg in range(1, pair[0]) if seen.id_of(seg) == "GS"), default=0)
    stated, own = ([*seen.segments[seg - 1].split(seen.separator), *[""] * 9] for seg in (group, pair[0]))
    return stated[8].strip().upper().startswith("005010X222") and own[3].strip() != stated[8].strip()


_BLANKS = "".join(map(chr, range(33)))

KNOWN = (
    Known("envelope-not-nested", "where a header or trailer is missing or misplaced, pyx12 closes whatever is open, "
          "and has no map outside a group; we name the missing one", _envelope),
    Known("control-numbers-are-numbers", "GS06 and ISA13 are numeric: zeros before them say nothing; a note tells",
          _same_number),
    Known("trimmed", "we trim blanks and empty components of envelope values before comparing; the elements themselves "
          "are refused all the same", _trimmed),
    Known("unclean-id", "we refuse an id in lower case or beside blanks and read on; pyx12 does not know the segment",
          _unclean_id),
    Known("parent-not-sent", "an HL without HL02 names no parent; pyx12 takes an element that is not there for a wrong "
          "one", _no_parent_element),
    Known("hierarchy-kinds", "a guide says which kind of level hangs on which; pyx12 asks only that the one named is "
          "open, and a dependent below a billing provider would have neither member nor payer", _of_another_kind),
    Known("guide-of-837P", "ST03 must be sent and be GS08, as in the 837I and 837D; pyx12's map of the 837P leaves it "
          "open", _guide_of_837p),
    Known("provider-adjustments", "an 835 may have any number of PLB segments; the map of pyx12 wraps them in a loop "
          "that may stand once, and each of them begins it",
          lambda seen, pair: pair[1] == "SEG 4" and seen.id_of(pair[0]) == "PLB" and pair in seen.only_reference),
    Known("lines-of-837I", "pyx12 counts LX only where its map is called 837, which the institutional one is not",
          lambda seen, pair: pair[1] == "SEG LX" and pair in seen.only_ours),
    Known("interchange-number-no-number", "ISA13 must be digits for a TA1 to name it",
          lambda seen, pair: pair[1] == "ISA 018"),
    Known("outside-set", "a segment between two sets is unknown to both; we say besides that it stands in none",
          lambda seen, pair: pair[1] == "ISA 022" and (pair[0], "SEG 1") in seen.reference.pairs),
    Known("ta1-alone", "an interchange that holds only a TA1 has no group",
          lambda seen, pair: pair[1] == "SEG 3" and "TA1" in seen.ids and "GS" not in seen.ids),
)  # fmt: skip


def unexplained(seen: Seen, used: Counter[str] | None = None) -> list[str]:
    """Say what only one of the two raises, without known differences, and which verdicts differ."""
    found = []
    for who, pairs in (("only ours", seen.only_ours), ("only pyx12", seen.only_reference)):
        for pair in sorted(pairs):
            known = next((one for one in KNOWN if one.explains(seen, pair)), None)
            if known is None:
                found.append(f"{who}: segment {pair[0]}, {pair[1]}")
            elif used is not None:
                used[known.name] += 1
    return found + _verdicts(seen, used)


def _verdicts(seen: Seen, used: Counter[str] | None) -> list[str]:
    if seen.reference.stopped or not seen.is_nested:
        return []
    ours = x12.verdicts(seen.file)
    mine = {
        seg: "R" if letter == "R" else "A" for seg, letter in zip(ours["transaction_seg"], ours["verdict"], strict=True)
    }
    found = []
    for seg, letter in seen.reference.verdicts:
        if mine.get(seg) == letter:
            continue
        end = next((place for place in range(seg, len(seen.segments) + 1) if seen.id_of(place) == "SE"), seg)
        inside = {pair for pair in seen.reference.pairs if seg <= pair[0] <= end}
        if letter == "R" and _is_followed_by_an_unknown_set(seen, end):
            if used is not None:
                used["unknown-set"] += 1  # its errors are hung on the set before it
        elif letter == "A" and inside and all(place in (seg, end) for place, _ in inside):
            if used is not None:
                used["errors-of-ST-and-SE"] += 1  # pyx12 raises them and does not count them
        elif mine.get(seg) == "R" and _is_in_refused_group(seen):
            if used is not None:
                used["refused-group"] += 1  # a refused group refuses its sets
        elif mine.get(seg) == "R" and _is_refused_for(seen, seg, _MONEY):
            if used is not None:
                used["money-not-readable"] += 1  # a type R with three decimals is valid there, and no money here
        elif mine.get(seg) == "R" and _is_refused_for(seen, seg, {"repetitions-not-allowed", *_MONEY}):
            if used is not None:
                used["repetitions-not-allowed"] += 1  # pyx12 does not look for repetitions in an element
        elif 0 < seen.first_unclean <= end or _explained(seen, seg, end):
            if used is not None:
                used["verdict-of-a-known-difference"] += 1
        else:
            found.append(f"verdict of the set at {seg}: ours {mine.get(seg)}, pyx12 {letter}")
    return found


def _is_in_refused_group(seen: Seen) -> bool:
    found = seen.file.findings
    return bool((found["ack_code"].str.startswith("999 AK905") & (found["severity"] != NOTE)).any())


def _is_followed_by_an_unknown_set(seen: Seen, end: int) -> bool:
    following = next((seg for seg in range(end, len(seen.ids) + 1) if seen.id_of(seg) == "ST"), 0)
    return (following, "SEG 1") in seen.reference.pairs


_MONEY = {"amount-not-readable", "amount-missing", "adjustment-incomplete"}


def _is_refused_for(seen: Seen, transaction_seg: int, codes: set[str]) -> bool:
    """Tell whether a set is held for findings with some codes only, such as an amount that has no exact cents."""
    found = seen.file.findings
    mine = found[(found["transaction_seg"] == transaction_seg) & found["ack_code"].str.startswith("999 IK")]
    return not (set(mine.loc[mine["severity"] != NOTE, "code"]) - codes)


def _explained(seen: Seen, first: int, last: int) -> bool:
    """Tell whether all that is wrong with a set is a known difference."""
    pairs = {pair for pair in our_pairs(seen.file) | seen.reference.pairs if first <= pair[0] <= last}
    return bool(pairs) and all(any(one.explains(seen, pair) for one in KNOWN) for pair in pairs)
