"""The dental map, tested like code: a sound table, what it takes over, what is published of the guide, the dental samples."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from claims.findings import NOTE
from claims.x12 import X12File
from claims.x12.conform import Conformance, maps, own_maps
from claims.x12.conform.grammar import Grammar, parts
from claims.x12.conform.nodes import UNLIMITED, Composite, Element, Loop, Segment
from claims.x12.file import joined
from claims.x12.read import scan

FILE = "dental_837.csv"
GUIDES = ("005010X224", "005010X224A1", "005010X224A2")
PROFESSIONAL = "005010X222A1"
SOURCES = {"published", "sample", "shared-with-P", "shared-with-I", "4010", "unverified"}
ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT.parent / "shared" / "samples"
PREDETERMINATION = ROOT / "edi_samples" / "837d" / "pass" / "predetermination.edi"


@cache
def dental() -> Loop:
    return maps.tree("005010X224A2")


def loops(name: str, guide: str = "005010X224A2") -> list[Loop]:
    return [loop for loop in maps.tree(guide).loops() if loop.id == name]


def segment(loop: str, name: str, qualifier: str = "") -> Segment:
    """Find a segment by its loop, its id and one of its qualifiers."""
    found = [one for one in loops(loop)[0].children if isinstance(one, Segment) and one.id == name]
    return next(one for one in found if not qualifier or (one.key and qualifier in one.key[0].listed))


def element(where: Segment, number: int, component: int = 0) -> Element:
    item = where.elements[number - 1]
    if isinstance(item, Composite):
        item = item.elements[component - 1]
    return item


# ---- the table


def test_no_two_rows_say_the_same_place():
    places, above = [], ("", "", "")
    for row in own_maps.rows(FILE):
        if not row.element:
            above = (row.loop, row.segment, row.qualifier)
        assert above[:2] == (row.loop, row.segment), row
        places.append((*above, row.element, row.component))
    assert [place for place, times in Counter(places).items() if times > 1] == []


def test_every_row_names_its_source_and_a_usage():
    for row in own_maps.rows(FILE):
        assert row.source in SOURCES, row
        assert row.usage in ("R", "S", "N"), row
        assert row.source != "unverified" or row.usage != "N", f"unverified, so never forbidden: {row}"


def test_an_element_that_is_unverified_is_asked_for_only_with_what_holds_it():
    # Which kind of diagnosis, attachment, procedure code: asked for wherever there is one.
    firsts = {("HI", "2-12", "1"), ("PWK", "1", ""), ("SVD", "3", "1")}
    for row in own_maps.rows(FILE):
        if row.source == "unverified" and row.element and (row.segment, row.element, row.component) not in firsts:
            assert row.usage == "S", row


def test_every_data_element_is_known():
    for row in own_maps.rows(FILE):
        if row.element and not row.data_element.startswith("C"):
            kind, shortest, longest, _name = maps.data_element(row.data_element)
            assert kind and 1 <= shortest <= longest, row


def test_rows_of_a_loop_stand_in_order_of_position():
    above: dict[str, int] = {}
    for row in own_maps.rows(FILE):
        if row.segment and not row.element:
            assert int(row.position) >= above.get(row.loop, 0), row
            above[row.loop] = int(row.position)


def test_every_loop_of_a_row_is_there_and_begins_with_a_segment():
    built = {loop.id for loop in dental().loops()}
    assert {row.loop for row in own_maps.rows(FILE)} <= built
    assert [loop.id for loop in dental().loops() if not loop.children] == []
    wrappers = {loop.id for loop in dental().loops() if loop.is_wrapper}
    assert wrappers == {"837", "DETAIL"}


# ---- the tree


@pytest.mark.parametrize("guide", GUIDES)
def test_header_says_the_guide_itself(guide):
    assert maps.sources()[guide].is_experimental
    headers = {one.id: one for one in maps.tree(guide).segments() if one.id in ("GS", "ST")}
    assert element(headers["GS"], 8).codes == element(headers["ST"], 3).codes == {guide}
    named = {code for one in maps.tree(guide).segments() for part in parts(one) for code in part.listed}
    assert {code for code in named if code.startswith("005010")} == {guide}


def test_elements_are_numbered_and_codes_are_never_none_of_them():
    for one in dental().segments():
        assert [item.number for item in one.elements] == list(range(1, len(one.elements) + 1)), one
        for item in one.elements:
            if isinstance(item, Composite):
                assert [part.number for part in item.elements] == list(range(1, len(item.elements) + 1)), one
        for part in parts(one):
            assert part.codes is None or part.codes, one
            assert part.codes is None or part.listed <= part.codes, one


def test_every_node_hangs_where_its_path_says():
    for loop in dental().loops():
        for child in loop.children:
            assert child.parent is loop
            assert child.path.rpartition("/")[0] == loop.path
    paths = Counter(one.path for one in dental().segments())
    assert {path for path, times in paths.items() if times > 1} == set()


def test_within_a_loop_an_id_and_qualifier_lead_to_one_place():
    for loop in dental().loops():
        seen: Counter[tuple[str, str]] = Counter()
        for child in loop.children:
            first = child if isinstance(child, Segment) else child.first_segment
            if first is not None:
                values = first.key[0].listed if first.key else {"any"}
                seen.update((first.id, value) for value in values)
        ids = Counter(name for name, _value in seen)
        assert [key for key, times in seen.items() if times > 1] == [], loop.path
        assert [key for key in seen if key[1] == "any" and ids[key[0]] > 1] == [], loop.path


def test_every_segment_can_be_reached():
    grammar = Grammar(dental())
    symbols = {
        grammar.symbol(one.id, value)
        for one in grammar.nodes
        for value in (sorted(one.key[0].listed)[:1] if one.key else [""])
    }
    reached, open_steps = set(), [grammar.start]
    while open_steps and len(reached) < len(grammar.nodes):
        before = open_steps.pop()
        for symbol in symbols:
            after = grammar.step(before, symbol)
            if (node := grammar.steps[after].node) >= 0 and node not in reached:
                reached.add(node)
                open_steps.append(after)
    assert [one.path for number, one in enumerate(grammar.nodes) if number not in reached] == []


# ---- what is taken over


def shape(loop: Loop) -> list[tuple[object, ...]]:
    """Tell all about a loop but where it hangs."""
    found: list[tuple[object, ...]] = []
    for child in loop.children:
        if isinstance(child, Loop):
            found += [(child.id, child.usage, child.position, child.max_repeat), *shape(child)]
        else:
            found.append((child.id, child.usage, child.position, child.max_use, child.elements, child.syntax))
    return found


@pytest.mark.parametrize(
    "name", ["HEADER", "2010AA", "2010AB", "2010AC", "2010BA", "2010BB", "2010CA", "2310B", "2310C", "2330A", "2420A"]
)
def test_shared_loop_is_as_in_professional_claims(name):
    assert all(shape(loop) == shape(loops(name, PROFESSIONAL)[0]) for loop in loops(name))


def test_taking_over_leaves_the_other_guide_as_it_was():
    assert element(next(one for one in maps.tree(PROFESSIONAL).segments() if one.id == "GS"), 8).codes == {PROFESSIONAL}
    claim = next(one for one in maps.tree(PROFESSIONAL).segments() if one.id == "CLM")
    assert element(claim, 19).usage == "N"
    assert claim.path.startswith("/ISA_LOOP/GS_LOOP/ST_LOOP/DETAIL/2000A/2000B/2300")
    assert "DD" not in {
        code for one in maps.tree(PROFESSIONAL).segments() for part in parts(one) for code in part.listed
    }


def test_another_date_of_the_same_form_is_not_called_by_the_first_ones_name():
    placed, accident = segment("2400", "DTP", "441"), segment("2300", "DTP", "439")
    assert placed.name == "prior placement date"
    assert element(placed, 3).name == "Date Time Period" != element(accident, 3).name
    assert element(placed, 3).formats == element(accident, 3).formats == ("D8",)


def test_a_claim_may_stand_below_the_subscriber_and_below_the_patient():
    assert [loop.parent.id for loop in loops("2300") if loop.parent] == ["2000B", "2000C"]
    assert shape(loops("2300")[0]) == shape(loops("2300")[1])


# ---- what is published of the guide


def test_service_line():
    line = segment("2400", "SV3")
    assert element(line, 1, 1).codes == {"AD"}
    assert element(line, 1, 1).usage == element(line, 1, 2).usage == element(line, 2).usage == "R"
    assert element(line, 3).codes is not None
    assert element(line, 5).codes == {"I", "R"}
    assert element(line, 6).usage == "S"
    assert loops("2400")[0].max_repeat == 50


def test_teeth_follow_the_service_and_may_repeat():
    tooth, line, date = segment("2400", "TOO"), segment("2400", "SV3"), segment("2400", "DTP", "472")
    assert line.position < tooth.position < date.position
    assert tooth.usage == "S" and tooth.max_use > 1
    assert element(tooth, 1).codes == {"JP"}
    assert len(tooth.elements[2].elements) == 5  # surfaces


def test_date_of_service_may_stand_at_the_claim_or_the_line():
    for loop in ("2300", "2400"):
        date = segment(loop, "DTP", "472")
        assert date.usage == "S" and element(date, 2).codes == {"D8", "RD8"}


def test_claim():
    claim = segment("2300", "CLM")
    assert element(claim, 5, 2).codes == {"B"}
    assert element(claim, 6).usage == "R"
    assert element(claim, 7).codes == {"A", "C"}
    assert element(claim, 8).codes == {"Y", "N", "W"}
    assert element(claim, 9).codes == {"Y", "I"}
    assert element(claim, 10).usage == "N"
    assert element(claim, 19).codes == {"PB"} and element(claim, 19).usage == "S"
    assert loops("2300")[0].max_repeat == 100


def test_orthodontics_and_tooth_status_stand_between_dates_and_attachments():
    order = [segment("2300", name).position for name in ("DTP", "DN1", "DN2", "PWK")]
    assert order == sorted(order) and len(set(order)) == 4


def test_diagnoses_and_providers_are_optional():
    assert segment("2300", "HI").usage == "S"
    names = {loop.id: segment(loop.id, "NM1").key[0].listed for loop in dental().loops() if loop.id.startswith("2310")}
    assert names == {"2310A": {"DN", "P3"}, "2310B": {"82"}, "2310C": {"77"}, "2310D": {"DD"}, "2310E": {"DQ"}}


def test_other_payers():
    assert loops("2320")[0].max_repeat == 10
    assert loops("2430")[0].max_repeat == 15
    assert segment("2320", "CAS").max_use == segment("2430", "CAS").max_use == 5
    assert segment("2320", "OI").usage == segment("2430", "DTP").usage == "R"
    assert segment("2330B", "DTP").usage == "S"
    assert loops("2000A")[0].max_repeat == loops("2000B")[0].max_repeat == UNLIMITED


# ---- files


def test_teeth_before_their_service_are_refused():
    text = PREDETERMINATION.read_text(encoding="ascii")
    service, tooth = "SV3*AD:D6010*1500****1~\n", "TOO*JP*14~\n"
    assert service + tooth in text
    assert _refused(text.replace(service + tooth, tooth + service, 1)) == {
        ("TOO", "required-segment-missing"),
        ("SV3", "segment-unexpected"),
    }


def test_the_fifty_first_line_is_refused():
    assert _refused(_with_lines(50)) == {("SE", "set-count-differs")}
    assert _refused(_with_lines(51)) == {("SE", "set-count-differs"), ("LX", "loop-too-often")}


def _with_lines(count: int) -> str:
    """Give the predetermination other lines, of the same charge in all."""
    head, _, tail = PREDETERMINATION.read_text(encoding="ascii").partition("LX*1~")
    charges = [2350 - (count - 1), *[1] * (count - 1)]
    lines = [f"LX*{number}~SV3*AD:D6010*{charge}****1~" for number, charge in enumerate(charges, 1)]
    return head + "".join(lines) + tail[tail.index("SE*") :]


def _checked(readable: Path | bytes) -> X12File:
    """Read a file and check it by its guide alone; rules beyond the guides have their own tests."""
    return joined(list(scan(readable, conformance=Conformance())))


def _refused(text: str) -> set[tuple[str, str]]:
    """Check a file; return the id of the segment and the code of everything above a note."""
    file = _checked(text.encode())
    above = file.findings[file.findings["severity"] != NOTE]
    ids = dict(zip(file.frames["segments"]["seg"], file.frames["segments"]["segment_id"], strict=True))
    return {(ids[seg], code) for seg, code in zip(above["seg"], above["code"], strict=True)}


# Segment, element and code of each finding above a note, and why it is right.
ALL_FIELDS = {
    (3, "ST03", "code-not-valid"),  # GS08 says X224A2, ST03 X224
    (62, "NM104", "element-not-used"),  # first and middle name of an organisation
    (62, "NM105", "element-not-used"),
    (64, "N402", "code-not-valid"),  # "ST" is no state
    (77, "OI", "required-segment-missing"),  # the guide asks for it in every 2320
    (100, "NM102", "code-not-valid"),  # a service facility that is a person
    (130, "NM104", "element-not-used"),
    (130, "NM105", "element-not-used"),
    (132, "N402", "code-not-valid"),
    (145, "SE01", "set-count-differs"),
}
SHIFTED = {
    (25, "SV302", "amount-missing"),  # the charge was left out
    (25, "SV302", "element-missing"),
    (25, "SV305", "code-not-valid"),  # the quantity stands one element too early
}
FRAGMENT = {(1, "ISA", "no-interchange")}
EXPECTED = {
    "YashGames2007__EDI-Parser/837D-all-fields.dat": ALL_FIELDS,
    "cosyte__x12/837d-canonical.edi": SHIFTED,
    "cosyte__x12/837d.edi": SHIFTED,
    "tmc__x12/005010x224-example-2a-claim-billing-provider-payer.edi": FRAGMENT,
    "tmc__x12/005010x224-example-2b-claim-billing-provider-payer-b.edi": FRAGMENT,
}


def dental_samples() -> list[str]:
    if not SAMPLES.is_dir():
        return []
    with (SAMPLES / "INDEX.csv").open(encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    return [row[0] for row in rows if any(value.startswith("837D") for value in row[4:8])]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not here")
def test_the_dental_samples_are_there():
    assert len(dental_samples()) == 14 and set(EXPECTED) <= set(dental_samples())


@pytest.mark.parametrize("name", dental_samples())
def test_dental_sample_has_only_findings_that_are_right(name):
    found = _checked(SAMPLES / name).findings
    above = found[found["severity"] != NOTE]
    assert set(zip(above["seg"], above["element"], above["code"], strict=True)) == EXPECTED.get(name, set())
    assert set(found.loc[found["severity"] == NOTE, "code"]) <= {"guide-map-experimental", "claim-total-differs"}
