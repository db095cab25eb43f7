"""Returns that name what they take back, by trace number or reference: parts of former deposits, alone or together.

A part is what one remittance had of a deposit, or what nothing explains of it. The trace number of its remittance (a
check in a lockbox deposit) says more than the deposit's own. A rule takes only where one way is left, to the cent.
What a person booked as over with a tie is a part of its own (is_difference), which goes with that tie or stays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.identifiers import normal_trace
from claims.ledger.deposit_pairs import among, prepared, weighed, with_facts
from claims.ledger.subsets import sets_of

ALONE, TOGETHER = "returned-part", "returned-together"
FORMER = "returns_line_id"
PAIR = ["bank_line_id", FORMER]


class ByName(NamedTuple):
    """What returns name, and what they take of it.

    `units`: a row for each return and part: bank_line_id, line_key, returns_line_id, remit_id, remit_key, amount_cents
    (what came into the bank), why, rule, score, evidence, and fits (by day, and no person took it apart). `ties`:
    bank_line_id, returns_line_id, remit_id, is_difference, amount_cents and fee_cents of the former tie, rule, score,
    evidence.
    """

    units: pd.DataFrame
    ties: pd.DataFrame


class _Way(NamedTuple):
    returns: frozenset[int]
    units: frozenset[int]


def by_name(returns: pd.DataFrame, formers: pd.DataFrame, parts: pd.DataFrame, refused: pd.DataFrame | None) -> ByName:
    """Find the parts that returns name, and take those that they are, to the cent (frames as in `take_back`)."""
    units = named(returns, formers, parts)
    units["is_refused"] = among(units, refused, FORMER)
    units["fits"] = ~units["is_refused"] & (units["payment_date"] <= units["bank_date"])
    board = _Board(units[units["fits"]])
    board.alone()
    board.together()
    ties = board.ties()
    keys = ["bank_line_id", "unit"]
    rules = units[keys].merge(ties[[*keys, "rule"]], how="left", on=keys)["rule"].fillna("").to_numpy()
    units = weighed(units, pd.Series(rules != "", index=units.index))
    why = np.select(
        [rules != "", units["is_refused"], units["bank_line_id"].isin(board.unclear), units["unit"].isin(board.gone)],
        ["chosen", "untied", "several-fit", "taken"],
        "other-amount",
    )
    units = units.assign(
        why=pd.Series(why, index=units.index, dtype="str"),
        rule=pd.Series(np.where(rules == "", "none", rules), index=units.index, dtype="str"),
        amount_cents=units["net_cents"],
    )
    facts = ["returns_line_id", "of_remit_id", "is_difference", "score", "evidence"]
    ties = ties.merge(units[[*keys, *facts]], on=keys)
    units, ties = (rows.assign(remit_id=rows["of_remit_id"]) for rows in (units, ties))
    return ByName(units[~units["is_difference"]], ties)


def named(returns: pd.DataFrame, formers: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Give each return beside each part that it names, with the facts of `with_facts`.

    unit: the part's place; returns_line_id, of_remit_id, remit_key, net_cents (what came into the bank), part_cents and
    part_fee_cents (of the tie); is_own: the name is that of its remittance; is_rest: nothing explains it, beside ties;
    is_difference: booked as over.
    """
    parts = parts.rename(columns={"bank_line_id": "returns_line_id", "remit_id": "of_remit_id"})
    parts = parts.assign(unit=np.arange(len(parts)), net_cents=parts["amount_cents"] - parts["fee_cents"])
    of_more = parts.groupby("returns_line_id")["unit"].transform("size") > 1
    parts = parts.assign(is_rest=(parts["of_remit_id"] == 0) & of_more)
    own = returns.assign(trace=normal_trace(returns["trace_number"]), word=normal_trace(returns["reference"]))
    texts = [own[["bank_line_id", name]].set_axis(["bank_line_id", "name"], axis=1) for name in ("trace", "word")]
    said = pd.concat(texts).drop_duplicates()
    tied = parts[parts["of_remit_id"] != 0]
    tied = tied.assign(name=normal_trace(tied["trace_number"]))[["unit", "name"]]
    by_remit = said[said["name"] != ""].merge(tied, on="name")[["bank_line_id", "unit"]].assign(is_own=True)
    theirs = formers.assign(trace=normal_trace(formers["trace_number"])).rename(columns={"bank_line_id": "former"})
    found = [
        own.loc[own[name] != "", ["bank_line_id", name]].merge(theirs[["former", name]], on=name)
        for name in ("trace", "reference")
    ]
    pairs = pd.concat([rows[["bank_line_id", "former"]] for rows in found]).drop_duplicates()
    by_deposit = pairs.merge(parts[["returns_line_id", "unit"]], left_on="former", right_on="returns_line_id")
    ids = pd.concat([by_remit, by_deposit[["bank_line_id", "unit"]].assign(is_own=False)], ignore_index=True)
    ids = ids.drop_duplicates(["bank_line_id", "unit"]).assign(sibling=True).reset_index(drop=True)
    ids["remit_id"] = ids.index
    facts = ["trace_number", "payer_name", "payer_identifier", "bank_date"]
    cells = ids.merge(parts.drop(columns="trace_number"), on="unit")
    cells = cells.merge(formers[["bank_line_id", *facts]], left_on="returns_line_id", right_on="bank_line_id")
    trace = parts.set_index("unit")["trace_number"].reindex(cells["unit"]).to_numpy()
    cells["trace_number"] = pd.Series(np.where(cells["is_own"], trace, cells["trace_number"]), dtype="str")
    cells = cells.rename(columns={"bank_date": "payment_date", "net_cents": "open_cents"})
    back = prepared(returns.assign(rest_cents=-returns["rest_cents"]))
    pairs = with_facts(ids[["bank_line_id", "remit_id", "sibling"]], back, prepared(cells))
    columns = ["unit", "returns_line_id", "of_remit_id", "amount_cents", "fee_cents"]
    columns += ["is_own", "is_rest", "is_difference"]
    more = cells.set_index("remit_id")[columns].reindex(pairs["remit_id"]).reset_index(drop=True)
    pairs = pairs.drop(columns=["is_rest", "remit_id"])
    more = more.rename(columns={"amount_cents": "part_cents", "fee_cents": "part_fee_cents"})
    return pd.concat([pairs, more], axis=1).assign(net_cents=pairs["open_cents"])


