"""Fix and send: claims that no payer has and changes of their columns in; corrected claims, scrubbed, out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pandas as pd

from claims import codes
from claims.cells.kinds import KINDS
from claims.charges import columns
from claims.charges.build import texts
from claims.errors import NotFoundError, UsageError
from claims.master import Master
from claims.service import lowered_charges, versions
from claims.service.audited import record
from claims.service.changes import FIXED
from claims.service.context import Context
from claims.service.identities import resolve_identities
from claims.service.runs import running
from claims.service.scrub import scrub
from claims.service.timeline import OWN_ID, SeveralClaimsError
from claims.store import answers
from claims.store.engine import read, together
from claims.store.handles import Connection
from claims.store.queries import made_claims, timeline
from claims.x12.write_text import PLAIN, plain_ascii

# Rejected, or not sent yet: nobody has it, so it is corrected by a claim in its place.
RETURNED = ("rejected", "blocked", "ready", "draft")


class Change(NamedTuple):
    """A column of the claims' frames (line_number 0) or of its lines, and its new value as text."""

    line_number: int
    column: str
    value: str


def changes_of(typed: Sequence[str]) -> list[Change]:
    """Read `column=value` and, for a column of a line, `line:column=value`, each as a cell of a charges file.

    Raises UsageError, which never quotes the value.
    """
    return [_change(text) for text in typed]


def _change(text: str) -> Change:
    place, found, value = (part.strip() for part in text.partition("="))
    line, _, name = place.rpartition(":")
    if not found or not name or (line and not (line.isascii() and line.isdigit() and 0 < int(line) < 1000)):
        raise UsageError("--set wants column=value or line:column=value, like --set member_id=FW10851.")
    known = columns().set_index("column")
    known = known[known["frame"].isin(["claims", "service_lines"])]
    if name in FIXED or name not in known.index:
        shown = ", ".join(column for column in known.index if column not in FIXED)
        raise UsageError(f"This column cannot be set; these can: {shown}.")
    row = {str(column): str(cell) for column, cell in known.loc[name].items()}
    if (row["level"] == "line") != bool(line):
        example = f"1:{name}=..." if row["level"] == "line" else f"{name}=..."
        raise UsageError(f"{name} is a column of a {row['level']}: --set {example}")
    kind = KINDS[row["kind"]]
    if not value and row["needed"]:
        raise UsageError(f"{name} needs a value.")
    if len(value) > int(row["longest"]):
        raise UsageError(f"{name} holds at most {row['longest']} characters.")
    read_value = kind.read(value) if value else ""
    if read_value is None:
        raise UsageError(f"{name} wants {kind.expected}.")
    change = Change(int(line or 0), row["target"], read_value if isinstance(read_value, str) else value)
    is_plain = row["kind"] in ("identifier", "text") and not texts.is_spelt(change.column)  # others part their items
    marks = [mark for mark in PLAIN if mark in change.value and is_plain]
    if marks:
        raise UsageError(f"{name} cannot hold {' or '.join(marks)}: these part the fields of a claim. Leave them out.")
    return change


def as_sent(change: Change) -> str:
    """Give a new value as it leaves: a name or note in plain letters and without what parts fields."""
    if not texts.is_spelt(change.column):
        return change.value
    return " ".join(plain_ascii(change.value).translate(dict.fromkeys(map(ord, PLAIN), " ")).split())


def resubmit(
    ctx: Context,
    claims: Sequence[str],
    changes: Sequence[Change],
    posting_date: date,
    *,
    master: Master | None = None,
    is_approved: bool = False,
) -> dict[str, int]:
    """Correct claims that were rejected or did not leave yet, and scrub what takes their place.

    `claims`: numbers or our own ids. Raises NotFoundError, SeveralClaimsError, and UsageError for a claim that a
    payer has or that cannot be corrected, AboveLimitError where the changes take more off the charges than the actor
    may give up in a day (unless a second person lets it happen: `is_approved`); PeriodClosedError, with nothing done,
    for a day that is closed. Counts: claims_corrected, claims_refused, and those of scrubbing.
    """
    made, scrubbed = _corrected(ctx, named(ctx, claims), changes, posting_date, master, is_approved=is_approved)
    return {
        "claims_corrected": len(made.claims),
        "claims_refused": len(made.refused),
        **scrubbed,
    }


def named(ctx: Context, claims: Sequence[str]) -> list[int]:
    """Give the claims that are meant, as `resubmit` does; each once."""
    return list(dict.fromkeys(_returned(ctx, claim) for claim in claims))


def own(claim_id: int) -> str:
    """Name one claim by our number of it, as `resubmit` takes it."""
    return f"{OWN_ID}{claim_id}"


