"""Rows that break a rule in; findings out, as one frame in the order of all findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import pandas as pd

from claims import findings
from claims.findings import HOLD, NOTE, REJECT, Finding
from claims.x12.edits.part import Place
from claims.x12.edits.rules import Rule, rules
from claims.x12.listed import MOST_LISTED

# What happens with the set, as a message ends.
ENDINGS = {NOTE: "read on", HOLD: "transaction set held", REJECT: "transaction set refused"}


class Report:
    """Collects findings of the rules that are on."""

    def __init__(self, chosen: Mapping[str, Rule]) -> None:
        self.chosen = chosen
        self._found: list[Finding] = []
        self._counts: dict[tuple[int, str], int] = {}

    def wants(self, *names: str) -> bool:
        """Tell whether any of these rules is on."""
        return any(name in self.chosen for name in names)

    def add(
        self, name: str, place: Place, element: str | Sequence[str] = "", *, found: str | Sequence[str] = "",
        expected: str | Sequence[str] = "",
    ) -> None:  # fmt: skip
        """Add a finding of a rule at each place; what is one text holds for all."""
        rule = self.chosen.get(name)
        count = len(place.seg)
        if rule is None or not count:
            return
        columns = [column.tolist() for column in place]
        texts = [_spread(one, count) for one in (element, found, expected)]
        ending = ENDINGS[rule.severity]
        for own, seg, offset, where, one, other in zip(*columns, *texts, strict=True):
            told = self._counts[own, rule.code] = self._counts.get((own, rule.code), 0) + 1
            if told > MOST_LISTED:
                continue
            sentence = rule.sentence.format(found=one, expected=other)
            message = f"segment {seg}{', ' if where else ''}{where}: {sentence}; {ending}."
            self._found.append(
                Finding(rule.code, rule.severity, message, seg, where, offset, one, other, rule.ack_code, own)
            )
            if told == MOST_LISTED:
                message = f"segment {seg}: further findings {rule.code} of this set are not listed."
                self._found.append(Finding("findings-not-listed", NOTE, message, seg, "", offset, transaction_seg=own))

    def forget(self, ended: Set[int]) -> None:
        """Let go of the counts of sets that have ended."""
        self._counts = {key: count for key, count in self._counts.items() if key[0] not in ended}

    def joined(self, others: pd.DataFrame) -> pd.DataFrame:
        """Return the findings so far together with others, in order, and begin anew."""
        mine, self._found = self._found, []
        if not mine:
            return others
        own = findings.frame(mine)
        if not len(others):
            return own
        together = pd.concat([others, own], ignore_index=True)
        return together.sort_values(findings.ORDER, kind="stable", ignore_index=True)


def settle(found: pd.DataFrame, chosen: Mapping[str, Rule]) -> pd.DataFrame:
    """Apply the switches to findings that the reader makes: leave out what is off, change severities."""
    changed = {rule.code for name, rule in rules().items() if chosen.get(name) != rule}
    mine = found["code"].isin(changed) if len(found) and changed else None
    if mine is None or not mine.any():
        return found
    severity = {rule.code: rule.severity for rule in chosen.values()}
    found = found[~mine | found["code"].isin(list(severity))].reset_index(drop=True)
    at = found["code"].isin(changed)
    worse = found.loc[at, "code"].map(severity)
    texts = zip(found.loc[at, "message"].tolist(), worse.tolist(), strict=True)
    found.loc[at, "message"] = [f"{text.rsplit(';', 1)[0]}; {ENDINGS[one]}." for text, one in texts]
    found.loc[at, "severity"] = worse
    return found


def _spread(texts: str | Sequence[str], count: int) -> Sequence[str]:
    return [texts] * count if isinstance(texts, str) else texts
