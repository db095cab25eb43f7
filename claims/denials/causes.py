"""Denied parts with their adjustments and remarks come in; code, cause in plain words and next action go out.

The adjustment that stands for a case is the largest one that counts as a denial (then denial before bundling before
non-covered, then file order). Remarks refine it as ``codes/rarc.csv`` says. An alert remark informs only: the action
it names replaces no more than billing somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from claims import codes
from claims.denials.figures import KEY

RANKS = {"denial": 0, "bundling": 1, "noncovered": 2}
FIRST_ACTIONS = ("NEW", "FIND", "DOC", "SEC", "C7")
BILLS_OTHERS = ("SEC", "PAT", "POST", "WAIT")
REFINING_EFFECTS = ("refine", "documents", "cob-data")
# effect of a remark -> actions that it rules out
RULED_OUT = {"no-appeal": ("APP",), "no-resubmission": ("C7", "NEW")}


def joined(rows: pd.DataFrame, keys: Sequence[str], column: str) -> pd.Series[str]:
    """Return the distinct texts of each group in row order, blank-separated, indexed by the keys."""
    distinct = rows[[*keys, column]].drop_duplicates()
    distinct = distinct[distinct[column] != ""]
    repeated = distinct.duplicated(list(keys), keep=False)
    single = distinct[~repeated].set_index(list(keys))[column]
    if not repeated.any():
        return single
    many = distinct[repeated].groupby(list(keys))[column].agg(" ".join)
    both: pd.Series[str] = pd.concat([single, many])
    return both


def assign_parts(parts: pd.DataFrame, figures: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Give adjustments or remarks the ``line`` of the case they belong to; those of no case fall out."""
    ids = rows["service_payment_id"].fillna(0).astype("int64")
    line_of = figures[figures["service_payment_id"] != 0].set_index("service_payment_id")["line"]
    full = parts.loc[parts["extent"] == "full", "claim_payment_id"]
    # fillna, not fill_value: the claim level has no line of its own.
    lines = line_of.reindex(ids).fillna(0).astype("int64").to_numpy()
    placed = rows.assign(service_payment_id=ids, line=lines)
    placed["line"] = placed["line"].where(~placed["claim_payment_id"].isin(full), 0)
    return placed.merge(parts[KEY], on=KEY)


def causes(
    parts: pd.DataFrame,
    figures: pd.DataFrame,
    adjustments: pd.DataFrame,
    classified: pd.DataFrame,
    remarks: pd.DataFrame,
) -> pd.DataFrame:
    """Return, in the order of ``parts``, the code, category, actions and words of each case, and all its codes.

    ``action_reason`` names the remark that chose the next action; it is empty where the reason code did.
    """
    texts = classified.drop(columns=["adjustment_id", "account"])
    placed = assign_parts(parts, figures, pd.concat([adjustments.reset_index(drop=True), texts], axis=1))
    placed = placed.sort_values([*KEY, "seg", "ordinal"], ignore_index=True)
    placed["pair"] = placed["group_code"] + "-" + placed["reason_code"]
    root = _roots(parts, placed)
    spoken = _remarks_of(parts, figures, remarks)

    index = pd.MultiIndex.from_frame(parts[KEY])
    result = root.copy()
    result["all_codes"] = joined(placed, KEY, "pair").reindex(index).fillna("").to_numpy()
    result["remark_codes"] = joined(spoken, KEY, "remark_code").reindex(index).fillna("").to_numpy()
    lines = assign_parts(parts, figures, figures.drop(columns="line"))
    result["procedure_codes"] = joined(lines, KEY, "procedure_code").reindex(index).fillna("").to_numpy()
    _refine(result, spoken)
    return result.drop(columns=[*KEY, "needs_rarc"])


