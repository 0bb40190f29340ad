"""The pytest plugin: the sandbox and what tests do with it, as fixtures. docs/how-to/test-kit.md lists them.

Nothing starts, and nothing heavy is imported, unless a fixture is asked for.

**Left out:** a sandbox for each test or module. One serves a whole run; tests are kept apart by names and ids.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amp_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from amp_sandbox.publish.by_hand import Publish
    from amp_sandbox.testkit.handle import Sandbox
    from amp_sandbox.testkit.names import Names
    from amp_sandbox.testkit.waits import Wait

HOME_VARIABLE = "AMP_HOME"
_RUNTIMES = ("auto", "process", "compose")
_WORKER_INPUT = "amp_sandbox_folder"

_folder = pytest.StashKey[Path]()
_sandbox = pytest.StashKey["Sandbox"]()
_any_failed = pytest.StashKey[bool]()
_log_sizes = pytest.StashKey[Mapping[str, int]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, each of which can be set in the configuration file too."""
    group = parser.getgroup("amp", "Amp sandbox")
    group.addoption(
        "--amp-home",
        metavar="FOLDER",
        help=f"use the sandbox that runs in this home, instead of starting one (also {HOME_VARIABLE})",
    )
    group.addoption(
        "--amp-runtime", choices=_RUNTIMES, help="what runs the sandbox that is started: processes or containers"
    )
    group.addoption("--amp-keep", action="store_true", help="leave the sandbox that was started running, to look into")
    parser.addini("amp_home", "use the sandbox that runs in this home, instead of starting one", default="")
    parser.addini("amp_runtime", f"what runs the sandbox that is started: {', '.join(_RUNTIMES)}", default="auto")


@pytest.fixture(scope="session")
def amp_sandbox(request: pytest.FixtureRequest) -> "Sandbox":
    """A running sandbox with the template deployed: a new one, or the one that `--amp-home` names.

    All tests of a run share it, those of pytest-xdist's workers too.
    """
    config = request.config
    found = _find(config)
    if isinstance(found, SandboxError):
        pytest.fail(f"The Amp sandbox is not there.\n{found}", pytrace=False)
    config.stash[_sandbox] = found
    config.stash[_log_sizes] = found.log_sizes()
    return found


@pytest.fixture(scope="session")
def amp_session(amp_sandbox: "Sandbox") -> Any:
    """A boto3 session of the sandbox: all its clients and resources are the sandbox's."""
    return amp_sandbox.session()


@pytest.fixture(scope="session")
def amp_client(amp_sandbox: "Sandbox") -> Callable[[str], Any]:
    """Makes a boto3 client of the sandbox: `amp_client("s3")`."""
    return amp_sandbox.client


