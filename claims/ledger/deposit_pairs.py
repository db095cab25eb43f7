"""Bank lines beside the remittances that they may be: what of the two agrees, and how well, by rows.

`bank_lines`: bank_line_id, line_key, rest_cents, trace_number, payer_identifier, payer_name, bank_date, kind.
`remittances`: remit_id, remit_key, open_cents, trace_number, payer_identifier, payer_name, payment_date.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd

from claims import codes
from claims.identifiers import normal_trace

BUSINESS_DAYS = 3
# A name cut shorter than this says too little.
SHORTEST_NAME = 8
MOST_CANDIDATES = 20
# Calendar days within which an equal amount is worth naming, even where another payer or trace speaks against it.
WORTH_NAMING = 14
NOWHERE = 1_000_000


def normal_payer(names: pd.Series) -> pd.Series:
    """Payer names as banks write them: letters and digits, upper case; banks cut them at the end."""
    return names.str.upper().str.replace(r"[^A-Z0-9]+", "", regex=True)


def normal_payer_id(numbers: pd.Series) -> pd.Series:
    """Payer numbers without the 1 that stands before a tax number."""
    return numbers.str.strip().str.replace(r"^1(?=\d{9}$)", "", regex=True)


def prepared(rows: pd.DataFrame) -> pd.DataFrame:
    """Add trace, payer, payer_id and name_start as they are compared."""
    payer = normal_payer(rows["payer_name"])
    return rows.assign(
        trace=normal_trace(rows["trace_number"]),
        payer=payer,
        payer_id=normal_payer_id(rows["payer_identifier"]),
        name_start=payer.str[:SHORTEST_NAME].where(payer.str.len() >= SHORTEST_NAME, ""),
    )


def _joined(lines: pd.DataFrame, remits: pd.DataFrame, left: list[str], right: list[str]) -> pd.DataFrame:
    """Pairs of ids that agree in some columns; an empty text agrees with nothing."""
    texts = [name for name in left if lines[name].dtype == "str"]
    known = lines[(lines[texts] != "").all(axis=1)] if texts else lines
    return known[["bank_line_id", *left]].merge(
        remits[["remit_id", *right]].rename(columns=dict(zip(right, left, strict=True))), on=left
    )[["bank_line_id", "remit_id"]]


def pairs_of(lines: pd.DataFrame, remits: pd.DataFrame, reach: int = WORTH_NAMING) -> pd.DataFrame:
    """Give every pair worth a look with its facts (`with_facts`): by trace, by amount, payer and day."""
    traced = by_trace(lines, remits)
    parts = [traced, near(lines, remits, reach)]
    return with_facts(pd.concat(parts, ignore_index=True), lines, remits)


def by_trace(lines: pd.DataFrame, remits: pd.DataFrame) -> pd.DataFrame:
    """Pairs of one trace number. All frames of lines and remittances are `prepared`."""
    return _joined(lines, remits, ["trace"], ["trace"]).assign(sibling=True)


def near(
    lines: pd.DataFrame,
    remits: pd.DataFrame,
    reach: int = WORTH_NAMING,
    gone: tuple[set[int], set[int]] | None = None,
    refused: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Pairs of one amount within `reach` days.

    `gone`: ids of lines and remittances that no rule takes any more, only told of. `refused`: pairs (bank_line_id,
    remit_id) that are like no others.
    """
    gone_lines, gone_remits = gone or (set(), set())
    pairs = lines.iloc[:0].assign(remit_id=0) if refused is None else refused
    is_alone = lines["bank_line_id"].isin(pairs["bank_line_id"]), remits["remit_id"].isin(pairs["remit_id"])
    return _by_amount(
        lines.assign(is_gone=lines["bank_line_id"].isin(gone_lines), alone=lines["bank_line_id"].where(is_alone[0], 0)),
        remits.assign(is_gone=remits["remit_id"].isin(gone_remits), alone=remits["remit_id"].where(is_alone[1], 0)),
        reach,
    ).assign(sibling=False)


def told_in_full(pairs: pd.DataFrame) -> pd.Series[int]:
    """Give the lines (bank_line_id) with so many pairs of the same payer, amount and day that nobody is told of more:
    another amount scores less."""
    good = pairs["same_amount"] & pairs["same_payer"] & (pairs["days"] <= BUSINESS_DAYS)
    good &= ~pairs["other_trace"] & ~pairs["is_refused"]
    most = pairs.loc[good, "bank_line_id"].value_counts()
    return pd.Series(most.index[most >= MOST_CANDIDATES])


