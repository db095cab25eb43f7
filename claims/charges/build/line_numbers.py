"""Line control numbers (REF*6R): which lines need one of ours, and what it looks like.

A number comes back in remittances and answers, and must name one line in the whole system.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LONGEST = 30


def to_number(lines: pd.DataFrame, taken: pd.Series) -> pd.Series:
    """Tell which lines need a number: they have none, one that is too long, or one that stands elsewhere (`taken`)."""
    number = lines["line_control_number"]
    return (number == "") | (number.str.len() > LONGEST) | number.duplicated(keep=False) | number.isin(taken)


def numbered_lines(lines: pd.DataFrame, wanting: pd.Series, first: int) -> pd.DataFrame:
    """Give lines with numbers counted from `first` where they are `wanting`."""
    ours = np.arange(first, first + int(wanting.sum()))
    numbers = lines["line_control_number"].astype(object).to_numpy(copy=True)
    numbers[wanting.to_numpy()] = [f"LN{number:010d}" for number in ours.tolist()]
    return lines.assign(line_control_number=pd.Series(numbers, index=lines.index, dtype="str"))
