"""kill -9 at random moments of intake and reconcile: one more run, and the books are those of an undisturbed run."""

import multiprocessing
import os
import random
import shutil
import signal
import time
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
# A slice of the month with each kind of file: claims, remittances of two payers, the bank, rubbish.
WANTED = (
    "claims_20260908.837",
    "moonb_20260918_002609181.835",
    "fable_20260922_eft2609221.835",
    "fable_20260929_eft2609291.835",
    "resent_moonb_20260918_002609181.835",
    "bank.csv",
    "fax_cover.txt",
)


def night(home: str, inbox: str) -> None:
    ctx = open_context(config.load(home=Path(home)), actor="tester")
    ingest(ctx, find_files(Path(inbox)), DAY)
    reconcile(ctx, DAY)
    ctx.engine.dispose()


def new_books(home: Path) -> None:
    settings = config.load(home=home)
    home.mkdir()
    audit.create_key(settings.audit_key_file)
    engine.upgrade(settings.database_url)


def state(home: Path) -> dict[str, bytes]:
    ctx = open_context(config.load(home=home), actor="tester")
    assert [problem for one in verify(ctx) for problem in one.broken] == []
    found = fingerprint(ctx, DAY)
    ctx.engine.dispose()
    return found


@pytest.fixture(scope="module")
def inbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inbox")
    for name in WANTED:
        shutil.copy(INBOX / name, folder)
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, inbox):
    """Reports of a run that nobody killed, and how long it took."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    new_books(home)
    began = time.monotonic()
    night(str(home), str(inbox))
    return state(home), time.monotonic() - began


def killed_night(home: Path, inbox: Path, after: float) -> bool:
    """Run a night in a process of its own and kill it after a while; tell whether it was still at work."""
    process = multiprocessing.get_context("fork").Process(target=night, args=(str(home), str(inbox)))
    process.start()
    process.join(after)
    alive = process.is_alive()
    if alive:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return alive


def disturb(home: Path, inbox: Path, seed: int, kills: int, seconds: float) -> int:
    moments = random.Random(seed)
    return sum(killed_night(home, inbox, moments.uniform(0, seconds)) for _ in range(kills))


def without_receipts(files: dict[str, bytes]) -> dict[str, bytes]:
    """Each night that was killed had received the files once more: what counts arrivals differs, rightly."""
    return {name: data for name, data in files.items() if name.split("/")[-1] not in ("completeness.csv", "files.csv")}


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 9))])
def test_three_kills_and_one_more_run(tmp_path, inbox, undisturbed, seed):
    expected, seconds = undisturbed
    home = tmp_path / "home"
    new_books(home)
    disturb(home, inbox, seed, 3, seconds)
    night(str(home), str(inbox))
    assert differences(without_receipts(expected), without_receipts(state(home))) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 150))
def test_four_kills_and_one_more_run(tmp_path, inbox, undisturbed, seed):
    expected, seconds = undisturbed
    home = tmp_path / "home"
    new_books(home)
    disturb(home, inbox, seed, 4, seconds)
    night(str(home), str(inbox))
    assert differences(without_receipts(expected), without_receipts(state(home))) == []