def with_facts(
    ids: pd.DataFrame, lines: pd.DataFrame, remits: pd.DataFrame, rests: pd.Series | None = None
) -> pd.DataFrame:
    """Add to pairs (bank_line_id, remit_id, sibling) what of the two agrees, each pair once.

    Facts are columns of booleans, `days` counts business days. `sibling`: the remittance is of the payer and day of one
    that has the line's trace, or is that one. `is_rest`: the line settles such a one already (its id is in `rests`).
    """
    ids = ids.sort_values("sibling", ascending=False, kind="stable").drop_duplicates(["bank_line_id", "remit_id"])
    names = ["trace", "payer", "payer_id"]
    pairs = ids.merge(lines[["bank_line_id", "line_key", "rest_cents", "bank_date", "kind", *names]], on="bank_line_id")
    pairs = pairs.merge(
        remits[["remit_id", "remit_key", "open_cents", "payment_date", *names]], on="remit_id", suffixes=("", "_remit")
    )
    pairs = _with_facts(pairs).assign(is_rest=pairs["bank_line_id"].isin([] if rests is None else rests))
    return pairs.sort_values(["line_key", "remit_key"], ignore_index=True)


def compared(line: pd.DataFrame, remit: pd.DataFrame) -> dict[str, str]:
    """Say of trace, payer and date of one bank line and one remittance whether they agree: agrees, differs, unknown.

    Here names that are too short to decide by differ too: a person decides.
    """
    fact = _crossed(line, remit).iloc[0]
    is_named = bool(fact["payer"] and fact["payer_remit"])
    is_same = bool(fact["same_payer"]) or (is_named and fact["payer"] == fact["payer_remit"])
    is_far = fact["days"] > BUSINESS_DAYS
    told = {
        "trace": (fact["same_trace"], fact["other_trace"]),
        "payer": (is_same, is_named or fact["other_payer"]),
        "date": (not is_far, fact["days"] != NOWHERE),
    }
    return {name: "agrees" if same else "differs" if other else "unknown" for name, (same, other) in told.items()}


def evidence_of(line: pd.DataFrame, remit: pd.DataFrame) -> str:
    """Give what of one bank line and one remittance agrees and differs, as `weighed` writes it: a person ties them."""
    return str(weighed(_crossed(line, remit), pd.Series([False]))["evidence"].iloc[0])


def _crossed(line: pd.DataFrame, remit: pd.DataFrame) -> pd.DataFrame:
    names = ["trace", "payer", "payer_id"]
    own, other = (rows.reset_index(drop=True) for rows in (prepared(line), prepared(remit)))
    pair = own[["rest_cents", "bank_date", *names]].merge(
        other[["open_cents", "payment_date", *names]], how="cross", suffixes=("", "_remit")
    )
    return _with_facts(pair)


def _with_facts(pairs: pd.DataFrame) -> pd.DataFrame:
    pairs = pairs.assign(
        days=business_days_between(pairs["payment_date"], pairs["bank_date"]),
        same_trace=(pairs["trace"] == pairs["trace_remit"]) & (pairs["trace"] != ""),
        other_trace=(pairs["trace"] != pairs["trace_remit"]) & (pairs["trace"] != "") & (pairs["trace_remit"] != ""),
        same_id=(pairs["payer_id"] == pairs["payer_id_remit"]) & (pairs["payer_id"] != ""),
        same_name=_is_cut(pairs["payer"], pairs["payer_remit"]),
        same_amount=pairs["rest_cents"] == pairs["open_cents"],
    )
    pairs["same_payer"] = pairs["same_id"] | pairs["same_name"]
    pairs["other_payer"] = ~pairs["same_payer"] & _names_two_payers(pairs)
    return pairs


def are_other_payers(pairs: pd.DataFrame) -> pd.Series:
    """Tell where a line (payer, payer_id) and a remittance (`_remit`) name two payers."""
    same = (pairs["payer_id"] == pairs["payer_id_remit"]) & (pairs["payer_id"] != "")
    return ~(same | _is_cut(pairs["payer"], pairs["payer_remit"])) & _names_two_payers(pairs)


def _names_two_payers(pairs: pd.DataFrame) -> pd.Series:
    by_number = (pairs["payer_id"] != "") & (pairs["payer_id_remit"] != "")
    by_name = (pairs["payer"].str.len() >= SHORTEST_NAME) & (pairs["payer_remit"].str.len() >= SHORTEST_NAME)
    named: pd.Series = by_number | by_name
    return named


