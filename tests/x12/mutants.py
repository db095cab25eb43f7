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

from tests.x12.draft import Draft, Slot
from tests.x12.invented import invented_files
from tests.x12.reference import known_reference

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"

# Some of each are right, at least for some elements.
DATES = (
    *("20261301", "20260230", "20230229", "20240229", "19000229", "20000229", "00000000", "17991231", "99991231"),
    *("2026091", "202609", "202609101", "2026091O", "20260000", "2026-09-10", "ABCDEFGH", "2026091\t", "20260910.5"),
    *("260230", "260910", "20260910-20260931", "20260901-20260910", "20260901-", "-20260910", "-"),
    *("20260901-20260902-20260903", "202609102460", "202609101230", "1230"),
)
TIMES = (
    *("2460", "2400", "1260", "12", "123", "12306", "123060", "123059", "1230591", "12305999", "123059999", "12:30"),
    *("12AB", "9999", "0000", "2359", "235960", "12 0", "1 30"),
)
NUMBERS = (
    *(
        "12A",
        "A",
        "1.",
        ".5",
        "-5",
        "-",
        "-.5",
        "--5",
        "1,000",
        "1.2.3",
        ".",
        "+5",
        "1E3",
        "0012",
        "00.10",
        "$5",
        "12-3",
    ),
    *("12-3", "5-", "0", "-0", "1.005", "9" * 20, "-" + "9" * 18, "1" * 18 + ".5"),
)
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


def _lengthen(draft: Draft) -> bool:
    def longer(slot: Slot, value: str) -> str:
        more = "7" if slot.type in ("N", "R", "DT", "TM") else "Q"
        return value + more * (slot.node.max_len + draft.chance.choice([0, 1, 1, 30]) - len(value))

    return draft.change(lambda slot, value: bool(value) and slot.node.max_len < 300, longer)


def _shorten(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: slot.node.min_len > 1 and len(value) > 1,
        lambda slot, value: value[: max(1, slot.node.min_len - draft.chance.choice([1, 1, 1, 0, 2]))],
    )


def _empty(draft: Draft) -> bool:
    return draft.change(lambda slot, value: bool(value), lambda slot, value: "")


def _fill(draft: Draft) -> bool:
    def some(slot: Slot, _value: str) -> str:
        if slot.node.valid_codes and draft.chance.random() < 0.7:
            return draft.chance.choice(slot.node.valid_codes)
        makes = {"DT": "20260910", "TM": "1230", "R": "12.5", "N": "7"}
        return makes.get(slot.type, "PLUM").ljust(slot.node.min_len, "0")[: slot.node.max_len]

    return draft.change(lambda slot, value: not value, some)


def _add_elements(draft: Draft) -> bool:
    line = draft.line()
    missing = len(line.node.children) + 1 - len(line.parts)
    line.parts += [""] * max(0, missing - draft.chance.randrange(2)) + ["7"] * draft.chance.randint(1, 3)
    return True


def _add_component(draft: Draft) -> bool:
    line = draft.line(lambda line: any(line.parts[1:]))
    if line is None:
        return False
    element = draft.chance.choice([number for number, value in enumerate(line.parts) if number and value])
    line.parts[element] += draft.colon + draft.chance.choice(["7", "7", "", f"{draft.colon}A", draft.colon])
    return True


def _overfill_composite(draft: Draft) -> bool:
    slot = draft.slot(lambda slot, _value: slot.component > 0)
    count = len(slot.node.parent.children) if slot else 0
    return bool(slot) and draft.set(Slot(slot.line, slot.element, count + 1, slot.node), "X")


def _trailing_separator(draft: Draft) -> bool:
    line = draft.line()
    sign = draft.chance.choice([draft.separator, draft.separator, draft.separator * 3, draft.colon])
    line.parts[-1] += sign
    return True


def _wrong_code(draft: Draft) -> bool:
    def other(slot: Slot, value: str) -> str:
        choices = ["Z" * max(slot.node.min_len, 1), "?", value.lower(), value[::-1], value + " ", "0" + value]
        return draft.chance.choice(choices)

    return draft.change(lambda slot, value: bool(value and (slot.node.valid_codes or slot.node.external_codes)), other)


def _wrong_qualifier(draft: Draft) -> bool:
    line = draft.line(lambda line: len(line.parts) > 1 and line.id not in ("ISA", "GS", "ST"))
    if line is None:
        return False
    element = 3 if line.id == "HL" and len(line.parts) > 3 else 1
    others = [other.parts[element] for other in draft.lines if other.id == line.id and len(other.parts) > element]
    inner = line.parts[element].split(draft.colon)
    chosen = draft.chance.choice([*others, "ZZ", "99", "A", "PR", "QC", "1", ""]).split(draft.colon)[0]
    line.parts[element] = draft.colon.join([chosen, *inner[1:]])
    return True


def _wrong_format(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: bool(value) and slot.node.data_ele == "1250",
        lambda slot, value: draft.chance.choice(["D8", "RD8", "D6", "DT", "TM", "TS", ""]),
    )


def _is_date(slot: Slot, value: str) -> bool:
    return bool(value) and (slot.type == "DT" or slot.node.data_ele == "1251")


def _bad_date(draft: Draft) -> bool:
    return draft.change(_is_date, lambda slot, value: draft.chance.choice(DATES))


def _bad_time(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: bool(value) and slot.type == "TM",
        lambda slot, value: draft.chance.choice(TIMES),
    )


def _bad_number(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: bool(value) and slot.type in ("N", "R"),
        lambda slot, value: draft.chance.choice([*NUMBERS, f" {value}", f"{value} ", f"{value}.00", f"-{value}"]),
    )


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


def _swap_elements(draft: Draft) -> bool:
    line = draft.line(lambda line: len(line.parts) > 2)
    if line is None:
        return False
    first, second = draft.chance.sample(range(1, len(line.parts)), 2)
    line.parts[first], line.parts[second] = line.parts[second], line.parts[first]
    return True


def _break_rule(draft: Draft) -> bool:
    """Empty or fill an element that the segment ties to others."""
    line = draft.line(lambda line: bool(line.node.syntax))
    if line is None:
        return False
    _kind, *places = draft.chance.choice(line.node.syntax)
    place = draft.chance.choice(places)
    slots = [slot for slot in draft.slots(line) if slot.element == place]
    if not slots:
        return False
    for slot in slots if any(draft.get(slot) for slot in slots) else slots[:1]:
        draft.set(slot, "" if draft.get(slot) else (slot.node.valid_codes or ["7" * slot.node.min_len])[0])
    return True


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
    "element lengthened": _lengthen,
    "element shortened": _shorten,
    "element emptied": _empty,
    "empty element filled": _fill,
    "elements added": _add_elements,
    "elements swapped": _swap_elements,
    "rule between elements broken": _break_rule,
    "component added": _add_component,
    "composite overfilled": _overfill_composite,
    "trailing separator": _trailing_separator,
    "wrong code": _wrong_code,
    "wrong qualifier": _wrong_qualifier,
    "wrong date format": _wrong_format,
    "bad date": _bad_date,
    "bad time": _bad_time,
    "bad number": _bad_number,
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
