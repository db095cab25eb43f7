"""From an error in a 999 back to the claim in the file that was sent."""

from __future__ import annotations

from pathlib import Path

from claims import x12

SENT = (Path(__file__).resolve().parents[2] / "edi_samples" / "837p" / "pass" / "two-billing-providers.edi").read_text()
LINE = "SV1*HC:99213:25*200*UN*1***1:2~\n"


def walked(text: str, *, with_context: bool) -> list[tuple[str, int, str]]:
    """Segment, position and claim of each error that we find in a file, as its sender reads them in our 999."""
    sent = x12.read(text.encode()).frames
    answer = x12.read(x12.acknowledge(text.encode()).implementation).frames
    if not with_context:
        answer["contexts"] = answer["contexts"].iloc[:0]
    found = x12.claims_in_error(answer, sent)
    claims = sent["claims"].set_index("seg")["claim_number"]
    assert found["claim_number"].tolist() == [claims.get(seg, "") for seg in found["claim_seg"]]
    return list(found[["segment_id", "position", "claim_number"]].itertuples(index=False, name=None))


def bad(number: int) -> str:
    """The file with a wrong unit in one of its three lines."""
    parts = SENT.split("*UN*")
    return "".join(part + ("" if at == 3 else "*XX*" if at == number else "*UN*") for at, part in enumerate(parts))


def test_walking_back_from_a_position_finds_the_claim():
    for with_context in (True, False):
        assert walked(bad(0), with_context=with_context) == [("SV1", 24, "A1")]
        assert walked(bad(1), with_context=with_context) == [("SV1", 33, "A3")]
        assert walked(bad(2), with_context=with_context) == [("SV1", 53, "A2")]


def test_what_is_missing_at_the_end_of_a_claim_is_not_of_the_next_one():
    text = SENT.replace(f"LX*1~\n{LINE}DTP*472*D8*20260801~\nREF*6R*L10~\n", "LX*1~\n", 1).replace("SE*56", "SE*53")
    for with_context in (True, False):
        assert [one[1:] for one in walked(text, with_context=with_context)] == [(24, "A1")] * 2


def test_an_error_in_a_level_is_in_no_claim():
    text = SENT.replace("N3*2 WAY", "N3*")
    (first, second) = walked(text, with_context=False)
    assert (first[2], second[2]) == ("", "")
    assert first[1] < 18 < second[1]


def test_sets_are_found_by_the_numbers_of_their_group_and_their_own():
    second = bad(1).split("GS*", 1)[1].split("IEA", 1)[0].replace("0000*8*X", "0000*09*X").replace("GE*1*8", "GE*1*09")
    text = SENT.replace("IEA*1", f"GS*{second}IEA*2")
    answer = x12.read(x12.acknowledge(text.encode()).implementation).frames
    answer["group_acknowledgements"] = answer["group_acknowledgements"].replace({"control_number": {"09": "9"}})
    (found,) = x12.claims_in_error(answer, x12.read(text.encode()).frames).to_dict("records")
    assert found["claim_number"] == "A3"
    assert found["claim_seg"] > 60


def test_an_answer_to_another_file_finds_no_claim():
    answer = x12.read(x12.acknowledge(bad(0).encode()).implementation).frames
    sent = x12.read(SENT.replace("ST*837*0001", "ST*837*0002").encode()).frames
    (found,) = x12.claims_in_error(answer, sent).to_dict("records")
    assert (found["transaction_seg"], found["claim_seg"], found["claim_number"]) == (0, 0, "")


def test_an_answer_without_errors_gives_no_rows():
    answer = x12.read(x12.acknowledge(SENT.encode()).implementation).frames
    found = x12.claims_in_error(answer, x12.read(SENT.encode()).frames)
    assert found.empty
    assert {"claim_seg", "claim_number"} <= set(found.columns)
