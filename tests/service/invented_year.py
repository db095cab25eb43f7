"""A year of a practice, a hospital and a dental office, invented: a number of patients and a seed in; charges CSVs out.

Every patient has a payer of edi_samples/master, and one in six a second one. Charges are what such places bill: visits
with tests, an emergency room, a stay, cleanings and fillings. What an edit must stop is among them on purpose.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pandas as pd

YEAR = 2026
PAYERS = pd.DataFrame(
    {"payer_code": ["FABLE", "DRAGN", "MOONB"], "prefix": ["FW", "DC", "MB"], "other": ["MOONB", "FABLE", "DRAGN"]}
)
LAST = ("TEACUP", "MARMALADE", "PUDDLEFORD", "WAFFLEWORTH", "FIZZLETON", "NOODLEMAN", "CRUMPETSON", "DOODLEWAY")
FIRST = ("PIP", "ODETTE", "RUFUS", "MABEL", "OTTO", "CLEO", "BRAM", "IVY")

# What is billed at one visit: kind, weight, then its lines: revenue code, procedure, modifiers, pointers, charge in
# cents, and for a dental line tooth and surfaces.
VISITS: list[tuple[str, int, str, list[tuple[str, str, str, str, int, str, str]]]] = [
    ("P", 24, "I10", [("", "99213", "", "1", 14500, "", "")]),
    ("P", 14, "E119 I10", [("", "99214", "", "1 2", 20500, "", "")]),
    ("P", 12, "E119 E785", [("", "99214", "25", "1 2", 20500, "", ""), ("", "36415", "", "1", 2000, "", "")]),
    ("P", 8, "J029", [("", "99213", "25", "1", 14500, "", ""), ("", "93000", "", "1", 7500, "", "")]),
    ("P", 6, "M1711", [("", "20610", "RT", "1", 24500, "", "")]),
    ("P", 6, "M5450", [("", "97110", "GP", "1", 7500, "", ""), ("", "97140", "GP 59", "1", 7000, "", "")]),
    ("I", 8, "R079", [("0450", "99284", "", "", 95000, "", ""), ("0730", "93005", "", "", 22000, "", "")]),
    ("I", 4, "S82001A", [("0450", "99283", "", "", 70000, "", ""), ("0320", "73560", "", "", 31000, "", "")]),
    ("D", 10, "", [("", "D0120", "", "", 6500, "", ""), ("", "D1110", "", "", 11000, "", "")]),
    ("D", 5, "", [("", "D2392", "", "", 24000, "19", "M O")]),
]
BILLING = {"P": "1999999018", "I": "1999999067", "D": "1999999109"}
TREATING = {"P": ("1999999026", "1999999034"), "I": ("1999999075", "1999999083"), "D": ("1999999117",)}


@dataclass(frozen=True)
class Year:
    """One row per service line, with the columns of a charges CSV, and the month of each."""

    rows: pd.DataFrame

    def months(self) -> list[int]:
        """Give the months that have charges, in order."""
        return sorted(self.rows["month"].unique().tolist())

    def csv(self, month: int) -> bytes:
        """Give the charges of a month as a CSV."""
        text = io.StringIO()
        self.rows[self.rows["month"] == month].drop(columns="month").to_csv(text, index=False, lineterminator="\n")
        return text.getvalue().encode()


def year(patients: int, seed: int, visits_each: float = 3.0) -> Year:
    """Invent a year; the same arguments give the same charges."""
    rng = np.random.default_rng(seed)
    people = _people(patients, rng)
    count = int(patients * visits_each)
    person = people.iloc[rng.integers(0, patients, count)].reset_index(drop=True)
    weight = np.array([visit[1] for visit in VISITS], dtype=np.float64)
    which = rng.choice(len(VISITS), count, p=weight / weight.sum())
    day = pd.Timestamp(YEAR, 1, 5) + pd.to_timedelta(np.sort(rng.integers(0, 300, count)), unit="D")
    claims = _claims(person, which, pd.Series(day), rng)
    lines = pd.DataFrame(
        [(visit, at, *line) for visit, (_, _, _, lines) in enumerate(VISITS) for at, line in enumerate(lines)],
        columns=[
            *("visit", "at", "revenue_code", "procedure_code", "modifiers", "diagnosis_pointers", "charge_cents"),
            *("tooth_codes", "tooth_surfaces"),
        ],
    )
    rows = claims.assign(visit=which, order=np.arange(count)).merge(lines, on="visit").sort_values(["order", "at"])
    dollars = rows["charge_cents"] // 100
    rows["charge"] = dollars.astype("str") + "." + (rows["charge_cents"] % 100).astype("str").str.zfill(2)
    rows["units"] = "1"
    return Year(rows.drop(columns=["visit", "order", "at", "charge_cents"]).reset_index(drop=True))


def _people(count: int, rng: np.random.Generator) -> pd.DataFrame:
    payer = PAYERS.iloc[rng.choice(3, count, p=[0.45, 0.3, 0.25])].reset_index(drop=True)
    number = pd.Series(np.arange(count) + 10_000).astype("str")
    has_second = rng.random(count) < 1 / 6
    second = payer["other"].where(has_second, "")
    prefix = PAYERS.set_index("payer_code")["prefix"]
    born = pd.Timestamp(1955, 1, 1) + pd.to_timedelta(rng.integers(0, 16_000, count), unit="D")
    return pd.DataFrame(
        {
            "payer_code": payer["payer_code"],
            "member_id": payer["prefix"] + number,
            "subscriber_last_name": rng.choice(LAST, count),
            "subscriber_first_name": rng.choice(FIRST, count),
            "subscriber_birth_date": pd.Series(born).dt.strftime("%Y-%m-%d"),
            "subscriber_gender": rng.choice(["F", "M"], count),
            "subscriber_address": (pd.Series(np.arange(count) + 1)).astype("str") + " PENCIL WAY",
            "subscriber_city": "NOWHERE",
            "subscriber_state": "OH",
            "subscriber_zip": "45999",
            "secondary_payer_code": second,
            "secondary_member_id": (prefix.reindex(second).fillna("").reset_index(drop=True) + number).where(
                has_second, ""
            ),
            "secondary_relationship_code": np.where(has_second, "18", ""),
        }
    )


def _claims(person: pd.DataFrame, which: np.ndarray, day: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    kind = pd.Series(np.array([visit[0] for visit in VISITS], dtype=object)[which])
    iso = day.dt.strftime("%Y-%m-%d")
    treating = pd.Series([TREATING[one][number % len(TREATING[one])] for number, one in enumerate(kind)])
    institutional, professional = kind == "I", kind == "P"
    blank = pd.Series("", index=kind.index)
    return person.assign(
        month=day.dt.month.to_numpy(),
        claim_number="YR" + pd.Series(np.arange(len(kind)) + 100_001).astype("str"),
        claim_type=kind,
        billing_npi=kind.map(BILLING),
        rendering_npi=treating.where(~institutional, ""),
        attending_npi=treating.where(institutional, ""),
        place_of_service=blank.where(institutional, "11"),
        type_of_bill=blank.where(~institutional, "131"),
        statement_from=iso.where(institutional, ""),
        statement_to=iso.where(institutional, ""),
        admission_type_code=blank.where(~institutional, "1"),
        admission_source_code=blank.where(~institutional, "1"),
        patient_status_code=blank.where(~institutional, "01"),
        reason_for_visit_codes=pd.Series([VISITS[one][2] for one in which]).where(institutional, ""),
        diagnosis_codes=[VISITS[one][2] for one in which],
        service_from=iso,
        # One in 60 lacks its member's number, one in 80 was served too long ago for the payer's limit.
        member_id=person["member_id"].where(rng.random(len(kind)) > 1 / 60, "X" + person["member_id"]),
        prior_authorization=blank.where(~professional, ""),
    )
