"""What several cells of a master CSV say together: the rows of a kind in; what is wrong in which row out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from claims import cells, codes
from claims.master.columns import EFFECTIVE, columns
from claims.master.kinds import KINDS

_DELIMITERS = ("element_separator", "repetition_separator", "component_separator", "segment_terminator")
_BOX = r"(?i)\b(?:P\.?\s*O\.?\s*BOX|POST\s+OFFICE\s+BOX|POSTAL\s+BOX)\b"


class Table(cells.Table):
    """The rows of one kind while they are checked."""

    def __init__(self, rows: cells.Rows, kind: str) -> None:
        super().__init__(rows, KINDS)
        self.kind = kind
        self.notes: list[tuple[int, str, str]] = []  # what is odd in which row; it is taken
        for column in (*columns()[kind], *EFFECTIVE):
            required = "Y" if column.is_required else ""
            self.read(column.name, column.values, required, column.default, column.longest)
            if column.one_of:
                values = self.values[column.name]
                known = values.isin([*column.one_of, ""])
                self.blame(~known, column.name, f"one of {' '.join(column.one_of)}")
        self.key = self._number_keys()

    def compare(self) -> None:
        """Check what several cells say together, within a row and between rows."""
        values = self.values
        last = values["effective_to"]
        self.blame(last < values["effective_from"], "effective_to", "a day not before effective_from")
        if self.kind in _COMPARE:
            _COMPARE[self.kind](self)
        self._compare_rows()

    def together(self, *names: str) -> None:
        """Blame an empty cell where another of `names` is filled."""
        filled = pd.DataFrame({name: self.text(name) != "" for name in names})
        for name in names:
            self.blame(filled.any(axis=1) & ~filled[name], name, f"a value: {', '.join(names)} stand together")

    def _number_keys(self) -> pd.Series:
        """Number the rows by their key: equal numbers for equal keys."""
        names = [column.name for column in columns()[self.kind] if column.is_key]
        return pd.DataFrame({name: self.codes[name] for name in names}).groupby(names).ngroup()

    def _compare_rows(self) -> None:
        """Rows of one key follow each other: none begins twice, none with a last day goes on into the next."""
        rows = pd.DataFrame({"key": self.key, "from": self.values["effective_from"], "to": self.values["effective_to"]})
        wrong = {row for row, _, _ in self.problems}
        rows = rows[~rows.index.isin(list(wrong))].sort_values(["key", "from"], kind="stable")
        again = rows.duplicated(["key", "from"])
        self.blame(
            again.reindex(self.key.index, fill_value=False), "effective_from", "a day that no row of this key has"
        )
        rows = rows[~again]
        following = rows.groupby("key")["from"].shift(-1)
        goes_on = following.notna() & (rows["to"] < _OPEN) & (rows["to"] >= following.fillna(0))
        expected = "a day before the next row of this key begins"
        self.blame(goes_on.reindex(self.key.index, fill_value=False), "effective_to", expected)


_OPEN = 99991231


def _compare_partners(table: Table) -> None:
    marks = pd.DataFrame({name: table.values[name] for name in _DELIMITERS})
    for place, name in enumerate(_DELIMITERS):
        before = marks.iloc[:, :place]
        taken = before.eq(marks[name], axis=0).any(axis=1) & (marks[name] != "")
        table.blame(taken, name, "another mark than the other three")
    for name in ("receiver_identifier", "submitter_identifier", "receiver_number", "submitter_number"):
        inside = [
            any(mark and mark in text for mark in own)
            for text, own in zip(table.values[name].tolist(), marks.to_numpy().tolist(), strict=True)
        ]
        table.blame(pd.Series(inside, dtype=bool), name, "none of the partner's delimiters")


def _compare_providers(table: Table) -> None:
    table.together("address", "city", "state", "zip")
    table.together("pay_to_address", "pay_to_city", "pay_to_state", "pay_to_zip")
    is_box = table.values["address"].str.contains(_BOX, regex=True)
    table.blame(is_box, "address", "a street: a PO box goes into pay_to_address")
    is_organisation = table.values["entity_type"] == "2"
    table.blame(is_organisation & (table.values["first_name"] != ""), "first_name", "nothing for an organisation")


def _compare_facilities(table: Table) -> None:
    table.blame(table.values["address"].str.contains(_BOX, regex=True), "address", "a street, no PO box")


def _compare_payers(table: Table) -> None:
    table.together("payer_address", "payer_city", "payer_state", "payer_zip")
    itself = table.values["crossover_payer_code"] == table.values["payer_code"]
    table.blame(itself & (table.values["payer_code"] != ""), "crossover_payer_code", "another payer")


def _compare_procedures(table: Table) -> None:
    other = (table.values["trait"] != "add_on") & (table.values["primary_codes"] != "")
    table.blame(other, "primary_codes", "nothing but for the trait add_on")


def _compare_demographic_limits(table: Table) -> None:
    table.blame(table.values["age_to"] < table.values["age_from"], "age_to", "an age not below age_from")


def _compare_eligibility(table: Table) -> None:
    first, last = table.values["active_from"], table.values["active_to"]
    table.blame((last != 0) & (last < first), "active_to", "a day not before active_from")


def _compare_provider_adjustment_accounts(table: Table) -> None:
    """Only what waits on unapplied cash for an account is given one: a row of another code could do nothing."""
    plb, own = codes.table("plb"), table.values["reason_code"]
    has_own = own.isin(plb.loc[plb["auto_post"] == "Y", "code"]) & (own != "")
    table.blame(has_own, "reason_code", "a code without an account of its own (what a CS means its reference says)")
    unknown = np.flatnonzero(~own.isin(plb["code"]))
    table.notes += [(row, "reason_code", "no list has this code") for row in unknown.tolist()]


def _compare_contract_terms(table: Table) -> None:
    needs = codes.table("pricing_methods").set_index("method")["needs"]
    wanted = needs.reindex(table.values["method"]).fillna("").to_numpy()
    ranked = np.isin(table.values["method"], ["fixed", "percent_of_schedule"])
    for name in ("amount", "percent"):
        is_given = (table.text(name) != "").to_numpy()
        table.blame(pd.Series((wanted == name) & ~is_given), name, f"a value: the method needs the {name}")
        table.blame(
            pd.Series((wanted != name) & (wanted != "") & is_given), name, "nothing: the method does not use it"
        )
    by_schedule = (table.values["method"] == "percent_of_schedule") | (table.values["method"] == "")
    table.blame(~by_schedule & (table.values["schedule"] != ""), "schedule", "nothing but for percent_of_schedule")
    unused = ~ranked & (table.values["rank_percents"] != "").to_numpy()
    table.blame(pd.Series(unused), "rank_percents", "nothing but for fixed and percent_of_schedule")


_COMPARE: dict[str, Callable[[Table], None]] = {
    "partners": _compare_partners,
    "providers": _compare_providers,
    "facilities": _compare_facilities,
    "payers": _compare_payers,
    "procedures": _compare_procedures,
    "demographic_limits": _compare_demographic_limits,
    "eligibility": _compare_eligibility,
    "contract_terms": _compare_contract_terms,
    "provider_adjustment_accounts": _compare_provider_adjustment_accounts,
}


def as_frame(table: Table, kept: np.ndarray) -> pd.DataFrame:
    """Give the rows numbered `kept` as a frame of the kind."""
    own = {column.target: table.values[column.name] for column in (*columns()[table.kind], *EFFECTIVE)}
    return pd.DataFrame(own).iloc[kept].reset_index(drop=True)
