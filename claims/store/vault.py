"""Keeps every file, received or produced, under the sha256 of its bytes: put once, never changed.

``ab/cd/abcd...`` below the root; folders 0700, files 0400. A file appears whole or not at all (synced, then renamed).
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from claims.errors import VaultError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20


class Vault:
    """The stored files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, source: Path | bytes) -> str:
        """Store the bytes of a file (or these bytes) and return their sha256; the same bytes are kept once."""
        incoming = self.root / "incoming"
        _make_folder(incoming)
        temporary = incoming / secrets.token_hex(16)
        digest = hashlib.sha256()
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
            with os.fdopen(descriptor, "wb") as target, _opened(source) as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            return self._keep(temporary, digest.hexdigest())
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """Give a private folder beside the stored files, for as long as a rehearsal needs one."""
        incoming = self.root / "incoming"
        _make_folder(incoming)
        with tempfile.TemporaryDirectory(dir=incoming) as folder:
            yield Path(folder)

    @staticmethod
    def hash_of(source: Path | bytes) -> str:
        """Give the sha256 that a file would be kept under."""
        digest = hashlib.sha256()
        with _opened(source) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def path(self, sha256: str) -> Path:
        """Where a stored file lies, for reading only."""
        place = self._place(sha256)
        if not place.is_file():
            raise VaultError(sha256, "is not in the vault")
        return place

    def open(self, sha256: str) -> BinaryIO:
        """Open a stored file for reading."""
        return self.path(sha256).open("rb")

    def read(self, sha256: str, offset: int = 0, length: int | None = None) -> bytes:
        """Give `length` bytes from `offset` on (None: to the end): the address of a fact."""
        with self.open(sha256) as stream:
            stream.seek(offset)
            data = stream.read(-1 if length is None else length)
        if length is not None and len(data) != length:
            raise VaultError(sha256, f"ends before byte {offset + length}")
        return data

    def verify(self, sha256: str) -> Literal["sound", "missing", "altered"]:
        """Hash a stored file again."""
        place = self._place(sha256)
        if not place.is_file():
            return "missing"
        with place.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        return "sound" if found == sha256 else "altered"

    def entries(self) -> Iterator[str]:
        """Name every stored file, in order of its sha256."""
        for place in sorted(self.root.glob("??/??/*")):
            if _SHA256.fullmatch(place.name):
                yield place.name

    def _place(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise VaultError(sha256, "is not a sha256 in lower case hex")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def _keep(self, temporary: Path, sha256: str) -> str:
        place = self._place(sha256)
        if place.exists():
            return sha256
        _make_folder(place.parent)
        temporary.replace(place)
        _sync_folder(place.parent)
        return sha256


def _opened(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _make_folder(folder: Path) -> None:
    """Create a folder and those above it, private, each on disk before something is put into it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
