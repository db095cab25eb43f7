"""Claim payments find their claim: candidates and facts in; the claim, the rule, a score and the evidence out.

The keys are tried in the order of `RULES`; the first key that leaves exactly one acceptable claim family wins, and the
match says which facts agreed. A candidate is acceptable only when nothing speaks against it: the charge is the billed
one (or a part of it, with a second fact beside the key), and the payee is not somebody else.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

# Order of the keys (835 claim to submitted claim): our own number, the payer's number for it, of a reversal the payer's
# number of what it takes back, a line number that we gave, and last who, when and how much.
RULES = (
    *("claim-number", "claim-number-normal", "payer-claim-number", "original-reference"),
    *("line-control-number", "member-date-charge"),
)
BASE_SCORE = {
    "claim-number": 60,
    "claim-number-normal": 60,
    "payer-claim-number": 60,
    "original-reference": 60,
    "line-control-number": 60,
    "member-date-charge": 50,
}
# A key that is ours alone may stand against a differing member number or day, not against both; any other against none.
OUR_OWN = ("claim-number", "claim-number-normal")

UNKNOWN, AGREES, DIFFERS = "unknown", "agrees", "differs"
VERSION_RANKS = ("call_rank", "spelt_rank", "turn_rank", "version_rank")  # of candidates of one family; or not there
MATCH_TYPES = {
    "claim_payment_id": "int64",
    "family_id": "int64",
    "claim_id": "int64",
    "rule": "str",
    "score": "int64",
    "evidence": "str",
}

NOT_TAKEN_TYPES = {
    "claim_payment_id": "int64",
    "family_id": "int64",
    "claim_id": "int64",
    "rule": "str",
    "score": "int64",
    "why": "str",
    "evidence": "str",
}


def _compare(left: pd.Series, right: pd.Series) -> np.ndarray:
    known = (left != "").to_numpy() & (right != "").to_numpy()
    same = (left == right).to_numpy()
    return np.where(known, np.where(same, AGREES, DIFFERS), UNKNOWN)


def weigh(candidates: pd.DataFrame) -> pd.DataFrame:
    """Compare each candidate pair fact by fact; add the fact columns, `score` (0..100) and `is_acceptable`.

    `candidates`: one row per claim payment, claim and rule; columns of the payment carry the suffix `_paid`
    (claim_number_paid, charge_cents_paid, payee_identifier_paid, payee_tax_id_paid, first_date_paid, last_date_paid,
    member_id_paid, payer_code_paid, payer_name_paid), those of the claim carry none.
    """
    rows = candidates.copy()
    paid_charge = rows["charge_cents_paid"].abs()
    rows["charge"] = np.select(
        [paid_charge == rows["charge_cents"], (paid_charge > 0) & (paid_charge < rows["charge_cents"])],
        [AGREES, "part"],
        DIFFERS,
    )
    by_npi = _compare(rows["payee_identifier_paid"], rows["billing_npi"])
    by_tax = np.where(
        (rows["payee_tax_id_paid"] != "") & (rows["billing_tax_id"] != ""),
        np.where(rows["payee_tax_id_paid"] == rows["billing_tax_id"], AGREES, DIFFERS),
        UNKNOWN,
    )
    rows["payee"] = np.select(
        [(by_npi == AGREES) | (by_tax == AGREES), (by_npi == DIFFERS) | (by_tax == DIFFERS)],
        [AGREES, DIFFERS],
        UNKNOWN,
    )
    dated = (rows["first_date_paid"] != "") & (rows["statement_from_date"] != "")
    within = (rows["first_date_paid"] >= rows["statement_from_date"]) & (
        rows["last_date_paid"] <= rows["statement_to_date"]
    )
    rows["dates"] = np.where(dated, np.where(within, AGREES, DIFFERS), UNKNOWN)
    rows["member"] = _compare(rows["member_id_paid"], rows["member_id"])
    payer_known = (rows["payer_code_paid"] == rows["payer_code"]) | (
        rows["payer_name_paid"].str.upper() == rows["payer_name"].str.upper()
    )
    rows["payer"] = np.where(payer_known, AGREES, DIFFERS)
    second_fact = (rows[["payee", "dates", "member"]] == AGREES).sum(axis=1)
    by_number = rows["rule"] != "member-date-charge"
    differing = (rows[["dates", "member"]] == DIFFERS).sum(axis=1)
    rows["is_acceptable"] = (
        ((rows["charge"] == AGREES) | ((rows["charge"] == "part") & (second_fact >= 1) & by_number))
        & ((rows["payee"] != DIFFERS) | (rows["member"] == AGREES))
        & (by_number | ((rows["member"] == AGREES) & (rows["dates"] == AGREES)))
        & (differing <= rows["rule"].isin(OUR_OWN))
        # Only the payer says what it takes back: that is no other patient's where it names the patient, too.
        & ((rows["rule"] != "original-reference") | (rows["member"] == AGREES))
    )
    rows["score"] = (
        rows["rule"].map(BASE_SCORE).astype("int64")
        + 15 * (rows["charge"] == AGREES)
        + 10 * (rows["payee"] == AGREES)
        + 5 * (rows["dates"] == AGREES)
        + 5 * (rows["member"] == AGREES)
        + 5 * (rows["payer"] == AGREES)
    ).astype("int64")
    return rows


FACTS = ("charge", "payee", "dates", "member", "payer")


def evidence(rows: pd.DataFrame, version_facts: pd.Series[str] | None = None) -> list[str]:
    """Say as JSON which facts of weighed candidates agree or differ, never the facts themselves.

    `version_facts`: of each, by what it was told from other versions of its claim; "" where nothing was asked.
    """
    facts = zip(*(rows[name].tolist() for name in FACTS), strict=True)
    told = [dict(zip(FACTS, row, strict=True)) for row in facts]
    if version_facts is not None:
        told = [one | ({"version": by} if by else {}) for one, by in zip(told, version_facts.tolist(), strict=True)]
    return [json.dumps(one) for one in told]


def not_taken(candidates: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Say of each family that was looked at and not taken why: one row, of the first key that offered it.

    claim_payment_id, family_id, claim_id, rule, score, why, evidence.
    """
    rows = weigh(candidates) if len(candidates) else candidates.assign(score=0, is_acceptable=False, why="")
    if rows.empty:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in NOT_TAKEN_TYPES.items()})
    chosen = matches.set_index("claim_payment_id")["family_id"].reindex(rows["claim_payment_id"]).fillna(0).to_numpy()
    rows = rows.assign(has_match=chosen != 0)[chosen != rows["family_id"].to_numpy()]
    # The best that speaks for a family says most.
    rows = rows.sort_values(["claim_payment_id", "is_acceptable", "score", "sha256", "seg"], kind="stable",
                            ascending=[True, False, False, True, True])  # fmt: skip
    rows = rows.drop_duplicates(["claim_payment_id", "family_id"])
    why = np.select(
        [
            rows["is_acceptable"] & rows["has_match"],
            rows["is_acceptable"],
            rows["charge"] == DIFFERS,
            rows["payee"] == DIFFERS,
        ],
        ["a-better-key", "ambiguous", "charge-differs", "payee-differs"],
        "facts-differ",
    )
    told: pd.DataFrame = rows.assign(why=why, evidence=evidence(rows))[list(NOT_TAKEN_TYPES)]
    return told.astype(NOT_TAKEN_TYPES).reset_index(drop=True)


