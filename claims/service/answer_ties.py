"""Answers and what was sent come in; which claims each answer is about comes out.

Answers are tied by what they name (ISA13; GS06 and ST02; BHT03 and CLM01), never by the name of a file. What we sent is
answered by its receiver (ISA06) to us (ISA08), and by nobody else. Everything here works on frames of `store.answers`.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

SET = ["is_ours", "set_id"]
SENDING = ["claim_id", "submission_id"]
# Of one claim in one answer, several statuses say why; the worst of them is the verdict.
WORST_FIRST = ("contradiction", "rejected", "not_accepted", "unknown", "accepted", "in_transit")
LONGEST_DETAIL = 60
_OURS_OF_OTHERS = 1  # rank of what we sent, named by somebody who did not get it


def tie_sets(answers: pd.DataFrame, sets: pd.DataFrame, receivers: Collection[str]) -> pd.DataFrame:
    """Pair answers with the sets that they name: acknowledgement_id, is_ours, set_id, interchange_id.

    Where several interchanges have the number, one between the same two parties comes first, ours before others'.
    One of ours between other parties stays without its answer. A BHT03 is ours alone: any of our `receivers` may name
    it to us.
    """
    named = sets.assign(
        interchange=sets["interchange_number"].str.lstrip("0"),
        group=sets["group_number"].str.lstrip("0"),
        number=sets["set_number"].str.lstrip("0"),
    )
    asked = answers.assign(
        interchange=answers["reference"].str.lstrip("0"),
        group=answers["group_reference"].str.lstrip("0"),
        number=answers["reference"].str.lstrip("0"),
    )
    scope = asked["scope"]
    pairs = pd.concat(
        [
            _joined(asked[scope == "interchange"], named, ["interchange"], ()),
            _joined(asked[scope == "group"], named, ["group"], ()),
            _joined(asked[scope == "set"], named, ["group", "number"], ()),
            _joined(asked[~scope.isin(["interchange", "group", "set"])], named, ["batch_reference"], receivers),
        ],
        ignore_index=True,
    )
    return _best(pairs)


def tie_numbers(answers: pd.DataFrame, sets: pd.DataFrame, receivers: Collection[str]) -> pd.DataFrame:
    """Pair answers without a batch with the sets that hold their claim's number; with ours if a receiver tells us."""
    pairs = answers[["acknowledgement_id", "reference", "sender_id", "receiver_id"]].merge(
        sets, on="reference", suffixes=("", "_sent")
    )
    known = ~pairs["is_ours"] | _fits(pairs, receivers)
    return pairs.loc[known, ["acknowledgement_id", *SET]].assign(interchange_id=0)


def _fits(pairs: pd.DataFrame, receivers: Collection[str]) -> pd.Series:
    """Tell which answers go between the parties of what was sent, or from any of `receivers` to its sender."""
    by = pairs["sender_id"].str.strip().str.upper()
    to = pairs["receiver_id"].str.strip().str.upper()
    known = by.isin([one.strip().upper() for one in receivers])
    known |= by == pairs["receiver_id_sent"].str.strip().str.upper()
    return known & (to == pairs["sender_id_sent"].str.strip().str.upper())


def _joined(answers: pd.DataFrame, sets: pd.DataFrame, keys: list[str], receivers: Collection[str]) -> pd.DataFrame:
    asked = answers[["acknowledgement_id", "usage_code", "sender_id", "receiver_id", *keys]]
    there = sets[[*SET, "interchange_id", "usage_code", "sender_id", "receiver_id", *keys]]
    known = asked[(asked[keys] != "").all(axis=1)]
    found = known.merge(there, on=keys, suffixes=("", "_sent"))
    fits = _fits(found, receivers).where(found["is_ours"], _fits(found, ()))
    same_use = (found["usage_code"] == found["usage_code_sent"]) | (found["usage_code"] == "")
    found = found.assign(rank=2 * fits.astype("int64") + found["is_ours"].astype("int64"))
    return found.loc[same_use, ["acknowledgement_id", *SET, "interchange_id", "rank"]]


def _best(pairs: pd.DataFrame) -> pd.DataFrame:
    best = pairs.groupby("acknowledgement_id")["rank"].transform("max")
    taken = (pairs["rank"] == best) & (pairs["rank"] != _OURS_OF_OTHERS)
    return pairs[taken].drop(columns="rank").drop_duplicates(ignore_index=True)


def unambiguous(pairs: pd.DataFrame, sendings: pd.DataFrame) -> pd.DataFrame:
    """Leave out the sets of copies (nothing in them stands), and answers that several interchanges still fit."""
    alive = pairs.merge(sendings[SET].drop_duplicates(), on=SET, how="inner")
    copies = pairs["acknowledgement_id"].isin(alive["acknowledgement_id"])
    kept = pd.concat([alive, pairs[~copies]], ignore_index=True)
    places = kept.groupby("acknowledgement_id")["interchange_id"].transform("nunique")
    return kept[places == 1]


