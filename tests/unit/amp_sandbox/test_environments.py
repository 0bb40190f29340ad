import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from amp_sandbox import environments, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import Step

LOCKS = ("localstack", "airflow", "spark", "lambda", "catalog_api", "clients", "notebooks", "build", "dev")
NEEDED = ["localstack", "airflow", "spark", "lambda", "catalog_api"]


class Installer:
    """Stands in for uv: makes an interpreter where it is told to, and remembers what it was told."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.fails_at: str | None = None

    def __call__(self, arguments: Sequence[str | Path], failed: str) -> None:
        command = [str(argument) for argument in arguments]
        self.commands.append(command)
        if self.fails_at is not None and self.fails_at in " ".join(command):
            raise SandboxError(failed, "no such package")
        if command[0] == "venv":
            python = Path(command[-1], "bin", "python")
            python.parent.mkdir(parents=True)
            python.symlink_to(sys.executable)

    def named(self, *words: str) -> list[str]:
        """The last words of the commands that begin with these."""
        return sorted(Path(one[-1]).name for one in self.commands if one[: len(words)] == list(words))


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    for name in (*LOCKS, "spark_dev", "airflow_dev"):
        (requirements / f"{name}.txt").write_text(f"# the lock of {name}\n")
    monkeypatch.setattr(paths, "REQUIREMENTS", requirements)
    monkeypatch.setattr(paths, "ENVIRONMENTS", tmp_path / "environments")
    monkeypatch.setattr(paths, "SANDBOX_PYTHON", tmp_path / "sandbox" / "bin" / "python")
    (tmp_path / "sandbox").mkdir()
    monkeypatch.setattr(environments, "_run", lambda folder, *arguments, **variables: _prepared(variables))
    monkeypatch.setattr("amp_sandbox.runtime.class_archive.main", lambda: 0)
    installer = Installer()
    monkeypatch.setattr(environments, "uv", installer)
    return installer


def _prepared(variables: dict[str, str]) -> None:
    if home := variables.get("AIRFLOW_HOME"):
        Path(home, "airflow.db").write_text("migrated")


def folder(name: str) -> Path:
    return paths.ENVIRONMENTS / name


def test_every_environment_is_made_from_its_lock(uv: Installer) -> None:
    steps: list[Step] = []
    assert list(environments.setup(steps.append)) == NEEDED
    assert uv.named("venv") == sorted(NEEDED)
    assert uv.named("pip", "sync") == sorted(f"{name}.txt" for name in NEEDED)
    assert all("--require-hashes" in one for one in uv.commands if one[1] == "sync")
    assert {step.name for step in steps if step.state == "done"} == set(NEEDED)
    assert (folder("airflow") / "airflow.db").read_text() == "migrated"


def test_a_second_time_there_is_nothing_to_do(uv: Installer) -> None:
    environments.setup()
    uv.commands.clear()
    assert environments.setup() == ()
    assert uv.commands == []


def test_a_changed_lock_makes_its_environment_again_and_no_other(uv: Installer) -> None:
    environments.setup()
    uv.commands.clear()
    (paths.REQUIREMENTS / "spark.txt").write_text("# another lock\n")
    assert environments.setup() == ("spark",)
    assert uv.named("venv") == []  # the interpreter stays, as services may run on it
    assert uv.named("pip", "sync") == ["spark.txt"]


def test_a_changed_connector_makes_sparks_environment_again(
    uv: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments.setup()
    jar = tmp_path / "connector.jar"
    jar.write_bytes(b"another")
    monkeypatch.setattr(paths, "S3_CONNECTOR", jar)
    assert environments.setup() == ("spark",)


def test_an_environment_whose_interpreter_is_gone_is_made_anew(uv: Installer) -> None:
    environments.setup()
    uv.commands.clear()
    python = folder("lambda") / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    python.parent.rename(folder("lambda") / "old")
    assert environments.setup() == ("lambda",)
    assert uv.named("venv") == ["lambda"]


def test_what_was_interrupted_is_not_taken_for_made(uv: Installer) -> None:
    uv.fails_at = "spark.txt"
    with pytest.raises(SandboxError, match="spark environment could not be installed"):
        environments.setup()
    pythons = [environment.python for environment in environments.table() if environment.name in NEEDED]
    assert environments.missing(pythons) == [str(folder("spark") / "bin" / "python")]
    uv.fails_at = None
    assert environments.setup() == ("spark",)
    assert environments.missing(pythons) == []


def test_interpreters_that_are_not_there_are_missing(uv: Installer, tmp_path: Path) -> None:
    environments.setup()
    assert environments.missing([Path(sys.executable), tmp_path / "python"]) == [str(tmp_path / "python")]


def test_the_development_tools_come_on_top(uv: Installer) -> None:
    environments.setup()
    uv.commands.clear()
    made = environments.setup(dev=True)
    assert set(made) == {"airflow", "spark", "clients", "development tools"}
    assert uv.named("pip", "install") == ["airflow_dev.txt", "dev.txt", "spark_dev.txt"]
    assert environments.setup(dev=True) == ()
    assert environments.setup() == ()


def test_jupyter_comes_when_it_is_asked_for(uv: Installer) -> None:
    environments.setup(dev=True)
    assert environments.setup(notebooks=True) == ("notebooks",)
    assert environments.setup(notebooks=True) == ()
    assert environments.setup(dev=True) == ()


def test_an_environment_made_again_gets_its_tools_again(uv: Installer) -> None:
    environments.setup(dev=True)
    (paths.REQUIREMENTS / "spark.txt").write_text("# another lock\n")
    environments.setup()
    uv.commands.clear()
    assert environments.setup(dev=True) == ("spark",)
    assert uv.named("pip", "install") == ["spark_dev.txt"]


def test_of_two_at_once_one_makes_and_the_other_finds_it_made(uv: Installer) -> None:
    together = threading.Barrier(2)

    def run() -> None:
        together.wait(10)
        environments.setup()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert uv.named("venv") == sorted(NEEDED)


def test_an_installed_package_has_no_development_tools(uv: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "IS_CHECKOUT", False)
    with pytest.raises(SandboxError, match="for a checkout"):
        environments.setup(dev=True)


def test_an_installed_package_has_no_notebooks(uv: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "IS_CHECKOUT", False)
    with pytest.raises(SandboxError, match="in a checkout"):
        environments.setup(notebooks=True)


def test_outside_a_checkout_our_package_is_installed_from_a_copy(
    uv: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "IS_CHECKOUT", False)
    environments.setup()
    [command] = [one for one in uv.commands if one[:2] == ["pip", "install"]]
    assert "--editable" not in command
    assert Path(command[-1]).name == paths.LOCALSTACK_EXTENSION.name
    assert Path(command[-1]) != paths.LOCALSTACK_EXTENSION
    assert not Path(command[-1]).exists()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_told_with_the_variable(uv: Installer, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SandboxError, match=paths.ENVIRONMENTS_VARIABLE):
            environments.setup()
    finally:
        tmp_path.chmod(0o700)


def test_the_table_has_a_lock_for_everything() -> None:
    for environment in environments.table():
        for name in (environment.name, environment.tools or environment.name):
            assert (paths.REQUIREMENTS / f"{name}.txt").is_file(), name
