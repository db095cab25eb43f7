"""One set's part of a window in; its frames into the collector, its findings and totals out.

Here stands what the layout tables cannot say: ordinals, who a claim's parties are, fall-backs of dates, and the checks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.findings import HOLD, Finding
from claims.x12 import balance
from claims.x12.collect import Collector
from claims.x12.envelope import Transaction
from claims.x12.extract import Extract, Window, extract
from claims.x12.hashes import Canonical, claim_hashes
from claims.x12.layout import ColumnPlan, FramePlan, frame_kinds
from claims.x12.levels import Levels
from claims.x12.numbers import Integers, integers, pack
from claims.x12.segments import CODES, IDS

# Remark codes: the segment, and the elements that hold one.
_REMARKS = (("LQ", (2,)), ("MOA", (3, 4, 5, 6, 7)), ("MIA", (5, 20, 21, 22, 23)))
# Which HI components are diagnoses: principal and other, ICD-10 and ICD-9.
_DIAGNOSES = ["ABK", "ABF", "BK", "BF"]
_CLAIM_END = [CODES[name] for name in ("CLM", "HL", "SE", "ST", "GE", "GS", "IEA", "ISA")]


class SetReader:
    """Reads the transaction sets of one kind in one window; `transactions[i]` owns the segments with `owner == i`."""

    def __init__(
        self, window: Window, owner: Integers, transactions: list[Transaction], canonical: Canonical, levels: Levels
    ) -> None:
        self.window, self.owner, self.transactions = window, owner, transactions
        self.canonical, self.levels = canonical, levels
        self.findings: list[Finding] = []

    def read(self, collector: Collector) -> None:
        """Read every frame of the plan, then check and count."""
        found = {plan.name: extract(self.window, plan) for plan in self.window.plan.frames}
        if self.window.plan.set_code.startswith("837"):
            self.levels.enter(self.window, found["(levels)"])
            self._read_837(found)
        elif self.window.plan.set_code == "835":
            self._check_835(found)
        elif "hierarchy" in found and found["hierarchy"] is not None:
            self.levels.enter(self.window, None)
        plans = {plan.name: plan for plan in self.window.plan.frames}
        for name, rows in found.items():
            if rows is not None and not name.startswith("("):
                self._unreadable(plans[name], rows)
                collector.add(name, self._completed(name, rows))
        if self.window.plan.set_code == "835":
            self._remarks(collector)

    # ---- columns that every frame has, or that are counted

    def _completed(self, name: str, found: Extract) -> dict[str, Any]:
        window, rows = self.window, found.rows
        columns: dict[str, Any] = dict(found.columns)
        for column in frame_kinds()[name]:
            if column not in columns:
                columns[column] = self._standard(name, column, found)
        if name == "service_payments":
            # A missing count of units means one.
            sent = (
                window.tokens.te[found.tokens_of["paid_units_milli"]]
                > window.tokens.ts[found.tokens_of["paid_units_milli"]]
            )
            columns["paid_units_milli"] = np.where(sent, columns["paid_units_milli"], 1000)
        if name == "service_payments":
            code = columns["procedure_code"]
            is_revenue = np.asarray(pc.equal(columns["procedure_qualifier"], "NU")) & np.asarray(
                pc.equal(columns["revenue_code"], "")
            )
            if is_revenue.any():
                columns["revenue_code"] = pc.if_else(pa.array(is_revenue), code, columns["revenue_code"])
        assert len(columns["seg"]) == len(rows)
        return columns

    def _standard(self, name: str, column: str, found: Extract) -> Any:
        window, rows = self.window, found.rows
        if column == "seg":
            return window.seg[rows]
        if column == "offset":
            return window.tokens.offset[rows]
        if column == "length":
            return window.tokens.length[rows]
        if column == "transaction_seg":
            return window.transaction_seg[rows]
        if column == "ordinal":
            return self._ordinal(name, found)
        if column == "loop":
            return _named(window.plan.loops, window.places.loop[rows])
        if column == "parent_seg":
            return self.levels.parent_seg(window.seg[rows])
        if column == "level":
            return _level(window, rows)
        scope = {"claim_seg": "claim", "service_seg": "service", "hl_seg": "hl", "group_seg": "group"}.get(column)
        scope = scope or {"set_seg": "set", "segment_seg": "error"}.get(column, "")
        if scope:
            return window.opened_seg(scope, rows)
        return _blank(frame_kinds()[name][column], len(rows))

    def _ordinal(self, name: str, found: Extract) -> Integers:
        if name == "adjustments":
            return found.repeat + 1
        if name in ("service_payments", "service_lines", "diagnoses"):
            return _running(self.window.opened_seg("claim", found.rows))
        owner = self.owner[found.rows]
        running = _running(owner)
        before = np.array([own.totals.get(f"#{name}", 0) for own in self.transactions], np.int64)
        counts = np.bincount(owner, minlength=len(self.transactions))
        for own, count in zip(self.transactions, counts.tolist(), strict=True):
            own.add(f"#{name}", count)
        return running + before[owner]

    def _unreadable(self, plan: FramePlan, found: Extract) -> None:
        """Hold sets with amounts that cannot be read, or that must be there and are not."""
        for column in plan.columns:
            for flags, is_missing in ((found.missing.get(column.name), True), (found.unreadable.get(column.name), False)):
                if flags is None:
                    continue
                for row in np.flatnonzero(flags).tolist():
                    self._bad_amount(plan, column, found, row, is_missing=is_missing)

    def _bad_amount(
        self, plan: FramePlan, column: ColumnPlan, found: Extract, row: int, *, is_missing: bool
    ) -> None:
        tokens, at = self.window.tokens, int(found.rows[row])
        token = int(found.tokens_of[column.name][row])
        text = tokens.data[tokens.ts[token] : tokens.te[token]].tobytes()
        feed = next((one for one in column.feeds if one.segment in (0, int(tokens.code[at]))), column.feeds[0])
        if feed.scope >= 0:
            # The amount stands in another segment than the row that it belongs to.
            at = int(np.searchsorted(tokens.first, token, side="right")) - 1
            number = token - int(tokens.first[at])
        else:
            number = feed.elements[0] + (0 if feed.is_fixed else int(found.repeat[row]) * plan.step)
        seg, element = int(self.window.seg[at]), f"{IDS[int(tokens.code[at])]}{number:02d}"
        is_shown = 0 < len(text) <= 20 and not text.strip(b"0123456789.,-+E")
        what = "the amount is missing" if is_missing else "the amount cannot be read exactly in cents"
        own = self.transactions[int(self.owner[at])]
        if not is_missing:
            own.unreadable.add(f"{plan.name}.{column.name}")
        self.findings.append(
            Finding(
                "amount-missing" if is_missing else "amount-not-readable", HOLD,
                f"segment {seg}, {element}: {what}; taken as 0, transaction set held.",
                seg, element, int(tokens.offset[at]), text.decode("ascii") if is_shown else "",
                "amount with at most two decimals", "999 IK403 1" if is_missing else "999 IK403 6", own.seg,
            )
        )  # fmt: skip

    def _orphans(self, found: Extract | None, name: str, element: str) -> None:
        """Hold sets with lines that stand in no claim: their money would be lost silently."""
        if found is None:
            return
        for row in found.rows[self.window.opened_seg("claim", found.rows) == 0].tolist():
            seg = int(self.window.seg[row])
            self.findings.append(
                Finding(
                    "line-without-claim", HOLD,
                    f"segment {seg}, {element}: a service line stands in no claim; transaction set held.",
                    seg, IDS[int(self.window.tokens.code[row])], int(self.window.tokens.offset[row]), "", name,
                    "999 IK304 2", int(self.window.transaction_seg[row]),
                )
            )  # fmt: skip

    # ---- 835

    def _check_835(self, found: dict[str, Extract | None]) -> None:
        claims, lines = found["claim_payments"], found["service_payments"]
        adjustments, plb, bpr = found["adjustments"], found["provider_adjustments"], found["remittances"]
        self._orphans(lines, "CLP", "SVC")
        checked = balance.remittance(self.window, claims, lines, adjustments)
        self.findings += checked.findings
        self._count("claims", claims)
        self._count("service_lines", lines)
        self._count("adjustments", adjustments)
        self._sum("charge_cents", claims, "charge_cents")
        self._sum("paid_cents", claims, "paid_cents")
        self._sum("plb_cents", plb, "amount_cents")
        if claims is not None:
            status = self.window.tokens.words(claims.rows, 2)
            self._tally("denied_status_claims", claims.rows[status == np.uint64(pack("4"))])
            self._tally("reversals", claims.rows[status == np.uint64(pack("22"))])
            self._tally("claim_off", claims.rows[~checked.claim_good])
        if lines is not None:
            self._tally("line_off", lines.rows[~checked.line_good])
        if bpr is not None:
            self._payment(bpr)

    def _payment(self, bpr: Extract) -> None:
        values = np.asarray(bpr.columns["payment_cents"])
        for row, value in zip(bpr.rows.tolist(), values.tolist(), strict=True):
            own = self.transactions[int(self.owner[row])]
            if "payment_seg" not in own.totals:
                own.totals["payment_seg"] = int(self.window.seg[row])
                own.totals["payment_offset"] = int(self.window.tokens.offset[row])
                own.totals["payment_cents"] = value

    # ---- 837

    def _read_837(self, found: dict[str, Extract | None]) -> None:
        claims, lines = found["claims"], found["service_lines"]
        self._orphans(lines, "CLM", "SV1, SV2 or SV3")
        checked = balance.charges(self.window, claims, lines)
        self.findings += checked.findings
        self._count("claims", claims)
        self._count("service_lines", lines)
        self._sum("charge_cents", claims, "charge_cents")
        if claims is not None:
            self._tally("claim_off", claims.rows[~checked.claim_good])
            self._complete_claims(claims, lines, found["diagnoses"])
        if lines is not None:
            self._complete_lines(claims, lines)
        self._count_cas()

    def _complete_claims(self, claims: Extract, lines: Extract | None, diagnoses: Extract | None) -> None:
        window, levels, columns = self.window, self.levels, claims.columns
        seg = window.seg[claims.rows]
        billing, subscriber, patient = levels.ancestors(seg, window.transaction_seg[claims.rows])
        columns["billing_seg"], columns["subscriber_seg"] = levels.segs(billing), levels.segs(subscriber)
        columns["patient_seg"] = levels.segs(patient)
        for name in ("billing_npi", "billing_tax_id", "billing_name"):
            columns[name] = levels.text(name, billing)
        for name in ("payer_code", "payer_name", "payer_sequence", "filing_indicator_code", "member_id"):
            columns[name] = levels.text(name, subscriber)
        for name in ("subscriber_last_name", "subscriber_first_name"):
            columns[name] = levels.text(name, subscriber)
        is_self = pa.array(patient == subscriber)
        for name in ("last_name", "first_name"):
            own, theirs = levels.text(f"patient_{name}", patient), columns[f"subscriber_{name}"]
            columns[f"patient_{name}"] = pc.if_else(pc.and_(is_self, pc.equal(own, "")), theirs, own)
        born, theirs = levels.date("patient_birth_date", patient), levels.date("subscriber_birth_date", subscriber)
        columns["patient_birth_date"] = np.where(patient == subscriber, theirs, born)
        columns["kind"] = self._kinds(claims, lines)
        columns["diagnosis_codes"] = self._diagnosis_codes(claims, diagnoses)
        columns["body_hash"] = pa.array(self._claim_hashes(claims), pa.large_string())

    def _kinds(self, claims: Extract, lines: Extract | None) -> pa.Array:
        kind = self.window.plan.set_code[3:]
        if kind or lines is None:
            return pa.array([kind] * len(claims), pa.large_string())
        first = self.window.tokens.code[lines.rows]
        owner = balance.owner(self.window, "claim", lines.rows, claims.rows)
        which = np.zeros(len(claims) + 1, np.int64)
        for number, name in enumerate(("SV1", "SV2", "SV3"), 1):
            which[owner[first == CODES[name]]] = number
        return pa.array(["", "P", "I", "D"], pa.large_string()).take(pa.array(which[:-1]))

    def _diagnosis_codes(self, claims: Extract, diagnoses: Extract | None) -> pa.Array:
        if diagnoses is None:
            return pa.array([""] * len(claims), pa.large_string())
        qualifier = diagnoses.columns["qualifier_code"]
        wanted = np.asarray(pc.is_in(qualifier, pa.array(_DIAGNOSES, qualifier.type)))
        owner = balance.owner(self.window, "claim", diagnoses.rows, claims.rows)
        wanted &= owner >= 0
        codes = diagnoses.columns["code"].filter(pa.array(wanted))
        edges = np.searchsorted(owner[wanted], np.arange(len(claims) + 1))
        lists = pa.ListArray.from_arrays(pa.array(edges.astype(np.int32)), codes)
        return pc.binary_join(lists, pa.scalar(" ", pa.large_string()))

    def _claim_hashes(self, claims: Extract) -> list[str]:
        rows = self.window.rows
        ends = np.sort(np.concatenate([rows.of(code) for code in _CLAIM_END]))
        ends = np.append(ends, len(self.window.tokens))
        after = ends[np.searchsorted(ends, claims.rows, side="right")]
        return claim_hashes(self.canonical, claims.rows, after)

    def _complete_lines(self, claims: Extract | None, lines: Extract) -> None:
        window, columns = self.window, lines.columns
        number = window.rows.of(CODES["LX"])
        place = np.searchsorted(number, lines.rows) - 1
        count = np.zeros(len(lines), np.int64)
        if len(number):
            tokens = window.tokens
            token = tokens.at(number, 1)
            value, _ = integers(tokens.data, tokens.view, tokens.ts[token], tokens.te[token])
            mine = window.opened_seg("claim", number)[place] == window.opened_seg("claim", lines.rows)
            count = np.where((place >= 0) & mine, value[place], 0)
        columns["line_number"] = count
        if claims is None:
            return
        owner = balance.owner(window, "claim", lines.rows, claims.rows)
        start, end = (np.asarray(columns[name]) for name in ("service_date", "service_to_date"))
        own_start, own_end = (np.asarray(claims.columns[name]) for name in ("statement_from_date", "statement_to_date"))
        columns["service_date"] = np.where((start == 0) & (owner >= 0), own_start[owner], start)
        columns["service_to_date"] = np.where((start == 0) & (owner >= 0), own_end[owner], end)
        dated = (owner >= 0) & (start > 0)
        first = np.full(len(claims) + 1, 99999999, np.int32)
        last = np.zeros(len(claims) + 1, np.int32)
        np.minimum.at(first, owner[dated], start[dated])
        np.maximum.at(last, owner[dated], end[dated])
        unset = own_start == 0
        first = np.where(first == 99999999, 0, first).astype(np.int32)
        claims.columns["statement_from_date"] = np.where(unset, first[:-1], own_start)
        claims.columns["statement_to_date"] = np.where(unset, last[:-1], own_end)

    def _count_cas(self) -> None:
        tokens, rows = self.window.tokens, self.window.rows.of(CODES["CAS"])
        for number in range(6):
            token = tokens.at(rows, 2 + 3 * number)
            sent = tokens.te[token] > tokens.ts[token]
            if not len(rows):
                break
            self._tally("adjustments", rows[sent])
            rows = rows[tokens.last[rows] - tokens.first[rows] > 4 + 3 * number]

    # ---- remarks, sums

    def _remarks(self, collector: Collector) -> None:
        tokens = self.window.tokens
        parts: list[tuple[Integers, Integers, str]] = []
        for name, elements in _REMARKS:
            rows = self.window.rows.of(CODES[name])
            if not len(rows):
                continue
            if name == "LQ":
                rows = rows[self.window.rows.qualifiers(CODES[name], 1) == np.uint64(pack("HE"))]
            for element in elements:
                token = tokens.at(rows, element)
                parts.append((rows[tokens.te[token] > tokens.ts[token]], np.int64(element), name))  # type: ignore[arg-type]
        parts = [part for part in parts if len(part[0])]
        if not parts:
            return
        rows = np.concatenate([part[0] for part in parts])
        element = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
        order = np.lexsort((element, rows))
        rows, element = rows[order], element[order]
        found = Extract(rows, element * 0, {})
        source = pa.array([part[2] for part in parts for _ in range(len(part[0]))], pa.large_string())
        found.columns["source"] = source.take(pa.array(order))
        found.columns["ordinal"] = element
        token = tokens.first[rows] + element
        found.columns["remark_code"] = pc.utf8_upper(tokens.text(token))
        collector.add("remarks", self._completed("remarks", found))

    def _tally(self, name: str, rows: Integers) -> None:
        counts = np.bincount(self.owner[rows], minlength=len(self.transactions)).tolist()
        for own, count in zip(self.transactions, counts, strict=True):
            own.add(name, count)

    def _count(self, name: str, found: Extract | None) -> None:
        if found is not None:
            self._tally(name, found.rows)

    def _sum(self, name: str, found: Extract | None, column: str) -> None:
        if found is None:
            return
        total = balance.sums(self.owner[found.rows], np.asarray(found.columns[column]), len(self.transactions))
        for own, value in zip(self.transactions, total.tolist(), strict=True):
            own.add(name, value)


def _running(owner: Integers) -> Integers:
    """Count from 1 within each run of equal owners."""
    if not len(owner):
        return owner
    place = np.arange(len(owner))
    starts = np.concatenate(([True], owner[1:] != owner[:-1]))
    return place - np.maximum.accumulate(np.where(starts, place, 0)) + 1


def _named(names: tuple[str, ...], numbers: Any) -> pa.Array:
    dictionary = pa.array(list(names), pa.large_string())
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32)), dictionary).dictionary_decode()


def _level(window: Window, rows: Integers) -> pa.Array:
    loop = _named(window.plan.loops, window.places.loop[rows])
    names = {"A": "batch", "B": "batch", "C": "provider", "D": "claim"}
    texts = ["line" if name == "2220D" else names.get(name[-1:], "") for name in loop.to_pylist()]
    return pa.array(texts, pa.large_string())


def _blank(kind: str, count: int) -> Any:
    if kind in ("text", "code"):
        return pa.array([""] * count, pa.large_string())
    return np.zeros(count, np.int32 if kind == "date" else np.bool_ if kind == "flag" else np.int64)
