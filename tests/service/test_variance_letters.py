"""The letter to a payer about a line that was paid below the contract: the books' figures, and nothing else."""

from __future__ import annotations

import pytest

from claims.errors import NotFoundError, UsageError
from claims.letters.packet import packet_html
from claims.reports import manifest
from claims.service import variance_acts, variance_letters, variances
from claims.service.variance_letters import LETTER, PACKET
from claims.service.verify import verify
from claims.store.queries.variances import Filter
from tests.letters.test_documents import texts
from tests.service.test_variance_acts import DAY, books, home  # noqa: F401 three lines below the contract, one bundled


def keys(books):  # noqa: F811
    rows, _ = variances.listed(books.ctx, Filter("open"), show_phi=True)
    return dict(zip(rows["claim_number"], rows["key"], strict=True))


@pytest.mark.long
def test_a_letter_says_what_the_contract_allows_and_what_was_paid(books):  # noqa: F811
    key = keys(books)["V2"]
    variances.say(books.ctx, key, "dispute", "asked")
    done = variance_letters.prepare(books.ctx, key, day=DAY)
    told = "\n".join(texts((done.folder / LETTER).read_bytes()))
    for words in (
        "Your remittance of March 10, 2025 decided the claim named above, line 1, procedure 99213.",
        "The contract allows $110.00.", "You allowed $70.00: $70.00 paid.", "That is $40.00 less",
        "pay the open $40.00", "The amount is worked out as 110.00 = 110.00.", "ICNV2", "V2", "trace number is T1",
    ):  # fmt: skip
        assert words in told, words
    made = variance_letters.assembled(books.ctx, key, day=DAY)
    assert made.packet.gaps == done.gaps and [gap for gap in done.gaps if "who signs" in gap] and made.packet.is_draft
    shown = packet_html(made.packet)
    assert "ICNV2" in shown and "ICNV1" not in shown, "no other patient's claim"
    assert made.packet.exhibits[1].tables[0].sums[-1] == "$110.00"
    assert manifest.problems(done.folder) == [] and (done.folder / PACKET).read_bytes().startswith(b"%PDF")
    again = variance_letters.prepare(books.ctx, key, day=DAY)
    assert again.sha256 == done.sha256 and again.folder == done.folder, "the same books give the same bytes"
    assert len(variance_letters.told(books.ctx, key)) == 2
    name, content = variance_letters.file_named(books.ctx, key, done.sha256[LETTER])
    assert name == LETTER and content == (done.folder / LETTER).read_bytes()
    with pytest.raises(NotFoundError):
        variance_letters.file_named(books.ctx, keys(books)["V1"], done.sha256[LETTER])
    variances.take_back(books.ctx, key)  # a letter is no hindrance
    assert variances.told(books.ctx, key)["case"]["state"] == "open"
    assert [problem for one in verify(books.ctx) for problem in one.broken] == []


def test_what_somebody_edited_stays_and_what_is_not_asked_for_has_no_letter(books):  # noqa: F811
    key = keys(books)["V1"]
    first = variance_letters.prepare(books.ctx, key, day=DAY).folder
    (first / LETTER).write_bytes(b"edited by hand")
    assert variance_letters.prepare(books.ctx, key, day=DAY).folder.name == f"{first.name}-2"
    assert (first / LETTER).read_bytes() == b"edited by hand"
    with pytest.raises(manifest.ReportFolderError, match="somebody edited"):
        variance_letters.prepare(books.ctx, key, first, day=DAY)
    cases = variance_acts.of_keys(books.ctx, [key])
    variance_acts.say(books.ctx, cases, "accept", "amended", DAY)
    with pytest.raises(UsageError, match="accepted or closed"):
        variance_letters.prepare(books.ctx, key, day=DAY)
    bundled = variance_letters.assembled(books.ctx, keys(books)["B1"], day=DAY)
    assert bundled.packet.letter.paragraphs[0][1].text != "" and bundled.got.facts.claim["claim_number"] == "B1"
