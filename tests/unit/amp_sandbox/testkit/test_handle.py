from pathlib import Path

import pytest

from amp_sandbox.settings import Settings
from amp_sandbox.testkit import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    (tmp_path / "logs").mkdir()
    return Sandbox(Settings(home=tmp_path, localstack_port=14_566))


def write(sandbox: Sandbox, name: str, text: str) -> None:
    with (sandbox.home / "logs" / name).open("a") as log:
        log.write(text)


def test_its_environment_points_clients_and_the_command_at_it(sandbox: Sandbox) -> None:
    assert sandbox.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:14566"
    assert sandbox.environment["SANDBOX_HOME"] == str(sandbox.home)


def test_what_services_wrote_since_a_moment_is_by_service(sandbox: Sandbox) -> None:
    write(sandbox, "standins.log", "before\n")
    write(sandbox, "warehouse.log", "before\n")
    before = sandbox.log_sizes()
    write(sandbox, "standins.log", "one\ntwo\n")
    write(sandbox, "localstack.log", "began\n")
    assert sandbox.log_lines(before) == {"localstack.log": ["began"], "standins.log": ["one", "two"]}


def test_what_services_write_when_all_is_well_is_left_out(sandbox: Sandbox) -> None:
    write(sandbox, "standins.log", "08:00 INFO delivered\n08:01 WARNING refused\nTraceback\n")
    assert sandbox.log_lines({}) == {"standins.log": ["08:01 WARNING refused", "Traceback"]}


def test_only_the_end_of_much_is_shown(sandbox: Sandbox) -> None:
    write(sandbox, "standins.log", "".join(f"{number}\n" for number in range(100)))
    assert sandbox.log_lines({}, most=2) == {"standins.log": ["98", "99"]}


def test_a_log_that_was_rotated_is_read_from_its_start(sandbox: Sandbox) -> None:
    write(sandbox, "standins.log", "new\n")
    assert sandbox.log_lines({"standins.log": 10_000}) == {"standins.log": ["new"]}


def test_a_sandbox_without_logs_has_none(tmp_path: Path) -> None:
    assert Sandbox(Settings(home=tmp_path)).log_lines({}) == {}
