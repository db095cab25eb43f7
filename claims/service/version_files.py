"""Claims of any kind in; the bytes of an 837 of our own for the vault, which nobody is sent, out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims import x12
from claims.frames import next_seg

Frames = dict[str, pd.DataFrame]
_OURS = "OWN VERSIONS"


def version_file(frames: Frames, number: int, day: date) -> bytes:
    """Write claims as an interchange with a group, and in it a set, for each kind; texts stay as they are."""
    claims = frames["claims"].sort_values(["kind", "seg"], kind="stable", ignore_index=True)
    kinds = sorted(set(claims["kind"].tolist()))
    first = next_seg(frames)
    groups = np.arange(first + 1, first + 1 + len(kinds))
    segs = groups + len(kinds)
    stamp = int(day.strftime("%Y%m%d"))
    set_of = dict(zip(kinds, segs.tolist(), strict=True))
    interchange = {
        "seg": first, "sender_id": _OURS, "receiver_id": _OURS, "control_number": f"{number % 10**9:09d}",
        "interchange_date": stamp,
    }  # fmt: skip
    group = pd.DataFrame(
        {
            "seg": groups, "interchange_seg": first, "group_date": stamp, "sender_code": "OWN", "receiver_code": "OWN",
            "control_number": [f"{number * 10 + place}"[-9:] for place in range(1, len(kinds) + 1)],
        }
    )  # fmt: skip
    transactions = pd.DataFrame(
        {
            "seg": segs, "interchange_seg": first, "group_seg": groups, "set_code": [f"837{kind}" for kind in kinds],
            "control_number": [f"{place:04d}" for place in range(1, len(kinds) + 1)],
            "batch_reference": str(number), "batch_date": stamp,
            "submitter_name": _OURS, "submitter_id": _OURS, "receiver_name": _OURS, "receiver_id": _OURS,
        }
    )  # fmt: skip
    lines = frames["service_lines"].assign(line_control_number="")
    return x12.write(
        frames | {
            "claims": claims.assign(transaction_seg=claims["kind"].map(set_of).astype("int64")),
            "service_lines": lines.astype({"line_control_number": "str"}),
            "interchanges": pd.DataFrame([interchange]), "groups": group, "transactions": transactions,
        },
        upper=False,
    )  # fmt: skip
