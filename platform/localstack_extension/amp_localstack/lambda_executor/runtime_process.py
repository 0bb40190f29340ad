"""One process of a function: started, spoken to through its Runtime API, and ended with all it started."""

import logging
import os
import queue
import select
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amp_localstack.lambda_executor.events import Event, Exited, Invocation
from amp_localstack.lambda_executor.memory_watch import MemoryWatch
from amp_localstack.lambda_executor.orphan_guard import OrphanGuard, kill_group
from amp_localstack.lambda_executor.runtime_api import RuntimeApi

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Host:
    """What all environments of this LocalStack share."""

    python: Path  # the interpreter that has awslambdaric
    endpoint_url: str
    folder: Path  # for the functions' private temporary files
    watch: MemoryWatch
    guard: OrphanGuard
    certificates: str = ""  # a file of authorities that functions trust besides the machine's own


class RuntimeProcess:
    """A running `python -m awslambdaric`; dead once `exited`, and never restarted."""

    def __init__(
        self,
        host: Host,
        command: Sequence[str],
        folder: Path,
        environment: Callable[[str], Mapping[str, str]],
    ) -> None:
        self._host = host
        self._inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._api = RuntimeApi(self._inbox.put)
        self._output = _Output()
        self.out_of_memory = False
        self.started = time.monotonic()
        try:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment(self._api.address),
                stdin=subprocess.DEVNULL,
                stdout=self._output.writer,
                stderr=self._output.writer,
                start_new_session=True,
            )
        except OSError:
            self._api.stop()
            self._output.abandon()
            raise
        self._output.start()
        self.group = self._process.pid
        self._exit_seen = threading.Event()
        host.guard.add(self.group)
        threading.Thread(target=self._await_exit, name=f"lambda-exit-{self.group}", daemon=True).start()

    @property
    def exited(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def next_event(self, until: float) -> Event | None:
        """What happened next, or None when the monotonic clock passes `until` before anything did."""
        try:
            return self._inbox.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None

    def send(self, invocation: Invocation, deadline_ms: int) -> None:
        """Give the runtime an invocation."""
        self._api.send(invocation, deadline_ms)

    def take_output(self) -> str:
        """All the process has written since the last call.

        What a runtime wrote before it reported is in the pipe by the time the report is read, so nothing is waited
        for: reading the pipe until it is empty is enough.
        """
        return self._output.take()

    def limit_memory(self, megabytes: int) -> None:
        """Kill the process once its group uses more than this, until `unlimit_memory`."""
        self._host.watch.watch(self.group, megabytes * 1024 * 1024, self._too_much_memory)

    def unlimit_memory(self) -> None:
        """Stop looking: an idle function is not billed, and is not watched."""
        self._host.watch.release(self.group)

    def used_megabytes(self) -> int:
        """The most memory the process has used so far."""
        return -(-self._host.watch.peak(self.group) // (1024 * 1024))

    def end(self) -> None:
        """End the process and all it started, and wait until they are gone."""
        kill_group(self.group)
        self._exit_seen.wait()
        self._host.watch.forget(self.group)

    def _too_much_memory(self) -> None:
        self.out_of_memory = True
        kill_group(self.group)

    def _await_exit(self) -> None:
        status = self._process.wait()
        kill_group(self.group)  # its children
        self._host.guard.remove(self.group)
        self._output.end()
        self._api.stop()
        self._inbox.put(Exited(status))
        self._exit_seen.set()


class _Output:
    """A pipe for standard output and error, emptied as it fills, so that a function never blocks on it."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._lock = threading.Lock()
        self._chunks: list[bytes] = []
        self._over = False
        self._wake_reader, self._wake_writer = os.pipe()

    def start(self) -> None:
        os.close(self.writer)
        threading.Thread(target=self._pump, name="lambda-output", daemon=True).start()

    def abandon(self) -> None:
        for descriptor in (self._reader, self.writer, self._wake_reader, self._wake_writer):
            os.close(descriptor)

    def take(self) -> str:
        with self._lock:
            self._drain()
            taken, self._chunks = b"".join(self._chunks), []
        return taken.decode("utf-8", "replace")

    def end(self) -> None:
        os.close(self._wake_writer)

    def _pump(self) -> None:
        poller = select.poll()
        poller.register(self._reader, select.POLLIN)
        poller.register(self._wake_reader, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poller.poll()}
            with self._lock:
                closed = self._drain()
                if closed or self._wake_reader in ready:
                    self._over = True
                    os.close(self._reader)
                    break
        os.close(self._wake_reader)

    def _drain(self) -> bool:
        """Read until the pipe is empty; true when no writer is left."""
        while not self._over:
            try:
                chunk = os.read(self._reader, 65536)
            except BlockingIOError:
                return False
            if not chunk:
                return True
            self._chunks.append(chunk)
        return True


def remove_folder(folder: Path) -> None:
    """Delete a function's private folder; what cannot be deleted is left, and said."""
    shutil.rmtree(folder, onerror=lambda _, path, error: log.warning("could not delete %s: %s", path, error[1]))
