"""A person says which claim a waiting payment is of, or that it is not of the one it was matched to; audited."""

from __future__ import annotations

import json
from typing import NamedTuple

import pandas as pd

from claims import codes
from claims.errors import NotFoundError, UsageError
from claims.ledger import match
from claims.ledger.patient_names import same_patient
from claims.service.audited import record, sealed_words
from claims.service.context import Context
from claims.service.matching import match_lines, paid_facts, with_turns
from claims.store import matching
from claims.store import matching_by_hand as by_hand
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import exceptions as exception_rows

BY_HAND = "by-hand"


# A payment that differs from a claim in one of these is another patient's, another payer's or of another claim.
GRAVE = ("charge", "payer", "member", "patient", "dates")
_OF_LAST = ["last_family_id", "last_claim_id", "last_rule", "last_actor", "last_although"]


class MatchDiffersError(UsageError):
    """The payment is not what the claim says; `facts` has what agrees and differs."""

    def __init__(self, facts: dict[str, str]) -> None:
        self.facts = facts
        super().__init__(
            f"The payment and the claim {in_words(facts)}. Match them all the same? Say why: --although REASON."
        )


class MatchMovedError(UsageError):
    """The match of the payment is not the one that was looked at."""

    def __init__(self, by: str, *, is_seen: bool = True) -> None:
        who = f" by {by}" if by else ""
        super().__init__(
            f"Its match was changed{who} since you saw it: look at it once more."
            if is_seen
            else f"It was matched{who}: to do this all the same, give what claims exceptions show says of it, --seen."
        )


def in_words(facts: dict[str, str]) -> str:
    """Say which facts agree and which differ."""
    parts = {
        word: [name for name, value in facts.items() if value == word] for word in (match.AGREES, match.DIFFERS, "part")
    }
    words = [
        f"{says} in {', '.join(parts[word])}"
        for word, says in ((match.DIFFERS, "differ"), (match.AGREES, "agree"))
        if parts[word]
    ]
    if parts["part"]:
        words.append(f"{' and '.join(parts['part'])} paid for a part of the claim")
    return "; ".join(words) or "have no fact in common"


class Standing(NamedTuple):
    """How the payment of an exception stands: whether its cash waits, and the claim that it is matched to (0: none).

    `although` is why a person matched what differs. `seen` names this state: what acts on it gives it back.
    """

    waits: bool
    claim_id: int
    seen: str
    although: str


def standing(ctx: Context, exception_id: int) -> Standing:
    """Say whether the payment of an exception can be matched by hand, and to which claim it is now."""
    with read(ctx.engine) as conn:
        payment = by_hand.waiting(conn, exception_rows.claim_payment_of(conn, exception_id))
    if payment.empty:
        return Standing(False, 0, "", "")
    row = payment.iloc[0]
    return Standing(True, int(row["last_claim_id"]), seen_of(payment), str(row["last_although"]))


def seen_of(payment: pd.DataFrame) -> str:
    """Name the state of the match of a waiting payment: another one after each change."""
    return str(int(payment["last_match_id"].iloc[0]))


def _require_seen(ctx: Context, payment: pd.DataFrame, seen: str | None) -> None:
    """Refuse where the match is another one than was looked at, or, where nobody looked, another person's."""
    last = payment.iloc[0]
    if seen is None:
        if last["last_rule"] == BY_HAND and last["last_actor"] != ctx.actor:
            raise MatchMovedError(str(last["last_actor"]), is_seen=False)
    elif seen != seen_of(payment):
        raise MatchMovedError(str(last["last_actor"]))


def differs_gravely(facts: dict[str, str]) -> bool:
    """Tell whether a match with these facts wants a reason."""
    return any(facts.get(name) == match.DIFFERS for name in GRAVE)


def match_by_hand(
    ctx: Context, exception_id: int, claim_number: str, although: str = "", *, seen: str | None = None
) -> dict[str, str]:
    """Match the payment of an exception to the claim of this number; the next reconcile posts it.

    Gives what agrees and differs (charge, payee, dates, member, payer, patient, lines). Raises MatchDiffersError when
    one of `GRAVE` differs, unless `although` says why it is the claim all the same: that is kept with the match, and
    the audit chain seals it. `seen`: the state that was looked at (`Standing.seen`); MatchMovedError where it is
    another one by now. Without it a match that another person made stays.
    """
    why = although.strip()
    with write(ctx.engine) as conn:
        payment = waiting(conn, exception_id)
        _require_seen(ctx, payment, seen)
        pairs, best, facts = weighed(conn, payment, claim_number)
        if not why and differs_gravely(facts):
            raise MatchDiffersError(facts)
        found = best[list(match.MATCH_TYPES)[:3]].assign(
            rule=BY_HAND, score=100, evidence=json.dumps(facts | {"said": BY_HAND})
        )
        matches = with_turns(conn, found, _plain(payment)).assign(although=why)
        nothing = match.not_taken(pairs.iloc[:0], found)
        matching.save(conn, matches, match_lines(conn, matches), nothing, ctx.actor)
        body = {"claim_id": int(best["claim_id"].iloc[0]), "facts": facts}
        body |= {"although_mac": sealed_words(ctx, why)} if why else {}
        record(ctx, conn, "match.by-hand", f"exception {exception_id}", body)
    return facts


