"""What can be wrong with the elements of a segment: too long, too short, missing, of another kind, against a rule."""

from __future__ import annotations

from tests.x12.draft import Draft, Slot

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


def lengthen(draft: Draft) -> bool:
    def longer(slot: Slot, value: str) -> str:
        more = "7" if slot.type in ("N", "R", "DT", "TM") else "Q"
        return value + more * (slot.node.max_len + draft.chance.choice([0, 1, 1, 30]) - len(value))

    return draft.change(lambda slot, value: bool(value) and slot.node.max_len < 300, longer)


def shorten(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: slot.node.min_len > 1 and len(value) > 1,
        lambda slot, value: value[: max(1, slot.node.min_len - draft.chance.choice([1, 1, 1, 0, 2]))],
    )


def empty(draft: Draft) -> bool:
    return draft.change(lambda slot, value: bool(value), lambda slot, value: "")


def fill(draft: Draft) -> bool:
    def some(slot: Slot, _value: str) -> str:
        if slot.node.valid_codes and draft.chance.random() < 0.7:
            return draft.chance.choice(slot.node.valid_codes)
        makes = {"DT": "20260910", "TM": "1230", "R": "12.5", "N": "7"}
        return makes.get(slot.type, "PLUM").ljust(slot.node.min_len, "0")[: slot.node.max_len]

    return draft.change(lambda slot, value: not value, some)


def add_elements(draft: Draft) -> bool:
    line = draft.line()
    missing = len(line.node.children) + 1 - len(line.parts)
    line.parts += [""] * max(0, missing - draft.chance.randrange(2)) + ["7"] * draft.chance.randint(1, 3)
    return True


def add_component(draft: Draft) -> bool:
    line = draft.line(lambda line: any(line.parts[1:]))
    if line is None:
        return False
    element = draft.chance.choice([number for number, value in enumerate(line.parts) if number and value])
    line.parts[element] += draft.colon + draft.chance.choice(["7", "7", "", f"{draft.colon}A", draft.colon])
    return True


def overfill_composite(draft: Draft) -> bool:
    slot = draft.slot(lambda slot, _value: slot.component > 0)
    count = len(slot.node.parent.children) if slot else 0
    return bool(slot) and draft.set(Slot(slot.line, slot.element, count + 1, slot.node), "X")


def trailing_separator(draft: Draft) -> bool:
    line = draft.line()
    sign = draft.chance.choice([draft.separator, draft.separator, draft.separator * 3, draft.colon])
    line.parts[-1] += sign
    return True


def wrong_code(draft: Draft) -> bool:
    def other(slot: Slot, value: str) -> str:
        choices = ["Z" * max(slot.node.min_len, 1), "?", value.lower(), value[::-1], value + " ", "0" + value]
        return draft.chance.choice(choices)

    return draft.change(lambda slot, value: bool(value and (slot.node.valid_codes or slot.node.external_codes)), other)


def wrong_qualifier(draft: Draft) -> bool:
    line = draft.line(lambda line: len(line.parts) > 1 and line.id not in ("ISA", "GS", "ST"))
    if line is None:
        return False
    element = 3 if line.id == "HL" and len(line.parts) > 3 else 1
    others = [other.parts[element] for other in draft.lines if other.id == line.id and len(other.parts) > element]
    inner = line.parts[element].split(draft.colon)
    chosen = draft.chance.choice([*others, "ZZ", "99", "A", "PR", "QC", "1", ""]).split(draft.colon)[0]
    line.parts[element] = draft.colon.join([chosen, *inner[1:]])
    return True


def wrong_format(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: bool(value) and slot.node.data_ele == "1250",
        lambda slot, value: draft.chance.choice(["D8", "RD8", "D6", "DT", "TM", "TS", ""]),
    )


def _is_date(slot: Slot, value: str) -> bool:
    return bool(value) and (slot.type == "DT" or slot.node.data_ele == "1251")


def bad_date(draft: Draft) -> bool:
    return draft.change(_is_date, lambda slot, value: draft.chance.choice(DATES))


def bad_time(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: bool(value) and slot.type == "TM",
        lambda slot, value: draft.chance.choice(TIMES),
    )


def bad_number(draft: Draft) -> bool:
    return draft.change(
        lambda slot, value: bool(value) and slot.type in ("N", "R"),
        lambda slot, value: draft.chance.choice([*NUMBERS, f" {value}", f"{value} ", f"{value}.00", f"-{value}"]),
    )


def swap_elements(draft: Draft) -> bool:
    line = draft.line(lambda line: len(line.parts) > 2)
    if line is None:
        return False
    first, second = draft.chance.sample(range(1, len(line.parts)), 2)
    line.parts[first], line.parts[second] = line.parts[second], line.parts[first]
    return True


def break_rule(draft: Draft) -> bool:
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
