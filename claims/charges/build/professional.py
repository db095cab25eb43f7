"""What is particular to professional claims: certificates that some procedures need, and where no place is named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.charges.build.look_up import Frames, LookUp, text

TAXONOMIES = ("rendering",)
_AT_HOME = "12"  # the patient's address is the place: it is not named again
_FACILITY = ("npi", "name", "address", "city", "state", "zip")
# Trait of a procedure, the reference that it needs, and the column of facilities that has it.
_CERTIFICATES = (("laboratory", "X4", "clia_number"), ("mammography", "EW", "mammography_number"))


def completed(
    frames: Frames, mine: pd.Series, master: LookUp, billing: pd.DataFrame, facilities: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Add what only this kind of claim has; `mine` tells its rows of `claims`."""
    claims = frames["claims"]
    at_home = mine & (claims["facility_code"] == _AT_HOME)
    if at_home.any():
        columns = [f"facility_{name}" for name in _FACILITY if f"facility_{name}" in claims]
        claims = claims.assign(**{name: claims[name].where(~at_home, "") for name in columns})
    found = {**frames, "claims": claims}
    for trait, qualifier, column in _CERTIFICATES:
        own = text(billing, column).where(text(facilities, column) == "", text(facilities, column))
        found = _certified(found, claims[mine & (own != "")], own, master, trait, qualifier)
    return found


def _certified(
    frames: dict[str, pd.DataFrame],
    claims: pd.DataFrame,
    numbers: pd.Series,
    master: LookUp,
    trait: str,
    qualifier: str,
) -> dict[str, pd.DataFrame]:
    """Add a certificate's number to each claim with a procedure that needs it, unless the content names one."""
    lines = frames["service_lines"]
    lines = lines[lines["claim_seg"].isin(claims["seg"])]
    if lines.empty:
        return frames
    needing = lines.loc[_has_trait(lines, master, trait), "claim_seg"].unique()
    references = frames.get("references", pd.DataFrame())
    if len(references):
        told = references.loc[references["qualifier_code"] == qualifier, "claim_seg"]
        needing = needing[~np.isin(needing, told)]
    if not len(needing):
        return frames
    number_of = pd.Series(numbers.reindex(claims.index).to_numpy(), index=claims["seg"])
    added = pd.DataFrame(
        {
            "transaction_seg": np.int64(0), "seg": np.int64(0), "offset": np.int64(0), "length": np.int64(0),
            "claim_seg": needing, "service_seg": np.int64(0), "loop": "2300", "qualifier_code": qualifier,
            "reference": number_of.reindex(needing).to_numpy(),
        }
    ).astype({"loop": "str", "qualifier_code": "str", "reference": "str"})  # fmt: skip
    parts = [references, added] if len(references) else [added]
    return {**frames, "references": pd.concat(parts, ignore_index=True)}


def _has_trait(lines: pd.DataFrame, master: LookUp, trait: str) -> pd.Series:
    """Tell which lines are for procedures of a trait; a row names a code, or how codes begin and a star."""
    rows = master.rows("procedures")
    rows = rows[rows["trait"] == trait]
    code, day = lines["procedure_code"], lines["service_date"]
    found = pd.Series(False, index=lines.index)
    spans = zip(rows["procedure_code"], rows["effective_from"].tolist(), rows["effective_to"].tolist(), strict=True)
    for pattern, first, last in spans:
        same = code.str.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern
        found |= same & (day >= first) & (day <= last)
    return found
