"""Interchanges and groups of a file in; those of its answers out: sender and receiver change places."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pandas as pd

from claims.x12.acknowledge import limits
from claims.x12.acknowledge.terms import Terms
from claims.x12.conform import maps

_SHORTEST_CODE, _LONGEST_CODE = 2, 15


def interchanges(received: pd.DataFrame, terms: Terms, numbers: Iterator[int]) -> pd.DataFrame:
    """Return an interchange back to each sender. No TA1 is asked for: an answer is not answered."""
    usage = received["usage_code"]
    return pd.DataFrame(
        {
            "seg": received["seg"].to_numpy(),
            "sender_qualifier": _qualifiers(received["receiver_qualifier"]).to_numpy(),
            "sender_id": received["receiver_id"].str[:_LONGEST_CODE].to_numpy(),
            "receiver_qualifier": _qualifiers(received["sender_qualifier"]).to_numpy(),
            "receiver_id": received["sender_id"].str[:_LONGEST_CODE].to_numpy(),
            "control_number": [f"{number:09d}" for number in islice(numbers, len(received))],
            "usage_code": usage.where(usage.isin(["P", "T"]), "P").to_numpy(),
        }
    ).assign(interchange_date=terms.date, interchange_time=terms.time, acknowledgement_code="0")


def groups(received: pd.DataFrame, around: pd.DataFrame, terms: Terms, numbers: Iterator[int]) -> pd.DataFrame:
    """Return a group back to the sender of each group; `around` are their interchanges."""
    outer = around.set_index("seg").loc[received["interchange_seg"]]
    return pd.DataFrame(
        {
            "seg": received["seg"].to_numpy(),
            "interchange_seg": received["interchange_seg"].to_numpy(),
            "sender_code": _application_codes(received["receiver_code"], outer["receiver_id"]),
            "receiver_code": _application_codes(received["sender_code"], outer["sender_id"]),
            "control_number": [str(number) for number in islice(numbers, len(received))],
        }
    ).assign(group_date=terms.date, group_time=terms.time)


def _qualifiers(received: pd.Series[str]) -> pd.Series[str]:
    return received.where(received.isin(limits.codes(maps.CONTROL, "ISA", 5)), "ZZ")


def _application_codes(received: pd.Series[str], identifier: pd.Series[str]) -> np.ndarray:
    """Return GS02 or GS03: as received, else the interchange's own id; it has two characters at least."""
    own, other = received.to_numpy(), identifier.to_numpy()
    code = np.where(received.str.len().to_numpy() >= _SHORTEST_CODE, own, other)
    texts: pd.Series[str] = pd.Series(code, dtype="str").str[:_LONGEST_CODE].str.strip()
    return texts.where(texts.str.len() >= _SHORTEST_CODE, "ZZ").to_numpy()
