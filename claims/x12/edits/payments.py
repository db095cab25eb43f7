"""Payments and claims of an 835 in; what does not agree with what else the set says, out.

Sums go on from part to part until their set ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from claims import codes
from claims.money import amount
from claims.x12.balance import sums
from claims.x12.edits.part import Part, Place
from claims.x12.edits.report import Report
from claims.x12.numbers import Integers

_REVERSAL, _DENIED, _PATIENT, _INTEREST, _PLB_INTEREST = "22", "4", "PR", "I", "L6"


@dataclass
class Payments:
    """What the sets that are still open have said so far."""

    dates: dict[int, int] = field(default_factory=dict)
    interest: dict[int, Interest] = field(default_factory=dict)
    summary: Summary | None = None

    def concerns(self, part: Part) -> bool:
        """Tell whether a part holds anything of an 835, or ends one."""
        frames = ("remittances", "claim_payments", "provider_adjustments")
        return bool(self.dates or self.interest or self.summary) or any(map(part.count, frames))

    def payment_date(self, part: Part) -> Integers:
        """Return BPR16 of the set of each row of `claim_payments`."""
        day, owner = part.numbers("remittances", "payment_date"), part.numbers("remittances", "transaction_seg")
        self.dates.update(zip(owner.tolist(), day.tolist(), strict=True))
        known = np.array(sorted(self.dates.items()), np.int64).reshape(-1, 2)
        mine = part.numbers("claim_payments", "transaction_seg")
        row = np.searchsorted(known[:, 0], mine)
        padded = np.append(known, [[0, 0]], axis=0)
        return np.where(padded[row, 0] == mine, padded[row, 1], 0)

    def look(self, part: Part, report: Report) -> None:
        """Check payments, claims and summaries."""
        _payments(part, report)
        if part.count("claim_payments"):
            _statuses(part, report)
            if report.wants("patient-share-differs"):
                _patient_share(part, report)
        if report.wants("interest-differs"):
            self._interest(part, report)
        if report.wants("summary-differs"):
            self._summaries(part, report)
        ended = set(part.numbers("transactions", "seg").tolist())
        self.dates = {seg: day for seg, day in self.dates.items() if seg not in ended}

    def _interest(self, part: Part, report: Report) -> None:
        for frame, column, code, is_paid in (
            ("amounts", "qualifier_code", _INTEREST, False),
            ("provider_adjustments", "reason_code", _PLB_INTEREST, True),
        ):  # fmt: skip
            told = part.coded(frame, column)
            if code not in told.values:
                continue
            chosen = told.are((code,))
            if not is_paid:
                chosen &= part.rows(frame, "claim_seg", "claim_payments") >= 0
            rows = np.flatnonzero(chosen)
            place, value = part.place(frame, rows), part.numbers(frame, "amount_cents")[rows]
            for own, seg, offset, cents in zip(*(column.tolist() for column in (*place, value)), strict=True):
                so_far = self.interest.setdefault(own, Interest(seg, offset))
                so_far.add(seg, offset, cents, is_paid=is_paid)
        for seg in part.numbers("transactions", "seg").tolist():
            found = self.interest.pop(seg, None)
            if found and found.paid != -found.asked:
                place = Place(*(np.array([value], np.int64) for value in (seg, found.seg, found.offset)))
                element = "PLB" if found.is_paid else "AMT02"
                report.add("interest-differs", place, element, found=amount(found.paid), expected=amount(-found.asked))

    def _summaries(self, part: Part, report: Report) -> None:
        """Compare each TS3 with the claims from it to the next LX or the end of its set."""
        if self.summary is None and not part.count("provider_summaries"):
            return
        claims = part.numbers("claim_payments", "seg"), part.numbers("claim_payments", "charge_cents")
        segment = part.coded("segments", "segment_id")
        ends = part.numbers("segments", "seg")[segment.are(("LX", "TS3", "SE", "ST", "PLB"))]
        charge, is_stated = part.optional("provider_summaries", "charge_cents")
        place = part.place("provider_summaries", np.arange(part.count("provider_summaries")))
        opened = [self.summary] if self.summary else []
        opened += [
            Summary(*values) for values in zip(*(column.tolist() for column in (
                *place, part.numbers("provider_summaries", "claims"), charge, is_stated)), strict=True)
        ]  # fmt: skip
        self.summary = None
        for one in opened:
            end = int(ends[np.searchsorted(ends, one.seg, side="right")]) if len(ends) and ends[-1] > one.seg else 0
            first = int(np.searchsorted(claims[0], one.seg))
            last = int(np.searchsorted(claims[0], end)) if end else len(claims[0])
            one.found += last - first
            one.found_cents += int(claims[1][first:last].sum())
            if not end and part.file.continues:
                self.summary = one
            elif one.found != one.claims or (one.is_stated and one.found_cents != one.charge_cents):
                at = Place(*(np.array([value], np.int64) for value in (one.transaction_seg, one.seg, one.offset)))
                said = f"{one.claims} claims" + (f" of {amount(one.charge_cents)}" if one.is_stated else "")
                holds = f"{one.found} claims" + (f" of {amount(one.found_cents)}" if one.is_stated else "")
                report.add("summary-differs", at, "TS3", found=said, expected=holds)


@dataclass
class Interest:
    """Interest of one set: what PLB L6 pays (as filed) and what the claims ask for; where the first PLB or AMT is."""

    seg: int
    offset: int
    paid: int = 0
    asked: int = 0
    is_paid: bool = False

    def add(self, seg: int, offset: int, cents: int, *, is_paid: bool) -> None:
        """Add an amount of either side."""
        if is_paid and not self.is_paid:
            self.is_paid, self.seg, self.offset = True, seg, offset
        if is_paid:
            self.paid += cents
        else:
            self.asked += cents


@dataclass
class Summary:
    """A TS3: what it says of its group, and what has been found of it so far."""

    transaction_seg: int
    seg: int
    offset: int
    claims: int
    charge_cents: int
    is_stated: bool
    found: int = 0
    found_cents: int = 0


def _payments(part: Part, report: Report) -> None:
    if not part.count("remittances"):
        return
    paid = part.numbers("remittances", "payment_cents")
    rows = np.flatnonzero(paid < 0)
    found = [amount(value) for value in paid[rows].tolist()]
    report.add("payment-negative", part.place("remittances", rows), "BPR02", found=found, expected="0 or more")
    rows = np.flatnonzero(part.coded("remittances", "trace_number").are(("",)))
    report.add("trace-missing", _after(part, rows, "TRN"), "TRN02", expected="a trace number")
    currency = part.coded("remittances", "currency_code")
    rows = np.flatnonzero(~currency.are(("", "USD")))
    found = [text if text.isalpha() and len(text) == 3 else f"{len(text)} characters" for text in currency.texts(rows)]
    report.add("currency-not-usd", _after(part, rows, "CUR"), "CUR02", found=found, expected="USD")


def _after(part: Part, rows: Integers, segment: str) -> Place:
    """Return where the next segment with an id is after each BPR, in the same set; the BPR where there is none."""
    place = part.place("remittances", rows)
    if not len(rows):
        return place
    own = np.flatnonzero(part.coded("segments", "segment_id").are((segment,)))
    at = (
        own[np.minimum(np.searchsorted(part.numbers("segments", "seg")[own], place.seg), len(own) - 1)]
        if len(own)
        else own
    )
    theirs = part.place("segments", at) if len(own) else place
    found = (theirs.transaction_seg == place.transaction_seg) & (theirs.seg > place.seg)
    return Place(*(np.where(found, one, other) for one, other in zip(theirs, place, strict=True)))


def _statuses(part: Part, report: Report) -> None:
    """Statuses that are no decision must not carry money."""
    table = codes.table("claim_status")
    moneyless = set(table.loc[(table["cash_allowed"] == "N") & (table["code"] != "other"), "code"])
    status = part.coded("claim_payments", "status_code")
    if moneyless & set(status.values):
        paid = part.numbers("claim_payments", "paid_cents")
        rows = np.flatnonzero(status.are(moneyless) & (paid != 0))
        found = [amount(value) for value in paid[rows].tolist()]
        report.add(
            "status-with-money", part.place("claim_payments", rows), "CLP04", found=found, expected=status.texts(rows)
        )
    paid = part.numbers("claim_payments", "paid_cents")
    rows = np.flatnonzero(status.are((_DENIED,)) & (paid != 0))
    found = [amount(value) for value in paid[rows].tolist()]
    report.add("denied-with-payment", part.place("claim_payments", rows), "CLP04", found=found, expected="0.00")


def _patient_share(part: Part, report: Report) -> None:
    """CLP05 is the sum of all PR adjustments, or absent; a reversal does not send it."""
    claim = part.rows("adjustments", "claim_seg", "claim_payments")
    cents = part.numbers("adjustments", "amount_cents")
    mine = part.coded("adjustments", "group_code").are((_PATIENT,)) if len(cents) else np.zeros(0, np.bool_)
    total = sums(claim[mine], cents[mine], part.count("claim_payments"))
    stated, _ = part.optional("claim_payments", "patient_responsibility_cents")
    off = stated != total
    if not off.any():
        return
    off &= ~part.coded("claim_payments", "status_code").are((_REVERSAL,)) & ~part.unreadable("claim_payments")
    rows = np.flatnonzero(off)
    report.add(
        "patient-share-differs", part.place("claim_payments", rows), "CLP05",
        found=[amount(value) for value in stated[rows].tolist()],
        expected=[amount(value) for value in total[rows].tolist()],
    )  # fmt: skip
