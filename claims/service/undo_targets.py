"""What somebody asks to undo or replay, as text; the remittances and claim payments that it means go out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from claims.errors import NotFoundError, UsageError
from claims.service.received import file_number
from claims.store import rematching, standing, undo_bank
from claims.store import undo_targets as rows
from claims.store.handles import Connection
from claims.store.undo_hindrances import of_trace

_Find = Callable[[Connection, str, int], tuple[list[int], ...]]
NAMED = 5  # remittances in one sentence
KINDS = {"remit": "remittance", "file": "file", "claim": "claim", "run": "run"}
SHOWN_BY = {"remit": "remits list", "file": "files list", "claim": "claim show", "run": "runs list"}


@dataclass(frozen=True)
class Target:
    """Whole remittances, single claim payments of others, and claims (family_id) whose matches an undo has put back; or
    a bank file (0: none)."""

    name: str
    remit_ids: list[int] = field(default_factory=list)
    claim_payment_ids: list[int] = field(default_factory=list)
    matched_back: list[int] = field(default_factory=list)
    bank_file_id: int = 0

    def __bool__(self) -> bool:
        return bool(self.remit_ids or self.claim_payment_ids or self.matched_back or self.bank_file_id)


def posted(conn: Connection, text: str) -> Target:
    """Say what a target means for an undo: what of it is posted. Raises UsageError, NotFoundError."""
    return _meant(conn, text, _posted, "posted")


def undone(conn: Connection, text: str) -> Target:
    """Say what a target means for a replay: what of it was undone. Raises UsageError, NotFoundError."""
    return _meant(conn, text, _undone, "undone")


def _posted(conn: Connection, kind: str, number: int) -> tuple[list[int], list[int]]:
    if kind == "claim":
        return [], rows.of_claim(conn, number)
    if kind == "run":
        return rows.of_run(conn, number)
    return rows.remittances(conn, kind, number, "posted"), []


def _undone(conn: Connection, kind: str, number: int) -> tuple[list[int], ...]:
    if kind == "claim":
        return rows.remittances_of(conn, number)["remit_id"].tolist(), rows.held_of_claim(conn, number)
    if kind == "run":
        return *rows.undone_of_run(conn, number), rematching.changed_back(conn, number)
    whole = rows.remittances(conn, kind, number, "undone")
    if kind == "remit":  # one that is held for another of its payment can stand in its place
        whole = whole or standing.conflicting(conn, number)
    return whole, rows.held_of_remittances(conn, kind, number)


def _meant(conn: Connection, text: str, find: _Find, state: str) -> Target:
    kind, number = _parsed(_with_number(conn, text, state))
    kinds = [kind] if kind else list(KINDS)
    known = [one for one in kinds if rows.exists(conn, one, number)]
    if not known:
        what = KINDS[kind] if kind else "remittance, file, claim or run"
        raise NotFoundError(what, number, f"claims {SHOWN_BY[kind]} shows what there is." if kind else "")
    found = [_target(conn, one, number, find, state) for one in known]
    filled = [target for target in found if target]
    if not filled:
        why = "".join(_stays(conn, *_parsed(target.name)) for target in found)
        why = why or (" Which run posted what: claims runs list." if kind == "run" else "")
        raise UsageError(f"Nothing of {' or '.join(target.name for target in found)} is {state}.{why}")
    if len(filled) > 1:
        raise UsageError(f"{number} is the number of several things; say one of: {', '.join(t.name for t in filled)}.")
    return filled[0]


def _target(conn: Connection, kind: str, number: int, find: _Find, state: str) -> Target:
    if kind == "file" and rows.is_of_bank(conn, number):
        is_state = undo_bank.is_undone(conn, number) == (state == "undone")
        return Target(f"{kind}:{number}", bank_file_id=number if is_state else 0)
    remit_ids, claim_payment_ids, *back = find(conn, kind, number)
    return Target(f"{kind}:{number}", remit_ids, claim_payment_ids, back[0] if back else [])


def run_of(target: Target) -> int:
    """Give the number of the run that a target is; 0 where it is something else."""
    kind, number = _parsed(target.name)
    return number if kind == "run" else 0


def moved_beside(conn: Connection, name: str) -> int:
    """Of how many remittances of other runs a run moved provider adjustments, which stay when it is undone."""
    kind, number = _parsed(name)
    return len(rows.moved_by_run(conn, number)) if kind == "run" else 0


def banked_beside(conn: Connection, name: str) -> str:
    """Say of which bank files a run booked lines: they stay when it is undone, for they go with their file."""
    kind, number = _parsed(name)
    files = undo_bank.booked_by_run(conn, number) if kind == "run" else []
    if not files:
        return ""
    names = ", ".join(f"file:{one}" for one in files[:NAMED]) + (", ..." if len(files) > NAMED else "")
    return f" Bank lines that it booked stay, and go with their files: claims undo {names}."


def _stays(conn: Connection, kind: str, number: int) -> str:
    """Say of what has nothing to undo or replay what it moved all the same, and how that goes."""
    moved = rows.moved_by_run(conn, number) if kind == "run" else []
    if not moved:
        return banked_beside(conn, f"{kind}:{number}") or (_tied(conn, number) if kind == "run" else "")
    names = ", ".join(f"remit:{one}" for one in moved[:NAMED]) + (", ..." if len(moved) > NAMED else "")
    moves = f" Provider adjustments that it moved go and come with their remittances, of other runs: {names}."
    return moves + banked_beside(conn, f"{kind}:{number}")


def _tied(conn: Connection, run_id: int) -> str:
    """Say which bank lines of other nights a run tied to remittances of other nights: its ties stay."""
    lines = undo_bank.tied_by_run(conn, run_id)
    if not lines:
        return ""
    names = ", ".join(map(str, lines[:NAMED])) + (", ..." if len(lines) > NAMED else "")
    return (
        f" Its ties of bank lines that came before stay ({names}): they go with the remittances or bank files of "
        "other runs, and a wrong one by claims deposits untie LINE."
    )


def _with_number(conn: Connection, text: str, state: str) -> str:
    """Put the number of a file for the beginning of its hash, of a remittance for its trace number; digits alone are a
    number where there is such a one."""
    kind, _, named = text.strip().lower().partition(":")
    if kind == "remit" and named and not (named.isdigit() and len(named) <= 18 and rows.exists(conn, kind, int(named))):
        found = of_trace(conn, named, state)
        if not found and state == "undone":  # it stands, and decisions of it were undone by themselves
            found = [one for one in of_trace(conn, named, "posted") if rows.held_of_remittances(conn, "remit", one)]
        if len(found) > 1:
            several = ", ".join(f"remit:{one}" for one in found)
            raise UsageError(f"Several remittances that are {state} have this trace number; say one of: {several}.")
        if not found and not named.isdigit():
            raise NotFoundError(f"remittance that is {state} with", "this trace number")
        return f"remit:{found[0]}" if found else text
    is_number = named.isdigit() and (len(named) < 6 or (len(named) <= 18 and rows.exists(conn, kind, int(named))))
    if kind != "file" or not named or is_number:
        return text
    return f"file:{file_number(conn, named)}"


def _parsed(text: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:(remit|file|claim|run):)?([0-9]{1,18})", text.strip().lower(), re.ASCII)
    if match is None:
        raise UsageError(
            "A target is remit:NO, file:NO, claim:NO or run:NO, with our own numbers; or remit:TRACE or file:HASH."
        )
    return match[1] or "", int(match[2])
