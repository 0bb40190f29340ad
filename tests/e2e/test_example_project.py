"""The example project as another team has it: from a built wheel, in an environment of its own, outside a checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from amp_sandbox import paths

EXAMPLE = paths.REPOSITORY / "examples" / "like_counter"
SOURCES = ("airflow", "platform", "services", "spark", "seed_data")
UV = Path(sys.executable).with_name("uv")


class Project:
    """A copy of the example, with the wheel in its virtual environment."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self._environment = folder, environment

    def run(self, program: str, *arguments: str | Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a program of the project's virtual environment."""
        return subprocess.run(
            [self.folder / ".venv" / "bin" / program, *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def sources(folder: Path) -> Path:
    """What a wheel is built of, without what runs and installations leave in a checkout."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*", "build")
    for name in SOURCES:
        shutil.copytree(paths.REPOSITORY / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(paths.REPOSITORY / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, installed by what its README tells but with uv, as pip has no cache to share."""
    folder = tmp_path_factory.mktemp("project")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "AWS_", "AMP_"))}
    environment = {
        **{name: value for name, value in kept.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")},
        "UV_SYSTEM_CERTS": "true",
        "UV_PYTHON_DOWNLOADS": "never",
        "SANDBOX_ENVIRONMENTS": str(folder / "environments"),
    }

    def uv(*arguments: str | Path) -> None:
        answer = subprocess.run([UV, *arguments], env=environment, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr

    build_lock = paths.REQUIREMENTS / "build.txt"
    uv("build", "--quiet", "--build-constraints", build_lock, "--out-dir", folder / "dist", sources(folder / "sources"))
    [wheel] = (folder / "dist").glob("*.whl")
    made = Project(folder / "like_counter", environment)
    shutil.copytree(EXAMPLE, made.folder, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.egg-info"))
    uv("venv", "--quiet", "--python", sys.executable, made.folder / ".venv")
    python = made.folder / ".venv" / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", python, f"amp-sandbox[test] @ {wheel.as_uri()}", "-e", made.folder)
    shutil.rmtree(folder / "sources")  # whatever the wheel lacks is not found by chance
    return made


def test_without_the_environments_the_tests_say_what_to_do(project: Project) -> None:
    tests = project.run("pytest", "-q", "-k", "delivered_twice")
    assert tests.returncode == 1, tests.stdout
    told = tests.stdout[tests.stdout.index("The Amp sandbox is not there.") :].splitlines()
    assert told[1] == "The sandbox is not installed completely."
    assert told[2].startswith("Missing: ")
    assert told[3] == "Run: sandbox setup"
    assert "Traceback" not in tests.stdout


@pytest.fixture(scope="module")
def ready(project: Project) -> Project:
    """The project, with the services' environments made. All of them, as a user has them: it takes its time."""
    setup = project.run("sandbox", "setup", timeout=900)
    assert setup.returncode == 0, setup.stderr
    return project


def test_a_second_setup_has_nothing_to_do(ready: Project) -> None:
    again = ready.run("sandbox", "setup", "--json")
    assert (again.returncode, again.stdout.strip()) == (0, "[]")


def test_its_tests_pass_on_a_sandbox_of_their_own(ready: Project) -> None:
    tests = ready.run("pytest", "-q", "--durations=5")
    assert tests.returncode == 0, tests.stdout + tests.stderr
