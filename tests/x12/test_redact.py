"""Nothing personal is in a masked copy, wherever it stood; and the copy is read as the original is."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from claims import x12
from claims.x12.redact import Redaction, copy, redact
from claims.x12.redact_rules import KEEP, TEXT, rows, rules, rules_of
from claims.x12.summary import summary
from tests.x12.canaries import WORD, files
from tests.x12.envelopes import REMITTANCE, SUBMISSION, remittance, submission
from tests.x12.reference_validator import reference_errors

KEY = b"a key for tests that is long enough"
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
INBOX = ROOT / "edi_samples" / "day" / "inbox"
CANARY_FILES = files()


def masked(data: bytes, key: bytes = KEY, **options) -> bytes:
    """Give the masked copy of bytes."""
    return b"".join(copy(data, key, Redaction(), **options))


def leaks(text: str, canaries, **options) -> list[str]:
    """Name the canaries of a file that are in its copy."""
    return canaries.in_text(masked(text.encode(), **options).decode())


def segments(text: str) -> list[str]:
    return text.split("~")[:-1]


def wrapped(text: str) -> str:
    return "".join(f"{text[at : at + 80]}\r\n" for at in range(0, len(text), 80))


def with_unknown(text: str) -> str:
    head, *body = segments(text)
    rest = [f"{segment}~ZZZ*{WORD}001*{WORD}002:{WORD}003~{WORD}004~{WORD}005*1" for segment in body]
    return "~".join([head, *rest]) + "~"


ODD_PLACES = {
    "as it is": lambda text: text,
    "more elements than a segment has": lambda text: text.replace("~", f"*{WORD}001***{WORD}002*~").replace(
        f"*:*{WORD}001***{WORD}002*~", "*:~", 1
    ),
    "segments that are not known": with_unknown,
    "lower case": lambda text: text.lower().replace("isa*", "ISA*", 1),
    "wrapped lines": wrapped,
    "components": lambda text: text.replace(WORD, f"{WORD}:{WORD}"),
    "repetitions": lambda text: text.replace(WORD, f"{WORD}^{WORD}:{WORD}"),
    "other delimiters": lambda text: text.translate(str.maketrans("*:~", "|>\n")),
    "blanks around": lambda text: text.replace(f"*{WORD}9", f"*  {WORD}9").replace(f"*{WORD}", f"*  {WORD}"),
    "text outside": lambda text: f"To {WORD}\n{text}\nFrom {WORD} {text} and {WORD}",
    "no interchange": lambda text: f"{WORD}\n" + "~".join(segments(text)[2:-2]) + "~",
    "cut off": lambda text: text[: text.rindex(WORD) + 9] if WORD in text else text,
    "outside ASCII": lambda text: text.replace(WORD, f"Ü{WORD}é"),
    "delimiters that the header does not name": lambda text: text.replace(":", ">").replace("*>~", "*:~", 1),
}


@pytest.mark.parametrize("place", ODD_PLACES)
@pytest.mark.parametrize("kind", CANARY_FILES)
def test_no_canary_is_in_the_copy(kind, place):
    text, canaries = CANARY_FILES[kind]
    odd = ODD_PLACES[place](text)
    assert WORD in odd.upper().replace("\r\n", "") and masked(odd.encode())
    assert leaks(odd, canaries) == []


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_letters_outside_ascii_are_masked_and_stay_readable(encoding):
    text = remittance(REMITTANCE).replace("DOE", "MÜLLÉR").replace("BIG PAYER", "PÄYER")
    copied = masked(text.encode(encoding)).decode(encoding)
    assert "Ü" not in copied and "N1*PR*PÄYER" in copied and len(copied) == len(text)


def test_every_masking_rule_is_needed():
    """Each rule in turn is turned into one that keeps: the canaries of some file then tell."""
    table, unseen = rows(), []
    for number, row in enumerate(table):
        if row["how"] not in ("alias", "date", "zip"):
            continue
        weak = rules_of([*table[:number], {**row, "how": "keep"}, *table[number + 1 :]])
        if not any(leaks(text, canaries, table=weak) for text, canaries in CANARY_FILES.values()):
            unseen.append(",".join(row.values()))
    assert unseen == []


def test_without_the_rule_for_people_who_bill_they_would_be_kept():
    text, canaries = CANARY_FILES["837P"]
    table = [row for row in rows() if row["values"] != "!2"]
    assert len(table) == len(rows()) - 1
    assert leaks(text, canaries, table=rules_of(table))


def test_without_the_masking_of_what_no_rule_names_canaries_would_be_kept():
    text, canaries = CANARY_FILES["837P"]
    table = rules_of(rows())
    table.how[table.how == TEXT] = KEEP
    assert leaks(text, canaries, table=table)


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", CANARY_FILES)
def test_a_long_text_in_any_place_is_masked(kind):
    """Codes and numbers stay only where they look like some; names of organisations and payers are the exception."""
    text, _ = CANARY_FILES[kind]
    kept = []
    for number, segment in enumerate(segments(text)):
        elements = segment.split("*")
        for place in range(1, len(elements) if elements[0] != "ISA" else 0):
            odd = "*".join([*elements[:place], "JOHNATHAN Q PUBLICPERSON", *elements[place + 1 :]])
            whole = [*segments(text)[:number], odd, *segments(text)[number + 1 :]]
            if b"PUBLICPERSON" in masked(("~".join(whole) + "~").encode()):
                kept.append(f"{elements[0]}{place:02d} {elements[1]}")
    allowed = {"NM103 40", "NM103 41", "NM103 85", "NM103 87", "NM103 PR", "NM103 TT", "N102 PR", "NM103 82"}
    assert set(kept) <= allowed


# ---- what stays


def facts(data: bytes | Path) -> tuple[object, ...]:
    """Give all that reading says about a file but where it comes from, and its findings without those of its layout."""
    document = summary("", x12.scan(data))
    interchanges = [{**row, "sender": "", "receiver": ""} for row in document["interchanges"]]
    # A control number that is no number has another name in the copy.
    numbered = [
        {**row, "control": row["control"] if row["control"].isdigit() else ""}
        for row in (*interchanges, *document["transactions"])
    ]
    findings = [
        tuple(row[name] for name in ("code", "severity", "seg", "element", "ack_code"))
        for row in document["findings"]
        if not row["code"].startswith("text-")
    ]
    return numbered, findings


def sample_files() -> list[Path]:
    mine = [*sorted((ROOT / "edi_samples").rglob("*.edi")), *sorted(INBOX.glob("*.8*"))]
    return mine + sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.parent != SAMPLES)


@pytest.mark.long
def test_a_copy_of_every_sample_is_read_as_its_original():
    different = []
    for path in sample_files():
        done = Redaction()
        copied = b"".join(copy(path, KEY, done))
        if done.is_x12 and (facts(copied) != facts(path) or len(copied) != done.bytes - done.removed_bytes):
            different.append(path.name)
    assert different == []


def accepted_files() -> list[Path]:
    """Name what pyx12 accepts: our passing samples, and those that the index of the sample folder says so of."""
    found = sorted(
        path for path in (ROOT / "edi_samples").glob("*/pass/*.edi") if not {"ta1", "837d"} & set(path.parts)
    )
    if SAMPLES.is_dir():
        with (SAMPLES / "INDEX.csv").open(encoding="utf-8") as stream:
            found += [
                SAMPLES / row["path"]
                for row in csv.DictReader(stream)
                if row["valid_per_pyx12_4.0.0"] == "valid" and row["transaction"] != "TA1"
            ]
    return found


def test_the_reference_accepts_the_copies_of_what_it_accepts():
    errors = {path.name: reference_errors(masked(path.read_bytes())) for path in accepted_files()}
    assert len(errors) > 15
    assert {name: found for name, found in errors.items() if found} == {}


@pytest.mark.parametrize("text", [remittance(REMITTANCE), submission(SUBMISSION)])
def test_structure_codes_and_amounts_stay(text):
    copied = masked(text.encode()).decode()
    assert len(copied) == len(text)
    assert [char for char in copied if not char.isalnum()] == [char for char in text if not char.isalnum()]
    for kept in ("BIG PAYER", "CLM", "HC:99213", "CAS*CO*45", "HI*ABK:J069*ABF:R05", "LQ*HE*N130", "MOA***MA01*MA07"):
        assert (kept in copied) == (kept in text)
    for name in ("claim_payments", "service_payments", "adjustments", "claims", "service_lines"):
        before, after = x12.read(text.encode()).frames[name], x12.read(copied.encode()).frames[name]
        for column in [column for column in before if column.endswith(("_cents", "_milli", "ordinal", "seg"))]:
            assert after[column].equals(before[column]), column


def test_codes_in_their_places_stay():
    text, _ = CANARY_FILES["837I"]
    copied = masked(text.encode()).decode()
    for kept in (
        "CL1*1*7*30", "HI*BE:A1:::50", "HI*BBR:0DB64ZX:D8:", "SV2*0300*HC:85025", "LIN**N4*12345678901",
        "PRV*BI*PXC*207Q00000X", "NM1*PR*2*FIRST PAYER*****PI*P1", "SVD*P1*10", "DTP*573*D8*20250301",
    ):  # fmt: skip
        assert kept in text and kept in copied


def test_where_a_file_is_cut_for_masking_changes_nothing():
    text = submission(SUBMISSION, SUBMISSION.replace("W1", "W9")).encode()
    assert masked(text, window=300) == masked(text, window=1500) == masked(text)


def test_a_stretch_that_is_too_long_for_a_window_is_cut_anywhere(monkeypatch):
    """Only days need what stands before; a text without them is masked alike wherever it is cut."""
    monkeypatch.setattr("claims.x12.windows._LONGEST", 200)
    for text, _ in CANARY_FILES.values():
        data = (re.sub(r"~(DTM|DTP|DMG|HI|PAT|FRM|INS)\*[^~]*", "", text) + " \n" * 300).encode()
        assert masked(data, window=100) == masked(data)


# ---- what joins


@pytest.mark.long
def test_the_same_key_gives_the_same_aliases_in_an_837_and_its_835():
    def frame(name: str, files: list[bytes]) -> pd.DataFrame:
        return pd.concat([x12.read(data).frames[name] for data in files], ignore_index=True)

    def linked(files: list[bytes], ours: tuple[str, str], theirs: tuple[str, str]) -> list[tuple[int, int]]:
        left, right = (frame(name, files)[[column]].reset_index() for name, column in (ours, theirs))
        both = left[left[ours[1]] != ""].merge(right, left_on=ours[1], right_on=theirs[1])
        return sorted(zip(both["index_x"], both["index_y"], strict=True))

    originals = [path.read_bytes() for path in sorted(INBOX.glob("*.837"))[:3] + sorted(INBOX.glob("*.835"))[:6]]
    copies = [masked(data) for data in originals]
    for ours, theirs in (
        (("claims", "claim_number"), ("claim_payments", "claim_number")),
        (("claims", "member_id"), ("claim_payments", "member_id")),
        (("claims", "billing_npi"), ("remittances", "payee_identifier")),
        (("service_lines", "line_control_number"), ("service_payments", "line_control_number")),
        (("claim_payments", "payer_claim_number"), ("provider_adjustments", "reference")),
        (("remittances", "originator_id"), ("remittances", "payer_identifier")),
    ):
        before = linked(originals, ours, theirs)
        assert before and linked(copies, ours, theirs) == before, (ours, theirs)


def test_another_key_gives_other_aliases():
    text = remittance(REMITTANCE).encode()
    one, other = masked(text), masked(text, key=KEY + b"2")
    assert one == masked(text) != other
    assert x12.read(one).frames["claim_payments"]["claim_number"][0] != "A100"


# ---- dates


def test_all_days_of_a_person_move_alike_and_never_forward():
    """Ages, filing times and the order of service, receipt and payment hold inside a file."""
    text = """
        BPR*I*100*C*CHK************20250310~
        TRN*1*1*1512345678~
        DTM*405*20250309~
        CLP*A1*1*100*50**12*I1~
        NM1*QC*1*DOE*JANE****MI*W1~
        DTM*232*20250201~
        DTM*233*20250228~
        DTM*050*20250303~
        SVC*HC:99213*100*50~
        DTM*472*20250201~
        CLP*A2*1*100*50**12*I2~
        NM1*QC*1*ROE*RAY****MI*W2~
        DTM*232*20250201~
        DTM*233*20250202~
        DTM*050*20250301~
    """
    data = remittance(text).encode()
    before, after = x12.read(data).frames, x12.read(masked(data)).frames
    days = {
        name: (as_days(before["claim_payments"][name]) - as_days(after["claim_payments"][name])).tolist()
        for name in ("statement_from_date", "statement_to_date", "received_date")
    }
    first, second = days["statement_from_date"]
    assert days["statement_to_date"][0] == days["received_date"][0] == first
    assert first != second and min(first, second) >= 1 and max(first, second) <= 28
    line = as_days(before["service_payments"]["service_date"]) - as_days(after["service_payments"]["service_date"])
    assert line.tolist() == [first]
    for name in ("payment_date", "production_date"):
        assert after["remittances"][name].equals(before["remittances"][name])


def as_days(dates):
    return np.array(
        [f"{day // 10_000}-{day // 100 % 100:02d}-{day % 100:02d}" for day in dates], "datetime64[D]"
    ).astype(int)


def test_a_person_is_as_old_at_the_service_as_before_in_both_files():
    data, answer = submission(SUBMISSION).encode(), remittance(REMITTANCE.replace("DTM*472*", "DTM*472*")).encode()
    before, after = x12.read(data).frames, x12.read(masked(data)).frames
    paid, paid_after = x12.read(answer).frames, x12.read(masked(answer)).frames
    born = as_days(before["claims"]["patient_birth_date"]) - as_days(after["claims"]["patient_birth_date"])
    served = as_days(before["service_lines"]["service_date"]) - as_days(after["service_lines"]["service_date"])
    adjudicated = as_days(paid["service_payments"]["service_date"]) - as_days(
        paid_after["service_payments"]["service_date"]
    )
    assert born.tolist() == [served[0], served[2]]
    assert adjudicated[0] == served[0]  # W1 in both


def test_what_is_no_day_stays_none():
    text = remittance(
        REMITTANCE.replace("DTM*232*20250201", "DTM*232*20251350").replace("DTM*050*20250303", "DTM*050*SOON")
    )
    copied = masked(text.encode()).decode()
    assert "DTM*232*99999999" in copied and "DTM*050*XXXX" in copied


# ---- addresses


@pytest.mark.parametrize(
    ("code", "copied"),
    [
        ("10001", "10000"),
        ("100013456", "100000000"),
        ("10001-3456", "10000-0000"),
        ("03601", "00000"),
        ("K1A 0B6", "X0X 0X0"),
        ("1000", "0000"),
    ],
)
def test_three_digits_of_a_postal_code_stay_where_enough_people_live(code, copied):
    text = remittance(REMITTANCE.replace("N1*PE*", f"N4*ALBANY*NY*{code}~N1*PE*"))
    assert f"N4*XXXXXX*NY*{copied}~" in masked(text.encode()).decode()


# ---- files


def test_text_outside_the_interchanges_is_left_out_and_counted():
    text = remittance(REMITTANCE)
    done = Redaction()
    copied = b"".join(copy(f"\ufeffhello\n{text}\n\nbye\n{text}\n".encode(), KEY, done))
    clean = masked(text.encode())
    assert copied == b"\xef\xbb\xbf" + clean + clean + b"\n"
    assert done.removed_bytes == len("hello\n" + "\n\nbye\n")


def test_a_copy_is_its_owners_alone_and_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    source, out = tmp_path / "a.835", tmp_path / "b.835"
    source.write_text(remittance(REMITTANCE))
    done = redact(source, out, KEY)
    assert out.read_bytes() == masked(source.read_bytes()) and out.stat().st_mode & 0o777 == 0o600
    assert (done.out_bytes, done.segments) == (len(out.read_bytes()), 39)
    with pytest.raises(FileExistsError):
        redact(source, out, KEY + b"2")
    assert out.read_bytes() == masked(source.read_bytes())
    redact(source, out, KEY + b"2", replace=True)
    assert out.read_bytes() != masked(source.read_bytes())
    monkeypatch.setattr("claims.x12.mask.Mask.masked", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        redact(source, tmp_path / "c.835", KEY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.835", "b.835"]


def test_a_file_system_without_links_takes_a_copy_too(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "a.835").write_text(remittance(REMITTANCE))
    redact(tmp_path / "a.835", tmp_path / "b.835", KEY)
    with pytest.raises(FileExistsError):
        redact(tmp_path / "a.835", tmp_path / "b.835", KEY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.835", "b.835"]


def test_rules_name_places_once():
    plain = [(row["segment"], row["element"], row["component"], row["when"], row["values"]) for row in rows()]
    assert len(plain) == len(set(plain))
    assert rules() is rules()
