"""What is particular to dental claims: the taxonomies of who rendered and who assisted have places of their own."""

from __future__ import annotations

import pandas as pd

from claims.charges.build.look_up import Frames, LookUp

TAXONOMIES = ("rendering", "assistant")


def completed(
    frames: Frames, _mine: pd.Series, _master: LookUp, _billing: pd.DataFrame, _facilities: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Give the frames as they are: a dental claim says nothing that the others do not."""
    return dict(frames)
