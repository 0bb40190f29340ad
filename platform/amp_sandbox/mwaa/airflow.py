"""This machine's Airflow as an environment of MWAA sees it: it is configured, stopped, and called.

Its components are services of supervisord's that are started on demand (see `runtime.airflow`): the first call of
the REST API starts them. A call waits for that, but not for long, as clients give up after a minute and ask again, and
what was asked for twice would be done twice.

**Left out:** watching the components. The process manager starts one that dies anew.
"""

import http.client
import logging
import threading
import xmlrpc.client
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from amp_sandbox.errors import SandboxError
from amp_sandbox.mwaa.gateway import Gateway, NotListeningError, RestAnswer, RestCall
from amp_sandbox.runtime import airflow
from amp_sandbox.runtime.supervisord import Supervisor
from amp_sandbox.settings import Settings

log = logging.getLogger(__name__)

_START_SECONDS = 50
_UP = ("STARTING", "RUNNING", "BACKOFF")


class AirflowError(Exception):
    """Airflow cannot be had, or not so; the message says why and what to do."""


class Airflow(Protocol):
    """What the operations and the engine need of Airflow."""

    @property
    def url(self) -> str:
        """Its web page."""

    def configure(self, options: Mapping[str, str]) -> None:
        """Have it run with these options (`section.key`); raises AirflowError."""

    def stop(self) -> None:
        """Stop it; raises AirflowError."""

    def call(self, call: RestCall) -> RestAnswer:
        """The answer of its REST API; starts it when it does not run. Raises AirflowError or NoAnswerError."""


class SupervisedAirflow:
    """`Airflow` as services of this sandbox's supervisord."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._gateway = Gateway(settings.airflow_url, lambda: airflow.login(settings))
        self._changing = threading.Lock()
        self._applied = False
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="airflow-start")
        self._starting: Future[Any] | None = None
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Its web page."""
        return self._settings.airflow_url

    def configure(self, options: Mapping[str, str]) -> None:
        """Write its configuration, and restart what runs of it if that is another now.

        The first time it is restarted in any case: the stand-in may have been killed between the two.
        """

        def write() -> None:
            if airflow.write_configuration(self._settings, options):
                self._applied = False
            if not self._applied:
                airflow.restart(self._settings)
                self._applied = True

        self._change(write, "Airflow is not configured")

    def stop(self) -> None:
        """Stop what runs of it, without waiting."""

        def stop() -> None:
            supervisor = Supervisor(self._settings.home)
            info = supervisor.info()
            for service in airflow.services(self._settings):
                if service.name in info and info[service.name].state in _UP:
                    supervisor.stop(service.name)

        self._change(stop, "Airflow is not stopped")

    def call(self, call: RestCall) -> RestAnswer:
        """Call its REST API; once more when nothing was sent, because it had to be started first."""
        try:
            return self._gateway.call(call)
        except NotListeningError:
            self._have_started()
        try:
            return self._gateway.call(call)
        except NotListeningError as error:
            raise AirflowError(f"Airflow has started and does not listen: {error}") from None

    def _have_started(self) -> None:
        """Start it, or wait for the start that another call began."""
        with self._lock:
            if self._starting is None or self._starting.done():
                log.info("a call waits: Airflow starts")
                self._starting = self._starter.submit(self._start)
            starting = self._starting
        try:
            starting.result(_START_SECONDS)
        except TimeoutError:
            raise AirflowError("Airflow is still starting, and was asked nothing yet. Try again in a while.") from None

    def _start(self) -> None:
        self._change(lambda: airflow.start(self._settings), "Airflow does not start")

    def _change(self, change: Callable[[], object], failure: str) -> None:
        try:
            with self._changing:
                change()
        except (SandboxError, OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise AirflowError(f"{failure}: {error}") from None