def choose(candidates: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose one claim per claim payment: `(matches, refused)`.

    `matches` has the columns of `MATCH_TYPES`; `refused` one row per claim payment that had candidates and got none
    of them, with `why`: `ambiguous`, `charge-differs`, `payee-differs` or `facts-differ`.
    """
    if candidates.empty:
        nothing = pd.DataFrame({"claim_payment_id": pd.Series(dtype="int64"), "why": pd.Series(dtype="str")})
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in MATCH_TYPES.items()}), nothing
    rows = weigh(candidates)
    fit = rows[rows["is_acceptable"]].copy()
    fit["rank"] = fit["rule"].map({rule: rank for rank, rule in enumerate(RULES)}).astype("int64")
    families = fit.groupby(["claim_payment_id", "rank"])["family_id"].nunique()
    decided = families[families == 1].reset_index().groupby("claim_payment_id")["rank"].min()
    fit = fit[fit["rank"].to_numpy() == decided.reindex(fit["claim_payment_id"], fill_value=-1).to_numpy()]
    # Versions of a family: the billed charge, this payer, what the payment names (`match_versions`); ties by file.
    fit = fit.assign(
        **{name: 0 for name in VERSION_RANKS if name not in fit},
        charge_rank=(fit["charge"] != AGREES).astype("int64"),
        payer_rank=(fit["payer"] != AGREES).astype("int64"),
        name_rank=(fit["claim_number"] != fit["claim_number_paid"]).astype("int64"),
    )
    ranks = ["charge_rank", "payer_rank", VERSION_RANKS[0], "name_rank", *VERSION_RANKS[1:], "sha256", "seg"]
    fit = fit.sort_values(["claim_payment_id", *ranks], kind="stable")
    best = fit.drop_duplicates("claim_payment_id").copy()
    best["evidence"] = evidence(best, best.get("version_facts"))
    left = rows[~rows["claim_payment_id"].isin(best["claim_payment_id"])]
    return best[list(MATCH_TYPES)].astype(MATCH_TYPES).reset_index(drop=True), _why_refused(left)


def _why_refused(rows: pd.DataFrame) -> pd.DataFrame:
    is_own = rows["rule"].isin(OUR_OWN) & (rows["charge"] != DIFFERS)
    why = np.select(
        [rows["is_acceptable"], is_own & (rows["payee"] != DIFFERS), rows["charge"].isin([AGREES, "part"])],
        ["ambiguous", "facts-differ", "payee-differs"],
        "charge-differs",
    )
    frame = pd.DataFrame({"claim_payment_id": rows["claim_payment_id"], "why": why}).astype({"why": "str"})
    return frame.sort_values(["claim_payment_id", "why"]).drop_duplicates("claim_payment_id").reset_index(drop=True)


# Keys of a line within its claim, the strictest first. A service payment names what was submitted when the payer
# changed the procedure (SVC06).
LINE_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("line-control-number", ("line_control_number",)),
    ("procedure-modifiers-date-charge", ("procedure_code", "modifiers", "service_date", "charge_cents")),
    ("procedure-date-charge", ("procedure_code", "service_date", "charge_cents")),
    ("procedure-modifiers-charge", ("procedure_code", "modifiers", "charge_cents")),
    ("procedure-charge", ("procedure_code", "charge_cents")),
    ("date-charge", ("service_date", "charge_cents")),
)


def submitted(service_payments: pd.DataFrame) -> pd.DataFrame:
    """Name services as they were submitted, where the payer changed them (SVC06), and charges without their sign."""
    return service_payments.assign(
        procedure_code=service_payments["submitted_procedure_code"].where(
            service_payments["submitted_procedure_code"] != "", service_payments["procedure_code"]
        ),
        modifiers=service_payments["submitted_modifiers"].where(
            service_payments["submitted_procedure_code"] != "", service_payments["modifiers"]
        ),
        charge_cents=service_payments["charge_cents"].abs(),
    )


def match_lines(service_payments: pd.DataFrame, service_lines: pd.DataFrame) -> pd.DataFrame:
    """Match each service payment to a line of its claim: service_payment_id, service_line_id, line_number, rule.

    `service_payments` carry the `claim_id` their claim payment was matched to. A line control number may be met
    several times (a split line); every other key must be as frequent on both sides, and equal lines pair in file
    order. What fits no line gets line_number 0 and the rule `none`.
    """
    paid = submitted(service_payments)
    found: list[pd.DataFrame] = []
    open_lines = service_lines
    for rule, key in LINE_RULES:
        if found and paid.empty:
            break
        keys = ["claim_payment_id", *key]
        if rule == "line-control-number":
            numbered = service_lines[service_lines["line_control_number"] != ""]
            unique = numbered[~numbered.duplicated(["claim_payment_id", "line_control_number"], keep=False)]
            hit = paid[paid["line_control_number"] != ""].merge(
                unique[[*keys, "service_line_id", "line_number"]], on=keys
            )
        else:
            hit = _pair(paid, open_lines, keys)
        found.append(
            hit[["service_payment_id", "claim_payment_id", "service_line_id", "line_number"]].assign(rule=rule)
        )
        paid = paid[~paid["service_payment_id"].isin(hit["service_payment_id"])]
        taken = pd.MultiIndex.from_frame(hit[["claim_payment_id", "service_line_id"]])
        here = pd.MultiIndex.from_frame(open_lines[["claim_payment_id", "service_line_id"]])
        open_lines = open_lines[~here.isin(taken)]
    rest = paid[["service_payment_id", "claim_payment_id"]].assign(service_line_id=0, line_number=0, rule="none")
    return pd.concat([*found, rest], ignore_index=True).astype(
        {"service_payment_id": "int64", "service_line_id": "int64", "line_number": "int64", "rule": "str"}
    )


def _pair(paid: pd.DataFrame, lines: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Pair the n-th with the n-th where a key occurs equally often on both sides."""
    left = paid.assign(
        nth=paid.groupby(keys).cumcount(), times=paid.groupby(keys)["service_payment_id"].transform("size")
    )
    right = lines.assign(
        nth=lines.groupby(keys).cumcount(), times=lines.groupby(keys)["service_line_id"].transform("size")
    )
    return left.merge(right[[*keys, "nth", "times", "service_line_id", "line_number"]], on=[*keys, "nth", "times"])


def payer_sequence(matches: pd.DataFrame, payers: pd.DataFrame, status: pd.DataFrame) -> pd.DataFrame:
    """Say whose turn a claim payment was (P, S, T) and who is next.

    `matches`: claim_payment_id, family_id, payer_code, payer_name, status_code. `payers`: family_id, payer_sequence,
    payer_code, payer_name. `status`: codes/claim_status.csv. Gives claim_payment_id, payer_sequence, claim_payer_code
    (this payer's code on the claim, "" when it is not there), next_sequence and next_payer_code ("" when nobody
    follows). The payer is looked for among the payers of the claim, first by code, then by name; one that stands there
    twice is at the place that CLP02 says. Only if that fails CLP02 decides alone.
    """
    hints = status.set_index("code")["sequence_hint"]
    hint = matches["status_code"].map(hints).fillna("").where(lambda text: text != "", "P")
    pairs = matches[["claim_payment_id", "family_id", "payer_code", "payer_name"]].merge(
        payers, on="family_id", suffixes=("_paid", "")
    )
    by_code = (pairs["payer_code_paid"] == pairs["payer_code"]) & (pairs["payer_code"] != "")
    by_name = (pairs["payer_name_paid"].str.upper() == pairs["payer_name"].str.upper()) & (pairs["payer_name"] != "")
    pairs = pairs.assign(rank=np.select([by_code, by_name], [0, 1], 2))
    order = {letter: place for place, letter in enumerate("PSTABCDEFGHU")}
    pairs["place"] = pairs["payer_sequence"].map(order).fillna(99).astype("int64")
    hint_of = pd.Series(hint.to_numpy(), index=matches["claim_payment_id"].to_numpy())
    pairs["off_hint"] = (pairs["payer_sequence"] != hint_of.reindex(pairs["claim_payment_id"]).to_numpy()).astype(
        "int64"
    )
    known = pairs[pairs["rank"] < 2].sort_values(["claim_payment_id", "rank", "off_hint", "place"], kind="stable")
    by_payer = known.drop_duplicates("claim_payment_id").set_index("claim_payment_id")["payer_sequence"]
    found = by_payer.reindex(matches["claim_payment_id"])
    sequence = found.fillna(pd.Series(hint.to_numpy(), index=found.index))
    result = pd.DataFrame(
        {
            "claim_payment_id": matches["claim_payment_id"].to_numpy(),
            "payer_sequence": sequence.to_numpy(),
        }
    )
    own = pairs.merge(result, on=["claim_payment_id", "payer_sequence"]).sort_values(["claim_payment_id", "rank"])
    own_code = own.drop_duplicates("claim_payment_id").set_index("claim_payment_id")["payer_code"]
    result["claim_payer_code"] = own_code.reindex(result["claim_payment_id"]).fillna("").to_numpy()
    place = pd.Series(result["payer_sequence"].map(order).fillna(99).astype("int64").to_numpy())
    later = pairs.merge(result.assign(own_place=place)[["claim_payment_id", "own_place"]], on="claim_payment_id")
    later = later[(later["place"] > later["own_place"]) & (later["payer_sequence"] != "U")]
    later = later.sort_values(["claim_payment_id", "place"], kind="stable").drop_duplicates("claim_payment_id")
    later = later.set_index("claim_payment_id")
    result["next_sequence"] = later["payer_sequence"].reindex(result["claim_payment_id"]).fillna("").to_numpy()
    result["next_payer_code"] = later["payer_code"].reindex(result["claim_payment_id"]).fillna("").to_numpy()
    return result.astype(
        {"payer_sequence": "str", "claim_payer_code": "str", "next_sequence": "str", "next_payer_code": "str"}
    )
