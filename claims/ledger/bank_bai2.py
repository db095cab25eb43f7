"""A BAI2 file of a bank: bytes in, bank lines and findings out; all of it or nothing.

Records: 01 file, 02 group (one as-of day), 03 account with its sums, 16 transaction, 88 continues the record before it,
49, 98 and 99 close account, group and file with control totals. Totals that do not add up hold the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pandas as pd

from claims import findings
from claims.findings import HOLD, NOTE, Finding
from claims.ledger import lockbox
from claims.ledger.bank_addenda import payer_of, trace_of
from claims.ledger.bank_lines import LONGEST, NO_MONEY, OTHER, Keys, bank_type, lines_frame
from claims.money import LIMIT_CENTS

_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?01,[^\r\n]*[\r\n]+(?:88,[^\r\n]*[\r\n]+)*02,")
_KNOWN = ("01", "02", "03", "16", "49", "88", "98", "99")
_INSIDE = {"01": "", "02": "01", "03": "02", "16": "03", "49": "03", "98": "02", "99": "01"}
_CLOSES = {"49": "03", "98": "02", "99": "01"}
_NAMES = {"01": "file", "02": "group", "03": "account"}
_FUNDS = ("", "0", "1", "2", "S", "V", "D", "Z")
_BREAK, _FIELD = "\x1f", "\x1e"  # a line end inside a text; one where a field ends too
_LIKE_A_TYPE = re.compile(r"\d{3}")
_INTERIM_SAME_DAY, _TEST_ONLY, _UPDATE = "3", "4", "1"


class Record(NamedTuple):
    """A record with what continues it: its address, number in the file, and fields as one text."""

    code: str
    number: int
    offset: int
    length: int
    text: str
    physical: int


class _Fault(Exception):
    """A record that cannot be used; becomes a finding at once."""

    def __init__(self, record: Record, element: str, sentence: str, expected: str, code: str = "bank-record") -> None:
        self.finding = _finding(code, record, element, sentence, expected)


def _unknown_type(record: Record, code: str) -> _Fault:
    """Name a type code as far as it is one: what stands in its place may be anything."""
    name = f"type {code}" if _LIKE_A_TYPE.fullmatch(code) else "what stands there"
    return _Fault(
        record, "type code", f"{name} is known neither as credit nor as debit", "a code in codes/bank_types.csv"
    )


class _Part:
    """What has been counted since a file, group or account began."""

    def __init__(self) -> None:
        self.total, self.children, self.records = 0, 0, 0


def is_bai2(head: bytes) -> bool:
    """Tell whether a file starts with the header records of BAI2."""
    return _HEAD.match(head) is not None


def read_bai2(data: bytes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a BAI2 file: `(bank_lines, findings)`; no lines when any finding holds the file.

    Of a lockbox deposit and its items (one set_number) both stand there: `lockbox.said` chooses. A line's row number is
    that of its record in the file, from 1; its bytes run to the end of what continues it.
    """
    reader = _Reader()
    try:
        for record in _records(data):
            reader.take(record)
        reader.end(len(data))
    except _Fault as fault:
        reader.problems.append(fault.finding)
    if any(one.severity == HOLD for one in reader.problems):
        return lines_frame([]), findings.frame(reader.problems)
    rows = lines_frame(reader.lines())
    sets = lockbox.sets_of(rows, reader.totals)
    reader.problems += _of_lockbox(rows.loc[sets.odd], "the items of its day do not add up to it: all are lines")
    loose = rows[sets.numbers == lockbox.NO_LINE]
    reader.problems += _of_lockbox(loose, "the sum of its account is without this item: no line")
    return rows.assign(set_number=sets.numbers), findings.frame(reader.problems)


def _of_lockbox(rows: pd.DataFrame, sentence: str) -> list[Finding]:
    places = rows[["row_number", "offset", "length"]].to_numpy("int64").tolist()
    records = [Record("16", number, offset, length, "", 1) for number, offset, length in places]
    return [_finding("bank-lockbox", record, "amount", sentence, severity=NOTE) for record in records]


def _finding(
    code: str, record: Record, element: str, sentence: str, expected: str = "", severity: str = HOLD
) -> Finding:
    left = "the whole file is held" if severity == HOLD else "read on"
    message = f"record {record.number}, {element}: {sentence}; {left}"
    return Finding(code, severity, message, seg=record.number, element=element, offset=record.offset, expected=expected)


