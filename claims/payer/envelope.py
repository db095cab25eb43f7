"""Who sends what to whom: frames of one file's interchange, functional group and transaction sets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames


def enveloped(
    frames: Frames, transactions: pd.DataFrame, sender: str, receiver: str, day: int, number: int, time: str = "0600"
) -> Frames:
    """Add `interchanges`, `groups` and `transactions` to frames: one interchange with one group.

    `transactions` needs `seg` and `set_code`; `number` is ISA13 and GS06. Usage is P.
    """
    return {
        **frames,
        "interchanges": pd.DataFrame(
            {
                "seg": [1],
                "sender_id": [sender],
                "receiver_id": [receiver],
                "interchange_date": [day],
                "interchange_time": [time],
                "control_number": [str(number)],
                "usage_code": ["P"],
            }
        ),
        "groups": pd.DataFrame(
            {
                "seg": [2],
                "interchange_seg": [1],
                "sender_code": [sender],
                "receiver_code": [receiver],
                "group_date": [day],
                "group_time": [time],
                "control_number": [str(number)],
            }
        ),
        "transactions": transactions.assign(
            interchange_seg=1,
            group_seg=2,
            control_number=pd.Series(np.arange(1, len(transactions) + 1), index=transactions.index)
            .astype(str)
            .str.zfill(4),
        ),
    }
