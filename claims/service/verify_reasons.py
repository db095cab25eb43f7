"""What people wrote on an act is what the audit chain seals of it: changed on either side, it is found."""

from __future__ import annotations

from claims.store import audit, checking_reasons
from claims.store.handles import Connection


def unfounded(conn: Connection, audit_key: bytes) -> tuple[int, list[str]]:
    """Hold what is kept against what the chain tells: how many words there are, and what of them is otherwise."""
    events = checking_reasons.told(conn)
    told = set()
    for action, subject, body in zip(events["action"], events["subject"], events["body"], strict=True):
        read = audit.fields_of(body)
        where = checking_reasons.place(action, subject, read.get("act_reason_id"))
        told.add((where, subject, str(read.get("reason_mac", ""))))
    rows = checking_reasons.kept(conn)
    kept = {
        (where, subject, audit.words_mac(audit_key, words))
        for where, subject, words in zip(rows["place"], rows["subject"], rows["words"], strict=True)
    }
    known, said = ({(where, mac) for where, _, mac in some} for some in (kept, told))
    found = {f"{subject}: a reason that the audit chain seals stands there no more" for where, subject, mac in told
             if (where, mac) not in known}  # fmt: skip
    found |= {f"{subject}: a reason stands there that the audit chain does not seal" for where, subject, mac in kept
              if (where, mac) not in said}  # fmt: skip
    return len(rows), sorted(found)
