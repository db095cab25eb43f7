"""Fee schedule of a simulated payer: service lines in, what the payer allows for them out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.payer.draws import draws, keys
from claims.payer.terms import payer_terms, rate, table

UNLISTED_PERCENT = 60  # of the charge, for a procedure that the schedule does not list
# Of the price band, for a payer that has a fee of its own for every procedure.
_LOWEST_PERCENT, _HIGHEST_PERCENT = 50, 90


def percent_of(cents: npt.NDArray[np.int64], percent: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Take a percentage of amounts that are not negative, half cents up."""
    return (cents * percent + 50) // 100


def priced(lines: pd.DataFrame) -> pd.DataFrame:
    """Add what the schedule says of each line's procedure; needs `procedure_code`, `units_milli`, `charge_cents`,
    `fee_percent`. `allowed_cents` is for all units and never above the charge.
    """
    schedule = table("procedures").rename(columns={"charge_cents": "list_cents", "modifiers": "known_modifiers"})
    schedule = schedule.set_index("procedure_code")
    listed = lines["procedure_code"].isin(schedule.index).to_numpy()
    found = schedule.reindex(lines["procedure_code"].where(listed, schedule.index[0])).reset_index(drop=True)
    found.index = lines.index
    charge = lines["charge_cents"].to_numpy(np.int64)
    units = lines["units_milli"].to_numpy(np.int64)
    by_schedule = found["allowed_cents"].to_numpy(np.int64) * units // 1000
    by_schedule = percent_of(by_schedule, lines["fee_percent"].to_numpy(np.int64))
    by_charge = percent_of(charge, np.full(len(lines), UNLISTED_PERCENT, np.int64))
    return lines.assign(
        kind=found["kind"].where(listed, "other"),
        needs_authorization=listed & (found["needs_authorization"] == "Y").to_numpy(),
        is_covered=~listed | (found["is_covered"] == "Y").to_numpy(),
        known_modifiers=found["known_modifiers"].where(listed, "*"),
        units_limit=found["units_limit"].where(listed, np.iinfo(np.int32).max),
        allowed_cents=np.minimum(np.where(listed, by_schedule, by_charge), charge),
    )


def month_fees() -> pd.DataFrame:
    """Give the fee schedules of the payers of the table `payers`: payer_code, procedure_code, allowed_cents a unit."""
    both = table("payers")[["payer_code", "fee_percent"]].merge(table("procedures"), how="cross")
    both = both[both["is_covered"] == "Y"]
    cents = percent_of(both["allowed_cents"].to_numpy(np.int64), both["fee_percent"].to_numpy(np.int64))
    return both[["payer_code", "procedure_code"]].assign(allowed_cents=cents).reset_index(drop=True)


def unit_fees(claims: pd.DataFrame, lines: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give what payers allow for a unit of each procedure that stands on claims: as `month_fees`, in file order.

    A fee follows the band of the charge (see `scheduled`): the first charge of a payer and procedure decides.
    """
    known = claims.set_index("seg")[["payer_code", "payer_name"]]
    own = lines[lines["procedure_code"].str.fullmatch("[A-Z0-9]{5}")].join(known, on="claim_seg")
    own = own[own["payer_code"].fillna("") != ""].drop_duplicates(["payer_code", "procedure_code"])
    payers = own[["payer_code", "payer_name"]].drop_duplicates("payer_code").reset_index(drop=True)
    percent = payer_terms(payers, seed).set_index("payer_code")["fee_percent"]
    units = np.maximum(own["units_milli"].to_numpy(np.int64), 1)
    qualifier = own["procedure_qualifier"].where(own["procedure_qualifier"] != "", "HC")
    unit = own.assign(
        fee_percent=percent.reindex(own["payer_code"]).to_numpy(),
        procedure_qualifier=qualifier,
        charge_cents=own["charge_cents"].to_numpy(np.int64) * 1000 // units,
        units_milli=1000,
    )
    found = scheduled(unit.reset_index(drop=True), seed)
    return found.loc[found["is_covered"], ["payer_code", "procedure_code", "allowed_cents"]].reset_index(drop=True)


def scheduled(lines: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Price as `priced` does; a procedure that no schedule lists has a fee that follows from payer, code and seed.

    The fee is a share of the band (a power of two) that the charge for a unit lies in: the same for all charges of
    like size, and never above nine tenths of the charge. Some of these procedures need an authorization or are not
    covered, as rates.csv says.
    """
    found = priced(lines)
    unlisted = (found["kind"] == "other").to_numpy()
    units = lines["units_milli"].to_numpy(np.int64)
    charge = lines["charge_cents"].to_numpy(np.int64)
    unit_charge = np.where(units > 0, charge * 1000 // np.maximum(units, 1), charge)
    band = np.int64(1) << (np.frexp(np.maximum(unit_charge, 1).astype(np.float64))[1].astype(np.int64) - 1)
    code = lines["procedure_code"].where(lines["procedure_code"] != "", lines["revenue_code"])
    key = keys(lines["payer_code"], lines["procedure_qualifier"], code, seed=seed)
    percent = _LOWEST_PERCENT + draws(key, "fee", _HIGHEST_PERCENT - _LOWEST_PERCENT + 1)
    fee = band * percent // 100
    allowed = np.maximum(np.where(units > 0, fee * units // 1000, fee), np.minimum(charge, 1))
    schedule = found["allowed_cents"].to_numpy(np.int64)
    kind, may_need = _kinds(code)
    return found.assign(
        kind=np.where(unlisted, kind, found["kind"].to_numpy(object)),
        allowed_cents=np.minimum(np.where(unlisted, allowed, np.maximum(schedule, np.minimum(charge, 1))), charge),
        needs_authorization=found["needs_authorization"]
        | (unlisted & may_need & (draws(key, "authorization", 10_000) < rate("authorization"))),
        is_covered=found["is_covered"] & ~(unlisted & (draws(key, "covered", 10_000) < rate("not-covered"))),
    )


def _kinds(codes: pd.Series) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Give what kind of procedure each code is, and whether it may need an authorization: by its longest prefix.

    A loop over distinct codes.
    """
    rows = {row["prefix"]: row for row in table("procedure_kinds").to_dict("records")}
    number, distinct = pd.factorize(codes)
    found = [rows[max((p for p in rows if str(code).startswith(p)), key=len)] for code in distinct]
    kinds = np.array([row["kind"] for row in found], object)
    may_need = np.array([row["may_need_authorization"] == "Y" for row in found], np.bool_)
    return kinds[number], may_need[number]
