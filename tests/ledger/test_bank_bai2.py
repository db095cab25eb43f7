"""BAI2: which record is which line, what it says of trace and payer, and what holds the file."""

import pytest

from claims.ledger.bank_addenda import payer_of, trace_of
from claims.ledger.bank_bai2 import is_bai2, read_bai2


def bai2(
    *transactions: str, group: str = "02,OURS,BANK,1,250311,2359,USD,2/", account: str = "03,000777,USD/"
) -> bytes:
    """Wrap 16 and 88 records in file, group and account, with totals that add up."""
    rows = [row for one in transactions for row in one.split("\n")]
    total = sum(int(one.split(",")[2]) for one in transactions)
    records = ["01,BANK,OURS,250312,0600,1,,,2/", group, account, *rows, f"49,{total},{len(rows) + 2}/"]
    records += [f"98,{total},1,{len(rows) + 4}/", f"99,{total},1,{len(rows) + 6}/"]
    return "".join(f"{record}\n" for record in records).encode()


ACH = "16,142,8800,Z,4711,,ORIG CO NAME:PLAN ONE       ORIG ID:1512345678\n88,ADDENDA TRN*1*T0101*1512345678~"


def test_an_ach_credit_takes_trace_and_payer_from_its_addenda():
    lines, problems = read_bai2(bai2(ACH))
    assert problems.empty
    row = lines.iloc[0]
    assert (row["bank_date"], row["amount_cents"], row["kind"], row["type_code"]) == ("2025-03-11", 8800, "ach", "142")
    assert (row["trace_number"], row["payer_identifier"], row["payer_name"]) == ("T0101", "1512345678", "PLAN ONE")
    assert row["reference"] == "4711"


def test_a_line_knows_its_bytes_with_what_continues_it():
    data = b"\xef\xbb\xbf" + bai2(ACH, "16,195,500,,R2,/\n88,WIRE").replace(b"\n", b"\r\n")
    lines, _ = read_bai2(data)
    cut = [data[at : at + size] for at, size in zip(lines["offset"], lines["length"], strict=True)]
    assert cut == [ACH.replace("\n", "\r\n").encode() + b"\r\n", b"16,195,500,,R2,/\r\n88,WIRE\r\n"]
    assert lines["row_number"].tolist() == [4, 6]


@pytest.mark.parametrize(
    ("transaction", "kind", "cents"),
    [
        ("16,115,8800,S,8800,0,0,R1,C1,LOCKBOX", "lockbox", 8800),
        ("16,195,8800,V,250312,1200,R1,C1,WIRE", "wire", 8800),
        ("16,301,8800,D,2,0,8000,1,800,R1,C1,CHECKS", "check", 8800),
        ("16,147,8800,,R1,C1,CARDS", "card", 8800),
        ("16,555,8800,,R1,C1,RETURNED", "returned", -8800),
        ("16,698,8800,,R1,C1,FEE", "fee", -8800),
        ("16,399,8800,,R1,C1,SOMETHING", "other", 8800),
        ("16,699,8800,,R1,C1,SOMETHING", "other", -8800),
        ("16,721,8800,,R1,C1,APPLIED TO INTEREST", "other", 8800),
        ("16,760,8800,,R1,C1,LOAN", "other", -8800),
    ],
)
def test_a_type_code_gives_kind_and_sign_whatever_the_availability(transaction, kind, cents):
    lines, problems = read_bai2(bai2(transaction))
    assert problems.empty
    assert (lines["kind"].tolist(), lines["amount_cents"].tolist()) == ([kind], [cents])
    assert lines["reference"].tolist() == ["R1"]


def test_sums_of_an_account_count_in_its_control_total():
    data = bai2(ACH, account="03,000777,USD,015,100,,,100,200,1,/\n88,400,50,2/")
    for old, new in ((b"49,8800,4/", b"49,9150,5/"), (b"98,8800,1,6/", b"98,9150,1,7/")):
        data = data.replace(old, new)
    data = data.replace(b"99,8800,1,8/", b"99,9150,1,9/")
    lines, problems = read_bai2(data)
    assert problems["message"].tolist() == []
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("old", "new", "code", "seg"),
    [
        (b"49,8800,4/", b"49,8801,4/", "bank-total", 6),
        (b"49,8800,4/", b"49,8800,5/", "bank-total", 6),
        (b"98,8800,1,6/", b"98,8800,2,6/", "bank-total", 7),
        (b"99,8800,1,8/", b"99,8801,1,8/", "bank-total", 8),
        (b"99,8800,1,8/\n", b"", "bank-record", 0),
        (b"16,142,8800", b"16,142,88.00", "bank-amount", 4),
        (b"16,142,", b"16,877,", "bank-record", 4),
        (b"16,142,", b"17,142,", "bank-record", 4),
        (b"98,8800,1,6/\n", b"", "bank-record", 7),
        (b"USD,2/", b"CAD,2/", "bank-total", 0),
        (b"03,000777,USD/", b"03,000777,CAD/", "bank-currency", 3),
        (b"1,250311,", b"1,250231,", "bank-record", 2),
        (b"BANK,1,", b"BANK,3,", "bank-record", 2),
    ],
)
def test_what_does_not_add_up_holds_the_whole_file(old, new, code, seg):
    data = bai2(ACH)
    assert old in data
    lines, problems = read_bai2(data.replace(old, new))
    if old == b"USD,2/":  # the account says its own currency
        assert len(lines) == 1
        return
    assert lines.empty
    assert (problems["code"].iloc[0], problems["seg"].iloc[0]) == (code, seg)


