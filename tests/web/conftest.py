"""One small practice, copied for each test that changes it; passwords are hashed quickly."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from tests.web.desk import Desk, quick_hashes, settings_in, settle

DAY = date(2025, 6, 30)


@pytest.fixture(scope="module", autouse=True)
def _quick_hashes():
    """These modules hash quickly; tests/people looks at the real parameters."""
    with quick_hashes():
        yield


@pytest.fixture(scope="session")
def settled(tmp_path_factory, sqlite_template):
    """A data folder with a few denials and people in all roles."""
    home = tmp_path_factory.mktemp("practice") / "claims-data"
    home.mkdir(mode=0o700)
    shutil.copy(sqlite_template, home / "claims.db")
    with quick_hashes():
        settle(settings_in(home), home.parent, DAY)
    return home


@pytest.fixture
def desk(settled, tmp_path):
    """The application over a copy of it."""
    home = tmp_path / "claims-data"
    shutil.copytree(settled, home)
    opened = Desk(settings_in(home))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared(settled, tmp_path_factory):
    """The application over a copy that the tests of a module share: for those that only look."""
    home = tmp_path_factory.mktemp("shared") / "claims-data"
    shutil.copytree(settled, home)
    opened = Desk(settings_in(home))
    yield opened
    opened.close()
