"""What people add to a packet: words for its gaps and files for its exhibits, kept with the case and in the vault.

They are events of the case, append-only; the next packet of the level begins with what was added before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from claims.denials.appeals import Plan
from claims.errors import UsageError
from claims.letters import Added, page_count, picture_size
from claims.service.appeal_gaps import FILE, gaps
from claims.service.audited import record
from claims.service.context import Context
from claims.store import desk, filing
from claims.store.handles import Connection
from claims.store.queries import appeals as rows_of
from claims.store.vault import Vault

EVENT, REMOVED, CONTENT = "appeal_filled", "appeal_file_removed", "appeal"
MOST_BYTES, MOST_PAGES, MOST_CHARACTERS = 15 << 20, 200, 4000
MOST_PIXELS = 50_000_000  # a letter page at 600 dots per inch has 34 million; each takes 4 bytes and more when drawn
MOST_POINTS = 14_400  # of the side of a page: 200 inches, the most that PDF readers show
_BEGINS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"))


@dataclass(frozen=True)
class Attached:
    """A file for an exhibit (empty: for the first that waits for one)."""

    exhibit: str
    content: bytes


@dataclass(frozen=True)
class Removed:
    """A file that is taken out of an exhibit again, by its hash or the beginning of it."""

    exhibit: str
    sha256: str


@dataclass(frozen=True)
class Filled:
    """What was added to a level: words by key of the gap, files by exhibit."""

    words: Mapping[str, str]
    files: Mapping[str, tuple[Added, ...]]
    removed: tuple[Removed, ...] = ()  # taken out again, before the appeal was sent; the files stay in the vault
    seen: int = 0  # how often something was added or taken out before


NOTHING = Filled({}, {})


class AppealChangedError(UsageError):
    """Somebody wrote into a packet, attached or took something out since it was seen."""

    def __init__(self, who: str = "", day: str = "") -> None:
        self.who = who or "somebody"
        when = f" on {day}" if day else ""
        super().__init__(
            f"{who or 'Somebody'} added to this packet or took something out{when}, "
            "since you saw it: look at it once more."
        )


def checked(content: bytes) -> Added:
    """Look at a file that somebody adds: raise UsageError where it is no PDF or picture, too large, or unreadable."""
    suffix = next((suffix for begin, suffix in _BEGINS if content.startswith(begin)), "")
    if not suffix:
        raise UsageError("An exhibit is a PDF, PNG or JPEG file.")
    if len(content) > MOST_BYTES:
        raise UsageError(f"An exhibit has at most {MOST_BYTES >> 20} MB.")
    # What its header says goes first: nothing is decoded that could not be held in memory.
    width, height = picture_size(content, suffix)
    if suffix == "pdf" and max(width, height) > MOST_POINTS:
        raise UsageError("A page of an exhibit is larger than 200 inches.")
    if suffix != "pdf" and not 0 < width * height <= MOST_PIXELS:
        raise UsageError(f"A picture has at most {MOST_PIXELS // 1_000_000} million pixels, and says how many it has.")
    pages = page_count(content, suffix, MOST_PAGES)
    if not pages:
        raise UsageError("This file cannot be read as what it says it is; a PDF with a password is sent without one.")
    if pages > MOST_PAGES:
        raise UsageError(f"An exhibit has at most {MOST_PAGES} pages.")
    return Added(content, Vault.hash_of(content), suffix, pages)


def before(ctx: Context, conn: Connection, case_id: int, level: int, seen: int | None = None) -> Filled:
    """Read what was added to a level of a case before.

    ``seen``: how often something had been added or taken out when somebody looked at it; raises AppealChangedError
    where that was not now.
    """
    files: dict[str, tuple[Added, ...]] = {}
    bodies = rows_of.filled(conn, case_id, (EVENT, REMOVED))
    if seen is not None and seen != len(bodies):
        raise _changed(conn, case_id)
    for said in (one for one in map(json.loads, bodies) if one["level"] == level):
        for one in said.get("files", ()):
            added = Added(ctx.vault.read(one["sha256"]), one["sha256"], one["suffix"], one["pages"])
            files[one["exhibit"]] = (*files.get(one["exhibit"], ()), added)
        for one in said.get("removed", ()):
            files = _without(files, one["exhibit"], one["sha256"])
    return Filled(_words(bodies, level), files, seen=len(bodies))


def words_then(conn: Connection, case_id: int, level: int, seen: int) -> dict[str, str]:
    """Give the words that stood in the gaps of a level when it had been added to ``seen`` times."""
    return _words(rows_of.filled(conn, case_id, (EVENT, REMOVED))[:seen], level)


def _words(bodies: Sequence[str], level: int) -> dict[str, str]:
    words: dict[str, str] = {}
    for said in (one for one in map(json.loads, bodies) if one["level"] == level):
        words |= said.get("words", {})
    return {key: text for key, text in words.items() if text}


def _changed(conn: Connection, case_id: int) -> AppealChangedError:
    return AppealChangedError(*rows_of.last_filled(conn, case_id, (EVENT, REMOVED)))


def _without(files: dict[str, tuple[Added, ...]], exhibit: str, sha256: str) -> dict[str, tuple[Added, ...]]:
    kept = tuple(one for one in files.get(exhibit, ()) if one.sha256 != sha256)
    return {**files, exhibit: kept} if kept else {key: added for key, added in files.items() if key != exhibit}


def _meant(files: Mapping[str, tuple[Added, ...]], one: Removed) -> Removed:
    """Find the one file of an exhibit (empty: of any) that is meant; raise UsageError."""
    found = [
        Removed(exhibit, added.sha256)
        for exhibit, all_of_it in files.items()
        for added in all_of_it
        if one.exhibit in ("", exhibit) and one.sha256 and added.sha256.startswith(one.sha256)
    ]
    if len(found) != 1:
        raise UsageError("This file is not attached any more." if not found else "Several attached files begin so.")
    return found[0]


def merged(
    plan: Plan, old: Filled, words: Mapping[str, str], attached: Sequence[Attached], removed: Sequence[Removed] = ()
) -> tuple[Filled, Filled]:
    """Give what a packet has with new words and files and without those removed, and what is new; raises UsageError."""
    new_words = {key: as_typed(text) for key, text in words.items()}
    for key, text in new_words.items():
        if len(text) > MOST_CHARACTERS:
            raise UsageError(f"What is filled in for {key} has at most {MOST_CHARACTERS} characters.")
    files = dict(old.files)
    gone = tuple(_meant(files, one) for one in removed)
    for one in gone:
        files = _without(files, one.exhibit, one.sha256)
    new: dict[str, tuple[Added, ...]] = {}
    for each in attached:
        exhibit = each.exhibit or _waiting(plan, files)
        added = checked(each.content)
        if added.sha256 not in {known.sha256 for known in files.get(exhibit, ())}:
            files[exhibit] = (*files.get(exhibit, ()), added)
            new[exhibit] = (*new.get(exhibit, ()), added)
    known_words = {key: text for key, text in (dict(old.words) | new_words).items() if text}
    changed = {key: text for key, text in new_words.items() if text != old.words.get(key, "")}
    return Filled(known_words, files), Filled(changed, new, gone, old.seen)


def as_typed(text: str) -> str:
    """Give words as they were typed: their lines, and an empty one between paragraphs."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.strip().splitlines()))