@pytest.fixture
def amp_environment(amp_sandbox: "Sandbox", monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Points every AWS client that is made during the test at the sandbox, by environment variables."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in amp_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    return amp_sandbox.environment


@pytest.fixture
def amp_connect(amp_sandbox: "Sandbox") -> Iterator[Callable[..., Any]]:
    """Connects to the warehouse by redshift_connector: `amp_connect("etl")`; closed when the test ends."""
    made: list[Any] = []

    def connect(user: str = "analyst") -> Any:
        made.append(amp_sandbox.connect(user))
        return made[-1]

    yield connect
    for connection in made:
        connection.close()


@pytest.fixture
def amp_warehouse(amp_connect: Callable[..., Any]) -> Any:
    """A connection to the warehouse as the user `analyst`."""
    return amp_connect()


@pytest.fixture(scope="session")
def amp_publish(amp_sandbox: "Sandbox") -> "Publish":
    """Publishes changes of shows and the app's events: `amp_publish.change(title="Morning")`."""
    from amp_sandbox.publish.by_hand import Publish

    return Publish(amp_sandbox.settings)


@pytest.fixture(scope="session")
def amp_wait(amp_sandbox: "Sandbox") -> "Wait":
    """Waits for rows, objects, queues and whatever else: `amp_wait.rows("select …")`."""
    from amp_sandbox.testkit.waits import Wait

    return Wait(amp_sandbox)


@pytest.fixture
def amp_names(amp_sandbox: "Sandbox", request: pytest.FixtureRequest) -> "Iterator[Names]":
    """Makes resources of the test's own, deleted when it ends: `amp_names.queue()`."""
    from amp_sandbox.testkit.names import Names

    with Names(amp_sandbox, request.node.name) as names:
        yield names


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the run's sandbox is."""
    node.workerinput[_WORKER_INPUT] = str(_shared_folder(node.config))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember how long the services' logs are, to show what is added if the test fails."""
    found = item.config.stash.get(_sandbox, None)
    if found is not None and _uses_sandbox(item):
        item.config.stash[_log_sizes] = found.log_sizes()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add to the report of a failed test what the services and its functions wrote meanwhile."""
    report: Any = yield
    found = item.config.stash.get(_sandbox, None)
    if report.failed and found is not None and _uses_sandbox(item):
        for name, lines in found.log_lines(item.config.stash.get(_log_sizes, {})).items():
            report.sections.append((f"Amp sandbox: {name}", "\n".join(lines)))
        names = getattr(item, "funcargs", {}).get("amp_names")
        for function in names.functions if names else ():
            text = "\n".join(_function_log(found, function)) or "(it was never invoked)"
            report.sections.append((f"Amp sandbox: function {function}", text))
    return report  # type: ignore[no-any-return]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remember whether the logs are worth keeping."""
    session.config.stash[_any_failed] = session.testsfailed > 0


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the sandbox of the run. Workers leave that to the process that began it."""
    folder = config.stash.get(_folder, None)
    if folder is None or _is_worker(config):
        return
    from amp_sandbox.testkit import sharing

    if config.getoption("--amp-keep") and (kept := sharing.started(folder)):
        print(f"The sandbox goes on. Stop it with: SANDBOX_HOME={kept.home} sandbox down")  # noqa: T201 - to the user
        return
    sharing.release(folder)
    if config.stash.get(_any_failed, False) and (logs := sharing.keep_logs(folder)):
        print(f"The logs of the Amp sandbox are in {logs}")  # noqa: T201 - to the user
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _find(config: pytest.Config) -> "Sandbox | SandboxError":
    from amp_sandbox.testkit import sharing

    runtime = config.getoption("--amp-runtime") or config.getini("amp_runtime")
    try:
        if home := _home_to_use(config):
            return sharing.attach(home)
        return sharing.acquire(_shared_folder(config), runtime)
    except SandboxError as error:
        return error


def _home_to_use(config: pytest.Config) -> Path | None:
    """The home that was named: by the one who runs pytest, from where that was, or by the project, from its root."""
    if named := config.getoption("--amp-home") or os.environ.get(HOME_VARIABLE):
        return (config.invocation_params.dir / named).expanduser().resolve()
    configured = config.getini("amp_home")
    return (config.rootpath / configured).expanduser().resolve() if configured else None


def _shared_folder(config: pytest.Config) -> Path:
    """The folder that the processes of a run share. Short, as sockets are in it."""
    if _is_worker(config):
        return Path(config.workerinput[_WORKER_INPUT])  # type: ignore[attr-defined]
    if _folder not in config.stash:
        config.stash[_folder] = Path(tempfile.mkdtemp(prefix="amp-sandbox-"))
    return config.stash[_folder]


def _function_log(sandbox: "Sandbox", function: str) -> list[str]:
    try:
        return sandbox.function_log(function)
    except Exception as error:  # the sandbox may be what failed; the test's own failure is to be reported all the same
        return [f"(no answer: {error})"]


def _uses_sandbox(item: pytest.Item) -> bool:
    return "amp_sandbox" in getattr(item, "fixturenames", ())


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
