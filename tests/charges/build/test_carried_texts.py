"""Segments carried as they were read: a delimiter in an identifier refuses the claim, in free text it is a blank."""

from __future__ import annotations

import pandas as pd

from claims.charges.build import cleaned

CLAIMS = pd.DataFrame({"seg": [10, 20], "billing_seg": 1, "subscriber_seg": [2, 3], "patient_seg": [2, 3]})


def carried(segment, text, *, claim=10, level=0):
    rows = pd.DataFrame({"claim_seg": [claim], "hl_seg": level, "seg": 11, "segment_id": segment, "text": text})
    frames = {"claims": CLAIMS, "other_segments": rows.astype({"segment_id": "str", "text": "str"})}
    found, refused = cleaned(frames, "*|^~", lambda text: text.replace("Ñ", "N"))
    return found["other_segments"]["text"].iloc[0], refused[["claim_seg", "edit_id", "element"]].to_numpy().tolist()


def test_an_identifier_with_a_delimiter_refuses_its_claim():
    assert carried("PWK", "OZ*BM***AC*ATT|1")[1] == [[10, "S12", "PWK"]]
    assert carried("PWK", "OZ*BM***AC*ATT\x1c1")[1] == [[10, "S12", "PWK"]]
    assert carried("PWK", "OZ*BM***AC*ATÑ1")[1] == [[10, "S12", "PWK"]]
    assert carried("PWK", "OZ*BM***AC*ATT\x1d1") == ("OZ*BM***AC*ATT\x1d1", [])  # this partner's are others


def test_free_text_is_spelt():
    assert carried("K3", "FREE|TEXT Ñ") == ("FREE TEXT N", [])
    assert carried("NM1", "77*2*A|B*****XX*1999999059") == ("77*2*A B*****XX*1999999059", [])
    assert carried("NM1", "77*2*AB*****XX*19|9999059")[1] == [[10, "S12", "NM1"]]


def test_what_stands_above_claims_refuses_all_of_them():
    assert carried("DTP", "1|", claim=0, level=1)[1] == [[10, "S12", "DTP"], [20, "S12", "DTP"]]
    assert carried("DTP", "1|", claim=0, level=3)[1] == [[20, "S12", "DTP"]]
