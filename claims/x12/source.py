"""Where bytes come from: a path or bytes in, random slices out; a file is never held whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

_BLOCK = 1 << 20

Readable = str | os.PathLike[str] | bytes


class Source:
    """Bytes by offset, of a file or of memory; `size` is their number."""

    def __init__(self, readable: Readable) -> None:
        self._memory = readable if isinstance(readable, bytes) else None
        self._file = None if isinstance(readable, bytes) else Path(readable).open("rb")  # noqa: SIM115
        self.size = len(readable) if isinstance(readable, bytes) else os.fstat(self._descriptor()).st_size

    def _descriptor(self) -> int:
        assert self._file is not None
        return self._file.fileno()

    def view(self, start: int, end: int) -> memoryview:
        """Return the bytes from `start` up to `end`, or to the end of the file; of bytes in memory without a copy."""
        return memoryview(self.slice(start, end)) if self._memory is None else memoryview(self._memory)[start:end]

    def slice(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, or to the end of the file."""
        if self._memory is not None:
            return self._memory[start:end]
        assert self._file is not None
        self._file.seek(start)
        return self._file.read(max(0, end - start))

    def blocks(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Give the bytes from `start` up to `end` block by block, each with its place."""
        for place in range(start, end, _BLOCK):
            yield place, self.slice(place, min(place + _BLOCK, end))

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
