"""The envelope: segments of a window in; interchanges, groups, transaction sets and what is wrong with them out.

This is the one part that goes segment by segment: over the few of the envelope, not over those of the claims.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from claims.findings import HOLD, NOTE, REJECT, Finding
from claims.x12 import guides

Totals = dict[str, int]
_FIRST_WITH_REPETITIONS = "00501"
_A_MARK = "a character that is neither letter, digit nor blank, and no other delimiter"


@dataclass
class Transaction:
    """A transaction set while it is read; the counts grow window by window."""

    seg: int
    offset: int
    set_code: str
    guide: str
    control: str
    interchange_seg: int
    group_seg: int
    usage: str
    convention: str = ""
    kind: int = 0
    totals: Totals = field(default_factory=dict)
    head: dict[str, Any] = field(default_factory=dict)
    hasher: Any = field(default_factory=hashlib.sha256)
    is_hashed: bool = True
    seen: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    end_seg: int = 0
    length: int = 0

    def add(self, name: str, value: int) -> None:
        """Add to a count or a sum of cents."""
        self.totals[name] = self.totals.get(name, 0) + value


@dataclass
class _Open:
    """An interchange or a group whose trailer has not come yet."""

    seg: int
    offset: int
    control: str
    children: int = 0
    usage: str = ""
    version: str = ""
    controls: set[str] = field(default_factory=set)


@dataclass
class Place:
    """Where an envelope segment stands."""

    seg: int
    offset: int
    length: int
    previous_seg: int = 0
    previous_end: int = 0


def _day(text: str) -> int:
    if len(text) == 6 and text.isdecimal():
        text = f"20{text}"
    return int(text) if len(text) == 8 and text.isdecimal() and text.isascii() else 0


def _same(one: str, other: str) -> bool:
    return one == other or (one.isdecimal() and other.isdecimal() and int(one) == int(other))


def _shown(control: str) -> str:
    """A control number is digits; anything else, though a set's may have letters, may be misplaced data."""
    return control if control.isascii() and control.isdecimal() and len(control) <= 9 else ""


