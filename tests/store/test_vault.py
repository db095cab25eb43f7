"""Files by the sha256 of their bytes: whole, private, and found out when altered."""

from __future__ import annotations

import hashlib
import os
import stat

import pytest

from claims.errors import VaultError
from claims.store.vault import Vault

DATA = b"ISA*00*~" * 300_000  # more than two blocks


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "vault")


def test_a_file_and_its_bytes_are_kept_once_under_their_hash(vault, tmp_path):
    source = tmp_path / "in.edi"
    source.write_bytes(DATA)
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert vault.put(source) == vault.put(DATA) == sha256
    assert list(vault.entries()) == [sha256]
    assert vault.path(sha256).read_bytes() == DATA
    assert vault.path(sha256).relative_to(vault.root).parts == (sha256[:2], sha256[2:4], sha256)
    assert list((vault.root / "incoming").iterdir()) == []


def test_any_range_can_be_read(vault):
    sha256 = vault.put(b"0123456789")
    assert vault.read(sha256) == b"0123456789"
    assert vault.read(sha256, 3, 4) == b"3456"
    assert vault.read(sha256, 8) == b"89"
    with pytest.raises(VaultError, match="ends before byte 11"):
        vault.read(sha256, 8, 3)
    with vault.open(sha256) as stream:
        assert stream.read() == b"0123456789"


def test_an_empty_file_is_a_file(vault):
    assert vault.read(vault.put(b"")) == b""


def test_files_are_private_and_read_only(vault):
    sha256 = vault.put(b"x")
    assert stat.S_IMODE(vault.path(sha256).stat().st_mode) == 0o400
    for folder in (vault.root, vault.path(sha256).parent, vault.path(sha256).parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_alteration_and_loss_are_found(vault):
    sha256 = vault.put(b"x")
    assert vault.verify(sha256) == "sound"
    vault.path(sha256).chmod(0o600)
    vault.path(sha256).write_bytes(b"y")
    assert vault.verify(sha256) == "altered"
    vault.path(sha256).unlink()
    assert vault.verify(sha256) == "missing"
    with pytest.raises(VaultError, match="not in the vault"):
        vault.path(sha256)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_is_an_address(vault, name):
    with pytest.raises(VaultError):
        vault.path(name)


def test_a_failing_source_leaves_nothing(vault, tmp_path):
    with pytest.raises(FileNotFoundError):
        vault.put(tmp_path / "none")
    assert list(vault.entries()) == [] and list((vault.root / "incoming").iterdir()) == []


def test_bytes_are_on_disk_before_their_name(vault, monkeypatch):
    """A crash between the two must leave no name: the file is synced before it is renamed."""
    happened = []
    fsync, replace = os.fsync, type(vault.root).replace
    monkeypatch.setattr(os, "fsync", lambda fd: (happened.append("sync"), fsync(fd))[1])
    monkeypatch.setattr(
        type(vault.root), "replace", lambda path, to: (happened.append("rename"), replace(path, to))[1], raising=True
    )
    vault.put(b"x")
    assert happened.count("rename") == 1
    assert happened[-2:] == ["rename", "sync"] and "sync" in happened[: happened.index("rename")]
