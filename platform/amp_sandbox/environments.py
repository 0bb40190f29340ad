"""The Python environments of the services: one table of what is in each, and how they are made.

Every environment is exactly its lock (`platform/requirements/<name>.txt`, with hashes), what of our own is installed in
it, and what its last step leaves there. A file `.installed` in it says what it was made of. It is made again when that
changes: in place in a checkout, and beside the others for another version of the wheel. Whoever makes an environment
holds a lock, so that of two who start at the same time one makes it and the other finds it made.

**Left out:** the environment of the sandbox itself. In a checkout make has it, as nothing of this runs without it; here
it only gets the development tools. Environments of versions of the wheel that are gone: they are folders to delete.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.installer import program, uv
from amp_sandbox.progress import OnProgress, ignore, step

NOTEBOOKS = "notebooks"
INSTALLED, INSTALLED_TOOLS = ".installed", ".installed-dev"
_AT_ONCE = 3  # uv itself downloads and unpacks in parallel; the last steps do not
_LINES = 15


@dataclass(frozen=True)
class Environment:
    """One environment.

    `package` is a folder of ours that is installed in it, `tools` the lock of what only tests and benchmarks need, and
    `last_step` what is done once everything is installed, which takes `files` of ours. A `dev` environment is for tests
    and benchmarks alone, and one `on_request` is made when somebody asks for what it is for.
    """

    name: str
    package: Path | None = None
    tools: str | None = None
    last_step: Callable[[Path], None] | None = None
    files: tuple[Path, ...] = ()
    dev: bool = False
    on_request: bool = False

    @property
    def folder(self) -> Path:
        """Where it is."""
        return paths.ENVIRONMENTS / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return paths.environment_python(self.name)


def table() -> tuple[Environment, ...]:
    """Every environment that services or tests run in, but for the sandbox's own."""
    return (
        Environment("localstack", package=paths.LOCALSTACK_EXTENSION, last_step=_build_service_catalog),
        Environment("airflow", tools="airflow_dev", last_step=_migrate_database),
        Environment("spark", tools="spark_dev", last_step=_archive_classes, files=(paths.S3_CONNECTOR,)),
        Environment("lambda"),
        Environment("catalog_api"),
        Environment("clients", dev=True),
        Environment(NOTEBOOKS, on_request=True),
    )


def setup(on_progress: OnProgress = ignore, *, dev: bool = False, notebooks: bool = False) -> tuple[str, ...]:
    """Make what is not there yet or was made of something else; answers the names of what was made.

    With `dev`, also what tests, linters and benchmarks need; with `notebooks`, also Jupyter. Both are for a checkout
    alone. Raises SandboxError when something cannot be installed; what was made until then stays, and the next call
    goes on from there.
    """
    if dev and not paths.IS_CHECKOUT:
        raise SandboxError("The development tools are for a checkout of the sandbox; this is an installed package.")
    if notebooks and not paths.IS_CHECKOUT:
        raise SandboxError("The notebooks are in a checkout of the sandbox; this is an installed package.")
    work: list[tuple[str, Callable[[], None]]] = []
    for environment in table():
        if (environment.dev and not dev) or (environment.on_request and not notebooks):
            continue
        if not _is_made(environment) or (dev and not _has_tools(environment)):
            work.append((environment.name, _maker(environment, tools=dev)))
    if dev and _marker(_sandbox_folder(), INSTALLED_TOOLS) != _digest_of([_lock("dev")]):
        work.append(("development tools", _install_sandbox_tools))
    if work:
        program()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for made in [pool.submit(_with_step, on_progress, name, make) for name, make in work]:
            made.result()
    return tuple(name for name, _ in work)


def missing(pythons: Sequence[Path]) -> list[str]:
    """Which of these interpreters are not there, or are of environments that were never finished."""
    unfinished = {e.python for e in table() if not (e.folder / INSTALLED).is_file()}
    return sorted({str(python) for python in pythons if python in unfinished or not os.access(python, os.X_OK)})


def digest(environment: Environment) -> str:
    """What an environment is made of, as one word."""
    files = [_lock(environment.name), _lock("build"), *environment.files]
    if environment.package:
        files.append(environment.package / "pyproject.toml")
    return _digest_of(files)


def _is_made(environment: Environment) -> bool:
    # The interpreter is a link to the machine's, which may be gone.
    return os.access(environment.python, os.X_OK) and _marker(environment.folder, INSTALLED) == digest(environment)


def _has_tools(environment: Environment) -> bool:
    if environment.tools is None:
        return True
    return _marker(environment.folder, INSTALLED_TOOLS) == _digest_of([_lock(environment.tools)])


