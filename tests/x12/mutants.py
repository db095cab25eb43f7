"""Mutants of valid X12 files: files, a number and a seed in; bytes with one fault of a named kind, or several, out.

Every mutant comes from its number and seed alone. Numbers go round the kinds, and each kind goes round the files from
a place of its own, so that a run of a few dozen turns meets every file about as often; another seed pairs them
otherwise. Within a file, the kinds of segments that its guide knows are met equally often, however often the file
repeats one.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.x12 import mutant_values
from tests.x12.draft import Draft, Slot
from tests.x12.invented import invented_files
from tests.x12.reference import known_reference

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"

SEGMENT_IDS = ("ZZ", "QQQ", "X1Y", "N", "ABCD", "1A", "TA1", "N1", "REF", "HL", "LX", "N-1", "")


# By so many files the next seed begins further on.
_SEED_STEP = 11


@dataclass(frozen=True)
class Mutant:
    """A file that was valid until something was done to it."""

    name: str
    kind: str
    seed: int
    data: bytes


def mutants(files: dict[str, bytes], count: int, seed: int = 0) -> Iterator[Mutant]:
    """Give mutants number 0 to `count` of valid files."""
    return (mutant(files, number, seed) for number in range(count))


def mutant(files: dict[str, bytes], number: int, seed: int = 0) -> Mutant:
    """Make one mutant. A file that gives no place to its kind passes it on; a kind without a file, to the next kind."""
    kinds, names = list(KINDS), sorted(files)
    chance = random.Random(f"{seed} {number}")
    for kind, name in itertools.product(_from(kinds, number), _from(names, first_file(number, len(names), seed))):
        for _attempt in range(8):
            draft = Draft(files[name], chance)
            if KINDS[kind](draft) and draft.data() != files[name]:
                return Mutant(f"{name}, {kind}, number {number}", kind, seed, draft.data())
    raise AssertionError("these files have nothing to change")


def first_file(number: int, files: int, seed: int) -> int:
    """Give the number of the file that a mutant is made of, if its kind finds a place in it."""
    turn, kind = divmod(number, len(KINDS))
    return (kind * files // len(KINDS) + turn + seed * _SEED_STEP) % files


def _from(names: list[str], start: int) -> list[str]:
    at = start % len(names)
    return names[at:] + names[:at]


@functools.cache
def valid_files() -> dict[str, bytes]:
    """Give all valid files there are to start from: invented ones, our samples, and the shared ones where present."""
    found = invented_files()
    for path in [*sorted(ROOT.glob("edi_samples/*/pass/*.edi")), *sorted(SAMPLES.glob("*/**/*"))]:
        if path.is_file() and path.stat().st_size < 100_000:
            reference = known_reference(data := path.read_bytes())
            if reference.accepted and reference.verdicts and not (reference.pairs or reference.stopped):
                found["/".join(path.parts[-3:])] = data
    return found


def _drop(draft: Draft) -> bool:
    at = draft.at()
    del draft.lines[at]
    return True


def _drop_envelope(draft: Draft) -> bool:
    at = draft.at(lambda line: line.id in ("ISA", "GS", "ST", "SE", "GE", "IEA"))
    if at is None:
        return False
    del draft.lines[at]
    return True


def _duplicate(draft: Draft) -> bool:
    at = draft.at()
    draft.lines.insert(at, draft.lines[at].copy())
    return True


def _swap(draft: Draft) -> bool:
    at = draft.at()
    if at + 1 >= len(draft.lines):
        return False
    draft.lines[at : at + 2] = draft.lines[at + 1], draft.lines[at]
    return True


def _move(draft: Draft) -> bool:
    line = draft.lines.pop(draft.at())
    draft.lines.insert(draft.at() or 1, line)
    return True


def _repeat(draft: Draft) -> bool:
    at = draft.at(lambda line: line.node.get_max_repeat() < 60)
    if at is None:
        return False
    times = draft.lines[at].node.get_max_repeat() + draft.chance.randrange(2)
    draft.lines[at:at] = [draft.lines[at].copy() for _time in range(times)]
    return True


def _repeat_loop(draft: Draft) -> bool:
    start = draft.at(lambda line: line.node.is_first_seg_in_loop() and line.node.parent.get_max_repeat() < 20)
    if start is None:
        return False
    lines = draft.lines[start : draft.until(start)]
    times = draft.lines[start].node.parent.get_max_repeat()
    draft.lines[start:start] = [line.copy() for _time in range(times) for line in lines]
    return True


def _drop_loop(draft: Draft) -> bool:
    start = draft.at()
    del draft.lines[start : draft.until(start)]
    return True


def _move_loop(draft: Draft) -> bool:
    start = draft.at(lambda line: line.node.is_first_seg_in_loop())
    if start is None:
        return False
    end = draft.until(start)
    lines = draft.lines[start:end]
    del draft.lines[start:end]
    to = draft.at() or 1
    draft.lines[to:to] = lines
    return True


def _cut_off(draft: Draft) -> bool:
    del draft.lines[draft.at() :]
    return True


def _duplicate_set(draft: Draft) -> bool:
    start = draft.at(lambda line: line.id == "ST")
    if start is None:
        return False
    end = draft.until(start, "SE GE IEA")
    draft.lines[start:start] = [line.copy() for line in draft.lines[start : end + 1]]
    trailer = next((line for line in draft.lines[end:] if line.id == "GE" and len(line.parts) > 1), None)
    if trailer and trailer.parts[1].isdigit() and draft.chance.random() < 0.7:
        trailer.parts[1] = str(int(trailer.parts[1]) + 1)
    return True


def _wrong_count(draft: Draft) -> bool:
    return draft.element("SE GE IEA", 1, draft.other_number)


def _wrong_control_number(draft: Draft) -> bool:
    return draft.element("SE GE IEA", 2, draft.other_number)


def _control_number_again(draft: Draft) -> bool:
    """Give a header the control number of an earlier one, and sometimes its trailer too."""
    kind, element, trailer = draft.chance.choice([*[("ST", 2, "SE")] * 2, ("GS", 6, "GE"), ("ISA", 13, "IEA")])
    heads = [number for number, line in enumerate(draft.lines) if line.id == kind and len(line.parts) > element]
    if len(heads) < 2:
        return False
    first, second = sorted(draft.chance.sample(heads, 2))
    draft.lines[second].parts[element] = draft.lines[first].parts[element]
    if draft.chance.random() < 0.6:
        for line in draft.lines[second:]:
            if line.id == trailer and len(line.parts) > 2:
                line.parts[2] = draft.lines[first].parts[element]
                break
    return True


def _blank_after(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: bool(value), lambda slot, value: value + " " * draft.chance.choice([1, 1, 2, 40])
    )


def _blank_beside_id(draft: Draft) -> bool:
    line = draft.line()
    name = line.parts[0]
    odd = draft.chance.choice("\t\x00\x0b\x1f")
    line.parts[0] = draft.chance.choice([f" {name}", f"  {name}", f"{name} ", f"{odd}{name}", f"{name}{odd}"])
    return True


def _lower_case(draft: Draft) -> bool:
    line = draft.line()
    line.parts[0] = draft.chance.choice([str.lower, str.title])(line.parts[0])
    return True


def _unknown_segment(draft: Draft) -> bool:
    line = draft.line()
    line.parts[0] = draft.chance.choice(
        ["ZZ", "QQQ", "X1Y", "N", "ABCD", "1A", "TA1", "N1", "REF", "HL", "LX", "N-1", ""]
    )
    return True


def _control_character(draft: Draft) -> bool:
    return _insert(draft, "\x07\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x01\x02\x05\x06\x11\x17")


def _odd_character(draft: Draft) -> bool:
    return _insert(draft, "\x00\x08\x10\x1b\x7f^`|<>{}~$@'\"\\")


def _insert(draft: Draft, characters: str) -> bool:
    delimiters = draft.separator + draft.colon + draft.terminator
    character = draft.chance.choice([one for one in characters if one not in delimiters])

    def with_it(_slot: Slot, value: str) -> str:
        at = draft.chance.randint(0, len(value))
        return value[:at] + character + value[at:]

    return draft.change(lambda slot, value: bool(value), with_it)


def _beyond_ascii(draft: Draft) -> bool:
    return draft.change(lambda slot, value: bool(value), lambda slot, value: value + "\xe9")


def _interchange_header(draft: Draft) -> bool:
    """Change the first ISA and keep its length."""
    parts = draft.lines[0].parts
    new = {
        1: ["ZZ", "03"], 3: ["ZZ", "01"], 5: ["QQ", "30", "  "], 7: ["QQ", "30"], 9: ["261399", "2609 0"],
        10: ["2599", "12 0"], 13: ["00000000X", "999999999"], 14: ["Z", "1"], 15: ["Z", "P"],
    }  # fmt: skip
    element = draft.chance.choice(list(new))
    parts[element] = draft.chance.choice(new[element])
    return True


def _empty_segment(draft: Draft) -> bool:
    at = draft.at()
    draft.lines[at].parts[0] = draft.terminator + draft.lines[at].parts[0]
    return True


def _bare_segment(draft: Draft) -> bool:
    line = draft.line()
    line.parts[1:] = draft.chance.choice([[], [""], ["", "", ""]])
    return True


def _several(draft: Draft) -> bool:
    others = [kind for kind in KINDS.values() if kind is not _several]
    done = [kind(draft) for kind in draft.chance.sample(others, draft.chance.randint(2, 5)) if len(draft.lines) > 2]
    return any(done)


KINDS: dict[str, Callable[[Draft], bool]] = {
    "segment dropped": _drop,
    "envelope segment dropped": _drop_envelope,
    "segment doubled": _duplicate,
    "neighbours swapped": _swap,
    "segment moved": _move,
    "segment repeated beyond its maximum": _repeat,
    "loop repeated beyond its maximum": _repeat_loop,
    "loop dropped": _drop_loop,
    "loop moved": _move_loop,
    "set doubled": _duplicate_set,
    "file cut off": _cut_off,
    "element lengthened": mutant_values.lengthen,
    "element shortened": mutant_values.shorten,
    "element emptied": mutant_values.empty,
    "empty element filled": mutant_values.fill,
    "elements added": mutant_values.add_elements,
    "elements swapped": mutant_values.swap_elements,
    "rule between elements broken": mutant_values.break_rule,
    "component added": mutant_values.add_component,
    "composite overfilled": mutant_values.overfill_composite,
    "trailing separator": mutant_values.trailing_separator,
    "wrong code": mutant_values.wrong_code,
    "wrong qualifier": mutant_values.wrong_qualifier,
    "wrong date format": mutant_values.wrong_format,
    "bad date": mutant_values.bad_date,
    "bad time": mutant_values.bad_time,
    "bad number": mutant_values.bad_number,
    "wrong count": _wrong_count,
    "wrong control number": _wrong_control_number,
    "control number used again": _control_number_again,
    "wrong level number": lambda draft: draft.element("HL", 1, draft.other_number),
    "wrong parent level": lambda draft: draft.element("HL", 2, draft.other_number),
    "wrong line number": lambda draft: draft.element("LX", 1, draft.other_number),
    "trailing blank": _blank_after,
    "blank beside an id": _blank_beside_id,
    "lower-case segment id": _lower_case,
    "unknown segment id": _unknown_segment,
    "control character": _control_character,
    "odd character": _odd_character,
    "character beyond ASCII": _beyond_ascii,
    "interchange header changed": _interchange_header,
    "empty segment": _empty_segment,
    "segment without elements": _bare_segment,
    "several": _several,
}
