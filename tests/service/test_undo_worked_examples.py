"""Each worked example of the ledger again: after every night each remittance is undone and replayed, cent for cent."""

import pytest
import sqlalchemy as sa

from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.service import test_worked_examples as examples
from tests.service.books_state import differences, state
from tests.service.conftest import DAY, Practice

EXAMPLES = {name: getattr(examples, name) for name in dir(examples) if name.startswith("test_")}
# Every sixth example in the short run: all of them in `make test-long`.
NAMES = [
    pytest.param(name, marks=[pytest.mark.long] if number % 6 else []) for number, name in enumerate(sorted(EXAMPLES))
]


class Undoing(Practice):
    """Books in which nothing stays as it was posted first."""

    def __init__(self, practice):
        super().__init__(practice.ctx, practice.folder)
        self.seen, self.refused, self.undone = [], 0, 0

    def reconcile(self, day=DAY):
        counts = super().reconcile(day)
        self.seen = super().journals()
        self.undo_each()
        return counts

    def undo_each(self):
        table = schema.remittances
        posted = self.rows(sa.select(table.c.remit_id).where(table.c.state == "posted").order_by(table.c.remit_id))
        for (remit_id,) in posted:
            before = state(self)
            done = undo(self.ctx, f"remit:{remit_id}", DAY)
            self.check()
            if len(done.refused):
                self.refused += 1
                assert differences(before, state(self)) == {}
                continue
            self.undone += 1
            replay(self.ctx, f"remit:{remit_id}", DAY)
            self.check()
            assert differences(before, state(self)) == {}

    def check(self):
        assert [problem for one in verify(self.ctx) for problem in one.broken] == []

    def journals(self):
        return self.seen


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_an_example_ends_alike(name, practice):
    undoing = Undoing(practice)
    example = EXAMPLES[name]
    marks = getattr(example, "pytestmark", [])
    for value in marks[0].args[1] if marks else [None]:
        example(undoing, *([value] if value else []))
        if value:
            break
    assert undoing.undone > 0