def _roots(parts: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Find the adjustment that stands for each case."""
    counted = placed[placed["counts_as_denial"]]
    counted = counted.assign(rank=counted["adjustment_class"].map(RANKS).astype("int64"))
    ordered = counted.sort_values(
        [*KEY, "amount_cents", "rank", "seg", "ordinal"], ascending=[True, True, False, True, True, True]
    )
    first = ordered.drop_duplicates(KEY).set_index(KEY).loc[pd.MultiIndex.from_frame(parts[KEY])].reset_index()
    names = [
        *KEY,
        "group_code",
        "reason_code",
        "category",
        "root_cause",
        "core_scenario",
        "preventable",
        "recoverable",
        "next_action",
        "then_action",
        "needs_rarc",
    ]
    return first[names].assign(denial_class=first["adjustment_class"], cause=first["own_title"])


def _remarks_of(parts: pd.DataFrame, figures: pd.DataFrame, remarks: pd.DataFrame) -> pd.DataFrame:
    """Return the remarks of each case: those of its lines and those of the claim, in file order, with their rules."""
    ids = remarks["service_payment_id"].fillna(0).astype("int64")
    on_lines = assign_parts(parts, figures, remarks[ids != 0])
    on_claim = remarks[ids == 0].merge(parts[KEY], on="claim_payment_id")
    spoken = pd.concat([on_lines, on_claim], ignore_index=True)
    spoken = spoken.assign(remark_code=spoken["remark_code"].str.strip().str.upper())
    rules = codes.table("rarc").rename(columns={"code": "remark_code", "own_title": "title"})
    spoken = spoken.merge(rules[["remark_code", "title", "effect", "forces_action", "alert", "category"]], how="left")
    spoken = spoken.fillna({"title": "", "effect": "", "forces_action": "", "alert": "", "category": ""})
    # A remark on the line speaks before one on the claim.
    spoken = spoken.assign(on_claim=spoken["service_payment_id"].fillna(0) == 0)
    return spoken.sort_values([*KEY, "on_claim", "seg", "ordinal"], ignore_index=True)


def _refine(result: pd.DataFrame, spoken: pd.DataFrame) -> None:
    """Let the remarks replace category, next action and words of the cases in ``result``."""
    index = pd.MultiIndex.from_frame(result[KEY])
    needs = (result["needs_rarc"] == "Y").to_numpy(bool)

    refining = spoken[(spoken["alert"] == "N") & spoken["effect"].isin(REFINING_EFFECTS)]
    category = refining.drop_duplicates(KEY).set_index(KEY)["category"].reindex(index).fillna("")
    replaced = needs & (category != "").to_numpy()
    result["category"] = result["category"].where(~replaced, category.to_numpy())
    scenarios = codes.table("categories").set_index("category")["core_scenario"]
    core = scenarios.reindex(result["category"]).fillna("").to_numpy()
    result["core_scenario"] = result["core_scenario"].where(~replaced, core)

    words = refining.drop_duplicates([*KEY, "title"]).groupby(KEY)["title"].agg(", ".join).reindex(index).fillna("")
    with_words = (words != "").to_numpy()
    titles = result["cause"].str.removesuffix(", see remark")
    result["cause"] = result["cause"].where(~with_words, titles + ": " + words.to_numpy())

    order = [*FIRST_ACTIONS, *(code for code in codes.table("next_actions")["id"] if code not in FIRST_ACTIONS)]
    forcing = spoken[spoken["forces_action"] != ""]
    forcing = forcing.assign(rank=forcing["forces_action"].map({action: at for at, action in enumerate(order)}))
    result["action_reason"] = ""
    for alert in ("N", "Y"):
        of_kind = forcing[forcing["alert"] == alert].sort_values([*KEY, "rank"], kind="stable").drop_duplicates(KEY)
        found = of_kind.set_index(KEY)[["forces_action", "remark_code"]].reindex(index).fillna("")
        forced = (found["forces_action"] != "").to_numpy()
        if alert == "Y":
            forced = forced & result["next_action"].isin(BILLS_OTHERS).to_numpy(bool)
        result["next_action"] = result["next_action"].where(~forced, found["forces_action"].to_numpy())
        result["action_reason"] = result["action_reason"].where(~forced, "remark " + found["remark_code"].to_numpy())
    for effect, ruled_out in RULED_OUT.items():
        speaks = index.isin(pd.MultiIndex.from_frame(spoken.loc[spoken["effect"] == effect, KEY]))
        result["then_action"] = result["then_action"].where(~(speaks & result["then_action"].isin(ruled_out)), "")
        instead = result["then_action"].where(result["then_action"] != "", "REV")
        result["next_action"] = result["next_action"].where(~(speaks & result["next_action"].isin(ruled_out)), instead)
