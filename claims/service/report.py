"""Write a report as of a day: the books come in, files and a manifest go out. Same parameters, same bytes."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from claims import codes
from claims.errors import NotFoundError
from claims.reports import aging as aging_rules
from claims.reports import denials as denial_rules
from claims.reports import denied_money, export, manifest, roll_forward
from claims.reports import open_items as open_items_rules
from claims.reports import tieout as tieout_rules
from claims.reports.report import Check, Report, apart
from claims.service import exception_report, heads, journal_report, match_report
from claims.service import open_items as items_of
from claims.service.context import Context
from claims.service.statements import NAME as STATEMENTS
from claims.service.statements import statements
from claims.service.workdays import holidays_between
from claims.store import clock
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import aging as aging_rows
from claims.store.queries import completeness as completeness_rows
from claims.store.queries import denial_report as denial_rows
from claims.store.queries import roll_forward as ledger_rows
from claims.store.queries import tieout as tieout_rows
from claims.store.queries.asof import AsOf
from claims.store.queries.posted_then import came_later

RECEIVABLE = ("1100", "1110", "1200")
HOLIDAYS_BACK = 3 * 366  # older rows wait far beyond any count of days
Making = Callable[[Connection, AsOf], Report]
FILE_STATES = ("stored", "held", "refused", "registered")


def write_report(
    ctx: Context,
    name: str,
    as_of: date,
    known_at: str | None = None,
    format: str = "csv",
    out: Path = Path(),
    made: Making | None = None,
) -> Path:
    """Write report ``name`` (one of REPORTS; ``made``: otherwise than there) into ``out`` and return its manifest.

    ``known_at`` is a UTC instant as the database keeps it; none means now, and becomes a parameter of the report. A
    folder that holds the same report in the same format is written anew; one that holds something else is refused.
    """
    if name not in REPORTS:
        raise NotFoundError("report", name)
    export.require_format(format)
    at = AsOf(as_of, known_at or clock.now())
    with read(ctx.engine) as conn:
        run = {manifest.HEAD: heads.text(heads.of(conn)), manifest.ENDS: heads.ends(conn)}
        report = (made or REPORTS[name])(conn, at)
        out.mkdir(parents=True, exist_ok=True)
        manifest.clear(out, name, format)
        files = export.write(report.tables, name, format, out)  # tables in parts are read while they are written
    parameters = {"as_of": as_of.isoformat(), "known_at": at.known_at, "format": format} | report.parameters
    content = manifest.of(report, files, parameters, importlib.metadata.version("claims-batch"))
    return manifest.save(out, content, {"generated_at": clock.now(), "generated_by": ctx.actor} | run)


def first_posting_day(ctx: Context, known_at: str) -> date | None:
    """Give the first day that anything was posted on, as known at an instant; None: nothing was."""
    with read(ctx.engine) as conn:
        return ledger_rows.first_posting_day(conn, known_at)


def tieout(conn: Connection, at: AsOf) -> Report:
    """Tie bank, BPR02, claims less adjustments and ledger, per payment and day.

    Roll the receivable forward from the month's first; list what is open.
    """
    day = at.day.isoformat()
    start = at.day.replace(day=1)
    deposits = tieout_rows.deposits(conn, at)
    remittances, payer_names = tieout_rows.remittances(conn, at), tieout_rows.payer_names(conn, at)
    rows = tieout_rules.tie_out(
        remittances,
        tieout_rows.ledger_by_remittance(conn, at),
        deposits,
        tieout_rows.exceptions(conn, at),
        day,
        payer_names=payer_names,
        holidays=holidays_between(at.day - timedelta(days=HOLIDAYS_BACK), at.day),
    )
    off = rows["remittance_difference_cents"].abs()
    is_held = rows["status"].isin(["HELD", "OUT_OF_BALANCE", "DEPOSIT_NO_REMIT"])
    booked = deposits[deposits["is_booked"] == 1].drop_duplicates("line_key")
    receivable = roll_forward.receivable(ledger_rows.receivable_movements(conn, at, start))
    accounts = roll_forward.balances(ledger_rows.account_movements(conn, at, start))
    control = sum(aging_rows.control(conn, at).values())
    aged = aging_rules.aging(aging_rows.open_lines(conn, at), aging_rows.service_days(conn, at), day)
    whole = replace(at, came_later=came_later(conn, at))
    files = completeness_rows.files(conn, whole).sort_values("sha256", ignore_index=True)
    complete, checks = _completeness(conn, whole, files)
    items = items_of.open_items(
        conn, at, tieout_rules.without_persons(deposits, payer_names, set(remittances["trace_number"]))
    )
    sides = open_items_rules.sides()
    left_open = exception_report.still_open(conn, at)
    stand_on = pd.concat([one["sha256"] for one in (rows, deposits, items, left_open)]).drop_duplicates()
    ours = completeness_rows.produced(conn, sorted(set(stand_on) - {"", *files["sha256"]}))
    files = pd.concat([files, ours], ignore_index=True).sort_values("sha256", ignore_index=True)
    strangers = set(stand_on) - {"", *files["sha256"]}
    amounts = receivable.groupby("row")["amount_cents"].sum()
    ledger_sum = int(accounts["debits_cents"].sum() - accounts["credits_cents"].sum() + accounts["start_cents"].sum())
    end = int(amounts["I"])
    checks += [
        Check("receivable: start and movements give the end", int(amounts.sum()) - end, end),
        Check("receivable: end is the control accounts", end, control),
        Check("receivable: end is the aging total", end, int(aged["balance_cents"].sum())),
        Check("transfers add up to nothing", int(amounts["G"]), 0),
        Check("ledger: debits are credits", ledger_sum, 0),
        Check("1050 is what remittances and deposits leave open", _account(accounts, "1050"), _clearing(rows)),
        Check(
            "1000 moved by bank lines is what the bank says of them",
            tieout_rows.bank_cash(conn, at),
            int(booked["deposit_cents"].sum()),
        ),
        Check("posted: claims less provider adjustments are BPR02", int(off[~is_held].sum()), 0),
        Check("posted: ledger is BPR02", int(rows["ledger_difference_cents"].abs().sum()), 0),
        Check("1050 of each is its ledger less what settled it", tieout_rules.unsettled(rows), 0),
        *(
            Check(
                f"open items of {account} are its balance",
                open_items_rules.balance(items, account),
                _account(accounts, account) * sides[account],
            )
            for account in items_of.accounts()
        ),
        Check("every row that is not tied is named", tieout_rules.unnamed(rows), 0),
        Check("files that rows stand on and files does not list", len(strangers), 0),
    ]
    tables = {
        "tieout": rows,
        "days": tieout_rules.days(rows),
        "status_totals": tieout_rules.totals(rows),
        "roll_forward": receivable,
        "accounts": _named(accounts),
        "open_items": items,
        "completeness": complete,
        "files": files,
        "exceptions": left_open,
        "exceptions_closed": exception_report.closed(conn, at, start),
    }
    controls = {
        "remittances": int(rows["payment_cents"].sum()),
        "bank": int(rows["bank_cents"].sum()),
        "ledger_1050": int(rows["ledger_cents"].sum()),
        "receivable": end,
        "unapplied_2200": -_account(accounts, "2200"),
    }
    sums = {
        "remittances": ("tieout", "payment_cents"),
        "bank": ("tieout", "bank_cents"),
        "ledger_1050": ("tieout", "ledger_cents"),
    }
    return Report("tieout", tables, controls, tuple(checks), sums)


def denials(conn: Connection, at: AsOf) -> Report:
    """List the denial cases as they stood: open ones, closed ones, and the open ones by category and next action."""
    stood = denial_rules.as_they_stood(denial_rows.cases(conn, at), denial_rows.later_changes(conn, at))
    stood = denial_rules.with_expected(stood, denial_rows.expected(conn, at))
    rows = denial_rules.denials(stood, denial_rows.addresses(conn), at.day.isoformat())
    is_open = rows["state"] != "closed"
    still = rows[is_open].reset_index(drop=True)
    summary = denial_rules.summary(still)
    tables = {"denials": still, "closed": rows[~is_open].reset_index(drop=True), "by_category": summary}
    at_risk = int(still["at_risk_cents"].sum())
    held = denial_rows.held(conn, at)
    events = denial_rows.happened(conn, at, denied_money.KINDS)
    opened = stood[(stood["state"] != "closed") & (stood["outcome"] != "undone")]
    waits = denial_rows.held_decisions(conn, at)
    opened = opened.assign(is_held=opened["claim_payment_id"].isin(waits) & (opened["family_id"] != 0))
    explained = denied_money.explained(opened, held, events)
    tables["denied_money"] = explained
    checks = (
        Check(
            "open at risk and its differences are account 1110",
            int(explained["amount_cents"].sum()),
            int(held["amount_cents"].sum()),
        ),
        Check("categories add up to the open cases", int(summary["at_risk_cents"].sum()), at_risk),
        Check("every case is counted once", int(summary["cases"].sum()), len(still)),
    )
    controls = {
        "open_at_risk": at_risk,
        "open_denied": int(still["denied_cents"].sum()),
        "denied_in_ledger": int(held["amount_cents"].sum()),
    }
    sums = {
        "open_at_risk": ("denials", "at_risk_cents"),
        "open_denied": ("denials", "denied_cents"),
        "denied_in_ledger": ("denied_money", "amount_cents"),
    }
    return Report("denials", tables, controls, checks, sums)


def aging(conn: Connection, at: AsOf) -> Report:
    """Age the receivable by service date; each open line in exactly one bucket, all of them the control accounts."""
    charged = aging_rows.charged(conn, at)
    days = aging_rows.service_days(conn, replace(at, came_later=came_later(conn, at)))
    lines = aging_rows.open_lines(conn, at)
    rows = aging_rules.aging(lines, days, at.day.isoformat(), charged)
    nowhere = aging_rules.without_address(rows, lines)
    were_charged = aging_rows.were_charged(conn, at, sorted(set(nowhere)))
    buckets = aging_rules.summary(rows)
    payers = aging_rules.by_payer(rows, aging_rows.payer_names(conn, at))
    by_payer = dict(zip(payers["payer_code"].tolist(), payers["total_cents"].tolist(), strict=True))
    control, of_payers = aging_rows.control(conn, at), aging_rows.control_by_payer(conn, at)
    checks = tuple(
        Check(
            f"lines of {account} add up to the control account",
            int(rows.loc[rows["account"] == account, "balance_cents"].sum()),
            control[account],
        )
        for account in RECEIVABLE
    )
    checks += (
        Check("buckets add up to the control accounts", int(buckets["total_cents"].sum()), sum(control.values())),
        Check("payers add up to the control accounts", int(payers["total_cents"].sum()), sum(control.values())),
        Check("each payer owes what the ledger says", apart(by_payer, of_payers), 0),
        Check("each row of a charged claim has an address", int(nowhere.isin(were_charged).sum()), 0),
    )
    tables = {"aging": rows, "buckets": buckets, "by_payer": payers}
    controls = {"receivable": sum(control.values())}
    return Report("aging", tables, controls, checks, {"receivable": ("aging", "balance_cents")})


REPORTS: dict[str, Making] = {
    "tieout": tieout,
    "denials": denials,
    "aging": aging,
    STATEMENTS: statements,
    journal_report.NAME: journal_report.of_month,
    match_report.NAME: match_report.matches,
}


def _account(accounts: pd.DataFrame, account: str) -> int:
    return int(accounts.loc[accounts["account"] == account, "end_cents"].sum())


def _clearing(rows: pd.DataFrame) -> int:
    return int(rows["clearing_cents"].sum())


def _named(accounts: pd.DataFrame) -> pd.DataFrame:
    named = accounts.copy()
    named.insert(1, "name", codes.account_names(accounts["account"]))
    return named


def _completeness(conn: Connection, at: AsOf, files: pd.DataFrame) -> tuple[pd.DataFrame, list[Check]]:
    """Count files, sets, remittances, claims and adjustments by what became of them."""
    received, duplicates = completeness_rows.receipts(conn, at)
    by_state = files["state"].value_counts()
    parts = [_line("files", "received", received)]
    parts += [_line("files", state, int(by_state.get(state, 0))) for state in FILE_STATES]
    parts.append(_line("files", "duplicate", duplicates))
    parts.append(_line("files", "of these: came later, posted by then", int((files["came"] != "").sum())))
    known = sum(int(by_state.get(state, 0)) for state in FILE_STATES)
    sets = completeness_rows.sets(conn, at)
    remits = completeness_rows.remittances(conn, at)
    claims = completeness_rows.claims(conn, at)
    adjusted = completeness_rows.adjustments(conn, at)
    words = adjusted["kind"] + " " + adjusted["code"] + " " + adjusted["state"] + " " + adjusted["sign"]
    for item, number, cents in completeness_rows.rows_of_tables(conn, at):
        parts.append(_line("tables", item, number).assign(amount_cents=cents))
    parts += [
        sets.assign(section="sets", item=sets["set_code"] + " " + sets["state"]),
        remits.assign(section="remittances", item=remits["state"]),
        claims.assign(section="claims", item=claims["state"]),
        adjusted.assign(section="adjustments", item=words.str.strip()),
        _line("journals", "posted", ledger_rows.journals(conn, at)),
    ]
    amounts = ["charge_cents", "paid_cents", "provider_adjustments_cents", "payment_cents", "amount_cents"]
    names = ["section", "item", "rows", "claims", "service_lines", *amounts]
    rows = pd.concat([part.reindex(columns=names) for part in parts], ignore_index=True)
    numbers = names[2:]
    rows[numbers] = rows[numbers].astype("Int64")
    rows["order"] = rows["section"].map(
        {"files": 0, "sets": 1, "tables": 2, "remittances": 3, "claims": 4, "adjustments": 5}
    )
    rows = rows.sort_values(["order", "item"], kind="stable", ignore_index=True)[names]
    read_sets = sets[(sets["set_code"] == "835") & ~sets["state"].isin(["refused"])]
    checks = [
        Check("files received are stored, held, refused, registered or duplicate", received, known + duplicates),
        Check("835 sets read are remittances", int(read_sets["rows"].sum()), int(remits["rows"].sum())),
        Check("835 claims read are claim payments", int(read_sets["claims"].sum()), int(remits["claims"].sum())),
        Check(
            "835 cents read are cents of claim payments",
            int(read_sets["paid_cents"].sum()),
            int(remits["paid_cents"].sum()),
        ),
    ]
    return rows, checks


def _line(section: str, item: str, number: int) -> pd.DataFrame:
    return pd.DataFrame({"section": [section], "item": [item], "rows": [number]})


def verify_reports(folder: Path) -> list[dict[str, Any]]:
    """Check the reports in a folder and below it against their manifests: folder, report, own hash, problems."""
    folders = [path.parent for path in sorted(folder.rglob(manifest.NAME))] if folder.is_dir() else []
    if not folders:
        manifest.load(folder)
    return _without_manifest(folder, folders) + [
        {
            "folder": str(one),
            "report": content["report"],
            manifest.SEAL: content.get(manifest.SEAL, ""),
            "problems": manifest.problems(one),
        }
        for one in folders
        for content in (manifest.load(one),)
    ]


def _without_manifest(folder: Path, known: list[Path]) -> list[dict[str, Any]]:
    """Name folders below that hold files of a report, and nothing that tells what was written."""
    endings = {f".{name}" for name in export.FORMATS}
    lone = {path.parent for path in folder.rglob("*") if path.suffix in endings and path.name != manifest.NAME}
    problem = "holds files and no manifest.json: nothing tells what was written"
    return [
        {"folder": str(one), "report": "", manifest.SEAL: "", "problems": [problem]} for one in sorted(lone - {*known})
    ]
