"""What a person changes on claims: rows of column and value in, the claims' frames with these values out."""

from __future__ import annotations

from typing import NoReturn

import pandas as pd

from claims.days import read_day
from claims.errors import UsageError
from claims.money import amount, cents

Frames = dict[str, pd.DataFrame]
# What is ours, or follows from something else: a charge is that of its lines, a number that of the version.
FIXED = (
    *("claim_id", "family_id", "service_line_id", "ordinal", "offset", "length", "kind", "claim_number", "body_hash"),
    *("frequency_code", "payer_sequence", "line_control_number", "line_number"),
)


# What a code brings with it, as beginnings of columns: with another code, building takes it from master data.
BELONGS: dict[str, tuple[str, ...]] = {
    "payer_code": ("payer_", "filing_indicator_code"),
    "billing_npi": ("billing_", "pay_to_"),
    **{
        f"{role}_npi": (f"{role}_",)
        for role in ("rendering", "attending", "operating", "other_operating", "referring", "supervising", "assistant")
    },
    "facility_npi": ("facility_name", "facility_address", "facility_city", "facility_state", "facility_zip"),
}
_STAYS = ("payer_sequence", "payer_paid_cents")


def changed(frames: Frames, changes: pd.DataFrame) -> Frames:
    """Give frames with `changes` (claim_id, line_number or 0 for the claim, column, value) made.

    Raises UsageError for a column that is not there or not a person's to change, and for a value that it cannot hold.
    """
    claims, lines = _emptied(frames["claims"], changes), frames["service_lines"]
    seg_of = claims.set_index("claim_id")["seg"]
    for (is_line, column), rows in changes.groupby([changes["line_number"] > 0, "column"]):
        frame = lines if is_line else claims
        name = str(column)
        if name in FIXED or name == "seg" or name.endswith("_seg") or (name == "charge_cents" and not is_line):
            raise UsageError(f"Column {name} of a claim is not changed by hand.")
        if name not in frame:
            raise UsageError(f"There is no column {name} in what claims {'lines ' if is_line else ''}say.")
        values = [_value(name, str(value)) for value in rows["value"].tolist()]
        keys = seg_of.reindex(rows["claim_id"]).to_numpy()
        if is_line:
            places = pd.MultiIndex.from_arrays([frame["claim_seg"], frame["ordinal"]])
            wanted = pd.MultiIndex.from_arrays([keys, rows["line_number"]])
        else:
            places, wanted = pd.Index(frame["seg"]), pd.Index(keys)
        at = places.get_indexer(wanted)
        column_values = frame[name].copy()
        for place, value in zip(at.tolist(), values, strict=True):
            if place >= 0:
                column_values.iloc[place] = value
        frame = frame.assign(**{name: column_values})
        lines, claims = (frame, claims) if is_line else (lines, frame)
    sums = lines.groupby("claim_seg")["charge_cents"].sum().reindex(claims["seg"], fill_value=0)
    return frames | {"claims": claims.assign(charge_cents=sums.to_numpy()), "service_lines": lines}


def _emptied(claims: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Empty what belonged to codes that become others; what is set beside a code is written after this."""
    of_claim = changes[
        (changes["line_number"] == 0) & changes["column"].isin([one for one in BELONGS if one in claims])
    ]
    for code, rows in of_claim.groupby("column"):
        new = rows.drop_duplicates("claim_id", keep="last").set_index("claim_id")["value"].astype("str").str.strip()
        wanted = new.reindex(claims["claim_id"])
        is_other = wanted.notna().to_numpy() & (wanted.to_numpy() != claims[str(code)].to_numpy())
        own = claims.columns[claims.columns.str.startswith(BELONGS[str(code)]) & (claims.dtypes == "str").to_numpy()]
        names = [str(name) for name in own if name != code and name not in _STAYS]
        claims = claims.assign(**{name: claims[name].mask(is_other, "").astype("str") for name in names})
    return claims


def _value(column: str, text: str) -> str | int | None:
    if column.endswith("_cents"):
        value = cents(text) if text else None
        if text and (value is None or value < 0):
            _refuse(column, "an amount like 145.00")
        return value
    if column.endswith("_milli"):
        whole, _, rest = text.partition(".")
        if not f"{whole}{rest}".isdecimal() or not whole or len(rest) > 3:
            _refuse(column, "a number like 1.5")
        return int(whole + rest.ljust(3, "0"))
    if column.endswith("_date"):
        try:
            return int(read_day(text).strftime("%Y%m%d")) if text else 0
        except ValueError:
            _refuse(column, "a day like 2026-09-01")
    return text


def text_of(column: str, value: object) -> str:
    """Write what a column of the frames holds as a person types it; the other way round from what `changed` reads."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    text = str(value)
    if column.endswith("_cents"):
        return amount(int(text))
    if column.endswith("_milli"):
        whole, rest = divmod(int(text), 1000)
        return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    if column.endswith("_date"):
        return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else ""
    return text


def _refuse(column: str, wanted: str) -> NoReturn:
    raise UsageError(f"Column {column} wants {wanted}.")
