"""Before and after an action the pages say the money; rejections stand on Today; a search finds what is meant."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def ann(desk):
    return desk.sign_in("ann")


def rows_of(desk, select):
    with desk.ctx.engine.connect() as conn:
        return conn.exec_driver_sql(select).all()


@pytest.mark.long
def test_the_money_is_said_before_and_after_and_a_closed_case_opens_again(desk, ann):
    (case_id, version, key, number), *_ = rows_of(
        desk,
        "select case_id, version, substr(case_key, 1, 10), claim_number from denial_cases where at_risk_cents = 8000",
    )
    form = {"case": f"{case_id}.{version}", "act": "more", "more": "write_off", "words": "small"}
    page = ann.post("/queue/act", data=form).text
    assert "<b>$80.00</b> would be written off" in page and "1 case." in page
    assert "Your own limit is $25.00 a day and claim" in page and "after a second person has agreed" in page
    sue = desk.sign_in("sue")
    ann.post("/queue/act", data=form | {"sure": "yes"})
    assert "$80.00" in sue.get("/approvals").text
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql("update users set write_off_limit_cents = 10000 where name = 'sue'")
    (action,) = rows_of(desk, "select action_id from denial_actions")
    done = sue.post(f"/approvals/{action[0]}", data={"decision": "approve"})
    assert "1 approved, $80.00" in sue.get(done.headers["location"]).text
    (case,) = rows_of(desk, f"select version from denial_cases where case_id = {case_id}")
    ann.post("/queue/act", data={"case": f"{case_id}.{case[0]}", "act": "note", "words": "they called"})
    closed = ann.get(f"/cases/{key}").text
    assert 'id="reopen"' in closed and f"/actions/{action[0]}/undo" in closed
    place = re.search(r'id="reopen".*?action="([^"]+)".*?name="only" value="(\d+)"', closed, re.DOTALL)
    ann.post(place[1], data={"only": place[2], "back": f"/cases/{key}"})
    assert rows_of(desk, f"select state from denial_cases where case_id = {case_id}") != [("closed",)]
    assert number


def test_a_search_finds_by_member_trace_suffix_and_beginning_of_a_key(desk, ann):
    with desk.ctx.engine.begin() as conn:  # a second version, as a replacement gets one
        conn.exec_driver_sql("update claims set claim_number_normal = 'ZZCANARY1V3', version = 3 where claim_id = 1")
        conn.exec_driver_sql("update claims set member_id = 'W77' where claim_id = 2")
    keys = dict(rows_of(desk, "select claim_number, substr(case_key, 1, 10) from denial_cases"))

    def found(words):
        answer = ann.post("/q", data={"words": words})
        place = answer.headers["location"]
        return place if place.startswith("/cases/") else ann.get(place).text

    assert found("ZZCANARY1V3") == f"/cases/{keys['ZZCANARY1']}"
    assert found(keys["ZZCANARY2"][:5]) == f"/cases/{keys['ZZCANARY2']}"
    member = found("w77")
    assert keys["ZZCANARY2"] in member and keys["ZZCANARY1"] not in member and "None." not in member
    trace = found("T2")
    assert all(key in trace for key in keys.values()) and "None." not in trace
    assert keys["ZZCANARY1"] in found("ZZCANARYID")  # as the payer names the member


def test_open_rejections_stand_on_today(desk, ann):
    assert '/rejections">Rejections:' not in ann.get("/").text
    with desk.ctx.engine.begin() as conn:
        conn.exec_driver_sql(
            "insert into rejections (rejection_id, rejection_key, claim_id, family_id, source, detail_code, cause,"
            " next_step, edit_id, amount_cents, state, posting_date, recorded_at)"
            " select 1, 'k', claim_id, family_id, '277CA', 'A7', 'wrong', '', '', 15000, 'open', '2025-06-30', 'x'"
            " from claims where claim_id = 1"
        )
    page = ann.get("/").text
    assert '/rejections">Rejections:' in page and "$150.00" in page
