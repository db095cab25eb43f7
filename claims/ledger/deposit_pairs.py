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

BUSINESS_DAYS = 3
# A name cut shorter than this says too little.
SHORTEST_NAME = 8
MOST_CANDIDATES = 20
# Calendar days within which an equal amount is worth naming, even where another payer or trace speaks against it.
WORTH_NAMING = 14
NOWHERE = 1_000_000


def normal_trace(traces: pd.Series) -> pd.Series:
    """Trace numbers as banks hand them back: upper case, no blanks, no leading zeros."""
    return traces.str.upper().str.replace(r"\s+", "", regex=True).str.lstrip("0")


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


def pairs_of(
    lines: pd.DataFrame, remits: pd.DataFrame, reach: int = WORTH_NAMING, settled: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Give every pair worth a look with its facts: same trace; same amount within `reach` days; same payer, a day near.

    Both frames are `prepared`. Facts are columns of booleans, `days` counts business days. `sibling`: the remittance
    is of the payer and day of one that has the line's trace, or is that one. `is_rest`: the line settles such a one
    already (`settled`: bank_line_id, and trace_number, payer_identifier, payment_date of the remittance). Pairs by
    payer and day alone are looked for where a rule may need them: for lines without a trace number, and cards.
    """
    by_trace = _joined(lines, remits, ["trace"], ["trace"])
    day = ["payer_id", "payment_date"]
    begun = _begun(lines, settled)
    siblings = by_trace.merge(remits[["remit_id", *day]], on="remit_id").drop(columns="remit_id")
    siblings = pd.concat([siblings, begun[["bank_line_id", *day]]], ignore_index=True).drop_duplicates()
    siblings = siblings.merge(remits[["remit_id", *day]], on=day)[["bank_line_id", "remit_id"]]
    by_day = _by_day(lines[(lines["trace"] == "") | (lines["kind"] == "card")])
    by_name = _by_name(by_day, remits)
    parts = [
        siblings,
        by_trace,
        _by_amount(lines, remits, reach),
        _joined(by_name, remits, ["payer_remit", "day"], ["payer", "payment_date"]),
        _joined(by_day, remits, ["payer_id", "day"], ["payer_id", "payment_date"]),
    ]
    ids = pd.concat(parts, ignore_index=True).drop_duplicates()
    names = ["trace", "payer", "payer_id"]
    pairs = ids.merge(lines[["bank_line_id", "line_key", "rest_cents", "bank_date", "kind", *names]], on="bank_line_id")
    pairs = pairs.merge(
        remits[["remit_id", "remit_key", "open_cents", "payment_date", *names]], on="remit_id", suffixes=("", "_remit")
    )
    is_rest = pairs["bank_line_id"].isin(begun["bank_line_id"])
    pairs = _with_facts(pairs).assign(sibling=among(pairs, siblings), is_rest=is_rest)
    return pairs.sort_values(["line_key", "remit_key"], ignore_index=True)


def compared(line: pd.DataFrame, remit: pd.DataFrame) -> dict[str, str]:
    """Say of trace, payer and date of one bank line and one remittance whether they agree: agrees, differs, unknown.

    Here names that are too short to decide by differ too: a person decides.
    """
    names = ["trace", "payer", "payer_id"]
    own, other = prepared(line), prepared(remit)
    pair = own[["rest_cents", "bank_date", *names]].merge(
        other[["open_cents", "payment_date", *names]], how="cross", suffixes=("", "_remit")
    )
    fact = _with_facts(pair).iloc[0]
    is_named = bool(fact["payer"] and fact["payer_remit"])
    is_same = bool(fact["same_payer"]) or (is_named and fact["payer"] == fact["payer_remit"])
    is_far = fact["days"] > BUSINESS_DAYS
    told = {
        "trace": (fact["same_trace"], fact["other_trace"]),
        "payer": (is_same, is_named or fact["other_payer"]),
        "date": (not is_far, fact["days"] != NOWHERE),
    }
    return {name: "agrees" if same else "differs" if other else "unknown" for name, (same, other) in told.items()}


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
    pairs["other_payer"] = ~pairs["same_payer"] & (
        ((pairs["payer_id"] != "") & (pairs["payer_id_remit"] != ""))
        | ((pairs["payer"].str.len() >= SHORTEST_NAME) & (pairs["payer_remit"].str.len() >= SHORTEST_NAME))
    )
    return pairs


def _begun(lines: pd.DataFrame, settled: pd.DataFrame | None) -> pd.DataFrame:
    """Of the remittances that lines settle already, those that have the line's own trace number."""
    if settled is None or settled.empty:
        return lines.iloc[:0].assign(payment_date="")
    known = settled.assign(
        trace=normal_trace(settled["trace_number"]), payer_id=normal_payer_id(settled["payer_identifier"])
    )
    own = lines.loc[lines["trace"] != "", ["bank_line_id", "trace"]]
    return own.merge(known.drop(columns="trace_number"), on=["bank_line_id", "trace"])


def among(pairs: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Tell which pairs (bank_line_id, remit_id) stand among others."""
    wide = int(max(pairs["remit_id"].max(), others["remit_id"].max())) + 1 if len(pairs) and len(others) else 1
    own, given = (rows["bank_line_id"].to_numpy() * wide + rows["remit_id"].to_numpy() for rows in (pairs, others))
    return np.isin(own, given)


def _by_amount(lines: pd.DataFrame, remits: pd.DataFrame, reach: int) -> pd.DataFrame:
    """Pairs of the same amount, not further apart than so many calendar days."""
    dated, paid = lines[lines["bank_date"] != ""], remits[remits["payment_date"] != ""]
    pairs = dated[["bank_line_id", "rest_cents", "bank_date"]].merge(
        paid[["remit_id", "open_cents", "payment_date"]], left_on="rest_cents", right_on="open_cents"
    )
    bank, payment = (pairs[name].to_numpy(dtype="datetime64[D]") for name in ("bank_date", "payment_date"))
    near: pd.DataFrame = pairs[np.abs((bank - payment).astype("int64")) <= reach]
    return near[["bank_line_id", "remit_id"]]


def _by_name(lines: pd.DataFrame, remits: pd.DataFrame) -> pd.DataFrame:
    """Each line once for every name of a remittance's payer that its own is the beginning of, or the other way."""
    own, theirs = (rows[["payer", "name_start"]].drop_duplicates() for rows in (lines, remits))
    names = own[own["name_start"] != ""].merge(theirs, on="name_start", suffixes=("", "_remit"))
    names = names[_is_cut(names["payer"], names["payer_remit"])]
    joined: pd.DataFrame = lines[["bank_line_id", "payer", "day"]].merge(names[["payer", "payer_remit"]], on="payer")
    return joined


def _by_day(lines: pd.DataFrame) -> pd.DataFrame:
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