def _records(data: bytes) -> list[Record]:
    """Cut the file into records, each put together with those that continue it."""
    offset = len(data) - len(data.removeprefix(b"\xef\xbb\xbf"))
    found: list[Record] = []
    ended = True
    number = 0
    for line in data[offset:].splitlines(keepends=True):
        text = line.decode("utf-8", errors="replace").replace(_BREAK, " ").replace(_FIELD, " ").strip()
        at, offset = offset, offset + len(line)
        if not text:
            continue
        number += 1
        code, body = text[:2], text[3:]
        here = Record(code, number, at, len(line), body.removesuffix("/"), 1)
        if code not in _KNOWN or text[2:3] != ",":
            raise _Fault(here, "record code", "it begins with no record code", "01, 02, 03, 16, 49, 88, 98 or 99")
        if code != "88":
            found.append(here)
        elif not found:
            raise _Fault(here, "record code", "it continues no record", "01")
        else:
            last = found[-1]
            joint = _FIELD if ended else _BREAK
            found[-1] = last._replace(
                text=last.text + joint + here.text, length=offset - last.offset, physical=last.physical + 1
            )
        ended = body.endswith("/")
    return found


def _day(record: Record, text: str) -> str:
    """Read a day written YYMMDD (some banks: YYYYMMDD)."""
    whole = text if len(text) == 8 else "20" + text
    try:
        if not (whole.isascii() and whole.isdigit()):
            raise ValueError
        return date(int(whole[:4]), int(whole[4:6]), int(whole[6:8])).isoformat()
    except ValueError:
        raise _Fault(record, "as-of date", "it is not a day", "a day written YYMMDD") from None


def _number(record: Record, element: str, text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) or abs(int(text)) > LIMIT_CENTS * 1000:
        raise _Fault(record, element, "it is not a whole number of cents", "digits", "bank-amount")
    return int(text)