class Envelope:
    """Follow the envelope through a file; rows and findings collect in the lists until they are taken."""

    def __init__(self) -> None:
        self.interchange: _Open | None = None
        self.group: _Open | None = None
        self.transaction: Transaction | None = None
        self.interchanges: list[dict[str, Any]] = []
        self.groups: list[dict[str, Any]] = []
        self.acknowledgements: list[dict[str, Any]] = []
        self.closed: list[Transaction] = []
        self.findings: list[Finding] = []
        self._component = ""
        self._controls: set[tuple[str, str, str]] = set()
        self.sets = 0
        self._is_told = False

    @property
    def interchange_seg(self) -> int:
        """Return the `seg` of the open ISA, 0 for none."""
        return self.interchange.seg if self.interchange else 0

    def find(
        self, code: str, severity: str, place: Place, message: str, *, element: str = "", transaction_seg: int = 0,
        found: str = "", expected: str = "", ack_code: str = "",
    ) -> None:  # fmt: skip
        """Add a finding at a segment."""
        self.findings.append(
            Finding(
                code, severity, message, place.seg, element, place.offset, found, expected, ack_code, transaction_seg
            )
        )

    def isa(self, place: Place, values: list[str], delimiters: dict[str, str]) -> None:
        """Open an interchange; what was open before it ends here."""
        self._end_interchange(place)
        values = [*values, *[""] * (17 - len(values))]
        self.interchange = _Open(place.seg, place.offset, values[13], usage=values[15].upper())
        self._component = delimiters["component_separator"]
        self._is_told = False
        sender, receiver = values[6], values[8]
        key = (sender, receiver, values[13])
        if values[13] and key in self._controls:
            self.find(
                "duplicate-interchange", HOLD, place,
                "An interchange with this sender, receiver and control number stood before in this file; held.",
                element="ISA13", found=_shown(values[13]), expected="a new control number", ack_code="TA1 025",
            )  # fmt: skip
        self._controls.add(key)
        if not values[13].isdecimal():
            self.find(
                "interchange-control-unreadable", HOLD, place, "ISA13 is not a number; the interchange is held.",
                element="ISA13", expected="digits", ack_code="TA1 018",
            )  # fmt: skip
        self._marks(place, values, delimiters)
        self.interchanges.append(
            {
                "seg": place.seg, "offset": place.offset, "length": place.length, "control_number": values[13],
                "sender_qualifier": values[5], "sender_id": sender, "receiver_qualifier": values[7],
                "receiver_id": receiver, "interchange_date": _day(values[9]), "interchange_time": values[10],
                "version": values[12], "acknowledgement_code": values[14], "usage_code": values[15].upper(),
                **delimiters,
            }
        )  # fmt: skip

    def _marks(self, place: Place, values: list[str], delimiters: dict[str, str]) -> None:
        """Note an ISA11 and ISA16 that can separate nothing: no mark, or one that the header has for something else."""
        # Before 00501 ISA11 says who keeps the standard (U).
        if values[12] >= _FIRST_WITH_REPETITIONS and not delimiters["repetition_separator"]:
            self.find(
                "repetition-separator-unusable", NOTE, place,
                "ISA11 can separate no repetitions; the interchange was read without them.",
                element="ISA11", expected=_A_MARK, ack_code="TA1 016",
            )  # fmt: skip
        if not values[16] or values[16].isalnum():
            self.find(
                "component-separator-unusable", NOTE, place,
                "ISA16 can separate no components; those were read with the separator that segments show.",
                element="ISA16", expected=_A_MARK, ack_code="TA1 027",
            )  # fmt: skip

    def iea(self, place: Place, values: list[str]) -> None:
        """Close the interchange and compare its count and control number."""
        self._end_group(place)
        count, control = ([*values, "", ""])[1:3]
        opened = self.interchange
        if opened is None:
            self.find(
                "interchange-header-missing", HOLD, place, "An IEA without an ISA before it; skipped.", element="IEA",
                expected="ISA", ack_code="TA1 022",
            )  # fmt: skip
            return
        self.interchange = None
        self._compare_control("interchange", "ISA13", "IEA02", opened.control, control, place, "TA1 001")
        self._compare_count("interchange", "groups", "IEA01", opened.children, count, place, "TA1 021")

    def gs(self, place: Place, values: list[str]) -> None:
        """Open a functional group."""
        self._end_group(place)
        self._tell_bare(place)
        values = [*values, *[""] * (9 - len(values))]
        if self.interchange:
            self.interchange.children += 1
            if values[6] in self.interchange.controls:
                self.find(
                    "duplicate-group", HOLD, place,
                    "A group with this control number stood before in this interchange; held.",
                    element="GS06", found=_shown(values[6]), expected="a new control number", ack_code="999 AK905 6",
                )  # fmt: skip
            self.interchange.controls.add(values[6])
        # A component separator behind it is refused, and does not hide the guide.
        self.group = _Open(place.seg, place.offset, values[6], version=values[8].rstrip(self._component))
        self.groups.append(
            {
                "seg": place.seg, "offset": place.offset, "length": place.length,
                "interchange_seg": self.interchange_seg, "functional_code": values[1].upper(),
                "sender_code": values[2], "receiver_code": values[3], "group_date": _day(values[4]),
                "control_number": values[6], "version": values[8],
            }
        )  # fmt: skip

    def ge(self, place: Place, values: list[str]) -> None:
        """Close the group and compare its count and control number."""
        self._end_transaction(place)
        count, control = ([*values, "", ""])[1:3]
        opened = self.group
        if opened is None:
            self.find(
                "group-header-missing", HOLD, place, "A GE without a GS before it; skipped.", element="GE",
                expected="GS", ack_code="TA1 024",
            )  # fmt: skip
            return
        self.group = None
        self._compare_control("group", "GS06", "GE02", opened.control, control, place, "999 AK905 4")
        self._compare_count("group", "transaction sets", "GE01", opened.children, count, place, "999 AK905 5")

    def st(self, place: Place, values: list[str]) -> Transaction:
        """Open a transaction set and decide which it is."""
        self._end_transaction(place)
        self._tell_bare(place)
        self.sets += 1
        st01, control, st03 = ([*values, "", "", ""])[1:4]
        group = self.group
        code, guide = guides.set_code(st01.upper(), group.version if group else "", st03)
        usage = self.interchange.usage if self.interchange else ""
        opened = Transaction(
            place.seg, place.offset, code, guide, control, self.interchange_seg, group.seg if group else 0, usage,
            st03,
        )  # fmt: skip
        self.transaction = opened
        seg = place.seg
        if group:
            group.children += 1
            if control in group.controls:
                self.find(
                    "duplicate-transaction-set", HOLD, place,
                    "A transaction set with this control number stood before in this group; held.",
                    element="ST02", transaction_seg=seg, found=_shown(control), expected="a new control number",
                    ack_code="999 IK502 23",
                )  # fmt: skip
            group.controls.add(control)
        elif self.interchange:
            self.find(
                "group-header-missing", HOLD, place, "The transaction set stands in no group (no GS); held.",
                element="ST", transaction_seg=seg, expected="GS", ack_code="TA1 024",
            )  # fmt: skip
        if code not in guides.READ:
            self.find(
                "set-not-supported", NOTE, place, "This transaction set is not one that is read here; kept as it is.",
                element="ST01", transaction_seg=seg, found=code if code.isalnum() and len(code) <= 6 else "",
                expected="835, 837, 999, 997 or 277CA", ack_code="999 IK502 1",
            )  # fmt: skip
        elif not guides.is_known_version(code, guide):
            self.find(
                "version-not-supported", REJECT, place,
                "The version is not 5010; the set was read as far as possible, and is refused.",
                element="GS08", transaction_seg=seg, found=guide if guides.is_guide(guide) else "", expected="005010",
                ack_code="999 AK905 2",
            )  # fmt: skip
        elif code == "837":
            self.find(
                "guide-not-known", HOLD if guide else NOTE, place,
                "Neither GS08 nor ST03 names a guide of the 837 that is known; its kind was told from its lines.",
                element="ST03", transaction_seg=seg, found=guide if guides.is_guide(guide) else "",
                expected="005010X222A1, 005010X223A2 or 005010X224A2", ack_code="999 IK502 I6",
            )  # fmt: skip
        return opened

    def se(self, place: Place, values: list[str]) -> None:
        """Close the transaction set and compare its count and control number."""
        count, control = ([*values, "", ""])[1:3]
        opened = self.transaction
        if opened is None:
            self.find(
                "set-header-missing", HOLD, place, "An SE without an ST before it; skipped.", element="SE",
                expected="ST", ack_code="999 AK905 5",
            )  # fmt: skip
            return
        self.transaction = None
        opened.end_seg = place.seg
        opened.length = place.offset + place.length - opened.offset
        actual = place.seg - opened.seg + 1
        self._compare_control("set", "ST02", "SE02", opened.control, control, place, "999 IK502 3", opened.seg)
        self._compare_count("set", "segments", "SE01", actual, count, place, "999 IK502 4", opened.seg)
        self.closed.append(opened)

    def ta1(self, place: Place, values: list[str]) -> None:
        """Take an interchange acknowledgement: a transaction of its own."""
        values = [*values, *[""] * 6]
        usage = self.interchange.usage if self.interchange else ""
        own = Transaction(place.seg, place.offset, "TA1", "", values[1], self.interchange_seg, 0, usage)
        own.end_seg, own.length = place.seg, place.length
        own.hasher.update("*".join(values[:6]).rstrip("*").encode("utf-8"))
        self.closed.append(own)
        self.sets += 1
        self.acknowledgements.append(
            {
                "transaction_seg": place.seg, "seg": place.seg, "offset": place.offset, "length": place.length,
                "control_number": values[1], "interchange_date": _day(values[2]), "interchange_time": values[3],
                "status_code": values[4].upper(), "note_code": values[5],
            }
        )  # fmt: skip

    def end(self, place: Place) -> None:
        """End of the span: whatever is open lacks its trailer."""
        self._end_interchange(place)

    def _tell_bare(self, place: Place) -> None:
        if self.interchange is None and not self._is_told:
            self._is_told = True
            self.find(
                "no-interchange", HOLD, place,
                "Transaction sets stand in no interchange (no ISA before them); they were read, and are held.",
                element="ISA", expected="ISA", ack_code="TA1 022",
            )  # fmt: skip

    def _end_transaction(self, place: Place) -> None:
        opened, self.transaction = self.transaction, None
        if opened is None:
            return
        opened.end_seg = place.previous_seg
        opened.length = place.previous_end - opened.offset
        self.find(
            "set-trailer-missing", HOLD, place, "The transaction set has no SE; it may be cut off, and is held.",
            element="SE", transaction_seg=opened.seg, expected="SE", ack_code="999 IK502 2",
        )  # fmt: skip
        self.closed.append(opened)

    def _end_group(self, place: Place) -> None:
        self._end_transaction(place)
        if self.group is not None:
            self.group = None
            self.find(
                "group-trailer-missing", HOLD, place, "The group has no GE; it may be cut off, and is held.",
                element="GE", expected="GE", ack_code="999 AK905 3",
            )  # fmt: skip

    def _end_interchange(self, place: Place) -> None:
        self._end_group(place)
        if self.interchange is not None:
            self.interchange = None
            self.find(
                "interchange-trailer-missing", HOLD, place,
                "The interchange has no IEA; it may be cut off, and is held.",
                element="IEA", expected="IEA", ack_code="TA1 023",
            )  # fmt: skip

    def _compare_control(
        self, what: str, header: str, trailer: str, opened: str, closed: str, place: Place, ack: str, seg: int = 0
    ) -> None:
        if opened == closed:
            return
        if _same(opened, closed):
            self.find(
                f"{what}-control-number-padded", NOTE, place,
                f"{header} and {trailer} are one number written with different zeros; taken as equal.",
                element=trailer, transaction_seg=seg, found=_shown(closed), expected=_shown(opened),
            )  # fmt: skip
            return
        self.find(
            f"{what}-control-number-differs", HOLD, place,
            f"{header} and {trailer} are different control numbers; the {what} is held.",
            element=trailer, transaction_seg=seg, found=_shown(closed), expected=_shown(opened), ack_code=ack,
        )  # fmt: skip

    def _compare_count(
        self, what: str, things: str, element: str, actual: int, stated: str, place: Place, ack: str, seg: int = 0
    ) -> None:
        is_number = stated.isdecimal() and stated.isascii() and len(stated) <= 10
        if is_number and int(stated) == actual:
            return
        said = stated if is_number else "no number"
        self.find(
            f"{what}-count-differs", HOLD, place,
            f"{element} says {said} {things}, {actual} were read; the {what} is held.",
            element=element, transaction_seg=seg, found=stated if is_number else "", expected=str(actual),
            ack_code=ack,
        )  # fmt: skip
