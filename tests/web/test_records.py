"""What is written down: no patient data in logs and addresses, faults as a number, who read what."""

from __future__ import annotations

import json
import logging
import re

import pytest

from claims.service.audited import record
from claims.store.engine import write
from claims.web.guards.log import LOG
from tests.web.desk import CANARY, NAMES, filled

# --- R26, R28, R29: what is logged, and what a fault tells


@pytest.fixture
def logged(monkeypatch):
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    monkeypatch.setattr(LOG, "handlers", [handler])
    monkeypatch.setattr(LOG, "propagate", False)
    LOG.setLevel(logging.INFO)
    return lines


def test_no_patient_data_in_log_or_address(desk, logged):
    client = desk.sign_in("ann")
    place = client.post("/q", data={"words": f"{CANARY}LAST"}).headers["location"]
    said = client.get(place)
    assert CANARY in said.text and CANARY not in place
    client.get(f"/cases/{CANARY}")
    client.get("/claims/1")
    client.post("/login", data={"name": CANARY, "password": CANARY})
    assert logged and CANARY not in "".join(logged)
    assert all(json.loads(line)["event"] for line in logged)
    assert any('"route": "/cases/{key}"' in line for line in logged)


def test_no_line_of_the_log_is_faked(desk, logged):
    client = desk.client(**{"User-Agent": "x\x1b[31m", "X-Forwarded-For": "a\tb"})
    client.get("/x%0d%0a%7b%22event%22%3a%22signed-in%22%7d%1b[2J")
    client.request("G\tT".replace("\t", "E"), "/%0aevil")
    for line in logged:
        assert "\n" not in line and "\x1b" not in line and json.loads(line)["route"] == "-"


