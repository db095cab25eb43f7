"""Answers to what was sent (TA1, 999, 997, 277CA) as rows of one table: who was answered, by whom, and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from claims import x12
from claims.store.x12_rows import Frames, iso_dates

ANSWER_FRAMES = (
    "interchange_acknowledgements",
    "group_acknowledgements",
    "set_acknowledgements",
    "claim_statuses",
)

COLUMNS = {
    "transaction_seg": "int64",
    "seg": "int64",
    "offset": "int64",
    "length": "int64",
    "scope": "str",
    "reference": "str",
    "status_code": "str",
    "verdict": "str",
    "payer_claim_number": "str",
    "detail_code": "str",
    "group_reference": "str",
    "batch_reference": "str",
    "source_code": "str",
    "source_identifier": "str",
    "provider_npi": "str",
    "entity_code": "str",
    "action_code": "str",
    "charge_cents": "Int64",
    "status_date": "str",
}
LONGEST = {"detail_code": 40, "reference": 80, "batch_reference": 80, "payer_claim_number": 80}

# Levels of a 277CA (HL03) that say where the claims below belong, and the parties (NM101) that name them.
_SOURCE, _BATCH, _PROVIDER = "20", "21", "19"
_PARTIES = {_SOURCE: ("PR", "AY"), _BATCH: (), _PROVIDER: ("85",)}
_HEAD = {"transaction_seg": "int64", "seg": "int64", "level_code": "str", "code": "str", "identifier": "str"}


_NO_ROWS = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})


class Answers:
    """The answers of one file, part by part: a level may begin in one part and its claims stand in the next."""

    def __init__(self) -> None:
        self._heads = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in (_HEAD | {"trace": "str"}).items()})

    def rows(self, frames: Frames) -> pd.DataFrame:
        """Turn the answer frames of a part into acknowledgement rows, with the columns of `COLUMNS`: none, no row."""
        if all(frames[name].empty for name in ANSWER_FRAMES):
            return _NO_ROWS
        told = x12.meanings({name: frames[name] for name in (*ANSWER_FRAMES, "transactions")})
        groups = told["group_acknowledgements"]
        parts = [
            _answers(told["interchange_acknowledgements"], "interchange", "note_code", None),
            _answers(groups, "group", "error_codes", groups["control_number"]),
            _answers(
                told["set_acknowledgements"], "set", "error_codes", _group_of(told["set_acknowledgements"], groups)
            ),
            self._claims(told["claim_statuses"], frames),
        ]
        rows = pd.concat(parts, ignore_index=True)
        return rows.assign(**{name: rows[name].str[:most] for name, most in LONGEST.items()})

    def _claims(self, rows: pd.DataFrame, frames: Frames) -> pd.DataFrame:
        heads = self._heads = pd.concat([self._heads, _heads(rows, frames)], ignore_index=True)
        batch, source = (_above(rows, heads[heads["level_code"] == level]) for level in (_BATCH, _SOURCE))
        provider = _above(rows, heads[heads["level_code"] == _PROVIDER])
        inside = (provider["seg"] > batch["seg"]).to_numpy()
        return _completed(
            rows.assign(
                scope=rows["level"],
                reference=rows["trace"],
                status_code=rows["category_code"],
                detail_code=rows["status_code"],
                batch_reference=batch["trace"].to_numpy(),
                source_code=source["code"].to_numpy(),
                source_identifier=source["identifier"].to_numpy(),
                provider_npi=provider["identifier"].where(inside, "").to_numpy(),
                status_date=iso_dates(rows["status_date"]),
            )
        )


def _answers(rows: pd.DataFrame, scope: str, detail: str, group: pd.Series | None) -> pd.DataFrame:
    return _completed(
        rows.assign(
            scope=scope,
            reference=rows["control_number"],
            detail_code=rows[detail],
            group_reference="" if group is None else group.to_numpy(),
        )
    )


def _completed(rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows every column; 0 and "" stand for what this kind of answer does not say."""
    empty: dict[str, Any] = {"int64": 0, "str": "", "Int64": pd.NA}
    missing = {name: empty[kind] for name, kind in COLUMNS.items() if name not in rows}
    return rows.assign(**missing)[list(COLUMNS)].astype(COLUMNS)


def _group_of(sets: pd.DataFrame, groups: pd.DataFrame) -> pd.Series:
    numbers = groups.set_index("seg")["control_number"]
    return numbers.reindex(sets["group_seg"], fill_value="")


def _heads(rows: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Describe the levels of a part that have others below: who it is (`code`, `identifier`) and its TRN02."""
    levels = frames["hierarchy"]
    of_answers = pd.concat([rows["transaction_seg"], levels.loc[levels["level_code"] == _BATCH, "transaction_seg"]])
    levels = levels[levels["level_code"].isin(list(_PARTIES)) & levels["transaction_seg"].isin(of_answers)]
    trace = rows[rows["trace"] != ""].drop_duplicates("hl_seg").set_index("hl_seg")["trace"]
    parts = [_named(levels[levels["level_code"] == one], frames["parties"], codes) for one, codes in _PARTIES.items()]
    found = pd.concat(parts, ignore_index=True).sort_values("seg", kind="stable")
    return found.assign(trace=trace.reindex(found["seg"], fill_value="").to_numpy())


def _named(levels: pd.DataFrame, parties: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """Add code and identifier of the first party after each level that has one of `codes`."""
    fitting = parties[parties["qualifier_code"].isin(list(codes))]
    at = np.searchsorted(fitting["seg"].to_numpy(), levels["seg"].to_numpy())
    following = fitting.reset_index(drop=True).reindex(at)
    mine = following["transaction_seg"].to_numpy() == levels["transaction_seg"].to_numpy()
    return levels.assign(
        code=following["qualifier_code"].where(mine, "").fillna("").to_numpy(),
        identifier=following["identifier"].where(mine, "").fillna("").to_numpy(),
    )[list(_HEAD)].astype(_HEAD)


def _above(rows: pd.DataFrame, heads: pd.DataFrame) -> pd.DataFrame:
    """Give the level above each row among `heads`: seg (0: none), code, identifier, trace."""
    at = np.searchsorted(heads["seg"].to_numpy(), rows["hl_seg"].to_numpy(), side="right") - 1
    found = heads.reset_index(drop=True).reindex(at).reset_index(drop=True)
    mine = found["transaction_seg"] == rows["transaction_seg"].reset_index(drop=True)
    return found.where(mine).fillna({"seg": 0, "code": "", "identifier": "", "trace": ""})
