"""The most memory that some processes have together while something runs."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psutil

_EVERY_SECONDS = 0.1


@contextmanager
def peak_memory(processes: Callable[[], Iterable[psutil.Process]]) -> Iterator[list[int]]:
    """Resident bytes of the processes at most, in the list's only item once the block is done.

    They are asked for again each time. Pages that several of them share count for each.
    """
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY_SECONDS):
            peak[0] = max(peak[0], sum(map(_resident, processes())))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
