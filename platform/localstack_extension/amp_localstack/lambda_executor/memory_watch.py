"""Keep functions within their MemorySize: watch what a process group has in memory, and say who has too much.

One thread looks at all busy groups, ten times a second while there are any, and sleeps otherwise. A group is a process
and all it started. Counted is resident memory: a limit on address space (`setrlimit`) would refuse what AWS
allows, as libraries map far more than they touch.

**Left out:** memory taken and given back between two looks goes unseen, and memory shared by the processes of one group
is counted once for each; a function that starts no process of its own is counted exactly.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable

import psutil

log = logging.getLogger(__name__)

INTERVAL_S = 0.1


class MemoryWatch:
    """Watches process groups against limits; `too_much` is called once for a group that breaks its own."""

    def __init__(self, measure: Callable[[Iterable[int]], dict[int, int]] | None = None) -> None:
        self._measure = measure or resident_bytes
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._watched: dict[int, tuple[int, Callable[[], None]]] = {}
        self._peaks: dict[int, int] = {}
        self._thread: threading.Thread | None = None

    def watch(self, group: int, limit: int, too_much: Callable[[], None]) -> None:
        """Watch a group until `release`."""
        with self._lock:
            self._watched[group] = (limit, too_much)
            self._peaks.setdefault(group, 0)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lambda-memory-watch", daemon=True)
                self._thread.start()
        self._wake.set()

    def release(self, group: int) -> None:
        """Stop watching a group; its peak stays known."""
        with self._lock:
            self._watched.pop(group, None)

    def forget(self, group: int) -> None:
        """Forget a group that has ended."""
        with self._lock:
            self._watched.pop(group, None)
            self._peaks.pop(group, None)

    def peak(self, group: int) -> int:
        """The most bytes seen in use by a group, now included."""
        self._note({group: own_peak(group)})
        with self._lock:
            return self._peaks.get(group, 0)

    def look(self) -> None:
        """Measure all watched groups once."""
        with self._lock:
            watched = dict(self._watched)
        measured = self._measure(watched)
        self._note(measured)
        for group, (limit, too_much) in watched.items():
            if measured.get(group, 0) > limit:
                self.release(group)
                too_much()

    def _note(self, measured: dict[int, int]) -> None:
        with self._lock:
            for group, used in measured.items():
                self._peaks[group] = max(used, self._peaks.get(group, 0))

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._wake.wait()
            pause.wait(INTERVAL_S)
            with self._lock:
                if not self._watched:
                    self._wake.clear()
                    continue
            try:
                self.look()
            except Exception:
                log.exception("memory watch: look failed")


def resident_bytes(groups: Iterable[int]) -> dict[int, int]:
    """Resident memory by process group, summed over the processes of each."""
    used = dict.fromkeys(groups, 0)
    for pid in psutil.pids():
        try:
            group = os.getpgid(pid)
            if group in used:
                used[group] += psutil.Process(pid).memory_info().rss
        except (psutil.Error, OSError):  # it ended, or is not ours to look at
            continue
    return used


def own_peak(pid: int) -> int:
    """The most memory one process has had resident: exact where the system keeps it, else what it has now."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        return 0
    except FileNotFoundError:
        pass
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
