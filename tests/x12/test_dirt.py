"""Physical habits of files: each is survived, leaves the same rows, and is said where it matters."""

from __future__ import annotations

import pandas as pd
import pytest

from claims import x12
from tests.x12.envelopes import REMITTANCE, SUBMISSION, remittance, submission

CLEAN = remittance(REMITTANCE)
IGNORED = ["transaction_seg", "seg", "offset", "length", "claim_seg", "service_seg", "interchange_seg", "group_seg"]


def money(found: x12.X12File) -> dict[str, list[object]]:
    """All that must come through whatever the file looks like."""
    frames = found.frames
    return {
        "sets": frames["transactions"][["set_code", "segments", "claims", "adjustments"]].to_numpy().tolist(),
        "claims": frames["claim_payments"].drop(columns=IGNORED[:4]).astype(str).to_numpy().tolist(),
        "lines": frames["service_payments"].drop(columns=IGNORED[:5]).astype(str).to_numpy().tolist(),
        "reasons": frames["adjustments"].drop(columns=IGNORED[:6]).astype(str).to_numpy().tolist(),
        "payer": frames["remittances"].drop(columns=IGNORED[:4]).astype(str).to_numpy().tolist(),
    }


EXPECTED = money(x12.read(CLEAN.encode()))
BODY_HASH = x12.read(CLEAN.encode()).transactions["body_hash"].tolist()


def codes(found: x12.X12File) -> list[str]:
    """Codes of all findings, in file order."""
    return found.findings["code"].tolist()


def wrapped(text: str, width: int, end: str = "\n") -> str:
    """Break text into lines of a fixed width, as old hosts do."""
    return end.join(text[at : at + width] for at in range(0, len(text), width)) + end


def swapped(text: str, element: str, component: str, terminator: str) -> str:
    """Use other delimiters."""
    return text.translate(str.maketrans({"*": element, ":": component, "~": terminator}))


TRIMMED = (
    CLEAN.replace("*          *", "**").replace("SENDER         ", "SENDER").replace("RECEIVER       ", "RECEIVER")
)
PADDED = CLEAN.replace("*00*          *", "*00  *          *", 1)
HABITS = {
    "LF after terminators": (CLEAN.replace("~", "~\n"), []),
    "CRLF after terminators": (CLEAN.replace("~", "~\r\n"), []),
    "CR after terminators": (CLEAN.replace("~", "~\r"), []),
    "spaces after terminators": (CLEAN.replace("~", "~   "), []),
    "many spaces after terminators": (CLEAN.replace("~", "~" + " " * 40), []),
    "LF as terminator": (CLEAN.replace("~", "\n"), []),
    "CRLF as terminator": (CLEAN.replace("~", "\r\n"), []),
    "CR as terminator": (CLEAN.replace("~", "\r"), []),
    "spaces before terminators": (CLEAN.replace("~", " ~").replace(": ~", ":~"), []),
    "other delimiters": (swapped(CLEAN, "|", ">", "!"), []),
    "control characters as delimiters": (swapped(CLEAN, "\x1d", "\x1f", "\x1c"), []),
    "backslash and quote": (swapped(CLEAN, "+", "\\", "'"), []),
    "80 columns": (wrapped(CLEAN, 80), ["lines-wrapped"]),
    "80 columns, CRLF": (wrapped(CLEAN, 80, "\r\n"), ["lines-wrapped"]),
    "132 columns": (wrapped(CLEAN, 132), ["lines-wrapped"]),
    "byte order mark": ("\ufeff" + CLEAN, ["byte-order-mark"]),
    "text before": ("MIME-Version: 1.0\n\nNARCISA*ISAAC\n" + CLEAN, ["text-before-interchange"]),
    "blank lines before": ("\n\n  " + CLEAN, []),
    "NUL and SUB padding": (CLEAN + "\x1a\x00\x00\x00", []),
    "text after": (CLEAN + "\nEnd of transmission", ["text-after-interchange"]),
    "trimmed ISA": (TRIMMED, ["interchange-header-length"]),
    "padded ISA": (PADDED, ["interchange-header-length"]),
    "space before the first terminator": (CLEAN.replace(":~GS", ": ~GS", 1), ["interchange-header-length"]),
    "trimmed ISA, LF as terminator": (TRIMMED.replace("~", "\n"), ["interchange-header-length"]),
    "empty segments": (CLEAN.replace("~LX*1", "~~ ~LX*1").replace("~CLP", "~\n~CLP", 1), ["empty-segment"]),
    "trailing separators": (CLEAN.replace("~LX*1~", "~LX*1***~").replace("~CAS*PR*2*20~", "~CAS*PR*2*20**~"), [
        "trailing-separator",
    ]),
    "no last terminator": (CLEAN[:-1], ["last-terminator-missing"]),
    "spaces in elements": (CLEAN.replace("*A100*", "*  A100 *").replace("*12*ICN1", "* 12*ICN1 "), []),
    "two-byte separator": (CLEAN.replace("*", "Ö"), ["text-not-ascii"]),
}  # fmt: skip


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_changes_no_money(habit):
    text, expected = HABITS[habit]
    found = x12.read(text.encode())
    assert codes(found) == expected
    assert set(found.findings["severity"]) <= {"note"}
    assert money(found) == EXPECTED
    if habit != "spaces in elements":  # part of what was sent, unlike the layout around it
        assert found.transactions["body_hash"].tolist() == BODY_HASH


