"""Master files and code lists of a practice are imported, looked at as a whole, and given to whoever needs them."""

from __future__ import annotations

import csv
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from claims import findings, master
from claims.cells import split_rows
from claims.codes import lists
from claims.errors import CodeListError, NotFoundError, UsageError
from claims.findings import HOLD, REJECT, Finding
from claims.master import Master
from claims.service.audited import record
from claims.service.code_list_files import keep_list_file
from claims.service.context import Context
from claims.service.file_outcome import NO_INTERCHANGES, NO_TRANSACTIONS, raise_file
from claims.service.runs import running
from claims.store import clock, exceptions, filing, x12_rows
from claims.store import master as rows_of
from claims.store.engine import read, write
from claims.store.handles import Connection

_NO_COUNTS = {"rows": 0, "added": 0, "changed": 0, "unchanged": 0, "ended": 0, "refused": 0}


@dataclass
class Imported:
    """What became of a file: `kind` of master data, `code_list` or empty; state stored, held (in part) or refused."""

    path: Path
    kind: str
    state: str
    counts: dict[str, int]
    findings: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Tell whether anything is other than before."""
        return any(self.counts.get(name, 0) for name in ("added", "changed", "ended"))


def find_master_files(paths: Sequence[Path]) -> list[Path]:
    """Give the files named, and the CSV files of the folders named; raise UsageError for a folder without any."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"There is no CSV file in the folder {path}.")
        found += [one for one in inside if one not in found]
    return found


def import_files(ctx: Context, paths: Sequence[Path], *, replace: bool = False) -> list[Imported]:
    """Import files, each in one transaction; `replace`: what a file lacks of its kind is ended."""
    with running(ctx, "master", ctx.settings.today()) as (run_id, counts):
        done = [_import(ctx, run_id, path, replace=replace) for path in paths]
        for name in _NO_COUNTS:
            counts[name] = sum(one.counts.get(name, 0) for one in done)
    return done


def _import(ctx: Context, run_id: int, path: Path, *, replace: bool) -> Imported:
    data = path.read_bytes()
    if lists.is_list_file(_header(data)):
        return _import_list(ctx, run_id, path, data)
    suggested = next((kind for kind in master.columns() if kind in path.stem.lower()), None)
    file = master.read_master_file(data, suggested)
    if not file.kind:  # not ours to keep: as a charges file, say, it is still to be ingested
        return Imported(path, "", "refused", dict(_NO_COUNTS), file.findings)
    sha256 = ctx.vault.put(data)
    with write(ctx.engine) as conn:
        file_id, _, _ = filing.register(conn, sha256, len(data), path.name, run_id)
        outcome = _save(conn, ctx, path, file, file_id, replace=replace)
        _close_file(conn, ctx, filing.get(conn, file_id), outcome)
        if outcome.is_changed:
            record(ctx, conn, "master-import", f"file {sha256[:12]}", {"kind": file.kind, **outcome.counts})
    return outcome


def _save(
    conn: Connection, ctx: Context, path: Path, file: master.MasterFile, file_id: int, *, replace: bool
) -> Imported:
    """Write what the file changes; one with a wrong row cannot be the whole truth, and `replace` refuses it whole."""
    kept = rows_of.in_force(conn, file.kind)
    changes = master.compare(kept, file.entries, replace=replace)
    places = zip(changes.refused["seg"].tolist(), changes.refused["offset"].tolist(), strict=True)
    found = _with(file.findings, [_overlap(seg, offset) for seg, offset in places])
    wrong = int(found.loc[found["severity"] != findings.NOTE, "seg"].nunique())
    good = len(file.entries) - len(changes.refused)
    counts = {"rows": file.data_rows, **changes.counts, "refused": wrong}
    if not good or (replace and wrong):
        message = "with --replace every row must be good" if good else "no row can be used"
        found = pd.concat(
            [found, findings.frame([Finding("master-refused", REJECT, f"{message}; nothing is changed")])]
        )
        counts = {**_NO_COUNTS, "rows": file.data_rows, "refused": max(wrong, 1)}
        return Imported(path, file.kind, "refused", counts, found)
    rows_of.save(conn, file.kind, changes.new, changes.ended_ids, file_id=file_id, actor=ctx.actor, at=clock.now())
    notes = _test_partners(file) if file.kind == "partners" else []
    return Imported(path, file.kind, "held" if wrong else "stored", counts, found, notes)


def _with(found: pd.DataFrame, more: list[Finding]) -> pd.DataFrame:
    return pd.concat([found, findings.frame(more)], ignore_index=True) if more else found