def begun(lines: pd.DataFrame, settled: pd.DataFrame | None) -> pd.DataFrame:
    """Of the remittances that lines settle already, those that have the line's own trace number.

    `settled`: bank_line_id, and trace_number, payer_identifier, payment_date of the remittance.
    """
    if settled is None or settled.empty:
        return lines.iloc[:0].assign(payment_date="")
    known = settled.assign(
        trace=normal_trace(settled["trace_number"]), payer_id=normal_payer_id(settled["payer_identifier"])
    )
    own = lines.loc[lines["trace"] != "", ["bank_line_id", "trace"]]
    return own.merge(known.drop(columns="trace_number"), on=["bank_line_id", "trace"])


def among(pairs: pd.DataFrame, others: pd.DataFrame | None, other: str = "remit_id") -> np.ndarray:
    """Tell which pairs (bank_line_id and `other`) stand among others; None: there are no others."""
    if others is None or others.empty or pairs.empty:
        return np.zeros(len(pairs), dtype=bool)
    wide = int(max(pairs[other].max(), others[other].max())) + 1
    own, given = (rows["bank_line_id"].to_numpy() * wide + rows[other].to_numpy() for rows in (pairs, others))
    return np.isin(own, given)


def _by_amount(lines: pd.DataFrame, remits: pd.DataFrame, reach: int) -> pd.DataFrame:
    """Pairs of the same amount, not further apart than so many calendar days.

    Lines that say the same, and remittances, are joined by group: where both groups are large, no line can be told from
    another, and each is paired with MOST_CANDIDATES of the other side only. That keeps two ways two ways.
    """
    lines, own = _grouped(lines[lines["bank_date"] != ""], "bank_line_id", ["rest_cents", "bank_date", "kind"])
    remits, theirs = _grouped(remits[remits["payment_date"] != ""], "remit_id", ["open_cents", "payment_date"])
    pairs = own.merge(theirs, left_on="rest_cents", right_on="open_cents", suffixes=("", "_remit"))
    bank, payment = (pairs[name].to_numpy(dtype="datetime64[D]") for name in ("bank_date", "payment_date"))
    return _of_groups(lines, remits, pairs[np.abs((bank - payment).astype("int64")) <= reach])


def of_amount(lines: pd.DataFrame, remits: pd.DataFrame) -> pd.DataFrame:
    """Pairs of the same amount among those of one trace, as far as one can be told from another (as in `near`)."""
    rows = [rows.assign(is_gone=False, alone=0) for rows in (lines, remits)]
    lines, own = _grouped(rows[0], "bank_line_id", ["rest_cents"])
    remits, theirs = _grouped(rows[1], "remit_id", ["open_cents"])
    pairs = own.merge(theirs, left_on="rest_cents", right_on="open_cents", suffixes=("", "_remit"))
    return _of_groups(lines, remits, pairs)


