"""Random histories of claims that several payments decide: undo gives back the night before, replay the night after."""

import random

import pytest
import sqlalchemy as sa

from claims.service.context import open_context
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import engine, schema
from tests.books import Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY, Practice
from tests.service.test_any_order import NUMBERS, SMALL, history

NAMES = ("UNDONE",)


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def books(settings, tmp_path, request):
    """Give empty books, as many as are asked for."""
    opened = []

    def new():
        place = f"books{len(opened)}"
        own = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / place}.db"})
        (tmp_path / f"{place}.db").write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        (tmp_path / place).mkdir()
        opened.append(Practice(open_context(own, actor="tester"), tmp_path / place))
        return opened[-1]

    yield new
    for one in opened:
        one.ctx.engine.dispose()
    assert engine


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def remittances(practice, wanted="posted"):
    table = schema.remittances
    select = sa.select(table.c.remit_id).where(table.c.state == wanted).order_by(table.c.remit_id)
    return [remit_id for (remit_id,) in practice.rows(select)]


def back_and_again(practice, remit_ids, day=DAY):
    """Undo remittances, the newest first, and replay them in the opposite order: the books are as they were."""
    before = state(practice)
    for remit_id in remit_ids:
        assert undo(practice.ctx, f"remit:{remit_id}", day).refused.empty
        check(practice)
    for remit_id in reversed(remit_ids):
        replay(practice.ctx, f"remit:{remit_id}", day)
        check(practice)
    assert differences(before, state(practice)) == {}


def live(practice, rolled, order, bills, is_long=True):
    """Night by night; in the long run an older remittance is undone and replayed after each."""
    practice.night(bills)
    for file in order:
        before, known = state(practice), remittances(practice)
        practice.night(file)
        check(practice)
        (new,) = set(remittances(practice)) - set(known)
        after = state(practice)
        undo(practice.ctx, f"remit:{new}", DAY)
        check(practice)
        now = differences(before, state(practice, without=NAMES))
        now.pop("remittances")
        assert now == {}
        replay(practice.ctx, f"remit:{new}", DAY)
        check(practice)
        assert differences(after, state(practice)) == {}
        if is_long:
            back_and_again(practice, [rolled.choice(remittances(practice))])
    posted = remittances(practice)
    back_and_again(practice, sorted(rolled.sample(posted, min(2, len(posted))), reverse=True))


@pytest.mark.parametrize("seed", [SMALL])
def test_undo_gives_back_the_night_before_and_replay_the_night_after(books, seed):
    rolled = random.Random(seed)
    remits = history(rolled)
    bills = claims(*(Bill(number, [("99213", "150")], member=f"W{number}") for number in NUMBERS))
    live(books(), rolled, rolled.sample(remits, len(remits)), bills, is_long=False)


@pytest.mark.long
@pytest.mark.parametrize("seed", [2, *range(100, 140)])
def test_many_histories_in_three_orders(books, seed):
    rolled = random.Random(seed)
    remits = history(rolled)
    bills = claims(*(Bill(number, [("99213", "150")], member=f"W{number}") for number in NUMBERS))
    for order in (remits, remits[::-1], rolled.sample(remits, len(remits))):
        live(books(), rolled, order, bills)
