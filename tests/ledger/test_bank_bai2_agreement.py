"""Files that another library writes and reads: our reader finds the same transactions and the same sums in them."""

import datetime

from bai2 import bai2, constants, models
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.ledger.bank_bai2 import is_bai2, read_bai2
from claims.ledger.bank_lines import bank_type

CODES = [
    code
    for code in constants.TypeCodes.values()
    if code.level == constants.TypeCodeLevel.detail
    and bank_type("bai2", code.code)
    and code.code not in ("116", "890")  # they are no lines of their own
]
WORDS = st.text("ABCDEFG 0123456789*:-", min_size=1, max_size=120).map(lambda text: " ".join(text.split()))
AVAILABILITY = st.sampled_from(
    [
        (None, None),
        (constants.FundsType.unknown_availability, None),
        (constants.FundsType.immediate_availability, None),
        (constants.FundsType.value_dated, {"date": datetime.date(2025, 3, 12), "time": datetime.time(12, 0)}),
        (constants.FundsType.distributed_availability_simple, {"0": 1, "1": 2, ">1": 3}),
        (constants.FundsType.distributed_availability, {"1": 5, "2": 6}),
    ]
)


@st.composite
def transactions(draw):
    funds, availability = draw(AVAILABILITY)
    return models.TransactionDetail(
        type_code=draw(st.sampled_from(CODES)),
        amount=draw(st.integers(0, 10**9)),
        funds_type=funds,
        availability=availability,
        bank_reference=draw(st.sampled_from(["", "R1", "4711"])),
        customer_reference=draw(st.sampled_from(["", "C1"])),
        text=draw(st.one_of(st.just(""), WORDS)),
    )


def written(accounts):
    """Write a file of accounts, each a list of transactions."""
    book = models.Bai2File()
    header = book.header
    header.sender_id, header.receiver_id, header.file_id = "BANK", "OURS", "1"
    header.creation_date, header.creation_time = datetime.date(2025, 3, 12), datetime.time(6, 0)
    group = models.Group()
    group.header.originator_id, group.header.group_status = "BANK", constants.GroupStatus.update
    group.header.as_of_date, group.header.as_of_time = datetime.date(2025, 3, 11), datetime.time(23, 59)
    group.header.currency, group.header.ultimate_receiver_id = "USD", "OURS"
    for number, children in enumerate(accounts):
        account = models.Account(children=children)
        account.header.customer_account_number, account.header.currency = f"77{number}", "USD"
        group.children.append(account)
    book.children.append(group)
    return bai2.write(book)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(transactions(), max_size=4), min_size=1, max_size=3))
def test_both_find_the_same_transactions(accounts):
    text = written(accounts)
    theirs = bai2.parse_from_string(text)
    expected = [
        (one.type_code.code, one.amount or 0, one.bank_reference or one.customer_reference or "")
        for account in theirs.children[0].children
        for one in account.children
    ]
    data = text.encode()
    assert is_bai2(data)
    lines, problems = read_bai2(data)
    assert problems["message"].tolist() == []
    found = zip(lines["type_code"], lines["amount_cents"].abs(), lines["reference"], strict=True)
    assert [(code, int(cents), reference) for code, cents, reference in found] == expected
    assert lines["bank_date"].eq("2025-03-11").all()
