"""How much one person may ask for: so many at a time, so many a minute."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from claims.errors import UsageError


class TooMuchError(UsageError):
    """Asked for more than there is to give right now."""

    def __init__(self) -> None:
        super().__init__("This was asked for too often in a short time. Wait a minute, then try again.")


class PerMinute:
    """So many a minute for each key."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._times: dict[int, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def take(self, key: int) -> None:
        """Count one; raise TooMuchError."""
        now = time.monotonic()
        with self._lock:
            times = self._times[key]
            while times and now - times[0] > 60:
                times.popleft()
            if len(times) >= self.most:
                raise TooMuchError
            times.append(now)


class AtOnce:
    """So many at the same time."""

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for a block; raise TooMuchError when there is none."""
        if not self._places.acquire(blocking=False):
            raise TooMuchError
        try:
            yield
        finally:
            self._places.release()
