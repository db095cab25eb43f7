"""An invented practice: a number and a seed in, its patients' claims of one month as frames out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from claims.identifiers import npi_check_digit
from claims.payer.terms import table

SUBMITTER = {
    "submitter_name": "MADE UP FAMILY PRACTICE",
    "submitter_id": "MADEUP01",
    "submitter_contact": "BILLING DESK",
    "submitter_phone": "8005550100",
}
CLEARING_HOUSE = {"receiver_name": "PRETEND CLEARING HOUSE", "receiver_id": "PRETEND01"}


def npi(nine_digits: str) -> str:
    """Complete nine digits to an NPI."""
    return nine_digits + npi_check_digit(nine_digits)


BILLING = {
    "billing_npi": npi("199999901"),
    "billing_tax_id": "900000099",
    "billing_name": "MADE UP FAMILY PRACTICE",
    "billing_address": "100 INVENTED WAY",
    "billing_city": "NOWHERE",
    "billing_state": "OH",
    "billing_zip": "459990100",
    "billing_taxonomy": "207Q00000X",
}
_PROVIDERS = pd.DataFrame(
    {
        "rendering_npi": [npi("199999902"), npi("199999903"), npi("199999904")],
        "rendering_last_name": ["STETHOSCOPE", "TONGUEDEPRESSOR", "CLIPBOARD"],
        "rendering_first_name": ["AVERY", "ROWAN", "SAGE"],
        "rendering_taxonomy": ["207Q00000X", "207Q00000X", "225100000X"],
    }
)


@dataclass(frozen=True)
class Practice:
    """Claims and lines as in docs/frames.md, and the members as the payers know them."""

    claims: pd.DataFrame
    service_lines: pd.DataFrame
    members: pd.DataFrame


def check_letter(numbers: pd.Series) -> pd.Series:
    """Give the letter that guards a claim number against a slip of the pen: the number modulo 23."""
    letters = pd.Series(list("ABCDEFGHJKLMNPQRSTUVWXYZ")[:23])
    return pd.Series(letters.iloc[(numbers % 23).to_numpy()].to_numpy(), index=numbers.index)


def invent(count: int, seed: int, start: date, days: int = 28) -> Practice:
    """Invent `count` claims with services on the weekdays of `days` days from `start`."""
    rng = np.random.default_rng([seed, 1])
    people = _people(max(count * 2 // 5, 12), rng, start)
    claims = _claims(count, people, rng, start, days)
    lines = _lines(claims, rng)
    claims["charge_cents"] = lines.groupby("claim_seg")["charge_cents"].sum().reindex(claims["seg"]).to_numpy()
    members = people[people["is_known"]][["payer_code", "member_id", "coverage_to_date"]].reset_index(drop=True)
    return Practice(claims.drop(columns="profile"), lines, members)


def _people(count: int, rng: np.random.Generator, start: date) -> pd.DataFrame:
    payers = table("payers")
    payer = payers.iloc[rng.choice(len(payers), size=count, p=[0.45, 0.3, 0.25])].reset_index(drop=True)
    female = rng.random(count) < 0.5
    first = np.where(female, rng.choice(_names("first-f"), count), rng.choice(_names("first-m"), count))
    number = pd.Series(np.arange(count) * 37 + 10_000).astype(str)
    people = pd.DataFrame(
        {
            "payer_code": payer["payer_code"],
            "payer_name": payer["payer_name"],
            "filing_indicator_code": payer["filing_indicator_code"],
            "member_id": payer["icn_prefix"] + number,
            "subscriber_last_name": rng.choice(_names("last"), count),
            "subscriber_first_name": first,
            "subscriber_birth_date": _dates(date(1950, 1, 1), rng.integers(0, 19_000, count)),
            "subscriber_gender": np.where(female, "F", "M"),
            "subscriber_address": pd.Series(rng.integers(1, 200, count)).astype(str)
            + " "
            + rng.choice(_names("street"), count),
            "subscriber_city": "NOWHERE",
            "subscriber_state": "OH",
            "subscriber_zip": "45999",
        }
    )
    ended = rng.random(count) < 0.03
    end = int((start + timedelta(days=9)).strftime("%Y%m%d"))
    return people.assign(coverage_to_date=np.where(ended, end, 99991231), is_known=rng.random(count) >= 0.015)


def _claims(count: int, people: pd.DataFrame, rng: np.random.Generator, start: date, days: int) -> pd.DataFrame:
    person = people.iloc[rng.integers(0, len(people), count)].reset_index(drop=True)
    weekdays = [day for day in range(days) if (start + timedelta(days=day)).weekday() < 5]
    served = np.sort(rng.choice(weekdays, count))
    late = rng.random(count) < 0.015  # found in a drawer: beyond most filing limits
    served_on = pd.Series(_dates(start, served - np.where(late, 200, 0)))
    profiles = table("profiles").drop_duplicates("profile")
    weight = profiles["weight"].to_numpy(np.float64)
    profile = profiles["profile"].to_numpy()[rng.choice(len(profiles), count, p=weight / weight.sum())]
    dependent = rng.random(count) < 0.15
    child = rng.random(count) < 0.5
    number = pd.Series(np.arange(count) + 260_001)
    therapy = pd.Series(profile).str.startswith("therapy").to_numpy()
    provider = _PROVIDERS.iloc[np.where(therapy, 2, rng.integers(0, 2, count))].reset_index(drop=True)
    gender = np.where(rng.random(count) < 0.5, "F", "M")
    names = np.where(gender == "F", rng.choice(_names("first-f"), count), rng.choice(_names("first-m"), count))
    born = np.where(
        child,
        _dates(date(2009, 1, 1), rng.integers(0, 5000, count)),
        _dates(date(1955, 1, 1), rng.integers(0, 15_000, count)),
    )

    def patient(own: pd.Series | np.ndarray, subscriber: str) -> pd.Series:
        return person[subscriber].where(~dependent, own)

    diagnoses = profiles.set_index("profile")["diagnosis_codes"]
    return person.drop(columns=["coverage_to_date", "is_known"]).assign(
        seg=np.arange(1, count + 1),
        claim_number="EX" + number.astype(str) + check_letter(number),
        **BILLING,
        **{name: provider[name] for name in _PROVIDERS.columns.tolist()},
        payer_sequence="P",
        facility_code="11",
        frequency_code="1",
        patient_last_name=person["subscriber_last_name"],
        patient_first_name=patient(pd.Series(names), "subscriber_first_name"),
        patient_birth_date=np.where(dependent, born, person["subscriber_birth_date"]),
        patient_gender=patient(pd.Series(gender), "subscriber_gender"),
        patient_address=person["subscriber_address"],
        patient_city="NOWHERE",
        patient_state="OH",
        patient_zip="45999",
        relationship_code=np.where(dependent, np.where(child, "19", "01"), "18"),
        statement_from_date=served_on,
        statement_to_date=served_on,
        served_day=served,
        original_reference="",
        prior_authorization=_authorizations(count, rng),
        patient_paid_cents=0,
        diagnosis_codes=diagnoses.reindex(profile).to_numpy(),
        profile=profile,
    )


def _authorizations(count: int, rng: np.random.Generator) -> pd.Series:
    """Give most claims an authorization on file; `_lines` drops it where nothing needs one."""
    number = pd.Series(rng.integers(100_000, 999_999, count)).astype(str)
    return ("AU" + number).where(rng.random(count) >= 0.3, "")


def _lines(claims: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    procedures = table("procedures").set_index("procedure_code")
    lines = claims[["seg", "profile", "claim_number", "statement_from_date"]].merge(
        table("profiles").drop(columns=["diagnosis_codes", "weight"]), on="profile", validate="m:m"
    )
    lines = lines.sort_values(["seg", "ordinal"], kind="stable").reset_index(drop=True)
    slip = (rng.random(len(lines)) < 0.02) & lines["procedure_code"].isin(["99213", "99214", "93000", "71046"])
    needs = procedures["needs_authorization"].reindex(lines["procedure_code"]).to_numpy() == "Y"
    needed = pd.Series(needs).groupby(lines["seg"]).any().reindex(claims["seg"]).to_numpy()
    claims["prior_authorization"] = claims["prior_authorization"].where(needed, "")
    return pd.DataFrame(
        {
            "seg": np.arange(len(lines)) + 1,
            "claim_seg": lines["seg"],
            "ordinal": lines["ordinal"],
            "line_number": lines["ordinal"].astype(str),
            "procedure_qualifier": "HC",
            "procedure_code": lines["procedure_code"],
            "modifiers": lines["modifiers"].where(~slip, "80"),  # assistant surgeon at a desk: a slip
            "revenue_code": "",
            "charge_cents": procedures["charge_cents"].reindex(lines["procedure_code"]).to_numpy() * lines["units"],
            "unit_code": "UN",
            "units_milli": lines["units"] * 1000,
            "place_of_service": "",
            "diagnosis_pointers": lines["diagnosis_pointers"],
            "service_date": lines["statement_from_date"],
            "service_to_date": lines["statement_from_date"],
            "line_control_number": lines["claim_number"] + "L" + lines["ordinal"].astype(str),
        }
    )


def _names(part: str) -> list[str]:
    names = table("names")
    return names.loc[names["part"] == part, "name"].tolist()


def _dates(first: date, days: np.ndarray) -> np.ndarray:
    """Give YYYYMMDD integers, `days` days after `first`."""
    stamps = pd.Timestamp(first) + pd.to_timedelta(pd.Series(days), unit="D")
    result: np.ndarray = stamps.dt.strftime("%Y%m%d").astype("int64").to_numpy()
    return result