def _overlap(seg: int, offset: int) -> Finding:
    expected = "days that no other row of this key has; a row that is known already says its last day"
    message = f"row {seg}, effective_from: {expected}; this row is not taken, the others are"
    return Finding("master-overlap", HOLD, message, seg=seg, element="effective_from", offset=offset, expected=expected)


def _test_partners(file: master.MasterFile) -> list[str]:
    tests = file.rows.loc[file.rows["usage_code"] == "T", "partner_code"].drop_duplicates().tolist()
    return [f"partner {code} is in test mode (usage_code T): nobody pays for what is sent to it" for code in tests]


def _close_file(conn: Connection, ctx: Context, row: filing.FileRow, outcome: Imported) -> None:
    """Say what became of the file; list it while rows are refused, until a good file of its kind came."""
    rows_of.forget_findings(conn, row.file_id)
    x12_rows.save_sets(conn, row.file_id, NO_INTERCHANGES, NO_TRANSACTIONS, outcome.findings)
    stops = outcome.findings.loc[outcome.findings["severity"] != findings.NOTE, "code"]
    reason = "" if stops.empty else str(stops.iloc[0])
    counts = outcome.counts if outcome.is_changed or row.content != "master" else row.counts
    filing.finish(
        conn,
        row.file_id,
        content="master",
        sets=outcome.kind,
        state=outcome.state,
        reason_code=reason,
        counts=counts,
    )
    today = ctx.settings.today()
    if outcome.state == "stored":
        for sha256 in {row.sha256, *rows_of.stopped_files(conn, outcome.kind)}:
            for type_code in ("FILE_HELD", "FILE_REFUSED"):
                exceptions.close_key(conn, f"{type_code}:{sha256}", "a good file of its kind came", today)
    raise_file(conn, row, outcome.state, reason, len(stops), today)


def _header(data: bytes) -> list[str]:
    try:
        return split_rows(data, with_comments=True).header
    except csv.Error:
        return []


def _import_list(ctx: Context, run_id: int, path: Path, data: bytes) -> Imported:
    counts = {**_NO_COUNTS, "rows": 0}
    try:
        rows = sum(len(one.rows) for one in lists.read_list_file(path.name, data))
    except CodeListError as error:
        found = findings.frame([Finding("code-list", REJECT, str(error), seg=error.row)])
        return Imported(path, "code_list", "refused", {**counts, "refused": 1}, found)
    how = keep_list_file(ctx, run_id, path.name, data, rows)
    return Imported(path, "code_list", "stored", {**counts, "rows": rows, **how}, findings.frame())


_LOADED: dict[tuple[object, ...], Master] = {}
_MOST_LOADED = 4
_LOADING = threading.Lock()


def load_master(ctx: Context, known_at: str | None = None) -> Master:
    """Give master data as known at an instant (None: now); read once for each change of it."""
    with read(ctx.engine) as conn:
        name = (str(ctx.engine.url), known_at, *rows_of.last_change(conn))
        if name in _LOADED:
            return _LOADED[name]
        rows = rows_of.known(conn, known_at)
    loaded = Master.of({str(kind): _frame(str(kind), own) for kind, own in rows.groupby("kind")})
    with _LOADING:
        while len(_LOADED) >= _MOST_LOADED:
            del _LOADED[next(iter(_LOADED))]
        _LOADED[name] = loaded
    return loaded


def _frame(kind: str, rows: pd.DataFrame) -> pd.DataFrame:
    days = {
        name: pd.to_numeric(rows[f"{name}_date"].str.replace("-", "")).astype("int32").to_numpy()
        for name in ("effective_from", "effective_to")
    }
    return master.typed(kind, rows["body"].tolist()).assign(**days)


def gaps(ctx: Context, day: int) -> pd.DataFrame:
    """List what is missing in master data, or leads nowhere, on a day."""
    return master.gaps(load_master(ctx), day)


def shown(ctx: Context, kind: str, day: int, known_at: str | None, *, show_phi: bool) -> pd.DataFrame:
    """Give the rows of a kind in force on a day, for a person; raise NotFoundError for a kind that does not exist."""
    if kind not in master.columns():
        raise NotFoundError("kind of master data", f"{kind}; there are: {', '.join(master.columns())}")
    rows = load_master(ctx, known_at).at(kind, day)
    if show_phi and kind == "eligibility":
        with write(ctx.engine) as conn:
            record(ctx, conn, "phi-shown", "master eligibility", {"rows": len(rows)})
    return rows
