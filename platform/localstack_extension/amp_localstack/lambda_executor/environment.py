"""One execution environment: takes invocations one at a time, and makes each end in exactly one result.

Its process is started before the first invocation and reused for the next. A process that died, timed out or broke its
memory limit is replaced by the next invocation, as Lambda resets an environment: no invocation waits for a process
that is gone, and none is run twice.

**Left out:** an idle process is not frozen, so its threads run on between invocations. A module that cannot be
loaded is not loaded a second time for the same invocation (AWS tries twice; the error is the same).

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from amp_localstack.lambda_executor import log_lines
from amp_localstack.lambda_executor.events import Event, Exited, Failed, InitFailed, Invocation, Ready, Responded
from amp_localstack.lambda_executor.function_environment import FunctionSpec, build_environment
from amp_localstack.lambda_executor.runtime_api import deadline_after
from amp_localstack.lambda_executor.runtime_process import Host, RuntimeProcess, remove_folder

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
INIT_LIMIT_S = 10.0


class EnvironmentStoppedError(Exception):
    """The environment was given an invocation after it was stopped."""


@dataclass(frozen=True)
class Result:
    """What an invocation came to."""

    payload: bytes
    is_error: bool
    logs: str


@dataclass(frozen=True)
class _Ending:
    payload: bytes
    error_type: str = ""  # empty for success
    status: str = ""  # what REPORT says of a failure of the platform
    log: str = ""  # what the platform logs before END
    spent: bool = False  # the process can serve no other invocation


class Environment:
    """Started once, invoked by one thread at a time, stopped once."""

    def __init__(self, name: str, spec: FunctionSpec, given: Mapping[str, str], host: Host) -> None:
        self._spec, self._given, self._host = spec, given, host
        self._folder = host.folder / name
        self._process: RuntimeProcess | None = None
        self._init_failure: InitFailed | None = None
        self._init_ms: float | None = None  # until a REPORT line has told it
        self._busy = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Start the process, and wait until it is initialised or has failed to be.

        A failure is not raised: the first invocation reports it. Initialisation that took longer than AWS allows, or
        ended the process, is tried again by the first invocation, within the function's own timeout.
        """
        self._folder.mkdir(parents=True)
        self._initialise(time.monotonic() + INIT_LIMIT_S)

    def invoke(self, invocation: Invocation) -> Result:
        """Run the function once."""
        with self._busy:
            if self._stopped:
                raise EnvironmentStoppedError(self._spec.name)
            return self._invoke(invocation)

    def stop(self, *, grace: float) -> None:
        """End the process; an invocation in progress has `grace` seconds to finish."""
        finished = self._busy.acquire(timeout=grace)
        self._stopped = True
        if self._process is not None:
            self._process.end()
        if finished:
            self._busy.release()
        remove_folder(self._folder)

    def _invoke(self, invocation: Invocation) -> Result:
        began = time.monotonic()
        until = began + self._spec.timeout_s
        deadline_ms = deadline_after(self._spec.timeout_s)
        event: Event | None = self._init_failure or Ready()
        if self._process is None or (self._process.exited and not self._init_failure):
            event = self._initialise(until)
            self._init_ms = None  # part of this invocation's duration, as AWS reports it
        process = self._process
        assert process is not None
        before = process.take_output()
        if isinstance(event, Ready):
            process.limit_memory(self._spec.memory_mb)
            process.send(invocation, deadline_ms)
            event = _result_of(invocation, process, until)
            process.unlimit_memory()
        duration_ms = (time.monotonic() - began) * 1000
        ending = self._ending(event, invocation.request_id, process)
        logs = before + self._logged(invocation.request_id, process, ending, duration_ms)
        if ending.spent:
            self._discard()
        return Result(ending.payload, bool(ending.error_type), logs)

    def _initialise(self, until: float) -> Event | None:
        self._discard()
        began = time.monotonic()
        process = self._process = self._start_process()
        process.limit_memory(self._spec.memory_mb)
        event = process.next_event(until)
        process.unlimit_memory()
        self._init_ms = (time.monotonic() - began) * 1000
        match event:
            case Ready():
                process.used_megabytes()  # noted now, for the report of an invocation that ends the process
            case InitFailed():
                self._init_failure = event
            case _:
                process.end()
        return event

    def _start_process(self) -> RuntimeProcess:
        tmp = self._folder / "tmp"
        tmp.mkdir(exist_ok=True)

        def environment(runtime_api: str) -> dict[str, str]:
            return build_environment(
                self._spec,
                self._given,
                python=self._host.python,
                tmp=tmp,
                runtime_api=runtime_api,
                endpoint_url=self._host.endpoint_url,
                certificates=self._host.certificates,
            )

        command = [str(self._host.python), "-m", "awslambdaric", self._spec.handler]
        return RuntimeProcess(self._host, command, self._spec.code, environment)

    def _discard(self) -> None:
        if self._process is not None:
            self._process.end()
        self._process, self._init_failure, self._init_ms = None, None, None

    def _ending(self, event: Event | None, request_id: str, process: RuntimeProcess) -> _Ending:
        match event:
            case Responded(payload=payload):
                return _Ending(payload)
            case Failed(payload=payload, error_type=error_type):
                return _Ending(payload, error_type, spent=error_type == "Function.ResponseSizeTooLarge")
            case InitFailed(payload=payload, error_type=error_type):
                return _Ending(payload, error_type, _error_status(error_type), spent=True)
            case Exited(status=status):
                error_type = "Runtime.OutOfMemory" if process.out_of_memory else "Runtime.ExitError"
                message = log_lines.exit_message(status)
                return _Ending(
                    log_lines.platform_error(request_id, error_type, message),
                    error_type,
                    _error_status(error_type),
                    log_lines.exit_line(request_id, error_type, message),
                    spent=True,
                )
            case _:
                message = log_lines.timed_out_message(self._spec.timeout_s)
                return _Ending(
                    log_lines.platform_error(request_id, "Sandbox.Timedout", message),
                    "Sandbox.Timedout",
                    "Status: timeout",
                    log_lines.timeout_line(datetime.now(UTC), request_id, self._spec.timeout_s),
                    spent=True,
                )

    def _logged(self, request_id: str, process: RuntimeProcess, ending: _Ending, duration_ms: float) -> str:
        output = process.take_output()
        if output and not output.endswith("\n"):
            output += "\n"
        init_ms, self._init_ms = self._init_ms, None
        measured = log_lines.Measured(duration_ms, self._spec.memory_mb, process.used_megabytes(), init_ms)
        start = log_lines.start_line(request_id, self._spec.version)
        return start + output + ending.log + log_lines.end_lines(request_id, measured, ending.status)


def _result_of(invocation: Invocation, process: RuntimeProcess, until: float) -> Event | None:
    """Wait for what becomes of an invocation; None is a timeout."""
    while True:
        event = process.next_event(until)
        match event:
            case Ready():
                continue  # the runtime took the invocation, or had been waiting for it
            case Responded(request_id=request_id) | Failed(request_id=request_id):
                if request_id == invocation.request_id:
                    return event
            case _:
                return event


def _error_status(error_type: str) -> str:
    return f"Status: error\tError Type: {error_type}"
