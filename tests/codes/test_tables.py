"""The rule tables, tested like code: unique keys, known codes, every row reachable, a title where people read one."""

import itertools
import re
from importlib import resources

import pytest

from claims import codes

NAMES = sorted(
    path.name.removesuffix(".csv") for path in resources.files("claims.codes").iterdir() if path.name.endswith(".csv")
)
KEYS = {
    "corrections": ["column"],
    "coverage_orders": ["order"],
    "desk_refusals": ["reason"],
    "accounts": ["account"],
    "bank_types": ["priority"],
    "tie_evidence": ["fact"],
    "tie_reasons": ["why"],
    "tie_rules": ["rule"],
    "ack_codes": ["set", "element", "code"],
    "action_events": ["next_action"],
    "answer_steps": ["next_step"],
    "appeal_exhibits": ["kind", "exhibit"],
    "appeal_facts": ["fact"],
    "appeal_letters": ["priority"],
    "appeal_levels": ["payer_type", "level"],
    "appeal_refusals": ["refused"],
    "bill_types": ["facility_code"],
    "carc": ["priority"],
    "categories": ["category"],
    "claim_status": ["code"],
    "code_lists": ["name"],
    "classes": ["class"],
    "collection_rules": ["rule"],
    "column_titles": ["name"],
    "exception_types": ["type_code"],
    "claim_life": ["life", "event"],
    "filing_limits": ["payer_type", "event"],
    "follow_up": ["waiting_for", "payer_type"],
    "later_payer_denials": ["code"],
    "next_actions": ["id"],
    "payer_types": ["filing_indicator"],
    "payment_methods": ["method"],
    "places_of_service": ["code"],
    "plb": ["priority"],
    "posting_rules": ["rule_id"],
    "pricing_methods": ["method"],
    "provider_adjustment_accounts": ["account"],
    "rarc": ["code"],
    "remittance_days": ["rule"],
    "states": ["code"],
    "stc_category": ["code"],
    "stc_entities": ["code"],
    "stc_status": ["status_code"],
}
# table, column, table and column that must know the value; empty cells refer to nothing
REFERENCES = [
    ("carc", "class", "classes", "class"),
    ("carc", "category", "categories", "category"),
    ("carc", "next_action", "next_actions", "id"),
    ("carc", "then_action", "next_actions", "id"),
    ("carc", "account", "accounts", "account"),
    ("carc", "exception", "exception_types", "type_code"),
    ("provider_adjustment_accounts", "account", "accounts", "account"),
    ("rarc", "category", "categories", "category"),
    ("rarc", "forces_action", "next_actions", "id"),
    ("claim_status", "next_action", "next_actions", "id"),
    ("claim_status", "exception", "exception_types", "type_code"),
    ("ack_codes", "next_step", "answer_steps", "next_step"),
    ("stc_category", "next_action", "next_actions", "id"),
    ("action_events", "next_action", "next_actions", "id"),
    ("action_events", "event", "filing_limits", "event"),
    ("action_events", "payer_type", "filing_limits", "payer_type"),
    ("follow_up", "payer_type", "filing_limits", "payer_type"),
    ("later_payer_denials", "category", "categories", "category"),
    ("later_payer_denials", "next_action", "next_actions", "id"),
    ("later_payer_denials", "code", "carc", "code"),
    ("posting_rules", "class", "classes", "class"),
    ("appeal_letters", "category", "categories", "category"),
    ("appeal_letters", "remark_code", "rarc", "code"),
    ("appeal_letters", "remark_effect", "rarc", "effect"),
    ("appeal_letters", "reason_code", "carc", "code"),
    ("appeal_letters", "kind", "appeal_exhibits", "kind"),
    ("appeal_letters", "refused", "appeal_refusals", "refused"),
    ("appeal_levels", "event", "filing_limits", "event"),
    ("appeal_levels", "payer_type", "filing_limits", "payer_type"),
    ("posting_rules", "exception", "exception_types", "type_code"),
]
VALUES = [
    ("carc", "group", {"", "CO", "PR", "OA", "PI", "CR", "other"}),
    ("carc", "sign", {"", "positive", "negative"}),
    ("carc", "full_charge", {"", "Y"}),
    ("carc", "bundle_pair", {"", "Y"}),
    ("carc", "payer_rule", {"", "capitated", "withhold_receivable", "workers_comp"}),
    ("carc", "counts_as_denial", {"Y", "N"}),
    ("carc", "preventable", {"Y", "M", "N"}),
    ("carc", "recoverable", {"H", "M", "L", "0"}),
    ("carc", "needs_rarc", {"Y", "N"}),
    ("carc", "active", {"Y", "N"}),
    ("carc", "core_scenario", {"", "1", "2", "3", "4"}),
    ("rarc", "alert", {"Y", "N"}),
    ("bill_types", "is_inpatient", {"", "Y"}),
    ("places_of_service", "needs_admission", {"", "Y"}),
    ("states", "country", {"US", "CA"}),
    ("code_lists", "kind", {"codes", "pairs", "units"}),
    ("bank_types", "format", {"bai2", "csv"}),
    ("bank_types", "sign", {"", "+", "-"}),
    ("tie_rules", "trace", {"", "same", "sibling", "open", "none"}),
    ("tie_rules", "payer", {"", "id", "any", "known"}),
    (
        "tie_rules",
        "amount",
        {
            *("equal", "lines", "remits", "net", "net-lines", "other", "returned", "fee", "settlement", "batch"),
            *("payment", "manual", "returned-part", "returned-together"),
        },
    ),
    ("appeal_exhibits", "source", {"books", "person"}),
    ("appeal_facts", "needed", {"", "Y"}),
    ("appeal_levels", "letter", {"Y", "N"}),
    ("filing_limits", "unit", {"day", "month", "year"}),
    ("filing_limits", "verified", {"Y", "N"}),
]


