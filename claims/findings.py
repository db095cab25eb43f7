"""Findings: what is wrong or odd in the data, as rows. Small facts in, one frame out; never an exception.

`found`, `expected` and `message` hold codes, counts, dates, amounts and control numbers only, never patient data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

REJECT, HOLD, NOTE = "reject", "hold", "note"
SEVERITIES = (NOTE, HOLD, REJECT)


class Finding(NamedTuple):
    """One finding: where (`seg`, `element`, `offset`), how bad, what was found and expected, and one sentence.

    `loop` is the path of loops in the guide; `repeat` the number of the repetition, 0 where an element has only one.
    """

    code: str
    severity: str
    message: str
    seg: int = 0
    element: str = ""
    offset: int = 0
    found: str = ""
    expected: str = ""
    ack_code: str = ""
    transaction_seg: int = 0
    loop: str = ""
    repeat: int = 0


COLUMNS = {
    "transaction_seg": "int64",
    "code": "str",
    "severity": "str",
    "seg": "int64",
    "element": "str",
    "offset": "int64",
    "found": "str",
    "expected": "str",
    "ack_code": "str",
    "message": "str",
    "loop": "str",
    "repeat": "int64",
}

ORDER = ["seg", "offset", "element", "code"]
_BETWEEN = str.maketrans("", "", ". ")


def frame(findings: Iterable[Finding] = ()) -> pd.DataFrame:
    """Build the findings frame, in the order `ORDER`."""
    rows = sorted(findings, key=attrgetter(*ORDER))
    if not rows:
        return _empty().copy(deep=False)
    values = dict(zip(Finding._fields, zip(*rows, strict=True), strict=True))
    return pd.DataFrame({name: _column(values[name], kind) for name, kind in COLUMNS.items()})


def _column(values: tuple[Any, ...], kind: str) -> Any:
    return np.array(values, kind) if kind == "int64" else pd.array(values, dtype="str")


@cache
def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})


def worst(findings: pd.DataFrame) -> str:
    """Return the worst severity in a findings frame, or `""` when it is empty."""
    present = set(findings["severity"])
    return next((severity for severity in reversed(SEVERITIES) if severity in present), "")


def shown(texts: Sequence[str], most: int) -> list[str]:
    """Quote what can be codes only, of up to `most` characters; of all else (a shifted field) the length."""
    return [text if _is_code(text, most) else f"{len(text)} characters" for text in texts]


def _is_code(text: str, most: int) -> bool:
    """Tell a code (99213, M25.1, CO, 1 2) from a name or a date."""
    plain = text.translate(_BETWEEN)
    if len(text) > most or not text.isascii() or not plain.isalnum():
        return False
    letters = sum(char.isalpha() for char in plain)
    return len(plain) <= 2 if letters == len(plain) else letters <= 3 and (letters > 0 or len(plain) <= 5 or most > 8)