def test_lower_case_ids_and_codes_are_read_as_upper_case():
    text = CLEAN.replace("~CLP", "~clp").replace("CAS*CO", "cas*co").replace("NM1*QC", "nm1*qc").replace("HC:", "hc:")
    found = x12.read(text.encode())
    assert codes(found) == ["lower-case-id"]
    assert money(found) == EXPECTED


def test_a_whole_file_in_lower_case_is_read():
    found = x12.read(CLEAN.lower().encode())
    assert "not-x12" not in codes(found)
    assert found.transactions["set_code"].tolist() == ["835"]
    assert found.transactions["paid_cents"].tolist() == [22800]


def test_wrapped_lines_keep_blanks_and_addresses():
    text = wrapped(CLEAN.replace("N1*PR*BIG PAYER", "N1*PR*BIG" + " " * 30 + "PAYER"), 80)
    found = x12.read(text.encode())
    assert found.frames["remittances"]["payer_name"].tolist() == ["BIG" + " " * 30 + "PAYER"]
    for offset, length in found.frames["claim_payments"][["offset", "length"]].to_numpy().tolist():
        raw = text[offset : offset + length].replace("\n", "")
        assert raw.startswith("CLP*") and raw.endswith("~")


def test_accents_are_utf8_when_the_file_is_and_windows_text_otherwise():
    text = CLEAN.replace("BIG PAYER", "CAFÉ “PAYER”")
    for encoding in ("utf-8", "cp1252"):
        found = x12.read(text.encode(encoding))
        assert found.frames["remittances"]["payer_name"].tolist() == ["CAFÉ “PAYER”"]
        assert codes(found) == ["text-not-ascii"]
        assert found.findings["found"].tolist() == [encoding]


def test_several_interchanges_may_have_different_delimiters():
    second = swapped(remittance(REMITTANCE, control=2), "|", ">", "\n")
    third = wrapped(remittance(REMITTANCE, control=3), 80)
    found = x12.read((CLEAN + "\r\n" + second + third).encode())
    assert codes(found) == ["lines-wrapped"]
    assert found.interchanges["terminator"].tolist() == ["~", "\n", "~"]
    assert found.transactions["paid_cents"].tolist() == [22800] * 3
    assert len(set(found.transactions["body_hash"])) == 1
    assert found.transactions["interchange_seg"].tolist() == found.interchanges["seg"].tolist()


def test_many_small_interchanges_are_one_run():
    found = x12.read("\n".join(remittance(REMITTANCE, control=number) for number in range(1, 41)).encode())
    assert found.findings.empty
    assert found.transactions["paid_cents"].tolist() == [22800] * 40