def test_a_fault_shows_a_number_and_nothing_else(desk, logged, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError(f"{CANARY} is the patient")

    monkeypatch.setattr("claims.web.pages.charts.denial_charts.charts", fail)
    said = desk.sign_in("ann").get("/charts")
    number = said.headers["x-request-id"]
    assert said.status_code == 500 and number in said.text and CANARY not in said.text and "Traceback" not in said.text
    (fault,) = [json.loads(line) for line in logged if '"fault"' in line]
    assert fault["error_id"] == number and fault["type"] == "RuntimeError" and CANARY not in "".join(logged)


# --- R32: reads are audited; emergencies flagged


def events(desk):
    with desk.ctx.engine.connect() as conn:
        rows = conn.exec_driver_sql("select actor, action, subject, body from audit_events order by seq")
        return [tuple(row) for row in rows]


def test_opening_a_case_is_an_event_of_its_reader(desk):
    client = desk.sign_in("otto")
    address = filled("/cases/{key}", desk)
    assert client.get(address).status_code == 200
    actor, action, subject, _ = events(desk)[-1]
    assert (actor, action) == ("otto", "phi-shown") and address.rpartition("/")[2] in subject


def test_an_admin_sees_patients_in_an_emergency_only(desk):
    client = desk.sign_in("root")
    address = filled("/cases/{key}", desk)
    asked = client.get(address)
    assert asked.status_code == 403 and "emergency" in asked.text and CANARY not in asked.text
    assert client.post("/emergency", data={"reason": "hm"}).status_code == 422
    assert client.post("/emergency", data={"reason": "the only biller is ill today"}).status_code == 303
    assert client.get(address).status_code == 200
    assert events(desk)[-1][:2] == ("root", "phi-shown-emergency")
    assert client.get("/").status_code == 200
    desk.clock.on(minutes=10)
    client.get("/me")
    desk.clock.on(minutes=6)
    assert client.get(address).status_code == 403


def test_a_search_is_its_owners_alone(desk):
    place = desk.sign_in("ann").post("/q", data={"words": f"{CANARY}LAST"}).headers["location"]
    assert desk.sign_in("sue").get(place).status_code == 404


# --- the chain is asked about one thing


def about(desk, client, subject, **more):
    text = client.get("/audit", params={"subject": subject} | more).text
    rows = re.findall(r"<tr><td class=\"n\"[^>]*>(\d+)</td>", text)
    with desk.ctx.engine.connect() as conn:
        found = conn.exec_driver_sql(f"select subject, body from audit_events where seq in ({','.join(rows) or 0})")
        return [tuple(row) for row in found]


def keys(desk):
    with desk.ctx.engine.connect() as conn:
        return dict(conn.exec_driver_sql("select case_id, case_key from denial_cases order by case_id").all())


@pytest.mark.parametrize("page", ["/more", "/appeal"])
def test_parts_of_a_case_are_recorded_under_its_true_key(desk, page):
    client, key = desk.sign_in("otto"), keys(desk)[1]
    for typed in (key[:6], key[:6].upper(), key):
        assert client.get(f"/cases/{typed}{page}").status_code == 200
        assert events(desk)[-1][:3] == ("otto", "phi-shown", f"denial case {key[:10]}")


def test_the_chain_says_who_saw_a_case_in_a_list_a_search_or_an_export_and_who_acted_on_it(desk):
    otto, ann = desk.sign_in("otto"), desk.sign_in("ann")
    keys_of = keys(desk)
    ann.get("/queue")
    otto.get("/queue.csv")
    ann.post("/queue/act", data={"case": "1.1", "act": "note", "words": "called"})
    ann.post("/queue/act", data={"case": "1.2", "act": "tag", "words": "mine"})
    ann.get(ann.post("/q", data={"words": "mine"}).headers["location"])
    ann.get(f"/cases/{keys_of[1][:8]}")
    for subject in (f"denial case {keys_of[1][:10]}", f"Denial case {keys_of[1][:6]}"):
        said = [subject for subject, _ in about(desk, otto, subject)]
        kinds = {" ".join(one.split()[:2]) for one in said}
        assert {"denial queue", "action 1", f"denial case {keys_of[1][:10]}"} <= {*said, *kinds}
        assert {"denial queue export"} <= set(said) and any(one.startswith("search ") for one in said)
    other = [subject for subject, _ in about(desk, otto, f"denial case {keys_of[2][:10]}")]
    assert "action 1" not in other and not any(one.startswith("search ") for one in other) and "denial queue" in other


def test_one_thing_is_not_another_whose_number_begins_so(desk):
    with write(desk.ctx.engine) as conn:
        for subject, body in (("claim 1", {}), ("claim 12", {}), ("x", {"claims": [3, 12]}), ("y", {"claims": [1, 7]})):
            record(desk.ctx, conn, "phi-shown", subject, body)
        # What looks like it and is not: a count, another list, a case of a search's claims.
        record(desk.ctx, conn, "phi-shown", "search z", {"cases": ["ab"], "claims": [1, 2]})
        record(desk.ctx, conn, "denial.note", "action 9", {"cases": 2})
    otto = desk.sign_in("otto")
    assert {subject for subject, _ in about(desk, otto, "claim 1")} == {"claim 1", "y", "search z"}
    assert {subject for subject, _ in about(desk, otto, "claim 12")} == {"claim 12", "x"}
    assert {subject for subject, _ in about(desk, otto, "claim")} == {"claim 1", "claim 12"}
    assert about(desk, otto, f"denial case {keys(desk)[2][:10]}") == []


@pytest.mark.parametrize(
    ("path", "name"),
    [("/exceptions?state=any", "exceptions"), ("/deposits?state=any", "bank lines"), ("/queue.csv?who=any", "cases")],
)
def test_a_list_is_recorded_with_what_stands_in_it(desk, path, name):
    assert desk.sign_in("otto").get(path).status_code == 200
    assert json.loads(events(desk)[-1][3])[name]


def test_what_a_file_holds_is_recorded_when_its_findings_are_shown(desk):
    address = filled("/files/{sha256}", desk)
    assert desk.sign_in("otto").get(address).status_code == 200
    assert events(desk)[-1][:3] == ("otto", "phi-shown", f"file {address.rpartition('/')[2][:12]}")


def test_the_chain_is_walked_when_somebody_asks_for_it(desk, monkeypatch):
    monkeypatch.setattr("claims.store.audit.verify", lambda *_: pytest.fail("walked"))
    text = desk.sign_in("otto").get("/audit").text
    assert "/audit/chain" in text and "hx-trigger" not in text
    # Nor is it read to offer names.
    assert (
        re.findall(r'<option value="(\w+)">', text.partition("<datalist")[2])[:4] == sorted(NAMES) and "tester" in text
    )
