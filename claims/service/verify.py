"""Verify the books: ledger invariants, stored files, audit chain. Gives what was checked and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from claims.service import heads, standing, verify_denials, verify_files, verify_matches, verify_reasons
from claims.service.context import Context
from claims.service.heads import Head
from claims.store import (
    audit,
    batch_seals,
    chain,
    chain_heads,
    checking,
    checking_exceptions,
    checking_files,
    checking_patients,
    checking_postings,
    checking_seals,
    checking_sessions,
    checking_values,
    checking_work,
    credits,
    periods,
    same_money,
    schema,
    seals,
    step_marks,
    takebacks,
    unannounced,
    undo_bank,
    waiting_adjustments,
)
from claims.store.engine import read
from claims.store.handles import Connection


@dataclass(frozen=True)
class Check:
    """One invariant: its name, what it says, how many things were looked at, and each thing that breaks it."""

    name: str
    rule: str
    checked: int
    broken: tuple[str, ...]


def verify(
    ctx: Context, known_head: Head | None = None, of_reports: Mapping[str, Head | None] | None = None
) -> list[Check]:
    """Recount L1 to L10 and the bank, walk the chains of journals and audit, read every stored file again.

    `known_head`: a head that was noted elsewhere (`heads.of`); only it shows chains cut at their end. `of_reports`:
    those that written reports hold, by where. Where values stand in a form that cannot be read, they are all that is
    said.
    """
    with read(ctx.engine) as conn:
        odd = tuple(checking_values.odd(conn))
    rule = "no value stands in a form in which the program writes none"
    values = Check("values", rule, len(schema.metadata.tables), odd)
    try:
        return [*_checks(ctx, known_head, values), *_of_reports(ctx, of_reports)]
    except (AttributeError, TypeError, ValueError):
        if not odd:
            raise
        return [values]


def _checks(ctx: Context, known_head: Head | None, values: Check) -> list[Check]:
    with read(ctx.engine) as conn:
        balance, sizes = checking.trial_balance(conn), checking.sizes(conn) | checking_work.sizes(conn)
        checks = [
            _check(
                "L1",
                "each journal, and so the whole ledger, sums to zero",
                checking.unbalanced_journals(conn),
                "journal {idempotency_key} is off by {off_cents} cents",
                checked=sizes["journals"],
                also=[] if int(balance["amount_cents"].sum()) == 0 else ["the trial balance is not zero"],
            ),
            _check(
                "L2",
                "each posted remittance moves remit clearing by its BPR02, one that was undone moves nothing",
                checking.unclear_remittances(conn),
                "remittance {remit_key:.12} is off by {off_cents} cents",
                checked=sizes["remittances"],
                also=[
                    f"remittance {key[:12]} was undone and still moves account {account} by {cents} cents"
                    for key, account, cents in checking.moving_undone(conn).itertuples(index=False)
                ],
            ),
            _check(
                "L3",
                "remit clearing holds what deposits leave open of each remittance: nothing, when its money has come",
                checking.unsettled_remittances(conn),
                "remittance {remit_key:.12} has {off_cents} cents on remit clearing",
                checked=sizes["remittances"],
            ),
            _check(
                "bank",
                "each bank line moved cash by its amount, and what nothing explains of it waits on unapplied cash",
                checking.unmoved_bank_lines(conn),
                "bank line {line_key:.12} is off by {off_cents} cents",
                checked=sizes["bank_lines"],
                also=[
                    *(
                        f"bank line {one[:12]} says otherwise what its ties leave"
                        for one in checking.unlike_rests(conn)
                    ),
                    *(f"bank line {one[:12]} says that it is undone, and is not" for one in undo_bank.hidden(conn)),
                    *(f"bank line {one[:12]} says that it is a copy, and is not" for one in same_money.unfounded(conn)),
                ],
            ),
            _receivables(checking.receivable_by_family(conn), checking.settled_by_family(conn)),
            _check(
                "credits",
                "no payer's receivable is in credit without an exception",
                credits.unnamed_credits(conn),
                "claim family {family_id}, payer {payer_sequence}, is in credit by {off_cents} cents",
            ),
            _check(
                "L5",
                "each reversal took back a decision of its own claim, exactly, and that decision stands no more",
                checking_postings.undone_reversals(conn),
                "remittance {remit_key:.12}, claim {ordinal}",
                checked=sizes["reversals"],
                also=[
                    f"journal {key} is not the negation of the one it takes back, or not the only one, by {cents} cents"
                    for key, cents in checking_postings.unequal_reversals(conn).itertuples(index=False)
                ]
                + [
                    f"remittance {key[:12]}, claim {ordinal}, was taken back or takes back, and no journal says so"
                    for key, ordinal in checking_postings.unlike_releases(conn).itertuples(index=False)
                ],
            ),
            _check(
                "L6",
                "no takeback, forward balance, advance or withholding is on the wrong side by more than exceptions say",
                unannounced.unexplained_debits(conn),
                "account {account} is on the wrong side by {off_cents} cents for a reference",
                checked=sizes["takebacks"],
            ),
            _check(
                "L7",
                "a payer has one forward balance open for a payee, or an exception says so and how much they are",
                takebacks.misnamed_forwards(conn),
                "payer {payer_code} has {times} open, together {amount_cents} cents; exceptions say {told_cents}",
                checked=sizes["forwards"],
            ),
            _check(
                "L8",
                "the interest paid is that of the claims, or an exception says so",
                _interest(conn),
                "remittance {remit_key:.12} is off by {off_cents} cents",
                checked=sizes["remittances"],
            ),
            _check(
                "L9",
                "keys are unique, a payment is posted once, and a dry run over posted remittances proposes nothing",
                pd.concat(
                    [
                        checking.repeated_keys(conn)["idempotency_key"],
                        _named(checking.posted_without_posting(conn)),
                        _posted_twice(conn),
                    ]
                ).to_frame("name"),
                "{name}",
                checked=sizes["claim_payments"],
            ),
        ]
        checks.append(
            _check(
                "L10",
                "the journals alone say where the cash of each claim payment is",
                checking_postings.misplaced_cash(conn),
                "remittance {remit_key:.12}, claim {ordinal}",
                checked=sizes["claim_payments"],
            )
        )
        checks.append(
            _check(
                "patients",
                "what a patient paid came to cash once and lies on claims, on unapplied cash or is owed back",
                pd.concat([checking_patients.misplaced(conn), checking_patients.misplaced_refunds(conn)]),
                "{name} is off by {off_cents} cents",
                checked=checking_patients.sizes(conn),
            )
        )
        broken = tuple(chain.breaks(conn))
        checks.append(
            Check("journals", "each journal is as it was written, and none is missing", sizes["journals"], broken)
        )
        checks.append(
            _check(
                "periods",
                "nothing was posted into a closed period, and every closing stands as the audit chain tells it",
                periods.breaches(conn),
                "the period through {through_date} holds {off_journals} journal(s) more than when it was closed",
                checked=sizes["periods"],
                also=checking_work.untold_closings(conn),
            )
        )
        key = audit.load_key(ctx.settings.audit_key_file)
        checks += _work(conn, sizes, key)
        rule = "what people wrote on an act is what the audit chain seals of it"
        count, otherwise = verify_reasons.unfounded(conn, key)
        checks.append(Check("reasons", rule, count, tuple(otherwise)))
        count, differing = verify_files.differing(ctx, conn)
        checks.append(Check("files", "every row is what its stored file says", count, tuple(differing)))
        rule = "what changes without an event is as the program wrote it last: none was changed, put in or deleted"
        false = checking_seals.false(conn)
        odd = checking_seals.unlike(conn, false, known_head.seal if known_head else None)
        odd += batch_seals.unlike(conn) + step_marks.unlike(conn)
        checks.append(Check("seals", rule, checking_seals.rows_held(conn), tuple(odd)))
        checks.append(values)
        rule = "who is signed in has signed in, as the audit chain tells it"
        count, strangers = checking_sessions.unfounded(conn)
        checks.append(Check("sessions", rule, count, tuple(strangers)))
        rule = "the chains lead through every end that the audit chain tells, and seals tell of each stretch" + _since(
            conn
        )
        told, lost = chain_heads.unlike(conn, known_head.chains if known_head else None)
        stretches, strays = chain_heads.beside(conn, set(false))
        checks.append(Check("chains", rule, told + stretches, (*lost, *strays)))
        given, missing = checking_files.rows_given(conn), checking_files.missing_rows(conn)
        gone = [f"{rows} row(s) of {table} were removed" for table, rows in missing.items()]
        gone += [f"rows of {table} have keys that were not given out" for table in checking_files.above_given(conn)]
        rule = "no row that was written is gone, and none has a key that was not given out"
        checks.append(Check("rows", rule, given, tuple(gone)))
        hashes = checking.stored_hashes(conn)
        states = [(sha256, ctx.vault.verify(sha256)) for sha256 in hashes]
        wrong = tuple(f"file {sha256[:12]} is {state}" for sha256, state in states if state != "sound")
        checks.append(Check("vault", "every stored file has the bytes that it had", len(hashes), wrong))
        problem = audit.verify(conn, key, known_head.event if known_head else None)
        problems = [problem] if problem else chain_heads.cut(conn, set(false))
        checks.append(Check("audit", "the audit chain is whole", sizes["events"], tuple(problems)))
    return checks


def _of_reports(ctx: Context, noted: Mapping[str, Head | None] | None) -> list[Check]:
    if noted is None:
        return []
    with read(ctx.engine) as conn:
        lost = heads.lost(conn, noted)
    rule = "the chains lead through where they ended when each report was written"
    return [Check("reports", rule, len(noted), tuple(lost))]


def unknown_files(ctx: Context) -> list[str]:
    """Name files of the vault that no row knows: of a run that was stopped or rehearsed, or put there by somebody."""
    with read(ctx.engine) as conn:
        known = set(checking.stored_hashes(conn))
    return [sha256 for sha256 in ctx.vault.entries() if sha256 not in known]


def _posted_twice(conn: Connection) -> pd.Series:
    """L9: a payment has one remittance that is posted, whatever contents of it came."""
    found = standing.posted_twice(conn)
    return "remittances " + found["remit_id"].astype("str") + " and " + found["other_id"].astype("str")


def _work(conn: Connection, sizes: dict[str, int], key: bytes) -> list[Check]:
    """What people work on, against the events and postings that made it."""
    return [
        _check(
            "matches",
            "what was posted lies on the claim that its match names, and its score follows from both",
            pd.concat([checking_work.mismatched(conn), verify_matches.unfounded(conn, key)]),
            "remittance {remit_key:.12}, claim {ordinal} {why}",
            checked=sizes["postings"],
        ),
        _check(
            "cases",
            "each denial case is as its events left it",
            pd.concat([checking_work.unexplained_cases(conn), checking_work.changed_denials(conn)]),
            "denial case {name} {why}",
            checked=sizes["cases"],
        ),
        _check(
            "denials",
            "what is denied on 1110 lies in open cases of its claim and payer, or a reason of the report explains it",
            verify_denials.unheld(conn),
            "claim family {family_id}, payer {payer_sequence}, is off by {off_cents} cents",
            checked=sizes["cases"],
        ),
        _check(
            "variances",
            "each variance case is as its last event left it",
            checking_work.changed_variances(conn),
            "variance case {name} {why}",
            checked=sizes["variances"],
        ),
        _check(
            "exceptions",
            "what waits is named by an open exception, and what is closed, owned or accepted is so by something",
            pd.concat(
                [
                    checking_work.unexplained_exceptions(conn),
                    waiting_adjustments.unnamed(conn),
                    checking_exceptions.unfounded(conn),
                ]
            ),
            "{name} {why}",
            checked=sizes["exceptions"],
        ),
    ]


def _since(conn: Connection) -> str:
    """Say from where on stretches are sealed in books that an earlier version has begun; nothing for others."""
    begun = seals.begun_at(conn)
    return f" (from seal {begun} on)" if begun > 1 else ""


def _interest(conn: Connection) -> pd.DataFrame:
    rows = takebacks.interest_that_differs(conn)
    return rows[checking.unnamed(conn, "INTEREST_DIFFERS", "INTEREST_DIFFERS:" + rows["remit_key"])]


def _named(rows: pd.DataFrame) -> pd.Series:
    return "remittance " + rows["remit_key"].str[:12] + ", claim " + rows["ordinal"].astype("str")


def _check(
    name: str, rule: str, broken: pd.DataFrame, sentence: str, *, checked: int = 0, also: list[str] | None = None
) -> Check:
    rows = [sentence.format_map({str(key): value for key, value in row.items()}) for row in broken.to_dict("records")]
    return Check(name, rule, checked, tuple(rows + (also or [])))


def _receivables(ledger: pd.DataFrame, settled: pd.DataFrame) -> Check:
    """L4 by claim family: charges = settled by remittances + acted on by people + what is still open."""
    rows = ledger.merge(settled, on="family_id", how="outer").fillna(0)
    off = rows["charge_cents"] - rows["settled_cents"] - rows["acted_cents"] - rows["open_cents"]
    wrong = rows.assign(off_cents=off)[off != 0]
    named = wrong[["family_id", "off_cents"]].astype("int64")
    return Check(
        "L4",
        "each claim's charge = paid + reduced + written off + still open, recounted from the 835 rows",
        len(rows),
        tuple(f"claim family {family} is off by {cents} cents" for family, cents in named.itertuples(index=False)),
    )
