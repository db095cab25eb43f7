"""Parts of a checked file in, one after the other; their findings out, with those of the rules beyond the guides."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from claims.codes.lists import CodeLists
from claims.x12.edits import adjustments, coordination, dates, diagnoses, identifiers, procedures, subscribers
from claims.x12.edits.code_sets import CodeSets
from claims.x12.edits.duplicates import Duplicates
from claims.x12.edits.levels import Levels
from claims.x12.edits.part import Part
from claims.x12.edits.payments import Payments
from claims.x12.edits.report import Report, settle
from claims.x12.edits.rules import switched
from claims.x12.file import X12File
from claims.x12.numbers import Integers


class Edits:
    """The rules beyond the guides, for the parts of one file in order.

    Carried from part to part: the payment date and the interest of open sets, the last group, level and patient, and
    hashes of claims and services.
    """

    def __init__(self, settings: Mapping[str, str], lists: CodeLists) -> None:
        self._chosen = switched(settings)
        self._report = Report(self._chosen)
        self._lists = lists
        self._payments, self._duplicates, self._code_sets = Payments(), Duplicates(), CodeSets(lists)
        self._levels = Levels()
        self._groups = np.zeros((0, 2), np.int64)
        self._deaths = np.zeros((0, 2), np.int64)

    def look(self, file: X12File) -> pd.DataFrame:
        """Return all findings of a part: those that it has, as the switches say, and those of these rules."""
        part, report = Part(file), self._report
        identifiers.look(part, report)
        self._levels.look(part, report)
        subscribers.look(part, report)
        file_date = self._file_date(part)
        if self._payments.concerns(part):
            payment_date = self._payments.payment_date(part)
            self._payments.look(part, report)
            adjustments.look(part, report, self._lists, payment_date)
            dates.look_payments(part, report, payment_date)
        death_date = self._death_date(part)
        if part.count("claims"):
            diagnoses.look(part, report)
            dates.look_claims(part, report, file_date, death_date)
            coordination.look(part, report)
            self._duplicates.look(part, report)
            self._code_sets.look(part, report)
            procedures.look(part, report, self._code_sets)
        ended = frozenset(part.numbers("transactions", "seg").tolist())
        self._code_sets.forget(ended)
        report.forget(ended)
        return report.joined(settle(file.findings, self._chosen))

    def _file_date(self, part: Part) -> Integers:
        """Return the date of the group (GS04) that each claim stands in."""
        groups = np.stack([part.numbers("groups", "seg"), part.numbers("groups", "group_date")], axis=1)
        groups = np.concatenate([self._groups, groups.astype(np.int64)])
        self._groups = groups[-1:]
        row = np.searchsorted(groups[:, 0], part.numbers("claims", "transaction_seg")) - 1
        day = np.append(np.where(groups[:, 1] % 100 > 0, groups[:, 1], 0), 0)  # a year alone is no day
        return np.where(row >= 0, day[row], 0)

    def _death_date(self, part: Part) -> Integers:
        """Return the date of death of each claim's patient (PAT06); a level may have begun in an earlier part."""
        own = np.stack([part.numbers("patients", "hl_seg"), part.numbers("patients", "death_date")], axis=1)
        deaths = np.concatenate([self._deaths, own[own[:, 1] > 0].astype(np.int64)])
        level = part.numbers("hierarchy", "seg")
        if len(level):
            self._deaths = deaths[deaths[:, 0] == level[-1]]
        patient = part.numbers("claims", "patient_seg")
        row = np.searchsorted(deaths[:, 0], patient)
        padded = np.append(deaths, [[-1, 0]], axis=0)
        return np.where(padded[row, 0] == patient, padded[row, 1], 0)