def _of_groups(lines: pd.DataFrame, remits: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    is_large = (pairs[["size", "size_remit"]] > MOST_CANDIDATES).all(axis=1)
    every, large = pairs[~is_large], pairs[is_large]
    most = pd.Series(MOST_CANDIDATES, index=large.index)
    parts = [_spread(every, "size", every["size_remit"]), _spread(large, "size", most)]
    parts.append(
        _spread(large, "size_remit", most)[["other", "place", "group", "group_remit"]].set_axis(_SPREAD, axis=1)
    )
    ids = pd.concat(parts, ignore_index=True)
    first, first_remit = (pairs.set_index(["group", "group_remit"])[name] for name in ("first", "first_remit"))
    at = pd.MultiIndex.from_frame(ids[["group", "group_remit"]])
    line = first.reindex(at).to_numpy("int64") + ids["place"].to_numpy("int64")
    remit = first_remit.reindex(at).to_numpy("int64") + ids["other"].to_numpy("int64")
    return pd.DataFrame(
        {
            "bank_line_id": lines["bank_line_id"].to_numpy("int64")[line],
            "remit_id": remits["remit_id"].to_numpy("int64")[remit],
        }
    ).drop_duplicates()


_SPREAD = ["place", "other", "group", "group_remit"]


def _grouped(rows: pd.DataFrame, key: str, facts: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Order rows by all that a rule looks at: `(rows, groups)`; a group has its size and `first`, where it begins."""
    facts = [*facts, "payer", "payer_id", "has_trace", "is_gone", "alone"]
    text = "line_key" if key == "bank_line_id" else "remit_key"
    rows = rows.assign(has_trace=rows["trace"] != "").sort_values([*facts, text], ignore_index=True)
    groups = rows.groupby(facts, sort=True).size().rename("size").reset_index()
    return rows, groups.assign(first=groups["size"].cumsum() - groups["size"], group=groups.index)


def _spread(pairs: pd.DataFrame, side: str, most: pd.Series) -> pd.DataFrame:
    """Pair each of the `side` of two groups with so many of the other, each with others: place, other, the groups."""
    each, most_of = pairs[side].to_numpy("int64"), most.to_numpy("int64")
    other = pairs["size_remit" if side == "size" else "size"].to_numpy("int64")
    count = each * most_of
    row = np.repeat(np.arange(len(pairs)), count)
    number = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
    place = number // most_of[row]
    names = ["group", "group_remit"]
    spread = pairs[names].iloc[row].reset_index(drop=True)
    return spread.assign(place=place, other=(place + number % most_of[row]) % other[row])[_SPREAD]


def by_name(lines: pd.DataFrame, remits: pd.DataFrame) -> pd.DataFrame:
    """Each line once for every name of a remittance's payer that its own is the beginning of, or the other way."""
    own, theirs = (rows[["payer", "name_start"]].drop_duplicates() for rows in (lines, remits))
    names = own[own["name_start"] != ""].merge(theirs, on="name_start", suffixes=("", "_remit"))
    names = names[_is_cut(names["payer"], names["payer_remit"])]
    joined: pd.DataFrame = lines[["bank_line_id", "payer", "day"]].merge(names[["payer", "payer_remit"]], on="payer")
    return joined


def by_day(lines: pd.DataFrame) -> pd.DataFrame:
    """Each line once for every day that counts as near."""
    days = lines[lines["bank_date"] != ""]
    reach = BUSINESS_DAYS + 4  # two weekend days on either side of three business days
    steps = np.arange(-reach, reach + 1)
    repeated = days.loc[days.index.repeat(len(steps))]
    moved = repeated["bank_date"].to_numpy(dtype="datetime64[D]") + np.tile(steps, len(days))
    return repeated.assign(day=np.datetime_as_string(moved, unit="D"))


def _is_cut(left: pd.Series, right: pd.Series) -> np.ndarray:
    """Tell where one name is the whole beginning of the other, and long enough to say so."""
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return np.array(
        [min(len(a), len(b)) >= SHORTEST_NAME and (a.startswith(b) or b.startswith(a)) for a, b in pairs], dtype=bool
    )


def business_days_between(left: pd.Series, right: pd.Series) -> np.ndarray:
    """Business days from one ISO day to the other, without sign; a missing day is far away."""
    known = ((left != "") & (right != "")).to_numpy()
    a = np.where(known, left.to_numpy(dtype=object), "1970-01-01").astype("datetime64[D]")
    b = np.where(known, right.to_numpy(dtype=object), "1970-01-01").astype("datetime64[D]")
    return np.where(known, np.abs(np.busday_count(a, b)), NOWHERE)


@cache
def _points() -> dict[str, int]:
    rows = codes.table("tie_evidence")
    return dict(zip(rows["fact"], rows["points"].astype("int64"), strict=True))


def weighed(pairs: pd.DataFrame, is_part: pd.Series) -> pd.DataFrame:
    """Add score (0 to 100) and evidence (JSON: which facts agree, which differ) to pairs with their facts.

    `is_part` tells which pairs belong to a sum that fits: their amounts need not be equal.
    """
    near = pairs["days"] <= BUSINESS_DAYS
    facts = {
        "trace": pairs["same_trace"],
        "other-trace": pairs["other_trace"],
        "payer-id": pairs["same_id"],
        "payer-name": pairs["same_name"] & ~pairs["same_id"],
        "other-payer": pairs["other_payer"],
        "amount": pairs["same_amount"],
        "part": is_part & ~pairs["same_amount"],
        "other-amount": ~pairs["same_amount"] & ~is_part,
        "date": near,
        "far": ~near,
    }
    points = _points()
    score = sum((holds.astype("int64") * points[fact] for fact, holds in facts.items()), start=0 * pairs["days"])
    # Few different combinations: each is written once.
    held = pd.DataFrame(facts)
    marks = held.to_numpy() @ (1 << np.arange(len(facts)))
    texts = {mark: _evidence([name for place, name in enumerate(facts) if mark >> place & 1]) for mark in set(marks)}
    return pairs.assign(
        score=score.clip(0, 100).astype("int64"),
        evidence=pd.Series([texts[mark] for mark in marks.tolist()], dtype="str"),
    )


def _evidence(facts: list[str]) -> str:
    points = _points()
    return json.dumps(
        {
            "agree": [fact for fact in facts if points[fact] > 0],
            "differ": [fact for fact in facts if points[fact] < 0],
        },
        separators=(",", ":"),
    )