class _Fields:
    """The fields of a record, taken one after the other."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.rest: str | None = record.text

    def next(self) -> str:
        """Take one field; empty where the record has no more."""
        if self.rest is None:
            return ""
        cut = re.search(f"[,{_FIELD}]", self.rest)
        field, self.rest = (self.rest[: cut.start()], self.rest[cut.end() :]) if cut else (self.rest, None)
        return field.replace(_BREAK, " ").strip()

    def peek(self, place: int = 0) -> str:
        """Look at a field that comes: the next one, or one after it."""
        return [*re.split(f"[,{_FIELD}]", self.rest or "", maxsplit=place + 1), *[""] * place][place].strip()

    def skip_availability(self) -> None:
        """Take the funds type and what it brings: when the money may be used is no matter of ours."""
        if self.peek() not in _FUNDS:
            return
        funds = self.next()
        count = {"S": 3, "V": 2}.get(funds, 0)
        if funds == "D":
            count = 2 * min(_number(self.record, "availability", self.next()), 100)
        for _ in range(count):
            self.next()


class _Reader:
    """Walks the records and keeps what is open: file, group, account."""

    def __init__(self) -> None:
        self.problems: list[Finding] = []
        self.open: dict[str, _Part] = {}
        self.day = self.currency = self.account = self.account_currency = ""
        self.counts = True
        self.transactions: list[tuple[str, str, Record]] = []  # account, day, record
        self.totals: dict[tuple[str, str], dict[str, int]] = {}  # by account and day: cents of some sums of the account

    def take(self, record: Record) -> None:
        inside = _INSIDE[record.code]
        if (list(self.open) or [""])[-1] != inside:
            raise _Fault(
                record, "record code", "it does not stand where it may", f"inside the {_NAMES.get(inside, 'bare file')}"
            )
        if record.code in _NAMES:
            if inside:
                self.open[inside].children += 1
            self.open[record.code] = _Part()
        for part in self.open.values():
            part.records += record.physical
        steps: dict[str, Callable[[Record], None]] = {"01": self._file, "02": self._group, "03": self._account}
        steps.get(record.code, self._transaction if record.code == "16" else self._close)(record)

    def end(self, size: int) -> None:
        if self.open:
            name = _NAMES[list(self.open)[-1]]
            nowhere = Record("99", 0, size, 0, "", 0)
            raise _Fault(nowhere, "end", f"the file ends before its {name} is closed", "49, 98 and 99")

    def _file(self, record: Record) -> None:
        fields = _Fields(record)
        version = [fields.next() for _ in range(8)][-1]
        if version not in ("", "2"):
            raise _Fault(record, "version", "it is another version", "2")

    def _group(self, record: Record) -> None:
        fields = _Fields(record)
        _, _, status, day, _, currency, modifier = (fields.next() for _ in range(7))
        self.day, self.currency = _day(record, day), currency or "USD"
        self.counts = status != _TEST_ONLY and modifier != _INTERIM_SAME_DAY
        if status not in ("", _UPDATE, _TEST_ONLY):
            raise _Fault(record, "group status", "the group deletes or corrects another", "1")
        if not self.counts:
            why = "a test" if status == _TEST_ONLY else "a preview of the day, whose lines come again at its end"
            self.problems.append(_finding("bank-preview", record, "group", f"it is {why}: not loaded", severity=NOTE))

    def _account(self, record: Record) -> None:
        fields = _Fields(record)
        self.account, currency = fields.next(), fields.next()
        self.account_currency = currency or self.currency
        if self.account_currency != "USD":
            raise _Fault(record, "currency", "the account is kept in another currency", "USD", "bank-currency")
        while fields.rest is not None:
            code = fields.next()
            if not _LIKE_A_TYPE.fullmatch(code):
                continue
            cents = _number(record, "amount", fields.next())
            self.open["03"].total += cents
            if cents and self.counts and code in (lockbox.ALL_CREDITS, lockbox.ALL_LOCKBOX):
                own = self.totals.setdefault((self.account, self.day), {})
                own[code] = own.get(code, 0) + cents
            # Some banks leave out how many items there are: then a type and its amount follow.
            if bank_type("bai2", fields.peek()) is None or fields.peek(1) in _FUNDS:
                fields.next()
            fields.skip_availability()

    def _transaction(self, record: Record) -> None:
        fields = _Fields(record)
        code, amount = fields.next(), _number(record, "amount", fields.next())
        self.open["03"].total += amount
        kind = bank_type("bai2", code)
        if kind is None:
            raise _unknown_type(record, code)
        if kind.kind == NO_MONEY:
            if amount:
                raise _Fault(record, "amount", "a record without money has one", "0", "bank-amount")
            what = f"type {code} moves no money: it is no line"
            self.problems.append(_finding("bank-no-money", record, "type code", what, severity=NOTE))
            return
        if abs(amount) > LIMIT_CENTS:
            raise _Fault(record, "amount", "it is out of all measure", "an amount", "bank-amount")
        if self.counts:
            self.transactions.append((self.account, self.day, record))

    def _close(self, record: Record) -> None:
        fields = _Fields(record)
        own = self.open.pop(_CLOSES[record.code])
        name = _NAMES[_CLOSES[record.code]]
        told = [_number(record, "control total", fields.next())]
        expected = [own.total]
        if record.code != "49":
            told.append(_number(record, "count", fields.next()))
            expected.append(own.children)
        told.append(_number(record, "count", fields.next()))
        expected.append(own.records)
        labels = ("control total", *(("parts",) if record.code != "49" else ()), "records")
        for label, said, found in zip(labels, told, expected, strict=True):
            if said != found:
                self.problems.append(
                    Finding(
                        "bank-total",
                        HOLD,
                        f"record {record.number}, {label}: the {name} does not add up; the whole file is held",
                        seg=record.number,
                        element=label,
                        offset=record.offset,
                        found=str(said),
                        expected=str(found),
                    )
                )
        if self.open:
            next(reversed(self.open.values())).total += told[0]

    def lines(self) -> list[tuple[object, ...]]:
        """Give the rows of the bank lines."""
        keys = Keys()
        rows: list[tuple[object, ...]] = []
        for account, day, record in self.transactions:
            fields = _Fields(record)
            code, amount = fields.next(), _number(record, "amount", fields.next())
            kind = bank_type("bai2", code) or OTHER
            fields.skip_availability()
            bank_reference, reference = fields.next(), fields.next()
            texts = [text.strip() for text in re.split(f"[{_BREAK}{_FIELD}]", fields.rest or "") if text.strip()]
            key = keys.of(("bai2", account, day, code, str(amount), bank_reference, reference, *texts))
            trace, payer_id = trace_of(texts)
            name, company_id = payer_of(texts)
            if kind.reference_is == "trace":
                trace = trace or (reference if reference.strip("0") else "")
            signed = -amount if kind.sign == "-" else amount
            known = (trace[: LONGEST["trace_number"]], payer_id or company_id, name, bank_reference or reference)
            rows.append(
                (record.number, record.offset, record.length, key, day, signed, *known, code, kind.kind, account, 0, "")
            )
        return rows
