"""The claims of cases: sent from here or from elsewhere, and what was made of them to be sent again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.store.handles import Connection
from claims.store.queries import made_claims


def with_claims(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Add what is known of the claims of cases (case_id, family_id, payer_sequence, state).

    `is_elsewhere`: no version of it is ours to send. `is_forwarded`: some are, but none to this payer, to whom the
    payer before sent it on. Of a case that waits for a claim of ours: `made_claim_id`,
    `made_life` (0 and empty where there is none) and `edits`, the edits that stop it, blank-separated; where it goes to
    another payer than denied, `asked_payer`: who owes the answer.
    """
    families = rows.loc[rows["family_id"] != 0, "family_id"].drop_duplicates().tolist()
    origins = made_claims.origins(conn, families).set_index("family_id").reindex(rows["family_id"])
    is_ours = origins["is_ours"].to_numpy() == True  # noqa: E712 missing is neither
    sent_to = origins["sequences"].fillna("").tolist()
    is_unsent = [one not in known for one, known in zip(rows["payer_sequence"], sent_to, strict=True)]
    rows = rows.assign(is_elsewhere=~is_ours, is_forwarded=is_ours & np.array(is_unsent, dtype=bool))
    waiting = rows.loc[rows["state"] == "waiting", "case_id"].tolist()
    if not waiting:
        return rows.assign(asked_payer=_nothing(rows), made_claim_id=0, made_life=_nothing(rows), edits=_nothing(rows))
    made = made_claims.of_cases(conn, waiting)
    stops = made_claims.blocks(conn, made[made["life"] == made_claims.BLOCKED])
    edits = stops.groupby("case_id")["edit_id"].agg(" ".join) if len(stops) else pd.Series(dtype="str")
    known = made.set_index("case_id")
    others = known[["payer_code", "payer_name"]].reindex(rows["case_id"]).set_index(rows.index).fillna("").astype("str")
    denied_by = rows["own_payer_code"] if "own_payer_code" in rows else pd.Series("", rows.index)
    is_other = (others["payer_code"] != "") & (denied_by != "") & (others["payer_code"] != denied_by)
    name = others["payer_name"].where(others["payer_name"] != "", others["payer_code"])
    return rows.assign(
        asked_payer=name.where(is_other, "").astype("str"),
        made_claim_id=known["claim_id"].reindex(rows["case_id"]).fillna(0).to_numpy("int64"),
        made_life=pd.Series(known["life"].reindex(rows["case_id"]).fillna("").to_numpy(), rows.index, dtype="str"),
        edits=pd.Series(edits.reindex(rows["case_id"]).fillna("").to_numpy(), rows.index, dtype="str"),
    )


def _nothing(rows: pd.DataFrame) -> pd.Series[str]:
    return pd.Series("", index=rows.index, dtype="str")
