"""What is scrubbed: claims as frames and all that is known beside them; what several edits ask, worked out once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from claims.charges.scrub.columns import Coded, Flags, Integers, Table, matches, places, together
from claims.charges.scrub.rules import Rules
from claims.codes.lists import CodeLists

Frames = Mapping[str, pd.DataFrame]
_NOTHING = pd.DataFrame()


class Found(NamedTuple):
    """Rows of claims (and of service lines, -1 for none) that an edit stops; texts hold for all, or are one for each.

    `found` and `expected` are codes, counts, days and amounts, never anything about a patient.
    """

    edit_id: str
    claim: Integers
    line: Integers
    element: str | Sequence[str] = ""
    found: str | Sequence[str] = ""
    expected: str | Sequence[str] = ""


@dataclass(frozen=True)
class Work:
    """Frames as docs/frames.md has them (Writing), with the data of providers and payers filled in.

    `master`: Master.frames. A claim's payer is known by `own_payer_code` where `payer_code` is already what the
    receiver calls it. `history`: services sent before (claim_id, life, payer_code, member_id, patient_birth_date,
    patient_first_name, billing_npi, rendering_npi, service_date, procedure_code, modifiers, charge_cents).
    `adjudications`: what payers said (claim_seg, payer_sequence, status_code, paid_cents, share_cents: of the patient,
    paid_date; status 22: taken back). `answered`: claims that a remittance decides which is here and held (claim_seg,
    remit_id, paid_date). `usage`: P when real claims are sent, T when invented ones, empty when not known.
    `is_file`: the frames are those of one file about to be sent. `made`: what edits worked out for each other.
    """

    frames: Frames
    today: int
    master: Frames = field(default_factory=dict)
    lists: CodeLists = field(default_factory=dict)
    usage: str = ""
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    adjudications: pd.DataFrame = field(default_factory=pd.DataFrame)
    answered: pd.DataFrame = field(default_factory=pd.DataFrame)
    is_file: bool = False
    made: dict[str, Any] = field(default_factory=dict, repr=False)
    _tables: dict[str, Table] = field(default_factory=dict, repr=False)
    _rules: dict[str, Rules] = field(default_factory=dict, repr=False)
    _owners: dict[tuple[str, str], Integers] = field(default_factory=dict, repr=False)

    def table(self, name: str) -> Table:
        """Return a frame; one that is not there has no rows."""
        if name not in self._tables:
            self._tables[name] = Table(self.frames.get(name, _NOTHING))
        return self._tables[name]

    def rules(self, kind: str) -> Rules:
        """Return the master data of a kind."""
        if kind not in self._rules:
            self._rules[kind] = Rules(self.master.get(kind, _NOTHING))
        return self._rules[kind]

    @cached_property
    def claims(self) -> Table:
        """The claims."""
        return self.table("claims")

    @cached_property
    def lines(self) -> Table:
        """Their service lines."""
        return self.table("service_lines")

    @cached_property
    def said(self) -> Table:
        """What payers said of the claims."""
        return Table(self.adjudications)

    @cached_property
    def said_of(self) -> Integers:
        """The row of claims of each adjudication, -1 for none."""
        return matches(self.claims.numbers("seg"), self.said.numbers("claim_seg"))

    def claim_of(self, name: str) -> Integers:
        """Return the row of claims that each row of a frame belongs to, -1 for none."""
        return self._owner(name, "claim_seg", self.claims)

    def line_of(self, name: str) -> Integers:
        """Return the row of service lines that each row of a frame belongs to, -1 for none."""
        return self._owner(name, "service_seg", self.lines)

    @cached_property
    def claim(self) -> Integers:
        """The row of claims of each service line, -1 for none."""
        return self.claim_of("service_lines")

    @cached_property
    def place(self) -> Integers:
        """The place of each service line in its claim, from 1."""
        return places(self.claim)

    def is_kind(self, kinds: str) -> Flags:
        """Tell which claims are professional (P), institutional (I) or dental (D)."""
        return self.claims.coded("kind").are(tuple(kinds))

    def of_lines(self, column: str) -> Coded:
        """Return a text of the claim of each service line."""
        return self.claims.coded(column).take(self.claim)

    @cached_property
    def line_payer_code(self) -> Coded:
        """What master data calls the payer of each service line."""
        return self.payer_code.take(self.claim)

    def on_lines(self, values: Integers) -> Integers:
        """Return a number of the claim of each service line, 0 for a line without claim."""
        return np.append(values, 0)[self.claim]

    @property
    def payer_code(self) -> Coded:
        """What master data calls the payer of each claim."""
        return self.claims.coded("own_payer_code" if "own_payer_code" in self.claims else "payer_code")

    @cached_property
    def payer(self) -> Integers:
        """The row of payers of each claim, -1 for none."""
        return self.rules("payers").find({"payer_code": self.payer_code}, self.todays)

    def payer_says(self, column: str) -> Coded:
        """Return a text that master data has of the payer of each claim, empty where it has none."""
        return self.rules("payers").coded(column).take(self.payer)

    def payer_number(self, column: str) -> Integers:
        """Return a number that master data has of the payer of each claim, 0 where it has none; a flag is 1 or 0."""
        return np.append(self.rules("payers").numbers(column), 0)[self.payer]

    def partner_says(self, column: str) -> Coded:
        """Return a text that master data has of the partner that each claim goes to, empty where it has none."""
        return self.rules("partners").coded(column).take(self.partner)

    @cached_property
    def partner(self) -> Integers:
        """The row of partners of each claim, -1 for none."""
        return self.rules("partners").find({"partner_code": self.payer_says("partner_code")}, self.todays)

    @cached_property
    def payers_and_partners(self) -> tuple[Integers, list[tuple[str, ...]]]:
        """The distinct pairs of payer and partner, and the number of each claim's."""
        return together([self.payer_code, self.payer_says("partner_code")])

    @property
    def todays(self) -> Integers:
        """Today, for each claim: the day that decides how it is sent."""
        return np.full(len(self.claims), self.today, np.int64)

    @cached_property
    def line_day(self) -> Integers:
        """The day of each service: of the line, else the first of its claim."""
        own = self.lines.numbers("service_date")
        return np.where(own > 0, own, self.on_lines(self.claims.numbers("statement_from_date")))

    @cached_property
    def line_last_day(self) -> Integers:
        """The last day of each service."""
        last = self.lines.numbers("service_to_date")
        return np.where(last > 0, last, self.line_day)

    @cached_property
    def first_day(self) -> Integers:
        """The first day of service of each claim, 0 where none is known."""
        first = np.full(len(self.claims) + 1, 99999999, np.int64)
        dated = np.flatnonzero(self.line_day > 0)
        np.minimum.at(first, self.claim[dated], self.line_day[dated])
        own = self.claims.numbers("statement_from_date")
        first = np.minimum(first[:-1], np.where(own > 0, own, 99999999))
        return np.where(first == 99999999, 0, first)

    @cached_property
    def last_day(self) -> Integers:
        """The last day of service of each claim, 0 where none is known."""
        last = np.zeros(len(self.claims) + 1, np.int64)
        np.maximum.at(last, self.claim, self.line_last_day)
        return np.maximum(last[:-1], self.claims.numbers("statement_to_date"))

    def trait(self, name: str) -> Integers:
        """Return the row of procedures that gives the procedure of each line a trait, -1 for none."""
        rules = self.rules("procedures")
        has = rules.coded("trait").are((name,))
        return rules.best("procedure_code", self.lines.coded("procedure_code"), self.line_day, has)

    def has_reference(self, qualifier: str) -> tuple[Flags, Flags]:
        """Tell which claims, and which lines themselves, have a REF with a qualifier."""
        table = self.table("references")
        chosen = np.flatnonzero(table.coded("qualifier_code").are((qualifier,)) & table.is_filled("reference"))
        line, claim = self.line_of("references")[chosen], self.claim_of("references")[chosen]
        on_claim = np.zeros(len(self.claims) + 1, np.bool_)
        on_claim[claim[line < 0]] = True
        on_line = np.zeros(len(self.lines) + 1, np.bool_)
        on_line[line] = True
        return on_claim[:-1], on_line[:-1]

    def claim_date(self, column: str, qualifier: str) -> Integers:
        """Return a date of each claim: its column, else its DTP with the qualifier; 0 for none."""
        own = self.claims.numbers(column)
        table = self.table("dates")
        chosen = np.flatnonzero(table.coded("qualifier_code").are((qualifier,)) & (self.line_of("dates") < 0))
        stated = np.zeros(len(self.claims) + 1, np.int64)
        stated[self.claim_of("dates")[chosen]] = table.numbers("date")[chosen]
        return np.where(own > 0, own, stated[:-1])

    def at_claims(
        self, edit_id: str, rows: Flags | Integers, element: str | Sequence[str] = "",
        found: str | Sequence[str] = "", expected: str | Sequence[str] = "",
    ) -> Found:  # fmt: skip
        """Stop claims."""
        rows = _numbers(rows)
        return Found(edit_id, rows, np.full(len(rows), -1, np.int64), element, found, expected)

    def at_lines(
        self, edit_id: str, rows: Flags | Integers, element: str | Sequence[str] = "",
        found: str | Sequence[str] = "", expected: str | Sequence[str] = "",
    ) -> Found:  # fmt: skip
        """Stop service lines."""
        rows = _numbers(rows)
        return Found(edit_id, self.claim[rows], rows, element, found, expected)

    def _owner(self, name: str, column: str, parent: Table) -> Integers:
        if (name, column) not in self._owners:
            segs = self.table(name).numbers(column)
            self._owners[name, column] = matches(parent.numbers("seg"), np.where(segs > 0, segs, -1))
        return self._owners[name, column]


def _numbers(rows: Flags | Integers) -> Integers:
    return np.asarray(np.flatnonzero(rows) if rows.dtype == np.bool_ else rows, np.int64)


Look = Iterator[Found]