def _maker(environment: Environment, *, tools: bool) -> Callable[[], None]:
    def make() -> None:
        with _held(environment.name):
            if not _is_made(environment):
                _make(environment)
            if tools and environment.tools and not _has_tools(environment):
                _install(environment.python, environment.tools)
                _mark(environment.folder, INSTALLED_TOOLS, _digest_of([_lock(environment.tools)]))

    return make


def _make(environment: Environment) -> None:
    for marker in (INSTALLED, INSTALLED_TOOLS):
        (environment.folder / marker).unlink(missing_ok=True)
    failed = _failed(environment.name)
    if not os.access(environment.python, os.X_OK):
        uv(["venv", "--quiet", "--clear", "--python", sys.executable, environment.folder], failed)
    # fmt: off
    uv(
        [
            "pip", "sync", "--quiet", "--python", environment.python, "--require-hashes",
            "--build-constraints", _lock("build"), _lock(environment.name),
        ],
        failed,
    )
    # fmt: on
    if environment.package:
        _install_package(environment.python, environment.package, failed)
    if environment.last_step:
        environment.last_step(environment.folder)
    _mark(environment.folder, INSTALLED, digest(environment))


def _install(python: Path, lock: str) -> None:
    command: list[str | Path] = ["pip", "install", "--quiet", "--python", python, "--require-hashes"]
    uv([*command, "--build-constraints", _lock("build"), "-r", _lock(lock)], _failed(lock))


def _install_package(python: Path, folder: Path, failed: str) -> None:
    """Install a package of ours: so that edits are live in a checkout, and else from a copy that may be written to."""
    command: list[str | Path] = ["pip", "install", "--quiet", "--python", python, "--no-deps"]
    command += ["--build-constraints", _lock("build")]
    if paths.IS_CHECKOUT:
        uv([*command, "--editable", folder], failed)
        return
    with tempfile.TemporaryDirectory(prefix="amp-sandbox-") as work:
        copy = shutil.copytree(folder, Path(work, folder.name))
        uv([*command, copy], failed)


def _install_sandbox_tools() -> None:
    with _held("sandbox"):
        _install(paths.SANDBOX_PYTHON, "dev")
        _mark(_sandbox_folder(), INSTALLED_TOOLS, _digest_of([_lock("dev")]))


def _build_service_catalog(folder: Path) -> None:
    """Build LocalStack's index of all AWS services, which takes seconds, ahead of the first start."""
    _run(folder, "-m", "amp_localstack.service_catalog")


def _migrate_database(folder: Path) -> None:
    """Make Airflow's empty database once; every fresh start copies it."""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        _run(folder, "-m", "airflow", "db", "migrate", AIRFLOW_HOME=home)
        Path(home, "airflow.db").replace(folder / "airflow.db")


def _archive_classes(folder: Path) -> None:
    """Make the archive of Spark's classes. Without one, which it says, Spark only starts more slowly."""
    from amp_sandbox.runtime import class_archive  # which needs settings, and psutil

    class_archive.main()


def _run(folder: Path, *arguments: str, **variables: str) -> None:
    python = folder / "bin" / "python"
    result = subprocess.run(
        [python, *arguments], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        told = "\n".join((result.stdout + result.stderr).strip().splitlines()[-_LINES:])
        raise SandboxError(f"The {folder.name} environment could not be prepared.", told)


def _with_step(on_progress: OnProgress, name: str, make: Callable[[], None]) -> None:
    with step(on_progress, name):
        make()


@contextmanager
def _held(name: str) -> Iterator[None]:
    """Hold an environment against others that would make it. Waits for them to end."""
    try:
        paths.ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
        lock = (paths.ENVIRONMENTS / f".{name}.lock").open("w")
    except OSError as error:
        hint = f"{paths.ENVIRONMENTS_VARIABLE} names another folder."
        raise SandboxError(f"Environments cannot be made in {paths.ENVIRONMENTS}.", str(error), hint) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _marker(folder: Path, name: str) -> str | None:
    try:
        return (folder / name).read_text().strip()
    except FileNotFoundError:
        return None


def _mark(folder: Path, name: str, text: str) -> None:
    unfinished = folder / f"{name}.new"
    unfinished.write_text(text + "\n")
    unfinished.replace(folder / name)


def _lock(name: str) -> Path:
    return paths.REQUIREMENTS / f"{name}.txt"


def _digest_of(files: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for file in files:
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _sandbox_folder() -> Path:
    return paths.SANDBOX_PYTHON.parent.parent


def _failed(name: str) -> str:
    return f"The {name} environment could not be installed."
