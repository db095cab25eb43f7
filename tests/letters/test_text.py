"""Templates of letters: sentences, gaps, whose template stands, and what a template may not be."""

from __future__ import annotations

import hashlib

import pytest

from claims import codes
from claims.letters import Template, TemplateError, compose, find_template, templates
from claims.letters.text import plain
from tests.letters.packets import HOSTILE

LABELS = {"payer_name": "name of the payer", "member_id": "member number", "codes": "reason"}


def letter(text: str, written: tuple[str, ...] = (), **values: str):
    """Compose a template of this text."""
    return compose(Template("general", "built in", "", text, ""), values, LABELS, written)


def words(paragraphs) -> list[str]:
    return ["".join(run.text for run in one) for one in paragraphs]


def test_a_sentence_that_may_be_left_out_is_and_any_other_has_a_marked_gap():
    made = letter("title: To {payer_name}\n\nOne {codes}.\n? Two {member_id}.\nThree.\n\n? {member_id}\n", codes="29")
    assert words([made.title]) == ["To [to be filled in: name of the payer]"]
    assert words(made.paragraphs) == ["One 29. Three."]
    assert made.gaps == ("name of the payer",)
    assert [run.text for run in made.title if run.is_gap] == ["[to be filled in: name of the payer]"]


def test_a_fact_is_text_and_never_a_template():
    made = letter("title: a\n\n{codes}\n? {member_id}", codes=HOSTILE, member_id="{payer_name}")
    assert words(made.paragraphs) == [f"{HOSTILE} {{payer_name}}"] and made.gaps == ()


def test_what_a_person_wrote_keeps_its_paragraphs_and_lines_and_is_glued_to_nothing():
    text = "First.\nA line.\n\nSecond."
    made = letter("title: a\n\nBefore.\n{codes}\nAfter.\n", ("codes",), codes=text, payer_name="a\nb")
    assert words(made.paragraphs) == ["Before. ", "First.\nA line.", "Second.", "After."]
    assert words(letter("title: a\n\nBefore.\n{codes}\n", codes=text).paragraphs) == ["Before. First. A line.  Second."]
    assert words(letter("title: a\n\nBefore.\n{codes}\n", ("codes",), codes="One.").paragraphs) == ["Before. One."]


def test_marks_that_turn_a_line_around_and_controls_are_blanks():
    assert plain("a\u202eb\x00c\nd\u2067e") == "a b c d e"


@pytest.mark.parametrize(
    ("text", "says"),
    [("title: a\n\nb {nosuch}", "line 3: there is no fact nosuch"), ("only text", "no line title")],
)
def test_a_template_with_a_fault_is_refused_with_its_line(text, says):
    with pytest.raises(TemplateError, match=says):
        letter(text)


def test_every_template_that_is_built_in_names_known_facts_and_every_kind_has_one(tmp_path):
    facts = codes.table("appeal_facts")
    labels = dict(zip(facts["fact"], facts["label"], strict=True))
    for one in templates(tmp_path):
        made = compose(one, {}, labels)
        assert made.title and made.paragraphs, one.name
        full = compose(one, dict.fromkeys(labels, "x"), labels)
        assert full.gaps == () and not any(line.startswith("?") for line in words(full.paragraphs))
    for kind in set(codes.table("appeal_letters")["kind"]) - {""} | {"closing"}:
        assert find_template(tmp_path, kind, 1, "P1").name == kind


def test_the_payers_template_goes_before_the_practices_and_that_before_ours(tmp_path):
    def put(name: str, text: str) -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert find_template(tmp_path, "general", 2, "P1").name == "general-2"
    put("general.txt", "title: practice")
    put("P1/general.txt", "title: payer")
    put("P1/general-2.txt", "title: payer, level 2")
    found = [find_template(tmp_path, "general", level, payer) for level, payer in ((1, "P1"), (2, "P1"), (1, "P2"))]
    assert [one.text for one in found] == ["title: payer", "title: payer, level 2", "title: practice"]
    assert found[0].sha256 == hashlib.sha256(b"title: payer").hexdigest()
    assert [(one.origin, one.payer_code) for one in templates(tmp_path)][-3:] == [
        ("the practice's", ""), ("the practice's", "P1"), ("the practice's", "P1"),
    ]  # fmt: skip


def test_a_payers_code_is_never_a_way_out_of_the_folder(tmp_path):
    (tmp_path / "general.txt").write_text("title: outside")
    inner = tmp_path / "letters"
    inner.mkdir()
    assert find_template(inner, "general", 1, "..").origin == "built in"
    assert find_template(inner, "general", 1, str(tmp_path)).origin == "built in"


def test_a_file_that_is_no_template_is_named(tmp_path):
    (tmp_path / "general.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match="not UTF-8"):
        find_template(tmp_path, "general", 1, "P1")
    (tmp_path / "general.txt").rename(tmp_path / "Some Letter.txt")
    with pytest.raises(TemplateError, match="its name"):
        templates(tmp_path)