def test_text_between_interchanges_is_skipped_and_noted():
    second = remittance(REMITTANCE, control=2)
    found = x12.read(f"{CLEAN}\n=== next file ===\n{second}".encode())
    assert codes(found) == ["text-between-interchanges"]
    assert found.transactions["paid_cents"].tolist() == [22800] * 2


def test_a_cut_interchange_before_another_one_is_held():
    cut = CLEAN[: CLEAN.index("CLP*A101") + 12]
    found = x12.read((cut + remittance(REMITTANCE, control=2)).encode())
    assert {"file-cut-off", "set-trailer-missing", "interchange-trailer-missing"} <= set(codes(found))
    assert found.transactions["paid_cents"].tolist()[-1] == 22800


def test_sets_without_an_interchange_are_read_and_held():
    bare = CLEAN[CLEAN.index("ST*") : CLEAN.index("GE*")]
    for text in (bare, "\ufeff" + bare, "\n" + bare.replace("~", "~\n"), bare.replace("~", "\r\n")):
        found = x12.read(text.encode())
        held = found.findings[found.findings["severity"] != "note"]
        assert held["code"].tolist() == ["no-interchange"]
        assert money(found) == EXPECTED


def test_sets_before_the_first_interchange_are_not_lost():
    bare = CLEAN[CLEAN.index("ST*") : CLEAN.index("GE*")]
    found = x12.read((bare + remittance(REMITTANCE, control=2)).encode())
    assert codes(found) == ["no-interchange"]
    assert found.transactions["paid_cents"].tolist() == [22800] * 2


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "empty file"), (b"hello, world\n" * 50, "650 bytes"), (b"\x1f\x8b\x08aaaa", "gzip"),
        (b"PK\x03\x04aaaaaa", "zip"), (b"date,amount\n2025-01-01,1.00\n", "28 bytes"), (b"ISA" * 100, "300 bytes"),
    ],
)  # fmt: skip
def test_rubbish_is_one_refusal(data, found):
    refused = x12.read(data)
    assert codes(refused) == ["not-x12"]
    assert refused.findings["severity"].tolist() == ["reject"]
    assert refused.findings["found"].tolist() == [found]
    assert refused.transactions.empty and refused.frames["segments"].empty


@pytest.mark.few(1)
@pytest.mark.parametrize("text", [CLEAN, submission(SUBMISSION)])
def test_a_file_cut_anywhere_is_never_good(text):
    for end in range(120, len(text) - 1, 7):
        found = x12.read(text[:end].encode())
        assert set(found.findings["severity"]) & {"hold", "reject"}


def test_unknown_segments_are_kept_and_noted():
    found = x12.read(CLEAN.replace("~LX*1~", "~XYZ*1~LX*1~").replace("SE*35", "SE*36").encode())
    assert "segment-not-known" in codes(found)
    assert "XYZ" in found.frames["segments"]["segment_id"].tolist()


def test_segments_between_sets_are_kept_and_held():
    found = x12.read(CLEAN.replace("~GE*", "~CLP*X*1*5*5~GE*").encode())
    assert codes(found) == ["segment-outside-set"]
    assert money(found) == EXPECTED


def test_no_finding_repeats_data():
    secret = "XSECRETX"
    text = CLEAN.replace("A100", secret).replace("BIG PAYER", secret).replace("*128*", f"*{secret}*")
    text = text.replace("~SE*", f"~{secret}*1~SE*").replace("IEA*1*000000001", f"IEA*1*{secret}{secret}")
    found = x12.read((secret + "\n" + text + secret).encode())
    assert len(found.findings) > 4
    assert secret not in found.findings.to_csv()


@pytest.mark.parametrize("text", [remittance(REMITTANCE), submission(SUBMISSION)])
def test_without_hashes_everything_else_is_read_alike(text):
    full, plain = x12.read(text.encode()), x12.read(text.encode(), hashes=False)
    assert plain.sha256 == "" != full.sha256
    for name, rows in full.frames.items():
        kept = rows.assign(body_hash="").astype(rows.dtypes) if "body_hash" in rows else rows
        pd.testing.assert_frame_equal(plain.frames[name], kept)
