"""The same month in other orders of files and on the other engine gives the same reports, byte for byte."""

import random
from datetime import date
from pathlib import Path

import pytest

from claims import config
from claims.service.context import open_context
from claims.service.intake import find_files, ingest
from claims.service.reconcile import reconcile
from claims.service.verify import verify
from claims.store import audit, engine
from tests.service.fingerprint import differences, fingerprint

INBOX = Path(__file__).parents[2] / "edi_samples" / "day" / "inbox"
DAY = date(2026, 10, 20)


def books(home: Path, url: str, files):
    """Load files in the order given, reconcile, and give the reports."""
    settings = config.load(home=home, **({"database_url": url} if url else {}))
    home.mkdir(exist_ok=True)
    audit.create_key(settings.audit_key_file)
    engine.upgrade(settings.database_url)
    ctx = open_context(settings, actor="tester")
    report = ingest(ctx, files, DAY)
    assert sum(report.counts.values()) == len(files)
    reconcile(ctx, DAY)
    assert [problem for one in verify(ctx) for problem in one.broken] == []
    found = fingerprint(ctx, DAY)
    ctx.engine.dispose()
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return books(tmp_path_factory.mktemp("in-order") / "home", "", find_files(INBOX))


@pytest.mark.long
@pytest.mark.parametrize("seed", ["reversed", 7])
def test_another_order_of_files_gives_the_same_reports(expected, tmp_path, seed):
    files = find_files(INBOX)
    if seed == "reversed":
        files.reverse()
    else:
        random.Random(seed).shuffle(files)
    assert differences(expected, books(tmp_path / "home", "", files)) == []


def test_the_other_engine_gives_the_same_reports(expected, tmp_path, request):
    server = request.getfixturevalue("postgresql_server")
    import psycopg

    with psycopg.connect(
        server.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute("CREATE DATABASE other_engine")
    url = server.set(database="other_engine").render_as_string(hide_password=False)
    assert differences(expected, books(tmp_path / "home", url, find_files(INBOX))) == []
