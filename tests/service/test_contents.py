"""Claims read again from the vault: every row of what was asked for, none of anything else."""

import functools
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims import x12
from claims.charges import read_charges_file
from claims.service import contents, stretches
from claims.store import schema
from claims.store.engine import read
from claims.store.load import frame

INBOX = Path(__file__).parents[2] / "edi_samples" / "day" / "inbox"
FIRST, SECOND, CHARGES = (INBOX / name for name in ("claims_20260908.837", "claims_20260915.837", "charges.csv"))


@pytest.fixture
def stored(practice):
    """Two 837 files and a charges CSV in the books; the claims of all, by file."""
    practice.drop(*(path.read_bytes() for path in (FIRST, SECOND, CHARGES)))
    with read(practice.ctx.engine) as conn:
        return practice, addresses(conn)


def addresses(conn):
    """Where every claim stands: claim_id, family_id, file_id, sha256, seg, offset, length."""
    C, F = schema.claims.c, schema.files.c
    columns = (C.claim_id, C.family_id, C.file_id, F.sha256, C.seg, C.offset, C.length)
    return frame(conn, sa.select(*columns).join(schema.files, F.file_id == C.file_id))


def of(stored, path):
    _, claims = stored
    sha256 = x12.read(path).sha256
    return claims[claims["sha256"] == sha256].sort_values("seg")


@pytest.mark.parametrize("part", [4 << 20, 2000])
def test_a_whole_file_is_read_as_it_is_whatever_its_parts(stored, monkeypatch, part):
    practice, _ = stored
    whole = x12.read(FIRST).frames
    monkeypatch.setattr(x12, "scan", functools.partial(x12.scan, part=part, window=max(part, 1000)))
    found = contents.joined(list(contents.read(practice.ctx, of(stored, FIRST))))
    for name in ("claims", "service_lines", "diagnoses", "references", "hierarchy", "parties", "taxonomies"):
        expected = whole[name]
        if name == "parties":
            expected = expected[~expected["loop"].isin(["1000A", "1000B"])]
        rows = found[name][list(expected.columns)].sort_values("seg", ignore_index=True)
        assert rows.equals(expected.reset_index(drop=True)), name


def test_some_claims_come_alone_with_the_levels_above_them(stored):
    practice, _ = stored
    some = of(stored, FIRST).iloc[[3, 40]]
    (found,) = contents.read(practice.ctx, some)
    assert found["claims"]["claim_id"].tolist() == some["claim_id"].tolist()
    assert found["claims"]["family_id"].tolist() == some["family_id"].tolist()
    assert set(found["service_lines"]["claim_seg"]) == set(some["seg"])
    levels = set(found["claims"][["billing_seg", "subscriber_seg", "patient_seg"]].to_numpy().ravel())
    assert set(found["hierarchy"]["seg"]) == levels
    assert set(found["parties"]["qualifier_code"]) == {"85", "IL", "PR", "82"}


def test_keys_are_unique_over_files_of_both_kinds(stored):
    practice, claims = stored
    found = contents.joined(list(contents.read(practice.ctx, claims)))
    assert len(found["claims"]) == len(claims)
    assert found["claims"]["seg"].is_unique
    assert found["service_lines"]["seg"].is_unique
    assert set(found["service_lines"]["claim_seg"]) <= set(found["claims"]["seg"])
    by_claim = found["service_lines"].groupby("claim_seg")["charge_cents"].sum()
    assert by_claim.reindex(found["claims"]["seg"]).tolist() == found["claims"]["charge_cents"].tolist()


def test_a_claim_of_a_charges_file_is_its_rows(stored):
    practice, claims = stored
    whole = read_charges_file(CHARGES)
    own = claims[~claims["sha256"].isin([x12.read(path).sha256 for path in (FIRST, SECOND)])].sort_values("seg")
    (found,) = contents.read(practice.ctx, own.iloc[:2])
    expected = whole.claims[whole.claims["seg"].isin(own["seg"].iloc[:2])]
    assert found["claims"]["claim_number"].tolist() == expected["claim_number"].tolist()
    assert (found["service_lines"]["service_line_id"] > 0).all()


def test_only_the_sets_that_hold_what_is_asked_for_are_read(practice, monkeypatch):
    text = FIRST.read_bytes()
    start, end = text.index(b"ST*837"), text.rindex(b"GE*")
    one = text[start:end]
    sets = [one.replace(b"*0001", b"*%04d" % number) for number in range(1, 5)]
    practice.drop(text[:start] + b"".join(sets) + text[end:].replace(b"GE*1*", b"GE*4*"))
    with read(practice.ctx.engine) as conn:
        claims = addresses(conn).sort_values("seg")
    some = claims.iloc[[len(claims) // 2, -1]]  # of the third and the last set
    seen = []
    scan = x12.scan
    monkeypatch.setattr(x12, "scan", lambda readable, **options: (seen.append(readable), scan(readable, **options))[1])
    (whole,) = contents.read(practice.ctx, some)
    monkeypatch.setattr(stretches, "GAP", 0)
    apart = contents.joined(list(contents.read(practice.ctx, some)))
    assert [round(len(one) / (end - start)) for one in seen] == [2, 1, 1]
    monkeypatch.setattr(stretches, "LONGEST", 0)
    from_file = contents.joined(list(contents.read(practice.ctx, some)))
    for name in ("claims", "service_lines", "diagnoses", "hierarchy", "parties"):
        rows = from_file[name]
        for other in (whole, apart):
            assert other[name][rows.columns].equals(rows), name