def weighed(
    conn: Connection, payment: pd.DataFrame, claim_number: str
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Give the pairs of a payment and the claims of a number, the one that fits best, and its facts."""
    claims = by_hand.claims_numbered(conn, claim_number)
    if claims.empty:
        _require_not_held(by_hand.holding(conn, claim_number))
        raise NotFoundError("claim", "with this number")
    if claims["family_id"].nunique() > 1:
        raise UsageError("Several billing providers have a claim with this number: it names no single one.")
    pairs = claims.assign(claim_payment_id=payment["claim_payment_id"].iloc[0], rule="claim-number")
    rows = match.weigh(pairs.merge(paid_facts(conn, _plain(payment)), on="claim_payment_id"))
    best = rows.sort_values(["score", "claim_id"], ascending=[False, True], kind="stable").head(1)
    facts: dict[str, str] = json.loads(match.evidence(best)[0])
    facts["payer"] = _payer(conn, best)
    names = [(str(row["patient_last_name"]), str(row["patient_first_name"])) for row in (payment.iloc[0], best.iloc[0])]
    facts["patient"] = same_patient(*names)
    facts["lines"] = _lines(match_lines(conn, best))
    return pairs, best, facts


def _require_not_held(holding: pd.DataFrame) -> None:
    """Say by which exceptions claims of a number are held, and what ends that, instead of that there is none."""
    if holding.empty:
        return
    first = str(holding["type_code"].iloc[0])
    types = codes.table("exception_types").set_index("type_code")
    says, release = (str(types.loc[first, name]) for name in ("own_title", "release"))
    ids = holding.loc[holding["type_code"] == first, "exception_id"].tolist()
    named = f"exception {ids[0]}" if len(ids) == 1 else f"exceptions {', '.join(map(str, ids[:-1]))} and {ids[-1]}"
    raise UsageError(
        f"The claim with this number is held by {named} ({says[:1].lower()}{says[1:]}), so nothing is matched to it. "
        f"What ends that: {release}."
    )


def _payer(conn: Connection, pair: pd.DataFrame) -> str:
    """Tell whether the payer of the remittance is one of the claim's."""
    row = pair.iloc[0]
    payers = matching.payers_of(conn, [int(row["family_id"])])
    by_code = payers["payer_code"].isin([row["payer_code_paid"]]) & (payers["payer_code"] != "")
    by_name = (payers["payer_name"].str.upper() == str(row["payer_name_paid"]).upper()) & (payers["payer_name"] != "")
    if payers.empty:
        return match.UNKNOWN
    return match.AGREES if bool((by_code | by_name).any()) else match.DIFFERS


def _lines(lines: pd.DataFrame) -> str:
    """Tell whether every line of the payment is one of the claim's."""
    if lines.empty:
        return match.UNKNOWN
    return match.AGREES if bool((lines["line_number"] > 0).all()) else match.DIFFERS


def unmatch_by_hand(ctx: Context, exception_id: int, *, seen: str | None = None) -> None:
    """Take the match of a waiting payment away, for good: it will not be matched to that claim again.

    `seen` as in `match_by_hand`.
    """
    with write(ctx.engine) as conn:
        payment = waiting(conn, exception_id)
        _require_seen(ctx, payment, seen)
        family_id, claim_id = int(payment["last_family_id"].iloc[0]), int(payment["last_claim_id"].iloc[0])
        if not family_id:
            raise UsageError("The payment of this exception is not matched to any claim.")
        # A reversal of it that is undone had its claim by this match only: it looks again when it is replayed.
        back = by_hand.undone_reversals(conn, int(payment["claim_payment_id"].iloc[0]), family_id)
        both = pd.concat([payment, back], ignore_index=True)
        nothing = match.not_taken(pd.DataFrame({"claim_payment_id": []}), both)
        evidence = json.dumps({"why": "unmatched-by-hand"})
        row = _plain(both).assign(
            family_id=0, claim_id=0, rule="none", score=0, evidence=evidence,
            payer_sequence="", payer_code="", next_sequence="", next_payer_code="",
        )  # fmt: skip
        other = both[["claim_payment_id"]].assign(
            family_id=family_id, claim_id=claim_id, rule=BY_HAND, score=0, why=BY_HAND, evidence=evidence
        )
        lines = pd.DataFrame({"claim_payment_id": pd.Series(dtype="int64")})
        others = pd.concat([nothing, other], ignore_index=True).astype(match.NOT_TAKEN_TYPES)
        matching.save(conn, row, lines, others, ctx.actor)
        record(ctx, conn, "match.undone", f"exception {exception_id}", {"claim_id": claim_id})


def waiting(conn: Connection, exception_id: int) -> pd.DataFrame:
    """The claim payment of an open exception whose cash still waits."""
    found = exception_rows.one(conn, exception_id)
    if found.empty:
        raise NotFoundError("exception", exception_id)
    payment = by_hand.waiting(conn, exception_rows.claim_payment_of(conn, exception_id))
    if payment.empty:
        claim_id = by_hand.posted_to(conn, exception_rows.claim_payment_of(conn, exception_id))
        way = f": claims undo claim:{claim_id}, then claims exceptions unmatch {exception_id}" if claim_id else ""
        raise UsageError(
            f"No payment of this exception waits: what is posted must be taken back before it can move{way}."
        )
    return payment


def _plain(payment: pd.DataFrame) -> pd.DataFrame:
    return payment.drop(columns=_OF_LAST)