class Corrected(NamedTuple):
    """The claim that takes the place of another, and the edits that stop it; it leaves when there are none."""

    claim_id: int
    edits: tuple[str, ...]
    lowered_cents: int = 0  # what the changes take off its charge: it counts as written off
    request: int = 0  # what waits for a second person in its place; there is no claim then
    is_asked: bool = False  # it would wait for a second person


def correct(
    ctx: Context, claim_id: int, changes: Sequence[Change], posting_date: date, *, master: Master | None = None,
    is_approved: bool = False,
) -> Corrected:  # fmt: skip
    """Correct one claim that nobody has, and say what the edits find; raises what `resubmit` raises."""
    claims = named(ctx, [own(claim_id)])
    made, counts = _corrected(ctx, claims, changes, posting_date, master, is_approved=is_approved)
    new = int(made.claims["claim_id"].iloc[0])
    with read(ctx.engine) as conn:
        stops = made_claims.reasons(conn, [new])
    return Corrected(new, tuple(dict.fromkeys(stops["edit_id"])), counts["charge_lowered_cents"])


def why_not(ctx: Context, claim_id: int) -> str:
    """Say why a claim cannot be corrected this way; empty where it can. Raises NotFoundError."""
    try:
        _returned(ctx, f"{OWN_ID}{claim_id}")
    except NotFoundError:
        raise
    except UsageError as error:
        return str(error)
    return ""


def _corrected(
    ctx: Context, claim_ids: Sequence[int], changes: Sequence[Change], posting_date: date, master: Master | None, *,
    is_approved: bool = False,
) -> tuple[versions.Made, dict[str, int]]:  # fmt: skip
    rows = [(claim_id, *change) for claim_id in claim_ids for change in changes]
    wanted = pd.DataFrame(rows, columns=["claim_id", *Change._fields])
    with running(ctx, "resubmit", posting_date) as (run_id, _):  # asks first whether the day is open
        with together(ctx.engine) as conn:
            made = versions.correct(ctx, claim_ids, wanted, posting_date, master)
            lowered = lowered_charges.counted(ctx, conn, made.claims, posting_date, is_approved=is_approved)
            if len(made.claims):
                _recorded(ctx, conn, made.claims, changes)
        if not len(made.claims):
            says = codes.table("desk_refusals").set_index("reason")["says"]
            why = dict.fromkeys(str(says.get(one, one)) for one in made.refused["reason"])
            raise UsageError(f"Nothing was corrected: {'; '.join(why)}.")
        resolve_identities(ctx, run_id, posting_date)  # what nobody has told from a repeat yet is not scrubbed
        scrubbed = scrub(ctx, posting_date, made.claims["claim_id"].tolist(), master=master)
    return made, {"charge_lowered_cents": lowered, **scrubbed}


def _recorded(ctx: Context, conn: Connection, made: pd.DataFrame, changes: Sequence[Change]) -> None:
    """Put into the audit chain which claims took the place of which, and the columns that are other: never values."""
    before = made["follows_claim_id"].tolist()
    subject = f"claim {before[0]}" if len(before) == 1 else f"{len(before)} claims"
    columns_changed = [f"{one.line_number}:{one.column}" if one.line_number else one.column for one in changes]
    body = {"claims": made["claim_id"].tolist(), "follows": before, "changed": list(dict.fromkeys(columns_changed))}
    record(ctx, conn, "claim-corrected", subject, body)


def _returned(ctx: Context, claim: str) -> int:
    """Find the claim that is meant and that nobody has: the one with our id, or the last version of its family."""
    with read(ctx.engine) as conn:
        found = timeline.found(conn, claim.strip())
        if found.empty:
            raise NotFoundError("claim", "with this number")
        if found["family_id"].nunique() > 1:
            raise SeveralClaimsError(found.drop_duplicates("family_id")["claim_id"].tolist())
        family = timeline.versions(conn, int(found["family_id"].iloc[0]))
    if found["by_id"].all():
        family = family[family["claim_id"].isin(found["claim_id"])]
    refused = family[family["life"].isin(RETURNED) & (family["origin"] == "to_send")]
    if refused.empty:
        raise UsageError(_why_not(family))
    claim_id = int(refused["claim_id"].iloc[-1])
    with read(ctx.engine) as conn:
        if answers.taken_before(conn, claim_id):
            raise UsageError(f"Claim {claim_id} was accepted in an earlier sending: it would arrive twice.")
    return claim_id


def _why_not(family: pd.DataFrame) -> str:
    last = family.iloc[-1]
    if family["life"].isin(RETURNED).any():
        return f"Claim {last['claim_id']} was sent by somebody else; correct it where it was sent from."
    where = str(last["life"]).replace("_", " ")
    return f"Claim {last['claim_id']} is {where}: only a claim that was rejected or not sent yet is corrected this way."
