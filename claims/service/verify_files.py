"""Every stored file is read again, and the rows that the books keep of it are held against what it says.

One file at a time, in its chunks: memory does not grow with the database. Compared is what a file says, not what became
of it (states that reconcile moves, claims that were tied to others); what settings of that day decided is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.charges import read_charges_file
from claims.errors import VaultError
from claims.identifiers import normal_number
from claims.ledger.identity import keys_of_chosen
from claims.ledger.patient_file import CAPITALS, read_patient_file
from claims.service.bank_files import lines_of
from claims.service.context import Context
from claims.service.intake import origin_of
from claims.service.rows_compared import Difference, compare
from claims.service.x12_answers import Answers
from claims.service.x12_facts import JudgedFile, claim_payment_rows, claim_rows, read_judged, remittance_rows
from claims.store import checking_files, line_numbers, schema
from claims.store.handles import Connection
from claims.store.replaced import CONFLICT
from claims.store.x12_rows import RENAMED, in_capitals, with_iso_dates

Frames = Mapping[str, pd.DataFrame]

# What settings decided when the file came: they may be others today.
BY_SETTINGS = ("payee-not-ours", "test-file")
# What becomes of a row after its file was read.
MOVES = ("state", "reason_code", "purpose", "life", "origin", "version", "generation")
_LAST_SEG = 1 << 60
# Of a patient's payment that came again in another file: what may be written in another way there, and is the same.
SPELLED = ("payment_number", "note", *CAPITALS)
_HEAD = 65_536
_PER_FILE = 3


class StoredFile(NamedTuple):
    """A file as `checking_files.files` names it."""

    file_id: int
    sha256: str
    direction: str
    content: str
    state: str
    reason_code: str
    run_kind: str


def differing(ctx: Context, conn: Connection) -> tuple[int, list[str]]:
    """Read every file again: how many there are, and what of them stands in the books otherwise."""
    files = [StoredFile(*row) for row in checking_files.files(conn).itertuples(index=False)]
    counted, given = checking_files.counts(conn), line_numbers.Given(conn)
    broken: list[str] = []
    for file in files:
        broken += _of_file(ctx, conn, file, counted, given)
    strayed = checking_files.strayed_payers(conn)
    broken += [f"payer {one} of a claim names another family than its claim" for one in strayed]
    return len(files), broken + _unread(conn, {file.file_id for file in files}, counted)


def _unread(conn: Connection, read: set[int], counted: Mapping[tuple[str, int], int]) -> list[str]:
    """Name rows of files whose own row says that nothing came of them: nobody reads those again."""
    told: Counter[int] = Counter()
    batches = checking_files.batch_files(conn)
    for (table, file_id), rows in counted.items():
        if file_id not in read and not (file_id in batches and table in checking_files.OF_CLAIMS):
            told[file_id] += rows
    hashes = checking_files.hashes_of(conn, sorted(told))
    why = dict.fromkeys(batches, "it is a batch of ours, which has none")
    return [
        f"file {hashes[file_id][:12]} has {rows} row(s), and {why.get(file_id, 'its own row says that it has none')}"
        for file_id, rows in sorted(told.items())
        if file_id in hashes
    ]


def _of_file(
    ctx: Context, conn: Connection, file: StoredFile, counted: Mapping[tuple[str, int], int], given: line_numbers.Given
) -> list[str]:
    told = Counter({table.name: 0 for table in checking_files.COUNTED})  # rows that the file is known to have
    name = f"file {file.sha256[:12]}"
    try:
        found, number = [], 0
        for difference in _differences(ctx, conn, file, told, given):
            number += 1
            found += [difference] if number <= _PER_FILE else []
    except VaultError:
        return []  # the check of the vault names it
    except Exception as error:
        return [f"{name} cannot be read again ({type(error).__name__})"]
    words = [f"{name}, segment {one.seg}, byte {one.offset}: {one.says}" for one in found]
    if number > _PER_FILE:
        words.append(f"{name}: {number - _PER_FILE} more row(s) differ")
    # A row that several files may hold names one that holds it: no other file has any.
    told.update({schema.bank_lines.name: 0, schema.patient_payments.name: 0})
    for table in checking_files.COUNTED:
        if not found:
            more = counted.get((table.name, file.file_id), 0) - told[table.name]
            if more:
                words.append(f"{name}: {abs(more)} row(s) of {table.name} {'too many' if more > 0 else 'are missing'}")
    return words


def _differences(
    ctx: Context, conn: Connection, file: StoredFile, told: Counter[str], given: line_numbers.Given
) -> Iterator[Difference]:
    if file.content == "x12":
        yield from _of_x12(ctx, conn, file, told, given)
    elif file.content == "bank":
        yield from _of_bank(ctx, conn, file, told)
    elif file.content == "payments":
        yield from _of_payments(ctx, conn, file, told)
    else:
        yield from _of_charges(ctx, conn, file, told, given)


def _of_x12(
    ctx: Context, conn: Connection, file: StoredFile, told: Counter[str], given: line_numbers.Given
) -> Iterator[Difference]:
    origin = origin_of(file.run_kind)
    judged = read_judged(ctx, ctx.vault.path(file.sha256), origin)
    stored = checking_files.sets(conn, file.file_id)
    is_ours = file.direction == "produced"  # versions of claims: written and taken as good by ourselves
    yield from _of_sets(judged, stored, told, is_ours=is_ours)
    remits = stored["remittances"].set_index("transaction_seg")["remit_id"]
    known: set[int] = set()  # sets with a remittance; one that spans chunks has its BPR in the first
    answers = Answers()
    first = 0
    chunks = iter(judged.chunks)
    chunk = next(chunks, None)
    while chunk is not None:
        following = next(chunks, None)
        frames = chunk.frames
        last = _LAST_SEG if following is None else int(frames["segments"]["seg"].max())
        rows = with_iso_dates(remittance_rows(frames, judged.transactions))
        known |= set(rows["transaction_seg"].tolist())
        told["remittances"] += len(rows)
        own = stored["remittances"]
        own = own[own["seg"].between(first, last)]
        yield from compare("remittances", _without(_as_chosen(rows, own)), own.drop(columns=list(MOVES[:2])), ["seg"])
        yield from _held(rows, own)
        sets = sorted(set(frames["claim_payments"]["transaction_seg"]) | set(rows["transaction_seg"]))
        ids = [int(remits[seg]) for seg in sets if seg in remits.index]
        yield from _of_payment_rows(conn, frames, ids, known, (first, last), told)
        yield from _of_claims(conn, file, frames, judged, origin, (first, last), told, given)
        yield from _of_answers(conn, file, answers.rows(frames), judged, (first, last), told)
        first, chunk = last + 1, following


def _of_sets(judged: JudgedFile, stored: Frames, told: Counter[str], *, is_ours: bool) -> Iterator[Difference]:
    """Envelopes, sets with their verdicts, findings."""
    sets, problems = judged.told, judged.problems
    by_settings = sets["reason_code"].isin(BY_SETTINGS)
    old = stored["transactions"]
    # A good set that says what another one said is a duplicate since reconcile looked; in other words, it is held.
    moved = old["reason_code"].isin([*BY_SETTINGS, CONFLICT]) | (old["state"] == "duplicate")
    by_settings |= sets["seg"].isin(old.loc[moved, "seg"]) & (sets["state"] == "stored")
    told.update(interchanges=len(judged.interchanges), transactions=len(sets))
    yield from compare("interchanges", with_iso_dates(judged.interchanges), stored["interchanges"], ["seg"])
    verdicts = ["state", "reason_code"]
    # Files of our own were never asked which numbers an answer would call them by.
    left_out = [*verdicts, *(["group_control_number", "batch_reference"] if is_ours else [])]
    yield from compare("transactions", sets.drop(columns=left_out), old.drop(columns=left_out), ["seg"])
    if is_ours:
        return
    sure = sets.loc[~by_settings, ["seg", "offset", *verdicts]]
    yield from compare("transactions", sure, old.loc[old["seg"].isin(sure["seg"]), list(sure.columns)], ["seg"])
    names = ["seg", "offset", "code", "severity", "element", "transaction_seg"]
    found = stored["findings"]
    known = problems["transaction_seg"].isin(sets["seg"])
    problems = problems.assign(transaction_seg=problems["transaction_seg"].where(known, 0))
    yield from compare(
        "findings",
        problems.loc[~problems["code"].isin(BY_SETTINGS), names],
        found.loc[~found["code"].isin(BY_SETTINGS), names],
        ["seg", "code", "element"],
    )


def _as_chosen(rows: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """Give remittances that were posted in the place of another one of their payment the key that they have then."""
    is_chosen = (stored["reason_code"] == CONFLICT) & (stored["state"] != "held")
    keys = keys_of_chosen(rows).where(rows["seg"].isin(stored.loc[is_chosen, "seg"]), rows["remit_key"])
    return rows.assign(remit_key=keys)


def _held(rows: pd.DataFrame, stored: pd.DataFrame) -> Iterator[Difference]:
    """A remittance of a set that was held, or of a test, is never anything else."""
    judged = rows.set_index("seg")["state"].reindex(stored["seg"]).fillna("").to_numpy()
    reason = rows.set_index("seg")["reason_code"].reindex(stored["seg"]).fillna("").to_numpy()
    is_sure = ~np.isin(reason, BY_SETTINGS) & ~stored["reason_code"].isin(BY_SETTINGS).to_numpy()
    never = np.isin(judged, ["held", "informational"]) & (stored["state"].to_numpy() != judged)
    unknown = ~stored["state"].isin(STATES).to_numpy()
    for seg, offset, state in stored.loc[(never & is_sure) | unknown, ["seg", "offset", "state"]].itertuples(
        index=False
    ):
        yield Difference(int(seg), int(offset), f"remittances, state is {state}, which it cannot be by its file")


STATES = ("new", "ready", "posted", "held", "duplicate", "informational", "undone")


def _of_payment_rows(
    conn: Connection, frames: Frames, remit_ids: list[int], known: set[int], span: tuple[int, int], told: Counter[str]
) -> Iterator[Difference]:
    if not remit_ids and frames["claim_payments"].empty:
        return
    stored = checking_files.claim_payments(conn, remit_ids, *span)
    claims = with_iso_dates(claim_payment_rows(frames))
    claims = claims[claims["transaction_seg"].isin(known)]
    lines = with_iso_dates(in_capitals(frames["service_payments"]))
    plb = frames["provider_adjustments"]
    rows = {
        "claim_payments": claims,
        "service_payments": lines[lines["claim_seg"].isin(claims["seg"])],
        **{name: frames[name][frames[name]["claim_seg"].isin(claims["seg"])] for name in ("adjustments", "remarks")},
        "provider_adjustments": plb[plb["transaction_seg"].isin(known)],
    }
    for name, told_rows in rows.items():
        told[name] += len(told_rows)
        key = ["seg", "ordinal"] if name in ("adjustments", "provider_adjustments", "remarks") else ["seg"]
        yield from compare(name, told_rows, stored[name], key)


def _of_claims(
    conn: Connection,
    file: StoredFile,
    frames: Frames,
    judged: JudgedFile,
    origin: str,
    span: tuple[int, int],
    told: Counter[str],
    given: line_numbers.Given,
) -> Iterator[Difference]:
    if frames["claims"].empty:
        return
    claims = with_iso_dates(claim_rows(frames, judged.transactions, judged.stopped, origin))
    yield from _claims(conn, file, claims, frames["service_lines"], frames["other_payers"], span, told, given)


def _claims(
    conn: Connection,
    file: StoredFile,
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    others: pd.DataFrame,
    span: tuple[int, int],
    told: Counter[str],
    given: line_numbers.Given,
) -> Iterator[Difference]:
    stored = checking_files.claims(conn, file.file_id, *span)
    claims = claims.rename(columns=RENAMED)
    lines = with_iso_dates(in_capitals(lines))
    lines = lines[lines["claim_seg"].isin(claims["seg"])].assign(line_number=lambda rows: rows["ordinal"])
    # A line without a number of its own, or with that of another line, gets one of ours when its claim is sent.
    ids = stored["service_lines"].drop_duplicates("seg").set_index("seg")["service_line_id"]
    ours = given.of(ids.reindex(lines["seg"]).fillna(0).astype("int64").set_axis(lines.index))
    lines = lines.assign(line_control_number=lines["line_control_number"].where(ours == "", ours).astype("str"))
    told.update({"claims": len(claims), "service_lines": len(lines)})
    yield from compare("claims", _without(claims), stored["claims"], ["seg"])
    yield from compare("service_lines", lines, stored["service_lines"], ["seg"])
    payers = ["claim_seg", "seg", "payer_sequence", "payer_code", "payer_name", "filing_indicator_code"]
    both = pd.concat(
        [claims.assign(claim_seg=claims["seg"])[payers], others[others["claim_seg"].isin(claims["seg"])][payers]]
    )
    yield from compare("claim_payers", both, stored["claim_payers"][payers], ["claim_seg", "seg", "payer_sequence"])


def _of_answers(
    conn: Connection,
    file: StoredFile,
    rows: pd.DataFrame,
    judged: JudgedFile,
    span: tuple[int, int],
    told: Counter[str],
) -> Iterator[Difference]:
    """What a TA1, 999, 997 or 277CA says of what was sent; what the answer found there moves."""
    told["acknowledgements"] += len(rows)
    if rows.empty:
        return
    known = rows["transaction_seg"].isin(judged.told["seg"])
    rows = rows.assign(transaction_seg=rows["transaction_seg"].where(known, 0))
    yield from compare("acknowledgements", rows, checking_files.answers(conn, file.file_id, *span), ["seg"])


def _of_charges(
    ctx: Context, conn: Connection, file: StoredFile, told: Counter[str], given: line_numbers.Given
) -> Iterator[Difference]:
    charges = read_charges_file(ctx.vault.path(file.sha256))
    claims = with_iso_dates(charges.claims)
    claims = claims.assign(claim_number_normal=normal_number(claims["claim_number"]))
    others = charges.other_payers.assign(seg=charges.other_payers["claim_seg"])
    yield from _claims(conn, file, claims, charges.service_lines, others, (0, _LAST_SEG), told, given)


def _of_bank(ctx: Context, conn: Connection, file: StoredFile, told: Counter[str]) -> Iterator[Difference]:
    lines = lines_of(ctx, conn, file.file_id, file.sha256)
    stored = checking_files.keyed(conn, schema.bank_lines, "line_key", lines["line_key"].tolist())
    yield from _keyed("bank_lines", lines.rename(columns={"row_number": "seg"}), stored, file, ["line_key"], told)


def _of_payments(ctx: Context, conn: Connection, file: StoredFile, told: Counter[str]) -> Iterator[Difference]:
    payments = read_patient_file(ctx.vault.read(file.sha256)).payments
    stored = checking_files.keyed(
        conn, schema.patient_payments, "payment_key", payments["payment_key"].drop_duplicates().tolist()
    )
    yield from _keyed("patient_payments", payments, stored, file, ["payment_key", "body_hash"], told, SPELLED)


def _keyed(
    table: str,
    rows: pd.DataFrame,
    stored: pd.DataFrame,
    file: StoredFile,
    key: list[str],
    told: Counter[str],
    spelled: Sequence[str] = (),
) -> Iterator[Difference]:
    """Rows that several files may hold: each stands once, with the address of the file that it first came in.

    `spelled`: columns that another file may write in another way.
    """
    stored = stored.rename(columns={"row_number": "seg"})
    own, others = stored[stored["file_id"] == file.file_id], stored[stored["file_id"] != file.file_id]
    is_own = rows.set_index(key).index.isin(own.set_index(key).index)
    told[table] += int(is_own.sum())
    yield from compare(table, rows[is_own], own, key)
    rest = rows[~is_own]
    there = others[others.set_index(key).index.isin(rest.set_index(key).index)]
    yield from compare(table, rest, there.drop(columns=["seg", "offset", "length", *spelled]), key)


def _without(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns=[name for name in MOVES if name in rows.columns])
