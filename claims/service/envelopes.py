"""A trading partner and a control number in; the frames of an interchange with its sets, ready to be filled, out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from claims.frames import next_seg
from claims.x12.write_text import Delimiters

Frames = dict[str, pd.DataFrame]
ORIGINAL, REISSUE = "00", "18"


class Interchange(NamedTuple):
    """One file to one partner: its row of master data, ISA13, when it was planned, and BHT02."""

    partner: Mapping[str, Any]
    control_number: str
    kind: str
    moment: datetime
    purpose_code: str = ORIGINAL

    @property
    def file_name(self) -> str:
        """Name the file in the outbox; no partner reads anything from it, and no patient stands in it."""
        stamp = self.moment.strftime("%Y%m%d%H%M%S")
        return f"{self.partner['partner_code']}_837{self.kind}_{stamp}_{self.control_number}.837"


def delimiters(interchange: pd.DataFrame) -> Delimiters:
    """Give the delimiters of the one row of `interchanges`."""
    row = interchange.iloc[0]
    return Delimiters(
        row["element_separator"], row["component_separator"], row["repetition_separator"], row["terminator"],
        line_end="\n" if row["line_ends"] else "",
    )  # fmt: skip


def marks(partner: Mapping[str, Any]) -> str:
    """Give the four characters that no identifier to this partner may hold."""
    names = ("element_separator", "component_separator", "repetition_separator", "segment_terminator")
    return "".join(str(partner[name]) for name in names)


def enveloped(frames: Frames, wanted: Interchange) -> Frames:
    """Put claims (by `seg` in sending order) into sets within the limit, an envelope around them.

    Its rows are numbered behind all others: no row that was read in another set is taken for one of these sets.
    """
    claims = frames["claims"]
    number = np.arange(len(claims)) // int(wanted.partner["claims_per_set"])
    sets = int(number[-1]) + 1
    first = next_seg(frames) + 2
    transactions = _transactions(wanted, np.arange(first, first + sets))
    return frames | {
        "claims": claims.assign(transaction_seg=first + number),
        "interchanges": _interchange(wanted, first - 2),
        "groups": _group(wanted, first - 2),
        "transactions": transactions,
    }


def _text(**values: Any) -> pd.DataFrame:
    return pd.DataFrame([values]).astype({name: "str" for name, value in values.items() if isinstance(value, str)})


def _interchange(wanted: Interchange, seg: int) -> pd.DataFrame:
    partner = wanted.partner
    return _text(
        seg=seg,
        sender_qualifier=partner["submitter_qualifier"],
        sender_id=partner["submitter_identifier"],
        receiver_qualifier=partner["receiver_qualifier"],
        receiver_id=partner["receiver_identifier"],
        control_number=wanted.control_number,
        interchange_date=int(wanted.moment.strftime("%Y%m%d")),
        interchange_time=wanted.moment.strftime("%H%M"),
        acknowledgement_code="1" if partner["interchange_acknowledgement"] else "0",
        usage_code=partner["usage_code"],
        element_separator=partner["element_separator"],
        component_separator=partner["component_separator"],
        repetition_separator=partner["repetition_separator"],
        terminator=partner["segment_terminator"],
        line_ends=bool(partner["line_ends"]),
    )


def _group(wanted: Interchange, interchange_seg: int) -> pd.DataFrame:
    partner = wanted.partner
    return _text(
        seg=interchange_seg + 1,
        interchange_seg=interchange_seg,
        control_number=wanted.control_number.lstrip("0"),
        group_date=int(wanted.moment.strftime("%Y%m%d")),
        group_time=wanted.moment.strftime("%H%M"),
        sender_code=partner["group_sender_code"] or partner["submitter_identifier"],
        receiver_code=partner["group_receiver_code"] or partner["receiver_identifier"],
    )


def _transactions(wanted: Interchange, segs: np.ndarray) -> pd.DataFrame:
    """Give the sets: ST02 counts from 0001, BHT03 is ISA13 and ST02 and so is never used twice."""
    partner = wanted.partner
    numbers = [f"{number:04d}" for number in range(1, len(segs) + 1)]
    constants = {
        "set_code": f"837{wanted.kind}",
        "usage_code": partner["usage_code"],
        "batch_time": wanted.moment.strftime("%H%M"),
        "purpose_code": wanted.purpose_code,
        "claim_use_code": "CH",
        "submitter_name": partner["submitter_name"],
        "submitter_id": partner["submitter_number"] or partner["submitter_identifier"],
        "submitter_contact": partner["contact_name"],
        "submitter_phone": partner["contact_phone"],
        "receiver_name": partner["partner_name"],
        "receiver_id": partner["receiver_number"] or partner["receiver_identifier"],
    }
    text = pd.DataFrame({"control_number": numbers, **constants}).astype("str")
    return text.assign(
        seg=segs,
        interchange_seg=segs[0] - 2,
        group_seg=segs[0] - 1,
        batch_reference=wanted.control_number + text["control_number"],
        batch_date=int(wanted.moment.strftime("%Y%m%d")),
    )
