"""One set's part of a window in; its frames into the collector, its findings and totals out.

What the layout tables cannot say stands here (columns that all frames have), in `remittances` and in `submissions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from claims import money
from claims.findings import HOLD, NOTE, Finding
from claims.x12 import completed, remittances, submissions, told
from claims.x12.collect import Collector
from claims.x12.envelope import Transaction
from claims.x12.extract import Extract, extract
from claims.x12.hashes import Canonical
from claims.x12.layout import ColumnPlan, FramePlan, frame_kinds
from claims.x12.levels import Levels
from claims.x12.listed import listed
from claims.x12.numbers import Integers
from claims.x12.segments import CODES, IDS
from claims.x12.texts import named, no_texts
from claims.x12.window import Window

_SCOPE_OF = {
    "claim_seg": "claim",
    "service_seg": "service",
    "group_seg": "group",
    "set_seg": "set",
    "segment_seg": "error",
    "element_seg": "element",
}
_LEVELS = {"A": "batch", "B": "batch", "C": "provider", "D": "claim"}


class SetReader:
    """Reads the transaction sets of one kind in one window."""

    def __init__(self, window: Window, canonical: Canonical | None, levels: Levels) -> None:
        self.window, self.canonical, self.levels = window, canonical, levels
        owners = window.owners
        self.transactions = owners.transactions
        self._begins, self._afters = np.array(owners.begins, np.int64), np.array(owners.afters, np.int64)
        self.findings: list[Finding] = []

    def read(self, collector: Collector) -> None:
        """Read every frame of the plan, then check and count."""
        plans = {plan.name: plan for plan in self.window.plan.frames}
        found = {name: extract(self.window, plan) for name, plan in plans.items()}
        if len(self.window.rows.of(CODES["HL"])):
            self.levels.enter(self.window, found.get("(levels)"))
        if self.window.plan.set_code == "835":
            found["remarks"] = remittances.remarks(self.window)
            remittances.complete(self, found)
        elif self.window.plan.set_code.startswith("837"):
            submissions.complete(self, found)
            if self.window.plan.is_complete:
                completed.complete(self, found)
        for name, rows in found.items():
            if rows is not None and not name.startswith("("):
                if name in plans:
                    self._amounts(plans[name], rows)
                collector.add(name, len(rows), self._completed(name, rows))
        self._dates(found.get("dates"))
        self._orphan_levels(found.get("hierarchy"))
        self._misplaced_levels(found.get("hierarchy"))

    def own_sets(self) -> Iterator[tuple[Transaction, int, int]]:
        """Give the sets of this kind, each with where its segments in this window begin and end."""
        edges = zip(self.transactions, self._begins.tolist(), self._afters.tolist(), strict=True)
        yield from (one for one in edges if one[0].set_code == self.window.plan.set_code)

    # ---- counts and sums of each transaction set

    def own(self, row: int) -> Transaction:
        """Return the set that a segment belongs to."""
        return self.window.owners.at(row)

    def _edges(self, rows: Integers) -> tuple[Integers, Integers]:
        """Return where the rows of each set begin and end; all rows come in file order."""
        return np.searchsorted(rows, self._begins), np.searchsorted(rows, self._afters)

    def tally(self, name: str, rows: Integers) -> None:
        """Add the number of `rows` in each set to its count `name`."""
        first, after = self._edges(rows)
        for own, count in zip(self.transactions, (after - first).tolist(), strict=True):
            own.add(name, count)

    def count(self, name: str, found: Extract | None) -> None:
        """Add the number of rows of a frame in each set to its count `name`."""
        if found is not None:
            self.tally(name, found.rows)

    def sum(self, name: str, found: Extract | None, column: str) -> None:
        """Add a column of cents up for each set."""
        if found is None:
            return
        upto = np.zeros(len(found) + 1, np.int64)
        np.cumsum(found.columns[column], out=upto[1:])
        first, after = self._edges(found.rows)
        for own, value in zip(self.transactions, (upto[after] - upto[first]).tolist(), strict=True):
            own.add(name, value)

    # ---- columns that the layout tables do not fill

    def _completed(self, name: str, found: Extract) -> dict[str, Any]:
        columns: dict[str, Any] = dict(found.columns)
        for column, kind in frame_kinds(complete=self.window.plan.is_complete)[name].items():
            if column not in columns:
                columns[column] = self._standard(name, column, kind, found)
        return columns

    def _standard(self, name: str, column: str, kind: str, found: Extract) -> Any:
        """Return a column that all frames of its name have, in one of the ways that `Collector.add` knows."""
        window, rows = self.window, found.rows
        if column == "seg":
            return partial(np.add, rows, window.before + 1)
        if column == "offset":
            return partial(np.take, window.tokens.offset, rows, mode="clip")
        if column == "length":
            return window.tokens.length.take(rows)
        if column == "transaction_seg":
            first, last = self.own(int(rows[0])), self.own(int(rows[-1]))
            if first is last:
                return first.seg
            return partial(np.take, window.owners.transaction_seg, rows, mode="clip")
        if column == "ordinal":
            return self._ordinal(name, found)
        if column == "loop":
            return named(window.plan.loops, window.places.loop.take(rows))
        if column == "parent_seg":
            return self.levels.parent_seg(window.seg(rows))
        if column == "level":
            loops = [window.plan.loops[number] for number in window.places.loop[rows].tolist()]
            levels = ["line" if loop == "2220D" else _LEVELS.get(loop[-1:], "") for loop in loops]
            return pa.array(levels, pa.large_string())
        if column == "hl_seg":
            return self.levels.open_seg(window.seg(rows), window.owners.seg_of(rows))
        if column in _SCOPE_OF:
            segs = window.opened_seg(_SCOPE_OF[column])
            return 0 if segs is None else partial(np.take, segs, rows, mode="clip")
        return no_texts(len(rows)) if kind in ("text", "code") else 0

    def _ordinal(self, name: str, found: Extract) -> Integers:
        if name in ("adjustments", "other_payer_adjustments"):
            return found.repeat + 1
        if name in ("service_payments", "service_lines", "diagnoses"):
            owner = self.window.owner("claim", found.rows)
            number = _running(owner)
            return number if owner.min() >= 0 else np.where(owner >= 0, number, 0)
        first, after = self._edges(found.rows)
        before = np.array([own.totals.get(f"#{name}", 0) for own in self.transactions], np.int64)
        self.tally(f"#{name}", found.rows)
        return np.arange(1, len(found) + 1) + np.repeat(before - first, after - first)

    # ---- findings that every set can have

    def find(
        self, row: int, code: str, severity: str, element: str, sentence: str, *,
        found: str = "", expected: str = "", ack_code: str = "",
    ) -> None:  # fmt: skip
        """Add a finding at a segment; the sentence goes on after `segment 37, CLP04: `."""
        seg = int(self.window.seg(row))
        self.findings.append(
            Finding(
                code, severity, f"segment {seg}, {element}: {sentence}.", seg, element,
                int(self.window.tokens.offset[row]), found, expected, ack_code, self.own(row).seg,
            )
        )  # fmt: skip

    def find_once(
        self, rows: Integers, code: str, element: str, sentence: str, severity: str = NOTE, **facts: str
    ) -> None:
        """Tell of something at the first of `rows` in each transaction set that has not been told about it yet."""
        numbers, first = np.unique(self.window.owners.of(rows), return_index=True)
        for number, place in zip(numbers.tolist(), first.tolist(), strict=True):
            own = self.transactions[number]
            if code not in own.seen:
                own.seen.add(code)
                self.find(int(rows[place]), code, severity, element, sentence, **facts)

    def _amounts(self, plan: FramePlan, found: Extract) -> None:
        """Hold sets with amounts that cannot be read, or that must be there and are not; note such quantities."""
        for name, rows in found.long.items():
            column = next(one for one in plan.columns if one.name == name)
            self._long_amounts(plan, column, found, np.array(rows, np.int64))
        if not found.missing and not found.unreadable:
            return
        for column in plan.columns:
            if column.feeds[0].scope >= 0:
                continue  # stands in an AMT, which has a frame of its own
            if column.kind.startswith("milli"):
                self._bad_quantities(plan, column, found)
                continue
            for is_missing, flags in ((True, found.missing), (False, found.unreadable)):
                at = np.flatnonzero(flags.get(column.name, []))
                self._bad_amounts(plan, column, found, at, is_missing=is_missing)

    def _long_amounts(self, plan: FramePlan, column: ColumnPlan, found: Extract, at: Integers) -> None:
        """Note amounts with needless zeros, once in a set: their cents are exact."""
        if column.feeds[0].scope >= 0:
            return
        element, _ = self._place(plan, column, found, int(at[0]))
        self.find_once(
            found.rows[at],
            "amount-with-more-zeros",
            element, "amounts have zeros behind the second decimal; their cents are exact, read on",
            expected="amount with at most two decimals",
        )  # fmt: skip

    def _bad_amounts(
        self, plan: FramePlan, column: ColumnPlan, found: Extract, at: Integers, *, is_missing: bool
    ) -> None:
        owners, rows, name = self.window.owners, found.rows[at], f"{plan.name}.{column.name}"
        if not is_missing:
            for number in np.unique(owners.of(rows)).tolist():
                self.transactions[number].unreadable.add(name)
        at = at[listed(owners, rows, "amount-missing" if is_missing else "amount-not-readable", HOLD, name)]
        for row in at.tolist():
            self._bad_amount(plan, column, found, row, is_missing=is_missing)

    def _bad_amount(self, plan: FramePlan, column: ColumnPlan, found: Extract, row: int, *, is_missing: bool) -> None:
        element, text = self._place(plan, column, found, row)
        is_large = not is_missing and money.is_too_large(self._written(column, found, row))
        why = "the amount is missing" if is_missing else "the amount cannot be read exactly in cents"
        self.find(
            int(found.rows[row]), "amount-missing" if is_missing else "amount-not-readable", HOLD, element,
            ("the amount is larger than any can be" if is_large else why) + "; taken as 0, transaction set held",
            found=text,
            expected=f"at most {money.amount(money.LIMIT_CENTS)}" if is_large else "amount with at most two decimals",
            ack_code="999 IK403 1" if is_missing else "999 IK403 I12" if _has_third_decimal(text) else "999 IK403 6",
        )  # fmt: skip

    def _bad_quantities(self, plan: FramePlan, column: ColumnPlan, found: Extract) -> None:
        """Note quantities that cannot be read: they move no money."""
        at = np.flatnonzero(found.unreadable.get(column.name, []))
        name = f"{plan.name}.{column.name}"
        for row in at[listed(self.window.owners, found.rows[at], "quantity-not-readable", NOTE, name)].tolist():
            element, text = self._place(plan, column, found, row)
            says = "the quantity cannot be read; taken as 0, read on"
            self.find(
                int(found.rows[row]), "quantity-not-readable", NOTE, element, says,
                found=text, expected="quantity with at most three decimals", ack_code="999 IK403 6",
            )  # fmt: skip

    def _place(self, plan: FramePlan, column: ColumnPlan, found: Extract, row: int) -> tuple[str, str]:
        """Name the element that a column of a row was read from, and give its text if that can name nobody."""
        tokens, at = self.window.tokens, int(found.rows[row])
        feed = next((one for one in column.feeds if one.segment in (0, int(tokens.code[at]))), column.feeds[0])
        number = feed.elements[0] + (0 if feed.is_fixed else int(found.repeat[row]) * plan.step)
        return f"{IDS[int(tokens.code[at])]}{number:02d}", told.number(self._written(column, found, row))

    def _written(self, column: ColumnPlan, found: Extract, row: int) -> str:
        """Give what stands in a column of a row: it may be anything, and is for no eyes."""
        values = found.values_of[column.name]
        start, length = (int(values.start[row]), int(values.length[row])) if values else (0, 0)
        return self.window.tokens.data[start : start + length].tobytes().decode("latin-1")

    def orphans(self, found: Extract | None, parent: str) -> None:
        """Hold sets with lines that stand in no claim: their money would be lost silently."""
        if found is None:
            return
        rows = found.rows[self.window.owner("claim", found.rows) < 0]
        for row in rows[listed(self.window.owners, rows, "line-without-claim", HOLD, "")].tolist():
            name = IDS[int(self.window.tokens.code[row])]
            self.find(
                row, "line-without-claim", HOLD, name, "a service line stands in no claim; transaction set held",
                expected=parent, ack_code="999 IK304 2",
            )  # fmt: skip

    def _dates(self, found: Extract | None) -> None:
        """Note dates that cannot be read; times of day are none."""
        if found is None:
            return
        unread = np.asarray(found.columns["date"]) == 0
        if not unread.any():
            return
        rows = found.rows[unread]
        tokens = self.window.tokens
        for name, element in (("DTM", 2), ("DTP", 3)):
            mine = rows[tokens.code[rows] == CODES[name]]
            token = tokens.at(mine, element)
            mine = mine[tokens.te[token] - tokens.start_of(token) > 4]
            if len(mine):
                self.find_once(
                    mine, "date-not-readable", f"{name}{element:02d}", "this is no date; taken as absent, read on",
                    expected="CCYYMMDD", ack_code="999 IK403 8",
                )  # fmt: skip

    def _orphan_levels(self, found: Extract | None) -> None:
        if found is None:
            return
        parents = self.window.rows.values(CODES["HL"], 2)
        if parents is None:
            return
        lost = (parents.length > 0) & (self.levels.parent_seg(self.window.seg(found.rows)) == 0)
        if lost.any():
            self.find_once(
                found.rows[lost], "parent-level-missing", "HL02",
                "no open level before it has this number; what hangs on the parent is unknown, read on",
                expected="HL01 of a level before it", ack_code="999 IK403 7",
            )  # fmt: skip

    def _misplaced_levels(self, found: Extract | None) -> None:
        """Hold sets with levels that hang on one of another kind: their claims would lose who stands between."""
        if found is None:
            return
        wrong = self.levels.hangs_wrong(self.window.seg(found.rows), self.window.plan.set_code)
        if wrong.any():
            self.find_once(
                found.rows[wrong], "parent-level-wrong", "HL02",
                "the level with this number is of another kind than must stand above this one; claims below it may "
                "lack their subscriber and payer, transaction set held",
                HOLD, expected="HL01 of the level above", ack_code="999 IK403 7",
            )  # fmt: skip


def _has_third_decimal(text: str) -> bool:
    """Tell a number with more decimals than money has: its characters may stand there, their pattern may not."""
    whole, point, fraction = text.removeprefix("-").partition(".")
    return bool(point) and len(fraction) > 2 and (whole + fraction).isdecimal()


def _running(owner: Integers) -> Integers:
    """Count from 1 within each run of equal owners."""
    starts = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
    return np.arange(1, len(owner) + 1) - np.repeat(starts, np.diff(starts, append=len(owner)))
