from pathlib import Path

import pytest

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.home import Instance
from amp_sandbox.settings import Settings, record_settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    homes.ensure(tmp_path / "home")
    homes.prepare(tmp_path / "home", ("localstack",))
    return tmp_path / "home"


def test_a_new_home_is_closed_to_others(home: Path) -> None:
    assert home.stat().st_mode & 0o777 == 0o700
    assert paths.run_dir(home).stat().st_mode & 0o777 == 0o700


def test_a_folder_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with pytest.raises(SandboxError, match="deletes files from its home"):
        homes.ensure(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_an_empty_folder_and_a_used_home_are_taken(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty").chmod(0o755)
    homes.ensure(tmp_path / "empty")
    assert (tmp_path / "empty").stat().st_mode & 0o777 == 0o700
    homes.ensure(home)


def test_a_home_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SandboxError, match="cannot be made"):
        homes.ensure(tmp_path / "file" / "home")


def test_a_fresh_start_has_no_state_and_keeps_the_last_runs_logs_only(home: Path) -> None:
    logs, state = paths.logs_dir(home), paths.state_dir(home, "localstack")
    (state / "old").write_text("x")
    (logs / "localstack.log").write_text("last run")
    (logs / "localstack.log.1").write_text("its rotated part")
    (logs / "localstack.log.previous").write_text("the run before")
    homes.prepare(home, ("localstack", "standins"))
    assert {path.name: path.read_text() for path in logs.iterdir()} == {"localstack.log.previous": "last run"}
    assert [path.name for path in state.iterdir()] == ["tmp"]
    assert (paths.state_dir(home, "standins") / "tmp").is_dir()


def test_a_held_home_is_refused_until_it_is_given_back(home: Path) -> None:
    with homes.exclusive(home), pytest.raises(SandboxError, match="another command"), homes.exclusive(home):
        pass
    with homes.exclusive(home):
        pass


def test_an_instance_is_read_as_it_was_written(home: Path) -> None:
    assert homes.read_instance(home) is None
    homes.write_instance(home, Instance(pid=5, started=100))
    assert homes.read_instance(home) == Instance(5, 100, deployed=False)
    homes.mark_deployed(Settings(home=home))
    assert homes.read_instance(home) == Instance(5, 100, deployed=True)


@pytest.mark.parametrize("text", ["", "[]", '{"pid": 1}', '{"other": 1}'])
def test_a_damaged_instance_counts_as_none(home: Path, text: str) -> None:
    homes._instance_path(home).write_text(text)
    assert homes.read_instance(home) is None


def test_nothing_is_marked_deployed_where_nothing_runs(home: Path) -> None:
    homes.mark_deployed(Settings(home=home))
    assert homes.read_instance(home) is None


def test_a_forgotten_run_leaves_no_record(home: Path) -> None:
    record_settings(Settings(home=home))
    homes.write_instance(home, Instance(5, 100))
    homes.forget_run(home)
    assert list(paths.run_dir(home).iterdir()) == []
    homes.forget_run(home)
