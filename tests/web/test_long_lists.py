"""Exceptions and deposits by pages: the same rows, each once, whatever the filters; and what a page puts on record."""

from __future__ import annotations

import html
import json
import re
from datetime import date

import pandas as pd
import pytest

from claims.service import deposits, exceptions
from claims.service import exception_pages as service_pages
from claims.service.intake import ingest
from claims.service.reconcile import reconcile
from claims.store import checking, rejections
from claims.store.engine import read
from claims.store.queries import deposit_pages, exception_pages, stopped_claims
from claims.web import shown as web_shown
from tests.books import bank

DAY = date(2025, 7, 1)


def shown(text):
    return [int(number) for number in re.findall(r'data-open="/(?:exceptions|deposits|rejections)/(\d+)"', text)]


def to(text, rel):
    found = re.search(rf'<a href="([^"]*)" rel="{rel}"', text)
    return html.unescape(found[1]) if found else ""


def walked(reader, address):
    """Every page of a list, forwards; and the last but one from behind."""
    pages, text = [], reader.get(address).text
    while True:
        pages.append(shown(text))
        if not to(text, "next"):
            break
        text = reader.get(to(text, "next")).text
    if len(pages) > 1:
        assert shown(reader.get(to(text, "prev")).text) == pages[-2]
    return pages


def flat(pages):
    return [one for page in pages for one in page]


def plan(conn, select):
    text = select.compile(conn, compile_kwargs={"literal_binds": True})
    return [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]


@pytest.mark.long
def test_long_lists_have_pages(desk, tmp_path, monkeypatch):
    """120 deposits of nobody's, some of the same day and amount: each is a bank line and an exception."""
    rows = [(f"2025-06-{day % 28 + 1:02d}", f"{10 + day % 7}.00", f"N{day}") for day in range(120)]
    (tmp_path / "b.csv").write_bytes(bank(*rows))
    for name in ("x", "y"):
        (tmp_path / name).write_text(f"no X12 {name}")
    ingest(desk.ctx, [tmp_path / name for name in ("b.csv", "x", "y")], DAY)
    reconcile(desk.ctx, DAY)
    reader = desk.sign_in("otto")

    lines = deposits.listed(desk.ctx)
    pages = walked(reader, "/deposits")
    assert [len(page) for page in pages[:2]] == [50, 50] and len(lines) >= 120
    assert sorted(flat(pages)) == sorted(lines["bank_line_id"])
    days = lines.set_index("bank_line_id")["bank_date"]
    assert [days[one] for one in flat(pages)] == sorted(lines["bank_date"])
    first = reader.get("/deposits").text
    left = f"${int(lines['rest_cents'].sum()) / 100:,.2f}"
    assert f"{len(lines)} bank lines, {left} of them" in first and "state=open" in to(first, "next")
    assert "this is the first page of it" in reader.get("/deposits?at=x.y").text
    tied = deposits.listed(desk.ctx, state="tied")["bank_line_id"]
    assert sorted(flat(walked(reader, "/deposits?state=tied"))) == sorted(tied)

    listed, _ = exceptions.listed(desk.ctx)
    pages = walked(reader, "/exceptions")
    assert sorted(flat(pages)) == sorted(listed["exception_id"]) and len(pages) > 2
    order = listed.set_index("exception_id")
    told = [(order["severity"][one] != "open", -abs(order["amount_cents"][one])) for one in flat(pages)]
    assert told == sorted(told)
    kind = "DEPOSIT_WITHOUT_REMIT"
    own = listed[listed["type_code"] == kind]
    pages = walked(reader, f"/exceptions?type_code={kind}")
    assert sorted(flat(pages)) == sorted(own["exception_id"])
    with monkeypatch.context() as few:
        few.setattr(service_pages, "HELD", 1)
        first = reader.get(f"/exceptions?type_code={kind}").text
        assert re.search(r"Held or refused right now: 1 of \d+", first) and "not x12" in first
        following = html.unescape(re.search(r'href="([^"]*held=[^"]*)#held" rel="next"', first)[1])
        assert f"type_code={kind}" in following and '#held" rel="prev"' in reader.get(following).text
    assert f"type_code={kind}" in to(first, "next") and f"{len(own)} things held" in first
    assert f'<option value="{kind}" selected>' in first and f"({len(own)})</option>" in first

    any_kind = flat(walked(reader, "/exceptions?state=any"))
    assert sorted(any_kind) == sorted(exceptions.listed(desk.ctx, state="")[0]["exception_id"])
    with read(desk.ctx.engine) as conn:
        asked = exception_pages.Asked("", "", "ann")
        selects = [deposit_pages.page_select("", (DAY, 9), 51), deposit_pages.totals_select("open")]
        both = (asked, asked._replace(owner=None))
        selects += [exception_pages.page_select(one, [kind, "X"], ["X"], (0, -5, 9), 51) for one in both]
        selects += [exception_pages.counts_select(asked, "open")]
        for select in selects:
            steps = plan(conn, select)
            assert not [step for step in steps if step.startswith("SCAN") and "anon" not in step], steps
            assert [step for step in steps if step.startswith("SEARCH") and "_by_" in step], steps
    left = "select count(*) from bank_lines where rest_cents = 0 or state = 'tied'"
    assert desk.one(left) == len(tied)
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update bank_lines set rest_cents = 5 where bank_line_id = 7")
        assert len(checking.unlike_rests(conn)) == 1
        conn.exec_driver_sql("update bank_lines set rest_cents = amount_cents where bank_line_id = 7")
        assert checking.unlike_rests(conn) == []

    with desk.ctx.engine.connect() as conn:
        sql = "select body from audit_events where action = 'phi-shown' and subject in ('exceptions', 'deposits')"
        bodies = [json.loads(body) for (body,) in conn.exec_driver_sql(sql)]
    assert bodies and max(len(ids) for body in bodies for ids in body.values()) == 50

    number = int(own["exception_id"].iloc[0])
    with desk.ctx.engine.connect() as conn:
        sql = "select bank_line_id from exceptions where exception_id = ?"
        (line,) = conn.exec_driver_sql(sql, (number,)).one()
    assert f'<a href="/deposits/{line}">' in reader.get(f"/exceptions/{number}").text


