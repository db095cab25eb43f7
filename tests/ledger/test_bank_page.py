"""The page of the bank names every rule that ties, and no other."""

import re
from pathlib import Path

from claims import codes

PAGE = Path(__file__).parents[2] / "docs" / "bank.md"


def test_the_page_names_the_rules_in_their_order():
    section = PAGE.read_text(encoding="utf-8").split("## What is posted")[0]
    named = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert named == codes.table("tie_rules")["rule"].tolist()


def test_the_page_names_the_posting_rules_of_the_bank():
    section = PAGE.read_text(encoding="utf-8").split("## What is posted")[1]
    rules = codes.table("posting_rules")
    assert set(re.findall(r"\bE\d\d\b", section)) - {"E06"} == set(rules.loc[rules["source"] == "bank", "rule_id"])
