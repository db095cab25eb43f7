"""What is written down: no patient data in logs and addresses, faults as a number, who read what."""

from __future__ import annotations

import json
import logging

import pytest

from claims.web.guards.log import LOG
from tests.web.desk import CANARY, filled

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