def test_a_long_list_of_rejections_has_pages_and_is_narrowed_by_its_payer(desk):
    """130 of them, of three claims and two payers, many of one amount."""
    words = {"source": "277CA", "detail_code": "A7 33", "cause": "why", "next_step": "", "edit_id": ""}
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update claims set payer_code = 'P2', payer_name = 'PLAN TWO' where claim_id = 3")
        rows = pd.DataFrame({"claim_id": [number % 3 + 1 for number in range(130)]})
        places = dict.fromkeys(("submission_id", "file_id", "seg", "offset", "length"), 0)
        rows = rows.assign(
            rejection_key=[f"k{number}" for number in range(130)], family_id=rows["claim_id"],
            amount_cents=[100 * (number % 7) for number in range(130)], closed_reason="", **words, **places,
        )  # fmt: skip
        rejections.put(conn, rows.astype(dict.fromkeys((*words, "rejection_key", "closed_reason"), "str")), DAY)
    reader = desk.sign_in("otto")
    with read(desk.ctx.engine) as conn:
        listed = stopped_claims.page(conn, stopped_claims.Asked(), None, 1000, False)
    pages = walked(reader, "/rejections")
    assert [len(page) for page in pages] == [50, 50, 30] and flat(pages) == listed["rejection_id"].tolist()
    assert flat(walked(reader, "/rejections?state=any")) == listed["rejection_id"].tolist()
    own = listed[listed["payer_code"] == "P2"]
    first = reader.get("/rejections?payer=P2").text
    assert '<option value="P2" selected>PLAN TWO</option>' in first and f"{len(own)} claims refused" in first
    assert flat(walked(reader, "/rejections?payer=P2")) == own["rejection_id"].tolist()
    shown_ids = "select body from audit_events where action = 'phi-shown' and subject = 'rejections'"
    with desk.ctx.engine.connect() as conn:
        bodies = [json.loads(body)["rejections"] for (body,) in conn.exec_driver_sql(shown_ids)]
    assert max(len(ids) for ids in bodies) == 50


def test_a_part_of_a_page_is_cut_and_shown_whole_when_asked_for(shared, monkeypatch):
    monkeypatch.setattr(web_shown, "MOST", 1)
    reader = shared.sign_in("otto")
    text = reader.get("/claims/1").text
    assert re.search(r"1 of \d+ are shown", text) and text.count('<span class="when">') == 1
    link = html.unescape(re.search(r'<a href="([^"]*whole=1)">All of them', text)[1])
    whole = reader.get(link).text
    assert "are shown" not in whole and whole.count('<span class="when">') > 1
    case = shared.one("select case_key from denial_cases limit 1")[:10]
    assert "whole=1" in reader.get(f"/cases/{case}").text
