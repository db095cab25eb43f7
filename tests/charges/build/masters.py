"""A little master data to build claims from: kinds and their rows in, as `Master` wants them."""

from __future__ import annotations

import pandas as pd

from claims.master import Master


def known(**kinds: list[dict]) -> Master:
    """Give master data that holds these rows."""
    dated = {
        kind: [{"effective_from": 18800101, "effective_to": 99991231, **row} for row in rows]
        for kind, rows in kinds.items()
    }
    return Master.of({kind: pd.DataFrame(rows) for kind, rows in dated.items()})