def spread(answers: pd.DataFrame, pairs: pd.DataFrame, sendings: pd.DataFrame) -> pd.DataFrame:
    """Give a row per answer and claim that it is about: the answer's columns, and those of `sendings`."""
    of_syntax = answers["scope"].isin(["interchange", "group", "set"])
    told = answers[of_syntax].merge(_syntax_pairs(answers, pairs), on="acknowledgement_id")
    told = told.assign(verdict=_of_group(told, answers))
    claims = statuses(answers)
    own = _own(claims, pairs, sendings)
    levels = answers[answers["scope"].isin(["batch", "provider"]) & (answers["verdict"] == "rejected")]
    levels = levels.merge(pairs[["acknowledgement_id", *SET]], on="acknowledgement_id")
    below = _with(levels, sendings)
    below = below[(below["scope"] == "batch") | (below["provider_npi"] == below["billing_npi"])]
    answered = pd.MultiIndex.from_frame(own[["transaction_id", *SENDING]])
    below = below[~pd.MultiIndex.from_frame(below[["transaction_id", *SENDING]]).isin(answered)]
    return pd.concat([_with(told, sendings), own, below], ignore_index=True)


def _with(rows: pd.DataFrame, sendings: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns="charge_cents").merge(sendings, on=SET)


def _syntax_pairs(answers: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Leave a group's verdict to the sets that the same answer has no verdict of its own on."""
    keys = ["transaction_id", *SET]
    known = pairs[["acknowledgement_id", *SET]].merge(
        answers[["acknowledgement_id", "scope", "transaction_id"]], on="acknowledgement_id"
    )
    own = pd.MultiIndex.from_frame(known.loc[known["scope"] == "set", keys])
    shared = (known["scope"] == "group") & pd.MultiIndex.from_frame(known[keys]).isin(own)
    return known.loc[~shared, ["acknowledgement_id", *SET]]


def _of_group(told: pd.DataFrame, answers: pd.DataFrame) -> pd.Series:
    """Give the verdict on each set: that of its group where the whole group is refused; P takes what is not named."""
    keys = ["transaction_id", "group_reference"]
    refused = answers[(answers["scope"] == "group") & (answers["verdict"] == "rejected")]
    in_refused = pd.MultiIndex.from_frame(told[keys]).isin(pd.MultiIndex.from_frame(refused[keys]))
    verdict = told["verdict"].mask(told["verdict"] == "partial", "accepted")
    return verdict.mask((told["scope"] == "set") & in_refused, "rejected")


def statuses(answers: pd.DataFrame) -> pd.DataFrame:
    """Give one row per claim of each 277CA: its worst verdict, with all that says why in `detail_code`."""
    rows = answers[answers["scope"].isin(["claim", "line"])]
    order = {verdict: place for place, verdict in enumerate(WORST_FIRST)}
    rows = rows.assign(
        place=rows["verdict"].map(order).fillna(len(order)).astype("int64"),
        is_line=rows["scope"] == "line",
        words=(rows["status_code"] + " " + rows["detail_code"] + " " + rows["entity_code"]).str.strip(),
        charge=rows["charge_cents"].fillna(-1).astype("int64"),
    )
    claims = rows[~rows["is_line"]]
    keys = ["transaction_id", "batch_reference", "reference", "charge"]
    first = claims.sort_values([*keys, "place", "seg"], kind="stable").drop_duplicates(keys)
    why = rows.merge(first[[*keys[:3], "verdict", "seg", "charge"]], on=keys[:3], suffixes=("", "_of"))
    why = why[(why["verdict"] == why["verdict_of"]) & (why["is_line"] | (why["charge"] == why["charge_of"]))]
    why = why.sort_values("seg", kind="stable").drop_duplicates(["transaction_id", "seg_of", "words"])
    place = ["transaction_id", "seg_of"]
    several = why.duplicated(place, keep=False)  # most claims have one status
    texts = pd.concat([why[~several].set_index(place)["words"], why[several].groupby(place)["words"].agg("; ".join)])
    found = texts.reindex(pd.MultiIndex.from_frame(first[["transaction_id", "seg"]]))
    return first.assign(detail_code=found.to_numpy()).drop(columns=["place", "is_line", "words", "charge"])


def _own(claims: pd.DataFrame, pairs: pd.DataFrame, sendings: pd.DataFrame) -> pd.DataFrame:
    """Find the claim of each status in its batch by number, and by charge where the number is there twice."""
    found = claims.merge(pairs[["acknowledgement_id", *SET]], on="acknowledgement_id")
    found = found.merge(sendings, left_on=[*SET, "reference"], right_on=[*SET, "claim_number"], suffixes=("_told", ""))
    for narrower in ((found["charge_cents_told"] == found["charge_cents"]).fillna(False), found["is_latest"]):
        several = found.duplicated("acknowledgement_id", keep=False)
        found = found[~several | narrower.reindex(found.index)]
    alone = ~found.duplicated("acknowledgement_id", keep=False)
    return found[alone].drop(columns="charge_cents_told")