def test_every_table_has_a_key_here():
    assert set(NAMES) == set(KEYS)


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_text_without_blanks_at_their_ends(name):
    table = codes.table(name)
    assert len(table)
    for column in table.columns:
        assert table[column].dtype == "str"
        assert not table[column].isna().any()
        assert (table[column] == table[column].str.strip()).all(), column


@pytest.mark.parametrize("name", sorted(KEYS))
def test_keys_are_unique(name):
    table = codes.table(name)
    assert not table.duplicated(KEYS[name]).any(), table[table.duplicated(KEYS[name])][KEYS[name]]


@pytest.mark.parametrize(("name", "column", "other", "key"), REFERENCES, ids=str)
def test_references_are_known(name, column, other, key):
    used = set(codes.table(name)[column]) - {""}
    assert used - set(codes.table(other)[key]) == set()


@pytest.mark.parametrize(("name", "column", "known"), VALUES, ids=lambda value: value if isinstance(value, str) else "")
def test_values_are_known(name, column, known):
    assert set(codes.table(name)[column]) <= known


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("bank_types", "own_title"),
        ("carc", "own_title"),
        ("tie_evidence", "own_title"),
        ("tie_reasons", "own_title"),
        ("tie_rules", "own_title"),
        ("tie_rules", "says"),
        ("code_lists", "own_title"),
        ("rarc", "own_title"),
        ("categories", "own_title"),
        ("column_titles", "own_title"),
        ("classes", "own_title"),
        ("next_actions", "own_label"),
        ("claim_status", "own_label"),
        ("accounts", "name"),
        ("provider_adjustment_accounts", "own_title"),
        ("exception_types", "own_title"),
        ("exception_types", "release"),
        ("later_payer_denials", "own_reason"),
    ],
)
def test_what_people_read_is_there_and_short(name, column):
    texts = codes.table(name)[column]
    assert (texts != "").all()
    assert texts.str.len().max() <= 120


def test_the_callers_copy_is_his_own():
    table = codes.table("classes")
    table.loc[:, "class"] = "changed"
    assert "changed" not in set(codes.table("classes")["class"])


def test_numbers_of_filing_limits_are_whole_or_empty():
    limits = codes.table("filing_limits")
    for column in ("days", "days_min", "days_max"):
        assert limits[column].map(lambda text: text == "" or re.fullmatch(r"[1-9][0-9]*", text) is not None).all()


def test_every_carc_row_can_be_reached():
    """A row is dead when every situation that it fits is taken by a row before it."""
    table = codes.table("carc")
    table = table.assign(priority=table["priority"].astype(int)).sort_values("priority")
    rows = table.to_dict("records")
    by_code: dict[str, list[dict]] = {}
    for row in rows:
        by_code.setdefault(row["code"], []).append(row)
    situations = list(
        itertools.product(
            ["CO", "PR", "OA", "PI", "CR", "other"],
            ["positive", "negative"],
            ["", "Y"],
            ["", "Y"],
            ["", "capitated", "withhold_receivable", "workers_comp"],
        )
    )
    reached = set()
    for code in [*by_code, "no such code"]:
        candidates = sorted([*by_code.get(code, []), *by_code[""]], key=lambda row: row["priority"])
        for group, sign, full, pair, setting in situations:
            for row in candidates:
                if (
                    row["group"] in ("", group)
                    and row["sign"] in ("", sign)
                    and row["full_charge"] in ("", full)
                    and row["bundle_pair"] in ("", pair)
                    and row["payer_rule"] in ("", setting)
                ):
                    reached.add(row["priority"])
                    break
            else:
                raise AssertionError(f"nothing fits {code} {group} {sign}")
    assert [row["priority"] for row in rows if row["priority"] not in reached] == []


def test_an_action_with_a_limit_has_one_for_the_usual_payers():
    limits = set(codes.table("filing_limits")[["payer_type", "event"]].itertuples(index=False, name=None))
    for row in codes.table("action_events").to_dict("records"):
        assert (row["payer_type"] or "commercial", row["event"]) in limits