class _Board:
    """What is left to take while the rules are gone through; `units` are pairs that fit by day."""

    def __init__(self, units: pd.DataFrame) -> None:
        self.units = units
        returns = units.drop_duplicates("bank_line_id").set_index("bank_line_id")
        self.cents = {int(str(line)): int(cents) for line, cents in returns["rest_cents"].items()}
        self.key = {int(str(line)): str(key) for line, key in returns["line_key"].items()}
        self.parts = units.drop_duplicates("unit").set_index("unit")
        self.net = {int(str(unit)): int(cents) for unit, cents in self.parts["net_cents"].items()}
        self.open = set(self.cents)
        self.gone: set[int] = set()
        self.unclear: set[int] = set()
        self.taken: list[tuple[_Way, str]] = []

    def alone(self) -> None:
        """One return and one part, or one set of parts."""
        for is_own in (True, False):
            ways = []
            for line, own in self._left(is_own).groupby("bank_line_id", sort=True):
                found = self._sets(own, is_own, self.cents[int(str(line))])
                ways += [_Way(frozenset([int(str(line))]), units) for units in found]
            self._take(ways, ALONE)

    def together(self) -> None:
        """Several returns that name the same parts, and one of these, all of a remittance or deposit, or all."""
        for is_own in (True, False):
            ways = []
            named = self._left(is_own).groupby("bank_line_id", sort=True)["unit"].agg(frozenset)
            for units, lines in named.groupby(named, sort=False):
                if len(lines) < 2:
                    continue
                listed = sorted((int(str(line)) for line in lines.index), key=self.key.__getitem__)
                for target in self._targets(frozenset(int(one) for one in units)):
                    sums = sets_of([self.cents[one] for one in listed], sum(self.net[one] for one in target))
                    ways += [_Way(frozenset(listed[place] for place in one), target) for one in sums.found]
                    if not sums.is_complete:
                        self.unclear.update(listed)
            self._take(ways, TOGETHER)

    def _left(self, is_own: bool) -> pd.DataFrame:
        units = self.units[(self.units["is_own"] == is_own) & ~self.units["unit"].isin(self.gone)]
        return units[units["bank_line_id"].isin(self.open - self.unclear)]

    def _sets(self, own: pd.DataFrame, is_own: bool, target: int) -> set[frozenset[int]]:
        """Sets of a return's parts that are its amount: of single ties, and (by the deposit's name) of whole deposits.

        Ties go alone, or each with what was booked as over with it: its money went, too, or stayed in the bank. What is
        left of a deposit beside its ties goes with all of it only: it may be another remittance's that comes.
        """
        line = int(own["bank_line_id"].iloc[0])
        single = own[~own["is_rest"]]
        pools = [self._ties_of(single[~single["is_difference"]])]
        if single["is_difference"].any():
            pools.append(self._ties_of(single))
        if not is_own:
            pools.append([frozenset(one) for _, one in own.groupby("returns_line_id")["unit"]])
        ways: set[frozenset[int]] = set()
        for pool in pools:
            sums = sets_of([sum(self.net[one] for one in units) for units in pool], target, at_least=1)
            ways |= {frozenset().union(*(pool[place] for place in one)) for one in sums.found}
            if not sums.is_complete:
                self.unclear.add(line)
        return ways

    def _targets(self, units: frozenset[int]) -> set[frozenset[int]]:
        rows = self.parts.loc[sorted(units)]
        single = rows[~rows["is_rest"]].reset_index()
        alone = self._ties_of(single[~single["is_difference"]])
        tied = rows[rows["of_remit_id"] != 0]
        groups = [*tied.groupby("of_remit_id").groups.values(), *rows.groupby("returns_line_id").groups.values()]
        several = [frozenset(int(one) for one in group) for group in groups]
        return {*alone, *self._ties_of(single), *several, units}

    @staticmethod
    def _ties_of(rows: pd.DataFrame) -> list[frozenset[int]]:
        """The units of each tie, with what was booked with it."""
        ties = rows.groupby(["returns_line_id", "of_remit_id"])["unit"]
        return [frozenset(int(one) for one in units) for _, units in ties]

    def _take(self, ways: list[_Way], rule: str) -> None:
        """Take each way whose returns and parts no other way wants."""
        wanted: dict[tuple[str, int], int] = {}
        for number, way in enumerate(ways):
            for key in self._keys(way):
                wanted[key] = -1 if key in wanted else number
        for number, way in enumerate(ways):
            if way.returns & self.unclear or any(wanted[key] != number for key in self._keys(way)):
                self.unclear |= way.returns
                continue
            self.taken.append((way, rule))
            self.open -= way.returns
            self.gone |= way.units

    def _keys(self, way: _Way) -> set[tuple[str, int]]:
        return {("return", one) for one in way.returns} | {("unit", one) for one in way.units}

    def ties(self) -> pd.DataFrame:
        """What was taken: bank_line_id, unit, amount_cents, fee_cents, rule; a fee is shared as the parts are."""
        rows = [(line, unit, cents, rule) for way, rule in self.taken for line, unit, cents in self._poured(way)]
        ties = pd.DataFrame(rows, columns=["bank_line_id", "unit", "net_cents", "rule"])
        ties = ties.astype({"bank_line_id": "int64", "unit": "int64", "net_cents": "int64", "rule": "str"})
        own = self.parts.reindex(ties["unit"])
        upto = ties.groupby("unit")["net_cents"].cumsum()
        fee, net = (own[name].to_numpy("int64") for name in ("part_fee_cents", "net_cents"))
        fees = upto * fee // net - (upto - ties["net_cents"]) * fee // net
        return ties.assign(amount_cents=ties["net_cents"] + fees, fee_cents=fees).drop(columns="net_cents")

    def _poured(self, way: _Way) -> list[tuple[int, int, int]]:
        """What each return takes of each part, by the keys of both: (line, unit, cents)."""
        lines = sorted(way.returns, key=self.key.__getitem__)
        keys = ["remit_key", "returns_line_id", "is_difference"]
        units = sorted(way.units, key=lambda one: tuple(self.parts.loc[one, keys]))
        left, open_ = dict(self.net), {line: self.cents[line] for line in lines}
        poured = []
        for line in lines:
            for unit in units:
                cents = min(left[unit], open_[line])
                left[unit], open_[line] = left[unit] - cents, open_[line] - cents
                if cents:
                    poured.append((line, unit, cents))
        return poured
