"""claims appeals, as it is typed: packets of cases, without patient data on the screen."""

from __future__ import annotations

import functools
import shutil

import pytest

from claims import config
from tests.service.appealed import appealed, begun

PRIVATE = ("PERSON0", "W1", "ICN1")


@pytest.fixture(scope="module")
def folder(sqlite_template, tmp_path_factory):
    """The data folder of a practice with one case that can be appealed for years."""
    begin = functools.partial(appealed, appeal="9999")
    return begun(tmp_path_factory.mktemp("books"), sqlite_template, begin)


@pytest.fixture
def key(claims, folder):
    """A copy of it is the practice's; the key of the case."""
    shutil.copytree(folder, config.load().home)
    return claims("denials", "list", "--json").json["cases"][0]["key"]


@pytest.mark.long
def test_a_packet_is_prepared_listed_shown_and_verified(claims, key, tmp_path):
    said = claims("appeals", "prepare", key, "--out", tmp_path / "out")
    assert said.code == 0 and "level 1 (first-level appeal), timely filing" in said.out
    assert not any(word in said.out for word in PRIVATE)
    assert claims("report", "verify", tmp_path / "out").code == 0
    told = claims("appeals", "prepare", key, "--json").json
    assert (told["key"], told["level"], told["is_draft"], told["gaps"]) == (key, 1, False, [])
    assert [file["name"] for file in told["files"]] == ["letter.docx", "packet.pdf"]
    listed = claims("appeals", "list", "--json")
    assert listed.json["count"] == 1 and listed.json["appeals"][0]["packet_sha256"] == told["files"][1]["sha256"]
    assert "$150.00" in claims("appeals", "list", "--state", "prepared").out
    assert "none" in claims("appeals", "list", "--state", "sent").out
    shown = claims("appeals", "show", key)
    assert "Level 1: timely-filing, prepared" in shown.out and "Next: level 1" in shown.out
    assert claims("appeals", "show", key, "--json").json["next"]["refused"] == ""
    assert not any(word in shown.out + listed.out for word in PRIVATE)


@pytest.mark.long
def test_what_cannot_be_is_wrong_use(claims, key):
    assert claims("appeals", "prepare", "zzzz").code == 2
    assert claims("appeals", "prepare", "").code == 2
    assert claims("appeals", "prepare", key, "--level", "0").code == 2
    said = claims("appeals", "prepare", key, "--level", "3")
    assert said.code == 2 and said.err.startswith("Error: No appeal: ")


def test_templates_are_listed_with_those_of_the_practice(claims, key):
    folder = config.load().letters_folder / "PAYER1"
    folder.mkdir(parents=True)
    (folder / "general.txt").write_text("title: Ours")
    rows = claims("appeals", "templates", "--json").json["templates"]
    assert {row["name"] for row in rows} >= {"general", "timely-filing", "timely-filing-2", "closing"}
    assert (rows[-1]["name"], rows[-1]["payer_code"]) == ("general", "PAYER1")
    assert "PAYER1" in claims("appeals", "templates").out
