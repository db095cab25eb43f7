"""The queue against a plain dict: whatever people, remittances and nights do in any order, both say the same."""

from __future__ import annotations

import contextlib
import json
from datetime import date, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from claims.service.desk import actions, priority, queue
from claims.service.desk.queue import Filters
from claims.service.runs import running
from claims.store import cases as case_rows
from claims.store import clock, schema
from claims.store.engine import read, rehearsal, write
from claims.store.load import frame
from tests.service.desk.conftest import opened

COUNT = 4  # cases of the practice
LAST_DAY = date(2026, 10, 31)  # nobody moves money on a day that lies ahead of today, whenever this runs
APPEAL_UNTIL = "2025-12-08"  # the last day of what is possible when a claim can no longer be corrected
KNOWN = ["version", "state", "queue", "assignee", "tag", "snoozed_until_date", "outcome"]
NUMBERS = st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=3, unique=True)


def queue_of(case, day):
    if case["state"] == "closed":
        return "closed"
    if case["deadline"] and case["deadline"] < day:
        return "expired"
    return "snoozed" if case["snoozed_until_date"] > day else "open"


class Model(RuleBasedStateMachine):
    """Cases in a dict beside cases in the database, which is rolled back at the end of each history."""

    ctx = None  # set by the test
    done = Bundle("done")

    def __init__(self):
        super().__init__()
        self.open = contextlib.ExitStack()
        self.open.enter_context(rehearsal(self.ctx.engine))
        self.day = date(2025, 6, 30)
        with read(self.ctx.engine) as conn:
            rows = frame(conn, sa.select(schema.denial_cases).order_by(schema.denial_cases.c.case_id))
        self.ids = rows["case_id"].tolist()
        self.cases = {
            row["case_id"]: {name: row[name] for name in KNOWN}
            | {"deadline": row["deadline_date"], "second": APPEAL_UNTIL if row["next_action"] == "C7" else ""}
            for row in rows.to_dict("records")
        }
        self.history = {}
        self.kinds = {}  # of actions: remark (a note or a tag), or other
        self.log = {one: [] for one in self.ids}  # what happened to each: version after it, whether a remark, columns
        self.acts, self.undoes = {}, {}  # the action that gave a case its version; the action that an undo takes back
        self.changes = self.steps = 0

    def teardown(self):
        with self.open:
            self.every_change_has_its_record()

    def every_change_has_its_record(self):
        audit, action = schema.audit_events, schema.denial_actions
        with read(self.ctx.engine) as conn:
            told = conn.scalar(sa.select(sa.func.count()).select_from(audit).where(audit.c.action.like("denial.%")))
            made = conn.scalar(sa.select(sa.func.count()).select_from(action))
        assert told == made == self.changes

    # What the test does to both ---------------------------------------------------------------------------------

    def seen(self, numbers, stale=False):
        ids = [self.ids[number % len(self.ids)] for number in numbers]
        return [(one, self.cases[one]["version"] - (1 if stale and at == 0 else 0)) for at, one in enumerate(ids)]

    def standing(self, one, later):
        """What happened later to a case, without actions that were undone since and their undos: the newest first."""
        acts, over = {version: self.acts.get((one, version)) for version, _, _ in later}, set()
        for act in reversed(list(acts.values())):
            undone = self.undoes.get(act)
            if act not in over and undone in acts.values() and undone is not None:
                over |= {act, undone}
        return [what for what in later if acts[what[0]] is None or acts[what[0]] not in over]

    def expect(self, done, seen, allowed, change, remark=False):
        """Hold what was done against what a plain look at the dict says, and change the dict."""
        fresh = [one for one, version in seen if version == self.cases[one]["version"]]
        good = sorted(one for one in fresh if allowed(self.cases[one]))
        assert sorted(done.done) == good
        assert sorted(done.stale) == sorted(set(dict(seen)) - set(fresh))
        assert sorted(done.refused["case_id"]) == sorted(set(fresh) - set(good))
        if not good:
            return 0
        before = {one: dict(self.cases[one]) for one in good}
        for one in good:
            self.move(one, remark, **change(self.cases[one]))
        self.changes += 1
        self.kinds[done.action_id] = remark
        self.acts |= {(one, self.cases[one]["version"]): done.action_id for one in good}
        self.history[done.action_id] = (before, {one: self.cases[one]["version"] for one in good})
        return done.action_id

    def move(self, one, remark=False, **changes):
        case = self.cases[one]
        changed = {name for name, value in changes.items() if case[name] != value}
        case.update(changes)
        case["version"] += 1
        self.log[one].append((case["version"], remark, changed))
        case["queue"] = queue_of(case, self.day.isoformat())

    @initialize(target=done)
    def nothing_yet(self):
        return 0

    @rule(target=done, numbers=NUMBERS, name=st.sampled_from(["", "anna", "bert"]), stale=st.booleans())
    def assign(self, numbers, name, stale):
        seen = self.seen(numbers, stale)

        def change(case):
            swapped = {"new": "assigned"} if name else {"assigned": "new"}
            return {"assignee": name, "state": swapped.get(case["state"], case["state"])}

        found = actions.assign(self.ctx, seen, name, self.day)
        return self.expect(found, seen, lambda one: one["state"] != "closed" and one["assignee"] != name, change)

    @rule(target=done, numbers=NUMBERS, word=st.sampled_from(["", "x", "y"]))
    def tag(self, numbers, word):
        seen = self.seen(numbers)
        found = actions.tag(self.ctx, seen, word, self.day)
        return self.expect(found, seen, lambda one: one["tag"] != word, lambda one: {"tag": word}, True)

    @rule(target=done, numbers=NUMBERS, days=st.integers(0, 60))
    def snooze(self, numbers, days):
        seen, until = self.seen(numbers), self.day + timedelta(days=days)
        found = actions.snooze(self.ctx, seen, until, self.day)

        def allowed(case):
            in_time = not case["deadline"] or until.isoformat() <= case["deadline"]
            return case["state"] != "closed" and days > 0 and in_time

        return self.expect(found, seen, allowed, lambda one: {"snoozed_until_date": until.isoformat()})

    @rule(target=done, numbers=NUMBERS)
    def wake(self, numbers):
        seen = self.seen(numbers)
        found = actions.wake(self.ctx, seen, self.day)
        asleep = lambda one: one["state"] != "closed" and one["snoozed_until_date"] != ""  # noqa: E731
        return self.expect(found, seen, asleep, lambda one: {"snoozed_until_date": ""})

    @rule(target=done, numbers=NUMBERS)
    def note(self, numbers):
        seen = self.seen(numbers)
        found = actions.note(self.ctx, seen, "seen", self.day)
        begins = {"new": "in_work", "assigned": "in_work"}
        change = lambda one: {"state": begins.get(one["state"], one["state"])}  # noqa: E731
        return self.expect(found, seen, lambda one: True, change, remark=True)

    @rule(target=done, number=st.integers(0, COUNT - 1))
    def expire(self, number):
        seen = self.seen([number])
        found = actions.expire(self.ctx, seen, "late", 10**9, self.day)
        day = self.day.isoformat()
        late = lambda one: one["state"] != "closed" and "" < one["deadline"] < day and one["second"] < day  # noqa: E731
        closed = {"state": "closed", "outcome": "expired", "snoozed_until_date": ""}
        return self.expect(found, seen, late, lambda one: closed)

    @rule(target=done, action=done)
    def undo(self, action):
        if not action or action not in self.history:
            return 0
        before, after = self.history[action]
        since = {one: self.standing(one, [what for what in self.log[one] if what[0] > after[one]]) for one in after}
        still = sorted(one for one, later in since.items() if all(remark for _, remark, _ in later))
        found = actions.undo(self.ctx, action, self.day)
        assert sorted(found.done) == still and len(found.refused) == len(after) - len(still)
        if len(still) == len(after):
            del self.history[action]
        if not still:
            return 0
        now = {one: dict(self.cases[one]) for one in still}
        is_remark = self.kinds.get(action, False)
        for one in still:
            # What a note or a tag has changed since stays as that left it.
            kept = {"version", "queue"}.union(*(changed for _, _, changed in since[one]))
            self.move(one, is_remark, **{name: before[one][name] for name in KNOWN if name not in kept})
        self.changes += 1
        self.acts |= {(one, self.cases[one]["version"]): found.action_id for one in still}
        self.undoes[found.action_id] = action
        moved_money = any(case["outcome"] == "expired" for case in now.values())
        if not moved_money:
            self.history[found.action_id] = (now, {one: self.cases[one]["version"] for one in still})
        return found.action_id

    @rule(number=st.integers(0, COUNT - 1))
    def pay(self, number):
        self.remit(number, "overturned", state="closed", outcome="overturned")

    @rule(number=st.integers(0, COUNT - 1))
    def deny_again(self, number):
        case = self.cases[self.ids[number % len(self.ids)]]
        if case["state"] != "closed":
            return self.remit(number, "repeated")
        return self.remit(number, "reopened", state="assigned" if case["assignee"] else "new", outcome="")

    def remit(self, number, kind, **changes):
        """What a remittance leaves, by the writer that every remittance goes through."""
        one = self.ids[number % len(self.ids)]
        table = schema.denial_cases
        with write(self.ctx.engine) as conn:
            row = frame(conn, sa.select(table).where(table.c.case_id == one))
            # What remittances write of an assigned case is `new`: the writer knows whose it is.
            after = row.assign(**(changes | {"state": "new"} if changes.get("state") == "assigned" else changes))
            names = ["case_id", "state", "outcome", "deadline_date", "remit_date", "closed_posting_date", "waiting_for"]
            events = pd.DataFrame(
                {
                    "case_key": row["case_key"], "kind": kind, "claim_payment_id": row["claim_payment_id"],
                    "amount_cents": 0, "body": json.dumps({}), "posting_date": self.day.isoformat(),
                }
            )  # fmt: skip
            new = row.head(0).drop(columns=["case_id"])
            case_rows.save(conn, new, after[names], events, actor="tester", recorded_at=clock.now())
        # It is looked at by the rules of lists only in the night: a remittance shows it to people again at once.
        self.move(one, snoozed_until_date="", **changes)
        self.cases[one]["queue"] = "closed" if self.cases[one]["state"] == "closed" else "open"

    @rule(days=st.integers(1, 90))
    def night(self, days):
        self.day = min(self.day + timedelta(days=days), LAST_DAY)
        with running(self.ctx, "reconcile", self.day) as (run_id, _):
            priority.prioritise(self.ctx, run_id, self.day)
        today = self.day.isoformat()
        for case_id, case in self.cases.items():
            if case["state"] != "closed" and "" < case["snoozed_until_date"] <= today:
                self.move(case_id, snoozed_until_date="")
            if case["state"] != "closed" and case["deadline"] and case["deadline"] < today <= case["second"]:
                case["deadline"] = case["second"]
            case["queue"] = queue_of(case, today) if case["state"] != "closed" else "closed"

    # What has to hold --------------------------------------------------------------------------------------------

    @invariant()
    def both_say_the_same(self):
        with read(self.ctx.engine) as conn:
            rows = frame(conn, sa.select(*(schema.denial_cases.c[name] for name in ("case_id", *KNOWN))))
        told = rows.set_index("case_id")[KNOWN].to_dict("index")
        assert told == {one: {name: case[name] for name in KNOWN} for one, case in self.cases.items()}

    @invariant()
    def lists_hold_what_they_should(self):
        # One list after every other step: over a history all of them have their turn.
        self.steps += 1
        if self.steps % 2:
            return
        state = ("open", "snoozed", "expired", "closed")[self.steps // 2 % 4]
        page = queue.page(self.ctx, Filters(state=state), "age")
        assert set(page.rows["case_id"]) == {one for one, case in self.cases.items() if case["queue"] == state}


@pytest.fixture(scope="module")
def practice(denied_home, tmp_path_factory):
    import shutil

    home = tmp_path_factory.mktemp("model") / "claims-data"
    shutil.copytree(denied_home, home)
    practice = opened(home)
    yield practice
    practice.ctx.engine.dispose()


@pytest.mark.long
@pytest.mark.parametrize("histories", [8, pytest.param(50, marks=pytest.mark.long)])
def test_people_remittances_and_nights_in_any_order(practice, histories):
    class Ours(Model):
        ctx = practice.ctx

    wanted = settings(
        max_examples=histories,
        print_blob=True,  # a history that fails can be repeated
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    run_state_machine_as_test(Ours, settings=wanted)