def test_a_record_without_money_is_named_and_holds_nothing():
    lines, problems = read_bai2(bai2(ACH, "16,890,0,,,,OTHER CUT-OFF TIMES"))
    assert lines["amount_cents"].tolist() == [8800]
    assert problems[["code", "severity", "seg"]].to_numpy().tolist() == [["bank-no-money", "note", 6]]
    _, problems = read_bai2(bai2("16,890,500,,,,IT HAS AN AMOUNT"))
    assert problems["code"].tolist() == ["bank-amount"]


def test_a_type_that_is_not_known_is_named():
    _, problems = read_bai2(bai2(ACH.replace("16,142,", "16,707,")))
    assert "type 707 is known neither as credit nor as debit" in problems["message"].iloc[0]


def test_the_number_of_items_of_a_sum_may_look_like_a_type():
    data = bai2(account="03,000777,USD,100,0,150,Z,400,0,721,/")
    assert read_bai2(data)[1]["message"].tolist() == []


def test_findings_quote_no_text_of_the_bank():
    data = bai2(ACH.replace("PLAN ONE", "ZZCANARY")).replace(b"16,142,8800", b"16,142,ZZCANARY")
    _, problems = read_bai2(data)
    assert not problems.astype("str").apply(lambda column: column.str.contains("ZZCANARY")).any().any()


def test_the_same_transaction_in_another_file_is_the_same_line():
    first = read_bai2(bai2(ACH, "16,195,500,,R2,,WIRE"))[0]
    later = read_bai2(bai2("16,195,500,1,R2,,WIRE", ACH).replace(b"250312,0600,1", b"250313,0700,9"))[0]
    assert sorted(first["line_key"]) == sorted(later["line_key"])
    twice = read_bai2(bai2(ACH, ACH))[0]["line_key"]
    assert twice.nunique() == 2


def test_a_preview_of_the_day_and_a_test_are_read_and_not_loaded():
    for old, new in ((b"USD,2/", b"USD,3/"), (b"BANK,1,", b"BANK,4,")):
        lines, problems = read_bai2(bai2(ACH).replace(old, new))
        assert lines.empty
        assert problems[["code", "severity"]].to_numpy().tolist() == [["bank-preview", "note"]]


def test_only_its_head_makes_a_bai2_file():
    assert is_bai2(bai2(ACH))
    assert not is_bai2(b"01,02,03\n1,2,3\n")
    assert not is_bai2(b"ISA*00*")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["TRN*1*T0101*1512345678~"], ("T0101", "1512345678")),
        (["705TRN*1*T0101*1512345678\\RMR*X"], ("T0101", "1512345678")),
        (["HCCLAIMPMT TRN*1*T0101*1512345678*EXTRA~"], ("T0101", "1512345678")),
        (["HCCLAIMPMT TRN*1*T01", "01*1512345678~"], ("T0101", "1512345678")),
        (["TRN*1*T0101*15123", "45678~"], ("T0101", "1512345678")),
        (["TRN*1*T0101*151234567", "8~"], ("T0101", "1512345678")),
        (["TRN*1*T0101*1512345678 MORE WORDS"], ("T0101", "1512345678")),
        (["TRN*1*T0101~"], ("T0101", "")),
        (["TRN*1*T0101"], ("T0101", "")),
        (["RMR*IV*T0101**88~"], ("T0101", "")),
        (["RMR*IV*OTHER**88~TRN*1*T0101*1512345678~"], ("T0101", "1512345678")),
        (["no addenda", ""], ("", "")),
    ],
)
def test_the_addenda_is_found_wherever_lines_end(texts, expected):
    assert trace_of(texts) == expected


def test_the_payer_is_what_the_bank_labels_or_the_first_text():
    assert payer_of(["DES:HCCLAIMPMT ORIG CO NAME:PLAN ONE  SEC:CCD"]) == ("PLAN ONE", "")
    assert payer_of(["FABLEWOOD HEALTH PLAN", "TRN*1*T*1512345678~"]) == ("FABLEWOOD HEALTH PLAN", "")
    assert payer_of(["CO NAME: PLAN ONE CO ID: 1512345678"]) == ("PLAN ONE", "1512345678")
    assert payer_of([]) == ("", "")