def keep(ctx: Context, conn: Connection, case_id: int, level: int, new: Filled, day: str) -> None:
    """Write what is new into the vault and as events of the case; what was removed is an event before it.

    Raises AppealChangedError where somebody else has added or removed something since, and UsageError for what is
    removed when the appeal was sent: what was sent stays as it was.
    """
    if len(rows_of.filled(conn, case_id, (EVENT, REMOVED))) != new.seen:
        raise _changed(conn, case_id)
    if new.removed:
        if (rows_of.sent(conn, [case_id])["level"] == level).any():
            raise UsageError("This appeal was sent: what it had stays with it.")
        gone = [{"exhibit": one.exhibit, "sha256": one.sha256} for one in new.removed]
        _append(ctx, conn, case_id, REMOVED, {"level": level, "removed": gone}, day)
        told = {"level": level, "files": [one.sha256 for one in new.removed]}
        record(ctx, conn, "denial.appeal-file-removed", f"case {case_id}", told)
    if not new.words and not new.files:
        return
    files = [
        {"exhibit": exhibit, "sha256": ctx.vault.put(one.content), "suffix": one.suffix, "pages": one.pages}
        for exhibit, added in new.files.items()
        for one in added
    ]
    for one in files:
        size = ctx.vault.path(str(one["sha256"])).stat().st_size
        filing.register_produced(conn, str(one["sha256"]), size, content=CONTENT, sets="", counts={}, run_id=0)
    _append(ctx, conn, case_id, EVENT, {"level": level, "words": dict(new.words), "files": files}, day)
    told = {"level": level, "filled": sorted(new.words), "files": [one["sha256"] for one in files]}
    record(ctx, conn, "denial.appeal-filled", f"case {case_id}", told)


def _append(ctx: Context, conn: Connection, case_id: int, kind: str, body: Mapping[str, Any], day: str) -> None:
    row = desk.cases(conn, [case_id])
    event = pd.DataFrame(
        {
            "case_id": [case_id],
            "kind": kind,
            "amount_cents": 0,
            "body": json.dumps(body, sort_keys=True),
            "posting_date": day,
            "actor": ctx.actor,
            "case_version": row["version"].to_numpy(),
        }
    )
    desk.save(conn, row.head(0)[["case_id"]], event)


def _waiting(plan: Plan, files: Mapping[str, object]) -> str:
    wanted = [one.key for one in gaps(plan, plan.gaps) if one.how == FILE]
    first = next((one for one in wanted if one not in files), wanted[0] if wanted else "")
    if not first:
        raise UsageError("No exhibit of this letter waits for a file; name one: other=FILE.")
    return first
