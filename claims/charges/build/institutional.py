"""What is particular to institutional claims: who rendered the service is named only when another attended."""

from __future__ import annotations

import pandas as pd

from claims.charges.build.look_up import Frames, LookUp, text

TAXONOMIES = ("attending",)
_RENDERING = ("rendering_npi", "rendering_last_name", "rendering_first_name", "rendering_taxonomy")


def completed(
    frames: Frames, mine: pd.Series, _master: LookUp, _billing: pd.DataFrame, _facilities: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Leave out what this kind of claim does not say; `mine` tells its rows of `claims`."""
    claims = frames["claims"]
    attending = text(claims, "attending_npi")
    same = mine & (attending != "") & (text(claims, "rendering_npi") == attending)
    if not same.any():
        return dict(frames)
    changed = {name: claims[name].where(~same, "") for name in _RENDERING if name in claims}
    return {**frames, "claims": claims.assign(**changed)}
