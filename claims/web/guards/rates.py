"""How much one person may ask for: so many at a time, so many a minute."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

from claims.errors import UsageError


class TooMuchError(UsageError):
    """Asked for more than there is to give right now."""

    def __init__(self) -> None:
        super().__init__("This was asked for too often in a short time. Wait a minute, then try again.")


class AllBusyError(UsageError):
    """All places for something are taken by others at this moment."""

    def __init__(self) -> None:
        super().__init__("Many people sign in at this moment. Wait a few seconds, then try again.")


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

    def __init__(self, most: int, none_left: type[UsageError] = TooMuchError) -> None:
        self._places, self._none_left = threading.BoundedSemaphore(most), none_left

    def place(self) -> Place:
        """Take a place; raise `none_left` when there is none."""
        if not self._places.acquire(blocking=False):
            raise self._none_left()
        return Place(self._places)


class Place:
    """A place that is held until it is left, or until nobody knows of it any more: an answer that was never begun."""

    def __init__(self, places: threading.BoundedSemaphore) -> None:
        self._places: threading.BoundedSemaphore | None = places

    def leave(self) -> None:
        """Give it back, once."""
        places, self._places = self._places, None
        if places is not None:
            places.release()

    __del__ = leave

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
